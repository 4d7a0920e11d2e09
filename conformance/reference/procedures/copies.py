"""Copies of the resident register: getHouseholdCopy, putHouseholdCopy. Section 5 of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.household_rules import HouseholdRules
from conformance.reference.problems import conflict, not_found, rule
from conformance.reference.procedures import views
from conformance.reference.procedures.records import Copy, Json

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures


class Copies(HouseholdRules):
    """At most one copy of a household."""

    at = "/household"

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "getHouseholdCopy": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
            "putHouseholdCopy": Handler(perform=lambda call: self.put(call), tag=lambda call: self.tag(call)),
        }

    def named(self, call: Call) -> Copy | None:
        """The copy that the path names."""
        return self.service.store.copies.get(call.path["household_id"])

    def locate(self, call: Call) -> None:
        """The copy that the path names, or 404."""
        call.target = self.named(call)
        if call.target is None:
            raise not_found()

    def tag(self, call: Call) -> str | None:
        """The entity tag of the copy; None where there is none yet."""
        found = self.named(call)
        return None if found is None else self.service.entity_tag(views.copy(found))

    def read(self, call: Call) -> Answer:
        """The copy as it was stored."""
        call.subjects[:] = self.service.subjects_of.of_copy(call.target)
        return Answer(200, views.copy(call.target))

    def put(self, call: Call) -> Answer:
        """Creates or replaces the copy that the path names."""
        self.check_id(call.body["household"], call.path["household_id"])
        before = self.named(call)
        copy = self.store(Copy(call.body["as_of"], call.body["household"]))
        call.subjects[:] = self.service.subjects_of.of_change(before, copy)
        body = views.copy(copy)
        headers = [("ETag", self.service.entity_tag(body))]
        if before is None:
            headers.append(("Location", f"{self.service.base}/households/{copy.household_id}"))
        return Answer(201 if before is None else 200, body, headers)

    def store(self, copy: Copy) -> Copy:
        """Stores a copy after all checks. Raises 422 and 409."""
        self.check(copy)
        self.service.store.keep_copy(copy)
        return copy

    def check(self, copy: Copy) -> None:
        """What holds of every copy. Raises 422 and 409."""
        self.check_day(copy.as_of, self.service.clock.today())
        self.check_own(copy.household["address"], self.service.town.own_codes)
        self.check_birth_dates(copy.household)
        self.check_once(copy.household)
        self.check_elsewhere(copy.household)
        before = self.service.store.copies.get(copy.household_id)
        if before is not None:
            self.check_newer(before.as_of, copy.as_of)

    def check_day(self, as_of: str, today: str) -> None:
        """The register was so today, or before. Raises 422."""
        if as_of > today:
            raise rule("date_in_future", "基準日が未来です / The date is in the future", "/as_of")

    def check_elsewhere(self, household: Json) -> None:
        """Nobody stands in the copy of another household. Raises 409."""
        for place, person in enumerate(household["members"]):
            if self.stands_elsewhere(person["resident_id"], household["household_id"]):
                detail = "別の世帯に登録されています / Somebody stands in another copy"
                raise conflict("already_in_household", detail, f"/household/members/{place}/resident_id")

    def stands_elsewhere(self, resident_id: str, household_id: str) -> bool:
        """Whether a person stands in the copy of another household."""
        return self.service.store.household_of.get(resident_id, household_id) != household_id

    def check_newer(self, stored: str, given: str) -> None:
        """No copy is replaced by an older one; one of the same day may replace it. Raises 409."""
        if given < stored:
            raise conflict("older_copy", "保有する副本より古い内容です / Older than the stored copy", "/as_of")
