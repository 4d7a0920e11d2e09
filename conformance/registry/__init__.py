"""The agency's registry: it receives runs, judges their evidence again, states conformity and follows advisories.

A statement here is the agency's own attestation on a test result. No law makes it a certificate: the duty to use a
conforming system lies with the local body (標準化法 8条).
"""
