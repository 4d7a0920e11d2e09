"""Faults of the resident registry: repetition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import HEAD, Entry, Event, Notification
from conformance.reference.resident_registry.rules import already_registered

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.resident_registry.faults.acting import _registry


@FAULTS.add("nobody-returns-twice", "RR-MIN-016")
def nobody_returns_twice(reference: Reference) -> None:
    """Who has come back once and moved out again cannot come back a second time: 409 already_registered."""
    registry = _registry(reference)

    def make(check: Method) -> Method:
        def once(numbers: Any, active: Mapping[str, str]) -> None:
            numbers = list(numbers)
            for number, pointer in numbers:
                if len(registry.register.index.numbers.get(number, [])) >= 2:
                    raise already_registered(pointer)
            check(numbers, active)

        return once

    replace(registry.rules, "check_once", make)


@FAULTS.add("second-cancellation-without-effect", "RR-CAN-001", "RR-CAN-002", "RR-CAN-009", "RR-CAN-014", "RR-CAN-022")
def second_cancellation_without_effect(reference: Reference) -> None:
    """Of the cancellations about one resident only the first has an effect; a later one is recorded and listed."""
    registry = _registry(reference)

    def make(event: Method) -> Method:
        def powerless(cancellation: Notification, resident_id: str) -> Event:
            made: Event = event(cancellation, resident_id)
            earlier = any(known.cancels for known in registry.register.histories[resident_id])
            return changed(made, cancels=None) if earlier else made

        return powerless

    replace(registry.cancellations, "event", make)


@FAULTS.add("cancelled-second-address-change-goes-to-the-first", "RR-CAN-002")
def cancelled_second_address_change_goes_to_the_first(reference: Reference) -> None:
    """A cancelled address change that followed another one takes the residents back to their very first address."""
    registry = _registry(reference)

    def make(fold: Method) -> Method:
        def forgetful(history: Any, day: str, recorded: int | None = None) -> Entry | None:
            found: Entry | None = fold(history, day, recorded)
            known = [e for e in history if recorded is None or e.recorded_at <= recorded]
            undone = {e.cancels for e in known if e.cancels is not None}
            moves = [e for e in known if e.type == "address_change" and e.effective <= day]
            gone = [e for e in moves if e.notification_id in undone]
            stand = [e for e in moves if e.notification_id not in undone]
            if found is None or not gone or not stand or gone[-1].recorded_at < stand[-1].recorded_at:
                return found
            return changed(found, address=known[0].changes.address)

        return forgetful

    replace(registry.register, "fold", make, concerns=lambda history, *_: any(e.cancels for e in history))


@FAULTS.add("same-day-moves-first-wins", "RR-ADC-001")
def same_day_moves_first_wins(reference: Reference) -> None:
    """Of two address changes on one day the one recorded first counts."""
    registry = _registry(reference)

    def make(fold: Method) -> Method:
        def first(history: Any, day: str, recorded: int | None = None) -> Entry | None:
            kept, days = [], set()
            for event in history:
                if event.type == "address_change":
                    if event.effective in days:
                        changes = {k: v for k, v in event.changes.items() if k != "address"}
                        event = changed(event, changes=changes)
                    days.add(event.effective)
                kept.append(event)
            return fold(kept, day, recorded)  # type: ignore[no-any-return]

        return first

    replace(
        registry.register,
        "fold",
        make,
        concerns=lambda history, *_: len([e for e in history if e.type == "address_change"]) > 1,
    )


@FAULTS.add("third-correction-of-a-name-lost", "RR-RES-008", "RR-RES-013")
def third_correction_of_a_name_lost(reference: Reference) -> None:
    """The third correction of one resident is recorded, and changes nothing."""
    registry = _registry(reference)

    def make(changes: Method) -> Method:
        def twice(entry: Entry, patch: dict[str, Any]) -> dict[str, Any]:
            found: dict[str, Any] = changes(entry, patch)
            earlier = sum(event.type == "correction" for event in registry.register.histories[entry.id])
            return {name: getattr(entry, name) for name in found} if earlier >= 2 else found

        return twice

    revise(registry.corrections, "changes", make)


@FAULTS.add("change-of-head-back-forgets", "RR-HHC-001")
def change_of_head_back_forgets(reference: Reference) -> None:
    """When the head changes a second time, the relationships sent are not recorded: all others are `other`."""
    registry = _registry(reference)

    def make(relationship: Method) -> Method:
        def other(call: Call, entry: Entry) -> str:
            before = [e for e in registry.register.histories[entry.id] if e.type == "household_change"]
            return "other" if before and call.body["kind"] == "change_head" else str(relationship(call, entry))

        return other

    revise(registry.household_changes, "relationship", make)


@FAULTS.add("split-off-returns-as-stranger", "RR-HHC-007")
def split_off_returns_as_stranger(reference: Reference) -> None:
    """Who split off and is merged back has the relationship of before, whatever the merge says."""
    registry = _registry(reference)

    def make(relationship: Method) -> Method:
        def before(call: Call, entry: Entry) -> str:
            history = registry.register.histories[entry.id]
            first = history[0].changes
            back = call.body["kind"] == "merge" and any(e.type == "household_change" for e in history)
            if back and isinstance(first, Entry) and first.relationship != HEAD:
                return first.relationship
            return str(relationship(call, entry))

        return before

    revise(registry.household_changes, "relationship", make)


@FAULTS.add("certificate-number-after-cancellation", "RR-CRT-012")
def certificate_after_cancelled_move_out(reference: Reference) -> None:
    """An issued certificate shows the address of today once an address change of the resident was cancelled."""
    registry = _registry(reference)

    def make(shown: Method) -> Method:
        def today(certificate: Any) -> Any:
            body = shown(certificate)
            lines = []
            for line in body["residents"]:
                history = registry.register.histories[line["resident_id"]]
                entry = registry.register.current[line["resident_id"]]
                lines.append({**line, "address": entry.address} if any(e.cancels for e in history) else line)
            return {**body, "residents": lines}

        return today

    revise(registry.certificates, "shown", make)
