"""Faults of what is said of a resident elsewhere than in the own record of today."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import not_found
from conformance.reference.resident_registry.records import ACTIVE, Certificate, Entry, Json, Notification
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _first(reference: Reference, resident_id: str) -> Entry:
    changes = reference.the(ResidentRegistry).register.histories[resident_id][0].changes
    assert isinstance(changes, Entry)  # noqa: S101  a history begins with a registration
    return changes


@FAULTS.add("search-shows-the-first-name", "RR-RES-014")
def search_shows_the_first_name(reference: Reference) -> None:
    """A search finds by the corrected name, and shows the one that was registered first."""

    def make(line: Method) -> Method:
        return lambda resident_id: {**line(resident_id), "name": _first(reference, resident_id).name}

    revise(reference.the(ResidentRegistry).search, "line", make)


@FAULTS.add("search-shows-the-first-household", "RR-RES-014")
def search_shows_the_first_household(reference: Reference) -> None:
    """A search shows the household in which a resident was registered first."""

    def make(line: Method) -> Method:
        return lambda resident_id: {**line(resident_id), "household_id": _first(reference, resident_id).household_id}

    revise(reference.the(ResidentRegistry).search, "line", make)


@FAULTS.add("look-up-shows-the-first-address", "RR-RES-014")
def look_up_shows_the_first_address(reference: Reference) -> None:
    """A look-up shows the address at which a resident was registered first."""

    def make(holder: Method) -> Method:
        def former(number: str) -> Entry | None:
            found: Entry | None = holder(number)
            return found and dataclasses.replace(found, address=_first(reference, found.id).address)

        return former

    revise(reference.the(ResidentRegistry).numbers, "holder", make)


@FAULTS.add("certificate-of-first-relationship", "RR-CRT-013", "RR-CRT-014")
def certificate_of_first_relationship(reference: Reference) -> None:
    """A certificate shows the relationship to the head of the household that was registered first."""

    def make(line: Method) -> Method:
        return lambda call, entry: {**line(call, entry), "relationship": _first(reference, entry.id).relationship}

    revise(reference.the(ResidentRegistry).certificates, "line", make)


@FAULTS.add("certificate-of-first-nationality", "RR-CRT-013", "RR-CRT-014")
def certificate_of_first_nationality(reference: Reference) -> None:
    """A certificate shows the nationality that was registered first, without later corrections."""

    def make(line: Method) -> Method:
        return lambda call, entry: {**line(call, entry), "nationality": _first(reference, entry.id).nationality}

    revise(reference.the(ResidentRegistry).certificates, "line", make)


@FAULTS.add("household-certificate-birth-date-of-one", "RR-CRT-013")
def household_certificate_birth_date_of_one(reference: Reference) -> None:
    """On a household certificate everybody has the birth date of the resident whom the request names."""
    registry = reference.the(ResidentRegistry)

    def make(line: Method) -> Method:
        def alike(call: Call, entry: Entry) -> Json:
            named = registry.register.current[call.body["resident_id"]]
            return {**line(call, entry), "birth_date": named.birth_date}

        return alike

    revise(registry.certificates, "line", make)


@FAULTS.add("household-certificate-numbers-exchanged", "RR-CRT-009")
def household_certificate_numbers_exchanged(reference: Reference) -> None:
    """On a household certificate the Individual Numbers stand in the reverse order of the persons."""

    def make(issue: Method) -> Method:
        def exchanged(call: Call, entries: list[Entry]) -> Certificate:
            made: Certificate = issue(call, entries)
            lines = made.body["residents"]
            if not call.body.get("include_individual_number"):
                return made
            numbers = [line["individual_number"] for line in lines][::-1]
            wrong = [{**line, "individual_number": number} for line, number in zip(lines, numbers, strict=True)]
            return dataclasses.replace(made, body={**made.body, "residents": wrong})

        return exchanged

    replace(reference.the(ResidentRegistry).certificates, "make", make, lambda call, entries: len(entries) > 1)


@FAULTS.add("as-of-present-household", "RR-HIS-007", "RR-HIS-023")
def as_of_present_household(reference: Reference) -> None:
    """A read as of a past day shows the present household; everything else is as of that day."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def present(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            now = registry.register.current.get(call.target.id)
            if entry is None or now is None or "as_of" not in call.query:
                return entry
            return dataclasses.replace(entry, household_id=now.household_id)

        return present

    revise(registry.residents, "as_of", make)


@FAULTS.add("household-as-of-present-relationships", "RR-HIS-023", "XS-HHD-004")
def household_as_of_present_relationships(reference: Reference) -> None:
    """A household as of a past day shows members who were not head with their present relationship, head aside."""
    registry = reference.the(ResidentRegistry)

    def make(members: Method) -> Method:
        def present(household_id: str, day: str) -> list[Entry]:
            found = [(entry, registry.register.current.get(entry.id, entry)) for entry in members(household_id, day)]
            return [
                entry if "head" in (entry.relationship, now.relationship) else _related(entry, now)
                for entry, now in found
            ]

        return present

    revise(registry.households, "members", make)


def _related(entry: Entry, other: Entry) -> Entry:
    return dataclasses.replace(entry, relationship=other.relationship)


@FAULTS.add("recorded-as-of-for-corrections-only", "RR-HIS-018")
def recorded_as_of_for_corrections_only(reference: Reference) -> None:
    """recorded_as_of leaves out later corrections and cancellations, and no other notification."""
    registry = reference.the(ResidentRegistry)

    def make(as_of: Method) -> Method:
        def partly(call: Call) -> Entry | None:
            entry: Entry | None = as_of(call)
            moment = dates.to_micros(call.query.get("recorded_as_of", ""))
            if entry is None or moment is None:
                return entry
            history = [
                event
                for event in registry.register.histories[entry.id]
                if event.recorded_at <= moment or event.type not in ("correction", "cancellation")
            ]
            found = registry.register.fold(history, call.query.get("as_of", registry.register.today))
            return found and dataclasses.replace(found, recorded_at=entry.recorded_at)

        return partly

    revise(registry.residents, "as_of", make)


@FAULTS.add("parted-household-before-its-first-day", "RR-HIS-016")
def parted_household_before_its_first_day(reference: Reference) -> None:
    """A household that a split or an address change formed is there, and closed, before its first day."""
    register = reference.the(ResidentRegistry).register

    def make(address: Method) -> Method:
        def ever(household_id: str, day: str) -> Any:
            first = register.placements[household_id][0]
            kind = register.notifications[first.notification_id].type
            return address(household_id, day) or (first.address if kind != "move_in" else None)

        return ever

    revise(register, "address", make)


@FAULTS.add("certificate-hidden-for-good", "RR-PRT-041")
def certificate_hidden_for_good(reference: Reference) -> None:
    """A certificate of a person who was once protected is hidden for good, also when the protection has ended."""
    visibility = reference.the(ResidentRegistry).visibility

    def make(locate: Method) -> Method:
        def once(call: Call) -> None:
            locate(call)
            if not visibility.privileged(call) and visibility.protections.keys() & set(call.target.resident_ids):
                raise not_found()

        return once

    revise(reference.the(ResidentRegistry).certificates, "locate", make)


@FAULTS.add("change-of-head-asks-for-the-protected", "RR-PRT-042")
def change_of_head_asks_for_the_protected(reference: Reference) -> None:
    """A change of head is refused unless it gives protected members a relationship, too."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def everybody(call: Call, wanted: list[Entry]) -> None:
            if call.body["kind"] == "change_head":
                members = registry.register.members(call.body["household_id"])
                wanted = [entry for entry in members if entry.id != call.body["new_head_id"]]
            check(call, wanted)

        return everybody

    revise(registry.household_changes, "check_relationships", make)


@FAULTS.add("other-ward-refused-on-address-change", "RR-ADC-017")
def other_ward_refused_on_address_change(reference: Reference) -> None:
    """An address change to another ward of a designated city is refused as one to another municipality."""
    registry = reference.the(ResidentRegistry)

    def make(check: Method) -> Method:
        def narrow(call: Call) -> None:
            check(call)
            there = registry.register.known(call.body["resident_ids"][0])
            if there is not None:
                own = {registry.town.code, there.address["municipality_code"]}
                registry.rules.check_own(call.body["new_address"], registry.own_codes & own, "/new_address")

        return narrow

    revise(registry.address_changes, "check_address", make)


@FAULTS.add("household-read-audited-for-the-hidden", "RR-AUD-008")
def household_read_audited_for_the_hidden(reference: Reference) -> None:
    """The audit entry of the read of a household names all its members, those left out of the answer, too."""
    registry = reference.the(ResidentRegistry)

    def make(read: Method) -> Method:
        def everybody(call: Call) -> Answer:
            answer: Answer = read(call)
            household_id, day, _ = call.target
            call.subjects[:] = [entry.id for entry in registry.register.members(household_id, day)]
            return answer

        return everybody

    replace(registry.households, "read", make)


@FAULTS.add("joined-household-recorded-anew", "RR-HIS-020")
def joined_household_recorded_anew(reference: Reference) -> None:
    """A move-in into a household counts as a recording about its earlier members: their recorded_at changes."""
    registry = reference.the(ResidentRegistry)

    def make(record: Method) -> Method:
        def all_members(call: Call) -> Notification:
            made: Notification = record(call)
            event = registry.register.histories[made.resident_ids[0]][-1]
            silent = dataclasses.replace(event, sequence=0, changes={})
            others = [entry.id for entry in registry.register.members(made.household_id)]
            touched = [(other, silent) for other in others if other not in made.resident_ids]
            registry.register.record(touched, None, {})
            return made

        return all_members

    replace(registry.move_ins, "record", make, lambda call: "household_id" in call.body)


@FAULTS.add("export-count-of-the-active", "RR-EXP-008")
def export_count_of_the_active(reference: Reference) -> None:
    """The count of an export, other than that of its trailer, is the number of those who are active now."""
    registry = reference.the(ResidentRegistry)

    def make(read: Method) -> Method:
        def fewer(call: Call) -> Answer:
            answer: Answer = read(call)
            if not answer.body["count"]:
                return answer
            active = sum(registry.register.current[i].status == ACTIVE for i in call.target.resident_ids)
            return dataclasses.replace(answer, body={**answer.body, "count": active})

        return fewer

    revise(registry.exports, "read", make)


@FAULTS.add("late-within-one-year-only", "RR-MIN-010", "RR-MOU-020")
def late_within_one_year_only(reference: Reference) -> None:
    """Days are counted within one year: an event of December that is notified in January is never late."""

    def make(is_late: Method) -> Method:
        return lambda event, told: is_late(event, told) and event[:4] == told[:4]

    revise(reference.the(ResidentRegistry).rules, "is_late", make)
