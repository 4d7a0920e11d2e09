"""Tests of the reference implementation, over HTTP."""
