"""What judging is told of older editions: a value that goes from the registry into the process that judges."""

from __future__ import annotations

from typing import Final

import msgspec


class Kept(msgspec.Struct, frozen=True):
    """Older editions by digest: the folders of those that are accepted, the last days of those that were."""

    accepted: dict[str, str] = {}
    ended: dict[str, str] = {}


NONE: Final = Kept()
