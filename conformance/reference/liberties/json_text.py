"""The same JSON in other characters (RFC 8259)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("escaped-text")
def escaped_text(reference: Reference) -> None:
    """All but ASCII is written as \\u escapes, the supplementary planes as pairs of them, the solidus as \\/."""
    _written(reference, lambda value: json.dumps(value).replace("/", "\\/"))


@LIBERTIES.add("indented-content")
def indented_content(reference: Reference) -> None:
    """JSON is indented, with blank lines before and after."""
    _written(reference, lambda value: "\r\n" + json.dumps(value, ensure_ascii=False, indent="\t") + "\n\n")


@LIBERTIES.add("members-in-another-order")
def members_in_another_order(reference: Reference) -> None:
    """The members of every object stand in another order."""
    _written(reference, lambda value: json.dumps(_turned(value), ensure_ascii=False))


@LIBERTIES.add("integers-with-fraction")
def integers_with_fraction(reference: Reference) -> None:
    """Integers are written with a fraction of zero, which JSON Schema counts as integers."""
    _written(reference, lambda value: json.dumps(_fractional(value), ensure_ascii=False))


def _written(reference: Reference, text: Method) -> None:
    """Has JSON content written by a function."""

    def make(encode: Method) -> Method:
        def encoded(body: Any) -> bytes:
            return str(text(json.loads(encode(body)))).encode("utf-8")

        return encoded

    replace(reference.application, "encode", make)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


def _fractional(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _fractional(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_fractional(item) for item in value]
    return float(value) if type(value) is int else value
