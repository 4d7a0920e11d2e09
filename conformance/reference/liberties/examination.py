"""Another order of examination within one step, where any answer is right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.reference import negotiation
from conformance.reference.calls import Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.operations import Parameter
from conformance.reference.pipeline import BODY_LIMIT
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem, Violation, invalid

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("headers-first")
def headers_first(reference: Reference) -> None:
    """Of the headers, those that the document declares are examined first, then the content's, Accept last."""

    def make(_: Method) -> Method:
        def negotiate(call: Call) -> None:
            pipeline = reference.pipeline
            errors = [*pipeline.check_headers(call)]
            if errors:
                raise invalid(tuple(errors))
            if call.operation.bodies:
                negotiation.check_content(call.request, call.operation.bodies, BODY_LIMIT)
            negotiation.check_accept(call.request, call.operation.produces)
            errors = [*pipeline.check_path(call), *pipeline.check_query(call)]
            if errors:
                raise invalid(tuple(errors))

        return negotiate

    replace(reference.pipeline, "negotiate", make)


@LIBERTIES.add("content-before-query")
def content_before_query(reference: Reference) -> None:
    """The content is examined before the query and the path."""

    def negotiating(_: Method) -> Method:
        def negotiate(call: Call) -> None:
            negotiation.check_accept(call.request, call.operation.produces)
            if call.operation.bodies:
                negotiation.check_content(call.request, call.operation.bodies, BODY_LIMIT)
            errors = reference.pipeline.check_headers(call)
            if errors:
                raise invalid(tuple(errors))

        return negotiate

    def checking(check_body: Method) -> Method:
        def check(call: Call) -> None:
            check_body(call)
            errors = [*reference.pipeline.check_query(call), *reference.pipeline.check_path(call)]
            if errors:
                raise invalid(tuple(errors))

        return check

    replace(reference.pipeline, "negotiate", negotiating)
    replace(reference.pipeline, "check_body", checking)


@LIBERTIES.add("path-examined")
def path_examined(reference: Reference) -> None:
    """A path parameter that breaks its schema is answered 400, not 404."""

    def make(_: Method) -> Method:
        def check(call: Call) -> list[Violation]:
            return [error for parameter in call.operation.path for error in _errors(call, parameter)]

        return check

    replace(reference.pipeline, "check_path", make)


def _errors(call: Call, parameter: Parameter) -> tuple[Violation, ...]:
    return parameter.value([call.path[parameter.name]])[1]


@LIBERTIES.add("content-in-get-refused")
def content_in_get_refused(reference: Reference) -> None:
    """A GET with content is answered 400."""

    def make(negotiate: Method) -> Method:
        def check(call: Call) -> None:
            negotiate(call)
            announced = call.request.joined("content-length") not in (None, "0")
            if call.operation.method == "GET" and (announced or call.request.joined("transfer-encoding")):
                raise invalid((Violation("content", "本文は受け付けません / No content here", pointer=""),))

        return check

    replace(reference.pipeline, "negotiate", make)


@LIBERTIES.add("415-for-nothing")
def unsupported_for_nothing(reference: Reference) -> None:
    """A request with neither content nor Content-Type, where content is required, is answered 415."""

    def make(negotiate: Method) -> Method:
        def check(call: Call) -> None:
            nothing = call.request.joined("content-type") is None and not call.request.joined("transfer-encoding")
            if call.operation.body_required and nothing and call.request.joined("content-length") in (None, "0"):
                raise Problem(415, "unsupported_media_type")
            negotiate(call)

        return check

    replace(reference.pipeline, "negotiate", make)


@LIBERTIES.add("invalid-request-for-repeated-members")
def invalid_request_for_repeated_members(reference: Reference) -> None:
    """A member that stands twice in an object is the code invalid_request, as any 400 is."""

    def make(check_body: Method) -> Method:
        def check(call: Call) -> None:
            try:
                check_body(call)
            except Problem as problem:
                if problem.code == "malformed_json" and _repeats(call.raw_body):
                    raise invalid((Violation("repeated", "項目の重複 / A member stands twice", pointer=""),)) from None
                raise

        return check

    replace(reference.pipeline, "check_body", make)


def _repeats(raw: bytes) -> bool:
    """Whether a body is JSON but for a member that stands twice."""
    found: list[bool] = []

    def pairs(members: list[tuple[str, object]]) -> dict[str, object]:
        found.append(len(dict(members)) != len(members))
        return dict(members)

    try:
        json.loads(raw.decode("utf-8", "strict"), object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return False
    return any(found)
