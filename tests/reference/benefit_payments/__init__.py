"""The reference's own rules of benefit payments."""
