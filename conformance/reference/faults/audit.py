"""Faults of the audit trail: entries that are missing, or that are one too many.

What is missing is left out where the trail is read: from outside it is the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Trail = list[AuditEntry]
_READS = (
    "getResident",
    "searchResidents",
    "getHousehold",
    "listResidentHistory",
    "readIndividualNumber",
    "getProtection",
)


def altered_trail(reference: Reference, alter: Callable[[Call, Trail], Sequence[AuditEntry]]) -> None:
    """Everybody who reads the trail finds it altered."""
    revise(
        reference.the(ResidentRegistry).audit_entries,
        "find",
        lambda find: lambda call: alter(call, list(find(call))),
    )


def _without(reference: Reference, missing: Callable[[AuditEntry, str | None], bool]) -> None:
    """Entries are missing; which ones may depend on the subject that is asked for."""
    altered_trail(
        reference,
        lambda call, trail: [entry for entry in trail if not missing(entry, call.query.get("subject_id"))],
    )


def shown_otherwise(reference: Reference, alter: Callable[[AuditEntry], dict[str, Any]]) -> None:
    """Entries are shown with other members."""

    def make(line: Method) -> Method:
        def other(entry: AuditEntry, subject: str | None) -> dict[str, Any]:
            return {**line(entry, subject), **alter(entry)}

        return other

    revise(reference.the(ResidentRegistry).audit_entries, "line", make)


@FAULTS.add("audit-read-missing", "COM-AUD-001", "XS-AUD-001")
def audit_read_missing(reference: Reference) -> None:
    """Reading one resident leaves no audit entry."""
    _without(reference, lambda entry, _: (entry.operation, entry.status) == ("getResident", 200))


@FAULTS.add("audit-read-304-missing", "COM-AUD-001")
def audit_read_304_missing(reference: Reference) -> None:
    """A read that is answered with 304 leaves no audit entry."""
    _without(reference, lambda entry, _: entry.status == 304)


@FAULTS.add("audit-read-only-first-subject", "COM-AUD-001", "RR-AUD-001", "RR-AUD-005")
def audit_read_only_first_subject(reference: Reference) -> None:
    """A search and a look at a household are audited about the first person shown, and about nobody else."""
    lists = ("searchResidents", "getHousehold")
    _without(reference, lambda entry, subject: entry.operation in lists and subject not in (None, entry.subject_ids[0]))


@FAULTS.add("audit-read-by-code-missing", "COM-AUD-001")
def audit_read_by_code_missing(reference: Reference) -> None:
    """Looking up a resident by a number leaves no audit entry."""
    _without(reference, lambda entry, _: entry.operation == "lookUpResident")


@FAULTS.add("audit-certificate-read-twice", "COM-AUD-001")
def audit_certificate_read_twice(reference: Reference) -> None:
    """Reading a certificate again leaves two audit entries."""

    def doubled(call: Call, trail: Trail) -> Trail:
        found: Trail = []
        for entry in trail:
            found.append(entry)
            if (entry.operation, entry.outcome) == ("getCertificate", "success"):
                found.append(dataclasses.replace(entry, id=entry.id[::-1]))
        return found

    altered_trail(reference, doubled)


@FAULTS.add("audit-change-missing", "COM-AUD-002")
def audit_change_missing(reference: Reference) -> None:
    """A correction ex officio leaves no audit entry."""
    _without(reference, lambda entry, _: (entry.operation, entry.outcome) == ("correctResident", "success"))


@FAULTS.add("audit-cancellation-missing", "COM-AUD-002")
def audit_cancellation_missing(reference: Reference) -> None:
    """The cancellation of a notification leaves no audit entry."""
    _without(reference, lambda entry, _: (entry.operation, entry.outcome) == ("cancelNotification", "success"))


@FAULTS.add("audit-new-head-missing", "COM-AUD-002")
def audit_new_head_missing(reference: Reference) -> None:
    """A death is audited about the deceased alone, though it makes somebody else head of the household."""
    _without(
        reference,
        lambda entry, subject: entry.operation == "registerDeath" and subject not in (None, entry.subject_ids[0]),
    )


@FAULTS.add("audit-change-of-last-missing", "COM-AUD-002")
def audit_change_of_last_missing(reference: Reference) -> None:
    """A move-in of several people is audited about all but the last of them."""
    _without(
        reference,
        lambda entry, subject: (
            entry.operation == "registerMoveIn" and len(entry.subject_ids) > 1 and subject == entry.subject_ids[-1]
        ),
    )


@FAULTS.add("audit-refusal-missing", "COM-AUD-006")
def audit_refusal_missing(reference: Reference) -> None:
    """A read refused for want of a scope leaves no audit entry."""
    _without(reference, lambda entry, _: (entry.status, entry.operation) in {(403, name) for name in _READS})


@FAULTS.add("audit-refusal-of-protection-missing", "COM-AUD-006")
def audit_refusal_of_protection_missing(reference: Reference) -> None:
    """Somebody who may not read protections tries to, and no audit entry tells of it."""
    _without(reference, lambda entry, _: (entry.operation, entry.status) == ("getProtection", 403))


@FAULTS.add("audit-refusal-as-success", "COM-AUD-003", "COM-AUD-006")
def audit_refusal_as_success(reference: Reference) -> None:
    """The refused read of a history is audited with the outcome success."""
    shown_otherwise(
        reference,
        lambda entry: {"outcome": "success"} if (entry.operation, entry.status) == ("listResidentHistory", 403) else {},
    )
