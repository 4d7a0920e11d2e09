"""Faults of methods and paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, rewrite
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

    replace(reference.pipeline, "route", make)


@FAULTS.add("allow-missing", "COM-HTTP-009")
def allow_missing(reference: Reference) -> None:
    """A 405 does not say which methods there are."""

    def silent(request: Request, answer: Answer) -> Answer:
        answer.headers[:] = [(name, value) for name, value in answer.headers if name != "Allow"]
        return answer

    rewrite(reference, silent)
