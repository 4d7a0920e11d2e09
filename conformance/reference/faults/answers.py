"""Faults of answers as such: their status, their encoding, their header fields."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.asked import asks
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.service import ResidentRegistry
from conformance.reference.strict_json import encode

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Which = Callable[[Request, Answer], bool]


@FAULTS.add("long-id-as-uri-too-long", "COM-HTTP-001")
def long_id_as_uri_too_long(reference: Reference) -> None:
    """A household id of more than 200 characters is answered 414, which no document declares."""

    def too_long(request: Request, answer: Answer) -> Answer:
        if answer.status == 404 and len(request.path) > 200 and asks(request, "GET", "/households/*"):
            answer.status = 414
            answer.body = {**answer.body, "status": 414}
        return answer

    rewrite(reference, too_long)


@FAULTS.add("page-as-partial-content", "COM-HTTP-001")
def page_as_partial_content(reference: Reference) -> None:
    """A page of a history that is not the whole of it is answered 206, which belongs to ranges of bytes."""

    def partial(request: Request, answer: Answer) -> Answer:
        page = answer.body if answer.status == 200 and asks(request, "GET", "/residents/*/history") else None
        if page is not None and 0 < len(page["results"]) < page["resultset"]["count"]:
            answer.status = 206
        return answer

    rewrite(reference, partial)


def _fails(reference: Reference, failing: Which) -> None:
    def make(route: Method) -> Method:
        def broken(service: object, request: Request) -> Any:
            if failing(request, Answer(0)):
                raise Problem(500, "internal_error")
            return route(service, request)

        return broken

    revise(reference.pipeline, "route", make)


@FAULTS.add("quote-in-id-is-an-error", "COM-HTTP-002")
def quote_in_id_is_an_error(reference: Reference) -> None:
    """A quotation mark in the id of a notification ends in a server error."""
    _fails(reference, lambda request, _: "%27" in request.path and asks(request, "GET", "/notifications/*"))


@FAULTS.add("far-offset-is-an-error", "COM-HTTP-002")
def far_offset_is_an_error(reference: Reference) -> None:
    """The audit log read from the offset 999999 on ends in a server error."""
    _fails(reference, lambda request, _: b"offset=999999" in request.query and asks(request, "GET", "/audit_entries"))


@FAULTS.add("list-as-content-is-an-error", "COM-HTTP-002")
def list_as_content_is_an_error(reference: Reference) -> None:
    """A list where an object is expected ends in a server error of the registration of a death."""

    def make(content: Method) -> Method:
        def fragile(call: Call) -> Any:
            found = content(call)
            if call.operation.id == "registerDeath" and isinstance(found, list):
                raise Problem(500, "internal_error")
            return found

        return fragile

    revise(reference.pipeline, "content", make)


@FAULTS.add("every-fortieth-search-fails", "COM-HTTP-002")
def every_fortieth_search_fails(reference: Reference) -> None:
    """One search in forty ends in a server error."""

    def make(search: Method) -> Method:
        count = 0

        def failing(call: Call) -> Answer:
            nonlocal count
            count += 1
            if count % 40 == 0:
                raise Problem(500, "internal_error")
            answer: Answer = search(call)
            return answer

        return failing

    replace(reference.the(ResidentRegistry).search, "search", make)


def _encoded(reference: Reference, which: Which, alter: Callable[[bytes], bytes]) -> None:
    def changed(request: Request, answer: Answer) -> Answer:
        if answer.body is not None and which(request, answer):
            answer.body = alter(answer.body if isinstance(answer.body, bytes) else encode(answer.body))
        return answer

    rewrite(reference, changed)


@FAULTS.add("byte-order-mark-in-404", "COM-HTTP-004")
def byte_order_mark_in_404(reference: Reference) -> None:
    """The problem of an unknown resident begins with a byte order mark."""
    _encoded(
        reference,
        lambda request, answer: answer.status == 404 and asks(request, "GET", "/residents/*"),
        lambda body: b"\xef\xbb\xbf" + body,
    )


@FAULTS.add("count-twice", "COM-HTTP-004")
def count_twice(reference: Reference) -> None:
    """A page of a resident's history names its count twice."""
    _encoded(
        reference,
        lambda request, answer: answer.status == 200 and asks(request, "GET", "/residents/*/history"),
        lambda body: body.replace(b'"count":', b'"count":0,"count":', 1),
    )


@FAULTS.add("protection-as-utf-16", "COM-HTTP-004")
def protection_as_utf_16(reference: Reference) -> None:
    """A problem of status 412 is sent in UTF-16."""
    _encoded(reference, lambda _, answer: answer.status == 412, lambda body: body.decode().encode("utf-16"))


@FAULTS.add("member-twice-in-a-line", "COM-HTTP-004")
def member_twice_in_a_line(reference: Reference) -> None:
    """The trailer of an export names its kind twice."""

    def make(write: Method) -> Method:
        async def twice(export: Any, entries: Any) -> None:
            await write(export, entries)
            head, trailer = export.content.rstrip(b"\n").rsplit(b"\n", 1) if entries else (b"", export.content)
            trailer = trailer.replace(b"{", b'{"kind":"trailer",', 1)
            export.content = head + (b"\n" if head else b"") + trailer + b"\n"
            export.sha256 = sha256(export.content).hexdigest()

        return twice

    replace(reference.the(ResidentRegistry).exports, "write", make)


def _header(reference: Reference, which: Which, name: str, *values: str) -> None:
    """A header field has other values, or is left out."""

    def changed(request: Request, answer: Answer) -> Answer:
        if which(request, answer) and any(name == header for header, _ in answer.headers):
            kept = [(header, value) for header, value in answer.headers if header != name]
            answer.headers = [*kept, *((name, value) for value in values)]
        return answer

    rewrite(reference, changed)


def _not_modified(request: Request, answer: Answer) -> bool:
    return answer.status == 304


@FAULTS.add("not-modified-without-etag", "COM-HTTP-005")
def not_modified_without_etag(reference: Reference) -> None:
    """A 304 has no ETag."""
    _header(reference, _not_modified, "ETag")


@FAULTS.add("bare-etag-of-export", "COM-HTTP-005")
def bare_etag_of_export(reference: Reference) -> None:
    """The ETag in the 304 of an export has lost its quotation marks."""
    _header(reference, lambda q, a: a.status == 304 and asks(q, "GET", "/exports/*"), "ETag", "0a1b2c3d4e5f")


@FAULTS.add("location-empty-for-export", "COM-HTTP-011")
def location_empty_for_export(reference: Reference) -> None:
    """The answer 202 to an export has a Location without a value."""
    _header(reference, lambda _, answer: answer.status == 202, "Location", "")


@FAULTS.add("location-twice", "COM-HTTP-011")
def location_twice(reference: Reference) -> None:
    """The answer to a cancellation has two Location fields, the second of them of the thing that was cancelled."""

    def doubled(request: Request, answer: Answer) -> Answer:
        if answer.status == 201 and asks(request, "POST", "/cancellations"):
            answer.headers = [
                *answer.headers,
                ("Location", f"/resident-registry/v1/notifications/{answer.body['id']}x"),
            ]
        return answer

    rewrite(reference, doubled)


@FAULTS.add("location-of-something-else", "COM-HTTP-012")
def location_of_something_else(reference: Reference) -> None:
    """The Location of an address change names a notification that there is not."""

    def changed(request: Request, answer: Answer) -> Answer:
        if answer.status == 201 and asks(request, "POST", "/address_changes"):
            answer.headers = [(n, f"{v}0" if n == "Location" else v) for n, v in answer.headers]
        return answer

    rewrite(reference, changed)


@FAULTS.add("location-below-residents", "COM-HTTP-012")
def location_below_residents(reference: Reference) -> None:
    """The Location of a certificate stands below a path that is not declared."""

    def changed(request: Request, answer: Answer) -> Answer:
        if answer.status == 201 and asks(request, "POST", "/certificates"):
            answer.headers = [
                (n, v.replace("/v1/", "/v1/files/", 1) if n == "Location" else v) for n, v in answer.headers
            ]
        return answer

    rewrite(reference, changed)


@FAULTS.add("protection-location-of-the-resident", "COM-HTTP-012")
def protection_location_of_the_resident(reference: Reference) -> None:
    """The Location of a new protection leads to the resident in place of the protection."""

    def changed(request: Request, answer: Answer) -> Answer:
        if answer.status == 201 and asks(request, "PUT", "/residents/*/protection"):
            answer.headers = [(n, v.removesuffix("/protection") if n == "Location" else v) for n, v in answer.headers]
        return answer

    rewrite(reference, changed)


@FAULTS.add("problems-can-be-cached", "COM-HTTP-013")
def problems_can_be_cached(reference: Reference) -> None:
    """A 404 says that it may be kept."""
    _header(reference, lambda _, answer: answer.status == 404, "Cache-Control", "private, max-age=60")


@FAULTS.add("export-content-can-be-cached", "COM-HTTP-013")
def export_content_can_be_cached(reference: Reference) -> None:
    """Of all successes the content of an export only says no-cache, which lets it be stored."""
    _header(
        reference,
        lambda request, answer: answer.status == 200 and asks(request, "GET", "/exports/*/content"),
        "Cache-Control",
        "no-cache",
    )


@FAULTS.add("problems-can-be-sniffed", "COM-HTTP-014")
def problems_can_be_sniffed(reference: Reference) -> None:
    """A problem of status 401, made before anything else is set up, lacks X-Content-Type-Options."""
    _header(reference, lambda _, answer: answer.status == 401, "X-Content-Type-Options")


@FAULTS.add("not-modified-can-be-sniffed", "COM-HTTP-014")
def not_modified_can_be_sniffed(reference: Reference) -> None:
    """A 304 lacks X-Content-Type-Options."""
    _header(reference, _not_modified, "X-Content-Type-Options")
