"""Faults of conditional requests."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.conditional import entity_tag, tags
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Problem, Violation, invalid
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _is(*operations: str) -> Any:
    """Whether a call is of one of these operations."""
    return lambda call, *_: call.operation.id in operations


def _tagged(reference: Reference, path: str, alter: Any) -> None:
    """The ETag of answers about a kind of path is another one; `alter` gives None for none at all."""
    concerned = re.compile(path)

    def other(request: Request, answer: Answer) -> Answer:
        if answer.status < 300 and concerned.search(request.path):
            found = [(name, alter(value) if name == "ETag" else value) for name, value in answer.headers]
            answer.headers[:] = [(name, value) for name, value in found if value is not None]
        return answer

    rewrite(reference, other)


@FAULTS.add("etag-weak", "COM-CND-001")
def etag_weak(reference: Reference) -> None:
    """The entity tag of a household is weak."""
    _tagged(reference, "/households/", lambda tag: f"W/{tag}")


@FAULTS.add("etag-missing-after-change", "COM-CND-001")
def etag_missing_after_change(reference: Reference) -> None:
    """The answer that a new protection is created with has no entity tag."""

    def silent(request: Request, answer: Answer) -> Answer:
        if answer.status == 201 and request.method == "PUT":
            answer.headers[:] = [(name, value) for name, value in answer.headers if name != "ETag"]
        return answer

    rewrite(reference, silent)


@FAULTS.add("etag-of-each-node", "COM-CND-002")
def etag_of_each_node(reference: Reference) -> None:
    """Two nodes answer by turns, and each has its own tag for the same household; both take the tags of either."""
    turns = itertools.cycle("ab")

    def suffixed(tag: str) -> str:
        return f'{tag[:-1]}-{next(turns)}"'

    _tagged(reference, "/households/", suffixed)

    def make(matches: Method) -> Method:
        return lambda field, current, *, strong: matches(re.sub('-[ab]"', '"', field), current, strong=strong)

    revise(reference.pipeline.preconditions, "matches", make)


@FAULTS.add("etag-of-each-read", "COM-CND-002", "COM-CND-004")
def etag_of_each_read(reference: Reference) -> None:
    """A notification has a new entity tag each time it is read."""
    counter = itertools.count()
    _tagged(reference, "/notifications/", lambda tag: f'{tag[:-1]}{next(counter)}"')


def _tag_without(reference: Reference, *unseen: str) -> None:
    """The entity tag does not depend on some members."""

    def tag(body: Any) -> str:
        return entity_tag({k: v for k, v in body.items() if k not in unseen} if isinstance(body, dict) else body)

    revise(reference.pipeline.preconditions, "tag", lambda _: tag)


@FAULTS.add("etag-blind-to-address", "COM-CND-003")
def etag_blind_to_address(reference: Reference) -> None:
    """The entity tag of a resident stays the same when the address changes."""
    _tag_without(reference, "address", "recorded_at")


@FAULTS.add("etag-blind-to-names-of-members", "COM-CND-003")
def etag_blind_to_names_of_members(reference: Reference) -> None:
    """The entity tag of a household stays the same when the name of a member is corrected."""

    def tag(body: Any) -> str:
        if isinstance(body, dict) and "members" in body:
            members = [{**member, "name": None} for member in body["members"]]
            return entity_tag({**body, "members": members})
        return entity_tag(body)

    revise(reference.pipeline.preconditions, "tag", lambda _: tag)


@FAULTS.add("etag-blind-to-period", "COM-CND-003")
def etag_blind_to_period(reference: Reference) -> None:
    """The entity tag of a protection stays the same when its last day changes."""

    def tag(body: Any) -> str:
        if isinstance(body, dict) and "category" in body:
            return entity_tag({**body, "to": None, "recorded_at": None})
        return entity_tag(body)

    revise(reference.pipeline.preconditions, "tag", lambda _: tag)


def _matching(reference: Reference, *, strong: bool, alter: Any) -> None:
    """If-Match (strong) or If-None-Match is compared in another way: `alter(field, current, right answer)`."""

    def make(matches: Method) -> Method:
        def other(field: str, current: str | None, **how: bool) -> bool:
            right = bool(matches(field, current, **how))
            return bool(alter(field, current, right)) if how["strong"] == strong else right

        return other

    revise(reference.pipeline.preconditions, "matches", make)


def _opaque(field: str) -> list[str]:
    return [opaque for _, opaque in tags(field) or ()]


@FAULTS.add("if-none-match-star-unknown", "COM-CND-004")
def if_none_match_star_unknown(reference: Reference) -> None:
    """A read with If-None-Match: * is answered in full."""
    replace(
        reference.pipeline.preconditions,
        "apply_to_read",
        lambda apply: lambda call, answer: _apart_from_star(reference, answer),
        concerns=lambda call, answer: call.request.joined("if-none-match") == "*",
    )


def _apart_from_star(reference: Reference, answer: Answer) -> Answer:
    answer.headers.append(("ETag", reference.pipeline.preconditions.tag(answer.body)))
    return answer


@FAULTS.add("if-none-match-first-only", "COM-CND-004")
def if_none_match_first_only(reference: Reference) -> None:
    """Of several tags in If-None-Match only the first is looked at."""
    _matching(
        reference,
        strong=False,
        alter=lambda field, current, right: right and (field.strip() == "*" or _opaque(field)[0] == current),
    )


@FAULTS.add("if-none-match-compared-strongly", "COM-CND-004")
def if_none_match_compared_strongly(reference: Reference) -> None:
    """A weak tag in If-None-Match matches nothing."""
    _matching(reference, strong=False, alter=lambda field, current, right: right and not field.startswith("W/"))


@FAULTS.add("not-modified-for-any-tag", "COM-CND-005")
def not_modified_for_any_tag(reference: Reference) -> None:
    """A read with any If-None-Match is answered with 304."""
    _matching(reference, strong=False, alter=lambda field, current, right: current is not None)


@FAULTS.add("not-modified-for-any-list", "COM-CND-005")
def not_modified_for_any_list(reference: Reference) -> None:
    """A read whose If-None-Match names several tags is answered with 304, whichever they are."""
    _matching(reference, strong=False, alter=lambda field, current, right: right or len(_opaque(field)) > 1)


@FAULTS.add("not-modified-by-beginning", "COM-CND-005")
def not_modified_by_beginning(reference: Reference) -> None:
    """Tags in If-None-Match are compared by their first eight characters."""

    def begins(field: str, current: str | None, right: bool) -> bool:
        return right or (current is not None and any(tag[:9] == current[:9] for tag in _opaque(field)))

    _matching(reference, strong=False, alter=begins)


@FAULTS.add("unconditional-change", "COM-CND-006")
def unconditional_change(reference: Reference) -> None:
    """A correction without If-Match is carried out."""
    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: lambda call, current: None,
        concerns=lambda call, _: call.operation.id == "correctResident" and call.request.joined("if-match") is None,
    )


@FAULTS.add("unconditional-replacement", "COM-CND-006")
def unconditional_replacement(reference: Reference) -> None:
    """A PUT without any condition replaces the protection that is there."""
    conditions = ("if-match", "if-none-match")
    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: lambda call, current: None,
        concerns=lambda call, current: (
            current is not None
            and call.operation.method == "PUT"
            and all(call.request.joined(name) is None for name in conditions)
        ),
    )


@FAULTS.add("missing-condition-is-invalid", "COM-CND-006")
def missing_condition_is_invalid(reference: Reference) -> None:
    """A correction without If-Match is a 400."""

    def refuse(call: Call, current: str | None) -> None:
        raise invalid((Violation("missing", "必須です / Required", parameter="If-Match"),))

    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: refuse,
        concerns=lambda call, _: call.operation.id == "correctResident" and call.request.joined("if-match") is None,
    )


@FAULTS.add("lost-update", "COM-CND-007", "COM-CND-008")
def lost_update(reference: Reference) -> None:
    """If-Match has to be there, and is not compared: the last writer wins."""
    _matching(reference, strong=True, alter=lambda field, current, right: current is not None)


@FAULTS.add("if-match-compared-weakly", "COM-CND-007")
def if_match_compared_weakly(reference: Reference) -> None:
    """A weak tag in If-Match matches."""
    _matching(reference, strong=True, alter=lambda field, current, right: right or current in _opaque(field))


@FAULTS.add("if-match-any-list", "COM-CND-007")
def if_match_any_list(reference: Reference) -> None:
    """An If-Match that names several tags matches, whichever they are."""
    _matching(reference, strong=True, alter=lambda field, current, right: right or len(_opaque(field)) > 1)


@FAULTS.add("if-match-failed-is-conflict", "COM-CND-007", "COM-CND-008")
def if_match_failed_is_conflict(reference: Reference) -> None:
    """A correction on an outdated entity tag is refused with 409."""

    def make(check: Method) -> Method:
        def conflicting(call: Call, current: str | None) -> None:
            try:
                check(call, current)
            except Problem as problem:
                if problem.status == 412:
                    raise Problem(409, "not_active", "競合しました / In conflict") from None
                raise

        return conflicting

    replace(reference.pipeline.preconditions, "check_change", make, concerns=_is("correctResident"))


@FAULTS.add("lost-update-at-once", "COM-CND-008")
def lost_update_at_once(reference: Reference) -> None:
    """If-Match is compared when the request arrives: of corrections at the same moment all are carried out."""
    registry = reference.the(ResidentRegistry)
    arrived: dict[int, str | None] = {}

    def entering(_: Method) -> Method:
        async def enter(call: Call) -> None:
            entry = registry.register.current.get(call.path["resident_id"])
            arrived[id(call)] = registry.entity_tag(registry.residents.body(entry)) if entry is not None else None
            await asyncio.sleep(0.02)

        return enter

    def make(check: Method) -> Method:
        return lambda call, current: check(call, arrived.pop(id(call), current))

    replace(reference.pipeline, "enter", entering, concerns=_is("correctResident"))
    replace(reference.pipeline.preconditions, "check_change", make, concerns=_is("correctResident"))


def _despite_412(reference: Reference, operation: str, change: Any) -> None:
    """A change is refused with 412, and made all the same."""

    def make(check: Method) -> Method:
        def careless(call: Call, current: str | None) -> None:
            try:
                check(call, current)
            except Problem as problem:
                if problem.status == 412:
                    change(call)
                raise

        return careless

    replace(reference.pipeline.preconditions, "check_change", make, concerns=_is(operation))


@FAULTS.add("changed-despite-412", "COM-CND-009")
def changed_despite_412(reference: Reference) -> None:
    """A correction on an outdated entity tag is answered 412, and carried out all the same."""
    _despite_412(reference, "correctResident", reference.the(ResidentRegistry).corrections.correct)


@FAULTS.add("protection-changed-despite-412", "COM-CND-009")
def protection_changed_despite_412(reference: Reference) -> None:
    """A protection is replaced although If-Match names an outdated tag and 412 is answered."""

    def put(call: Call) -> None:
        if call.request.joined("if-match") is not None:
            reference.the(ResidentRegistry).protections.put(call)

    _despite_412(reference, "putProtection", put)


@FAULTS.add("created-over-existing", "COM-CND-010")
def created_over_existing(reference: Reference) -> None:
    """A PUT with If-None-Match: * replaces the protection that is there."""
    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: lambda call, current: None,
        concerns=lambda call, current: current is not None and call.request.joined("if-none-match") == "*",
    )


@FAULTS.add("existing-changed-despite-412", "COM-CND-010")
def existing_changed_despite_412(reference: Reference) -> None:
    """A PUT with If-None-Match: * is answered 412, and replaces the protection that is there."""

    def put(call: Call) -> None:
        if call.request.joined("if-none-match") is not None:
            reference.the(ResidentRegistry).protections.put(call)

    _despite_412(reference, "putProtection", put)


@FAULTS.add("creation-over-existing-is-428", "COM-CND-010")
def creation_over_existing_is_428(reference: Reference) -> None:
    """A PUT with If-None-Match: * on a protection that is there is refused as one without If-Match."""

    def refuse(call: Call, current: str | None) -> None:
        raise Problem(428, "precondition_required", "If-Matchが必要です / If-Match is required")

    replace(
        reference.pipeline.preconditions,
        "check_change",
        lambda _: refuse,
        concerns=lambda call, current: current is not None and call.request.joined("if-none-match") == "*",
    )
