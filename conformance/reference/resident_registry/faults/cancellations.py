"""Faults of which cancellations are accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.faults.leniency import refused_as
from conformance.reference.resident_registry.records import MOVED_OUT, Notification
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("cancelled-twice", "RR-CAN-004")
def cancelled_twice(reference: Reference) -> None:
    """The second cancellation of a notification is answered like the first one."""
    registry = reference.the(ResidentRegistry)

    def make(cancel: Method) -> Method:
        def again(call: Call) -> Answer:
            done = registry.register.cancelled.get(call.body["notification_id"])
            first = registry.register.notifications[done] if done else None
            if first is None or any(registry.visibility.hides(call, resident_id) for resident_id in first.resident_ids):
                answer: Answer = cancel(call)
                return answer
            return registry.notifications.created(call, first)

        return again

    replace(registry.cancellations, "cancel", make)


@FAULTS.add("cancelled-twice-as-unprocessable", "RR-CAN-004")
def cancelled_twice_as_unprocessable(reference: Reference) -> None:
    """The second cancellation of a notification is answered not_cancellable."""
    confused = refused_as(422, "already_cancelled", "not_cancellable")
    revise(reference.the(ResidentRegistry).cancellations, "check_first", confused)


def _followed_by(reference: Reference, counts: Callable[[Notification, Notification], bool]) -> None:
    """A later notification stands in the way of a cancellation only where `counts` says so of both."""
    registry = reference.the(ResidentRegistry)

    def make(follows: Method) -> Method:
        def seldom(undone: Notification, touched: str) -> bool:
            latest = registry.register.latest(touched)
            return bool(follows(undone, touched)) and (latest is None or counts(undone, latest))

        return seldom

    revise(registry.cancellations, "follows", make)


@FAULTS.add("cancelled-before-later-ones", "RR-CAN-005", "RR-CAN-012", "RR-CAN-019")
def cancelled_before_later_ones(reference: Reference) -> None:
    """A notification may be cancelled although a later one on the same resident stands."""
    _followed_by(reference, lambda undone, latest: False)


@FAULTS.add("cancelled-before-another-kind", "RR-CAN-005", "RR-CAN-019")
def cancelled_before_another_kind(reference: Reference) -> None:
    """A notification may be cancelled although a later one of another kind on the same resident stands."""
    _followed_by(reference, lambda undone, latest: undone.type == latest.type)


@FAULTS.add("move-in-cancelled-before-death", "RR-CAN-005")
def move_in_cancelled_before_death(reference: Reference) -> None:
    """A move-in may be cancelled although the death of the resident stands."""
    _followed_by(reference, lambda undone, latest: (undone.type, latest.type) != ("move_in", "death"))


@FAULTS.add("cancelled-before-household-change", "RR-CAN-005")
def cancelled_before_household_change(reference: Reference) -> None:
    """A notification may be cancelled although a later household change that concerns the resident stands."""
    _followed_by(reference, lambda undone, latest: latest.type != "household_change")


@FAULTS.add("cancelled-never-after-cancelled-ones", "RR-CAN-005", "RR-CAN-019")
def cancelled_never_after_cancelled_ones(reference: Reference) -> None:
    """A later notification stands in the way of a cancellation even when it is cancelled itself."""
    registry = reference.the(ResidentRegistry)

    def make(follows: Method) -> Method:
        def ever(undone: Notification, touched: str) -> bool:
            later = (registry.register.notifications[i] for i in registry.register.cancelled)
            cancelled = any(touched in n.touched and n.recorded_at > undone.recorded_at for n in later)
            return bool(follows(undone, touched)) or cancelled

        return ever

    revise(registry.cancellations, "follows", make)


@FAULTS.add("cancellation-not-cancellable-as-cancelled", "RR-CAN-006")
def cancellation_not_cancellable_as_cancelled(reference: Reference) -> None:
    """The cancellation of a cancellation is answered already_cancelled."""
    confused = refused_as(409, "not_cancellable", "already_cancelled")
    revise(reference.the(ResidentRegistry).cancellations, "check_kind", confused)


@FAULTS.add("cancellation-cancelled", "RR-CAN-006")
def cancellation_cancelled(reference: Reference) -> None:
    """The cancellation of a cancellation is accepted."""
    registry = reference.the(ResidentRegistry)

    def make(cancel: Method) -> Method:
        def accepted(call: Call) -> Answer:
            named = registry.register.notifications.get(call.body["notification_id"])
            final = named is not None and named.type == "cancellation"
            answer: Answer = registry.notifications.created(call, named) if named and final else cancel(call)
            return answer

        return accepted

    replace(registry.cancellations, "cancel", make)


@FAULTS.add("unknown-notification-not-cancellable", "RR-CAN-007", "RR-PRT-033")
def unknown_notification_not_cancellable(reference: Reference) -> None:
    """The cancellation of an unknown notification is answered not_cancellable."""

    def unknown(call: Call) -> bool:
        return call.body["notification_id"] not in reference.the(ResidentRegistry).register.notifications

    confused = refused_as(422, "unknown_notification", "not_cancellable", unknown)
    revise(reference.the(ResidentRegistry).cancellations, "named", confused)


@FAULTS.add("move-out-cancelled-after-return", "RR-CAN-008")
def move_out_cancelled_after_return(reference: Reference) -> None:
    """A move-out may be cancelled although the person has moved in again: two registrations are active."""
    registry = reference.the(ResidentRegistry)

    def make(is_back: Method) -> Method:
        def lenient(resident_id: str) -> bool:
            entry = registry.register.known(resident_id)
            return (entry is None or entry.status != MOVED_OUT) and bool(is_back(resident_id))

        return lenient

    revise(registry.cancellations, "is_back", make)


@FAULTS.add("return-known-by-resident-code", "RR-CAN-008")
def return_known_by_resident_code(reference: Reference) -> None:
    """Whether a person has moved in again is asked by the resident code alone, which may have changed."""
    numbers = reference.the(ResidentRegistry).cancellations
    revise(numbers, "numbers", lambda _: lambda entry: (entry.resident_code,))


@FAULTS.add("return-known-by-individual-number", "RR-CAN-008")
def return_known_by_individual_number(reference: Reference) -> None:
    """Whether a person has moved in again is asked by the Individual Number alone, which may have changed."""
    numbers = reference.the(ResidentRegistry).cancellations
    revise(numbers, "numbers", lambda _: lambda entry: (entry.individual_number,))


@FAULTS.add("cancelled-before-later-one-in-household", "RR-CAN-012", "RR-CAN-019")
def cancelled_before_later_one_in_household(reference: Reference) -> None:
    """Only a later notification on the same resident stands in the way of a cancellation, none on the household."""
    registry = reference.the(ResidentRegistry)

    def make(follows: Method) -> Method:
        def resident(undone: Notification, touched: str) -> bool:
            return touched in registry.register.histories and bool(follows(undone, touched))

        return resident

    revise(registry.cancellations, "follows", make)
