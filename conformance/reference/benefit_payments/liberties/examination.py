"""In which order the rules of one step are examined, and which of several that are broken is told, is left free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments import views
from conformance.reference.benefit_payments.records import (
    ONLINE,
    REJECTED,
    Batch,
    Claim,
    Copy,
    Member,
    Party,
    Programme,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("batches-examined-from-the-back")
def batches_examined_from_the_back(reference: Reference) -> None:
    """The rules for a batch, and for results, are examined from the back, and so are the claims that they name."""
    service = reference.the(BenefitPayments)
    batches, results = service.batches, service.results

    def batch(_: Method) -> Method:
        def check(content: dict[str, Any]) -> list[Claim]:
            programme = batches.programme(content["programme_id"])
            claims = batches.claims(content["claim_ids"][::-1])
            batches.check_amounts(claims)
            batches.check_states(claims)
            batches.check_controls(content, claims)
            batches.check_day(content["transfer_on"])
            batches.check_programme(programme, claims)
            return claims[::-1]

        return check

    def entered(_: Method) -> Method:
        def check(before: Batch, given: list[dict[str, Any]]) -> None:
            results.check_pending(before, given[::-1])
            results.check_reasons(given[::-1])
            results.check_named(before, given[::-1])
            results.check_once(given[::-1])

        return check

    revise(batches, "check", batch)
    revise(results, "check", entered)


@LIBERTIES.add("separations-examined-from-the-back")
def separations_examined_from_the_back(reference: Reference) -> None:
    """Whether somebody is separated already is examined first, and the persons named from the last to the first."""
    separations = reference.the(BenefitPayments).separations

    def make(_: Method) -> Method:
        def check(programme_id: str, body: dict[str, Any]) -> Copy:
            named = body["member_ids"][::-1]
            separations.check_once(programme_id, named)
            copy = separations.common_copy(programme_id, named)
            separations.check_eligible(copy, named)
            separations.check_no_head(copy, named)
            separations.check_claimant_named(body)
            separations.check_claimant_alive(copy, body["claimant_id"])
            separations.service.copies.check_code(body["address"]["municipality_code"], "/address/municipality_code")
            return copy

        return check

    revise(separations, "check", make)


@LIBERTIES.add("decisions-examined-from-the-back")
def decisions_examined_from_the_back(reference: Reference) -> None:
    """A decision is held against the budget first and the status last, a changed programme against its ceiling."""
    service = reference.the(BenefitPayments)
    decisions, programmes = service.decisions, service.programmes

    def decide(_: Method) -> Method:
        def back_to_front(call: Call) -> Answer:
            if call.body["decision"] == REJECTED:
                decisions.check_reason(call.body)
            else:
                decisions.check_budget(call.target)
                decisions.check_account(call.target, call.body)
            decisions.check_other_eyes(call, call.target)
            decisions.check_undecided(call.target)
            return service.claims.shown(call, decisions.record(call, call.target))

        return back_to_front

    def change(_: Method) -> Method:
        def ceiling_first(call: Call) -> Answer:
            programme = programmes.changed(call.target, call.body)
            programmes.check_ceiling(programme)
            programmes.check_window(programme)
            service.books.keep_programme(programme)
            body = views.programme(programme)
            return Answer(200, body, [("ETag", service.entity_tag(body))])

        return ceiling_first

    replace(decisions, "decide", decide)
    replace(programmes, "change", change)


@LIBERTIES.add("online-claims-examined-from-the-back")
def online_claims_examined_from_the_back(reference: Reference) -> None:
    """The rules for an online claim are examined from the back: an earlier claim first, the channel last."""
    service = reference.the(BenefitPayments)
    online, intake = service.online_claims, service.intake

    def make(_: Method) -> Method:
        def check(party: Party, programme: Programme, call: Call) -> tuple[Member, ...]:
            intake.check_no_other(party, ONLINE)
            members = online.members(party, call.body["members"])
            intake.check_claimant(party, call.body["claimant_id"])
            intake.check_day(programme, online.day(call))
            intake.check_channel(programme, ONLINE)
            return members

        return check

    replace(online, "check", make)
