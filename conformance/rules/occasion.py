"""Whether the documents of a service hold anything that a rule over every exchange is about.

A service without official numbers can neither repeat nor leak one: such a requirement does not apply to it. Where the
documents do hold an occasion and a run gives none, the requirement stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.catalogue.operations import Answer, Operation
from conformance.catalogue.service import Service
from conformance.rules.knowledge import PERSONAL_FORMATS


def has_occasion(rule: str, service: Service) -> bool:
    """Whether a rule could have something to say of answers that the documents declare; true where nobody knows."""
    asked = _OCCASIONS.get(rule)
    return asked is None or not service.strict or asked(service)


def _holds_personal_numbers(service: Service) -> bool:
    return any(found in PERSONAL_FORMATS for found in _formats(service.document))


def _formats(node: Any) -> Iterator[str]:
    if isinstance(node, dict) and isinstance(node.get("format"), str):
        yield node["format"]
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _formats(child)


def _pages(service: Service, *further: str) -> bool:
    wanted = ("limit", "offset", *further)
    return any(all(o.parameter(name, "query") for name in wanted) for o in service.operations.values())


def _answers(service: Service, *statuses: str) -> Iterator[Answer]:
    """The declared answers whose status begins with one of these texts; `2XX` counts for all of its range."""
    for operation in service.operations.values():
        yield from _of_operation(operation, statuses)


def _of_operation(operation: Operation, statuses: tuple[str, ...]) -> Iterator[Answer]:
    for status, answer in operation.answers.items():
        if status.startswith(statuses) or status.upper() == "2XX" or status == "default":
            yield answer


def _declares(header: str, *statuses: str) -> Callable[[Service], bool]:
    def asked(service: Service) -> bool:
        return any(header in {name.lower() for name in answer.headers} for answer in _answers(service, *statuses))

    return asked


_OCCASIONS: dict[str, Callable[[Service], bool]] = {
    "number-not-echoed": _holds_personal_numbers,
    "number-not-in-url": _holds_personal_numbers,
    "page-limit": _pages,
    "page-resultset": _pages,
    "page-sorted": lambda service: _pages(service, "sort"),
    "etag-strong": _declares("etag", "2"),
    "location-header": _declares("location", "201", "202"),
    "location-declared": lambda service: any(_answers(service, "201")),
}
"""Rules that are about something which a service need not have; every service has what the others are about."""
