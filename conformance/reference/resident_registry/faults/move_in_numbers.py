"""Faults of move-ins: nobody is registered twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.pipeline import ReadBody
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.records import MOVED_OUT
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _unnoticed(reference: Reference, when: Callable[[str, str, str], bool]) -> None:
    """Active registrations do not count, where `when` says so of number, pointer and resident."""

    def make(check: Method) -> Method:
        def lenient(numbers: Iterable[tuple[str, str]], active: Mapping[str, str]) -> None:
            asked = list(numbers)
            skipped = {number for number, place in asked if number in active and when(number, place, active[number])}
            check(
                asked,
                {number: found for number, found in active.items() if number not in skipped} if skipped else active,
            )

        return lenient

    revise(reference.the(ResidentRegistry).rules, "check_once", make)


def _neighbours(reference: Reference, kind: str) -> None:
    """Numbers of this kind are compared with those of the member before only."""

    def make(check: Method) -> Method:
        def hasty(numbers: Iterable[tuple[str, str]], active: Mapping[str, str]) -> None:
            asked = list(numbers)
            try:
                check(asked, active)
            except Problem:
                own = [number for number, place in asked if place.endswith(kind)]
                apart = len(set(own)) < len(own) and all(a != b for a, b in pairwise(own))
                if not apart or any(number in active for number, _ in asked):
                    raise

        return hasty

    revise(reference.the(ResidentRegistry).rules, "check_once", make)


@FAULTS.add("duplicate-move-in", "RR-MIN-011", "RR-MIN-012", "RR-MIN-014", "RR-PRT-037")
def duplicate_move_in(reference: Reference) -> None:
    """A person who is registered and active may move in once more."""
    _unnoticed(reference, lambda number, place, resident_id: True)


@FAULTS.add("registered-number-of-second-member", "RR-MIN-011")
def registered_number_of_second_member(reference: Reference) -> None:
    """Only the first member must not have the Individual Number of somebody who is registered."""
    _unnoticed(
        reference,
        lambda number, place, _: place.endswith("/individual_number") and not place.startswith("/members/0/"),
    )


@FAULTS.add("registered-code-accepted", "RR-MIN-012", "RR-PRT-037")
def registered_code_accepted(reference: Reference) -> None:
    """A resident code may be registered twice; an Individual Number may not."""
    _unnoticed(reference, lambda number, place, _: place.endswith("/resident_code"))


@FAULTS.add("hidden-person-registered-twice", "RR-MIN-011", "RR-MIN-012", "RR-PRT-037")
def hidden_person_registered_twice(reference: Reference) -> None:
    """Somebody under active protection may move in once more: the register looks past who is hidden."""
    visibility = reference.the(ResidentRegistry).visibility
    _unnoticed(reference, lambda number, place, resident_id: visibility.is_protected(resident_id))


@FAULTS.add("number-twice-apart", "RR-MIN-013")
def number_twice_apart(reference: Reference) -> None:
    """The same Individual Number twice in a move-in is noticed only of members who stand side by side."""
    _neighbours(reference, "/individual_number")


@FAULTS.add("code-twice-apart", "RR-MIN-021")
def code_twice_apart(reference: Reference) -> None:
    """The same resident code twice in a move-in is noticed only of members who stand side by side."""
    _neighbours(reference, "/resident_code")


@FAULTS.add("move-ins-overlap", "RR-MIN-014")
def move_ins_overlap(reference: Reference) -> None:
    """A move-in looks for the number as the register was when the request arrived, and takes its time."""
    registry, pipeline = reference.the(ResidentRegistry), reference.pipeline
    check, check_once, read = registry.move_ins.check, registry.rules.check_once, pipeline.read
    arrived = 0
    done: dict[str, int] = {}

    async def slowly(read_body: ReadBody, limit: int) -> bytes:
        raw = await read(read_body, limit)
        if b'"previous_address"' in raw:
            await asyncio.sleep(0.1)
        return raw

    def noting(call: Call) -> None:
        nonlocal arrived
        arrived = call.now
        check(call)

    def blind(numbers: Iterable[tuple[str, str]], active: Mapping[str, str]) -> None:
        asked = list(numbers)
        known = {number: active[number] for number, _ in asked if number in active}
        check_once(asked, {number: i for number, i in known.items() if done.get(number, 0) < arrived})
        done.update((number, reference.clock.micros()) for number, _ in asked)

    def make(refused: Method) -> Method:
        # Only where the fault is really planted: it could touch who is refused, because another one came first.
        pipeline.read = slowly  # type: ignore[method-assign]  # as replace() does
        registry.move_ins.check = noting  # type: ignore[method-assign]  # as replace() does
        registry.rules.check_once = blind  # type: ignore[method-assign]  # as replace() does
        return refused

    replace(registry.move_ins, "refused", make)


@FAULTS.add("returning-refused", "RR-MIN-016")
def returning_refused(reference: Reference) -> None:
    """Whoever has moved out is still registered."""
    register = reference.the(ResidentRegistry).register

    def make(check: Method) -> Method:
        def strict(numbers: Iterable[tuple[str, str]], active: Mapping[str, str]) -> None:
            asked = list(numbers)
            held = {number: register.index.numbers.get(number, []) for number, _ in asked}
            gone = {n: i for n, ids in held.items() for i in ids if register.current[i].status == MOVED_OUT}
            check(asked, {**gone, **active} if gone else active)

        return strict

    revise(reference.the(ResidentRegistry).rules, "check_once", make)
