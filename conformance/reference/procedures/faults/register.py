"""Faults of the copies of the register: one is kept, refused or fetched otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Violation, conflict
from conformance.reference.procedures.faults.told import retell
from conformance.reference.procedures.records import Copy, Json
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("copy-calls-everybody-unprotected", "PR-REG-001")
def copy_calls_everybody_unprotected(reference: Reference) -> None:
    """A copy is read with nobody as protected."""

    def change(body: Any) -> None:
        for person in body["household"]["members"]:
            person["protected"] = False

    for method in ("GET", "PUT"):
        retell(reference, method, "/households/*", change)


@FAULTS.add("renewed-copy-keeps-address", "PR-REG-002", "XS-HHD-015")
def renewed_copy_keeps_address(reference: Reference) -> None:
    """A copy that is replaced keeps the address that it had, as long as nobody in it has applied for anything."""
    service = reference.the(Procedures)

    def unused(copy: Copy) -> bool:
        persons = {person["resident_id"] for person in copy.members}
        applied = (a.applicant_id in persons for a in service.store.applications.values())
        return copy.household_id in service.store.copies and not any(applied)

    def make(store: Method) -> Method:
        def half(copy: Copy) -> Copy:
            address = service.store.copies[copy.household_id].household["address"]
            kept: Copy = store(Copy(copy.as_of, {**copy.household, "address": address}))
            return kept

        return half

    replace(service.copies, "store", make, unused)


@FAULTS.add("household-id-of-the-body-taken", "PR-REG-003")
def household_id_of_the_body_taken(reference: Reference) -> None:
    """The household id of the content is not compared with that of the path."""
    revise(reference.the(Procedures).copies, "check_id", lambda _: lambda household, household_id: None)


@FAULTS.add("copy-of-tomorrow-accepted", "PR-REG-004")
def copy_of_tomorrow_accepted(reference: Reference) -> None:
    """A copy may have the date of tomorrow."""

    def make(check_day: Method) -> Method:
        return lambda as_of, today: check_day(as_of, dates.add_days(today, 1))

    revise(reference.the(Procedures).copies, "check_day", make)


@FAULTS.add("person-twice-in-a-copy", "PR-REG-005")
def person_twice_in_a_copy(reference: Reference) -> None:
    """A person may stand twice in a copy."""
    revise(reference.the(Procedures).copies, "check_once", lambda _: lambda household: None)


@FAULTS.add("head-alone-looked-for-in-other-copies", "PR-REG-006")
def head_alone_looked_for_elsewhere(reference: Reference) -> None:
    """Only the first person of a copy is looked for in the copies of other households."""

    def make(check_elsewhere: Method) -> Method:
        return lambda household: check_elsewhere({**household, "members": household["members"][:1]})

    revise(reference.the(Procedures).copies, "check_elsewhere", make)


@FAULTS.add("person-in-two-copies", "PR-REG-006", "XS-HHD-007")
def person_in_two_copies(reference: Reference) -> None:
    """A person may stand in the copies of two households."""
    revise(reference.the(Procedures).copies, "stands_elsewhere", lambda _: lambda resident_id, household_id: False)


@FAULTS.add("copy-of-any-municipality", "PR-REG-007")
def copy_of_any_municipality(reference: Reference) -> None:
    """An address in any municipality is accepted, as far as its code has a right check digit."""

    def make(check_own: Method) -> Method:
        def lenient(address: Json, own: frozenset[str]) -> None:
            check_own(address, own | {address["municipality_code"]})

        return lenient

    revise(reference.the(Procedures).copies, "check_own", make)


@FAULTS.add("copy-in-a-ward-refused", "PR-REG-008")
def copy_in_a_ward_refused(reference: Reference) -> None:
    """An address with the code of a ward of the city other than its first one is refused."""
    town = reference.the(Procedures).town
    own = frozenset({town.code, str(town.areas[0]["code"])})

    def make(check_own: Method) -> Method:
        return lambda address, _: check_own(address, own)

    revise(reference.the(Procedures).copies, "check_own", make)


@FAULTS.add("older-copy-accepted", "PR-REG-009")
def older_copy_accepted(reference: Reference) -> None:
    """A copy may be replaced by an older one."""
    revise(reference.the(Procedures).copies, "check_newer", lambda _: lambda stored, given: None)


@FAULTS.add("copy-a-day-older-accepted", "PR-REG-009")
def copy_a_day_older_accepted(reference: Reference) -> None:
    """A copy may be replaced by one that is a day older."""

    def make(check_newer: Method) -> Method:
        return lambda stored, given: check_newer(dates.add_days(stored, -1), given)

    revise(reference.the(Procedures).copies, "check_newer", make)


@FAULTS.add("fetch-of-the-unknown-refused", "PR-REG-010")
def fetch_of_the_unknown_refused(reference: Reference) -> None:
    """A household that the registry does not have has the outcome `refused`."""

    def change(body: Any) -> None:
        for result in body["results"]:
            if result["outcome"] == "unknown":
                result["outcome"] = "refused"

    retell(reference, "POST", "/register_fetches", change)


@FAULTS.add("copy-of-the-same-day-refused", "PR-REG-011", "XS-HHD-008")
def copy_of_the_same_day_refused(reference: Reference) -> None:
    """A copy is replaced by one of a later day only."""

    def make(check_newer: Method) -> Method:
        def strict(stored: str, given: str) -> None:
            check_newer(stored, given)
            if stored == given:
                raise conflict("older_copy", "同じ日の副本です / A copy of the same day", "/as_of")

        return strict

    revise(reference.the(Procedures).copies, "check_newer", make)


@FAULTS.add("copy-of-today-refused", "PR-REG-011")
def copy_of_today_refused(reference: Reference) -> None:
    """A copy must not have the date of today."""

    def make(check_day: Method) -> Method:
        return lambda as_of, today: check_day(as_of, dates.add_days(today, -1))

    revise(reference.the(Procedures).copies, "check_day", make)


@FAULTS.add("former-household-remembered", "PR-REG-012", "XS-HHD-008", "XS-HHD-017")
def former_household_remembered(reference: Reference) -> None:
    """Who stood in the copy of a household once can stand in no other any more, although that copy was replaced."""
    service = reference.the(Procedures)
    former: dict[str, str] = {}

    def gone(copy: Copy) -> set[str]:
        before = service.store.copies.get(copy.household_id)
        stay = {person["resident_id"] for person in copy.members}
        return {person["resident_id"] for person in (before.members if before else ())} - stay

    def remembering(store: Method) -> Method:
        def kept(copy: Copy) -> Copy:
            left = gone(copy)
            found: Copy = store(copy)
            former.update(dict.fromkeys(left, copy.household_id))
            return found

        return kept

    def make(_: Method) -> Method:
        return lambda resident_id, household_id: former[resident_id] != household_id

    replace(service.copies, "store", remembering, lambda copy: bool(gone(copy)))
    replace(service.copies, "stands_elsewhere", make, lambda resident_id, household_id: resident_id in former)


def _unread(reference: Reference, name: str) -> None:
    """A member of a person in a copy is passed over, not refused."""

    def make(violations: Method) -> Method:
        def lenient(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            if call.operation.id != "putHouseholdCopy":
                return found
            return tuple(item for item in found if not (item.pointer or "").endswith(f"/{name}"))

        return lenient

    revise(reference.pipeline, "violations", make)


@FAULTS.add("copy-with-individual-number", "PR-NUM-002", "COM-SCH-002")
def copy_with_individual_number(reference: Reference) -> None:
    """A copy in which persons have an Individual Number is accepted."""
    _unread(reference, "individual_number")


@FAULTS.add("copy-with-resident-code", "PR-NUM-002", "COM-SCH-002")
def copy_with_resident_code(reference: Reference) -> None:
    """A copy in which persons have a resident code is accepted."""
    _unread(reference, "resident_code")
