"""The procedure service: procedures completed online with the card alone, from the catalogue to the decision."""
