"""Planted faults of the resident registry."""
