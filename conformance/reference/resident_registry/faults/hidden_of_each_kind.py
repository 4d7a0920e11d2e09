"""Faults about protected persons: one kind of notification, one way to ask, one of several hidden persons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.faults.blindness import overlook, overlook_listed
from conformance.reference.resident_registry.records import ACTIVE, Entry, Notification
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _left_in(reference: Reference, kind: str) -> None:
    """Notifications of one kind name everybody, and are shown to everybody."""

    def make(visible_ids: Method) -> Method:
        def careless(call: Call, notification: Notification) -> list[str]:
            if notification.type == kind and call.operation.method == "GET":
                return list(notification.resident_ids)
            found: list[str] = visible_ids(call, notification)
            return found

        return careless

    revise(reference.the(ResidentRegistry).notifications, "visible_ids", make)


@FAULTS.add("protected-in-a-cancellation-read", "RR-PRT-008", "RR-PRT-020")
def protected_in_a_cancellation_read(reference: Reference) -> None:
    """The reading of a cancellation looks at no protection."""
    _left_in(reference, "cancellation")


@FAULTS.add("protected-in-a-death-read", "RR-PRT-008")
def protected_in_a_death_read(reference: Reference) -> None:
    """The reading of a death looks at no protection."""
    _left_in(reference, "death")


@FAULTS.add("protected-in-a-household-change-read", "RR-PRT-008", "RR-PRT-020")
def protected_in_a_household_change_read(reference: Reference) -> None:
    """The reading of a household change looks at no protection."""
    _left_in(reference, "household_change")


@FAULTS.add("protected-in-a-move-out-read", "RR-PRT-008", "RR-PRT-020")
def protected_in_a_move_out_read(reference: Reference) -> None:
    """The reading of a move-out looks at no protection."""
    _left_in(reference, "move_out")


@FAULTS.add("protected-in-an-address-change-read", "RR-PRT-008", "RR-PRT-020")
def protected_in_an_address_change_read(reference: Reference) -> None:
    """The reading of an address change looks at no protection."""
    _left_in(reference, "address_change")


def _cancellable(reference: Reference, kind: str) -> None:
    registry = reference.the(ResidentRegistry)

    def when(call: Call) -> bool:
        named = call.body.get("notification_id") if call.operation.id == "cancelNotification" else None
        found = registry.register.notifications.get(named) if named else None
        return found is not None and found.type == kind

    overlook(reference, when)


@FAULTS.add("protected-death-cancelled", "RR-PRT-018", "RR-PRT-030")
def protected_death_cancelled(reference: Reference) -> None:
    """The death of a hidden person may be cancelled by everybody."""
    _cancellable(reference, "death")


@FAULTS.add("protected-household-change-cancelled", "RR-PRT-018")
def protected_household_change_cancelled(reference: Reference) -> None:
    """A household change that names a hidden person may be cancelled by everybody."""
    _cancellable(reference, "household_change")


@FAULTS.add("protected-address-change-cancelled", "RR-PRT-018")
def protected_address_change_cancelled(reference: Reference) -> None:
    """An address change that names a hidden person may be cancelled by everybody."""
    _cancellable(reference, "address_change")


@FAULTS.add("protected-move-out-cancelled", "RR-PRT-018")
def protected_move_out_cancelled(reference: Reference) -> None:
    """The move-out of a hidden person may be cancelled by everybody."""
    _cancellable(reference, "move_out")


@FAULTS.add("protected-in-sorted-search", "RR-PRT-002")
def protected_in_sorted_search(reference: Reference) -> None:
    """A search that asks for an order holds hidden persons."""
    overlook_listed(reference, lambda call: call.operation.id == "searchResidents" and "sort" in call.query)


@FAULTS.add("protected-in-search-by-birth-date", "RR-PRT-002")
def protected_in_search_by_birth_date(reference: Reference) -> None:
    """A search by nothing but the birth date holds hidden persons."""
    criteria = {"family_kana", "household_id", "postal_code"}
    overlook_listed(reference, lambda call: call.operation.id == "searchResidents" and not criteria & call.query.keys())


@FAULTS.add("protected-in-search-by-two-criteria", "RR-PRT-002")
def protected_in_search_by_two_criteria(reference: Reference) -> None:
    """A search by a family and a given reading holds hidden persons."""
    asked = {"family_kana", "given_kana"}
    overlook_listed(reference, lambda call: call.operation.id == "searchResidents" and asked <= call.query.keys())


@FAULTS.add("protected-second-member-shown", "RR-PRT-004")
def protected_second_member_shown(reference: Reference) -> None:
    """A household leaves out one hidden member only: a second one is shown."""
    visibility = reference.the(ResidentRegistry).visibility

    def make(visible: Method) -> Method:
        def careless(call: Call, members: list[Entry]) -> list[Entry]:
            found: list[Entry] = visible(call, members)
            hidden = [entry for entry in members if visibility.hides(call, entry.id)]
            shown = {entry.id for entry in (*found, *hidden[1:])}
            return [entry for entry in members if entry.id in shown] if found else found

        return careless

    revise(reference.the(ResidentRegistry).households, "visible", make)


@FAULTS.add("protected-former-member-shown", "RR-PRT-004")
def protected_former_member_shown(reference: Reference) -> None:
    """A household as of a past day shows hidden persons who have left it since."""
    registry = reference.the(ResidentRegistry)

    def make(visible: Method) -> Method:
        def careless(call: Call, members: list[Entry]) -> list[Entry]:
            found: list[Entry] = visible(call, members)
            here = {entry.id for entry in registry.register.members(call.path["household_id"])}
            left = {entry.id for entry in members if entry.id not in here}
            return [entry for entry in members if entry.id in left or entry in found] if found else found

        return careless

    revise(registry.households, "visible", make)


@FAULTS.add("export-by-the-protections-of-the-day", "RR-PRT-010")
def export_by_the_protections_of_the_day(reference: Reference) -> None:
    """An export of everybody leaves out who is under protection on the date as_of, not who is today."""
    visibility = reference.the(ResidentRegistry).visibility

    def make(hidden_ids: Method) -> Method:
        def of_the_day(call: Call) -> frozenset[str]:
            found: frozenset[str] = hidden_ids(call)
            if call.operation.id != "createExport" or visibility.privileged(call):
                return found
            day = call.body["as_of"]
            return frozenset(i for i, kept in visibility.protections.items() if visibility.active_on(kept, day))

        return of_the_day

    revise(visibility, "hidden_ids", make)


@FAULTS.add("export-of-the-hidden-who-left", "RR-PRT-010")
def export_of_the_hidden_who_left(reference: Reference) -> None:
    """Exports hold, and are given with, hidden persons who have moved out since the day that they are of."""
    registry = reference.the(ResidentRegistry)

    def make(hidden_ids: Method) -> Method:
        def active(call: Call) -> frozenset[str]:
            found: frozenset[str] = hidden_ids(call)
            if call.operation.id not in ("createExport", "getExport", "getExportContent"):
                return found
            current = registry.register.current
            return frozenset(i for i in found if i in current and current[i].status == ACTIVE)

        return active

    revise(registry.visibility, "hidden_ids", make)


@FAULTS.add("protected-in-the-answer-to-a-change-of-head", "RR-PRT-020")
def protected_in_the_answer_to_a_change_of_head(reference: Reference) -> None:
    """The answer to a change of head names all members, hidden ones too; later reads do not."""
    registry = reference.the(ResidentRegistry)

    def make(created: Method) -> Method:
        def telling(call: Call, notification: Notification) -> Answer:
            answer: Answer = created(call, notification)
            if call.body.get("kind") != "change_head":
                return answer
            members: list[Any] = [entry.id for entry in registry.register.members(notification.household_id)]
            return Answer(answer.status, {**answer.body, "resident_ids": members}, answer.headers, names=answer.names)

        return telling

    revise(registry.notifications, "created", make)
