"""Faults of benefit payments: separations."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter, waive
from conformance.reference.benefit_payments.intake import members_mismatch
from conformance.reference.benefit_payments.records import (
    APPROVED,
    ONLINE,
    PAID,
    RECEIVED,
    REJECTED,
    RETURNED,
    Claim,
    Copy,
    Member,
    Party,
    Separation,
)
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


def _earlier(service: BenefitPayments, claim: Claim) -> bool:
    """Whether there was another separation from the household before the one that is recorded just now."""
    return len(service.books.separations_of(claim.party.programme_id, claim.party.household_id)) > 1


@FAULTS.add("second-separation-leaves-the-amount", "BP-SEP-002", "BP-SEP-003", "BP-SEP-004", "BP-SEP-012", "BP-SEP-015")
def second_separation_leaves_the_amount(reference: Reference) -> None:
    """Only the first separation from a household lowers the amount of its claim."""
    service = _service(reference)

    def make(without: Method) -> Method:
        return lambda claim, share: claim if _earlier(service, claim) else without(claim, share)

    replace(service.separations, "without", make)


@FAULTS.add("separation-of-the-opted-out-lowers", "BP-SEP-016")
def separation_of_the_opted_out_lowers(reference: Reference) -> None:
    """Whoever is separated lowers the amount of the claim, also who was opted out and not paid for."""
    service = _service(reference)

    def make(take_out: Method) -> Method:
        def lowering(call: Call, claim: Claim, separated: frozenset[str]) -> Claim:
            found: Claim = take_out(call, claim, separated)
            out = [m for m in claim.members if m.resident_id in separated and m.opted_out]
            share = service.eligibility.amount(claim.party, len(out))
            if share and claim.status == RECEIVED:
                found = changed(found, amount=max(found.amount - share, 0))
                service.books.keep_claim(found)
            return found

        return lowering

    replace(service.separations, "take_out", make)


@FAULTS.add("separation-of-the-returned-leaves-the-amount", "BP-SEP-015")
def separation_of_the_returned_leaves_the_amount(reference: Reference) -> None:
    """The amount of a returned claim stays as it was when a person is separated from the household."""
    service = _service(reference)

    def make(without: Method) -> Method:
        return lambda claim, share: claim if claim.status == RETURNED else without(claim, share)

    replace(service.separations, "without", make, concerns=lambda claim, _: claim.status == RETURNED)


@FAULTS.add("separation-of-the-retried-overpays", "BP-SEP-003")
def separation_of_the_retried_overpays(reference: Reference) -> None:
    """From a claim that was retried and is approved again a separation takes nothing: it is shown as overpaid."""
    service = _service(reference)

    def make(without: Method) -> Method:
        def kept(claim: Claim, share: int) -> Claim:
            if claim.status == APPROVED and claim.retried:
                return changed(claim, overpaid_amount=claim.overpaid_amount + share)
            return without(claim, share)  # type: ignore[no-any-return]

        return kept

    replace(service.separations, "without", make, concerns=lambda claim, _: claim.retried)


@FAULTS.add("separation-of-the-returned-not-entered", "BP-SEP-015")
def separation_of_the_returned_not_entered(reference: Reference) -> None:
    """What a separation takes off a returned claim does not stand in the ledger as reduced."""
    service = _service(reference)

    def make(enter: Method) -> Method:
        def entered(call: Call, programme_id: str, lines: Any) -> None:
            lines = [
                li
                for li in lines
                if not (li[0] == "reduced" and call.operation.id == "createSeparation" and li[1].status == RETURNED)
            ]
            enter(call, programme_id, lines)

        return entered

    replace(service.ledger, "enter", make, concerns=lambda call, *_: call.operation.id == "createSeparation")


@FAULTS.add("separation-changes-the-rejected", "BP-DEC-011")
def separation_changes_the_rejected(reference: Reference) -> None:
    """A separation takes its persons out of the rejected claims of the household too."""
    service = _service(reference)

    def make(record: Method) -> Method:
        def wide(call: Call, copy: Copy) -> Separation:
            made: Separation = record(call, copy)
            for claim in service.books.claims_of(copy.programme_id):
                if claim.status == REJECTED and claim.party.form_id == copy.form_id:
                    left = tuple(m for m in claim.members if m.resident_id not in made.member_ids)
                    service.books.keep_claim(
                        changed(claim, members=left, amount=service.intake.amount(claim.party, left))
                    )
            return made

        return wide

    replace(service.separations, "record", make)


@FAULTS.add("separated-in-every-programme", "BP-SEP-021")
def separated_in_every_programme(reference: Reference) -> None:
    """Who is separated in one programme cannot be separated in another."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def everywhere(programme_id: str, member_ids: list[str]) -> None:
            if any(person in member_ids for _, person in service.books.separation_of):
                raise conflict("already_separated", "既に分離されています / Separated already", "/member_ids/0")
            check(programme_id, member_ids)

        return everywhere

    revise(service.separations, "check_once", make)


@FAULTS.add("separation-shares-the-overpayment", "BP-SEP-001")
def separation_after_payment_pays_nothing(reference: Reference) -> None:
    """Where the household has opted a person out, the claim of that person's separation pays nothing for them."""
    service = _service(reference)

    def make(amount: Method) -> Method:
        def less(party: Party, members: tuple[Member, ...]) -> int:
            if party.separation_id is None:
                return int(amount(party, members))
            content = [
                c.content
                for c in service.books.claims_of(party.programme_id)
                if c.party.household_id == party.household_id
            ]
            out = {i for c in content for i in c.get("opted_out_ids", ())}
            return int(amount(party, tuple(m for m in members if m.resident_id not in out)))

        return less

    revise(service.intake, "amount", make)


@FAULTS.add("separated-is-only-who-claims", "BP-SEP-009")
def separated_is_only_who_claims(reference: Reference) -> None:
    """Of those who are separated only the claimants are refused in another separation."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def claimants(programme_id: str, member_ids: list[str]) -> None:
            named = {one.claimant_id for one in service.books.separations.values()}
            check(programme_id, [resident_id for resident_id in member_ids if resident_id in named])

        return claimants

    revise(service.separations, "check_once", make)


@FAULTS.add("separated-is-looked-for-in-the-first", "BP-SEP-009")
def separated_is_looked_for_in_the_first(reference: Reference) -> None:
    """Whether somebody is separated already is examined of the first who is named alone."""

    def make(check: Method) -> Method:
        return lambda programme_id, member_ids: check(programme_id, member_ids[:1])

    revise(_service(reference).separations, "check_once", make)


@FAULTS.add("separation-by-the-dead", "BP-SEP-024")
def separation_by_the_dead(reference: Reference) -> None:
    """Somebody who died can be the claimant of a separation."""
    waive(_service(reference).separations, "check_claimant_alive")


@FAULTS.add("opting-out-tells-who-is-separated", "BP-SEP-006")
def opting_out_tells_who_is_separated(reference: Reference) -> None:
    """A form of the household that opts out a separated person without naming them besides is refused."""

    def make(check: Method) -> Method:
        def strict(party: Party, content: dict[str, Any]) -> None:
            check(party, content)
            if party.separation_id is None and not set(content.get("opted_out_ids", ())) <= set(content["member_ids"]):
                raise members_mismatch("/opted_out_ids")

        return strict

    revise(_service(reference).postal_claims, "check_opted_out", make)


@FAULTS.add("household-must-not-be-named-apart", "BP-SEP-023")
def household_must_not_be_named_apart(reference: Reference) -> None:
    """A claim of a separation that names the household is refused."""
    alter(
        _service(reference).intake,
        "others",
        lambda others, party: others if party.separation_id is None else [],
    )


@FAULTS.add("household-must-not-be-typed-apart", "BP-SEP-023")
def household_must_not_be_typed_apart(reference: Reference) -> None:
    """An online claim of a separation that names the household is refused."""
    service = _service(reference)

    def make(members: Method) -> Method:
        def strict(party: Party, typed: list[dict[str, Any]]) -> Any:
            if party.separation_id is not None and len(typed) > len(service.eligibility.members(party)):
                raise members_mismatch("/members")
            return members(party, typed)

        return strict

    revise(service.online_claims, "members", make)


@FAULTS.add("separation-claims-again-online", "BP-SEP-022")
def separation_claims_again_online(reference: Reference) -> None:
    """A separation that has claimed can claim again online."""
    waive(
        _service(reference).intake,
        "check_no_other",
        lambda party, channel: party.separation_id is not None and channel == ONLINE,
    )


@FAULTS.add("separation-claims-again-once-ordered", "BP-SEP-022")
def separation_claims_again_once_ordered(reference: Reference) -> None:
    """A separation whose claim came online can claim again once its money is on its way."""
    service = _service(reference)

    def ordered(party: Party, _: str) -> bool:
        claim = service.books.live_claim(party)
        return (
            party.separation_id is not None and claim is not None and claim.channel == ONLINE and bool(claim.batch_id)
        )

    waive(service.intake, "check_no_other", ordered)


@FAULTS.add("reduced-by-one-person", "BP-SEP-003", "BP-SEP-015")
def reduced_by_one_person(reference: Reference) -> None:
    """Of several who are separated at once the ledger enters one person's share as reduced."""
    service = _service(reference)

    def make(enter: Method) -> Method:
        def entered(call: Call, programme_id: str, lines: Any) -> None:
            unit = service.books.programmes[programme_id].unit_amount
            enter(call, programme_id, [(kind, claim, batch, min(sum_, unit)) for kind, claim, batch, sum_ in lines])

        return entered

    replace(service.ledger, "enter", make, concerns=lambda call, *_: call.operation.id == "createSeparation")


@FAULTS.add("several-separated-are-overpaid-once", "BP-SEP-004")
def several_separated_are_overpaid_once(reference: Reference) -> None:
    """Of several who are separated at once from a paid claim one person's share is shown as overpaid."""
    service = _service(reference)

    def make(without: Method) -> Method:
        return lambda claim, share: without(claim, min(share, service.books.programme_of(claim.party).unit_amount))

    replace(service.separations, "without", make, concerns=lambda claim, _: claim.status == PAID)


@FAULTS.add("separation-changes-the-latest-claim", "BP-DEC-011")
def separation_changes_the_latest_claim(reference: Reference) -> None:
    """Where the household has no live claim, a separation takes its persons out of the one rejected last."""
    service = _service(reference)

    def make(record: Method) -> Method:
        def wide(call: Call, copy: Copy) -> Separation:
            made: Separation = record(call, copy)
            own = [c for c in service.books.claims_of(copy.programme_id) if c.party.form_id == copy.form_id]
            if own and own[-1].status == REJECTED:
                left = tuple(m for m in own[-1].members if m.resident_id not in made.member_ids)
                service.books.keep_claim(changed(own[-1], members=left))
            return made

        return wide

    replace(service.separations, "record", make)
