"""Faults of audit entries: what they say, their order, and finding them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.faults.audit import altered_trail, shown_otherwise
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Trail = list[AuditEntry]


def _kept(reference: Reference, operations: set[str], alter: Callable[[AuditEntry], AuditEntry]) -> None:
    """Entries of some operations are kept with other members."""

    def make(entry_of: Method) -> Method:
        return lambda call, status, outcome: alter(entry_of(call, status, outcome))

    replace(reference.audit, "entry", make, concerns=lambda call, status, outcome: call.operation.id in operations)


@FAULTS.add("audit-status-always-200", "COM-AUD-003")
def audit_status_always_200(reference: Reference) -> None:
    """Every audit entry of a success has the status 200, though 201 or 304 was sent."""
    shown_otherwise(reference, lambda entry: {"status": 200 if entry.outcome == "success" else entry.status})


@FAULTS.add("audit-operation-of-family", "COM-AUD-003")
def audit_operation_of_family(reference: Reference) -> None:
    """Reading a certificate again is audited under the operation that issues it."""

    def issued(entry: AuditEntry) -> AuditEntry:
        return dataclasses.replace(entry, operation="issueCertificate") if entry.outcome == "success" else entry

    _kept(reference, {"getCertificate"}, issued)


@FAULTS.add("audit-refusal-with-status-200", "COM-AUD-003")
def audit_refusal_with_status_200(reference: Reference) -> None:
    """The audit entry of an access that was answered with 403 has the status 200."""
    shown_otherwise(reference, lambda entry: {"status": 200} if entry.status == 403 else {})


@FAULTS.add("audit-actor-anonymous", "COM-AUD-004")
def audit_actor_anonymous(reference: Reference) -> None:
    """Reads of histories, households and notifications are audited under one actor, whoever reads."""
    operations = {"listResidentHistory", "getHousehold", "getNotification"}
    _kept(reference, operations, lambda entry: dataclasses.replace(entry, actor="gateway"))


@FAULTS.add("audit-actor-of-number-inquiry", "COM-AUD-004")
def audit_actor_of_number_inquiry(reference: Reference) -> None:
    """The inquiry for an Individual Number alone is audited under the name of the system instead of the client."""
    _kept(reference, {"readIndividualNumber"}, lambda entry: dataclasses.replace(entry, actor="system"))


@FAULTS.add("audit-purpose-fixed", "COM-AUD-005", "XS-AUD-001")
def audit_purpose_fixed(reference: Reference) -> None:
    """Every audit entry of a read has the same purpose, whatever was stated."""
    shown_otherwise(reference, lambda entry: {} if entry.purpose is None else {"purpose": "administration"})


@FAULTS.add("audit-purpose-cut", "COM-AUD-005")
def audit_purpose_cut(reference: Reference) -> None:
    """The purpose of an issued certificate is kept in a column of eight characters, and cut."""
    _kept(
        reference,
        {"issueCertificate"},
        lambda entry: dataclasses.replace(entry, purpose=entry.purpose and entry.purpose[:8]),
    )


def _leaking(reference: Reference, operation: str, number: str) -> None:
    """The entries of an operation have a number of the subject among the subjects."""
    register = reference.the(ResidentRegistry)

    def leak(entry: AuditEntry) -> dict[str, Any]:
        if entry.operation != operation:
            return {}
        known = (register.register.current.get(subject) for subject in entry.subject_ids)
        numbers = [getattr(person, number) for person in known if person is not None]
        return {"subject_ids": [*entry.subject_ids, *numbers]}

    shown_otherwise(reference, leak)


@FAULTS.add("audit-with-individual-number", "COM-AUD-007")
def audit_with_individual_number(reference: Reference) -> None:
    """A look-up by number is audited with the Individual Number beside the id."""
    _leaking(reference, "lookUpResident", "individual_number")


@FAULTS.add("audit-with-resident-code", "COM-AUD-007")
def audit_with_resident_code(reference: Reference) -> None:
    """A certificate is audited with the resident code beside the id."""
    _leaking(reference, "issueCertificate", "resident_code")


@FAULTS.add("audit-newest-first", "COM-AUD-008")
def audit_newest_first(reference: Reference) -> None:
    """The newest audit entry stands first."""
    altered_trail(reference, lambda call, trail: trail[::-1])


@FAULTS.add("audit-filtered-newest-first", "COM-AUD-008")
def audit_filtered_newest_first(reference: Reference) -> None:
    """The newest audit entry stands first where entries of one actor are asked for."""
    altered_trail(reference, lambda call, trail: trail[::-1] if "actor" in call.query else trail)


@FAULTS.add("audit-ordered-by-operation", "COM-AUD-008")
def audit_ordered_by_operation(reference: Reference) -> None:
    """Audit entries of one second are in the order of their operations."""
    altered_trail(
        reference,
        lambda call, trail: sorted(trail, key=lambda entry: (entry.occurred_at // 1_000_000, entry.operation)),
    )


def _narrowed(reference: Reference, alter: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The filters are others than those asked for."""

    def make(narrow: Method) -> Method:
        return lambda entries, query: narrow(entries, alter(query))

    revise(reference.the(ResidentRegistry).audit_entries, "narrow", make)


def _but(query: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in query.items() if name not in names}


@FAULTS.add("audit-operation-filter-ignored", "COM-AUD-009")
def audit_operation_filter_ignored(reference: Reference) -> None:
    """The filter operation narrows nothing."""
    _narrowed(reference, lambda query: _but(query, "operation"))


@FAULTS.add("audit-to-filter-ignored-with-from", "COM-AUD-009")
def audit_to_filter_ignored_with_from(reference: Reference) -> None:
    """Where the filter from is given, the filter to narrows nothing."""
    _narrowed(reference, lambda query: _but(query, "to") if "from" in query else query)


@FAULTS.add("audit-actor-filter-ignored-with-operation", "COM-AUD-009")
def audit_actor_filter_ignored_with_operation(reference: Reference) -> None:
    """The filter actor is ignored where an operation is given beside it."""
    _narrowed(reference, lambda query: _but(query, "actor") if "operation" in query else query)


@FAULTS.add("audit-to-included", "COM-AUD-009")
def audit_to_included(reference: Reference) -> None:
    """The filter to lets through what occurred at that very moment."""

    def make(find: Method) -> Method:
        def included(call: Call) -> Sequence[AuditEntry]:
            moment = call.query.get("to")
            if moment is None or "." not in moment:
                found: Sequence[AuditEntry] = find(call)
                return found
            later = dataclasses.replace(call, query={**call.query, "to": _next(moment)})
            return list(find(later))

        return included

    revise(reference.the(ResidentRegistry).audit_entries, "find", make)


def _next(moment: str) -> str:
    """A microsecond later, in the same second."""
    seconds, _, rest = moment.partition(".")
    fraction, offset = rest[:-6], rest[-6:]
    return f"{seconds}.{min(int(fraction.ljust(6, '0')) + 1, 999_999):06}{offset}"


@FAULTS.add("audit-role-missing", "COM-AUD-010")
def audit_role_missing(reference: Reference) -> None:
    """No audit entry names a role."""

    def make(line: Method) -> Method:
        def without(entry: AuditEntry, subject: str | None) -> dict[str, Any]:
            return {name: value for name, value in line(entry, subject).items() if name != "role"}

        return without

    revise(reference.the(ResidentRegistry).audit_entries, "line", make)
