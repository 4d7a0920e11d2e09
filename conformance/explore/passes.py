"""Ways to make a JSON value smaller, pure and without a look at any system: the simplest first, each strictly smaller.

*Smaller* is an order in which nothing can shrink for ever: a shorter JSON text, or one as long with simpler characters.
Objects whose first key begins with `$` are templates: they may be left out with what they belong to, never changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

Rank = tuple[int, tuple[int, ...]]
Free = Callable[[str], bool]
"""Whether what stands at a JSON pointer may be changed or left out."""
_SIMPLE = "a0ア"
_DIGITS = 20
"""Larger integers than a machine's are cut, not approached."""


def rank(value: Any) -> Rank:
    """The place of a value in the order of sizes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(text), tuple(_character(c) for c in text)


def _character(c: str) -> int:
    place = _SIMPLE.find(c)
    return place if place >= 0 else ord(c) + len(_SIMPLE)


def is_template(value: Any) -> bool:
    """Whether a value stands for one that is known only when a script is played."""
    return isinstance(value, dict) and next(iter(value), "")[:1] == "$"


def smaller(value: Any) -> Iterator[Any]:
    """Values that are smaller than one without parts: a text, a number, a truth value."""
    limit = rank(value)
    seen: set[str] = set()
    for candidate in _leaves(value):
        key = json.dumps(candidate, ensure_ascii=False)
        if key not in seen and rank(candidate) < limit:
            seen.add(key)
            yield candidate


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield from ()
    elif isinstance(value, str):
        yield from _texts(value)
    elif isinstance(value, int | float):
        yield from _numbers(value)


def _texts(text: str) -> Iterator[str]:
    alphabet = list(dict.fromkeys([*_SIMPLE, *text[:1]]))
    yield from ("", *alphabet)
    yield from (simple * len(text) for simple in alphabet)
    size = len(text) // 2
    while size:
        for start in range(0, len(text), size):
            yield text[:start] + text[start + size :]
        size //= 2
    for place, character in enumerate(text):
        for simple in _SIMPLE:
            if simple != character:
                yield text[:place] + simple + text[place + 1 :]


def _numbers(number: float) -> Iterator[float]:
    if number != number or number in {float("inf"), float("-inf")}:
        yield 0
        return
    whole = int(number)
    digits = str(abs(whole))
    yield from (0, whole, abs(whole))
    yield from (int(digits[:length]) for length in range(1, min(len(digits), _DIGITS)))
    step = abs(whole) // 2 if len(digits) < _DIGITS else 0
    while step:
        yield whole - step if whole > 0 else whole + step
        step //= 2


def pruned(value: Any, free: Free, pointer: str = "") -> Iterator[Any]:
    """Values that are smaller than one with parts: with members or items left out, or with one part made smaller."""
    if is_template(value):
        return
    if isinstance(value, dict):
        yield from _members(value, free, pointer)
    elif isinstance(value, list):
        yield from _items(value, free, pointer)
    elif free(pointer):
        yield from smaller(value)


def _members(value: dict[str, Any], free: Free, pointer: str) -> Iterator[Any]:
    names = {name: f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}" for name in value}
    loose = [name for name, place in names.items() if free(place)]
    if len(loose) > 1:
        yield {name: item for name, item in value.items() if name not in loose}
    for name in loose:
        yield {other: item for other, item in value.items() if other != name}
    for name, item in value.items():
        for less in pruned(item, free, names[name]):
            yield {**value, name: less}


def _items(value: list[Any], free: Free, pointer: str) -> Iterator[Any]:
    loose = [index for index in range(len(value)) if free(f"{pointer}/{index}")]
    size = len(loose)
    while size:
        for start in range(0, len(loose), size):
            gone = set(loose[start : start + size])
            yield [item for index, item in enumerate(value) if index not in gone]
        size //= 2
    for index, item in enumerate(value):
        for less in pruned(item, free, f"{pointer}/{index}"):
            yield [*value[:index], less, *value[index + 1 :]]
