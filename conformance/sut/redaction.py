"""Takes personal numbers and credentials out of what is recorded, without changing any verdict.

An Individual Number (個人番号, 12 digits) or resident code (住民票コード, 11 digits) becomes another number of the same
form: the same number always the same one, different numbers different ones (`personal_numbers`), wherever it stands
and however it is written (`digit_runs`). So a rule judges the evidence as it would have judged the wire.

What this cannot tell: text of exactly 11 or 12 digits that is no personal number (a telephone number, an identifier
made of digits only) is replaced too. Equality, length and form stay; the order of such identifiers does not.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from conformance.model import Exchange, Request, Response, Trace

from .digit_runs import may_hold_number, replace_numbers
from .personal_numbers import KINDS, PersonalNumbers

DROPPED: Final = "[dropped]"

Raw = bytes  # the class below has a method of that name
Headers = tuple[tuple[str, str], ...]

_CREDENTIALS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "dpop", "api-key", "x-api-key"}
)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*) +\S")
_QUERY_CREDENTIAL: Final = re.compile(
    r"(?i)([?&;](?:access_token|refresh_token|id_token|token|client_secret|client_assertion|assertion|api_?key)=)[^&;#]*"
)
_USER_INFO: Final = re.compile(r"(?<=://)[^/?#@]*@")
_SHORTEST_SECRET: Final = 8
_REPLACEMENT: Final = re.compile(rb"(?<![0-9])[0-9]{11,12}(?![0-9])")


def drop_credentials(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers with the values that let somebody in replaced by `[dropped]`; the scheme (`Bearer`) stays."""
    return tuple((name, _dropped(value) if name.lower() in _CREDENTIALS else value) for name, value in headers)


def _dropped(value: str) -> str:
    if not value.strip():
        return value
    scheme = _SCHEME.match(value)
    return f"{scheme[1]} {DROPPED}" if scheme else DROPPED


class Redactor:
    """Replaces personal numbers and known secrets. One per run; its key is never written into the archive.

    Raises ValueError for an empty key.
    """

    def __init__(self, key: Raw) -> None:
        self._numbers = PersonalNumbers(key)
        self._secrets: dict[Raw, None] = {}

    def learn(self, number: str) -> None:
        """Make a number known, so that it is replaced wherever it stands. Only 11 or 12 digits count."""
        if number.isascii():
            self._numbers.learn(number.encode())

    def recall(self, kept: Raw) -> None:
        """Know again the numbers whose replacements stand in what an earlier sitting of the run has kept."""
        for found in _REPLACEMENT.finditer(kept):
            self._numbers.learn(self._numbers.original(found[0]))

    def conceal(self, secret: str) -> None:
        """Make a token or secret known, so that it becomes `[dropped]` wherever it stands (8 characters or more)."""
        if len(secret) >= _SHORTEST_SECRET:
            # Another one each time: tokens are renewed in a thread, while this one is gone through.
            self._secrets = {**self._secrets, secret.encode("utf-8", "surrogatepass"): None}

    def number(self, number: str) -> str:
        """The replacement of one number of 11 or 12 digits. Raises ValueError for any other text."""
        if len(number) not in KINDS or not number.isascii() or not number.isdigit():
            raise ValueError("only numbers of 11 or 12 digits have a replacement")
        return self._numbers.replacement(number.encode()).decode()

    def bytes(self, data: Raw, *, json: bool | None = None) -> Raw:
        """Bytes without personal numbers and known secrets; the same object where there is nothing to replace.

        `json` says whether digits outside of quotes are JSON numbers, which are replaced only when known, because they
        may be amounts; None looks at the first character.
        """
        clean = replace_numbers(data, self._numbers, json=json)
        for secret in self._secrets:
            if secret in clean:
                clean = clean.replace(secret, DROPPED.encode())
        return clean

    def text(self, value: str) -> str:
        """A text without personal numbers and known secrets; the same object where there is nothing to replace."""
        data = value.encode("utf-8", "surrogatepass")
        clean = self.bytes(data, json=False)
        return value if clean is data else clean.decode("utf-8", "surrogatepass")

    def restored(self, kept: str) -> str:
        """The text that this redactor would keep so; the same text where it has replaced nothing in it."""
        data = kept.encode("utf-8", "surrogatepass")
        text = _REPLACEMENT.sub(lambda found: self._numbers.original(found[0]), data).decode("utf-8", "surrogatepass")
        return text if self.text(text) == kept else kept

    def url(self, value: str) -> str:
        """A URL without personal numbers, user information and tokens in its query."""
        return _url_without_credentials(self.text(value))

    def headers(self, headers: Sequence[tuple[str, str]]) -> Headers:
        """Headers without credentials, personal numbers and known secrets."""
        kept = drop_credentials(headers)
        together = "\0".join([part for pair in kept for part in pair])
        if self._field(together) is together:
            return kept
        return tuple((self._field(name), self._field(value)) for name, value in kept)

    def value(self, value: Any) -> Any:
        """A JSON value (text, list, dict and so on) with every text in it redacted, keys too, and every known int."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        if type(value) is int:
            known = self._numbers.known(b"%d" % value)
            return int(known) if known else value
        return value

    def exchange(self, exchange: Exchange) -> Exchange:
        """One exchange as it may be kept. The request goes first: what was sent is then known in the answer."""
        request, response = exchange.request, exchange.response
        sent = drop_credentials(request.headers)
        came = drop_credentials(response.headers) if response else ()
        url, trouble = request.url, exchange.trouble
        if self._concerns(url, trouble or "", *(part for pair in (*sent, *came) for part in pair)):
            sent, came, url = self.headers(sent), self.headers(came), self.text(url)
            trouble = self.text(trouble) if trouble else trouble
        body = self.bytes(request.body, json=_declares_json(request.headers))
        return Exchange(
            exchange.step,
            Request(request.method, _url_without_credentials(url), sent, body),
            self._response(response, came) if response else None,
            exchange.started,
            exchange.elapsed,
            exchange.role,
            trouble,
        )

    def _response(self, response: Response, headers: Headers) -> Response:
        body = self.bytes(response.body, json=_declares_json(response.headers))
        return Response(response.status, headers, body, response.truncated, response.http_version)

    def _concerns(self, *texts: str) -> bool:
        """Whether any of these texts may hold a number or a secret: one look at all of them, as most hold neither."""
        try:
            data = "\0".join(texts).encode("latin-1")
        except UnicodeEncodeError:
            return True
        return may_hold_number(data) or any(secret in data for secret in self._secrets)

    def trace(self, trace: Trace) -> Trace:
        """A trace as it may be kept. SHA-256 digests of bodies follow the bodies, so that the two still agree."""
        exchanges = [self.exchange(exchange) for exchange in trace.exchanges]
        digests = _changed_digests(trace.exchanges, exchanges)
        if digests:
            exchanges = [_with_digests(exchange, digests) for exchange in exchanges]
        return msgspec.structs.replace(
            trace,
            exchanges=tuple(exchanges),
            stopped=self.text(trace.stopped) if trace.stopped else trace.stopped,
            bound=self._bound(trace.bound),
        )

    def _bound(self, bound: dict[str, Any]) -> dict[str, Any]:
        """Bound values, looked at all at once: most hold no number, and then stay as they are."""
        data = msgspec.json.encode(bound)
        clean = self.bytes(data, json=True)
        return bound if clean is data else msgspec.json.decode(clean)

    def _field(self, value: str) -> str:
        """A header's text; it arrived as bytes that were read as Latin-1 (RFC 9110, 5.5), and goes back to them."""
        try:
            data = value.encode("latin-1")
        except UnicodeEncodeError:
            return self.text(value)
        clean = self.bytes(data, json=False)
        return value if clean is data else clean.decode("latin-1")


def _url_without_credentials(url: str) -> str:
    if "@" in url:
        url = _USER_INFO.sub(DROPPED + "@", url)
    return _QUERY_CREDENTIAL.sub(rf"\1{DROPPED}", url) if "=" in url else url


def _declares_json(headers: Sequence[tuple[str, str]]) -> bool | None:
    """Whether the media type is JSON or newline-delimited JSON; None when none is given."""
    for name, value in headers:
        if name.lower() == "content-type":
            return "json" in value.lower()
    return None


def _changed_digests(before: Sequence[Exchange], after: Sequence[Exchange]) -> dict[bytes, bytes]:
    """SHA-256 digests (hex and base64) of the bodies that changed, with those of what they became.

    The digest of an original body must not be kept: with everything else known, the number in it can be searched for.
    """
    digests: dict[bytes, bytes] = {}
    for old, new in zip(before, after, strict=True):
        for was, became in ((old.request, new.request), (old.response, new.response)):
            if was and became and was.body is not became.body:
                one, other = sha256(was.body), sha256(became.body)
                digests[one.hexdigest().encode()] = other.hexdigest().encode()
                digests[base64.b64encode(one.digest())] = base64.b64encode(other.digest())
    return digests


def _with_digests(exchange: Exchange, digests: Mapping[bytes, bytes]) -> Exchange:
    messages = [message for message in (exchange.request, exchange.response) if message]
    everything = b"\0".join(
        part
        for message in messages
        for part in (message.body, *(value.encode("utf-8", "surrogatepass") for _, value in message.headers))
    )
    found = {old: new for old, new in digests.items() if old in everything}
    if not found:
        return exchange
    request, response = exchange.request, exchange.response
    return msgspec.structs.replace(
        exchange,
        request=msgspec.structs.replace(
            request, headers=_headers_with(request.headers, found), body=_with(request.body, found)
        ),
        response=response
        and msgspec.structs.replace(
            response, headers=_headers_with(response.headers, found), body=_with(response.body, found)
        ),
    )


def _headers_with(headers: Headers, digests: Mapping[bytes, bytes]) -> Headers:
    return tuple(
        (name, _with(value.encode("utf-8", "surrogatepass"), digests).decode("utf-8", "surrogatepass"))
        for name, value in headers
    )


def _with(data: Raw, digests: Mapping[bytes, bytes]) -> Raw:
    for old, new in digests.items():
        data = data.replace(old, new)
    return data
