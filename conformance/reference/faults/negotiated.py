"""Faults of Accept and Content-Type: weights, several field lines, no type at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("first-line-of-accept", "COM-HTTP-017")
def first_line_of_accept(reference: Reference) -> None:
    """Of several lines of Accept the first one counts."""

    def make(check: Method) -> Method:
        def checked(call: Call) -> None:
            first = call.request.all("accept")[0]
            others = tuple(h for h in call.request.headers if h[0] != "accept")
            check(changed(call, request=changed(call.request, headers=(*others, ("accept", first)))))

        return checked

    replace(reference.pipeline, "check_accept", make, concerns=lambda call: len(call.request.all("accept")) > 1)


def _accept(reference: Reference, alter: Callable[[str], str]) -> None:
    def make(check: Method) -> Method:
        def checked(call: Call) -> None:
            headers = tuple((n, alter(v) if n == "accept" else v) for n, v in call.request.headers)
            check(changed(call, request=changed(call.request, headers=headers)))

        return checked

    revise(reference.pipeline, "check_accept", make)


@FAULTS.add("problems-only-accepted", "COM-HTTP-007")
def problems_only_accepted(reference: Reference) -> None:
    """Who accepts problems only is sent a success as JSON."""
    _accept(reference, lambda text: "*/*" if text.strip().lower() == "application/problem+json" else text)


@FAULTS.add("weight-of-zeros-not-understood", "COM-HTTP-007")
def weight_of_zeros_not_understood(reference: Reference) -> None:
    """A weight of 0.0 or 0.000 in Accept does not exclude."""
    _accept(reference, lambda text: re.sub(r"q=0\.0*(?![0-9])", "q=1", text, flags=re.IGNORECASE))


@FAULTS.add("smallest-weight-as-none", "COM-HTTP-017")
def smallest_weight_as_none(reference: Reference) -> None:
    """A weight below 0.1 in Accept excludes."""
    _accept(reference, lambda text: re.sub(r"q=0\.0[0-9]*", "q=0", text, flags=re.IGNORECASE))


@FAULTS.add("content-without-type-read", "COM-HTTP-006")
def content_without_type_read(reference: Reference) -> None:
    """Content without Content-Type is read as JSON, where an operation takes JSON."""

    def make(check: Method) -> Method:
        def checked(call: Call) -> None:
            as_json = any("json" in kind for kind in call.operation.bodies)
            if call.request.joined("content-type") is not None or not as_json:
                check(call)

        return checked

    revise(reference.pipeline, "check_content", make)
