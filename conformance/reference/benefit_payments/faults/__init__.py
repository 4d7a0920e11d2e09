"""Faults of the benefit payments, one module per concern."""
