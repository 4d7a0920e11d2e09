"""What every act of the registry needs: the database, the folder of files, the clock, the bounds, the key."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conformance.expression import JST
from conformance.model import Text
from conformance.registry.bounds import Bounds
from conformance.registry.judging import Judge, judge_apart
from conformance.registry.keys import Signer
from conformance.registry.refusals import InvalidError
from conformance.registry.store import Database

_HIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST_TEXT: Final = 4000


@dataclass(frozen=True)
class Office:
    """All of it. `signer` is None where this process signs nothing."""

    database: Database
    folder: Path
    url: str = "http://127.0.0.1"
    signer: Signer | None = field(default=None, repr=False)
    bounds: Bounds = field(default_factory=Bounds)
    judge: Judge = field(default=judge_apart, repr=False)
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    def now(self) -> dt.datetime:
        """The moment, to the second: what is signed and what is kept say the same."""
        return self.clock().astimezone(dt.UTC).replace(microsecond=0)

    def today(self) -> dt.date:
        """The day in Japan."""
        return self.clock().astimezone(JST).date()


def new_id() -> str:
    """An id that nobody can guess."""
    return secrets.token_hex(12)


def words(value: str, what: str, *, longest: int = _LONGEST_TEXT, empty: bool = False) -> str:
    """A text as somebody wrote it, if it is one that may be kept. Raises `InvalidError`.

    Characters that hide or turn round what stands beside them have no business in a record; all others stay as they
    are, for it is the page that has to escape them.
    """
    if not empty and not value.strip():
        raise InvalidError(
            Text("入力されていません。", "is empty"),
            where=what,
            next_step=Text("入力してください。", "say it in words"),
        )
    if len(value) > longest:
        raise InvalidError(
            Text(f"{len(value)}文字あり、長すぎます。", f"has {len(value)} characters"),
            where=what,
            next_step=Text(f"{longest}文字以内で入力してください。", f"use at most {longest}"),
        )
    if _HIDDEN.search(value):
        raise InvalidError(
            Text("制御文字が含まれています。", "has a control character"),
            where=what,
            next_step=Text("制御文字を取り除いてください。", "leave it out"),
        )
    return value
