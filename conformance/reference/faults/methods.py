"""Faults of methods and paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Request
from conformance.reference.faults.asked import asks
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise, rewrite
from conformance.reference.problems import Problem, not_found

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("undeclared-method-unknown", "COM-HTTP-015")
def undeclared_method_unknown(reference: Reference) -> None:
    """An undeclared method is answered 404 in place of 405."""

    def make(route: Method) -> Method:
        def unknown(*arguments: object) -> object:
            try:
                return route(*arguments)
            except Problem as problem:
                raise not_found() if problem.status == 405 else problem from None

        return unknown

    revise(reference.pipeline, "route", make)


def _allow(reference: Reference, path: str, value: str) -> None:
    """What Allow says of one path; nothing: it is left out of every 405."""

    def altered(request: Request, answer: Answer) -> Answer:
        if value and (answer.status != 405 or not asks(request, request.method, path)):
            return answer
        headers = [(name, field) for name, field in answer.headers if name != "Allow"]
        answer.headers = [*headers, ("Allow", value)] if value else headers
        return answer

    rewrite(reference, altered)


@FAULTS.add("allow-missing", "COM-HTTP-009")
def allow_missing(reference: Reference) -> None:
    """A 405 does not say which methods there are."""
    _allow(reference, "", "")


@FAULTS.add("allow-of-the-framework", "COM-HTTP-009")
def allow_of_the_framework(reference: Reference) -> None:
    """Of one resident, Allow names PUT and DELETE too, which the framework knows and nobody declared."""
    _allow(reference, "/residents/*", "GET, PATCH, PUT, DELETE, HEAD, OPTIONS")


@FAULTS.add("allow-lacks-a-method", "COM-HTTP-009")
def allow_lacks_a_method(reference: Reference) -> None:
    """Of a protection, Allow names GET only, although PUT is declared."""
    _allow(reference, "/residents/*/protection", "GET")


@FAULTS.add("unknown-path-bad-request", "COM-HTTP-015")
def unknown_path_bad_request(reference: Reference) -> None:
    """A path that the document does not have below a declared one is answered 400."""

    def make(route: Method) -> Method:
        def confused(service: object, request: Request) -> object:
            try:
                return route(service, request)
            except Problem as problem:
                if problem.status == 404 and request.path.endswith("/undeclared"):
                    raise Problem(400, "invalid_request") from None
                raise

        return confused

    revise(reference.pipeline, "route", make)


def _carried_out(reference: Reference, method: str, path: str, *, condition: str = "") -> None:
    """An undeclared method is answered as if it had been carried out."""

    def done(request: Request, answer: Answer) -> Answer:
        if answer.status != 405 or not asks(request, method, path) or (condition and not request.joined(condition)):
            return answer
        return Answer(200, {}, [("Cache-Control", "no-store")])

    rewrite(reference, done)


@FAULTS.add("resident-can-be-replaced", "COM-HTTP-008")
def resident_can_be_replaced(reference: Reference) -> None:
    """A PUT on a resident, which no document declares, is carried out."""
    _carried_out(reference, "PUT", "/residents/*")


@FAULTS.add("household-can-be-deleted", "COM-HTTP-008")
def household_can_be_deleted(reference: Reference) -> None:
    """A DELETE on a household is carried out where If-Match is given; without it there is a 405."""
    _carried_out(reference, "DELETE", "/households/*", condition="if-match")


def _served(reference: Reference, method: str, path: str) -> None:
    """A path that the document does not have is answered with success."""

    def found(request: Request, answer: Answer) -> Answer:
        return Answer(200, {"status": "ok"}) if answer.status == 404 and asks(request, method, path) else answer

    rewrite(reference, found)


@FAULTS.add("health-below-the-base-url", "COM-HTTP-010")
def health_below_the_base_url(reference: Reference) -> None:
    """There is a GET /health below the base URL."""
    _served(reference, "GET", "/health")


@FAULTS.add("households-can-be-listed", "COM-HTTP-010")
def households_can_be_listed(reference: Reference) -> None:
    """GET /households lists what the document lets be read one by one only."""
    _served(reference, "GET", "/households")


@FAULTS.add("paths-without-regard-to-case", "COM-HTTP-010")
def paths_without_regard_to_case(reference: Reference) -> None:
    """A path is also found when it is written in capitals."""

    def make(route: Method) -> Method:
        def lower(service: object, request: Request) -> object:
            try:
                return route(service, request)
            except Problem as problem:
                small = Request(request.method, request.path.lower(), request.query, request.headers)
                if problem.status != 404 or request.path == small.path or not asks(small, "GET", "/audit_entries"):
                    raise
                return route(service, small)

        return lower

    revise(reference.pipeline, "route", make)
