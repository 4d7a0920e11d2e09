"""JSON as the published documents want it: UTF-8, no name twice, no NaN, no lone surrogates (RFC 8259, RFC 7493)."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

from conformance.reference.problems import Problem

_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """The value as UTF-8 JSON; text goes out exactly as it is held."""
    return _encoder.encode(value)


def decode(raw: bytes) -> Any:
    """The value of a request body. Raises Problem 400 `malformed_json`, whatever is wrong with the bytes."""
    try:
        text = raw.decode("utf-8", "strict")
        value = _DECODER.decode(text)
        if "\\u" in text:
            _refuse_lone_surrogates(value)
    except (ValueError, RecursionError):
        # The reason is not told in words of the parser: it may quote the text.
        raise Problem(400, "malformed_json", "本文がJSONとして読めません / The body is not well-formed JSON") from None
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("number out of range")
    return value


def _refuse_lone_surrogates(value: Any) -> None:
    json.dumps(value, ensure_ascii=False).encode("utf-8", "strict")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float)
