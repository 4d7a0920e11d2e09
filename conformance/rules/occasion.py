"""What documents must hold for a rule over every exchange to be about them: the `occasion` of the rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.catalogue.operations import Answer
from conformance.catalogue.service import Service

Occasion = Callable[[Service], bool]


def pages(service: Service) -> bool:
    """Whether an operation gives pages."""
    operations = service.operations.values()
    return any(o.parameter("limit", "query") and o.parameter("offset", "query") for o in operations)


def declares(header: str, *statuses: str) -> Occasion:
    """Whether an answer with one of these statuses (or the beginnings of them) declares a header."""

    def asked(service: Service) -> bool:
        return any(header in {name.lower() for name in answer.headers} for answer in _answers(service, statuses))

    return asked


def answers(*statuses: str) -> Occasion:
    """Whether an answer with one of these statuses is declared."""
    return lambda service: any(True for _ in _answers(service, statuses))


def _answers(service: Service, statuses: tuple[str, ...]) -> Iterator[Answer]:
    """The declared answers with these statuses; a range and `default` may stand for any of them."""
    for operation in service.operations.values():
        for status, answer in operation.answers.items():
            if status.startswith(statuses) or status.upper() == "2XX" or status == "default":
                yield answer
