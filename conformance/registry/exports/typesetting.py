"""Has a document set as PDF: in a process apart, a few at a time, and not twice where nothing has changed."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import msgspec

from conformance.model import Text
from conformance.registry.bounds import MIB
from conformance.registry.exports.document import Document, plain
from conformance.registry.refusals import AGAIN_LATER, UnavailableError

NO_FONT: Final = 3
"""Exit code of the process where no Japanese font is found."""
_KEPT: Final = 8
_SEEN: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "HOME", "XDG_CACHE_HOME")
"""All that the process knows of our environment."""


@dataclass(frozen=True)
class Limits:
    """What setting one document may take; sizes in bytes."""

    memory: int = 2048 * MIB
    cpu_seconds: int = 60
    wall_seconds: float = 120.0
    size: int = 16 * MIB


class Places:
    """How many documents are set at once, and how many may wait for it; whoever comes after is told to come again."""

    def __init__(self, working: int = 2, waiting: int = 8) -> None:
        self._working = threading.BoundedSemaphore(working)
        self._waiting = threading.BoundedSemaphore(working + waiting)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A place, as long as the context lasts. Raises `UnavailableError` where too many wait already."""
        if not self._waiting.acquire(blocking=False):
            raise UnavailableError(
                Text("現在、作成中の文書が多すぎます。", "too many documents are being made just now"),
                next_step=AGAIN_LATER,
            )
        try:
            with self._working:
                yield
        finally:
            self._waiting.release()


_PLACES: Final = Places()


def typeset(document: Document, limits: Limits = Limits(), places: Places = _PLACES) -> bytes:
    """The document as PDF; the same bytes for the same document on the same machine.

    Raises `UnavailableError` where no Japanese font is installed, where too many are being made, or where it would take
    more than `limits`.
    """
    return _set(msgspec.json.encode(plain(msgspec.to_builtins(document))), limits, places)


@functools.lru_cache(maxsize=_KEPT)
def _set(document: bytes, limits: Limits, places: Places) -> bytes:
    with places.taken():
        return _made(document, limits)


def _made(document: bytes, limits: Limits) -> bytes:
    command = [sys.executable, "-m", "conformance.registry.exports.typesetting_process"]
    try:
        ended = subprocess.run(  # noqa: S603  our own program
            [*command, str(limits.memory), str(limits.cpu_seconds)],
            env={name: os.environ[name] for name in _SEEN if name in os.environ},
            input=document,
            capture_output=True,
            check=False,
            timeout=limits.wall_seconds,
        )
    except subprocess.TimeoutExpired:
        raise _too_much() from None
    if ended.returncode == NO_FONT:
        raise UnavailableError(
            Text(
                "登録簿のサーバーに日本語のフォントがありません。",
                "no Japanese font is installed where the registry runs",
            ),
            next_step=Text(
                "登録簿の運用者が`apt-get install fonts-noto-cjk`などによりフォントを導入する必要があります。",
                "its operator installs one, as with `apt-get install fonts-noto-cjk`",
            ),
        )
    if ended.returncode < 0 or len(ended.stdout) > limits.size:
        raise _too_much()
    if ended.returncode or not ended.stdout.startswith(b"%PDF-"):
        last = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise UnavailableError(
            Text("文書を作成できませんでした。", f"the document could not be set: {last[0][:300]}"),
            next_step=Text("機関に連絡してください。", "report it"),
        )
    return ended.stdout


def _too_much() -> UnavailableError:
    return UnavailableError(
        Text("文書が大きすぎるため、PDFを作成できません。", "the document is too large to be set"),
        next_step=Text("HTML又はJSONで取得してください。", "take it as HTML or JSON"),
    )
