"""Methods and paths that the documents leave free."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import replace, rewrite
from conformance.reference.problems import Problem

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Answering = Callable[[Request, Any], Awaitable[Answer]]


@LIBERTIES.add("head-answered")
def head_answered(reference: Reference) -> None:
    """HEAD is answered as GET is, without content, and stands in Allow."""

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            asked = dataclasses.replace(request, method="GET") if request.method == "HEAD" else request
            return await answering(asked, receive)

        return answer

    replace(reference.application, "answer", make)
    _allowed(reference, "HEAD")


@LIBERTIES.add("options-answered")
def options_answered(reference: Reference) -> None:
    """OPTIONS is answered to everybody, with what CORS asks for, and stands in Allow."""

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            if request.method != "OPTIONS":
                return await answering(request, receive)
            allowed = [("Allow", "GET, POST, OPTIONS"), ("Access-Control-Allow-Origin", "*")]
            return Answer(204, None, allowed)

        return answer

    replace(reference.application, "answer", make)
    _allowed(reference, "OPTIONS")


@LIBERTIES.add("unknown-methods-501")
def unknown_methods_501(reference: Reference) -> None:
    """A method that no document speaks of is answered 501, whatever the path."""
    known = {"GET", "POST", "PUT", "PATCH", "DELETE"}

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            if request.method in known:
                return await answering(request, receive)
            pipeline = reference.pipeline
            return pipeline.finish(pipeline.render(Problem(501, "method_not_allowed"), request))

        return answer

    replace(reference.application, "answer", make)


@LIBERTIES.add("generous-slashes")
def generous_slashes(reference: Reference) -> None:
    """A path with a slash at its end, or with slashes doubled, is the same path without them."""

    def make(answering: Answering) -> Answering:
        async def answer(request: Request, receive: Any) -> Answer:
            path = "/" + "/".join(part for part in request.path.split("/") if part)
            return await answering(dataclasses.replace(request, path=path), receive)

        return answer

    replace(reference.application, "answer", make)


@LIBERTIES.add("allow-in-other-order")
def allow_in_other_order(reference: Reference) -> None:
    """Allow names its methods in another order, without blanks, in two fields."""

    def turned(request: Request, answer: Answer) -> Answer:
        fields: list[tuple[str, str]] = []
        for name, value in answer.headers:
            methods = value.split(", ")[::-1] if name == "Allow" else []
            parts = [",".join(methods[:-1]), methods[-1]] if len(methods) > 1 else [value]
            fields += [(name, part) for part in parts]
        answer.headers = fields
        return answer

    rewrite(reference, turned)


def _allowed(reference: Reference, method: str) -> None:
    """Adds a method to every Allow."""

    def extended(request: Request, answer: Answer) -> Answer:
        answer.headers = [
            (name, f"{value}, {method}" if name == "Allow" and method not in value else value)
            for name, value in answer.headers
        ]
        return answer

    rewrite(reference, extended)
