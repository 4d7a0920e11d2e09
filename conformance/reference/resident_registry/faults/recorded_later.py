"""Faults of corrections, of what a refusal leaves behind, and of registrations that follow one another."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry.records import (
    ACTIVE,
    MOVED_OUT,
    Entry,
    Event,
    Notification,
)
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("both-parameters-follow-corrections", "RR-HIS-007")
def both_parameters_follow_corrections(reference: Reference) -> None:
    """A read with both as_of and recorded_as_of shows corrections that were recorded later."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def following(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            now = registry.register.current.get(call.target.id)
            if entry is None or now is None or not {"as_of", "recorded_as_of"} <= call.query.keys():
                return entry
            names = ("name", "birth_date", "sex", "nationality")
            return dataclasses.replace(entry, **{name: getattr(now, name) for name in names})

        return following

    revise(registry.residents, "as_of", make)


@FAULTS.add("refused-correction-stays-in-part", "RR-RES-016")
def refused_correction_stays_in_part(reference: Reference) -> None:
    """Of a correction that is refused for its birth date, the other members are corrected."""
    registry = reference.the(ResidentRegistry)

    def make(correct: Method) -> Method:
        def hasty(call: Call) -> Answer:
            try:
                answer: Answer = correct(call)
            except Problem:
                rest = {name: value for name, value in call.body.items() if name != "birth_date"}
                if len(rest) > 1:
                    correct(dataclasses.replace(call, body=rest))
                raise
            return answer

        return hasty

    replace(registry.corrections, "correct", make, concerns=lambda call: "birth_date" in call.body)


@FAULTS.add("correction-of-all-at-once", "RR-RES-017")
def correction_of_all_at_once(reference: Reference) -> None:
    """Of a correction of all four members the nationality is left as it was."""

    def make(changes: Method) -> Method:
        def three(entry: Entry, patch: dict[str, Any]) -> dict[str, Any]:
            made: dict[str, Any] = changes(entry, patch)
            return {**made, "nationality": entry.nationality} if len(made) == 4 else made

        return three

    revise(reference.the(ResidentRegistry).corrections, "changes", make)


@FAULTS.add("correction-reaches-the-former-registration", "RR-RES-018")
def correction_reaches_the_former_registration(reference: Reference) -> None:
    """A correction of somebody who has come back is shown of the registration that has ended, too."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def of_the_person(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            if entry is None or call.query:
                return entry
            last = registry.numbers.holder(entry.individual_number)
            return entry if last is None else dataclasses.replace(entry, name=last.name, sex=last.sex)

        return of_the_person

    revise(registry.residents, "as_of", make)


@FAULTS.add("correction-refused-before-move-out", "RR-RES-011")
def correction_refused_before_move_out(reference: Reference) -> None:
    """Who moves out on a day to come cannot be corrected any more."""
    registry = reference.the(ResidentRegistry)

    def make(changes: Method) -> Method:
        def closed(entry: Entry, patch: dict[str, Any]) -> dict[str, Any]:
            if entry.status == ACTIVE and registry.register.leaves(entry.id):
                raise rule("unprocessable", "転出の届出があります / A move-out is recorded", "")
            made: dict[str, Any] = changes(entry, patch)
            return made

        return closed

    revise(registry.corrections, "changes", make)


@FAULTS.add("born-on-the-day-refused", "RR-RES-019")
def born_on_the_day_refused(reference: Reference) -> None:
    """A birth date cannot be corrected to the very day of becoming a resident."""

    def make(check: Method) -> Method:
        def strict(birth_date: dict[str, Any], entry: Entry) -> None:
            check(birth_date, entry)
            if dates.known_day(birth_date) == entry.became_resident_on:
                raise rule(
                    "event_before_birth", "住民となった日より後の生年月日です / Born too late", "/birth_date/value"
                )

        return strict

    revise(reference.the(ResidentRegistry).corrections, "check_birth_date", make)


@FAULTS.add("history-dates-cancellation-as-cancelled", "RR-HIS-024")
def history_dates_cancellation_as_cancelled(reference: Reference) -> None:
    """The history gives a cancellation the event date of what it cancels."""
    registry = reference.the(ResidentRegistry)

    def make(line: Method) -> Method:
        def dated(event: Event) -> dict[str, Any]:
            shown: dict[str, Any] = line(event)
            undone = registry.register.notifications.get(event.cancels or "")
            return shown if undone is None else {**shown, "event_date": undone.event_date}

        return dated

    revise(registry.residents, "history_line", make)


@FAULTS.add("history-by-day-of-notification", "RR-HIS-024")
def history_by_day_of_notification(reference: Reference) -> None:
    """The history gives a death or a move-out that was notified later the day of the notification."""
    registry = reference.the(ResidentRegistry)

    def make(line: Method) -> Method:
        def dated(event: Event) -> dict[str, Any]:
            shown: dict[str, Any] = line(event)
            told = registry.register.notifications.get(event.notification_id or "")
            if told is None or event.type not in ("death", "move_out") or told.notification_date < told.event_date:
                return shown
            return {**shown, "event_date": told.notification_date}

        return dated

    revise(registry.residents, "history_line", make)


@FAULTS.add("successor-not-recorded-anew", "RR-HIS-020")
def successor_not_recorded_anew(reference: Reference) -> None:
    """Who becomes head because another one leaves keeps the recorded_at of before."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def kept(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            shown = [e.recorded_at for e in registry.register.histories.get(call.target.id, ()) if e.sequence]
            if entry is None or call.query or not shown:
                return entry
            return dataclasses.replace(entry, recorded_at=shown[-1])

        return kept

    revise(registry.residents, "as_of", make)


@FAULTS.add("certificate-refused-on-the-last-day", "RR-CRT-001")
def certificate_refused_on_the_last_day(reference: Reference) -> None:
    """Who moves out today gets no certificate any more today."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def strict(entry: Entry) -> None:
            latest = registry.register.latest(entry.id)
            last = latest is not None and latest.type == "move_out" and latest.event_date == registry.register.today
            check(dataclasses.replace(entry, status=MOVED_OUT) if last else entry)

        return strict

    revise(registry.certificates, "check_active", make)


@FAULTS.add("look-up-of-the-second-of-three", "RR-NUM-008")
def look_up_of_the_second_of_three(reference: Reference) -> None:
    """Of three ended registrations with a number a look-up finds the second."""
    registry = reference.the(ResidentRegistry)

    def make(holder: Method) -> Method:
        def second(number: str) -> Entry | None:
            found: Entry | None = holder(number)
            register = registry.register
            known = [i for i in register.index.numbers.get(number, []) if i in register.current]
            if found is None or found.status == ACTIVE or len(known) < 3:
                return found
            return register.current[known[1]]

        return second

    revise(registry.numbers, "holder", make)


@FAULTS.add("refused-move-out-blocks", "RR-HIS-025")
def refused_move_out_blocks(reference: Reference) -> None:
    """A move-out refused for want of a new head closes those whom it names to changes of address and household."""
    registry = reference.the(ResidentRegistry)
    blocked: set[str] = set()

    def recording(record: Method) -> Method:
        def marking(call: Call, leaving: list[Entry]) -> Notification:
            try:
                made: Notification = record(call, leaving)
            except Problem:
                blocked.update(entry.id for entry in leaving)
                raise
            return made

        return marking

    def opening(is_open: Method) -> Method:
        def closed(call: Call, entry: Entry) -> bool:
            other = call.operation.id in ("registerAddressChange", "registerHouseholdChange")
            return bool(is_open(call, entry)) and not (other and entry.id in blocked)

        return closed

    replace(registry.move_outs, "record", recording)
    replace(registry.named, "is_open", opening)
