"""Pages in a real browser, as somebody who has signed in: the pages as they are served, with a script that plays the
reader. Its policy stays as it is, but for framing, as a phone is a frame here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SCRIPT = "/played.js"
_FRAME = "/frame"
PHONE = 360


class Driven:
    """An application behind which everybody has one session; `script` is played on every page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.session: str | None = None
        self.script = ""
        self.put = ""
        """Markup that is put into pages as it is."""
        self.policy = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page, the script, or a page in a frame as narrow as a phone."""
        if scope["path"] == _SCRIPT:
            await _send(send, self.script.encode(), b"text/javascript")
            return
        if scope["path"] == _FRAME:
            addresses = parse_qs(scope["query_string"].decode())["address"]
            await _send(send, _framed(addresses).encode(), b"text/html; charset=utf-8")
            return
        headers = list(scope["headers"])
        if self.session:
            headers.append((b"cookie", f"session={self.session}".encode()))
        answer = _Answer(send, self)
        await self.app({**scope, "headers": headers}, receive, answer)
        await answer.go()


class _Answer:
    """Puts the script at the end of a page."""

    def __init__(self, send: Send, driven: Driven) -> None:
        self._send = send
        self._driven = driven
        self._start: dict[str, Any] = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = dict(message)
        else:
            self._body += message.get("body", b"")

    async def go(self) -> None:
        """Send it."""
        body = self._body
        if dict(self._start["headers"]).get(b"content-type", b"").startswith(b"text/html"):
            body = body.replace(b"</main>", f"{self._driven.put}</main>".encode())
            body = body.replace(b"</body>", f'<script src="{_SCRIPT}"></script></body>'.encode())
        kept = [(k, v.replace(b"frame-ancestors 'none'", b"frame-ancestors 'self'")) for k, v in self._start["headers"]]
        kept = [(k, v) for k, v in kept if self._driven.policy or k != b"content-security-policy"]
        length = (b"content-length", str(len(body)).encode())
        self._start["headers"] = [*((k, v) for k, v in kept if k != b"content-length"), length]
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


async def _send(send: Send, body: bytes, kind: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": body})


def _framed(addresses: list[str]) -> str:
    """Pages beside each other, each as wide as a phone; what they tell stands in the root element, by their address."""
    frames = "".join(f'<iframe src="{a}" style="width:{PHONE}px;height:740px;border:0"></iframe>' for a in addresses)
    return (
        "<!doctype html><script>const told = {}; onmessage = (e) => { told[e.data[0]] = e.data[1];"
        f"document.documentElement.dataset.told = JSON.stringify(told); }}</script>{frames}"
    )


def framed(url: str, paths: Iterable[str]) -> str:
    """The address of pages as a phone shows them."""
    return f"{url}{_FRAME}?" + urlencode([("address", path) for path in paths])


def told(root: Mapping[str, str | None]) -> dict[str, Any]:
    """What pages in frames have told, by their path."""
    found: dict[str, Any] = json.loads(root.get("data-told") or "{}")
    return found
