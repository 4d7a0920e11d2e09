"""How a rule that refuses is made to let something pass: what the faults of refusals are planted with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.records import Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Condition = Callable[..., bool]


def passing(code: str, when: Condition = lambda *_: True) -> Callable[[Method], Method]:
    """Of a check that answers nothing: what it would refuse with this code passes, where `when` says so."""

    def make(check: Method) -> Method:
        def lenient(*arguments: Any) -> None:
            try:
                check(*arguments)
            except Problem as problem:
                if problem.code != code or not when(*arguments):
                    raise

        return lenient

    return make


def of(*operations: str) -> Condition:
    """A condition on the call: it is one of these operations."""
    return lambda call, *_: call.operation.id in operations


def refused_as(status: int, code: str, other: str, when: Condition = lambda *_: True) -> Callable[[Method], Method]:
    """Of any method: what is refused with `code` is refused with another status and code instead."""

    def make(method: Method) -> Method:
        def confused(*arguments: Any) -> Any:
            try:
                return method(*arguments)
            except Problem as problem:
                if problem.code != code or not when(*arguments):
                    raise
                raise Problem(status, other, problem.detail, problem.errors) from None

        return confused

    return make


def open_although(operation: str, when: Callable[[Entry], bool]) -> Callable[[Method], Method]:
    """Of `Named.is_open`: for one operation, residents for whom `when` holds are open to it as well."""

    def make(is_open: Method) -> Method:
        def lenient(call: Call, entry: Entry) -> bool:
            return is_open(call, entry) or (call.operation.id == operation and when(entry))

        return lenient

    return make


def head_unasked(operation: str, when: Condition = lambda *_: True) -> Callable[[Method], Method]:
    """Of `Succession.of_remaining`: where nobody is named as head and somebody has to be, the first one becomes it."""

    def make(of_remaining: Method) -> Method:
        def unasked(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            found: Entry | None
            try:
                found = of_remaining(call, members, leaving, field)
            except Problem:
                if call.operation.id != operation or field in call.body or not when(call, members, leaving):
                    raise
                found = next(entry for entry in members if entry.id not in leaving)
            return found

        return unasked

    return make


def headless(
    reference: Reference, operation: str, kind: str, when: Callable[[Entry], bool] = lambda entry: True
) -> None:
    """Whoever alone remains after an operation, by which notifications of a kind are recorded, does not become head."""
    succession = reference.the(ResidentRegistry).succession
    revise(
        succession,
        "of_remaining",
        heir(operation, lambda head, remaining: None if len(remaining) == 1 and when(head) else head),
    )

    def last_one(last: Method) -> Method:
        return lambda recorded, members: None if recorded == kind else last(recorded, members)

    def is_headed(headed: Method) -> Method:
        return lambda recorded, members: (recorded == kind and len(members) == 1) or headed(recorded, members)

    revise(succession, "last_one", last_one)
    revise(succession, "is_headed", is_headed)


def heir(operation: str, other: Callable[[Entry, list[Entry]], Entry | None]) -> Callable[[Method], Method]:
    """Of `Succession.of_remaining`: `other` says who becomes head in place of the one found, of those who remain."""

    def make(of_remaining: Method) -> Method:
        def found(call: Call, members: list[Entry], leaving: set[str], field: str) -> Entry | None:
            head: Entry | None = of_remaining(call, members, leaving, field)
            if head is None or call.operation.id != operation:
                return head
            return other(head, [entry for entry in members if entry.id not in leaving])

        return found

    return make
