"""Faults of what a cancellation does elsewhere: to others, to their numbers, to what is read before and after."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.conditional import entity_tag
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import CANCELLED, Entry, Json, Notification
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("cancellation-late-as-what-it-cancels", "RR-CAN-020")
def cancellation_late_as_what_it_cancels(reference: Reference) -> None:
    """The cancellation of a late notification is marked late itself."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def copied(call: Call, notification: Notification) -> Json:
            shown: Json = body(call, notification)
            undone = registry.register.notifications.get(notification.cancels or "")
            return shown if undone is None else {**shown, "late": undone.late}

        return copied

    revise(registry.notifications, "body", make)


@FAULTS.add("cancelled-joining-closes-the-household", "RR-CAN-021")
def cancelled_joining_closes_the_household(reference: Reference) -> None:
    """When a move-in into a household is cancelled, that household is shown as closed, with its earlier members."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def closed(household_id: str, day: str, members: list[Entry]) -> Json:
            shown: Json = body(household_id, day, members)
            undone = map(registry.register.notifications.__getitem__, registry.register.cancelled)
            joined = any(known.type == "move_in" and known.household_id == household_id for known in undone)
            return {**shown, "status": "closed"} if joined else shown

        return closed

    revise(registry.households, "body", make)


@FAULTS.add("numbers-free-after-a-cancelled-move-out", "RR-MIN-011", "RR-MIN-012")
def numbers_free_after_a_cancelled_move_out(reference: Reference) -> None:
    """The numbers of a person whose move-out was recorded are free for good, also when it has been cancelled."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def freed(numbers: Iterable[tuple[str, str]], active: Mapping[str, str]) -> None:
            undone = map(registry.register.notifications.__getitem__, registry.register.cancelled)
            left = {leaver for known in undone if known.type == "move_out" for leaver in known.resident_ids}
            check(numbers, {number: holder for number, holder in active.items() if holder not in left})

        return freed

    revise(registry.rules, "check_once", make)


@FAULTS.add("cancelled-in-one-history-only", "RR-HIS-002")
def cancelled_in_one_history_only(reference: Reference) -> None:
    """Of a notification about several residents, its cancellation is marked in the history of the first one only."""
    registry = reference.the(ResidentRegistry)

    def make(history: Method) -> Method:
        def marked(call: Call) -> Answer:
            answer: Answer = history(call)
            lines = [_unmarked(registry, line, call.target.id) for line in answer.body["results"]]
            return dataclasses.replace(answer, body={**answer.body, "results": lines})

        return marked

    revise(registry.residents, "history", make)


def _unmarked(registry: ResidentRegistry, line: Json, resident_id: str) -> dict[str, Any]:
    known = registry.register.notifications.get(line["notification_id"] or "")
    return {**line, "cancelled": line["cancelled"] and known is not None and known.resident_ids[0] == resident_id}


@FAULTS.add("look-up-past-a-cancelled-registration", "RR-NUM-008")
def look_up_past_a_cancelled_registration(reference: Reference) -> None:
    """A look-up passes over a registration whose move-in was cancelled, where there is an earlier one."""
    registry = reference.the(ResidentRegistry)

    def make(holder: Method) -> Method:
        def earlier(number: str) -> Entry | None:
            found: Entry | None = holder(number)
            if found is None or found.status != CANCELLED:
                return found
            known = (registry.register.current[i] for i in registry.register.index.numbers[number])
            return ([entry for entry in known if entry.status != CANCELLED] or [found])[-1]

        return earlier

    revise(registry.numbers, "holder", make)


@FAULTS.add("notification-tag-without-cancelled", "COM-CND-003")
def notification_tag_without_cancelled(reference: Reference) -> None:
    """The entity tag of a notification is made of it as recorded: a cancellation does not change it."""
    preconditions = reference.pipeline.preconditions

    def make(apply: Method) -> Method:
        def as_recorded(call: Call, answer: Answer) -> Answer:
            if answer.status != 200:
                return answer
            tag = entity_tag({**answer.body, "cancelled": False})
            stated = call.request.joined("if-none-match")
            if stated is not None and preconditions.matches(stated, tag, strong=False):
                return Answer(304, None, [("ETag", tag)])
            answer.headers.append(("ETag", tag))
            return answer

        return as_recorded

    replace(preconditions, "apply_to_read", make, lambda call, answer: call.operation.id == "getNotification")
