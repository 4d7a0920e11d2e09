"""Faults about who and what stands on a certificate, on the day of issue and later."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import ACTIVE, Certificate, Entry, Json
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _printed(reference: Reference, change: Callable[[Call, Entry, Json], Json]) -> None:
    revise(
        reference.the(ResidentRegistry).certificates,
        "line",
        lambda line: lambda call, entry: change(call, entry, line(call, entry)),
    )


@FAULTS.add("household-certificate-first-day-of-one", "RR-CRT-013")
def household_certificate_first_day_of_one(reference: Reference) -> None:
    """On a household certificate everybody has the day of becoming a resident of the one whom the request names."""
    registry = reference.the(ResidentRegistry)

    def change(call: Call, entry: Entry, line: Json) -> Json:
        named = registry.register.current[call.body["resident_id"]]
        return {**line, "became_resident_on": named.became_resident_on}

    _printed(reference, change)


@FAULTS.add("certificate-numbers-by-presence", "RR-CRT-005")
def certificate_numbers_by_presence(reference: Reference) -> None:
    """A certificate shows a number whose inclusion the request states, with false too."""

    def change(call: Call, entry: Entry, line: Json) -> Json:
        named = [name for name in ("individual_number", "resident_code") if f"include_{name}" in call.body]
        return {**line, **{name: getattr(entry, name) for name in named}}

    _printed(reference, change)


@FAULTS.add("household-certificate-without-who-will-leave", "RR-CRT-002")
def household_certificate_without_who_will_leave(reference: Reference) -> None:
    """A household certificate leaves out members whose move-out on a day to come is recorded."""
    registry = reference.the(ResidentRegistry)

    def make(household: Method) -> Method:
        def staying(call: Call, entry: Entry) -> list[Entry]:
            found: list[Entry] = household(call, entry)
            return [one for one in found if one.id == entry.id or not registry.register.leaves(one.id)]

        return staying

    revise(registry.certificates, "household", make)


@FAULTS.add("household-certificate-with-the-dead", "RR-CRT-002")
def household_certificate_with_the_dead(reference: Reference) -> None:
    """A household certificate shows members who have died, too."""
    registry = reference.the(ResidentRegistry)

    def make(household: Method) -> Method:
        def everybody(call: Call, entry: Entry) -> list[Entry]:
            known = [registry.register.current.get(one) for one in registry.register.households[entry.household_id]]
            dead = [one for one in known if one and one.status == "deceased" and one.household_id == entry.household_id]
            return [*household(call, entry), *registry.visibility.of(call, dead)]

        return everybody

    revise(registry.certificates, "household", make)


@FAULTS.add("household-certificate-of-who-is-there", "RR-CRT-016")
def household_certificate_of_who_is_there(reference: Reference) -> None:
    """An issued household certificate leaves out, whenever it is read, who is not active any more."""
    registry = reference.the(ResidentRegistry)

    def make(shown: Method) -> Method:
        def present(certificate: Certificate) -> Json:
            body: Json = shown(certificate)
            current = registry.register.current
            left = [one for one in body["residents"] if current[one["resident_id"]].status == ACTIVE]
            return {**body, "residents": left or body["residents"]}

        return present

    revise(registry.certificates, "shown", make)


@FAULTS.add("certificate-of-the-present-relationship", "RR-CRT-012", "RR-CRT-016")
def certificate_of_the_present_relationship(reference: Reference) -> None:
    """An issued certificate shows the present relationship whenever it is read."""
    registry = reference.the(ResidentRegistry)

    def make(shown: Method) -> Method:
        def present(certificate: Certificate) -> Json:
            body: Json = shown(certificate)
            current = registry.register.current
            lines = [{**one, "relationship": current[one["resident_id"]].relationship} for one in body["residents"]]
            return {**body, "residents": lines}

        return present

    revise(registry.certificates, "shown", make)


@FAULTS.add("certificate-valid-on-the-day-of-reading", "RR-CRT-017")
def certificate_valid_on_the_day_of_reading(reference: Reference) -> None:
    """An issued certificate is valid on the day on which it is read."""
    registry = reference.the(ResidentRegistry)

    def make(shown: Method) -> Method:
        return lambda certificate: {**shown(certificate), "valid_on": registry.register.today}

    revise(registry.certificates, "shown", make)
