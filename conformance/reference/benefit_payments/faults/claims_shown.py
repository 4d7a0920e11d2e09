"""Faults of what is shown of a claim after it was decided, retried or listed, and of whom the audit trail names."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import APPROVED, REJECTED, Claim, Json
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.clock import timestamp
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import not_found

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_HOURS = 9 * 3_600_000_000


def _service(reference: Reference) -> BenefitPayments:
    return reference.the(BenefitPayments)


@FAULTS.add("first-day-in-universal-time", "BP-INT-044")
def first_day_in_universal_time(reference: Reference) -> None:
    """The first day of the window begins for online claims when it begins in Universal Time."""
    service = _service(reference)

    def late(day: str, call: Call) -> str:
        universal = timestamp(call.now - _HOURS)[:10]
        return universal if universal < service.books.programmes[call.body["programme_id"]].claims_from else day

    alter(service.online_claims, "day", late)


@FAULTS.add("first-day-an-hour-early", "BP-INT-044")
def first_day_an_hour_early(reference: Reference) -> None:
    """Online claims are taken in the last hour before the first day."""
    service = _service(reference)

    def early(day: str, call: Call) -> str:
        later = timestamp(call.now + 3_600_000_000)[:10]
        return later if later == service.books.programmes[call.body["programme_id"]].claims_from else day

    alter(service.online_claims, "day", early)


@FAULTS.add("rejected-not-shown-to-the-applicant", "BP-INT-045")
def rejected_not_shown_to_the_applicant(reference: Reference) -> None:
    """An own claim that was rejected does not exist for the applicant."""

    def make(locate: Method) -> Method:
        def strict(call: Call) -> None:
            locate(call)
            if call.target.status == REJECTED:
                raise not_found()

        return strict

    replace(_service(reference).online_claims, "locate", make)


@FAULTS.add("claims-of-separations-not-listed-by-household", "BP-FLT-001")
def claims_of_separations_not_listed_by_household(reference: Reference) -> None:
    """A list of the claims of a household leaves out those of its separations."""

    def own(matches: bool, claim: Claim, query: Json) -> bool:
        return matches and not ("household_id" in query and claim.party.separation_id is not None)

    alter(_service(reference).claims, "matches", own)


@FAULTS.add("rejected-listed-on-every-channel", "BP-FLT-001")
def rejected_listed_on_every_channel(reference: Reference) -> None:
    """A list by channel has the rejected claims of the other channel, too."""

    def make(matches: Method) -> Method:
        def lenient(claim: Claim, query: Json) -> Any:
            rest = {k: v for k, v in query.items() if k != "channel" or claim.status != REJECTED}
            return matches(claim, rest)

        return lenient

    revise(_service(reference).claims, "matches", make)


@FAULTS.add("reason-of-an-approval-lost", "BP-DEC-028")
def reason_of_an_approval_lost(reference: Reference) -> None:
    """Only a rejection keeps its reason."""

    def bare(claim: Claim, *_: Any) -> Claim:
        return changed(claim, decision_reason=None) if claim.status == APPROVED else claim

    alter(_service(reference).decisions, "decided", bare)


@FAULTS.add("retry-forgets-the-batch", "BP-RTR-027")
def retry_forgets_the_batch(reference: Reference) -> None:
    """A claim that was retried names no batch until it is in another one."""
    alter(_service(reference).decisions, "retried", lambda claim, *_: changed(claim, batch_id=None))


@FAULTS.add("claimant-apart-not-audited", "BP-AUD-023")
def claimant_apart_not_audited(reference: Reference) -> None:
    """The claimant of a claim is no subject of its entries once separated from its members."""
    alter(
        _service(reference).subjects_of,
        "of_claim",
        lambda found, claim: [one for one in found if one in {member.resident_id for member in claim.members}],
    )


@FAULTS.add("opted-out-not-audited", "BP-AUD-023")
def opted_out_not_audited(reference: Reference) -> None:
    """Members who are opted out are no subjects of the entries of a claim."""

    def paid(found: list[str], claim: Claim) -> list[str]:
        out = {member.resident_id for member in claim.members if member.opted_out}
        return [one for one in found if one not in out or one == claim.claimant_id]

    alter(_service(reference).subjects_of, "of_claim", paid)


@FAULTS.add("list-audited-for-all-that-match", "BP-AUD-023")
def list_audited_for_all_that_match(reference: Reference) -> None:
    """The entry of a list of claims names the persons of all pages."""
    service = _service(reference)

    def make(list_page: Method) -> Method:
        def told(call: Call) -> Answer:
            answer: Answer = list_page(call)
            call.subjects[:] = service.subjects_of.of_claims(service.claims.find(call))
            return answer

        return told

    replace(service.claims, "list_page", make)
