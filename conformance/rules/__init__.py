"""Rules: pure functions from evidence to results. Importing the package fills the tables of rules and claims."""

from conformance.rules import (
    body,
    claims,
    declared,
    etags,
    fields,
    http,
    location,
    paging,
    personal,
    problem,
    trail,
    values,
)

__all__ = [
    "body", "claims", "declared", "etags", "fields", "http", "location", "paging", "personal", "problem", "trail",
    "values",
]  # fmt: skip
