"""Faults of operations and parameters that must not be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.faults.offered import offer
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Violation

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("programme-deleted", "BP-PRG-002")
def programme_deleted(reference: Reference) -> None:
    """There is an operation that deletes a programme."""
    offer(reference, "DELETE", "/programmes/[^/]+")


@FAULTS.add("copy-deleted", "BP-REG-013")
def copy_deleted(reference: Reference) -> None:
    """There is an operation that deletes the copy of a household."""
    offer(reference, "DELETE", "/programmes/[^/]+/households/[^/]+")


@FAULTS.add("form-deleted", "BP-FRM-004")
def form_deleted(reference: Reference) -> None:
    """There is an operation that deletes a form."""
    offer(reference, "DELETE", "/claim_forms/[^/]+")


@FAULTS.add("form-patched", "BP-FRM-004")
def form_patched(reference: Reference) -> None:
    """There is an undocumented operation that changes a form."""
    offer(reference, "PATCH", "/claim_forms/[^/]+", 200, {})


@FAULTS.add("claim-replaced", "BP-INT-018")
def claim_replaced(reference: Reference) -> None:
    """There is an operation that replaces a claim."""
    offer(reference, "PUT", "/claims/[^/]+", 200, {})


@FAULTS.add("online-claim-withdrawn", "BP-INT-018")
def online_claim_withdrawn(reference: Reference) -> None:
    """There is an undocumented operation by which applicants withdraw their claims."""
    offer(reference, "DELETE", "/online_claims/[^/]+")


@FAULTS.add("separation-deleted", "BP-SEP-010")
def separation_deleted(reference: Reference) -> None:
    """There is an operation that deletes a separation."""
    offer(reference, "DELETE", "/separations/[^/]+")


@FAULTS.add("separation-patched", "BP-SEP-010")
def separation_patched(reference: Reference) -> None:
    """There is an undocumented operation that changes the address of a separation."""
    offer(reference, "PATCH", "/separations/[^/]+", 200, {})


@FAULTS.add("benefit-audit-entry-deleted", "BP-AUD-001")
def audit_entry_deleted(reference: Reference) -> None:
    """There is an operation of the benefit payments that deletes an audit entry."""
    offer(reference, "DELETE", "/audit_entries/[^/]+")


@FAULTS.add("benefit-audit-entry-created", "BP-AUD-001")
def audit_entry_created(reference: Reference) -> None:
    """There is an undocumented operation of the benefit payments that adds an audit entry."""
    offer(reference, "POST", "/audit_entries", 201, {})


@FAULTS.add("claims-by-number", "BP-NUM-002")
def claims_by_number(reference: Reference) -> None:
    """The claims of somebody are read by the Individual Number in the path."""
    offer(reference, "GET", "/individual_numbers/[^/]+/claims", 200, [])


def _ignored(reference: Reference, ignored: str) -> None:
    """A query parameter that the list of claims does not have is taken, and means nothing."""

    def make(check_query: Method) -> Method:
        def lenient(call: Call) -> list[Violation]:
            found: list[Violation] = check_query(call)
            return [v for v in found if v.parameter != ignored or call.operation.id != "listClaims"]

        return lenient

    revise(reference.pipeline, "check_query", make)


@FAULTS.add("claims-take-individual-number", "BP-NUM-001")
def claims_take_individual_number(reference: Reference) -> None:
    """The list of claims takes the parameter individual_number, and ignores it."""
    _ignored(reference, "individual_number")


@FAULTS.add("claims-take-resident-code", "BP-NUM-001")
def claims_take_resident_code(reference: Reference) -> None:
    """The list of claims takes the parameter resident_code, and ignores it."""
    _ignored(reference, "resident_code")


@FAULTS.add("claims-take-account-number", "BP-NUM-001")
def claims_take_account_number(reference: Reference) -> None:
    """The list of claims takes the parameter account_number, and ignores it."""
    _ignored(reference, "account_number")
