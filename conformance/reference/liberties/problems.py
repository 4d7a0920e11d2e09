"""Refusals in other words, and naming other places at fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Document = dict[str, Any]


@LIBERTIES.add("plain-problems")
def plain_problems(reference: Reference) -> None:
    """Problem documents have the type about:blank, another title, and neither detail nor instance."""

    def plain(document: Document, status: int) -> Document:
        kept = {name: value for name, value in document.items() if name not in ("detail", "instance")}
        return {**kept, "type": "about:blank", "title": f"Problem {status}"}

    _written(reference, plain)


@LIBERTIES.add("wordy-problems")
def wordy_problems(reference: Reference) -> None:
    """Problem documents have a relative type, the longest title and detail, and a path as instance."""

    def wordy(document: Document, status: int) -> Document:
        return {
            **document,
            "type": f"/problems#{document['code']}",
            "title": "問題 ".ljust(200, "題"),
            "detail": "<b>詳細</b> & 'more' ".ljust(2000, "詳"),
            "instance": "../problems/7f3a?trace=1",
        }

    _written(reference, wordy)


@LIBERTIES.add("first-error-only")
def first_error_only(reference: Reference) -> None:
    """Of several places at fault the first one is named, without detail."""

    def first(document: Document, status: int) -> Document:
        if "errors" in document:
            named = {name: value for name, value in document["errors"][0].items() if name != "detail"}
            document = {**document, "errors": [named]}
        return document

    _written(reference, first)


@LIBERTIES.add("last-error-first")
def last_error_first(reference: Reference) -> None:
    """Places at fault are named from the last to the first, each twice: in words, and by code."""

    def turned(document: Document, status: int) -> Document:
        if "errors" in document:
            twice = [entry for error in document["errors"][::-1] for entry in (error, {**error, "code": "see_detail"})]
            document = {**document, "errors": twice[:100]}
        return document

    _written(reference, turned)


@LIBERTIES.add("places-only-with-400")
def places_only_with_400(reference: Reference) -> None:
    """Only an answer of status 400 names the places at fault."""

    def bare(document: Document, status: int) -> Document:
        return document if status == 400 else {name: value for name, value in document.items() if name != "errors"}

    _written(reference, bare)


@LIBERTIES.add("missing-members-by-their-object")
def missing_members_by_their_object(reference: Reference) -> None:
    """A missing member is named by the object that lacks it."""

    def lacking(document: Document, status: int) -> Document:
        errors = [
            {**error, "pointer": error["pointer"].rpartition("/")[0]}
            if error["code"] == "missing" and "pointer" in error
            else error
            for error in document.get("errors", ())
        ]
        return {**document, "errors": errors} if errors else document

    _written(reference, lacking)


@LIBERTIES.add("other-place-codes")
def other_place_codes(reference: Reference) -> None:
    """Every place at fault has a code of the system's own."""

    def coded(document: Document, status: int) -> Document:
        errors = [{**error, "code": "e" + str(place)} for place, error in enumerate(document.get("errors", ()), 10)]
        return {**document, "errors": errors} if errors else document

    _written(reference, coded)


def _written(reference: Reference, change: Callable[[Document, int], Document]) -> None:
    """Has every problem document pass through a function of it and its status."""

    def changed(request: Request, answer: Answer) -> Answer:
        if answer.media_type.lower().startswith("application/problem+json") and isinstance(answer.body, dict):
            answer.body = change(answer.body, answer.status)
        return answer

    rewrite(reference, changed)
