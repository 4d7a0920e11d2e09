"""Other ways to say the same in HTTP/1.1 (RFC 9110, RFC 9112)."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace, rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_FIELD = re.compile(rb"(?m)^([A-Za-z0-9-]+): (.*)\r$")


@LIBERTIES.add("chunked-content")
def chunked_content(reference: Reference) -> None:
    """Content comes in chunks, and no Content-Length is sent."""

    def make(fields: Method) -> Method:
        def without_length(answer: Answer, length: int) -> list[tuple[bytes, bytes]]:
            return [field for field in fields(answer, length) if field[0] != b"content-length"]

        return without_length

    replace(reference.application, "fields", make)


@LIBERTIES.add("one-answer-per-connection")
def one_answer_per_connection(reference: Reference) -> None:
    """Every answer says Connection: close, and its connection ends."""

    def closing(request: Request, answer: Answer) -> Answer:
        answer.headers.append(("Connection", "close"))
        return answer

    rewrite(reference, closing)


@LIBERTIES.add("last-answer-on-connection")
def last_answer_on_connection(reference: Reference) -> None:
    """Every seventh answer is the last one on its connection, and says so."""
    answered = count(1)

    def sometimes(request: Request, answer: Answer) -> Answer:
        if next(answered) % 7 == 0:
            answer.headers.append(("Connection", "close"))
        return answer

    rewrite(reference, sometimes)


@LIBERTIES.add("title-case-fields")
def title_case_fields(reference: Reference) -> None:
    """The names of header fields are sent in title case."""
    _heads(reference, lambda head: _FIELD.sub(lambda field: field[1].title() + b": " + field[2] + b"\r", head))


@LIBERTIES.add("upper-case-fields")
def upper_case_fields(reference: Reference) -> None:
    """The names of header fields are sent in capitals, their values right after the colon and before a blank."""
    _heads(reference, lambda head: _FIELD.sub(lambda field: field[1].upper() + b":" + field[2] + b" \r", head))


@LIBERTIES.add("fields-in-another-order")
def fields_in_another_order(reference: Reference) -> None:
    """Header fields stand in another order."""

    def turned(head: bytes) -> bytes:
        status, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        return b"\r\n".join([status, *fields[::-1], b"", b""])

    _heads(reference, turned)


@LIBERTIES.add("without-reason-phrase")
def without_reason_phrase(reference: Reference) -> None:
    """Status lines have no reason phrase."""
    _heads(reference, lambda head: re.sub(rb"\A(HTTP/1\.1 \d{3} )[^\r]*", rb"\1", head))


@LIBERTIES.add("other-reason-phrase")
def other_reason_phrase(reference: Reference) -> None:
    """Status lines have a reason phrase of the system's own."""
    _heads(reference, lambda head: re.sub(rb"\A(HTTP/1\.1 \d{3} )[^\r]*", rb"\1As requested, see below", head))


@LIBERTIES.add("early-hints")
def early_hints(reference: Reference) -> None:
    """Every answer is preceded by an interim one, 103."""
    hint = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"
    _heads(reference, lambda head: head if head.startswith(b"HTTP/1.1 1") else hint + head)


@LIBERTIES.add("small-pieces")
def small_pieces(reference: Reference) -> None:
    """Answers arrive in pieces that end anywhere, also within a field or a character."""

    def make(_: Method) -> Method:
        def cut(data: bytes) -> list[bytes]:
            middle = len(data) // 2
            return [data[:7], data[7:middle], data[middle:-1], data[-1:]] if len(data) > 16 else [data]

        return cut

    reference.wire.altered = True
    replace(reference.wire, "pieces", make)


@LIBERTIES.add("connections-soon-closed")
def connections_soon_closed(reference: Reference) -> None:
    """A connection without a request is closed after a second, without a word."""
    reference.wire.idle_seconds = 1


@LIBERTIES.add("length-of-what-is-not-sent")
def length_of_what_is_not_sent(reference: Reference) -> None:
    """A 304 has the Content-Length and the Content-Type that a 200 would have (RFC 9110, 8.6)."""

    def told(head: bytes) -> bytes:
        ours = head.startswith(b"HTTP/1.1 304")
        fields = b"content-length: 512\r\ncontent-type: application/json\r\n\r\n"
        return head.removesuffix(b"\r\n") + fields if ours else head

    _heads(reference, told)


def _heads(reference: Reference, change: Method) -> None:
    """Has every status line with its header fields pass through a function on its way out."""
    reference.wire.altered = True
    replace(reference.wire, "head", lambda head: lambda data: change(head(data)))
