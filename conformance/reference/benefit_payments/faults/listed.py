"""Faults of benefit payments: lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.records import Claim
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import not_found

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


def _without_filter(reference: Reference, name: str) -> None:
    def make(matches: Method) -> Method:
        return lambda claim, query: matches(claim, {n: v for n, v in query.items() if n != name})

    revise(_service(reference).claims, "matches", make)


@FAULTS.add("claims-of-any-status", "BP-FLT-001")
def claims_of_any_status(reference: Reference) -> None:
    """The list of claims does not look at the parameter status."""
    _without_filter(reference, "status")


@FAULTS.add("claims-of-any-channel", "BP-FLT-001")
def claims_of_any_channel(reference: Reference) -> None:
    """The list of claims does not look at the parameter channel."""
    _without_filter(reference, "channel")


@FAULTS.add("claims-of-any-household", "BP-FLT-001")
def claims_of_any_household(reference: Reference) -> None:
    """The list of claims does not look at the parameter household_id."""
    _without_filter(reference, "household_id")


def _without_entry_filter(reference: Reference, name: str) -> None:
    def make(find: Method) -> Method:
        return lambda programme_id, query: find(programme_id, {n: v for n, v in query.items() if n != name})

    revise(_service(reference).ledger, "find", make)


@FAULTS.add("entries-of-any-kind", "BP-FLT-002")
def entries_of_any_kind(reference: Reference) -> None:
    """The list of ledger entries does not look at the parameter kind."""
    _without_entry_filter(reference, "kind")


@FAULTS.add("entries-of-any-batch", "BP-FLT-002")
def entries_of_any_batch(reference: Reference) -> None:
    """The list of ledger entries does not look at the parameter batch_id."""
    _without_entry_filter(reference, "batch_id")


@FAULTS.add("claims-of-unknown-programme-404", "COM-HTTP-001", "COM-SCH-004")
def claims_of_unknown_programme_404(reference: Reference) -> None:
    """The list of the claims of a programme that there is not is refused as too broad with 404."""
    service = _service(reference)

    def make(find: Method) -> Method:
        def strict(call: Call) -> Any:
            if call.query["programme_id"] not in service.books.programmes:
                raise not_found()
            return find(call)

        return strict

    revise(service.claims, "find", make)


@FAULTS.add("filters-on-the-first-twenty-claims", "BP-FLT-001", "BP-ACC-006")
def filters_on_the_first_twenty_claims(reference: Reference) -> None:
    """What a list of claims is narrowed by is looked at in the first twenty claims of the programme."""
    service = _service(reference)

    def make(find: Method) -> Method:
        def narrowed(call: Call) -> list[Claim]:
            found: list[Claim] = find(call)
            claims = service.visibility.of(call, service.books.claims_of(call.query["programme_id"]))
            return [claim for claim in claims if claim in found or claim in claims[20:]]

        return narrowed

    revise(service.claims, "find", make)
