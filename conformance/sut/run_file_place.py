"""Where in a run file something is wrong: file, line and key, for every error that is told of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from conformance.errors import RunFileError
from conformance.model import Text

from .texts import both
from .toml_lines import Key, key_lines, line_of


class Place:
    """The text of one run file, to say where in it something is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self._lines = key_lines(text)

    def where(self, key: Sequence[str]) -> str:
        """`conformance.toml:12: body.code`"""
        name = ".".join(key)
        return f"{self.path}:{line_of(self._lines, key)}" + (f": {name}" if name else "")

    def line(self, key: Sequence[str]) -> int:
        """The line of a key."""
        return line_of(self._lines, key)

    def refuse(self, key: Sequence[str], what: Text, then: Text) -> NoReturn:
        """Raise RunFileError for a key."""
        raise RunFileError(both(what), where=self.where(key), next_step=both(then))


def nearest(word: str, among: Iterable[str]) -> str | None:
    """The most similar known word, if any is similar."""
    found = difflib.get_close_matches(word, list(among), n=1, cutoff=0.6)
    return found[0] if found else None


def refuse_name(key: Key, thing: Text, name: str, among: Iterable[str], place: Place) -> NoReturn:
    """Raise RunFileError for a name that is not among those known, with the nearest one."""
    names = sorted(among)
    near = nearest(name, names)
    listed = ", ".join(names) or "-"
    hint = Text(ja=f"{near} の誤りではありませんか。", en=f"did you mean {near}? ") if near else Text(ja="", en="")
    place.refuse(
        key,
        Text(ja=f"不明な{thing.ja}です: {name}", en=f"unknown {thing.en} {name}"),
        Text(ja=f"{hint.ja}公開されているもの: {listed}", en=f"{hint.en}published: {listed}"),
    )
