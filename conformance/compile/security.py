"""Scripts from security declarations: every operation with no token, wrong tokens, and each role (RFC 6750)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench
from conformance.compile.draft import acceptance, changed, exact, with_query
from conformance.model import Script

_FORGED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjbGVyayIsInNjb3BlIjoicmVnaXN0cnk6cmVhZCJ9."
"""A token that claims everything and is signed by nobody (`alg: none`)."""


def scripts(bench: Bench) -> Iterator[Script]:
    """Each secured operation against each way of not being allowed, and each role against what it may do."""
    for operation in bench.operations():
        if not operation.secured:
            continue
        yield from _no_token(bench, operation)
        yield from _wrong_tokens(bench, operation)
        yield from _token_in_query(bench, operation)
        yield from _roles(bench, operation)


def _no_token(bench: Bench, operation: Operation) -> Iterator[Script]:
    family = "security.no-token"
    if not bench.drafter.wanted(family, operation.id):
        return
    for call in bench.calls[operation.id][:2]:
        step = changed(call.call, authorization="", role=None)
        text = {"ja": "トークンなし", "en": "no token"}
        checks = bench.drafter.checks(family, operation.id, step.id, exact((401,), text))
        yield bench.drafter.script(family, f"{operation.id} without a token", call, (step,), checks)


def _wrong_tokens(bench: Bench, operation: Operation) -> Iterator[Script]:
    family = "security.invalid-token"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    role = call.call.role or "none"
    right = {"$token": role}
    variants = {
        "unknown": "Bearer not-a-token-of-this-system",
        "empty": "Bearer ",
        "unsigned": f"Bearer {_FORGED}",
        "tampered": {"$join": ["Bearer ", {"$apply": "tampered", "to": right}]},
        "another scheme": {"$join": ["Basic ", right]},
        "no scheme": right,
        "twice": {"$join": ["Bearer ", right, " ", right]},
    }
    for name, value in variants.items():
        step = changed(call.call, authorization=value)
        text = {"ja": f"無効なトークン({name})", "en": f"an invalid token ({name})"}
        checks = bench.drafter.checks(family, operation.id, step.id, exact((401,), text))
        yield bench.drafter.script(family, f"{operation.id} with a token: {name}", call, (step,), checks)


def _token_in_query(bench: Bench, operation: Operation) -> Iterator[Script]:
    family = "security.token-in-query"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    step = with_query(changed(call.call, authorization=""), "access_token", {"$token": call.call.role or "none"})
    text = {"ja": "URLに置かれたトークン", "en": "a token in the URL"}
    checks = bench.drafter.checks(family, operation.id, step.id, exact((401,), text))
    yield bench.drafter.script(family, f"{operation.id} with a token in the URL", call, (step,), checks)


def _roles(bench: Bench, operation: Operation) -> Iterator[Script]:
    needed = set(operation.scopes)
    for role, scopes in bench.service.roles.items():
        allowed = needed <= set(scopes)
        family = "security.sufficient-scope" if allowed else "security.insufficient-scope"
        if not bench.drafter.wanted(family, operation.id):
            continue
        for call in bench.calls[operation.id][:2]:
            step = changed(call.call, role=role)
            text = {"ja": f"役割 {role}", "en": f"the role {role}"}
            expected = acceptance(text) if allowed else exact((403,), text)
            checks = bench.drafter.checks(family, operation.id, step.id, expected)
            yield bench.drafter.script(family, f"{operation.id} as {role}", call, (step,), checks)
