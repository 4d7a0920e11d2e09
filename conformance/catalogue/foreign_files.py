"""The files of a document that somebody else wrote: read from its own folder only, never from the network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import unquote

from conformance.catalogue.yaml_reader import read
from conformance.errors import DocumentError
from conformance.model import Text

MAX_FILES = 300
MAX_NOTES = 200
_ELSEWHERE = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]+:|//)")


class Found(NamedTuple):
    """A value with the file and the pointer at which it stands."""

    value: Any
    file: Path
    pointer: str

    def inner(self, value: Any, *names: object) -> Found:
        """A value inside this one, with its place."""
        tail = "".join(f"/{str(name).replace('~', '~0').replace('/', '~1')}" for name in names)
        return Found(value, self.file, self.pointer + tail)


class Notes:
    """What is unusual in a document, or was left out of account, told to the person who runs the suite."""

    def __init__(self) -> None:
        self._said: dict[str, Text] = {}
        self.unsaid = 0

    def add(self, place: str, ja: str, en: str) -> None:
        """Tell one thing about one place, once; what is over `MAX_NOTES` is only counted."""
        if len(self._said) >= MAX_NOTES:
            self.unsaid += 1
        else:
            self._said.setdefault(f"{place} {en}", Text(ja=f"{place}: {ja}", en=f"{place}: {en}"))

    @property
    def texts(self) -> tuple[Text, ...]:
        """All of them, in order."""
        return tuple(self._said.values())


def refers(value: Any) -> bool:
    """Whether data (an example, say) holds what would be taken for a reference when the document is read again."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            if isinstance(item.get("$ref"), str):
                return True
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return False


UNREAD: Mapping[str, Any] = MappingProxyType({})
"""What stands for something in the network, which is never read: nothing is known of it."""


class Files:
    """The files under the folder of one document, read when a reference first names them."""

    def __init__(self, path: Path, notes: Notes) -> None:
        self.notes = notes
        self.path = path.resolve()
        self.folder = self.path.parent
        self._contents: dict[Path, Any] = {}

    def document(self) -> Found:
        """The document itself. Raises `DocumentError`."""
        return Found(self._content(self.path, str(self.path)), self.path, "")

    def place(self, found: Found) -> str:
        """Where something stands, as it is told to a person: file within the folder, and pointer."""
        return f"{self._name(found.file)}#{found.pointer or '/'}"

    def followed(self, found: Found) -> Found:
        """What stands behind a chain of references; mappings keep what stands beside the reference."""
        beside: dict[str, Any] = {}
        for _ in range(50):
            value = found.value
            if value is UNREAD:
                return found
            if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
                return found._replace(value={**value, **beside}) if beside and isinstance(value, Mapping) else found
            beside = {**{k: v for k, v in value.items() if k != "$ref"}, **beside}
            found = self.target(value["$ref"], found)
        raise DocumentError(
            "a $ref runs in a circle", where=self.place(found), next_step="let it end at something that is no reference"
        )

    def target(self, reference: str, origin: Found) -> Found:
        """What one reference names. Raises `DocumentError` where that is nothing, or not ours to read."""
        name, _, fragment = reference.partition("#")
        where = self.place(origin)
        if _ELSEWHERE.match(name):
            self.notes.add(
                where,
                f"{reference} はネットワーク上にあるため読みません。内容は問いません。",
                f"{reference} is in the network and is not read; whatever it says is left out of account.",
            )
            return Found(UNREAD, origin.file, origin.pointer)
        file = self._within((origin.file.parent / unquote(name)).resolve(), reference, where) if name else origin.file
        value = self._content(file, where)
        parts = [unquote(part).replace("~1", "/").replace("~0", "~") for part in fragment.strip("/").split("/")]
        for part in parts if fragment.strip("/") else ():
            if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            elif isinstance(value, Mapping) and part in value:
                value = value[part]
            else:
                raise DocumentError(
                    f"$ref '{reference}' points at nothing ('{part}' is not there)",
                    where=where,
                    next_step="correct the reference or add what it names",
                )
        return Found(value, file, f"/{fragment.strip('/')}" if fragment.strip("/") else "")

    def _within(self, file: Path, reference: str, where: str) -> Path:
        if self.folder not in file.parents:
            raise DocumentError(
                f"$ref '{reference}' leads out of the document's folder; nothing is read from there",
                where=where,
                next_step="put the document at the top of its folder, or bundle it into one file",
            )
        if not file.is_file():
            raise DocumentError(
                f"$ref '{reference}' names a file that is not there",
                where=where,
                next_step="correct the reference or add the file",
            )
        return file

    def _content(self, file: Path, where: str) -> Any:
        if file not in self._contents:
            if len(self._contents) >= MAX_FILES:
                raise DocumentError(f"more than {MAX_FILES} files", where=where, next_step="bundle them into one")
            self._contents[file] = read(file)
        return self._contents[file]

    def _name(self, file: Path) -> str:
        return str(file.relative_to(self.folder)) if self.folder in file.parents else str(file)
