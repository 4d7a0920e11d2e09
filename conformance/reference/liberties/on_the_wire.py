"""What a conforming system may do on the wire: fields, chunks, connections, how numbers are written."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace, rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("two-nodes-by-turns")
def two_nodes_by_turns(reference: Reference) -> None:
    """Two nodes answer by turns, and the second one says so in a field."""
    answered = count(1)

    def told(request: Request, answer: Answer) -> Answer:
        if next(answered) % 2 == 0:
            answer.headers.append(("X-Served-By-Second", "node-2"))
        return answer

    rewrite(reference, told)


@LIBERTIES.add("challenges-in-fields-of-their-own")
def challenges_in_fields_of_their_own(reference: Reference) -> None:
    """A 401 has several challenges, each in a field of its own, that of Bearer the last one, in capitals."""

    def parted(request: Request, answer: Answer) -> Answer:
        fields: list[tuple[str, str]] = []
        for name, value in answer.headers:
            if name == "WWW-Authenticate":
                fields += [(name, 'Basic realm="other"'), (name, 'DPoP algs="ES256"')]
                value = value.replace("Bearer", "BEARER")
            fields.append((name, value))
        answer.headers = fields
        return answer

    rewrite(reference, parted)


@LIBERTIES.add("chunks-with-extensions")
def chunks_with_extensions(reference: Reference) -> None:
    """Content comes in chunks with extensions, and trailer fields behind them."""

    def without_length(fields: Method) -> Method:
        return lambda answer, length: [field for field in fields(answer, length) if field[0] != b"content-length"]

    def make(_: Method) -> Method:
        def extended(data: bytes) -> list[bytes]:
            found = re.match(rb"\A([0-9a-f]+)\r\n", data)
            if found is None:
                return [data]
            if data.startswith(b"0\r\n"):
                return [b"000;last\r\nX-Digest: none\r\nServer-Timing: db;dur=1\r\n\r\n"]
            data = b"00" + found[1].upper() + b';part="1"\r\n' + data[found.end() :]
            return [
                data.removesuffix(b"0\r\n\r\n"),
                *([b"0\r\nX: y\r\n\r\n"] if data.endswith(b"\r\n0\r\n\r\n") else []),
            ]

        return extended

    replace(reference.application, "fields", without_length)
    reference.wire.altered = True
    replace(reference.wire, "pieces", make)


@LIBERTIES.add("closing-when-refusing")
def closing_when_refusing(reference: Reference) -> None:
    """A refusal is the last answer on its connection, also where the content was not read."""

    def closing(request: Request, answer: Answer) -> Answer:
        if answer.status >= 400:
            answer.headers.append(("Connection", "close"))
        return answer

    rewrite(reference, closing)


@LIBERTIES.add("integers-with-exponent")
def integers_with_exponent(reference: Reference) -> None:
    """Integers are written with an exponent of zero."""

    def make(encode: Method) -> Method:
        def encoded(body: Any) -> bytes:
            text = json.dumps(json.loads(encode(body)), ensure_ascii=False, indent=1)
            return re.sub(r"(?m)^( *(?:\"[a-z0-9_]+\": )?)(-?\d+)(,?)$", r"\1\2E+0\3", text).encode("utf-8")

        return encoded

    replace(reference.application, "encode", make)
