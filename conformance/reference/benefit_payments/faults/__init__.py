"""Planted faults of the benefit payments."""
