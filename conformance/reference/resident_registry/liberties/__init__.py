"""Liberties of the resident registry."""
