"""Conditional requests (RFC 9110, 13): entity tags, If-None-Match compared weakly, If-Match compared strongly."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any, Final

from conformance.reference.calls import Answer, Call
from conformance.reference.problems import Problem
from conformance.reference.strict_json import encode

_TAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_LIST: Final = re.compile(rf"[ \t]*(?:{_TAG.pattern})?[ \t]*(?:,[ \t]*(?:{_TAG.pattern})?[ \t]*)*")


def entity_tag(body: Any) -> str:
    """The strong entity tag of a representation: a digest of its bytes."""
    raw = body if isinstance(body, bytes) else encode(body)
    return f'"{blake2b(raw, digest_size=12).hexdigest()}"'


def tags(field: str) -> list[tuple[bool, str]] | None:
    """The listed tags as (weak, opaque-tag); None for a field that is not a list of entity tags."""
    if _LIST.fullmatch(field) is None:
        return None
    return [(bool(weak), opaque) for weak, opaque in _TAG.findall(field)]


class Preconditions:
    """Evaluates the preconditions of one call against the current entity tag of its target."""

    def tag(self, body: Any) -> str:
        """The entity tag of what is there."""
        return entity_tag(body)

    def tag_of(self, answer: Answer) -> str:
        """The entity tag of an answer: bytes that are no JSON are another representation in another media type."""
        return (
            self.tag_of_bytes(answer.body, answer.media_type)
            if isinstance(answer.body, bytes)
            else self.tag(answer.body)
        )

    def tag_of_bytes(self, content: bytes, media_type: str) -> str:
        """The entity tag of stored bytes with their media type."""
        return self.tag(media_type.encode() + b"\n" + content)

    def matches(self, field: str, current: str | None, *, strong: bool) -> bool:
        """Whether the field (a list of tags, or `*`) matches what is there."""
        if current is None:
            return False
        if field.strip() == "*":
            return True
        return any(opaque == current and not (strong and weak) for weak, opaque in tags(field) or ())

    def check_change(self, call: Call, current: str | None) -> None:
        """Before a change: 428 where nothing is stated, 412 where what is stated does not hold."""
        if_match = call.request.joined("if-match")
        if_none_match = call.request.joined("if-none-match")
        if if_match is None and not (if_none_match is not None and call.operation.method == "PUT"):
            raise Problem(428, "precondition_required", "If-Matchが必要です / If-Match is required")
        if if_match is not None and not self.matches(if_match, current, strong=True):
            raise _failed()
        if if_none_match is not None and self.matches(if_none_match, current, strong=False):
            raise _failed()
        if if_match is None and current is not None:
            raise Problem(428, "precondition_required", "If-Matchが必要です / If-Match is required")

    def apply_to_read(self, call: Call, answer: Answer) -> Answer:
        """After the read of one resource: adds the ETag, and answers 304 where the caller's copy is current."""
        if answer.status != 200 or not call.operation.declares("if-none-match"):
            return answer
        tag = self.tag_of(answer)
        if_none_match = call.request.joined("if-none-match")
        if if_none_match is not None and self.matches(if_none_match, tag, strong=False):
            return Answer(304, None, [("ETag", tag)])
        answer.headers.append(("ETag", tag))
        return answer


def _failed() -> Problem:
    return Problem(412, "precondition_failed", "前提条件を満たしません / The precondition does not hold")
