"""Faults of the procedure service, one module per concern."""
