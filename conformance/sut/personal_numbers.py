"""Which number stands for which: a keyed permutation of Individual Numbers and resident codes that lasts for a run.

The permutation keeps how many digits there are, whether the first is 0 (so that a JSON number stays one) and how far
the check digit is from the right one (a valid number stays valid, a wrong one wrong). It has no fixed point.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2s, sha256
from typing import Final

from conformance.identifiers import check_digit

KINDS: Final = {11: "resident-code", 12: "individual-number"}
"""The kinds of personal number, by how many digits they have."""

Draw = Callable[[int], int]

_REMEMBERED: Final = 200_000


class PersonalNumbers:
    """Replacements of numbers, as ASCII digits in bytes, and the set of numbers that are known.

    Known are numbers that were told (`learn`) and numbers that were replaced before: what is replaced in one place must
    be replaced in every place. Raises ValueError for an empty key.
    """

    def __init__(self, key: bytes) -> None:
        if not key:
            raise ValueError("the mapping of numbers needs a key: draw one per run, as secrets.token_bytes(32) does")
        self._key = sha256(b"conformance redaction 1\0" + key).digest()
        self._known: dict[bytes, bytes] = {}
        self._rounds: dict[tuple[int, int], tuple[Draw, ...]] = {}

    def __bool__(self) -> bool:
        """Whether any number is known."""
        return bool(self._known)

    def learn(self, digits: bytes) -> None:
        """Make a number known. Anything but 11 or 12 digits is passed over."""
        if len(digits) in KINDS and digits.isdigit():
            self._known[digits] = self.replacement(digits)

    def known(self, digits: bytes) -> bytes | None:
        """The replacement of a known number, None for any other."""
        return self._known.get(digits)

    def replacement(self, digits: bytes) -> bytes:
        """The replacement of a number of 11 or 12 digits. Raises KeyError for another length."""
        found = self._known.get(digits)
        if found:
            return found
        new = self._stepped(digits, 1)
        if len(self._known) < _REMEMBERED:
            self._known[digits] = new
        return new

    def original(self, digits: bytes) -> bytes:
        """The number that has this replacement. Raises KeyError for another length than 11 or 12."""
        return self._stepped(digits, -1)

    def _stepped(self, digits: bytes, step: int) -> bytes:
        """The number so many steps further on in the keyed order, as far from its check digit as this one."""
        kind, text = KINDS[len(digits)], digits.decode()
        offset = int(text[-1]) - int(check_digit(kind, text[:-1]))
        base = self._permuted(text[:-1], step)
        return (base + str((int(check_digit(kind, base)) + offset) % 10)).encode()

    def _permuted(self, base: str, step: int) -> str:
        """A permutation without fixed points of the numbers as long as `base`; those with a leading 0 among themselves.

        A four-round Feistel network over two unequal halves (Luby and Rackoff, 1988), one step along, and back.
        """
        low = int(10 ** (len(base) // 2))
        least = 0 if base[0] == "0" else int(10 ** (len(base) - 1))
        size = 9 * least or int(10 ** (len(base) - 1))
        high = size // low
        one, two, three, four = self._draws(len(base), least)
        left, right = divmod(int(base) - least, low)
        left = (left + one(right)) % high
        right = (right + two(left)) % low
        left = (left + three(right)) % high
        right = (right + four(left)) % low
        left, right = divmod((left * low + right + step) % size, low)
        right = (right - four(left)) % low
        left = (left - three(right)) % high
        right = (right - two(left)) % low
        left = (left - one(right)) % high
        return str(least + left * low + right).zfill(len(base))

    def _draws(self, length: int, least: int) -> tuple[Draw, ...]:
        """The keyed functions of the four rounds, one set for each domain."""
        found = self._rounds.get((length, least))
        if not found:
            found = tuple(_draw(self._key, b"%d %d %d" % (length, least, turn)) for turn in range(4))
            self._rounds[length, least] = found
        return found


def _draw(key: bytes, tag: bytes) -> Draw:
    # BLAKE2s with a key is a MAC by itself (RFC 7693, 2.9), at a quarter of what HMAC costs.
    begun = blake2s(tag, key=key, digest_size=16)

    def draw(value: int) -> int:
        state = begun.copy()
        state.update(value.to_bytes(8, "big"))
        return int.from_bytes(state.digest(), "big")

    return draw
