"""Faults about protected persons: told by a text, a gap or an entry, or done twice for those who may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, conflict
from conformance.reference.resident_registry.faults.blindness import overlook
from conformance.reference.resident_registry.index import FILTERS
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("number-taken-tells-where", "RR-PRT-053")
def number_taken_tells_where(reference: Reference) -> None:
    """The refusal of a number that is in use says where the one who has it lives, also of a hidden one."""
    registry = reference.the(ResidentRegistry)

    def make(check_once: Method) -> Method:
        def telling(numbers: Iterable[tuple[str, str]], active: dict[str, str]) -> None:
            pairs = list(numbers)
            try:
                check_once(pairs, active)
            except Problem as problem:
                holder = next((active[number] for number, _ in pairs if number in active), None)
                entry = holder and registry.register.current.get(holder)
                if not entry:
                    raise
                address = entry.address
                detail = f"登録済みです / Registered at {address['postal_code']} {address['town']}{address['lot']}"
                raise conflict(problem.code, detail) from None

        return telling

    revise(registry.rules, "check_once", make)


@FAULTS.add("audit-of-the-first-hidden-only", "RR-AUD-005", "BP-AUD-023", "PR-AUD-003", "PR-AUD-006")
def audit_of_the_first_hidden_only(reference: Reference) -> None:
    """What is refused because several persons are hidden is audited about the first of them only."""

    def make(record: Method) -> Method:
        def first(call: Call, status: int, outcome: str) -> None:
            if call.withheld:
                call.subjects[:] = call.subjects[:1]
            record(call, status, outcome)

        return first

    replace(
        reference.audit,
        "record",
        make,
        concerns=lambda call, status, outcome: call.withheld and len(call.subjects) > 1,
    )


@FAULTS.add("repeated-for-the-officer-as-new", "COM-IDM-003")
def repeated_for_the_officer_as_new(reference: Reference) -> None:
    """A repetition is examined as new where its answer names a protected person, for those who may see as well."""
    registry = reference.the(ResidentRegistry)

    def make(hides: Method) -> Method:
        def blind(call: Call, names: Iterable[str]) -> bool:
            kept = list(names)
            return bool(hides(call, kept)) or any(registry.visibility.is_protected(name) for name in kept)

        return blind

    revise(registry, "hides", make)


@FAULTS.add("protected-read-of-a-former-recording", "RR-PRT-001")
def protected_read_of_a_former_recording(reference: Reference) -> None:
    """Reading a resident as recorded at a moment looks at no protection."""
    overlook(reference, lambda call: call.operation.id == "getResident" and "recorded_as_of" in call.query)


@FAULTS.add("protected-gaps-in-pages", "COM-PAG-008")
def protected_gaps_in_pages(reference: Reference) -> None:
    """The pages of a search are cut before hidden persons are left out: there are gaps where they would stand."""
    registry = reference.the(ResidentRegistry)

    def make(search: Method) -> Method:
        def cut(call: Call) -> Answer:
            answer: Answer = search(call)
            hidden = registry.visibility.hidden_ids(call)
            criteria = {name: call.query[name] for name in FILTERS if name in call.query}
            current = registry.register.current
            seen = {one["id"]: one for one in _all(registry, call, criteria)}
            unseen = [
                resident_id
                for resident_id in hidden
                if resident_id in current
                and all(FILTERS[name](current[resident_id]) == value for name, value in criteria.items())
            ]
            offset, limit = call.query["offset"], call.query["limit"]
            places = sorted([*seen, *unseen])[offset : offset + limit]
            if not unseen or "sort" in call.query:
                return answer
            results = [seen[resident_id] for resident_id in places if resident_id in seen][: max(len(seen) - offset, 0)]
            return Answer(answer.status, {**answer.body, "results": results}, answer.headers)

        return cut

    revise(registry.search, "search", make)


def _all(registry: ResidentRegistry, call: Call, criteria: dict[str, Any]) -> Sequence[dict[str, Any]]:
    return [registry.search.line(place[1]) for place in registry.search.find(call, criteria, "id")]
