"""The resident registry (住民記録): its state, its rules, and one module for each family of operations."""
