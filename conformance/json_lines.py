"""Lines of JSON in an archive that anybody may have made: read strictly, or refused with one kind of error.

What two readers could take for two things is no line of ours: a key that stands twice in one object, half a surrogate
pair, a number beyond all bounds (RFC 8259, 4 and 8.2; RFC 7493, 2.1 to 2.3).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")
DEEPEST: Final = 64
_WIDEST: Final = 1 << 64
_encode: Final = msgspec.json.Encoder().encode


class LineError(ValueError):
    """A line that is not as any of our writers writes it; says in what."""


def decode(line: bytes, decoder: msgspec.json.Decoder[T], *, checked: bool = False) -> T:
    """The value of a line. Raises `LineError` for whatever is wrong with it, and nothing else.

    With `checked` it was read before, and its keys are not looked at again.
    """
    try:
        value = decoder.decode(line)
        if not checked:
            _check_keys(line)
    except LineError:
        raise
    except RecursionError:
        raise LineError("it is nested too deeply") from None
    except MemoryError:
        raise LineError("it is too large") from None
    except (msgspec.MsgspecError, ValueError, OverflowError) as error:
        raise LineError(str(error)) from None
    return value


def _check_keys(line: bytes) -> None:
    """What we wrote is as we would write it again, which tells at once; only what is not is read the slow way."""
    if _encode(msgspec.json.decode(line)) != line:
        json.loads(line, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise LineError(f"the key '{twice[:100]}' stands twice in one object")
    return found


def check_values(value: Any) -> None:
    """Raise `LineError` where a value is nested deeper, or has larger whole numbers, than any line of `run.jsonl`."""
    level = [value]
    for _ in range(DEEPEST):
        if any(isinstance(each, int) and abs(each) >= _WIDEST for each in level):
            raise LineError("it has a number that is too large")
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return
    raise LineError("it is nested too deeply")


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
