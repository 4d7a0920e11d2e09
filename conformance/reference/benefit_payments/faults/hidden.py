"""Faults by which separations are not hidden, or hidden from those who need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import PAID, REJECTED, Claim, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def is_separate(told: Party | Claim) -> bool:
    """Whether a form or a claim is that of a separation."""
    return (told.party if isinstance(told, Claim) else told).separation_id is not None


def _overlook(reference: Reference, method: str, operation: str) -> None:
    """In calls of the operation no separation is hidden; households with a protected person are."""

    def seen(hidden: bool, call: Call, told: Party | Claim) -> bool:
        return hidden and not (call.operation.id == operation and is_separate(told))

    alter(reference.the(BenefitPayments).visibility, method, seen)


@FAULTS.add("hidden-claim-shown", "BP-SEP-005")
def hidden_claim_shown(reference: Reference) -> None:
    """Everybody who reads claims reads that of a separation."""
    _overlook(reference, "hides_claim", "getClaim")


@FAULTS.add("hidden-form-shown", "BP-SEP-005")
def hidden_form_shown(reference: Reference) -> None:
    """Everybody who reads forms reads that of a separation."""
    _overlook(reference, "hides_party", "getClaimForm")


@FAULTS.add("hidden-claim-listed", "BP-SEP-005")
def hidden_claim_listed(reference: Reference) -> None:
    """The list of claims shows those of separations to everybody."""
    _overlook(reference, "hides_claim", "listClaims")


@FAULTS.add("hidden-form-entered", "BP-SEP-005")
def hidden_form_entered(reference: Reference) -> None:
    """Everybody who enters forms enters that of a separation."""
    _overlook(reference, "hides_party", "enterPostalClaim")


@FAULTS.add("hidden-claim-listed-for-its-household", "BP-SEP-005", "BP-FRM-008")
def hidden_claim_listed_for_its_household(reference: Reference) -> None:
    """The list of the claims of one household shows those of separations from it to everybody."""

    def seen(hidden: bool, call: Call, _: Claim) -> bool:
        return hidden and not (call.operation.id == "listClaims" and "household_id" in call.query)

    alter(reference.the(BenefitPayments).visibility, "hides_claim", seen)


@FAULTS.add("hidden-claim-counted", "BP-SEP-005", "BP-FRM-008")
def hidden_claim_counted(reference: Reference) -> None:
    """The count of a list of claims includes those that the caller may not see."""
    service = reference.the(BenefitPayments)

    def make(page: Method) -> Method:
        def counted(call: Call, found: list[Any], line: Any) -> dict[str, Any]:
            body: dict[str, Any] = page(call, found, line)
            if call.operation.id != "listClaims":
                return body
            claims = service.books.claims_of(call.query["programme_id"])
            hidden = [claim for claim in claims if service.visibility.hides_claim(call, claim)]
            more = sum(service.claims.matches(claim, call.query) for claim in hidden)
            resultset = {**body["resultset"], "count": body["resultset"]["count"] + more}
            return {**body, "resultset": resultset}

        return counted

    replace(reference.pages, "page", make, concerns=lambda call, *_: call.operation.id == "listClaims")


@FAULTS.add("hidden-form-told-by-its-code", "BP-SEP-005", "BP-FRM-008", "BP-FRM-012")
def hidden_form_told_by_its_code(reference: Reference) -> None:
    """The form of a separation is refused with another code than one that there is not."""

    def make(form_in_body: Method) -> Method:
        def telling(call: Call, form_id: str, pointer: str) -> Party:
            try:
                party: Party = form_in_body(call, form_id, pointer)
            except Problem as refusal:
                raise (rule("claimant_not_head", refusal.detail, pointer) if call.withheld else refusal) from None
            return party

        return telling

    revise(reference.the(BenefitPayments).visibility, "form_in_body", make)


@FAULTS.add("hidden-from-the-approver", "BP-SEP-013")
def hidden_from_the_approver(reference: Reference) -> None:
    """The claim of a separation is hidden from whoever approves it."""

    def strict(hidden: bool, call: Call, claim: Claim) -> bool:
        scopes = call.caller.scopes & {"protections:read", "payments:write"}
        return hidden or (is_separate(claim) and "benefits:approve" in call.caller.scopes and not scopes)

    alter(reference.the(BenefitPayments).visibility, "hides_claim", strict)


@FAULTS.add("hidden-from-the-approver-who-reads", "BP-SEP-013")
def hidden_from_the_approver_who_reads(reference: Reference) -> None:
    """The claim of a separation is hidden from an approver who reads it, not from one who decides it."""

    def strict(hidden: bool, call: Call, claim: Claim) -> bool:
        scopes = call.caller.scopes & {"protections:read", "payments:write"}
        return hidden or (call.operation.id == "getClaim" and is_separate(claim) and not scopes)

    alter(reference.the(BenefitPayments).visibility, "hides_claim", strict)


@FAULTS.add("rejected-claims-hidden-from-nobody", "BP-SEP-005", "BP-FRM-008")
def rejected_claims_hidden_from_nobody(reference: Reference) -> None:
    """The list of claims shows the rejected ones to everybody."""

    def seen(hidden: bool, call: Call, claim: Claim) -> bool:
        return hidden and not (call.operation.id == "listClaims" and claim.status == REJECTED)

    alter(reference.the(BenefitPayments).visibility, "hides_claim", seen)


@FAULTS.add("paid-claims-hidden-from-nobody", "BP-SEP-005", "BP-FRM-008")
def paid_claims_hidden_from_nobody(reference: Reference) -> None:
    """A claim that is paid is read by everybody who reads claims."""

    def seen(hidden: bool, call: Call, claim: Claim) -> bool:
        return hidden and not (call.operation.id == "getClaim" and claim.status == PAID)

    alter(reference.the(BenefitPayments).visibility, "hides_claim", seen)
