"""Faults of problem documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.asked import asks
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise, rewrite
from conformance.reference.problems import Problem

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Json = dict[str, Any]


def _problems(reference: Reference, which: Callable[[Request, Answer], bool], alter: Callable[[Json], Json]) -> None:
    """Some problem documents are altered on their way out."""

    def altered(request: Request, answer: Answer) -> Answer:
        if answer.status >= 400 and isinstance(answer.body, dict) and "code" in answer.body and which(request, answer):
            answer.body = alter(answer.body)
        return answer

    rewrite(reference, altered)


def _status(*statuses: int) -> Callable[[Request, Answer], bool]:
    return lambda _, answer: answer.status in statuses


def _each_error(alter: Callable[[Json], Json]) -> Callable[[Json], Json]:
    def altered(body: Json) -> Json:
        return {**body, "errors": [alter(error) for error in body["errors"]]} if "errors" in body else body

    return altered


@FAULTS.add("problem-as-plain-json", "COM-ERR-001")
def problem_as_plain_json(reference: Reference) -> None:
    """Problem documents of status 403 and 404 are sent as application/json."""

    def plain(request: Request, answer: Answer) -> Answer:
        if answer.status in (403, 404):
            answer.media_type = "application/json"
        return answer

    rewrite(reference, plain)


@FAULTS.add("problem-of-the-router-as-html", "COM-ERR-001")
def problem_of_the_router_as_html(reference: Reference) -> None:
    """An undeclared method is answered with a page of HTML, all other problems as they should be."""

    def page(request: Request, answer: Answer) -> Answer:
        if answer.status == 405:
            return Answer(405, b"<h1>Method Not Allowed</h1>", answer.headers, "text/html")
        return answer

    rewrite(reference, page)


@FAULTS.add("problem-with-timestamp", "COM-ERR-002")
def problem_with_timestamp(reference: Reference) -> None:
    """A problem of status 404 has a member more, the time, as some frameworks add it."""
    _problems(reference, _status(404), lambda body: {**body, "timestamp": "2026-04-01T09:00:00Z"})


@FAULTS.add("problem-without-title", "COM-ERR-002")
def problem_without_title(reference: Reference) -> None:
    """A problem of status 428 has no title."""
    _problems(reference, _status(428), lambda body: {name: item for name, item in body.items() if name != "title"})


@FAULTS.add("place-by-two-names", "COM-ERR-002")
def place_by_two_names(reference: Reference) -> None:
    """A place in the content of a death is named by pointer, and once more as a parameter."""
    _problems(
        reference,
        lambda request, _: asks(request, "POST", "/deaths"),
        _each_error(lambda error: {**error, "parameter": "body"} if "pointer" in error else error),
    )


@FAULTS.add("problem-status-fixed", "COM-ERR-003")
def problem_status_fixed(reference: Reference) -> None:
    """The member status is 400 in every problem that answers a GET."""
    _problems(reference, lambda request, _: request.method == "GET", lambda body: {**body, "status": 400})


@FAULTS.add("problem-status-of-conflicts", "COM-ERR-003")
def problem_status_of_conflicts(reference: Reference) -> None:
    """An answer 409 to a cancellation says 422 in its member status."""
    _problems(
        reference,
        lambda request, answer: answer.status == 409 and asks(request, "POST", "/cancellations"),
        lambda body: {**body, "status": 422},
    )


@FAULTS.add("code-of-its-own", "COM-ERR-004")
def code_of_its_own(reference: Reference) -> None:
    """An invalid request of one resident has the code validation_failed, which no document lists."""
    _problems(
        reference,
        lambda request, answer: answer.status == 400 and asks(request, request.method, "/residents/*"),
        lambda body: {**body, "code": "validation_failed"} if body["code"] == "invalid_request" else body,
    )


@FAULTS.add("code-of-another-status", "COM-ERR-004")
def code_of_another_status(reference: Reference) -> None:
    """An undeclared method has the code not_found, which belongs to 404."""
    _problems(reference, _status(405), lambda body: {**body, "code": "not_found"})


@FAULTS.add("code-of-unknown-household", "COM-ERR-004")
def code_of_unknown_household(reference: Reference) -> None:
    """Of an unknown household only, 404 has a code of its own."""
    _problems(
        reference,
        lambda request, answer: answer.status == 404 and asks(request, "GET", "/households/*"),
        lambda body: {**body, "code": "unknown_household"},
    )


@FAULTS.add("problem-without-place", "COM-ERR-005")
def problem_without_place(reference: Reference) -> None:
    """A refused GET is not told which parameter is at fault."""

    def silent(body: Json) -> Json:
        return {name: item for name, item in body.items() if name != "errors"}

    _problems(reference, lambda request, answer: answer.status == 400 and request.method == "GET", silent)


@FAULTS.add("place-cut-to-the-top", "COM-ERR-005")
def place_cut_to_the_top(reference: Reference) -> None:
    """A pointer into a correction names the property at its top only, however deep the error is."""

    def cut(error: Json) -> Json:
        pointer = error.get("pointer", "")
        return {**error, "pointer": "/" + pointer.split("/")[1]} if pointer else error

    _problems(reference, lambda request, answer: answer.status == 400 and request.method == "PATCH", _each_error(cut))


@FAULTS.add("parameter-by-another-name", "COM-ERR-005")
def parameter_by_another_name(reference: Reference) -> None:
    """A parameter at fault is named in camel case."""

    def camel(error: Json) -> Json:
        words = error.get("parameter", "").split("_")
        return {**error, "parameter": words[0] + "".join(w.title() for w in words[1:])} if words[0] else error

    _problems(reference, _status(400), _each_error(camel))


@FAULTS.add("stack-trace-in-problem", "COM-ERR-006")
def stack_trace_in_problem(reference: Reference) -> None:
    """A conflict is explained with the trace of a stack."""
    trace = 'Traceback (most recent call last):\n  File "/srv/registry/store.py", line 88, in insert\nKeyError: 1'
    _problems(reference, _status(409), lambda body: {**body, "detail": trace})


@FAULTS.add("exception-name-in-problem", "COM-ERR-006")
def exception_name_in_problem(reference: Reference) -> None:
    """Content that is no JSON is answered with the words of the parser."""
    words = "com.fasterxml.jackson.core.JsonParseException: Unexpected character at line 1"
    _problems(reference, _status(400), lambda b: {**b, "detail": words} if b["code"] == "malformed_json" else b)


@FAULTS.add("statement-in-place-of-error", "COM-ERR-006")
def statement_in_place_of_error(reference: Reference) -> None:
    """The detail of one place at fault, a date that no calendar has, quotes a statement of the database."""

    def quoted(error: Json) -> Json:
        statement = "UPDATE residents SET moved_on = $1: date/time field value out of range"
        return {**error, "detail": statement} if error.get("code") == "format" else error

    _problems(reference, _status(400), _each_error(quoted))


@FAULTS.add("invalid-as-unprocessable", "COM-ERR-007")
def invalid_as_unprocessable(reference: Reference) -> None:
    """A value outside an enumeration is answered 422, as some frameworks do, in place of 400 to a move-in."""

    def make(violations: Method) -> Method:
        def other(call: Call, body: Any) -> Any:
            found = violations(call, body)
            if call.operation.id == "registerMoveIn" and any(violation.code == "enum" for violation in found):
                raise Problem(422, "unprocessable", "", found)
            return found

        return other

    revise(reference.pipeline, "violations", make)


@FAULTS.add("unknown-parameter-not-found", "COM-ERR-007")
def unknown_parameter_not_found(reference: Reference) -> None:
    """An undeclared parameter of one operation, the reading of a notification, is answered 404."""

    def make(unknown: Method) -> Method:
        def other(operation: Any, names: tuple[str, ...]) -> Any:
            found = unknown(operation, names)
            if found and operation.id == "getNotification":
                raise Problem(404, "not_found")
            return found

        return other

    revise(reference.pipeline, "unknown_parameters", make)


@FAULTS.add("member-twice-as-conflict", "COM-ERR-007")
def member_twice_as_conflict(reference: Reference) -> None:
    """Content that cannot be read is answered 409 by one operation, the issue of certificates."""

    def make(content: Method) -> Method:
        def other(call: Call) -> Any:
            try:
                return content(call)
            except Problem:
                if call.operation.id == "issueCertificate":
                    raise Problem(409, "idempotency_in_progress") from None
                raise

        return other

    revise(reference.pipeline, "content", make)
