"""The ASGI application around the services. No framework: a request passes through one function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Request
from conformance.reference.planting import asking
from conformance.reference.problems import not_found
from conformance.reference.strict_json import encode

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Application:
    """Hands requests to the service whose base URL they begin with."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _lifespan(receive, send)
            return
        request = _request(scope)
        asking.set(request.joined("traceparent") or "")
        answer = await self.answer(request, receive)
        for change in self.reference.outgoing:
            answer = change(request, answer)
        await self.send(answer, request.method == "HEAD", send)

    async def answer(self, request: Request, receive: Receive) -> Answer:
        """The answer to one request."""

        async def read_body(limit: int) -> bytes | None:
            return await _body(receive, limit)

        reference = self.reference
        if request.path in reference.token_endpoint.paths:
            return await reference.token_endpoint.answer(request, read_body)
        first = request.path.find("/", 1)
        second = request.path.find("/", first + 1)
        service = reference.services.get(request.path[: second if second > 0 else None]) if first > 0 else None
        if service is None:
            return reference.pipeline.finish(reference.pipeline.render(not_found(), request))
        return await reference.pipeline.answer(service, request, read_body)

    async def send(self, answer: Answer, head: bool, send: Send) -> None:
        """Sends an answer, without its content where it answers a HEAD."""
        body = b"" if answer.body is None else answer.body
        if not isinstance(body, bytes):
            body = self.encode(body)
        await send({"type": "http.response.start", "status": answer.status, "headers": self.fields(answer, len(body))})
        await send({"type": "http.response.body", "body": b"" if head else body})

    def encode(self, body: Any) -> bytes:
        """A JSON value as it goes out."""
        return encode(body)

    def fields(self, answer: Answer, length: int) -> list[tuple[bytes, bytes]]:
        """The header fields of an answer with so many bytes of content."""
        fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        if answer.body is not None:
            fields.append((b"content-type", answer.media_type.encode("latin-1")))
        if answer.status not in (204, 304):
            fields.append((b"content-length", str(length).encode("ascii")))
        return fields


def _request(scope: Message) -> Request:
    tls = scope.get("extensions", {}).get("tls", {})
    return Request(
        scope["method"],
        scope["raw_path"].decode("latin-1"),
        scope["query_string"],
        tuple([(name.decode("latin-1"), value.decode("latin-1").strip(" \t")) for name, value in scope["headers"]]),
        tls.get("client_certificate"),
    )


async def _body(receive: Receive, limit: int) -> bytes | None:
    """The body, or None as soon as it is longer than the limit."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return b""
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        if len(body) > limit:
            return None
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        body += message.get("body", b"")
    return body if len(body) <= limit else None


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
