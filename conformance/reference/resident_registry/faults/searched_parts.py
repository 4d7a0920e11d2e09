"""Faults about searches by parts of values, and about what the audit trail says of searches and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.index import FILTERS, KEYS, Place
from conformance.reference.resident_registry.records import ACTIVE
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _narrowed(reference: Reference, name: str, matches: Callable[[Any, str], bool]) -> None:
    """A search compares one criterion in another way."""
    registry = reference.the(ResidentRegistry)

    def make(find: Method) -> Method:
        def loose(call: Call, criteria: dict[str, Any], sort: str) -> list[Place]:
            others = {key: value for key, value in criteria.items() if key != name}
            if name not in criteria or not others.keys() & KEYS.keys():
                found: list[Place] = find(call, criteria, sort)
                return found
            value, current = FILTERS[name], registry.register.current
            return [place for place in find(call, others, sort) if matches(value(current[place[1]]), criteria[name])]

        return loose

    revise(registry.search, "find", make)


@FAULTS.add("search-by-the-beginning-of-a-given-reading", "RR-RES-006", "RR-RES-012")
def search_by_the_beginning_of_a_given_reading(reference: Reference) -> None:
    """A search by family and given reading finds those whose given reading begins with what is asked for."""
    _narrowed(reference, "given_kana", lambda value, wanted: bool(value) and value.startswith(wanted))


@FAULTS.add("search-by-a-part-of-a-family-reading", "RR-RES-006")
def search_by_a_part_of_a_family_reading(reference: Reference) -> None:
    """A search by family reading and something else finds those whose reading holds what is asked for."""
    _narrowed(reference, "family_kana", lambda value, wanted: wanted in value)


@FAULTS.add("search-by-width-of-spaces", "RR-RES-006")
def search_by_width_of_spaces(reference: Reference) -> None:
    """A search by given reading takes a half-width and a full-width space within a reading for the same."""
    _narrowed(
        reference,
        "given_kana",
        lambda value, wanted: bool(value) and value.replace("\u3000", " ") == wanted.replace("\u3000", " "),
    )


def _both(value: str, wanted: str) -> bool:
    """Whether two dates agree as far as both are known."""
    parts = zip(value.split("-"), wanted.split("-"), strict=True)
    return all(one == other or set(other) == {"0"} for one, other in parts)


@FAULTS.add("search-unknown-part-as-any", "RR-RES-003")
def search_unknown_part_as_any(reference: Reference) -> None:
    """An unknown part of a birth date in a search, beside another criterion, stands for any value."""
    _narrowed(reference, "birth_date", _both)


@FAULTS.add("search-without-who-has-no-given-name", "RR-RES-001")
def search_without_who_has_no_given_name(reference: Reference) -> None:
    """A search by family reading leaves out those who have no given name."""
    registry = reference.the(ResidentRegistry)

    def make(find: Method) -> Method:
        def named(call: Call, criteria: dict[str, Any], sort: str) -> list[Place]:
            found: list[Place] = find(call, criteria, sort)
            if "family_kana" not in criteria:
                return found
            return [place for place in found if registry.register.current[place[1]].name.get("given_kana")]

        return named

    revise(registry.search, "find", make)


@FAULTS.add("audit-of-an-empty-page", "RR-AUD-001")
def audit_of_an_empty_page(reference: Reference) -> None:
    """The search for a page beyond the end is audited about all who match."""
    search = reference.the(ResidentRegistry).search

    def make(original: Method) -> Method:
        def telling(call: Call) -> Answer:
            answer: Answer = original(call)
            if not answer.body["results"]:
                criteria = {name: call.query[name] for name in FILTERS if name in call.query}
                call.subjects[:] = [resident_id for _, resident_id in search.find(call, criteria, "id")]
            return answer

        return telling

    replace(search, "search", make, concerns=lambda call: call.query["offset"] > 0)


def _unaudited(reference: Reference, change: bool) -> None:
    registry = reference.the(ResidentRegistry)

    def make(subjects: Method) -> Method:
        def here(call: Call) -> list[str]:
            current, found = registry.register.current, list(subjects(call))
            if (call.operation.method != "GET") is not change:
                return found
            return [one for one in found if one in current and current[one].status == ACTIVE]

        return here

    revise(registry, "subjects", make)


@FAULTS.add("audit-refused-read-of-who-left-missing", "COM-AUD-006")
def audit_refused_read_of_who_left_missing(reference: Reference) -> None:
    """A read refused for want of scope leaves no entry where the resident is not active."""
    _unaudited(reference, change=False)


@FAULTS.add("audit-refused-change-of-who-left-missing", "COM-AUD-013")
def audit_refused_change_of_who_left_missing(reference: Reference) -> None:
    """A change refused for want of scope leaves no entry where the resident is not active."""
    _unaudited(reference, change=True)
