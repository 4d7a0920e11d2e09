"""How the service is made to overlook, to refuse or to refuse otherwise: what its faults are planted with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem, rule

When = Callable[..., bool]
"""Whether a fault is about these arguments of a method."""


def always(*_: Any) -> bool:
    """All arguments."""
    return True


def waive(part: object, check: str, when: When = always) -> None:
    """The check, which only raises, passes for such arguments."""

    def make(original: Method) -> Method:
        return lambda *arguments: None if when(*arguments) else original(*arguments)

    revise(part, check, make)


def refuse(part: object, check: str, problem: Problem, when: When) -> None:
    """The check also refuses such arguments, after all that it refuses anyway."""

    def make(original: Method) -> Method:
        def strict(*arguments: Any) -> Any:
            value = original(*arguments)
            if when(*arguments):
                raise problem
            return value

        return strict

    revise(part, check, make)


def rename(part: object, check: str, code: str) -> None:
    """What the check refuses it refuses with 422 and another code."""

    def make(original: Method) -> Method:
        def renamed(*arguments: Any) -> Any:
            try:
                return original(*arguments)
            except Problem as refusal:
                raise rule(code, refusal.detail) from None

        return renamed

    revise(part, check, make)


def alter(part: object, method: str, change: Callable[..., Any]) -> None:
    """What the method gives passes through a function, which is also told its arguments."""

    def make(original: Method) -> Method:
        return lambda *arguments: change(original(*arguments), *arguments)

    revise(part, method, make)
