"""Reading a household: getHousehold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import not_found
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.records import Entry

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class Households:
    """Households as the caller may see them."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"getHousehold": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call))}

    def locate(self, call: Call) -> None:
        """The visible members as of the day; 404 before the first day, and where all members are hidden."""
        register = self.registry.register
        household_id, day = call.path["household_id"], call.query.get("as_of", register.today)
        if not self.is_there(household_id, day):
            raise not_found()
        members = self.members(household_id, day)
        visible = self.visible(call, members)
        if members and not visible:
            self.registry.visibility.withhold(call, [entry.id for entry in members])
            raise not_found()
        call.target = (household_id, day, visible)

    def visible(self, call: Call, members: list[Entry]) -> list[Entry]:
        """The members whom the caller may see."""
        return self.registry.visibility.of(call, members)

    def read(self, call: Call) -> Answer:
        """The household."""
        household_id, day, visible = call.target
        call.subjects[:] = [entry.id for entry in visible]
        return Answer(200, self.body(household_id, day, visible))

    def body(self, household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
        """The household on a day as JSON, with the members whom the caller may see."""
        return views.household(household_id, self.registry.register.address(household_id, day), members)

    def is_there(self, household_id: str, day: str) -> bool:
        """Whether the household has begun on a day."""
        register = self.registry.register
        return household_id in register.placements and register.address(household_id, day) is not None

    def members(self, household_id: str, day: str) -> list[Entry]:
        """Who is in the household on a day."""
        return self.registry.register.members(household_id, day)
