"""Check digits, written for the reference alone: the suite has its own, so that both cannot err alike.

Individual Number (個人番号): MIC ordinance on the Number Act. Resident code (住民票コード): ten digits,
the same rule.
Local government code (全国地方公共団体コード): JIS X 0402 with check digit.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import blake2b
from operator import mul
from typing import Final

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz"
_ID_LENGTH: Final = 20
_TO_LETTERS: Final = bytes(ord(_ALPHABET[byte % len(_ALPHABET)]) for byte in range(256))


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(map(mul, map(int, digits), weights))


def _eleven(remainder: int) -> str:
    return "0" if remainder <= 1 else str(11 - remainder)


def individual_number_digit(body: str) -> str:
    """The check digit after the eleven digits `body`."""
    return _eleven(_weighted(body, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11)


def resident_code_digit(body: str) -> str:
    """The check digit after the ten digits `body`."""
    return _eleven(_weighted(body, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11)


def local_government_code_digit(body: str) -> str:
    """The check digit after the five digits `body`; a remainder of 0 gives 1, of 1 gives 0."""
    return str((11 - _weighted(body, (6, 5, 4, 3, 2)) % 11) % 10)


_RULES: Final[dict[str, tuple[int, Callable[[str], str]]]] = {
    "individual-number": (12, individual_number_digit),
    "resident-code": (11, resident_code_digit),
    "local-government-code": (6, local_government_code_digit),
}


def is_valid(kind: str, value: str) -> bool:
    """Whether `value` has the length and the check digit of its kind (the `format` of the published documents)."""
    length, digit = _RULES[kind]
    return len(value) == length and value.isascii() and value.isdigit() and digit(value[:-1]) == value[-1]


def complete(kind: str, body: str) -> str:
    """`body` followed by its check digit."""
    return body + _RULES[kind][1](body)


class Ids:
    """Makes the ids of everything that the reference holds."""

    def new(self) -> str:
        """An id that nothing had before."""
        return self.written(secrets.token_bytes(_ID_LENGTH))

    def of(self, label: str) -> str:
        """An id that is always the same for the same label."""
        return self.written(blake2b(label.encode(), digest_size=_ID_LENGTH).digest())

    def written(self, raw: bytes) -> str:
        """Twenty bytes as an id: letters only, so that no run of digits in it can look like anybody's number."""
        return raw.translate(_TO_LETTERS).decode("ascii")
