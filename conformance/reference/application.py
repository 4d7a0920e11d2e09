"""The reference as one object, made from its settings: services, clock, tokens, audit, pipeline. Faults go in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from conformance.reference import documents
from conformance.reference.audit import AuditLog
from conformance.reference.calls import Answer, Request
from conformance.reference.clients import Clients, Registration, register
from conformance.reference.clock import Clock
from conformance.reference.hosted import services
from conformance.reference.http import Application
from conformance.reference.idempotency import IdempotencyStore
from conformance.reference.identifiers import Ids
from conformance.reference.oauth import TokenEndpoint
from conformance.reference.paging import Pages
from conformance.reference.pipeline import Pipeline
from conformance.reference.service import Service
from conformance.reference.tokens import Tokens
from conformance.reference.upper_tester import UpperTester
from conformance.reference.wire import Wire

S = TypeVar("S", bound=Service)

COMMON = Path("common") / "1.0" / "components.yaml"


@dataclass(frozen=True)
class Settings:
    """Where the documents and the data are, and how the reference is to be."""

    specs: Path
    fixtures: Path
    people: int = 200
    body: str = "131016"
    upper_tester: bool = True
    without_options: frozenset[str] = frozenset()
    token_form: str = "opaque"  # noqa: S105  a kind of token, not a token
    registrations: Mapping[str, Registration] = field(default_factory=dict)
    client_auth: str | None = None
    time_of_day: str | None = None
    """The Japan time ("12:00") at which the clock begins, on the present day; None: the present time."""


class Reference:
    """The whole implementation. Every part is an attribute that may be replaced, or have a method replaced."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        common = documents.read(settings.specs / COMMON)
        self.titles = titles(common)
        self.clock = Clock(time_of_day=settings.time_of_day)
        self.ids = Ids()
        self.audit = AuditLog(self.ids)
        self.idempotency = IdempotencyStore()
        self.clients: Clients = register(
            roles(settings.specs, common), settings.registrations, Registration(method=settings.client_auth)
        )
        self.tokens = Tokens(self.clock, settings.token_form)
        self.pages = Pages()
        self.pipeline = Pipeline(self)
        found: list[Service] = [kind(self) for kind in services()]
        if settings.upper_tester:
            found.append(UpperTester(self))
        self.services = {service.base: service for service in found}
        self.token_endpoint = TokenEndpoint(self.clients, self.tokens, [service.name for service in found])
        self.outgoing: list[Callable[[Request, Answer], Answer]] = []
        for service in found:
            self.titles.update(titles(service.document))
        self.application = Application(self)
        self.wire = Wire()

    def the(self, kind: type[S]) -> S:
        """The service of a class. Raises `StopIteration` where it is not hosted."""
        return next(service for service in self.services.values() if isinstance(service, kind))

    def reset(self) -> None:
        """Back to the state at the start, the clock and the trail included; tokens stay in force."""
        self.clock.reset()
        self.audit.clear()
        self.idempotency.clear()
        for service in self.services.values():
            service.reset()


def roles(specs: Path, common: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """The published roles, each with its scopes: those of the common part, and what the document of a service adds."""
    own = [documents.read(specs / kind.name / kind.version / "openapi.yaml") for kind in services()]
    found: dict[str, dict[str, list[str]]] = {}
    for document in (common, *own):
        for name, role in document.get("x-roles", {}).items():
            found.setdefault(name, {"scopes": []})["scopes"] += role["scopes"]
    return found


def titles(document: Mapping[str, object]) -> dict[str, str]:
    """The titles of the published problem codes, in both languages."""
    catalogue = document.get("x-problem-code-catalogue")
    entries = catalogue.items() if isinstance(catalogue, dict) else ()
    return {code: f"{entry['title']['ja']} / {entry['title']['en']}" for code, entry in entries}
