"""Tests of the agency's registry."""
