"""Files of the API that pages point to: one table. What the API does not have yet is not pointed to.

A signed-in visitor's browser bears no token, so files that are not for everybody are got by way of `/files`, where the
same endpoint is asked for whoever is signed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

from conformance.registry.api.application import ENDPOINTS, PREFIX
from conformance.registry.api.calls import Endpoint, File

LINKS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "statement": (
        ("w.pdf_ja", "/statements/{id}/statement.pdf", "lang=ja"),
        ("w.pdf_en", "/statements/{id}/statement.pdf", "lang=en"),
        ("w.envelope", "/statements/{id}/file", ""),
    ),
    "system": (("w.badge", "/systems/{id}/badge.svg", ""),),
    "run": (
        ("w.scorecard_file", "/runs/{id}/scorecard", ""),
        ("w.oscal", "/runs/{id}/results", "format=oscal"),
        ("w.junit", "/runs/{id}/results", "format=junit"),
        ("w.sarif", "/runs/{id}/results", "format=sarif"),
        ("w.csv", "/runs/{id}/results", "format=csv"),
    ),
    "advisory": (
        ("w.advisory_file", "/advisories/{id}/page", ""),
        ("w.pdf_ja", "/advisories/{id}/advisory.pdf", "lang=ja"),
        ("w.pdf_en", "/advisories/{id}/advisory.pdf", "lang=en"),
    ),
}
"""For each kind of thing: word, path in the API, query."""


def files(endpoints: Iterable[Endpoint] = ENDPOINTS) -> dict[str, Endpoint]:
    """The endpoints that give files to be read, by their path."""
    return {e.path: e for e in endpoints if e.method == "GET" and e.gives is File}


def links(kind: str, thing: str) -> list[tuple[str, str]]:
    """Words and addresses of the files of a thing."""
    known = files()
    found = []
    for word, path, query in LINKS[kind]:
        if path in known:
            before = PREFIX if known[path].public else "/files"
            found.append((word, before + path.format(id=quote(thing, safe="")) + (f"?{query}" if query else "")))
    return found
