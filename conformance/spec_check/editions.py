"""The edition beside the documents belongs to them, and its scripts reach every requirement that scripts verify."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.catalogue.service import DRAFT, EDITION_FILE, Service
from conformance.edition_file import Edition, load
from conformance.errors import EditionError
from conformance.model import Requirement, Text
from conformance.spec_check.problem import Problem, from_error
from conformance.spec_check.published import Published


def edition_problems(published: Published) -> Iterator[Problem]:
    """Problems of all editions, and as warnings the requirements that no script of any edition judges."""
    reached: set[str] = set()
    current = bool(published.services)
    for key, service in published.services.items():
        if (service.folder / DRAFT).is_file():
            continue
        file = f"{key}/{EDITION_FILE}"
        try:
            edition = load(service.edition_path)
        except EditionError as error:
            current = False
            yield from_error(error, file, published.root)
            continue
        yield from _stale(service, edition, file)
        reached.update(name for script in edition.scripts for name in script.requirements)
    if not current:
        return
    for file, catalogue in published.catalogues.items():
        if (published.root / file).with_name(DRAFT).is_file():
            continue
        for requirement in catalogue.requirements:
            if _by_scripts(requirement) and requirement.id not in reached:
                message = Text(
                    ja="どの版のスクリプトも、この要件を判定しません。", en="no script of any edition judges it."
                )
                next_step = "run 'conformance compile'; if it stays, the documents hold nothing that it is about"
                yield Problem(file, requirement.id, message, next_step, "warning")


def _stale(service: Service, edition: Edition, file: str) -> Iterator[Problem]:
    header = edition.header
    if (header.service, header.version) != (service.name, service.version):
        message = Text(
            ja=f"版は {header.service}/{header.version} のものです。",
            en=f"is that of {header.service}/{header.version}.",
        )
        yield Problem(file, "", message, "run: conformance compile")
    names = sorted(header.documents.keys() | service.digests.keys())
    changed = [name for name in names if header.documents.get(name) != service.digests.get(name)]
    if changed:
        message = Text(
            ja=f"版が文書より古くなっています({', '.join(changed)})。",
            en=f"is stale: {', '.join(changed)} changed after it was compiled.",
        )
        yield Problem(file, "", message, "run: conformance compile")


def _by_scripts(requirement: Requirement) -> bool:
    """Whether nothing but scripts can judge it: rules look at every exchange of every script."""
    return requirement.not_tested is None and not any(way.rule for way in requirement.verified_by)
