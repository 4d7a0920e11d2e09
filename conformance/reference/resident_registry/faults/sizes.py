"""Faults of the resident registry: sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.records import Entry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.resident_registry.faults.acting import _registry


def _later_members(reference: Reference, first: int, alter: Any) -> None:
    """What is recorded of the members of a move-in from a place on."""

    def make(details: Method) -> Method:
        def altered(body: Any, member: Any) -> Any:
            found = details(body, member)
            place = next(i for i, other in enumerate(body["members"]) if other is member)
            return alter(found) if place >= first else found

        return altered

    revise(_registry(reference).move_ins, "details", make)


@FAULTS.add("fifth-member-japanese", "RR-MIN-001")
def fifth_member_japanese(reference: Reference) -> None:
    """From the fifth member of a move-in on everybody is recorded with the nationality JPN."""
    _later_members(reference, 4, lambda found: {**found, "nationality": "JPN"})


@FAULTS.add("fifth-member-of-unknown-sex", "RR-MIN-001")
def fifth_member_of_unknown_sex(reference: Reference) -> None:
    """From the fifth member of a move-in on the sex is recorded as not known."""
    _later_members(reference, 4, lambda found: {**found, "sex": "0"})


@FAULTS.add("tenth-member-without-reduced-name", "RR-MIN-001")
def tenth_member_without_reduced_name(reference: Reference) -> None:
    """From the tenth member of a move-in on only the required parts of the name are kept."""
    parts = ("family", "family_kana", "given", "given_kana")
    _later_members(
        reference, 9, lambda found: {**found, "name": {n: v for n, v in found["name"].items() if n in parts}}
    )


@FAULTS.add("five-move-out-at-most", "RR-MOU-001")
def five_move_out_at_most(reference: Reference) -> None:
    """Of residents who move out together the first five do, the others stay active."""
    revise(_registry(reference).move_outs, "ending", lambda ending: lambda leaving: ending(leaving)[:5])


@FAULTS.add("five-change-address-at-most", "RR-ADC-001", "RR-ADC-002")
def five_change_address_at_most(reference: Reference) -> None:
    """Of a household that changes address the first five named have the new address, the others keep theirs."""

    def make(changes: Method) -> Method:
        def first(call: Call, entry: Entry) -> Any:
            return changes(call, entry) if entry.id in call.body["resident_ids"][:5] else {}

        return first

    revise(_registry(reference).address_changes, "changes", make)


@FAULTS.add("certificate-of-five", "RR-CRT-002")
def certificate_of_five(reference: Reference) -> None:
    """A household certificate has room for five members."""
    revise(
        _registry(reference).certificates, "household", lambda household: lambda call, entry: household(call, entry)[:5]
    )


@FAULTS.add("household-of-five-shown", "RR-MIN-002", "RR-MIN-003")
def household_of_five_shown(reference: Reference) -> None:
    """A household shows at most five members."""
    revise(
        _registry(reference).households,
        "members",
        lambda members: lambda household_id, day: members(household_id, day)[:5],
    )


@FAULTS.add("merge-of-five", "RR-HHC-003")
def merge_of_five(reference: Reference) -> None:
    """Of a merged household five members at most are moved."""
    revise(_registry(reference).household_changes, "joining", lambda joining: lambda members: joining(members)[:5])


@FAULTS.add("split-of-three", "RR-HHC-002")
def split_of_three(reference: Reference) -> None:
    """Of those who split off three at most go to the new household."""
    revise(
        _registry(reference).household_changes, "leaving", lambda leaving: lambda named, head: leaving(named, head)[:3]
    )


@FAULTS.add("export-digest-of-64-kib", "RR-EXP-003")
def export_digest_of_64_kib(reference: Reference) -> None:
    """The digest of an export is that of its first 64 KiB."""
    revise(_registry(reference).exports, "digest", lambda digest: lambda content: digest(content[:65536]))


@FAULTS.add("export-of-ten-named", "RR-EXP-001")
def export_of_ten_named(reference: Reference) -> None:
    """Of residents named, the first ten are exported."""
    revise(_registry(reference).exports, "named", lambda named: lambda call, as_of: named(call, as_of)[:10])


@FAULTS.add("export-of-everybody-at-a-hundred", "RR-EXP-001")
def export_of_everybody_at_a_hundred(reference: Reference) -> None:
    """An export of everybody holds the hundred who were registered last."""
    revise(
        _registry(reference).exports, "everybody", lambda everybody: lambda call, as_of: everybody(call, as_of)[-100:]
    )
