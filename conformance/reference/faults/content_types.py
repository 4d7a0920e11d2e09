"""Faults of media types and of the size of a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.asked import asks
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise, rewrite
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _sent_as(reference: Reference, method: str, path: str, media_type: str) -> None:
    def other(request: Request, answer: Answer) -> Answer:
        if 200 <= answer.status < 300 and answer.body is not None and asks(request, method, path):
            answer.media_type = media_type
        return answer

    rewrite(reference, other)


@FAULTS.add("certificate-as-text-json", "COM-HTTP-003")
def certificate_as_text_json(reference: Reference) -> None:
    """A certificate is sent as text/json."""
    _sent_as(reference, "GET", "/certificates/*", "text/json")


@FAULTS.add("death-as-hal-json", "COM-HTTP-003")
def death_as_hal_json(reference: Reference) -> None:
    """The answer to one of the POST operations, the registration of a death, is sent as application/hal+json."""
    _sent_as(reference, "POST", "/deaths", "application/hal+json")


def _taken_as_declared(reference: Reference, operation: str, given: str) -> None:
    """A body is taken for what is declared when its Content-Type begins with a text."""

    def make_check(check: Method) -> Method:
        def lenient(call: Call) -> None:
            if call.operation.id != operation or not (call.request.joined("content-type") or "").startswith(given):
                check(call)

        return lenient

    def make_violations(violations: Method) -> Method:
        def by_the_first(call: Call, body: Any) -> Any:
            if call.operation.id == operation and (call.request.joined("content-type") or "").startswith(given):
                return next(iter(call.operation.bodies.values())).violations(body)
            return violations(call, body)

        return by_the_first

    def make_content(content: Method) -> Method:
        def as_json(call: Call) -> Any:
            if call.operation.id == operation and (call.request.joined("content-type") or "").startswith(given):
                return reference.pipeline.decode(call.raw_body)
            return content(call)

        return as_json

    revise(reference.pipeline, "check_content", make_check)
    revise(reference.pipeline, "content", make_content)
    revise(reference.pipeline, "violations", make_violations)


@FAULTS.add("media-type-not-looked-at", "COM-HTTP-006")
def media_type_not_looked_at(reference: Reference) -> None:
    """A certificate can be asked for with JSON of any media type."""
    _taken_as_declared(reference, "issueCertificate", "")


@FAULTS.add("patch-as-plain-json", "COM-HTTP-006")
def patch_as_plain_json(reference: Reference) -> None:
    """A correction is also taken as application/json, which merges nothing."""
    _taken_as_declared(reference, "correctResident", "application/json")


@FAULTS.add("charset-not-looked-at", "COM-HTTP-006")
def charset_not_looked_at(reference: Reference) -> None:
    """A body that says it is in Shift_JIS is read as UTF-8."""
    _taken_as_declared(reference, "registerMoveOut", "application/json; charset=shift_jis")


def _acceptable(reference: Reference, operation: str, accept: str) -> None:
    def make(check: Method) -> Method:
        def lenient(call: Call) -> None:
            if call.operation.id != operation or accept not in (call.request.joined("accept") or ""):
                check(call)

        return lenient

    revise(reference.pipeline, "check_accept", make)


@FAULTS.add("accept-not-looked-at", "COM-HTTP-007")
def accept_not_looked_at(reference: Reference) -> None:
    """A household is sent as JSON whatever Accept says."""
    _acceptable(reference, "getHousehold", "")


@FAULTS.add("accept-weight-not-understood", "COM-HTTP-007")
def accept_weight_not_understood(reference: Reference) -> None:
    """A list of residents is also sent where Accept gives its media type the weight 0."""
    _acceptable(reference, "searchResidents", ";q=0")


def _refused_with(reference: Reference, stage: str, before: int, after: int, code: str) -> None:
    def make(check: Method) -> Method:
        def other(call: Call) -> None:
            try:
                check(call)
            except Problem as problem:
                raise Problem(after, code) if problem.status == before else problem from None

        return other

    revise(reference.pipeline, stage, make)


@FAULTS.add("not-acceptable-as-bad-request", "COM-HTTP-015")
def not_acceptable_as_bad_request(reference: Reference) -> None:
    """An Accept that cannot be met is answered 400."""
    _refused_with(reference, "check_accept", 406, 400, "invalid_request")


@FAULTS.add("media-type-as-bad-request", "COM-HTTP-015")
def media_type_as_bad_request(reference: Reference) -> None:
    """An undeclared media type is answered 400."""
    _refused_with(reference, "check_content", 415, 400, "invalid_request")


@FAULTS.add("too-large-as-bad-request", "COM-HTTP-015")
def too_large_as_bad_request(reference: Reference) -> None:
    """A body over 1 MiB is answered 400."""

    def make(check: Method) -> Method:
        def other(call: Call) -> None:
            try:
                check(call)
            except Problem as problem:
                if problem.status == 413 and call.service == ResidentRegistry.name:
                    raise Problem(400, "invalid_request") from None
                raise

        return other

    revise(reference.pipeline, "check_content", make)


@FAULTS.add("large-bodies-as-media-type", "COM-HTTP-015")
def large_bodies_as_media_type(reference: Reference) -> None:
    """Over 1 MiB one operation, the merge patch, answers 415 in place of 413."""

    def make_check(check: Method) -> Method:
        def confused(call: Call) -> None:
            try:
                check(call)
            except Problem as problem:
                if problem.status == 413 and call.operation.id == "correctResident":
                    raise Problem(415, "unsupported_media_type") from None
                raise

        return confused

    revise(reference.pipeline, "check_content", make_check)


@FAULTS.add("charset-refused", "COM-HTTP-017", "COM-IDM-003")
def charset_refused(reference: Reference) -> None:
    """A move-in whose Content-Type has the parameter charset is answered 415: the two texts are not equal."""

    def make(check: Method) -> Method:
        def strict(call: Call) -> None:
            check(call)
            if call.operation.id == "registerMoveIn" and ";" in (call.request.joined("content-type") or ""):
                raise Problem(415, "unsupported_media_type")

        return strict

    revise(reference.pipeline, "check_content", make)


@FAULTS.add("range-not-understood", "COM-HTTP-017")
def range_not_understood(reference: Reference) -> None:
    """The range application/* in Accept is not taken for the media type of a history."""

    def make(check: Method) -> Method:
        def strict(call: Call) -> None:
            check(call)
            if call.operation.id == "listResidentHistory" and call.request.joined("accept") == "application/*":
                raise Problem(406, "not_acceptable")

        return strict

    revise(reference.pipeline, "check_accept", make)
