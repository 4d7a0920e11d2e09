"""Conformance test suite for shared municipal cloud services."""

__version__ = "0.1.0"
