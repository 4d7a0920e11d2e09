"""Faults of sizes counted in another unit, and of parameters that stand twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from conformance.reference import negotiation
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.operations import Operation, Parameter
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Violation

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_MIB: Final = 1 << 20
_COLUMN: Final = 255


@FAULTS.add("content-counted-in-characters", "COM-TXT-004", "COM-SCH-001")
def content_counted_in_characters(reference: Reference) -> None:
    """The size of JSON is counted in characters: Japanese text may have three times as many bytes.

    What tells its size tells a greater one than there can be.
    """

    def wider(limit: Method) -> Method:
        def announced(call: Call) -> int:
            length = call.request.joined("content-length") or ""
            bound: int = limit(call)
            is_json = negotiation.media_type(call.request).endswith("json")
            return 4 * bound if is_json and length.isdigit() and int(length) > bound else bound

        return announced

    def counted(decode: Method) -> Method:
        def by_characters(raw: bytes) -> Any:
            if len(raw) > _MIB and len(raw.decode("utf-8", "replace")) > _MIB:
                raise negotiation.too_large()
            return decode(raw)

        return by_characters

    revise(reference.pipeline, "body_limit", wider)
    revise(reference.pipeline, "decode", counted)


@FAULTS.add("parameter-counted-in-bytes", "COM-SCH-004")
def parameter_counted_in_bytes(reference: Reference) -> None:
    """A text in the query may have 255 bytes: one of more than 85 kana is too long."""

    def make(value: Method) -> Method:
        def by_bytes(operation: Operation, parameter: Parameter, texts: list[str]) -> Any:
            found = value(operation, parameter, texts)
            if any(len(text.encode()) > _COLUMN >= len(text) for text in texts):
                return found[0], (Violation("length", "長すぎます / Too long", parameter=parameter.name),)
            return found

        return by_bytes

    revise(reference.pipeline, "query_value", make)


@FAULTS.add("same-value-twice-accepted", "COM-VAL-014")
def same_value_twice_accepted(reference: Reference) -> None:
    """A query parameter that stands twice with one and the same value is taken once."""

    def make(value: Method) -> Method:
        return lambda operation, parameter, texts: value(
            operation, parameter, texts[:1] if len(set(texts)) == 1 else texts
        )

    revise(reference.pipeline, "query_value", make)
