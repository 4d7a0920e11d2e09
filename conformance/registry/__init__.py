"""The agency's registry: it receives runs, judges their evidence again, states conformity and follows advisories.

A statement here is the agency's own attestation on a test result, and no certificate in law. Most of what is tested is
the project's own profile.
"""
