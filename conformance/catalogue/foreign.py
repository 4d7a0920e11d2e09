"""A document that nobody here wrote, published like one of ours: its own form, and the requirements that hold for it.

Only what OpenAPI, JSON Schema and HTTP themselves say may fail somebody else's system. So the catalogue beside the
document holds the common requirements marked `derivable`, verified only in the ways that need no profile; and those
that a server may disregard although its author wrote the document in good faith are recommendations there.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from conformance.catalogue.foreign_files import Files, Notes
from conformance.catalogue.foreign_form import Form
from conformance.catalogue.foreign_structure import check_structure
from conformance.catalogue.requirements import load_catalogue
from conformance.catalogue.service import COMMON
from conformance.errors import DocumentError
from conformance.model import Level, Requirement, Text
from conformance.resources import specs_dir

EXERCISED = frozenset({"get", "post", "put", "patch", "delete"})
"""Methods that are called; HEAD, OPTIONS and TRACE are left alone."""
LEFT_TO_THE_SERVER: Mapping[str, str] = {
    "COM-ERR-006": "no standard forbids it; what looks like the inside of a system may be its subject",
    "COM-HTTP-006": "no standard keeps a server from reading content whatever its Content-Type says",
    "COM-HTTP-008": "a document need not tell everything that is there (OpenAPI 3.1, 4.8.8)",
    "COM-TXT-002": "a reader of JSON may accept what is no JSON (RFC 8259, 9), and replace what is no UTF-8",
}
"""Requirements that are recommendations for documents of others, and why."""


@dataclass(frozen=True)
class ForeignDocument:
    """A document in our form. `notes` says what is unusual in it; `servers` where it says that it is served."""

    name: str
    version: str
    title: str
    document: dict[str, Any]
    servers: tuple[str, ...]
    notes: tuple[Text, ...]
    unsaid: int
    digest: str


def load_foreign(path: Path) -> ForeignDocument:
    """Read an OpenAPI 3.0 or 3.1 document. Raises `DocumentError` with place and next step."""
    notes = Notes()
    files = Files(path, notes)
    content = files.document().value
    _check_version(content, path)
    try:
        check_structure(files, notes)
        form = Form(files, notes)
        document = form.document()
    except RecursionError:
        raise DocumentError("nested too deeply", where=str(path), next_step="flatten the document") from None
    if not any(EXERCISED & item.keys() for item in document["paths"].values()):
        raise DocumentError(
            "declares no operation that could be called", where=str(path), next_step="give a document with paths"
        )
    info = document["info"]
    return ForeignDocument(
        name=_slug(info["title"], "document"),
        version=_slug(info["version"], "0"),
        title=info["title"],
        document=document,
        servers=form.servers(),
        notes=notes.texts,
        unsaid=notes.unsaid,
        digest="sha256:" + hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _check_version(content: Any, path: Path) -> None:
    if not isinstance(content, dict) or not content:
        raise DocumentError(
            "is empty or not a mapping", where=str(path), next_step="give an OpenAPI 3.0 or 3.1 document"
        )
    version = content.get("openapi")
    if isinstance(version, str) and re.match(r"3\.[01](?:\.|$)", version):
        return
    found = f"openapi: {version}" if version else "no 'openapi' key" + (" (Swagger 2)" if "swagger" in content else "")
    raise DocumentError(
        f"is not OpenAPI 3.0 or 3.1 ({found})", where=str(path), next_step="convert it to OpenAPI 3.1 first"
    )


def _slug(text: str, fallback: str) -> str:
    """A name for folders and headers; never one of our own, never a way out of the folder."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9.]+", "-", plain.lower()).strip("-.")[:60].strip("-.")
    return (
        name if name and ".." not in name and name not in {COMMON, "upper-tester"} else f"{fallback}-{name}".strip("-.")
    )


def publish(foreign: ForeignDocument, folder: Path) -> None:
    """Write the document and its requirements into a folder, as `load_service(…, strict=False)` reads them."""
    common = folder / COMMON / "1.0"
    own = folder / foreign.name / foreign.version
    for place in (common, own):
        place.mkdir(parents=True, exist_ok=True)
    (own / "openapi.yaml").write_text(json.dumps(foreign.document), "ascii")
    (common / "requirements.yaml").write_bytes(msgspec.json.format(msgspec.json.encode(derived_catalogue()), indent=1))


def derived_catalogue() -> dict[str, Any]:
    """The common requirements that hold for any document, as a catalogue."""
    common = load_catalogue(specs_dir() / COMMON / "1.0" / "requirements.yaml")
    return {
        "catalogue": COMMON,
        "version": common.version,
        "title": {
            "ja": "任意のOpenAPI文書に適用できる共通要件",
            "en": "Common requirements that hold for any OpenAPI document",
        },
        "requirements": [_derived(item) for item in common.requirements if item.derivable],
    }


def _derived(requirement: Requirement) -> dict[str, Any]:
    ways = tuple(way for way in requirement.verified_by if way.rule or way.scripts)
    level = Level.RECOMMENDED if requirement.id in LEFT_TO_THE_SERVER else requirement.level
    entry = msgspec.to_builtins(msgspec.structs.replace(requirement, verified_by=ways, level=level))
    return {key: value for key, value in entry.items() if value is not None}
