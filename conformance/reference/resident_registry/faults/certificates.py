"""Faults of certificates."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.faults.leniency import passing
from conformance.reference.resident_registry.faults.offered import offer
from conformance.reference.resident_registry.records import DECEASED, MOVED_OUT, Certificate, Entry, Json
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _printed(reference: Reference, other: Callable[[Entry], Entry]) -> None:
    """Certificates show the entry that `other` makes of the present one."""
    revise(
        reference.the(ResidentRegistry).certificates,
        "line",
        lambda line: lambda call, entry: line(call, other(entry)),
    )


def _first(reference: Reference, entry: Entry) -> Any:
    return reference.the(ResidentRegistry).register.histories[entry.id][0].changes


@FAULTS.add("certificate-of-first-address", "RR-CRT-001")
def certificate_of_first_address(reference: Reference) -> None:
    """A certificate shows the address at which the resident was registered first."""
    _printed(reference, lambda entry: dataclasses.replace(entry, address=_first(reference, entry).address))


@FAULTS.add("certificate-of-first-name", "COM-TXT-012", "RR-CRT-001")
def certificate_of_first_name(reference: Reference) -> None:
    """A certificate shows the name as it was registered first, without later corrections."""
    _printed(reference, lambda entry: dataclasses.replace(entry, name=_first(reference, entry).name))


@FAULTS.add("certificate-of-first-birth-date", "RR-CRT-001")
def certificate_of_first_birth_date(reference: Reference) -> None:
    """A certificate shows the birth date as it was registered first, without later corrections."""
    _printed(reference, lambda entry: dataclasses.replace(entry, birth_date=_first(reference, entry).birth_date))


@FAULTS.add("certificate-refused-before-move-out", "RR-CRT-001")
def certificate_refused_before_move_out(reference: Reference) -> None:
    """Who moves out on a day to come gets no certificate any more."""

    def make(check: Method) -> Method:
        def strict(entry: Entry) -> None:
            leaves = reference.the(ResidentRegistry).register.leaves(entry.id)
            check(dataclasses.replace(entry, status=MOVED_OUT) if leaves else entry)

        return strict

    revise(reference.the(ResidentRegistry).certificates, "check_active", make)


@FAULTS.add("household-certificate-with-moved-out", "RR-CRT-002")
def household_certificate_with_moved_out(reference: Reference) -> None:
    """A household certificate also shows members who have moved out."""

    def make(household: Method) -> Method:
        def all_of(call: Call, entry: Entry) -> list[Entry]:
            register, visibility = reference.the(ResidentRegistry).register, reference.the(ResidentRegistry).visibility
            found = (register.current.get(i) for i in register.households.get(entry.household_id, ()))
            gone = [e for e in found if e and e.status == MOVED_OUT and e.household_id == entry.household_id]
            return [*household(call, entry), *visibility.of(call, gone)]

        return all_of

    revise(reference.the(ResidentRegistry).certificates, "household", make)


@FAULTS.add("household-certificate-head-twice", "RR-CRT-002", "COM-SCH-001")
def household_certificate_head_twice(reference: Reference) -> None:
    """A household certificate that somebody else than the head asks for shows that one twice."""

    def make(household: Method) -> Method:
        def twice(call: Call, entry: Entry) -> list[Entry]:
            found: list[Entry] = household(call, entry)
            return found if entry.relationship == "head" else [entry, *found]

        return twice

    revise(reference.the(ResidentRegistry).certificates, "household", make)


@FAULTS.add("household-certificate-without-joined", "RR-CRT-002")
def household_certificate_without_joined(reference: Reference) -> None:
    """A household certificate leaves out members who came into the household after it was made."""

    def make(household: Method) -> Method:
        def original(call: Call, entry: Entry) -> list[Entry]:
            found: list[Entry] = household(call, entry)
            register = reference.the(ResidentRegistry).register
            since = register.placements[entry.household_id][0].notification_id
            return [e for e in found if register.histories[e.id][0].notification_id == since] or found

        return original

    revise(reference.the(ResidentRegistry).certificates, "household", make)


@FAULTS.add("certificate-of-moved-out", "RR-CRT-003")
def certificate_of_moved_out(reference: Reference) -> None:
    """A certificate is issued for somebody who has moved out."""
    moved_out = passing("not_active", lambda entry: entry.status == MOVED_OUT)
    revise(reference.the(ResidentRegistry).certificates, "check_active", moved_out)


@FAULTS.add("certificate-of-the-dead", "RR-CRT-004")
def certificate_of_the_dead(reference: Reference) -> None:
    """A certificate is issued for somebody who is dead."""
    dead = passing("not_active", lambda entry: entry.status == DECEASED)
    revise(reference.the(ResidentRegistry).certificates, "check_active", dead)


@FAULTS.add("certificate-with-resident-code", "RR-CRT-005")
def certificate_with_resident_code(reference: Reference) -> None:
    """A certificate whose request asks for the Individual Number shows the resident code as well."""

    def make(line: Method) -> Method:
        def both(call: Call, entry: Entry) -> dict[str, Any]:
            shown: dict[str, Any] = line(call, entry)
            return {**shown, "resident_code": entry.resident_code} if "individual_number" in shown else shown

        return both

    revise(reference.the(ResidentRegistry).certificates, "line", make)


@FAULTS.add("certificate-read-with-number", "RR-CRT-005", "RR-CRT-006", "RR-CRT-012")
def certificate_read_with_number(reference: Reference) -> None:
    """An issued certificate without the Individual Number shows it once the address of the resident has changed."""

    def make(shown: Method) -> Method:
        def telling(certificate: Certificate) -> Json:
            body: Json = shown(certificate)
            current = reference.the(ResidentRegistry).register.current
            changed = any(current[line["resident_id"]].address != line["address"] for line in body["residents"])
            lines = [
                {**line, "individual_number": current[line["resident_id"]].individual_number}
                for line in body["residents"]
            ]
            return {**body, "residents": lines} if changed else body

        return telling

    revise(reference.the(ResidentRegistry).certificates, "shown", make)


@FAULTS.add("certificate-follows-address", "RR-CRT-006", "RR-CRT-012")
def certificate_follows_address(reference: Reference) -> None:
    """An issued certificate shows the present address whenever it is read."""

    def make(shown: Method) -> Method:
        def present(certificate: Certificate) -> Json:
            body: Json = shown(certificate)
            current = reference.the(ResidentRegistry).register.current
            lines = [{**line, "address": current[line["resident_id"]].address} for line in body["residents"]]
            return {**body, "residents": lines}

        return present

    revise(reference.the(ResidentRegistry).certificates, "shown", make)


@FAULTS.add("certificate-deletable", "RR-CRT-007")
def certificate_deletable(reference: Reference) -> None:
    """A certificate can be deleted."""
    offer(reference, "DELETE", "/certificates/[^/]+")


@FAULTS.add("certificate-changeable", "RR-CRT-007")
def certificate_changeable(reference: Reference) -> None:
    """A certificate can be changed with PATCH."""
    offer(reference, "PATCH", "/certificates/[^/]+")


@FAULTS.add("certificate-one-number-at-a-time", "RR-CRT-009")
def certificate_one_number_at_a_time(reference: Reference) -> None:
    """A certificate whose request asks for both numbers shows the resident code only."""

    def make(line: Method) -> Method:
        def one(call: Call, entry: Entry) -> dict[str, Any]:
            shown: dict[str, Any] = line(call, entry)
            both = "individual_number" in shown and "resident_code" in shown
            return {name: value for name, value in shown.items() if not both or name != "individual_number"}

        return one

    revise(reference.the(ResidentRegistry).certificates, "line", make)


@FAULTS.add("certificate-without-leading-zero", "RR-CRT-009")
def certificate_without_leading_zero(reference: Reference) -> None:
    """An Individual Number that begins with zero is not shown on a certificate that is to show it."""

    def make(line: Method) -> Method:
        def shown(call: Call, entry: Entry) -> dict[str, Any]:
            whole: dict[str, Any] = line(call, entry)
            zero = whole.get("individual_number", "")[:1] == "0"
            return {name: value for name, value in whole.items() if not zero or name != "individual_number"}

        return shown

    revise(reference.the(ResidentRegistry).certificates, "line", make)


@FAULTS.add("certificate-serial-of-resident", "RR-CRT-010")
def certificate_serial_of_resident(reference: Reference) -> None:
    """Certificates are numbered for each resident: those of two residents have the same serial number."""
    certificates = reference.the(ResidentRegistry).certificates

    def serial(identifier: str, entries: list[Entry]) -> str:
        earlier = sum(entries[0].id in issued.resident_ids for issued in certificates.issued.values())
        return f"{earlier + 1:06}"

    replace(certificates, "serial", lambda _: serial)


@FAULTS.add("certificate-serial-reissued", "RR-CRT-010")
def certificate_serial_reissued(reference: Reference) -> None:
    """A certificate that is issued once more for the same resident on the same day has the serial number of before."""
    certificates = reference.the(ResidentRegistry).certificates

    def make(serial: Method) -> Method:
        def same(identifier: str, entries: list[Entry]) -> str:
            ids = tuple(entry.id for entry in entries)
            earlier = [c.body["serial_number"] for c in certificates.issued.values() if c.resident_ids == ids]
            found: str = earlier[0] if earlier else serial(identifier, entries)
            return found

        return same

    replace(certificates, "serial", make)
