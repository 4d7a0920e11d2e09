"""The one door to the system under test: run file, preflight, tokens, client, redaction."""
