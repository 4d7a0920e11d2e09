"""Faults of official numbers: from a number to a resident, and back."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem, Violation, rule
from conformance.reference.resident_registry.records import ACTIVE, HEAD, Entry
from conformance.reference.resident_registry.service import ResidentRegistry
from conformance.reference.resident_registry.visibility import unknown_resident

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _first_holder(reference: Reference, digits: int) -> None:
    """A number of so many digits leads to who had it first."""
    registry = reference.the(ResidentRegistry)

    def make(holder: Method) -> Method:
        def former(number: str) -> Entry | None:
            found: Entry | None = holder(number)
            holders = registry.register.index.numbers.get(number, [])
            first = registry.register.current.get(holders[0]) if holders else None
            returned = len(number) == digits and found is not None and found.status == ACTIVE
            return first if returned else found

        return former

    revise(registry.numbers, "holder", make)


@FAULTS.add("number-leads-to-the-former", "RR-NUM-001", "RR-PRT-009")
def number_leads_to_the_former(reference: Reference) -> None:
    """The Individual Number of somebody who has come back leads to the registration that has ended."""
    _first_holder(reference, 12)


@FAULTS.add("code-leads-to-the-former", "RR-NUM-006", "RR-PRT-009")
def code_leads_to_the_former(reference: Reference) -> None:
    """The resident code of somebody who has come back leads to the registration that has ended."""
    _first_holder(reference, 11)


@FAULTS.add("number-leads-to-the-head", "RR-NUM-001")
def number_leads_to_the_head(reference: Reference) -> None:
    """The Individual Number of a spouse leads to the head of the household."""
    _head(reference, 12)


@FAULTS.add("code-leads-to-the-head", "RR-NUM-006")
def code_leads_to_the_head(reference: Reference) -> None:
    """The resident code of a spouse leads to the head of the household."""
    _head(reference, 11)


def _head(reference: Reference, digits: int) -> None:
    registry = reference.the(ResidentRegistry)

    def make(holder: Method) -> Method:
        def head(number: str) -> Entry | None:
            found: Entry | None = holder(number)
            if found is None or found.relationship != "spouse" or len(number) != digits:
                return found
            members = registry.register.members(found.household_id)
            return next((entry for entry in members if entry.relationship == HEAD), found)

        return head

    revise(registry.numbers, "holder", make)


def _inquired(reference: Reference, inquire: Callable[[Call, Entry], Entry]) -> None:
    """An inquiry tells the number of the resident that `inquire` names."""
    registry = reference.the(ResidentRegistry)

    def make(original: Method) -> Method:
        def asked(call: Call) -> Answer:
            answer: Answer = deepcopy(original(call))
            entry = registry.register.known(call.body["resident_id"])
            assert entry is not None  # noqa: S101  the original has answered
            answer.body["individual_number"] = inquire(call, entry).individual_number
            return answer

        return asked

    revise(registry.numbers, "inquire", make)


@FAULTS.add("number-of-the-head-told", "RR-MIN-001", "RR-NUM-002")
def number_of_the_head_told(reference: Reference) -> None:
    """The inquiry for the number of a spouse tells that of the head of the household."""
    register = reference.the(ResidentRegistry).register

    def head(call: Call, entry: Entry) -> Entry:
        members = register.members(entry.household_id) if entry.relationship == "spouse" else []
        return next((member for member in members if member.relationship == HEAD), entry)

    _inquired(reference, head)


@FAULTS.add("number-of-the-moved-out-refused", "RR-NUM-002")
def number_of_the_moved_out_refused(reference: Reference) -> None:
    """The number of a resident who is no longer active is not told: nobody is found."""

    def active(call: Call, entry: Entry) -> Entry:
        if entry.status != ACTIVE:
            raise unknown_resident("/resident_id")
        return entry

    _inquired(reference, active)


def _ignored(reference: Reference, ignored: str) -> None:
    """A query parameter that no operation has is taken by a search, and means nothing."""

    def make(check_query: Method) -> Method:
        def lenient(call: Call) -> list[Violation]:
            return [
                found
                for found in check_query(call)
                if found.parameter != ignored or call.operation.id != "searchResidents"
            ]

        return lenient

    revise(reference.pipeline, "check_query", make)


@FAULTS.add("search-takes-individual-number", "RR-NUM-003")
def search_takes_individual_number(reference: Reference) -> None:
    """A search takes the parameter individual_number, and ignores it."""
    _ignored(reference, "individual_number")


@FAULTS.add("search-takes-resident-code", "RR-NUM-004")
def search_takes_resident_code(reference: Reference) -> None:
    """A search takes the parameter resident_code, and ignores it."""
    _ignored(reference, "resident_code")


@FAULTS.add("id-holds-resident-code", "RR-NUM-005", "COM-SEC-010")
def id_holds_resident_code(reference: Reference) -> None:
    """The id of the third member of a move-in holds the resident code."""

    def make(identifier: Method) -> Method:
        def derived(body: dict[str, Any], member: dict[str, Any]) -> str | None:
            third = len(body["members"]) > 2 and member is body["members"][2]
            return f"r-{member['resident_code']}" if third else None

        return derived

    revise(reference.the(ResidentRegistry).move_ins, "identifier", make)


@FAULTS.add("inquiry-for-nobody-otherwise-refused", "COM-ERR-004", "RR-NUM-007", "RR-PRT-033")
def inquiry_for_nobody_otherwise_refused(reference: Reference) -> None:
    """The inquiry for the number of an unknown resident is refused with another code than that for a hidden one."""

    def make(inquire: Method) -> Method:
        def otherwise(call: Call) -> Answer:
            try:
                answer: Answer = inquire(call)
            except Problem as problem:
                raise (problem if call.withheld else rule("unprocessable", problem.detail, "/resident_id")) from None
            return answer

        return otherwise

    revise(reference.the(ResidentRegistry).numbers, "inquire", make)
