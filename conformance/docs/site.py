"""The pages of the site, made from the documents; the same documents give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from conformance import __version__
from conformance.catalogue.service import COMMON
from conformance.docs import described, markdown, operations, schemas, search
from conformance.docs.chapters import Chapter, Withdrawn, read_chapters
from conformance.docs.judged import Judged, judged
from conformance.docs.proven import Proven, proven
from conformance.model import Requirement, Text
from conformance.views import html, translations

_TEMPLATES = Path(__file__).parent / "templates"
WORDS = {**translations.WORDS, **translations.read_words(_TEMPLATES / "words.txt")}


@dataclass(frozen=True)
class Place:
    """Where a document names a requirement: an operation's parameter, or a member of a schema."""

    chapter: Chapter
    anchor: str
    name: str


@dataclass(frozen=True)
class Site:
    """All that the pages tell, read once."""

    chapters: tuple[Chapter, ...]
    proven: Proven
    judged: Mapping[str, list[Judged]]

    @cached_property
    def requirements(self) -> dict[str, tuple[Chapter, Requirement]]:
        """Every requirement with its chapter, by id; the newest version of a document counts."""
        found = {r.id: (chapter, r) for chapter in self.chapters for r in chapter.requirements}
        return dict(sorted(found.items()))

    @cached_property
    def withdrawn(self) -> dict[str, tuple[Chapter, Withdrawn]]:
        """Requirements that are no longer in force, by id."""
        return {entry.id: (chapter, entry) for chapter in self.chapters for entry in chapter.withdrawn}

    @cached_property
    def places(self) -> dict[str, list[Place]]:
        """Where each requirement is named in the documents (`x-business-rules`)."""
        found: dict[str, list[Place]] = {}
        for chapter in self.chapters:
            for place, rules in _named(chapter):
                for rule in rules:
                    found.setdefault(rule, []).append(place)
        return found

    @cached_property
    def judged_on(self) -> dict[tuple[str, str], list[str]]:
        """The requirements that are judged on the answers of an operation, by chapter and operation."""
        found: dict[tuple[str, str], list[str]] = {}
        for requirement, all_judged in sorted(self.judged.items()):
            for own in all_judged:
                for operation in own.operations:
                    found.setdefault((own.service, operation), []).append(requirement)
        return found

    @cached_property
    def common_codes(self) -> dict[str, Any]:
        """The problem codes of the common part."""
        commons = [chapter for chapter in self.chapters if chapter.name == COMMON]
        return {k: v for c in commons for k, v in (c.document.get("x-problem-code-catalogue") or {}).items()}

    def chapter(self, key: str) -> Chapter:
        """A chapter by its key."""
        return next(chapter for chapter in self.chapters if chapter.key == key)


def _named(chapter: Chapter) -> Iterator[tuple[Place, tuple[str, ...]]]:
    for _, _, found in operations.told(chapter):
        for told in found:
            for parameter in told.parameters:
                name = f"{told.operation.id}: {parameter.name}"
                yield Place(chapter, told.operation.id, name), parameter.rules
    for name, schema in chapter.document.get("components", {}).get("schemas", {}).items():
        for row in schemas.rows(schema):
            yield Place(chapter, f"schema-{name}", f"{name}.{row.name}" if row.name else name), row.rules


def read(root: Path, report: Path | None = None, *, drafts: bool = False) -> Site:
    """Read the documents under a folder such as `specs/`, their editions, and what is planted to prove them.

    Raises `UsageError`, `DocumentError`.
    """
    chapters = read_chapters(root, drafts=drafts)
    services = [chapter.service for chapter in chapters if chapter.service is not None]
    digests = {name: value for service in services for name, value in service.digests.items()}
    return Site(chapters, proven(report, digests), judged(services))


def build(site: Site) -> dict[str, str]:
    """The files of the site by their path in it."""
    environment = _environment()
    files = {
        "assets/site.css": html.text_of("page.css") + (_TEMPLATES / "site.css").read_text("utf-8"),
        "assets/site.js": html.text_of("language.js") + (_TEMPLATES / "site.js").read_text("utf-8"),
        "assets/search.js": search.script(_entries(site), (_TEMPLATES / "search.js").read_text("utf-8")),
    }

    def page(name: str, template: str, **values: object) -> None:
        up = "../" * name.count("/")
        files[name] = environment.get_template(template).render(site=site, up=up, here=name, **values)

    page("index.html", "index.html.j2")
    for chapter in site.chapters:
        page(
            chapter.page,
            "chapter.html.j2",
            chapter=chapter,
            groups=list(operations.told(chapter)),
            codes=operations.codes(chapter, site.common_codes),
            schema_names=chapter.document.get("components", {}).get("schemas", {}),
        )
    for name, (chapter, requirement) in site.requirements.items():
        page(
            search.requirement_page(name),
            "requirement.html.j2",
            chapter=chapter,
            requirement=requirement,
            ways=described.ways(requirement),
            played=described.played(requirement, site.chapters),
            judged=site.judged.get(name, []),
            places=site.places.get(name, []),
            faults=site.proven.faults.get(name, ()),
        )
    for name, (chapter, entry) in site.withdrawn.items():
        page(search.requirement_page(name), "withdrawn.html.j2", chapter=chapter, entry=entry)
    return files


def write(files: Mapping[str, str], folder: Path) -> Path:
    """Write the files into a folder, which is made where it is not there; gives the first page."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder / "index.html"


def _entries(site: Site) -> Iterator[search.Entry]:
    yield from search.of_requirements(site.requirements)
    for chapter in site.chapters:
        yield from search.of_chapter(chapter, site.common_codes)


def _environment() -> jinja2.Environment:
    environment = html.environment(_TEMPLATES)
    environment.globals.update(
        t=lambda key, **values: html.both(_word(key, **values)),
        word=_word,
        paragraphs=markdown.paragraphs,
        line=markdown.line,
        schema_rows=schemas.rows,
        schema_examples=schemas.examples,
        pretty=lambda value: json.dumps(value, ensure_ascii=False, indent=2),
        applies=lambda requirement: html.both(translations.applies(requirement.condition)),
        requirement_page=search.requirement_page,
        version=__version__,
    )
    return environment


def _word(key: str, **values: object) -> Text:
    found = WORDS[key]
    return Text(found.ja.format(**values), found.en.format(**values)) if values else found
