"""Faults of heads and relationships that nobody names, of the order of events, and of the order of residents."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise, rewrite
from conformance.reference.problems import rule
from conformance.reference.resident_registry.faults.leniency import open_although, passing
from conformance.reference.resident_registry.records import ACTIVE, HEAD, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

FIVE = 5


@FAULTS.add("split-makes-others", "RR-HHC-016")
def split_makes_others(reference: Reference) -> None:
    """In a split everybody who leaves and does not become head gets the relationship other."""
    revise(reference.the(ResidentRegistry).household_changes, "unsaid", lambda _: lambda entry: "other")


@FAULTS.add("household-change-of-who-leaves", "RR-HHC-017")
def household_change_of_who_leaves(reference: Reference) -> None:
    """A household change may name somebody whose move-out is recorded and has not taken effect."""
    named = reference.the(ResidentRegistry).named
    revise(named, "is_open", open_although("registerHouseholdChange", lambda entry: entry.status == ACTIVE))


@FAULTS.add("head-who-moves-contradicted", "RR-ADC-015")
def head_who_moves_contradicted(reference: Reference) -> None:
    """Who is named head in place of the head who moves is passed over in silence."""

    def make(of_leaving: Method) -> Method:
        def silent(call: Call, leaving: list[Entry], field: str) -> Entry:
            head = [entry for entry in leaving if entry.relationship == HEAD]
            found: Entry = head[0] if head else of_leaving(call, leaving, field)
            return found

        return silent

    revise(reference.the(ResidentRegistry).succession, "of_leaving", make)


@FAULTS.add("same-address-refused", "RR-ADC-016")
def same_address_refused(reference: Reference) -> None:
    """An address change to the address that somebody has is refused."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def checked(call: Call) -> None:
            check(call)
            resident_id = call.body["resident_ids"][0]
            entry = registry.register.current.get(resident_id)
            hidden = registry.visibility.hides(call, resident_id)
            if entry is not None and not hidden and entry.address == call.body["new_address"]:
                raise rule("unprocessable", "住所が変わりません / The address is the same", "/new_address")

        return checked

    revise(registry.address_changes, "check_address", make)


@FAULTS.add("death-never-late", "RR-MOU-020")
def death_never_late(reference: Reference) -> None:
    """A death is recorded as notified in time, however late it is."""

    def in_time(request: Request, answer: Answer) -> Answer:
        if answer.status < 300 and isinstance(answer.body, dict) and answer.body.get("type") == "death":
            answer.body = {**answer.body, "late": False}
        return answer

    rewrite(reference, in_time)


def _ordered_otherwise(reference: Reference, kind: str, least: int, order: Callable[[list[str]], list[str]]) -> None:
    def ordered(request: Request, answer: Answer) -> Answer:
        body: Any = answer.body
        if answer.status < 300 and isinstance(body, dict) and body.get("type") == kind:
            ids = body["resident_ids"]
            answer.body = {**body, "resident_ids": order(ids) if len(ids) >= least else ids}
        return answer

    rewrite(reference, ordered)


@FAULTS.add("family-that-moves-in-sorted", "RR-MIN-026")
def family_that_moves_in_sorted(reference: Reference) -> None:
    """Five or more of one name who move in stand in the order of their given readings."""
    current = reference.the(ResidentRegistry).register.current

    def by_reading(ids: list[str]) -> list[str]:
        names = {resident_id: current[resident_id].name for resident_id in ids}
        alike = len({(name["family"], name["family_kana"]) for name in names.values()}) == 1
        return sorted(ids, key=lambda resident_id: names[resident_id].get("given_kana", "")) if alike else ids

    _ordered_otherwise(reference, "move_in", FIVE, by_reading)


@FAULTS.add("many-who-move-in-reversed", "RR-MIN-026")
def many_who_move_in_reversed(reference: Reference) -> None:
    """Five or more residents of a move-in stand in another order than its members."""
    _ordered_otherwise(reference, "move_in", FIVE, lambda ids: ids[::-1])


@FAULTS.add("many-who-move-out-reversed", "RR-MOU-021")
def many_who_move_out_reversed(reference: Reference) -> None:
    """Four or more residents of a move-out stand in another order than the request has them."""
    _ordered_otherwise(reference, "move_out", FIVE - 1, lambda ids: ids[::-1])


@FAULTS.add("headless-on-the-day-after", "RR-MOU-022")
def headless_on_the_day_after(reference: Reference) -> None:
    """A notification on the last day of a head may leave several members without any."""
    succession = reference.the(ResidentRegistry).succession
    revise(succession, "is_headed", lambda _: lambda kind, members: True)


@FAULTS.add("household-order-by-residents", "RR-MOU-023")
def household_order_by_residents(reference: Reference) -> None:
    """For the order of household changes only residents count, not households."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def checked(call: Call, *touched: str) -> None:
            check(call, *(name for name in touched if name not in registry.register.placements))

        return checked

    revise(registry.household_changes, "check_order", make)


@FAULTS.add("own-destination-refused", "RR-MOU-024")
def own_destination_refused(reference: Reference) -> None:
    """A destination with the code of the municipality itself is refused."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def checked(place: dict[str, Any], pointer: str) -> None:
            check(place, pointer)
            if pointer == "/destination" and place.get("municipality_code") in registry.own_codes:
                raise rule("unprocessable", "自団体の住所です / An address in this municipality", pointer)

        return checked

    revise(registry.rules, "check_place", make)


@FAULTS.add("household-of-120", "RR-MIN-025", "RR-HHC-018")
def household_of_120(reference: Reference) -> None:
    """A household may have 120 members."""
    most = 120

    def make(check: Method) -> Method:
        return lambda members, pointer: None if members <= most else check(members, pointer)

    revise(reference.the(ResidentRegistry).rules, "check_size", make)


@FAULTS.add("joined-at-any-time", "RR-MIN-027")
def joined_at_any_time(reference: Reference) -> None:
    """A household may be joined before the latest that happened to it."""
    revise(reference.the(ResidentRegistry).move_ins, "check_joined", passing("event_out_of_order"))
