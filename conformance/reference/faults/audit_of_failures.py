"""Faults of the audit trail: what failed, and who was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("actor-filter-by-beginning", "COM-AUD-009")
def actor_filter_by_beginning(reference: Reference) -> None:
    """The filter actor finds the entries of all whose identifier begins with what is asked for."""

    def make(narrow: Method) -> Method:
        def narrowed(entries: Any, query: dict[str, Any]) -> list[AuditEntry]:
            found: list[AuditEntry] = narrow(entries, {n: v for n, v in query.items() if n != "actor"})
            return [e for e in found if "actor" not in query or e.actor.startswith(query["actor"])]

        return narrowed

    revise(reference.the(ResidentRegistry).audit_entries, "narrow", make)


@FAULTS.add("audit-filters-without-case", "COM-AUD-009")
def audit_filters_without_case(reference: Reference) -> None:
    """The filters actor and operation are compared without regard to letter case."""

    def make(narrow: Method) -> Method:
        def narrowed(entries: Any, query: dict[str, Any]) -> list[AuditEntry]:
            found: list[AuditEntry] = narrow(
                entries, {n: v for n, v in query.items() if n not in ("actor", "operation")}
            )
            return [
                e
                for e in found
                if e.actor.lower() == query.get("actor", e.actor).lower()
                and e.operation.lower() == query.get("operation", e.operation).lower()
            ]

        return narrowed

    revise(reference.the(ResidentRegistry).audit_entries, "narrow", make)


def _unaudited_refusals(reference: Reference, whose: Callable[[Call], bool]) -> None:
    def make(record: Method) -> Method:
        def recorded(call: Call, status: int, outcome: str) -> None:
            if not (status == 403 and whose(call)):
                record(call, status, outcome)

        return recorded

    replace(reference.audit, "record", make, concerns=lambda call, status, outcome: status == 403)


@FAULTS.add("forbidden-read-of-the-hidden-not-audited", "COM-AUD-006", "COM-AUD-013")
def forbidden_read_of_the_hidden_not_audited(reference: Reference) -> None:
    """What is refused for want of scope leaves no entry where the resident is under protection."""
    registry = reference.the(ResidentRegistry)
    _unaudited_refusals(
        reference, lambda call: any(registry.visibility.hides(call, subject) for subject in call.subjects)
    )


@FAULTS.add("failed-condition-audited", "RR-AUD-009")
def failed_condition_audited(reference: Reference) -> None:
    """A change that is answered 412 leaves an audit entry with the outcome refused."""

    def make(refuse: Method) -> Method:
        def refused(call: Call | None, request: Request, problem: Problem) -> Answer:
            if call is not None and problem.status == 412 and call.path.get("resident_id"):
                call.subjects[:] = [call.path["resident_id"]]
                reference.audit.record(call, 412, "refused")
            return refuse(call, request, problem)  # type: ignore[no-any-return]

        return refused

    replace(reference.pipeline, "refuse", make, concerns=lambda call, request, problem: problem.status == 412)
