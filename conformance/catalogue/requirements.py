"""Requirement catalogues: read, checked by type, and asked whether a requirement applies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from conformance.catalogue.yaml_reader import read
from conformance.errors import DocumentError
from conformance.model import Requirement, Text


@dataclass(frozen=True)
class Catalogue:
    """The requirements of one published document set, in their published order, and the titles of its areas."""

    name: str
    version: str
    title: Text
    requirements: tuple[Requirement, ...]
    areas: dict[str, Text]


@dataclass(frozen=True)
class Situation:
    """What decides which requirements apply: who the body is, what was declared, on which day, which services."""

    body_type: str
    options: frozenset[str]
    upper_tester: bool
    day: dt.date
    services: frozenset[str] = frozenset()


def load_catalogue(path: Path) -> Catalogue:
    """The catalogue of a `requirements.yaml`. Raises `DocumentError` with the id of the entry that is wrong."""
    content = read(path)
    if not isinstance(content, dict) or not isinstance(content.get("requirements"), list):
        raise DocumentError("has no list 'requirements'", where=str(path), next_step="see specs/README.md")
    entries = tuple(_requirement(path, index, entry) for index, entry in enumerate(content["requirements"]))
    return Catalogue(
        name=str(content.get("catalogue", path.parent.parent.name)),
        version=str(content.get("version", path.parent.name)),
        title=msgspec.convert(content.get("title", {"ja": "", "en": ""}), Text),
        requirements=entries,
        areas=_areas(path, content.get("areas", {})),
    )


def _areas(path: Path, content: Any) -> dict[str, Text]:
    try:
        return msgspec.convert(content, dict[str, Text])
    except msgspec.ValidationError as error:
        raise DocumentError(
            f"areas: {error}", where=str(path), next_step="write each as `name: {ja: ..., en: ...}`"
        ) from None


def _requirement(path: Path, index: int, entry: Any) -> Requirement:
    try:
        return msgspec.convert(entry, Requirement)
    except msgspec.ValidationError as error:
        name = entry.get("id", f"number {index + 1}") if isinstance(entry, dict) else f"number {index + 1}"
        raise DocumentError(
            f"requirement {name}: {error}", where=str(path), next_step="see specs/README.md for the form of an entry"
        ) from None


def body_classes(body_type: str) -> frozenset[str]:
    """The classes a body belongs to for conditions: its own type, and `municipality` for all municipalities."""
    municipalities = {"designated_city", "core_city", "special_ward", "city", "town", "village"}
    return frozenset({body_type, "municipality"} if body_type in municipalities else {body_type})


def why_not_applicable(requirement: Requirement, situation: Situation) -> Text | None:
    """Why a requirement does not apply, or None when it does. The lack of an upper tester is no such reason."""
    condition = requirement.condition
    if requirement.effective_from > situation.day.isoformat():
        return Text(
            ja=f"{requirement.effective_from}から適用されます。", en=f"It applies from {requirement.effective_from}."
        )
    if condition.body_types and not body_classes(situation.body_type) & set(condition.body_types):
        wanted = ", ".join(condition.body_types)
        return Text(
            ja=f"対象の団体種別({wanted})ではありません({situation.body_type})。",
            en=f"It is for bodies of type {wanted}; this one is {situation.body_type}.",
        )
    missing = [option for option in condition.options if option not in situation.options]
    if missing:
        return Text(
            ja=f"オプション {', '.join(missing)} は宣言されていません。",
            en=f"The option {', '.join(missing)} is not declared.",
        )
    apart = [service for service in condition.services if service not in situation.services]
    if apart:
        return Text(
            ja=f"サービス {', '.join(apart)} は試験の対象になっていません。",
            en=f"The service {', '.join(apart)} is not among those that are tested.",
        )
    return None


def applicable(requirements: Collection[Requirement], situation: Situation) -> frozenset[str]:
    """Ids of the requirements that apply and can be tested at all."""
    return frozenset(r.id for r in requirements if r.not_tested is None and why_not_applicable(r, situation) is None)
