"""A request for a page as its handler sees it, and what a handler gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.model import Text
from conformance.registry.actors import PUBLIC, Actor
from conformance.registry.office import Office
from conformance.registry.refusals import RegistryError
from conformance.views.translations import spoken

LANGUAGES: Final = ("ja", "en")
PER_PAGE: Final = 20
_FARTHEST: Final = 1_000_000


@dataclass(frozen=True)
class Refused:
    """What was asked for and not done: why, and what the form had in it, so that nobody writes it twice."""

    error: RegistryError
    act: str = ""
    sent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """Who asks for which page, in which language. `session` is None for somebody who is not signed in."""

    office: Office
    actor: Actor
    lang: str
    address: str
    """Path of the page."""
    path: Mapping[str, str]
    query: Mapping[str, str]
    session: str | None = None
    refused: Refused | None = None
    made: Mapping[str, str] = field(default_factory=dict)
    """What is told once, as the token of an account that was just made."""

    @property
    def public(self) -> bool:
        """Whether it is nobody in particular."""
        return self.actor == PUBLIC

    @property
    def offset(self) -> int:
        """Where the page of a list begins; what is no number is the beginning."""
        told = self.query.get("offset", "0")
        return min(int(told), _FARTHEST) if told.isascii() and told.isdigit() and len(told) < 10 else 0

    def say(self, text: Text) -> str:
        """A text in the visitor's language."""
        return spoken(text, self.lang)


@dataclass(frozen=True)
class Shown:
    """A template and what it shows."""

    template: str
    title: Text
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """One page: its path, who makes it, whether it is there for everybody, and which endpoints its forms call."""

    path: str
    handler: Callable[[Visit], Shown]
    public: bool = False
    acts: frozenset[str] = frozenset()
