"""The families of scripts that compiling gives: a catalogue names one in `verified_by: scripts`."""

from __future__ import annotations

FAMILIES = frozenset(
    {
        "schema.missing", "schema.type", "schema.length", "schema.pattern", "schema.enum", "schema.range",
        "schema.items", "schema.unknown-property", "schema.empty-body", "schema.generated", "schema.boundary",
        "parameters.missing", "parameters.invalid", "parameters.unknown", "parameters.repeated",
        "text.malformed-json", "text.invalid-utf8", "text.duplicate-keys", "text.too-large", "text.greatest-size",
        "text.control", "text.escaped", "text.members-reversed",
        "text.length-code-points", "text.kept-compatibility", "text.kept-supplementary", "text.kept-variation",
        "text.kept-combining", "text.kept-lookalike", "text.kept-other",
        "dates.impossible", "dates.leap-day", "dates.partial", "dates.partial-inconsistent",
        "headers.media-type", "headers.accept", "headers.equivalent", "headers.unknown",
        "methods.undeclared", "paths.unknown",
        "security.no-token", "security.invalid-token", "security.insufficient-scope", "security.sufficient-scope",
        "security.token-in-query", "security.token-elsewhere",
        "security.narrowed-scope", "security.unknown-id", "security.wrong-content", "security.scope-before-content",
        "location.resolves",
        "paging.out-of-range", "paging.not-a-number", "paging.beyond-end", "paging.repeatable", "paging.offset",
        "paging.many", "paging.many-counted", "paging.filter",
        "conditional.not-modified", "conditional.modified", "conditional.missing", "conditional.stale",
        "conditional.race", "conditional.stable", "conditional.changed", "conditional.unchanged",
        "conditional.matched", "conditional.nothing-there", "conditional.both", "conditional.create-race",
        "idempotency.missing", "idempotency.malformed", "idempotency.replay", "idempotency.reused", "idempotency.race",
        "idempotency.other-client", "idempotency.near-key", "idempotency.other-thing", "idempotency.kept",
        "idempotency.expired-token", "idempotency.after-many", "idempotency.after-refusal",
        "idempotency.other-operation", "idempotency.refused-twice",
        "precedence.syntax", "precedence.existence", "precedence.headers",
        "audit.read", "audit.change", "audit.refused", "audit.refused-change", "audit.refused-thing", "audit.failed",
        "audit.result", "audit.purpose", "audit.actor", "audit.role",
        "identifiers.individual-number", "identifiers.resident-code", "identifiers.corporate-number",
        "identifiers.local-government-code", "identifiers.unknown", "identifiers.case",
    }
)  # fmt: skip  # one table, read as one
"""Families that a catalogue may name."""

OWN_FAMILIES = frozenset({"workflow", "absence", "schema.whole", "text.hostile"})
"""Families that are named in another way (`workflow:`, `absent:`), or that claim only what every exchange must keep."""

UNCLAIMED = frozenset({"schema.whole", "text.hostile"})
"""Of these, the families that claim nothing of their own."""
