"""Faults of the audit trail. What is missing is left out where the trail is read: from outside it is the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Trail = list[AuditEntry]


def _trail(reference: Reference, alter: Callable[[Call, Trail], Sequence[AuditEntry]]) -> None:
    """Everybody who reads the trail finds it altered."""
    revise(
        reference.the(ResidentRegistry).audit_entries,
        "find",
        lambda find: lambda call: alter(call, list(find(call))),
    )


def _without(reference: Reference, missing: Callable[[AuditEntry, str | None], bool]) -> None:
    """Entries are missing; which ones may depend on the subject that is asked for."""
    _trail(
        reference,
        lambda call, trail: [entry for entry in trail if not missing(entry, call.query.get("subject_id"))],
    )


def _shown(reference: Reference, alter: Callable[[AuditEntry], dict[str, Any]]) -> None:
    """Entries are shown with other members."""

    def make(line: Method) -> Method:
        def other(entry: AuditEntry, subject: str | None) -> dict[str, Any]:
            return {**line(entry, subject), **alter(entry)}

        return other

    revise(reference.the(ResidentRegistry).audit_entries, "line", make)


def _kept(reference: Reference, operations: set[str], alter: Callable[[AuditEntry], AuditEntry]) -> None:
    """Entries of some operations are kept with other members."""

    def make(entry_of: Method) -> Method:
        return lambda call, status, outcome: alter(entry_of(call, status, outcome))

    replace(reference.audit, "entry", make, concerns=lambda call, status, outcome: call.operation.id in operations)


@FAULTS.add("audit-read-missing", "COM-AUD-001")
def audit_read_missing(reference: Reference) -> None:
    """Reading one resident leaves no audit entry."""
    _without(reference, lambda entry, _: (entry.operation, entry.status) == ("getResident", 200))


@FAULTS.add("audit-read-304-missing", "COM-AUD-001")
def audit_read_304_missing(reference: Reference) -> None:
    """A read that is answered with 304 leaves no audit entry."""
    _without(reference, lambda entry, _: entry.status == 304)


@FAULTS.add("audit-read-only-first-subject", "COM-AUD-001")
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
        twice = [
            [entry, dataclasses.replace(entry, id=entry.id[::-1])] if entry.operation == "getCertificate" else [entry]
            for entry in trail
        ]
        return [entry for pair in twice for entry in pair]

    _trail(reference, doubled)


@FAULTS.add("audit-change-missing", "COM-AUD-002")
def audit_change_missing(reference: Reference) -> None:
    """A correction ex officio leaves no audit entry."""
    _without(reference, lambda entry, _: entry.operation == "correctResident")


@FAULTS.add("audit-cancellation-missing", "COM-AUD-002")
def audit_cancellation_missing(reference: Reference) -> None:
    """The cancellation of a notification leaves no audit entry."""
    _without(reference, lambda entry, _: entry.operation == "cancelNotification")


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


@FAULTS.add("audit-status-always-200", "COM-AUD-003")
def audit_status_always_200(reference: Reference) -> None:
    """Every audit entry of a success has the status 200, though 201 or 304 was sent."""
    _shown(reference, lambda entry: {"status": 200 if entry.outcome == "success" else entry.status})


@FAULTS.add("audit-operation-of-family", "COM-AUD-003")
def audit_operation_of_family(reference: Reference) -> None:
    """Reading a certificate again is audited under the operation that issues it."""
    _kept(reference, {"getCertificate"}, lambda entry: dataclasses.replace(entry, operation="issueCertificate"))


@FAULTS.add("audit-refusal-with-status-200", "COM-AUD-003")
def audit_refusal_with_status_200(reference: Reference) -> None:
    """The audit entry of a refused access has the status 200."""
    _shown(reference, lambda entry: {"status": 200} if entry.outcome == "refused" else {})


@FAULTS.add("audit-actor-anonymous", "COM-AUD-004")
def audit_actor_anonymous(reference: Reference) -> None:
    """Reads are audited under one and the same actor, whoever reads."""
    operations = {"getResident", "listResidentHistory", "getHousehold", "getNotification"}
    _kept(reference, operations, lambda entry: dataclasses.replace(entry, actor="gateway"))


@FAULTS.add("audit-actor-of-number-inquiry", "COM-AUD-004")
def audit_actor_of_number_inquiry(reference: Reference) -> None:
    """The inquiry for an Individual Number alone is audited under the name of the system instead of the client."""
    _kept(reference, {"readIndividualNumber"}, lambda entry: dataclasses.replace(entry, actor="system"))


@FAULTS.add("audit-purpose-fixed", "COM-AUD-005")
def audit_purpose_fixed(reference: Reference) -> None:
    """Every audit entry of a read has the same purpose, whatever was stated."""
    _shown(reference, lambda entry: {} if entry.purpose is None else {"purpose": "administration"})


@FAULTS.add("audit-purpose-cut", "COM-AUD-005")
def audit_purpose_cut(reference: Reference) -> None:
    """The purpose of an issued certificate is kept in a column of eight characters, and cut."""
    _kept(
        reference,
        {"issueCertificate"},
        lambda entry: dataclasses.replace(entry, purpose=entry.purpose and entry.purpose[:8]),
    )


@FAULTS.add("audit-refusal-missing", "COM-AUD-006")
def audit_refusal_missing(reference: Reference) -> None:
    """A read refused for want of a scope leaves no audit entry."""
    _without(reference, lambda entry, _: (entry.outcome, entry.status) == ("refused", 403))


@FAULTS.add("audit-refusal-of-protection-missing", "COM-AUD-006")
def audit_refusal_of_protection_missing(reference: Reference) -> None:
    """Somebody who may not read protections tries to, and no audit entry tells of it."""
    _without(reference, lambda entry, _: (entry.operation, entry.status) == ("getProtection", 403))


@FAULTS.add("audit-refusal-as-success", "COM-AUD-003", "COM-AUD-006")
def audit_refusal_as_success(reference: Reference) -> None:
    """The refused read of a history is audited with the outcome success."""
    _shown(
        reference,
        lambda entry: {"outcome": "success"} if (entry.operation, entry.status) == ("listResidentHistory", 403) else {},
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

    _shown(reference, leak)


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
    _trail(reference, lambda call, trail: trail[::-1])


@FAULTS.add("audit-filtered-newest-first", "COM-AUD-008")
def audit_filtered_newest_first(reference: Reference) -> None:
    """The newest audit entry stands first where entries of one actor are asked for."""
    _trail(reference, lambda call, trail: trail[::-1] if "actor" in call.query else trail)


@FAULTS.add("audit-ordered-by-operation", "COM-AUD-008")
def audit_ordered_by_operation(reference: Reference) -> None:
    """Audit entries of one second are in the order of their operations."""
    _trail(
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
