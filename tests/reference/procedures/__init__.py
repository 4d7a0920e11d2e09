"""Tests of the procedure service of the reference."""
