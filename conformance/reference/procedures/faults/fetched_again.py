"""Faults of copies that are fetched again, and of applications of another client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.service import Procedures
from conformance.reference.resident_registry.records import ACTIVE

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("gone-for-good", "XS-DTH-008")
def gone_for_good(reference: Reference) -> None:
    """Whom a fetch found to have died or left stays out of the copy, also when that was cancelled in the registry."""
    gone: set[str] = set()

    def make(was_there: Method) -> Method:
        def lasting(entry: Any, household_id: str, day: str) -> bool:
            if entry.status != ACTIVE:
                gone.add(entry.id)
            return entry.id not in gone and was_there(entry, household_id, day)

        return lasting

    replace(_service(reference).fetches, "was_there", make)


@FAULTS.add("corrections-not-fetched-again-for-applications", "XS-TXT-007")
def corrections_not_fetched_again_for_applications(reference: Reference) -> None:
    """A household that the procedures fetch again keeps the names of the second fetch, whatever is corrected then."""
    seen: dict[str, list[Any]] = {}

    def make(person: Method) -> Method:
        def kept(registry: Any, entry: Any) -> Any:
            found = person(registry, entry)
            names = seen.setdefault(found["resident_id"], [])
            if len(names) < 2 and found["name"] not in names:
                names.append(found["name"])
            return {**found, "name": names[-1]}

        return kept

    replace(_service(reference).fetches, "person", make)


@FAULTS.add("another-s-with-vary", "PR-VIS-010")
def anothers_with_vary(reference: Reference) -> None:
    """The 404 for an application of another client, and no other, has the field `Vary: Authorization`."""

    def make(refuse: Method) -> Method:
        def told(call: Call | None, request: Request, problem: Problem) -> Answer:
            answer: Answer = refuse(call, request, problem)
            answer.headers.append(("Vary", "Authorization"))
            return answer

        return told

    def hidden(call: Call | None, request: Request, problem: Problem) -> bool:
        return (
            call is not None
            and call.service == Procedures.name
            and call.withheld
            and "/online_applications/" in request.path
            and problem.status == 404
        )

    replace(reference.pipeline, "refuse", make, concerns=hidden)
