"""Liberties of the benefit payments."""
