"""Faults of conditional requests: lists of tags, several field lines, dates beside a tag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from conformance.reference import conditional
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("as-of-without-condition", "COM-CND-004")
def as_of_without_condition(reference: Reference) -> None:
    """A read with as_of or recorded_as_of is answered in full, whatever If-None-Match says."""

    def make(apply: Method) -> Method:
        def applied(call: Call, answer: Answer) -> Answer:
            others = tuple(h for h in call.request.headers if h[0] != "if-none-match")
            return apply(changed(call, request=changed(call.request, headers=others)), answer)  # type: ignore[no-any-return]

        return applied

    replace(
        reference.pipeline.preconditions,
        "apply_to_read",
        make,
        concerns=lambda call, answer: "as_of" in call.query or "recorded_as_of" in call.query,
    )


def _changing(reference: Reference, alter: Callable[[str, str, bool], bool]) -> None:
    """If-Match is compared in another way."""

    def make(matches: Method) -> Method:
        def other(field: str, current: str | None, *, strong: bool) -> bool:
            right = bool(matches(field, current, strong=strong))
            return alter(field, current, right) if strong and current is not None else right

        return other

    revise(reference.pipeline.preconditions, "matches", make)


@FAULTS.add("weak-tag-spoils-the-list", "COM-CND-011")
def weak_tag_spoils_the_list(reference: Reference) -> None:
    """An If-Match that names the current tag beside a weak one matches nothing."""
    _changing(reference, lambda field, current, right: right and "W/" not in field)


@FAULTS.add("if-match-lists-cut", "COM-CND-011")
def if_match_lists_cut(reference: Reference) -> None:
    """Of the tags in If-Match the first five are looked at."""
    _changing(
        reference,
        lambda field, current, right: (
            right and (field.strip() == "*" or any(t == current for _, t in (conditional.tags(field) or ())[:5]))
        ),
    )


@FAULTS.add("first-line-of-if-match", "COM-CND-011")
def first_line_of_if_match(reference: Reference) -> None:
    """Of several lines of If-Match the first one counts."""

    def make(check: Method) -> Method:
        def checked(call: Call, current: str | None) -> None:
            first = call.request.all("if-match")[0]
            others = tuple(h for h in call.request.headers if h[0] != "if-match")
            check(changed(call, request=changed(call.request, headers=(*others, ("if-match", first)))), current)

        return checked

    replace(
        reference.pipeline.preconditions,
        "check_change",
        make,
        concerns=lambda call, current: len(call.request.all("if-match")) > 1,
    )


@FAULTS.add("comma-within-a-tag-separates", "COM-CND-005")
def comma_within_a_tag_separates(reference: Reference) -> None:
    """If-None-Match is cut at every comma, and the quotation marks are dropped."""

    def make(matches: Method) -> Method:
        def other(field: str, current: str | None, *, strong: bool) -> bool:
            right = bool(matches(field, current, strong=strong))
            if strong or current is None:
                return right
            return right or current.strip('"') in [part.strip(' "') for part in field.split(",")]

        return other

    revise(reference.pipeline.preconditions, "matches", make)


@FAULTS.add("star-for-active-residents", "RR-RES-011")
def star_for_active_residents(reference: Reference) -> None:
    """If-Match: * is a 412 where the resident has moved out or died."""

    def make(check: Method) -> Method:
        def checked(call: Call, current: str | None) -> None:
            check(call, current)
            if call.request.joined("if-match") == "*" and call.target.status != "active":
                raise Problem(412, "precondition_failed", "前提条件を満たしません / The precondition does not hold")

        return checked

    replace(
        reference.pipeline.preconditions,
        "check_change",
        make,
        concerns=lambda call, current: call.operation.id == "correctResident",
    )


@FAULTS.add("unmodified-since-fails", "COM-CND-011")
def unmodified_since_fails(reference: Reference) -> None:
    """A change whose If-Match holds is a 412 where it has If-Unmodified-Since too."""

    def make(check: Method) -> Method:
        def checked(call: Call, current: str | None) -> None:
            check(call, current)
            raise Problem(412, "precondition_failed", "前提条件を満たしません / The precondition does not hold")

        return checked

    replace(
        reference.pipeline.preconditions,
        "check_change",
        make,
        concerns=lambda call, current: call.request.joined("if-unmodified-since") is not None,
    )


@FAULTS.add("last-tag-of-if-none-match", "COM-CND-004")
def last_tag_of_if_none_match(reference: Reference) -> None:
    """Of several tags in If-None-Match only the last one is looked at."""

    def make(matches: Method) -> Method:
        def other(field: str, current: str | None, *, strong: bool) -> bool:
            right = bool(matches(field, current, strong=strong))
            listed = conditional.tags(field) or []
            return right and (strong or len(listed) < 2 or listed[-1][1] == current)

        return other

    revise(reference.pipeline.preconditions, "matches", make)


@FAULTS.add("not-modified-before-visible", "RR-PRT-001")
def not_modified_before_visible(reference: Reference) -> None:
    """A read of a hidden resident whose If-None-Match names the present tag is a 304 in place of a 404."""
    registry = reference.the(ResidentRegistry)

    def make(locate: Method) -> Method:
        def located(call: Call) -> None:
            try:
                locate(call)
            except Problem:
                entry = registry.register.known(call.path["resident_id"])
                field = call.request.joined("if-none-match")
                if entry is None or field is None or call.query:
                    raise
                tag = registry.entity_tag(registry.residents.body(entry))
                if field.strip() == "*" or not reference.pipeline.preconditions.matches(field, tag, strong=False):
                    raise
                call.withheld = False
                call.target = entry
                call.subjects[:] = [entry.id]

        return located

    replace(registry.residents, "locate", make, concerns=lambda call: call.operation.id == "getResident")
