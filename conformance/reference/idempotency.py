"""Repeated requests: the same client, operation, path, key and body get the same answer again, and no second effect."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from conformance.reference.calls import Answer, Call
from conformance.reference.problems import Problem

KEPT: Final = 48 * 3600 * 1_000_000
"""Microseconds for which an answer is kept; the documents ask for at least 24 hours."""


@dataclass(slots=True)
class _Kept:
    thing: tuple[tuple[str, str], ...]
    digest: bytes
    since: int
    answer: Answer | None = None


class IdempotencyStore:
    """Answers by client, operation and key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()

    def place(self, call: Call) -> tuple[str, ...]:
        """What a key belongs to: the client and the operation of one service."""
        return (call.caller.client, call.service, call.operation.id, call.key or "")

    def thing(self, call: Call) -> tuple[tuple[str, str], ...]:
        """What a request is about: the parameters of its path."""
        return tuple(sorted(call.path.items()))

    def digest(self, call: Call) -> bytes:
        """What makes two bodies the same: their bytes."""
        return blake2b(call.raw_body, digest_size=16).digest()

    def in_time(self, now: int, since: int) -> bool:
        """Whether an answer is still kept."""
        return abs(now - since) <= KEPT

    def kept(self, call: Call) -> _Kept | None:
        """What is kept of the first request that this one repeats, if it does."""
        return self._kept.get(self.place(call))

    def again(self, answer: Answer) -> Answer:
        """The answer as it is given again: as it was."""
        return answer

    def begin(self, call: Call) -> Answer | None:
        """The kept answer of a repetition; None for a first request, which is then in progress.

        Raises Problem 422 `idempotency_key_reused` for another body or thing, 409 `idempotency_in_progress` for
        overtaking.
        """
        place, thing, digest = self.place(call), self.thing(call), self.digest(call)
        kept = self.kept(call)
        if kept is not None and self.in_time(call.now, kept.since):
            if (kept.thing, kept.digest) != (thing, digest):
                raise Problem(
                    422, "idempotency_key_reused", "鍵は別の要求に使われています / Key used for another request"
                )
            if kept.answer is None:
                raise Problem(409, "idempotency_in_progress", "同じ要求を処理中です / The same request is in progress")
            return self.again(kept.answer)
        self._kept[place] = _Kept(thing, digest, call.now)
        self._kept.move_to_end(place)
        self._forget(call.now)
        return None

    def finish(self, call: Call, answer: Answer) -> None:
        """Keeps the answer of a first request."""
        kept = self._kept[self.place(call)]
        kept.answer = kept.answer or answer

    def abandon(self, call: Call) -> None:
        """Forgets a first request that had no effect: its key may be used again."""
        kept = self._kept.get(self.place(call))
        if kept is not None and kept.answer is None:
            del self._kept[self.place(call)]

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()

    def _forget(self, now: int) -> None:
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if now - oldest.since <= KEPT:
                return
            self._kept.popitem(last=False)
