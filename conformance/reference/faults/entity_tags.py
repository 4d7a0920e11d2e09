"""Faults of entity tags, and of reads on condition."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.conditional import entity_tag, tags
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


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
    _tagged(reference, "/resident-registry/v1/households/", lambda tag: f"W/{tag}")


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
    turns: dict[str, Iterator[str]] = defaultdict(lambda: itertools.cycle("ab"))

    def suffixed(tag: str) -> str:
        return f'{tag[:-1]}-{next(turns[tag])}"'

    _tagged(reference, "/households/", suffixed)

    def make(matches: Method) -> Method:
        return lambda field, current, *, strong: matches(re.sub('-[ab]"', '"', field), current, strong=strong)

    revise(reference.pipeline.preconditions, "matches", make)


@FAULTS.add("etag-of-each-read", "COM-CND-002", "COM-CND-004")
def etag_of_each_read(reference: Reference) -> None:
    """A notification has a new entity tag each time it is read."""
    counter = itertools.count()
    _tagged(reference, "/notifications/", lambda tag: f'{tag[:-1]}{next(counter)}"')


@FAULTS.add("etag-blind-to-address", "COM-CND-003")
def etag_blind_to_address(reference: Reference) -> None:
    """The entity tag of a resident stays the same when the address changes."""
    histories = reference.the(ResidentRegistry).register.histories

    def tag(body: Any) -> str:
        if not isinstance(body, dict) or "resident_code" not in body:
            return entity_tag(body)
        corrections = [event.recorded_at for event in histories.get(body["id"], ()) if event.type == "correction"]
        return entity_tag({**body, "address": None, "recorded_at": corrections[-1:]})

    revise(reference.pipeline.preconditions, "tag", lambda _: tag)


@FAULTS.add("etag-blind-to-names-of-members", "COM-CND-003")
def etag_blind_to_names_of_members(reference: Reference) -> None:
    """The entity tag of a household stays the same when the name of a member is corrected."""

    def tag(body: Any) -> str:
        if isinstance(body, dict) and "members" in body:
            members = [{**member, "name": None} for member in body["members"]]
            return entity_tag({**body, "members": members})
        return entity_tag(body)

    revise(reference.pipeline.preconditions, "tag", lambda _: tag)


@FAULTS.add("etag-blind-to-period", "COM-CND-003", "COM-CND-008")
def etag_blind_to_period(reference: Reference) -> None:
    """The entity tag of a protection stays the same when its last day changes."""

    def tag(body: Any) -> str:
        if isinstance(body, dict) and "category" in body:
            return entity_tag({**body, "to": None, "recorded_at": None})
        return entity_tag(body)

    revise(reference.pipeline.preconditions, "tag", lambda _: tag)


def matched_otherwise(reference: Reference, *, strong: bool, alter: Any) -> None:
    """If-Match (strong) or If-None-Match is compared in another way: `alter(field, current, right answer)`."""

    def make(matches: Method) -> Method:
        def other(field: str, current: str | None, **how: bool) -> bool:
            right = bool(matches(field, current, **how))
            return bool(alter(field, current, right)) if how["strong"] == strong else right

        return other

    revise(reference.pipeline.preconditions, "matches", make)


def opaque_tags(field: str) -> list[str]:
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
    matched_otherwise(
        reference,
        strong=False,
        alter=lambda field, current, right: right and (field.strip() == "*" or opaque_tags(field)[0] == current),
    )


@FAULTS.add("if-none-match-compared-strongly", "COM-CND-004")
def if_none_match_compared_strongly(reference: Reference) -> None:
    """A weak tag in If-None-Match matches nothing."""
    matched_otherwise(reference, strong=False, alter=lambda field, current, right: right and not field.startswith("W/"))


@FAULTS.add("not-modified-for-any-tag", "COM-CND-005")
def not_modified_for_any_tag(reference: Reference) -> None:
    """The read of a resident or of a notification with any If-None-Match is answered with 304."""

    def unchanged(call: Call, answer: Answer) -> Answer:
        return Answer(304, None, [("ETag", reference.pipeline.preconditions.tag(answer.body))])

    replace(
        reference.pipeline.preconditions,
        "apply_to_read",
        lambda _: unchanged,
        concerns=lambda call, answer: (
            call.operation.id in {"getResident", "getNotification"}
            and answer.status == 200
            and call.request.joined("if-none-match") is not None
        ),
    )


@FAULTS.add("not-modified-for-any-list", "COM-CND-005")
def not_modified_for_any_list(reference: Reference) -> None:
    """A read whose If-None-Match names several tags is answered with 304, whichever they are."""
    matched_otherwise(reference, strong=False, alter=lambda field, current, right: right or len(opaque_tags(field)) > 1)


@FAULTS.add("not-modified-by-beginning", "COM-CND-005")
def not_modified_by_beginning(reference: Reference) -> None:
    """Tags in If-None-Match are compared by their first eight characters."""

    def begins(field: str, current: str | None, right: bool) -> bool:
        return right or (current is not None and any(tag[:9] == current[:9] for tag in opaque_tags(field)))

    matched_otherwise(reference, strong=False, alter=begins)
