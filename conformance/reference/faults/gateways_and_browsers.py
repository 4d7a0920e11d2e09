"""Faults of what all services share: header fields that gateways and browsers send beside those that are declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Problem

if TYPE_CHECKING:
    from conformance.reference.application import Reference
    from conformance.reference.service import Service


@FAULTS.add("forwarded-proto-redirected", "COM-HTTP-018", "COM-HTTP-001")
def forwarded_proto_redirected(reference: Reference) -> None:
    """A request that says it came to the gateway by http (X-Forwarded-Proto) is redirected to https."""

    def make(route: Method) -> Method:
        def secure(service: Service, request: Request) -> object:
            found: object = route(service, request)
            if request.joined("x-forwarded-proto") == "http":
                place = f"https://{request.joined('host')}{request.path}"
                raise Problem(308, "not_found", "https", (), (("Location", place),))
            return found

        return secure

    revise(reference.pipeline, "route", make)


def _forbidden(reference: Reference, field: str) -> None:
    """A request with a field is refused, as by what keeps pages of other sites out."""

    def make(authorise: Method) -> Method:
        def guarded(service: Service, call: Call) -> None:
            authorise(service, call)
            if call.request.joined(field) is not None:
                raise Problem(403, "forbidden", "他のサイトからの要求です / Sent by another site")

        return guarded

    replace(reference.pipeline, "authorise", make, concerns=lambda _, call: call.request.joined(field) is not None)


@FAULTS.add("foreign-origin-refused", "COM-HTTP-018")
def foreign_origin_refused(reference: Reference) -> None:
    """A request with the field Origin of another site is answered 403, as what is set up for pages does."""
    _forbidden(reference, "origin")


@FAULTS.add("cookie-without-its-twin", "COM-HTTP-018")
def cookie_without_its_twin(reference: Reference) -> None:
    """A request with a cookie is answered 403 where no token against forgery stands beside it."""
    _forbidden(reference, "cookie")


@FAULTS.add("location-of-the-forwarded-host", "COM-HTTP-018")
def location_of_the_forwarded_host(reference: Reference) -> None:
    """The Location of what was made names the host that X-Forwarded-Host gives, whoever has sent that field."""

    def altered(request: Request, answer: Answer) -> Answer:
        host = request.joined("x-forwarded-host")
        if host is not None:
            answer.headers = [
                (name, f"https://{host}{value}" if name == "Location" else value) for name, value in answer.headers
            ]
        return answer

    rewrite(reference, altered)


@FAULTS.add("key-of-a-change", "COM-CND-007")
def key_of_a_change(reference: Reference) -> None:
    """A PATCH or PUT with Idempotency-Key, which only POST has, gets the answer of the first one with that key."""
    kept: dict[tuple[str, str, str], Answer] = {}

    def make(carry_out: Method) -> Method:
        def once(service: Service, call: Call) -> Answer:
            key = (call.caller.client, call.request.path, call.request.joined("idempotency-key") or "")
            if key not in kept:
                kept[key] = carry_out(service, call)
            return kept[key]

        return once

    def concerns(_: Service, call: Call) -> bool:
        return call.operation.method in {"PATCH", "PUT"} and call.request.joined("idempotency-key") is not None

    replace(reference.pipeline, "carry_out", make, concerns=concerns)


@FAULTS.add("any-range-allows", "COM-HTTP-007")
def any_range_allows(reference: Reference) -> None:
    """A range in Accept that allows the media type outweighs a more precise one whose weight is 0."""

    def make(check: Method) -> Method:
        def lenient(call: Call) -> None:
            ranges = (call.request.joined("accept") or "").replace(" ", "").lower().split(",")
            if not {"*/*", "application/*"} & {one.partition(";q=0.")[0] for one in ranges if not one.endswith(";q=0")}:
                check(call)

        return lenient

    revise(reference.pipeline, "check_accept", make)


@FAULTS.add("weight-in-one-spelling", "COM-HTTP-007")
def weight_in_one_spelling(reference: Reference) -> None:
    """A weight of 0 in Accept that is written with a capital letter, or behind a space, does not exclude."""

    def make(check: Method) -> Method:
        def lenient(call: Call) -> None:
            accept = call.request.joined("accept") or ""
            if not (accept.startswith("application/") and ("; q=0" in accept or "Q=0" in accept)):
                check(call)

        return lenient

    revise(reference.pipeline, "check_accept", make)
