"""Faults that show only after something else: a cancellation, a protection, an earlier registration, a correction."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.records import ACTIVE, Entry, Event
from conformance.reference.resident_registry.rules import not_active
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("inquiry-for-the-person", "RR-NUM-002")
def inquiry_for_the_person(reference: Reference) -> None:
    """An inquiry gives the Individual Number with which the person, known by the resident code, was registered last."""
    registry = reference.the(ResidentRegistry)

    def make(inquire: Method) -> Method:
        def latest(call: Call) -> Answer:
            answer: Answer = inquire(call)
            register = registry.register
            entry = register.current.get(answer.body["resident_id"])
            if entry is None:
                return answer
            first = register.histories[register.index.numbers[entry.resident_code][-1]][0].changes
            assert isinstance(first, Entry)  # noqa: S101  a history begins with a registration
            body = {**answer.body, "individual_number": first.individual_number}
            return dataclasses.replace(answer, body=body)

        return latest

    revise(registry.numbers, "inquire", make)


@FAULTS.add("look-up-of-the-person", "RR-NUM-008")
def look_up_of_the_person(reference: Reference) -> None:
    """The look-up of a number that the person has no more gives the present registration, under another number."""
    registry = reference.the(ResidentRegistry)

    def make(holder: Method) -> Method:
        def present(number: str) -> Entry | None:
            entry: Entry | None = holder(number)
            if entry is None or entry.status == ACTIVE:
                return entry
            active = registry.register.index.active
            again = active.get(entry.resident_code) or active.get(entry.individual_number)
            return entry if again is None else registry.register.current[again]

        return present

    revise(registry.numbers, "holder", make)


@FAULTS.add("protection-created-where-one-has-ended", "COM-CND-010")
def protection_created_where_one_has_ended(reference: Reference) -> None:
    """A protection that has ended counts as none: `If-None-Match: *` makes another in its place."""
    registry = reference.the(ResidentRegistry)

    def make(tag: Method) -> Method:
        def current(call: Call) -> str | None:
            found = registry.visibility.protections.get(call.target.id)
            creating = call.request.joined("if-none-match") is not None
            ended = found is not None and found.last < registry.register.today
            told: str | None = tag(call)
            return None if creating and ended else told

        return current

    revise(registry.protections, "tag", make)


@FAULTS.add("repetition-tells-of-the-cancellation", "COM-IDM-003")
def repetition_tells_of_the_cancellation(reference: Reference) -> None:
    """The repetition of a notification that was cancelled meanwhile answers it as cancelled."""
    registry = reference.the(ResidentRegistry)

    def make(again: Method) -> Method:
        def present(answer: Answer) -> Answer:
            told: Answer = again(answer)
            body = told.body
            if not isinstance(body, dict) or body.get("id") not in registry.register.cancelled:
                return told
            return dataclasses.replace(told, body={**body, "cancelled": True})

        return present

    revise(reference.idempotency, "again", make)


@FAULTS.add("content-audited-of-the-active", "COM-AUD-001")
def content_audited_of_the_active(reference: Reference) -> None:
    """The audit entry of the content of an export leaves out those in it who have moved out or died."""
    registry = reference.the(ResidentRegistry)

    def make(content: Method) -> Method:
        def active(call: Call) -> Answer:
            answer: Answer = content(call)
            current = registry.register.current
            call.subjects[:] = [i for i in call.subjects if i in current and current[i].status == ACTIVE]
            return answer

        return active

    replace(registry.exports, "content", make)


@FAULTS.add("certificate-read-again-unaudited", "COM-AUD-001")
def certificate_read_again_unaudited(reference: Reference) -> None:
    """A read of a certificate that is answered with 304 leaves no audit entry."""

    def make(record: Method) -> Method:
        def unless(call: Call, status: int, outcome: str) -> None:
            if status != 304 or call.operation.id != "getCertificate":
                record(call, status, outcome)

        return unless

    replace(reference.audit, "record", make)


@FAULTS.add("address-of-the-day-before-after-a-cancellation", "RR-CAN-002")
def address_of_the_day_before_after_a_cancellation(reference: Reference) -> None:
    """When the second of two address changes of one day is cancelled, the first has no effect on residents either."""
    registry = reference.the(ResidentRegistry)

    def make(fold: Method) -> Method:
        def undone(history: Sequence[Event], day: str, recorded: int | None = None) -> Entry | None:
            cancelled = {e.cancels for e in history if recorded is None or e.recorded_at <= recorded}
            days = {e.event_date for e in history if e.type == "address_change" and e.notification_id in cancelled}
            kept = [
                dataclasses.replace(e, changes={k: v for k, v in e.changes.items() if k != "address"})
                if e.type == "address_change" and e.event_date in days and isinstance(e.changes, Mapping)
                else e
                for e in history
            ]
            found: Entry | None = fold(kept, day, recorded)
            return found

        return undone

    revise(registry.register, "fold", make)


@FAULTS.add("removed-reading-still-found", "RR-RES-012")
def removed_reading_still_found(reference: Reference) -> None:
    """Who had a given reading that a correction removed is still found by it."""
    registry = reference.the(ResidentRegistry)

    def former(resident_id: str) -> str | None:
        names = [_changes(e)["name"] for e in registry.register.histories[resident_id][1:] if "name" in _changes(e)]
        first = registry.register.histories[resident_id][0].changes
        if isinstance(first, Entry):
            names.insert(0, first.name)
        return next((name["given_kana"] for name in reversed(names) if "given_kana" in name), None)

    def make(find: Method) -> Method:
        def still(call: Call, criteria: dict[str, Any], sort: str) -> list[tuple[str, str]]:
            found: list[tuple[str, str]] = find(call, criteria, sort)
            wanted = criteria.get("given_kana")
            if wanted is None or sort != "id" or len(criteria) < 2:
                return found
            others: list[tuple[str, str]] = find(call, {k: v for k, v in criteria.items() if k != "given_kana"}, sort)
            current = registry.register.current
            removed = [(value, i) for value, i in others if "given_kana" not in current[i].name and former(i) == wanted]
            return sorted({*found, *removed})

        return still

    revise(registry.search, "find", make)


def _hidden_by_a_former_registration(reference: Reference, kind: str) -> None:
    """A look-up of this kind of number finds nobody where any registration with the number is hidden."""
    registry = reference.the(ResidentRegistry)

    def make(look_up: Method) -> Method:
        def wary(call: Call) -> Answer:
            answer: Answer = look_up(call)
            holders = registry.register.index.numbers.get(call.body.get(kind), ())
            if answer.body["resident"] is None or not any(registry.visibility.hides(call, i) for i in holders):
                return answer
            call.subjects.clear()
            return Answer(200, {"resident": None})

        return wary

    replace(registry.numbers, "look_up", make)


@FAULTS.add("number-hidden-by-a-former-registration", "RR-NUM-001")
def number_hidden_by_a_former_registration(reference: Reference) -> None:
    """An Individual Number leads to nobody where an ended registration with it is hidden, and the present one not."""
    _hidden_by_a_former_registration(reference, "individual_number")


@FAULTS.add("code-hidden-by-a-former-registration", "RR-NUM-006")
def code_hidden_by_a_former_registration(reference: Reference) -> None:
    """A resident code leads to nobody where an ended registration with it is hidden, and the present one not."""
    _hidden_by_a_former_registration(reference, "resident_code")


@FAULTS.add("export-of-the-past-uncorrected", "RR-EXP-005")
def export_of_the_past_uncorrected(reference: Reference) -> None:
    """An export as of a day before that of a correction has the values from before it."""
    registry = reference.the(ResidentRegistry)

    def uncorrected(entry: Entry, as_of: str) -> Entry:
        history = registry.register.histories[entry.id]
        then = [e for e in history if e.type != "correction" or e.event_date <= as_of]
        former = registry.register.fold(then, as_of)
        assert former is not None  # noqa: S101  the registration is among them
        return dataclasses.replace(former, recorded_at=entry.recorded_at)

    def make(found: Method) -> Method:
        def of_the_day(call: Call, as_of: str) -> list[Entry]:
            return [uncorrected(entry, as_of) for entry in found(call, as_of)]

        return of_the_day

    revise(registry.exports, "named", make)
    revise(registry.exports, "everybody", make)


@FAULTS.add("history-beyond-the-first-page-unaudited", "COM-AUD-001")
def history_beyond_the_first_page_unaudited(reference: Reference) -> None:
    """The read of a history beyond its first page leaves no audit entry."""
    registry = reference.the(ResidentRegistry)

    def make(history: Method) -> Method:
        def paged(call: Call) -> Answer:
            answer: Answer = history(call)
            if call.query["offset"] > 0:
                call.subjects.clear()
            return answer

        return paged

    replace(registry.residents, "history", make)


@FAULTS.add("no-certificate-after-a-cancelled-death", "RR-CRT-001")
def no_certificate_after_a_cancelled_death(reference: Reference) -> None:
    """Whose death was recorded and cancelled gets no certificate any more: 409."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def strict(entry: Entry) -> None:
            check(entry)
            if any(event.type == "death" and event.sequence for event in registry.register.histories[entry.id]):
                raise not_active("/resident_id")

        return strict

    revise(registry.certificates, "check_active", make)


@FAULTS.add("ceased-on-of-both-registrations", "RR-HIS-026")
def ceased_on_of_both_registrations(reference: Reference) -> None:
    """When somebody who had come back moves out or dies, the former registration gets that day as ceased_on, too."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def together(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            if entry is None or entry.ceased_on is None or call.query:
                return entry
            last = registry.register.current[registry.register.index.numbers[entry.individual_number][-1]]
            return entry if last.ceased_on is None else dataclasses.replace(entry, ceased_on=last.ceased_on)

        return together

    revise(registry.residents, "as_of", make)


@FAULTS.add("member-all-the-time-between", "RR-HIS-013")
def member_all_the_time_between(reference: Reference) -> None:
    """Who left a household by a split and came back by a merge is a member of it as of the days between as well."""
    registry = reference.the(ResidentRegistry)

    def between(resident_id: str, household_id: str, day: str) -> Entry | None:
        register = registry.register
        here, now = register.entry_at(resident_id, day), register.current.get(resident_id)
        if here is None or now is None or here.household_id == household_id or now.household_id != household_id:
            return None
        first = register.entry_at(resident_id, here.became_resident_on)
        if first is None or first.household_id != household_id or here.status != ACTIVE or now.status != ACTIVE:
            return None
        return dataclasses.replace(here, household_id=household_id, relationship="other")

    def make(members: Method) -> Method:
        def lasting(household_id: str, day: str) -> list[Entry]:
            found: list[Entry] = members(household_id, day)
            known = registry.register.households.get(household_id, ())
            more = (between(resident_id, household_id, day) for resident_id in known) if found else ()
            return [*found, *(one for one in more if one is not None)]

        return lasting

    revise(registry.households, "members", make)


def _changes(event: Event) -> Mapping[str, Any]:
    """What an event changes; a registration changes nothing."""
    return event.changes if isinstance(event.changes, Mapping) else {}
