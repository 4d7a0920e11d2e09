"""How the reference is made to overlook that somebody is hidden: in some calls, at some place of the content."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.records import Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

When = Callable[[Call], bool]


def asked(operation: str) -> When:
    """Calls of one operation."""
    return lambda call: call.operation.id == operation


def again(operation: str) -> When:
    """Calls of one operation by somebody who has a copy already."""
    return lambda call: call.operation.id == operation and call.request.joined("if-none-match") is not None


def overlook(reference: Reference, when: When) -> None:
    """In such calls nobody is hidden."""

    def make(hides: Method) -> Method:
        return lambda call, resident_id: not when(call) and hides(call, resident_id)

    revise(reference.the(ResidentRegistry).visibility, "hides", make)


def overlook_listed(reference: Reference, when: When) -> None:
    """In such calls nobody is left out of what is listed."""

    def make(hidden_ids: Method) -> Method:
        return lambda call: frozenset() if when(call) else hidden_ids(call)

    revise(reference.the(ResidentRegistry).visibility, "hidden_ids", make)


def overlook_named(reference: Reference, when: Callable[[Call, Entry, str], bool]) -> None:
    """Content may name somebody who is hidden, where `when` says so of call, entry and pointer."""
    visibility = reference.the(ResidentRegistry).visibility

    def make(in_body: Method) -> Method:
        def lenient(call: Call, resident_id: str, pointer: str) -> Entry:
            entry = visibility.register.known(resident_id)
            if entry is not None and when(call, entry, pointer):
                return entry
            found: Entry = in_body(call, resident_id, pointer)
            return found

        return lenient

    revise(visibility, "in_body", make)


def overlook_repeated(reference: Reference, when: When) -> None:
    """In such calls the stored answer is repeated, whoever it names."""

    def make(hides: Method) -> Method:
        def careless(call: Call, names: Iterable[str]) -> bool:
            return not when(call) and bool(hides(call, names))

        return careless

    revise(reference.the(ResidentRegistry), "hides", make)


def tell_apart(part: object, name: str, when: When, problem: Callable[[Problem], Problem]) -> None:
    """The method `name`, whose first argument is the call, refuses on behalf of a hidden person with another problem.

    As it raises for unknown ids too, a refusal is known by the mark that it leaves for the audit trail.
    """

    def make(method: Method) -> Method:
        def telling(call: Call, *arguments: object) -> object:
            try:
                return method(call, *arguments)
            except Problem as refusal:
                if call.withheld and when(call):
                    raise problem(refusal) from None
                raise

        return telling

    revise(part, name, make)


def in_other_words(refusal: Problem) -> Problem:
    """The same refusal, whose detail says why."""
    detail = "閲覧が制限されています / Access is restricted"
    return Problem(refusal.status, refusal.code, detail, refusal.errors, refusal.headers)


def without_place(refusal: Problem) -> Problem:
    """The same refusal, which does not say where."""
    return Problem(refusal.status, refusal.code, refusal.detail, (), refusal.headers)


def at_another_place(refusal: Problem) -> Problem:
    """The same refusal, which says that the whole content is at fault."""
    errors = tuple(replace(error, pointer="") for error in refusal.errors)
    return Problem(refusal.status, refusal.code, refusal.detail, errors, refusal.headers)
