"""Persons living apart because of domestic violence: createSeparation, getSeparation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments import views
from conformance.reference.benefit_payments.records import (
    APPROVED,
    HEAD,
    IN_TRANSFER,
    PAID,
    RETURNED,
    Claim,
    Copy,
    Member,
    Separation,
)
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import Problem, conflict, not_found, rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class Separations:
    """Makes a party of its own out of persons of a copy, and changes the claim of the household with it."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "createSeparation": Handler(
                perform=lambda call: self.create(call), locate=lambda call: self.service.programmes.locate(call)
            ),
            "getSeparation": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
        }

    def locate(self, call: Call) -> None:
        """The separation that the path names."""
        call.target = self.service.books.separations.get(call.path["separation_id"])
        if call.target is None:
            raise not_found()

    def read(self, call: Call) -> Answer:
        """The separation."""
        call.subjects[:] = self.service.subjects_of.of_separation(call.target)
        return Answer(200, views.separation(call.target))

    def create(self, call: Call) -> Answer:
        """Records a separation; the household's live claim follows at once."""
        copy = self.check(call.target.id, call.body)
        separation = self.record(call, copy)
        call.subjects[:] = self.service.subjects_of.of_separation(separation)
        claim = self.service.books.live_claim(self.service.books.parties[copy.form_id])
        if claim is not None:
            changed = self.take_out(call, claim, frozenset(separation.member_ids))
            if changed != claim:
                call.subjects.extend(self.service.subjects_of.of_claim(changed))
        location = f"{self.service.base}/separations/{separation.id}"
        return Answer(201, views.separation(separation), [("Location", location)])

    def record(self, call: Call, copy: Copy) -> Separation:
        """Keeps the separation."""
        body, ids = call.body, self.service.reference.ids
        separation = Separation(
            id=ids.new(),
            programme_id=copy.programme_id,
            household_id=copy.household_id,
            claimant_id=body["claimant_id"],
            member_ids=tuple(body["member_ids"]),
            address=body["address"],
            ground=body["ground"],
            form_id=ids.new(),
            recorded_at=call.now,
        )
        self.service.books.keep_separation(separation)
        return separation

    def check(self, programme_id: str, body: dict[str, Any]) -> Copy:
        """The copy from which they are separated. Raises 422 and 409."""
        self.service.copies.check_code(body["address"]["municipality_code"], "/address/municipality_code")
        self.check_claimant_named(body)
        copy = self.common_copy(programme_id, body["member_ids"])
        self.check_eligible(copy, body["member_ids"])
        self.check_no_head(copy, body["member_ids"])
        self.check_claimant_alive(copy, body["claimant_id"])
        self.check_once(programme_id, body["member_ids"])
        return copy

    def check_claimant_named(self, body: dict[str, Any]) -> None:
        """The claimant is one of them. Raises 422."""
        if body["claimant_id"] not in body["member_ids"]:
            detail = "申請者が分離する者に含まれません / The claimant is not among the members"
            raise rule("unprocessable", detail, "/claimant_id")

    def common_copy(self, programme_id: str, member_ids: list[str]) -> Copy:
        """The one copy in which all of them stand. Raises 422."""
        copy = self.service.books.copy_with(programme_id, member_ids[0])
        if copy is None:
            raise unknown_resident("/member_ids/0")
        for place, resident_id in enumerate(member_ids):
            if self.service.books.household_of.get((programme_id, resident_id)) != copy.household_id:
                raise unknown_resident(f"/member_ids/{place}")
        return copy

    def check_eligible(self, copy: Copy, member_ids: list[str]) -> None:
        """All of them are eligible. Raises 422."""
        eligible = {person["resident_id"] for person in self.service.eligibility.eligible(copy)}
        for place, resident_id in enumerate(member_ids):
            if resident_id not in eligible:
                raise unknown_resident(f"/member_ids/{place}")

    def check_no_head(self, copy: Copy, member_ids: list[str]) -> None:
        """The head stays. Raises 422."""
        heads = [person["resident_id"] for person in copy.members if person["relationship"] == HEAD]
        for place, resident_id in enumerate(member_ids):
            if resident_id in heads:
                detail = "世帯主は分離できません / The head cannot be separated"
                raise rule("head_cannot_separate", detail, f"/member_ids/{place}")

    def check_claimant_alive(self, copy: Copy, claimant_id: str) -> None:
        """The claimant can claim. Raises 422."""
        claimant = next(person for person in copy.members if person["resident_id"] == claimant_id)
        if not self.service.eligibility.is_alive(claimant):
            raise rule("unprocessable", "申請者が死亡しています / The claimant has died", "/claimant_id")

    def check_once(self, programme_id: str, member_ids: list[str]) -> None:
        """Nobody is separated yet. Raises 409."""
        for place, resident_id in enumerate(member_ids):
            if (programme_id, resident_id) in self.service.books.separation_of:
                detail = "既に分離されています / Somebody is separated already"
                raise conflict("already_separated", detail, f"/member_ids/{place}")

    def take_out(self, call: Call, claim: Claim, separated: frozenset[str]) -> Claim:
        """The household's claim without the separated persons, kept in the books and the ledger."""
        left = self.left(claim, separated)
        gone = [m for m in claim.members if m.resident_id in separated and not m.opted_out]
        share = self.service.eligibility.amount(claim.party, len(gone))
        changed = replace(self.without(claim, share), members=left)
        self.service.books.keep_claim(changed)
        if share and claim.status in (APPROVED, RETURNED):
            self.service.ledger.enter(call, claim.party.programme_id, [("reduced", claim, None, share)])
        return changed

    def left(self, claim: Claim, separated: frozenset[str]) -> tuple[Member, ...]:
        """Who stays in the claim of the household."""
        return tuple(member for member in claim.members if member.resident_id not in separated)

    def without(self, claim: Claim, share: int) -> Claim:
        """What was ordered or paid is overpaid now; what was not is no longer claimed."""
        if claim.status in (IN_TRANSFER, PAID):
            return replace(claim, overpaid_amount=claim.overpaid_amount + share)
        return replace(claim, amount=claim.amount - share)


def unknown_resident(pointer: str) -> Problem:
    """422, the same for somebody who is in no copy and for somebody who is not eligible."""
    return rule("unknown_resident", "該当する世帯員がいません / Unknown or ineligible person", pointer)
