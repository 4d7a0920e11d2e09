"""Faults of what all services share: the second token."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call, Caller, Request
from conformance.reference.clients import Client
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.tokens import unauthenticated

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.faults.acting import _token


@FAULTS.add("key-of-the-token", "COM-IDM-003", "COM-IDM-007", "COM-IDM-008")
def key_of_the_token(reference: Reference) -> None:
    """An Idempotency-Key belongs to the access token: with a new token of the same client it is a new request."""
    replace(reference.idempotency, "place", lambda place: lambda call: (*place(call), _token(call)))


@FAULTS.add("audit-actor-of-the-token", "COM-AUD-004")
def audit_actor_of_the_token(reference: Reference) -> None:
    """The actor of an audit entry is the access token: each new token of a client is another actor."""
    seen: dict[str, int] = {}

    def make(entry: Method) -> Method:
        def made(call: Call, status: int, outcome: str) -> AuditEntry:
            number = seen.setdefault(_token(call), len(seen))
            told: AuditEntry = entry(call, status, outcome)
            return changed(told, actor=f"{call.caller.client}-{number}")

        return made

    replace(reference.audit, "entry", make)


def _one_at_a_time(reference: Reference, whose: Callable[[str, frozenset[str]], Hashable]) -> None:
    """A token ends when another one is issued that is of the same, by its client and its scopes."""
    last: dict[Hashable, str] = {}

    def issuing(issue: Method) -> Method:
        def issued(client: Client, scopes: frozenset[str]) -> str:
            token: str = issue(client, scopes)
            last[whose(client.id, scopes)] = token
            return token

        return issued

    def calling(caller: Method) -> Method:
        def told(request: Request) -> Caller:
            found: Caller = caller(request)
            if last[whose(found.client, found.scopes)] != reference.tokens.text(request):
                raise unauthenticated('Bearer error="invalid_token"')
            return found

        return told

    replace(reference.tokens, "issue", issuing)
    replace(reference.tokens, "caller", calling)


@FAULTS.add("one-token-for-its-scopes", "COM-SEC-019")
def one_token_for_its_scopes(reference: Reference) -> None:
    """A client has one access token for the same scopes: a new one ends the one before it."""
    _one_at_a_time(reference, lambda client, scopes: (client, scopes))


@FAULTS.add("one-token-of-a-client", "COM-SEC-019")
def one_token_of_a_client(reference: Reference) -> None:
    """A client has one access token: a new one ends the one before it, whatever their scopes."""
    _one_at_a_time(reference, lambda client, _: client)


@FAULTS.add("scopes-of-the-client", "COM-SEC-004")
def scopes_of_the_client(reference: Reference) -> None:
    """A token of narrowed scope opens all that its client may do."""
    most: dict[str, frozenset[str]] = {}

    def make(caller: Method) -> Method:
        def told(request: Request) -> Caller:
            found: Caller = caller(request)
            most[found.client] = most.get(found.client, frozenset()) | found.scopes
            return changed(found, scopes=most[found.client])

        return told

    replace(reference.tokens, "caller", make)
