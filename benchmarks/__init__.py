"""The suite beside stock Schemathesis and beside a bare replay, on one server: `python -m benchmarks`."""
