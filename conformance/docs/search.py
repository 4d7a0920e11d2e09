"""What the search of the site finds: requirements, operations, types of data, problem codes, as one embedded index."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.docs import operations
from conformance.docs.chapters import Chapter
from conformance.model import Requirement, Text
from conformance.views.characters import visible


@dataclass(frozen=True)
class Entry:
    """One thing that can be found: where it is, its name, what it is called, what else it says."""

    kind: str
    address: str
    name: str
    title: Text
    more: Text

    def encode(self) -> list[str]:
        """The entry as the script reads it."""
        texts = (self.kind, self.address, self.name, self.title.ja, self.title.en, self.more.ja, self.more.en)
        return [visible(text) for text in texts]


def requirement_page(requirement: str) -> str:
    """The address of a requirement within the site; it never changes, as the id never does."""
    return f"requirements/{requirement}.html"


def of_requirements(requirements: Mapping[str, tuple[Chapter, Requirement]]) -> Iterator[Entry]:
    """Every requirement, with its statement."""
    for requirement, (_, found) in requirements.items():
        yield Entry("requirement", requirement_page(requirement), requirement, found.title, found.statement)


def of_chapter(chapter: Chapter, common_codes: Mapping[str, object]) -> Iterator[Entry]:
    """The documents of a service: itself, operations, schemas, problem codes of its own."""
    nothing = Text("", "")
    yield Entry("document", chapter.page, chapter.key, chapter.title, nothing)
    for _, _, found in operations.told(chapter):
        for told in found:
            operation = told.operation
            call = f"{operation.method} {operation.path}"
            yield Entry("operation", f"{chapter.page}#{operation.id}", operation.id, told.summary, Text(call, call))
    for name, schema in chapter.document.get("components", {}).get("schemas", {}).items():
        description = str(schema.get("description", "")) if isinstance(schema, dict) else ""
        yield Entry(
            "schema", f"{chapter.page}#schema-{name}", name, Text(chapter.key, chapter.key), Text("", description)
        )
    for name, title in operations.codes(chapter, {}).items():
        if chapter.service is None or name not in common_codes:
            yield Entry("code", f"{chapter.page}#code-{name}", name, title, nothing)


def script(entries: Iterator[Entry], code: str) -> str:
    """The index and what looks into it, as one file."""
    index = json.dumps([entry.encode() for entry in entries], ensure_ascii=False, separators=(",", ":"))
    return f'"use strict";\nconst INDEX = {index};\n{code}'
