"""Changes of households without a move (世帯変更): registerHouseholdChange, three kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.heads import new_head_required
from conformance.reference.resident_registry.named import different_households
from conformance.reference.resident_registry.recording import Recording
from conformance.reference.resident_registry.records import HEAD, Entry, Json

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


class HouseholdChanges:
    """Another head, one household out of another, two households into one."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"registerHouseholdChange": Handler(perform=lambda call: self.register(call))}

    def register(self, call: Call) -> Answer:
        """Checks what the kinds share, then records by kind."""
        body, registry = call.body, self.registry
        days = (body["event_date"], body["notification_date"])
        self.check_days(call)
        recording = Recording(registry, call, "household_change", days, days[0])
        kinds = {"change_head": self.change_head, "split": self.split, "merge": self.merge}
        household_id, resident_ids = kinds[body["kind"]](call, recording)
        notification = recording.commit(household_id, resident_ids, late=registry.rules.is_late(*days))
        return registry.notifications.created(call, notification)

    def check_days(self, call: Call) -> None:
        """The days of the change. Raises 422."""
        event, told = call.body["event_date"], call.body["notification_date"]
        self.registry.rules.check_days(event, told, self.registry.register.today)

    def check_order(self, call: Call, *touched: str) -> None:
        """Nothing changes before what is recorded already of these residents and households. Raises 422."""
        self.registry.named.check_order(touched, call.body["event_date"])

    def change_head(self, call: Call, recording: Recording) -> tuple[str, list[str]]:
        """`new_head_id` becomes the head, everybody else visible gets the relationship given."""
        body, named = call.body, self.registry.named
        household_id = named.household(call, "household_id")
        head = named.resident(call, body["new_head_id"], "/new_head_id")
        members = self._members(household_id, recording)
        visible = self.registry.visibility.of(call, members)
        self.check_member(head, visible)
        self.check_not_head(head)
        self.check_relationships(call, [entry for entry in visible if entry.id != head.id])
        self.check_order(call, household_id, *(entry.id for entry in visible))
        recording.change(head, {"relationship": HEAD})
        seen = {entry.id for entry in visible}
        others = [entry for entry in members if entry.id != head.id]
        # Of those whom the caller does not see a former head alone is changed: nobody else is named or recorded anew.
        self._relate(call, recording, [entry for entry in others if entry.id in seen or entry.relationship == HEAD])
        return household_id, [entry.id for entry in visible]

    def split(self, call: Call, recording: Recording) -> tuple[str, list[str]]:
        """Some members form a household of their own at the same address."""
        body, named, registry = call.body, self.registry.named, self.registry
        former = named.household(call, "household_id")
        leaving = named.residents(call)
        named.heads(call, "new_head_id", "remaining_head_id")
        members = self._members(former, recording)
        self.check_from(former, leaving)
        self.check_part(leaving, members)
        self.check_order(call, former, *body["resident_ids"])
        head = self.head_of_split(call, leaving)
        remaining = registry.succession.of_remaining(call, members, {e.id for e in leaving}, "remaining_head_id")
        household_id = registry.reference.ids.new()
        for entry in self.leaving(leaving, head):
            relationship = HEAD if entry.id == head.id else self.unsaid(entry)
            recording.change(entry, {"household_id": household_id, "relationship": relationship})
        if remaining is not None:
            recording.make_head(remaining)
        recording.place(household_id, self.place(leaving))
        return household_id, body["resident_ids"]

    def merge(self, call: Call, recording: Recording) -> tuple[str, list[str]]:
        """All visible members of one household join another at the same address; hidden ones stay where they are."""
        named, register = self.registry.named, self.registry.register
        kept, merged = named.household(call, "household_id"), named.household(call, "merged_household_id")
        self.check_two(kept, merged)
        self.check_addresses(*(register.address(household_id, register.today) for household_id in (kept, merged)))
        members = self._members(merged, recording)
        visible = self.registry.visibility.of(call, members)
        self.check_relationships(call, visible)
        joining = self.movable(call, members)
        self.registry.rules.check_size(len(joining) + len(self._members(kept, recording)), "/merged_household_id")
        self.check_order(call, kept, merged, *(entry.id for entry in joining))
        left = self.registry.succession.of_remaining(call, members, {e.id for e in joining}, "remaining_head_id")
        for entry in self.joining(joining):
            recording.change(entry, {"household_id": kept})
        self._relate(call, recording, joining)
        if left is not None:
            recording.make_head(left)
        return kept, [entry.id for entry in visible]

    def _members(self, household_id: str, recording: Recording) -> list[Entry]:
        day = self.registry.named.present(recording.effective)
        return self.registry.register.members(household_id, day)

    def check_member(self, head: Entry, members: list[Entry]) -> None:
        """Who becomes head is a member. Raises 422."""
        if head.id not in {entry.id for entry in members}:
            raise new_head_required("/new_head_id")

    def check_from(self, household_id: str, leaving: list[Entry]) -> None:
        """Those who leave in a split are members of the household. Raises 422."""
        if leaving[0].household_id != household_id:
            raise different_households()

    def head_of_split(self, call: Call, leaving: list[Entry]) -> Entry:
        """The head of the household that a split forms: the one named. Raises 422."""
        return self.registry.succession.chosen(leaving, call.body["new_head_id"], "new_head_id")

    def check_not_head(self, head: Entry) -> None:
        """Who becomes head is not head yet. Raises 422."""
        if head.relationship == HEAD:
            raise rule("unprocessable", "既に世帯主です / Already the head", "/new_head_id")

    def check_part(self, leaving: list[Entry], members: list[Entry]) -> None:
        """A split leaves somebody behind. Raises 422."""
        if len(leaving) == len(members):
            raise rule("unprocessable", "世帯の全員です / These are all members", "/resident_ids")

    def check_two(self, kept: str, merged: str) -> None:
        """A merge is one of two households. Raises 422."""
        if kept == merged:
            raise rule("unprocessable", "同じ世帯です / They are one household", "/merged_household_id")

    def check_addresses(self, kept: Json | None, merged: Json | None) -> None:
        """Households that merge are at one address, to the letter. Raises 422."""
        if kept != merged:
            raise rule("different_address", "世帯の住所が異なります / Different addresses", "/merged_household_id")

    def leaving(self, named: list[Entry], head: Entry) -> list[Entry]:
        """Who goes to the new household in a split: everybody named."""
        return named

    def movable(self, call: Call, members: list[Entry]) -> list[Entry]:
        """Whom a merge may move: no request moves those whom its caller does not see."""
        return self.registry.visibility.of(call, members)

    def joining(self, members: list[Entry]) -> list[Entry]:
        """Who goes to the household kept in a merge: all who may be moved."""
        return members

    def place(self, leaving: list[Entry]) -> Json:
        """Where the new household of a split is: where its members are."""
        return leaving[0].address

    def unsaid(self, entry: Entry) -> str:
        """The relationship of somebody who leaves in a split and does not become head."""
        return without_head(entry)

    def relationship(self, call: Call, entry: Entry) -> str:
        """The relationship that a change of head or a merge gives somebody."""
        given: str = call.body["relationships"].get(entry.id, without_head(entry))
        return given

    def check_relationships(self, call: Call, wanted: list[Entry]) -> None:
        """The relationships given are those of the residents wanted, no more and no less."""
        given = call.body["relationships"]
        for resident_id in given:
            self.registry.named.resident(call, resident_id, f"/relationships/{resident_id.replace('~', '~0')}")
        if set(given) != {entry.id for entry in wanted}:
            raise relationships_wrong()

    def _relate(self, call: Call, recording: Recording, entries: list[Entry]) -> None:
        for entry in entries:
            recording.change(entry, {"relationship": self.relationship(call, entry)})


def without_head(entry: Entry) -> str:
    """The relationship of a member who is not the head and for whom none is given."""
    return "other" if entry.relationship == HEAD else entry.relationship


def relationships_wrong() -> Problem:
    """422: somebody's relationship is missing, or somebody else's is given."""
    detail = "続柄は対象の全員について示してください / Give the relationship of exactly those concerned"
    return rule("unprocessable", detail, "/relationships")
