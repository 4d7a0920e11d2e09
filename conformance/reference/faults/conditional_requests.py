"""Faults of what all services share: conditional requests."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference import conditional
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _matches(reference: Reference, alter: Any) -> None:
    """`matches` with another outcome."""
    revise(
        reference.pipeline.preconditions,
        "matches",
        lambda matches: (
            lambda field, current, *, strong: alter(field, current, strong, matches(field, current, strong=strong))
        ),
    )


@FAULTS.add("tags-without-case", "COM-CND-005", "COM-CND-007")
def tags_without_case(reference: Reference) -> None:
    """Entity tags are compared without regard to letter case."""
    _matches(
        reference,
        lambda field, current, strong, right: right
        or (
            current is not None
            and any(opaque.lower() == current.lower() for _, opaque in conditional.tags(field) or ())
            and not (strong and "W/" in field)
        ),
    )  # fmt: skip


@FAULTS.add("tags-without-quotes", "COM-CND-007")
def tags_without_quotes(reference: Reference) -> None:
    """The current tag in If-Match matches without its quotation marks too."""
    _matches(
        reference,
        lambda field, current, strong, right: (
            right or (strong and current is not None and f'"{field.strip()}"' == current)
        ),
    )


@FAULTS.add("tags-in-any-junk", "COM-CND-007")
def tags_in_any_junk(reference: Reference) -> None:
    """An If-Match that is no list of tags matches where the current tag stands somewhere in it."""
    _matches(
        reference,
        lambda field, current, strong, right: (
            right or (strong and current is not None and conditional.tags(field) is None and current in field)
        ),
    )


@FAULTS.add("star-within-a-list", "COM-CND-007")
def star_within_a_list(reference: Reference) -> None:
    """An asterisk among the tags of If-Match matches all."""
    _matches(
        reference,
        lambda field, current, strong, right: (
            right or (strong and current is not None and "*" in [part.strip() for part in field.split(",")])
        ),
    )


@FAULTS.add("first-line-of-if-none-match", "COM-CND-004")
def first_line_of_if_none_match(reference: Reference) -> None:
    """Of several lines of If-None-Match the first one counts."""

    def make(apply: Method) -> Method:
        def applied(call: Call, answer: Answer) -> Answer:
            lines = call.request.all("if-none-match")
            if len(lines) < 2:
                return apply(call, answer)  # type: ignore[no-any-return]
            others = tuple(h for h in call.request.headers if h[0] != "if-none-match")
            request = changed(call.request, headers=(*others, ("if-none-match", lines[0])))
            return apply(changed(call, request=request), answer)  # type: ignore[no-any-return]

        return applied

    replace(
        reference.pipeline.preconditions,
        "apply_to_read",
        make,
        concerns=lambda call, _: len(call.request.all("if-none-match")) > 1,
    )


@FAULTS.add("long-tag-lists-cut", "COM-CND-004")
def long_tag_lists_cut(reference: Reference) -> None:
    """Of the tags in If-None-Match the first five are looked at."""

    def cut(field: str, current: str | None, strong: bool, right: bool) -> bool:
        listed = conditional.tags(field) or []
        return right and (strong or len(listed) <= 5 or any(opaque == current for _, opaque in listed[:5]))

    _matches(reference, cut)


@FAULTS.add("tag-as-of-the-last-recording", "COM-CND-003")
def tag_as_of_the_last_recording(reference: Reference) -> None:
    """The tag of a resident changes with what is recorded, not when a day comes on which it takes effect."""
    registry = reference.the(ResidentRegistry)

    def make(tag: Method) -> Method:
        def blind(body: Any) -> str:
            history = registry.register.histories.get(str(body.get("id"))) if isinstance(body, dict) else None
            if history is None or "became_resident_on" not in body:
                return str(tag(body))
            last = registry.register.fold(history, "9999-12-31")
            return str(tag({**body, "status": last.status, "ceased_on": last.ceased_on}))  # type: ignore[union-attr]

        return blind

    revise(reference.pipeline.preconditions, "tag", make)


@FAULTS.add("tag-of-household-of-the-last-recording", "COM-CND-003")
def tag_of_household_of_the_last_recording(reference: Reference) -> None:
    """The tag of a household does not change when a move-out takes effect that was recorded before."""
    registry = reference.the(ResidentRegistry)

    def make(tag: Method) -> Method:
        def blind(body: Any) -> str:
            if not isinstance(body, dict) or "head_id" not in body or "members" not in body:
                return str(tag(body))
            register = registry.register
            if len(register.members(body["id"])) != len(body["members"]):
                return str(tag(body))  # somebody is hidden
            last = register.members(body["id"], "9999-12-31")
            shown = [(e.id, e.relationship, e.name) for e in last]
            return str(tag({"id": body["id"], "address": body["address"], "members": shown}))

        return blind

    revise(reference.pipeline.preconditions, "tag", make)


@FAULTS.add("tag-of-protection-without-moment", "COM-CND-003")
def tag_of_protection_without_moment(reference: Reference) -> None:
    """A protection that is replaced by one with the same days and category keeps its tag; only recorded_at differs."""

    def make(tag: Method) -> Method:
        def blind(body: Any) -> str:
            if isinstance(body, dict) and "category" in body and "recorded_at" in body:
                body = {name: value for name, value in body.items() if name != "recorded_at"}
            return str(tag(body))

        return blind

    revise(reference.pipeline.preconditions, "tag", make)


@FAULTS.add("tag-of-protection-without-active", "COM-CND-003")
def tag_of_protection_without_active(reference: Reference) -> None:
    """The tag of a protection stays when the protection begins or ends by the date."""

    def make(tag: Method) -> Method:
        def blind(body: Any) -> str:
            if isinstance(body, dict) and "category" in body and "active" in body:
                body = {name: value for name, value in body.items() if name != "active"}
            return str(tag(body))

        return blind

    revise(reference.pipeline.preconditions, "tag", make)
