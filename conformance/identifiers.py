"""Check digits of the numbers that Japanese public administration uses.

Pure functions on text. An identifier is always a string of ASCII digits: prefectures 01 to 09, Individual Numbers and
resident codes may begin with 0, so none of them is ever a number. The kinds carry the names that the published
documents use as `format`.

| kind                    | digits | check digit | what it is, and where the rule comes from                    |
|-------------------------|--------|-------------|--------------------------------------------------------------|
| `individual-number`     | 11 + 1 | last        | 個人番号: Ministry of Internal Affairs ordinance (総務省令)  |
| `resident-code`         | 10 + 1 | last        | 住民票コード: no official text seen, **very probable**       |
| `corporate-number`      | 1 + 12 | **first**   | 法人番号: Ministry of Finance ordinance (財務省令)           |
| `local-government-code` | 5 + 1  | last        | 全国地方公共団体コード: computed over all published codes    |
| `insurer-number`        | 7 + 1  | last        | 健康保険 保険者番号: computed                                |

A right check digit says that a number is well formed, and neither that it was given to anybody nor to whom. No range of
Individual Numbers is known to be kept free for tests: draw them per run, never log them, never put one in a URL.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import mul
from typing import Final

__all__ = [
    "KINDS",
    "capacity",
    "check_digit",
    "check_digit_corporate_number",
    "check_digit_individual_number",
    "check_digit_insurer_number",
    "check_digit_local_government_code",
    "check_digit_resident_code",
    "is_valid",
    "length",
    "make",
    "with_wrong_check_digit",
]


def check_digit_individual_number(base: str) -> str:
    """The check digit of an Individual Number (個人番号), from its first eleven digits.

    Weights 6 5 4 3 2 7 6 5 4 3 2 from the left; with r = sum mod 11 the digit is 0 where r <= 1, else 11 - r.
    Source: the ordinance of the Ministry of Internal Affairs and Communications. Raises ValueError for any other form.
    """
    return _modulus_11(_digits(base, 11), (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2))


def check_digit_resident_code(base: str) -> str:
    """The check digit of a resident code (住民票コード), from its first ten digits.

    Weights 5 4 3 2 7 6 5 4 3 2 from the left, then the rule of the Individual Number. **Very probable**, not certain:
    no official text was seen; the rule is that of public software and agrees with the generated codes it was tried on.
    Raises ValueError for any other form.
    """
    return _modulus_11(_digits(base, 10), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2))


def check_digit_corporate_number(base: str) -> str:
    """The check digit of a Corporate Number (法人番号), from the twelve digits that follow it.

    Weights 1 and 2 in turn from the right; the digit is 9 - (sum mod 9), so 1 to 9 and never 0. Source: the ordinance
    of the Ministry of Finance. Its formula, read literally, takes the remainder inside the sum, which gives negative
    digits: the sum comes first. Raises ValueError for any other form.
    """
    total = sum(digit * (1 + place % 2) for place, digit in enumerate(reversed(_digits(base, 12))))
    return str(9 - total % 9)


def check_digit_local_government_code(base: str) -> str:
    """The check digit of a local government code (全国地方公共団体コード), from its first five digits.

    Weights 6 5 4 3 2 from the left; the digit is (11 - sum mod 11) mod 10, so a remainder of 0 gives 1, and of 1
    gives 0. That differs from the Individual Number, whose rule would refuse Tomakomai (012131) and Shinjuku (131041).
    Source: computed over the published lists of codes without a mismatch. Raises ValueError for any other form.
    """
    total = _weighted(_digits(base, 5), (6, 5, 4, 3, 2))
    return str((11 - total % 11) % 10)


def check_digit_insurer_number(base: str) -> str:
    """The check digit of a health insurer's number (保険者番号), from its first seven digits.

    Weights 2 and 1 in turn from the right, products of two digits counted as the sum of their digits (as in Luhn's
    formula); the digit is (10 - sum mod 10) mod 10. Raises ValueError for any other form.
    """
    products = (digit * (2 - place % 2) for place, digit in enumerate(reversed(_digits(base, 7))))
    return str(-sum(sum(divmod(product, 10)) for product in products) % 10)


@dataclass(frozen=True)
class _Form:
    """How a kind of identifier is built: digits before the check digit is added, where it goes, how it is found."""

    base_length: int
    check_digit: Callable[[str], str]
    check_digit_first: bool = False

    def join(self, base: str, digit: str) -> str:
        return digit + base if self.check_digit_first else base + digit

    def split(self, text: str) -> tuple[str, str]:
        return (text[1:], text[:1]) if self.check_digit_first else (text[:-1], text[-1:])


_FORMS: Final[dict[str, _Form]] = {
    "individual-number": _Form(11, check_digit_individual_number),
    "resident-code": _Form(10, check_digit_resident_code),
    "corporate-number": _Form(12, check_digit_corporate_number, check_digit_first=True),
    "local-government-code": _Form(5, check_digit_local_government_code),
    "insurer-number": _Form(7, check_digit_insurer_number),
}

KINDS: Final[tuple[str, ...]] = tuple(_FORMS)
"""The kinds of identifier that this module knows, by the name that the published documents give as `format`."""


def length(kind: str) -> int:
    """How many digits an identifier of this kind has, check digit included. Raises ValueError for an unknown kind."""
    return _form(kind).base_length + 1


def capacity(kind: str) -> int:
    """How many well-formed identifiers of this kind there are. Raises ValueError for an unknown kind."""
    form = _form(kind)
    number: int = 10**form.base_length
    return number


def check_digit(kind: str, base: str) -> str:
    """The check digit that belongs to `base`, the other digits of an identifier of this kind.

    Raises ValueError for an unknown kind, and for a base that is not the right number of ASCII digits.
    """
    return _form(kind).check_digit(base)


def is_valid(kind: str, text: str) -> bool:
    """Whether `text` has the length, the ASCII digits and the check digit of this kind; anything else is just False.

    Full-width digits, spaces and hyphens make it invalid: exchanged data carries neither. Raises ValueError for an
    unknown kind only.
    """
    form = _form(kind)
    if len(text) != form.base_length + 1 or not _is_digits(text):
        return False
    base, digit = form.split(text)
    return form.check_digit(base) == digit


def make(kind: str, number: int) -> str:
    """The well-formed identifier of this kind whose digits, without the check digit, are `number`.

    For fresh values: different numbers below `capacity(kind)` give different identifiers, and larger or negative ones
    are taken modulo it. Raises ValueError for an unknown kind.
    """
    form = _form(kind)
    base = str(number % capacity(kind)).zfill(form.base_length)
    return form.join(base, form.check_digit(base))


def with_wrong_check_digit(kind: str, text: str) -> str:
    """An identifier that differs from a right one in nothing but the check digit: the next digit after the right one.

    Always invalid, because the other digits allow one check digit only, and the same for the same text. The check digit
    that `text` itself has is not looked at. Raises ValueError for an unknown kind, and for text of another length or
    with anything but ASCII digits.
    """
    form = _form(kind)
    base, _ = form.split(text)
    return form.join(base, str((int(form.check_digit(base)) + 1) % 10))


def _form(kind: str) -> _Form:
    try:
        return _FORMS[kind]
    except KeyError:
        raise ValueError(f"unknown kind of identifier {kind!r}: use one of {', '.join(KINDS)}") from None


def _is_digits(text: str) -> bool:
    # str.isdigit alone also takes full-width and other scripts' digits.
    return text.isascii() and text.isdigit()


def _digits(base: str, expected: int) -> tuple[int, ...]:
    if len(base) != expected or not _is_digits(base):
        # The text itself stays out of the message: it may be somebody's number.
        raise ValueError(f"expected {expected} ASCII digits without the check digit, got {len(base)} characters")
    return tuple(map(int, base))


def _weighted(digits: Iterable[int], weights: Iterable[int]) -> int:
    return sum(map(mul, digits, weights))


def _modulus_11(digits: Iterable[int], weights: Iterable[int]) -> str:
    remainder = _weighted(digits, weights) % 11
    return "0" if remainder <= 1 else str(11 - remainder)
