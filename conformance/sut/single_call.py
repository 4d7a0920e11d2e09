"""Single HTTP calls beside the run: tokens and preflight. No redirect is followed, nothing endless is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from .client import USER_AGENT
from .not_ready import NotReadyError, of_network, too_slow
from .run_file import Tls
from .tls import trusted

LONGEST_ANSWER: Final = 256 * 1024
_MOST_INTERIM: Final = 20


class Reply(NamedTuple):
    """What came back. `at` is the time in the middle of the call, in seconds since 1970."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: float


class _FinalResponse(HTTPResponse):
    """An answer that interim ones (1xx) may precede: a client has to read past them (RFC 9110, 15.2)."""

    def begin(self) -> None:
        """Reads heads until a final one has come; `http.client` itself knows of no interim status but 100."""
        super().begin()
        for _ in range(_MOST_INTERIM):
            if not 102 <= self.status < 200:
                return
            self.headers = self.msg = None  # type: ignore[assignment]  # as before the first head was read
            super().begin()
        raise HTTPException("interim answers without end")


class _Connection(HTTPConnection):
    response_class = _FinalResponse


class _SecureConnection(HTTPSConnection):
    response_class = _FinalResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """The usual pools, of connections that read past interim answers."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def new_session(tls: Tls) -> requests.Session:
    """A session that takes nothing from its surroundings: no proxy, no .netrc, no cookies kept."""
    session = requests.Session()
    session.trust_env = False
    session.verify = trusted(tls)
    if tls.certificate:
        session.cert = (tls.certificate, tls.key) if tls.key else tls.certificate
    for prefix in ("http://", "https://"):
        session.mount(prefix, _Adapter())
    session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
    return session


def call(
    session: requests.Session,
    method: str,
    url: str,
    *,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    certificate: tuple[str, str] | None = None,
) -> Reply:
    """Send one request and read at most `LONGEST_ANSWER` bytes of the answer. Raises NotReadyError.

    The whole call is bounded, however slowly header lines or bytes drip in: a thread of its own does it and is left to
    itself when its time is over.
    """
    result: list[Reply | NotReadyError] = []
    request = requests.Request(method, url, headers=dict(headers or {}), data=dict(form) if form else None)

    def work() -> None:
        try:
            result.append(_call(session, request, seconds, certificate))
        except NotReadyError as error:
            result.append(error)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            result.append(of_network(error, place(url), seconds))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds * 1.5 + 1.0)
    if not result:
        raise too_slow(place(url), seconds)
    if isinstance(result[0], NotReadyError):
        raise result[0]
    return result[0]


def _call(
    session: requests.Session, request: requests.Request, seconds: float, certificate: tuple[str, str] | None
) -> Reply:
    began, until = time.time(), time.monotonic() + seconds
    prepared = session.prepare_request(request)
    # Not session.send: it reads Location and keeps cookies, also where no redirect is followed.
    adapter = session.get_adapter(prepared.url or "")
    with adapter.send(
        prepared,
        stream=True,
        timeout=seconds,
        verify=session.verify if session.verify is not None else True,
        cert=certificate or session.cert,
    ) as response:
        at = (began + time.time()) / 2
        body = bytearray()
        while len(body) <= LONGEST_ANSWER:
            part = response.raw.read1(16 * 1024, decode_content=False)
            if not part:
                break
            body += part
            if time.monotonic() > until:
                raise too_slow(place(request.url or ""), seconds)
        return Reply(response.status_code, response.headers, bytes(body[:LONGEST_ANSWER]), at)


def place(url: str) -> str:
    """A URL as it is told in messages: without query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
