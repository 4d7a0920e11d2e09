"""Moving in (転入): registerMoveIn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.recording import Recording
from conformance.reference.resident_registry.records import ACTIVE, HEAD, Entry, Notification

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry

Json = dict[str, Any]


class MoveIns:
    """Registers people who move in, as a new household or into one that exists. All of them, or none."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"registerMoveIn": Handler(perform=lambda call: self.register(call))}

    def register(self, call: Call) -> Answer:
        """Checks everything, then records."""
        try:
            self.check(call)
        except Problem:
            self.refused(call)
            raise
        notification = self.record(call)
        return self.registry.notifications.created(call, notification)

    def refused(self, call: Call) -> None:
        """What stays of a move-in that is refused: nothing, because nothing is recorded before all is checked."""

    def check(self, call: Call) -> None:
        """All rules of a move-in. Raises 422 and 409."""
        body, rules = call.body, self.registry.rules
        rules.check_days(body["event_date"], body["notification_date"], self.registry.register.today)
        rules.check_own(body["new_address"], self.registry.own_codes, "/new_address")
        rules.check_place(body["previous_address"], "/previous_address")
        for position, member in enumerate(body["members"]):
            self.check_member(member, body["event_date"], f"/members/{position}")
        if "household_id" in body:
            self.check_joined(call)
        self.check_heads(body)
        self.check_once(body["members"])

    def check_member(self, member: Json, event_date: str, pointer: str) -> None:
        """Check digits and the birth date of one member."""
        rules = self.registry.rules
        rules.check_number("individual-number", member["individual_number"], f"{pointer}/individual_number")
        rules.check_number("resident-code", member["resident_code"], f"{pointer}/resident_code")
        rules.check_birth_date(member["birth_date"], f"{pointer}/birth_date")
        rules.check_birth_before(member["birth_date"], event_date, "/event_date")

    def check_joined(self, call: Call) -> None:
        """The household that is joined: active, visible, at the same address, and not too large afterwards."""
        named, register = self.registry.named, self.registry.register
        household_id = named.household(call, "household_id")
        named.check_order((household_id,), call.body["event_date"])
        if call.body["new_address"] != register.address(household_id, register.today):
            raise rule("different_address", "世帯の住所と異なります / Not the household's address", "/new_address")
        self.registry.rules.check_size(len(register.members(household_id)) + len(call.body["members"]), "/members")

    def check_heads(self, body: Json) -> None:
        """A new household has exactly one head; one that exists keeps its own."""
        heads = sum(member["relationship"] == HEAD for member in body["members"])
        if heads != ("household_id" not in body):
            detail = "世帯主の指定が正しくありません / Not the right number of heads"
            raise rule("household_head", detail, "/members")

    def check_once(self, members: list[Json]) -> None:
        """Each number once in the request, and on no active registration."""
        numbers = [
            (member[name], f"/members/{position}/{name}")
            for name in ("individual_number", "resident_code")
            for position, member in enumerate(members)
        ]
        self.registry.rules.check_once(numbers, self.registry.register.index.active)

    def record(self, call: Call) -> Notification:
        """Records the members and their household."""
        body = call.body
        days = (body["event_date"], body["notification_date"])
        recording = Recording(self.registry, call, "move_in", days, body["event_date"])
        joined = self.joined(body)
        household_id = joined or self.registry.reference.ids.new()
        if joined is None:
            recording.place(household_id, self.address(body))
        entries = [self.entry(body, member, household_id) for member in body["members"]]
        for entry in entries:
            recording.enrol(entry)
        return recording.commit(household_id, [entry.id for entry in entries], late=self.registry.rules.is_late(*days))

    def joined(self, body: Json) -> str | None:
        """The household that the members join; None where they form a new one."""
        return body.get("household_id")

    def name(self, member: Json) -> Json:
        """The name as it is kept: code point by code point."""
        kept: Json = member["name"]
        return kept

    def birth_date(self, member: Json) -> Json:
        """The birth date as it is kept, with flag and notation."""
        kept: Json = member["birth_date"]
        return kept

    def address(self, body: Json) -> Json:
        """The address as it is kept."""
        kept: Json = body["new_address"]
        return kept

    def entry(self, body: Json, member: Json, household_id: str) -> Entry:
        """One member as registered. The moment is set when it is recorded."""
        identifier = self.identifier(body, member) or self.registry.reference.ids.new()
        return Entry(id=identifier, household_id=household_id, recorded_at=0, **self.details(body, member))

    def identifier(self, body: Json, member: Json) -> str | None:
        """An id that follows from what is known of the person: there is none, and an id tells nothing."""
        return None

    def details(self, body: Json, member: Json) -> Json:
        """What is recorded of one member: the values as they were sent."""
        sent = ("individual_number", "resident_code", "sex", "nationality", "relationship")
        return {
            **{name: member[name] for name in sent},
            "name": self.name(member),
            "birth_date": self.birth_date(member),
            "status": ACTIVE,
            "address": self.address(body),
            "became_resident_on": body["event_date"],
            "ceased_on": None,
        }
