"""Faults of what a repetition is: other headers, other contents, keys of several operations, a refusal before it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("purpose-makes-another-request", "COM-IDM-003")
def purpose_makes_another_request(reference: Reference) -> None:
    """A repetition that states another purpose is refused as another request."""
    revise(
        reference.idempotency,
        "thing",
        lambda thing: lambda call: (*thing(call), ("purpose", call.purpose or "")),
    )


@FAULTS.add("charset-makes-another-request", "COM-IDM-003")
def charset_makes_another_request(reference: Reference) -> None:
    """A repetition whose Content-Type is written in another way is refused as another request."""
    revise(
        reference.idempotency,
        "thing",
        lambda thing: lambda call: (*thing(call), ("type", call.request.joined("content-type") or "")),
    )


@FAULTS.add("refused-reuse-takes-the-key", "COM-IDM-003")
def refused_reuse_takes_the_key(reference: Reference) -> None:
    """A key that was refused for other content is forgotten: a repetition of the first request is carried out."""

    def make(begin: Method) -> Method:
        def begun(call: Call) -> Answer | None:
            try:
                return begin(call)  # type: ignore[no-any-return]
            except Problem as problem:
                if problem.code == "idempotency_key_reused":
                    reference.idempotency._kept.pop(reference.idempotency.place(call), None)
                raise

        return begun

    replace(reference.idempotency, "begin", make)


def _digest(reference: Reference, of: Callable[[Any], Any], *operations: str) -> None:
    """Two bodies are the same where `of` makes the same of both."""

    def make(digest: Method) -> Method:
        def other(call: Call) -> bytes:
            if operations and call.operation.id not in operations:
                return bytes(digest(call))
            text = json.dumps(of(call.body), ensure_ascii=False, sort_keys=True)
            return blake2b(text.encode(), digest_size=16).digest()

        return other

    replace(
        reference.idempotency,
        "digest",
        make,
        concerns=lambda call: not operations or call.operation.id in operations,
    )


def _each(value: Any, alter: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return alter({name: _each(item, alter) for name, item in value.items()})
    if isinstance(value, list):
        return alter([_each(item, alter) for item in value])
    return alter(value)


@FAULTS.add("bodies-compared-normalised", "COM-IDM-004")
def bodies_compared_normalised(reference: Reference) -> None:
    """Two bodies under one key are the same where they differ in compatibility characters only."""
    _digest(
        reference,
        lambda body: _each(body, lambda v: unicodedata.normalize("NFKC", v) if isinstance(v, str) else v),
    )


@FAULTS.add("lists-compared-as-sets", "COM-IDM-004")
def lists_compared_as_sets(reference: Reference) -> None:
    """Two bodies under one key are the same where their lists have the same items in another order."""
    _digest(
        reference,
        lambda body: _each(body, lambda v: sorted(v, key=lambda i: json.dumps(i)) if isinstance(v, list) else v),
    )


@FAULTS.add("second-person-not-compared", "COM-IDM-004")
def second_person_not_compared(reference: Reference) -> None:
    """Two bodies under one key are the same where their lists begin with the same item."""
    _digest(reference, lambda body: _each(body, lambda v: v[:1] if isinstance(v, list) else v))


@FAULTS.add("reason-not-compared", "COM-IDM-004")
def reason_not_compared(reference: Reference) -> None:
    """Two cancellations under one key are the same where they differ in their reason only."""
    _digest(
        reference,
        lambda body: {name: value for name, value in body.items() if name != "reason"},
        "cancelNotification",
    )


@FAULTS.add("false-compared-as-left-out", "COM-IDM-004")
def false_compared_as_left_out(reference: Reference) -> None:
    """Of two bodies under one key false, null and what is left out are compared as the same."""
    _digest(
        reference,
        lambda body: _each(
            body, lambda v: {n: i for n, i in v.items() if i not in (False, None)} if isinstance(v, dict) else v
        ),
    )


@FAULTS.add("key-of-a-refusal-stays-in-progress", "COM-IDM-012")
def key_of_a_refusal_stays_in_progress(reference: Reference) -> None:
    """The key of a request that broke a rule counts as in progress ever after: each repetition is a 409."""
    replace(reference.idempotency, "abandon", lambda abandon: lambda call: None)


@FAULTS.add("whole-role-asked-for", "COM-SEC-005")
def whole_role_asked_for(reference: Reference) -> None:
    """A token with the scope of the operation alone is refused: all scopes of the role are asked for."""

    def make(missing: Method) -> Method:
        def scopes(call: Call) -> frozenset[str]:
            found: frozenset[str] = missing(call)
            whole: frozenset[str] = most.get(call.caller.client, frozenset())
            return found or (frozenset(call.operation.scopes or ()) if call.caller.scopes < whole else frozenset())

        return scopes

    most = {client.id: client.scopes for client in reference.clients.by_id.values()}
    revise(reference.pipeline, "missing_scopes", make)


@FAULTS.add("key-of-both-inquiries", "COM-IDM-009")
def key_of_both_inquiries(reference: Reference) -> None:
    """A key of a look-up is known to the inquiry for a number too, and the other way round."""
    both = {"lookUpResident", "readIndividualNumber"}

    def make(place: Method) -> Method:
        def placed(call: Call) -> tuple[str, ...]:
            return tuple("numbers" if part in both else part for part in place(call))

        return placed

    replace(reference.idempotency, "place", make, concerns=lambda call: call.operation.id in both)


@FAULTS.add("key-of-all-notifications", "COM-IDM-009")
def key_of_all_notifications(reference: Reference) -> None:
    """A key of a move-in, move-out, address or household change or death is known to the others of them."""

    def make(place: Method) -> Method:
        def placed(call: Call) -> tuple[str, ...]:
            return tuple("notification" if part.startswith("register") else part for part in place(call))

        return placed

    replace(reference.idempotency, "place", make, concerns=lambda call: call.operation.id.startswith("register"))
