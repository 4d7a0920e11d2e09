"""Copies of the register for the base date: getHouseholdCopy, putHouseholdCopy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments import views
from conformance.reference.benefit_payments.records import HEAD, Copy, Json, Programme
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.household_rules import HouseholdRules
from conformance.reference.problems import conflict, not_found, rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments


class Copies(HouseholdRules):
    """At most one copy of a household for each programme."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "getHouseholdCopy": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
            "putHouseholdCopy": Handler(
                perform=lambda call: self.put(call),
                locate=lambda call: self.service.programmes.locate(call),
                tag=lambda call: self.tag(call),
            ),
        }

    def named(self, call: Call) -> Copy | None:
        """The copy that the path names."""
        return self.service.books.copies.get((call.path["programme_id"], call.path["household_id"]))

    def locate(self, call: Call) -> None:
        """The copy that the path names, or 404."""
        call.target = self.named(call)
        if call.target is None:
            raise not_found()

    def body(self, copy: Copy) -> dict[str, Any]:
        """The copy as JSON."""
        eligibility = self.service.eligibility
        return views.copy(copy, eligibility.head(copy), eligibility.eligible(copy))

    def tag(self, call: Call) -> str | None:
        """The entity tag of the copy; None where there is none yet."""
        found = self.named(call)
        return None if found is None else self.service.entity_tag(self.body(found))

    def read(self, call: Call) -> Answer:
        """The copy as it was stored."""
        call.subjects[:] = self.service.subjects_of.of_copy(call.target)
        return Answer(200, self.body(call.target))

    def put(self, call: Call) -> Answer:
        """Creates or replaces the copy that the path names."""
        self.check_id(call.body, call.path["household_id"])
        before = self.named(call)
        copy = self.store(call.target, call.body)
        call.subjects[:] = self.service.subjects_of.of_copy(copy)
        body = self.body(copy)
        headers = [("ETag", self.service.entity_tag(body))]
        if before is None:
            place = f"{self.service.base}/programmes/{copy.programme_id}/households/{copy.household_id}"
            headers.append(("Location", place))
        return Answer(201 if before is None else 200, body, headers)

    def store(self, programme: Programme, household: Json) -> Copy:
        """Stores a copy after all checks; the form keeps its id. Raises 422 and 409."""
        self.check(programme, household)
        before = self.service.books.copies.get((programme.id, household["household_id"]))
        if before is not None:
            self.check_free(before)
        copy = Copy(programme.id, self.content(before, household), self.form_id(before))
        self.service.books.keep_copy(copy)
        return copy

    def content(self, before: Copy | None, household: Json) -> Json:
        """What is stored in place of what was there: the household as it was sent, and nothing else."""
        return household

    def form_id(self, before: Copy | None) -> str:
        """The id of the form: that which the household has already, or a new one."""
        return self.service.reference.ids.new() if before is None else before.form_id

    def check(self, programme: Programme, household: Json) -> None:
        """What holds of every copy, in the order of the document. Raises 422 and 409."""
        self.check_base_date(programme)
        self.check_address(household["address"])
        self.check_birth_dates(household)
        self.check_once(household)
        self.check_head(programme, household)
        self.check_elsewhere(programme, household)

    def check_base_date(self, programme: Programme) -> None:
        """The register can be copied once the base date has come. Raises 422."""
        if programme.base_date > self.service.clock.today():
            raise rule("base_date_in_future", "基準日が到来していません / The base date has not come")

    def check_address(self, address: Json) -> None:
        """The address lies in this body. Raises 422."""
        self.check_own(address, self.service.town.own_codes)

    def check_head(self, programme: Programme, household: Json) -> None:
        """There is just one head, who is eligible. Raises 422."""
        heads = [person for person in household["members"] if person["relationship"] == HEAD]
        if len(heads) != 1 or not self.service.eligibility.is_eligible(heads[0], programme.base_date):
            detail = "資格のある世帯主がちょうど1人必要です / Exactly one head is needed, who is eligible"
            raise rule("household_head", detail, "/members")

    def check_elsewhere(self, programme: Programme, household: Json) -> None:
        """Nobody stands in another copy of the programme. Raises 409."""
        for place, person in enumerate(household["members"]):
            other = self.service.books.household_of.get((programme.id, person["resident_id"]))
            if other not in (None, household["household_id"]):
                detail = "別の世帯に登録されています / Somebody stands in another copy"
                raise conflict("already_in_household", detail, f"/members/{place}/resident_id")

    def is_taken(self, copy: Copy) -> bool:
        """Whether the household has a live claim or a separation."""
        books = self.service.books
        claimed = books.live_claim(books.parties[copy.form_id]) is not None
        return claimed or bool(books.separations_of(copy.programme_id, copy.household_id))

    def check_free(self, copy: Copy) -> None:
        """A copy on which somebody relies stays as it is. Raises 409."""
        if self.is_taken(copy):
            detail = "申請又は分離のある世帯です / The household has claimed or is separated"
            raise conflict("household_claimed", detail)
