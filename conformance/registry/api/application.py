"""The ASGI application: looks at every request in one order, and calls the endpoint's handler in a thread.

Order: path (404), method (405), who asks (401), query and media type (400, 415), size (413), content (400), then what
the handler itself refuses.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.errors import SuiteError
from conformance.model import Text
from conformance.registry import accounts
from conformance.registry.actors import PUBLIC, Actor
from conformance.registry.api import advisories, editions, exports, fresh, holdings, runs, statements
from conformance.registry.api.answers import file_answer, json_answer, problem_answer, refusal_answer
from conformance.registry.api.calls import Call, Endpoint, File
from conformance.registry.api.oidc import Provider
from conformance.registry.office import Office
from conformance.registry.refusals import (
    MalformedError,
    MalformedJsonError,
    MediaTypeError,
    TooLargeError,
    UnauthenticatedError,
)

PREFIX: Final = "/v1"
ENDPOINTS: Final = (
    *holdings.ENDPOINTS,
    *runs.ENDPOINTS,
    *statements.ENDPOINTS,
    *advisories.ENDPOINTS,
    *exports.ENDPOINTS,
    *fresh.ENDPOINTS,
    *editions.ENDPOINTS,
)
_CONTENT: Final = 256 * 1024
_PIECES: Final = "application/octet-stream"
_JSON: Final = "application/json"
_NONE: Final = "\0"
"""No text has it, and one of the databases cannot even be asked for it."""
_PLACES: Final = (re.compile(r"at `\$\.([^`]{1,100})`$"), re.compile(r"field `([^`]{1,100})`"))
_log: Final = logging.getLogger("conformance.registry")


def application(office: Office, provider: Provider | None = None) -> Starlette:
    """The registry of an office; with a provider its tokens are accepted beside local ones."""
    routes: dict[str, dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        routes.setdefault(PREFIX + endpoint.path, {})[endpoint.method] = endpoint
    served = Starlette(
        routes=[Route(path, _reached(office, provider, known), methods=_METHODS) for path, known in routes.items()],
        exception_handlers={HTTPException: _http_error, Exception: _failed},
    )
    served.router.redirect_slashes = False
    return served


_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]
"""All that are known: what is answered to those that a path does not have is said here, and not by the router."""


def _reached(
    office: Office, provider: Provider | None, known: dict[str, Endpoint]
) -> Callable[[Request], Awaitable[Response]]:
    async def reached(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if method not in known:
            allowed = {*known, *(["HEAD"] if "GET" in known else [])}
            return problem_answer(405, "method_not_allowed", headers={"Allow": ", ".join(sorted(allowed))})
        if any(_NONE in value for value in request.path_params.values()):
            return problem_answer(404, "not_found")
        try:
            return await _answer(office, provider, known[method], request)
        except ClientDisconnect:
            return problem_answer(400, "invalid_request", "the request was not sent to its end")
        except SuiteError as error:
            if refusal_answer(error).status_code >= 500:
                _log.exception("%s %s", request.method, known[method].path)
            return refusal_answer(error)

    return reached


async def _answer(office: Office, provider: Provider | None, endpoint: Endpoint, request: Request) -> Response:
    actor = await run_in_threadpool(_actor, office, provider, request.headers.getlist("authorization"))
    if actor is PUBLIC and not endpoint.public:
        raise UnauthenticatedError(
            Text("Bearerトークンが必要です。", "a bearer token is needed"),
            next_step=Text("Authorizationヘッダーで送信してください。", "send one in the header Authorization"),
        )
    query = query_of(endpoint, request)
    content: Any = None
    offset = 0
    if endpoint.pieces:
        _media_type(request, _PIECES)
        offset = _offset(request)
        content = await _read(request, office.bounds.chunk)
    elif endpoint.takes is not None:
        _media_type(request, _JSON)
        content = _decoded(await _read(request, _CONTENT), endpoint.takes)
    call = Call(office, actor, request.path_params, query, content, offset)
    given = await run_in_threadpool(endpoint.handler, call)
    if isinstance(given, File):
        return file_answer(given)
    headers = {"Location": PREFIX + endpoint.location.format(id=given.id)} if endpoint.location else {}
    return json_answer(given, endpoint.status, headers)


def _actor(office: Office, provider: Provider | None, sent: list[str]) -> Actor:
    """Who asks. A token that is not right is never taken for none."""
    if not sent:
        return PUBLIC
    scheme, _, token = sent[0].partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError(
            Text("Bearerトークンが送信されていません。", "no bearer token was sent"),
            next_step=Text("「Bearer TOKEN」の形式で送信してください。", "send one, as 'Bearer TOKEN'"),
        )
    return holder(office, provider, token.strip())


def holder(office: Office, provider: Provider | None, token: str) -> Actor:
    """Whose token it is, a local one or the provider's. Raises `UnauthenticatedError`."""
    if provider is not None and token.count(".") == 2:
        return accounts.by_subject(office, provider.issuer, provider.subject(token))
    return accounts.by_token(office, token)


def query_of(endpoint: Endpoint, request: Request) -> Any:
    """The query as the endpoint has it. Raises `MalformedError`."""
    pairs = request.query_params.multi_items()
    if any(_NONE in value for _, value in pairs):
        raise MalformedError(Text("クエリに使用できない文字があります。", "the query has a character that is none"))
    if len({name for name, _ in pairs}) != len(pairs):
        raise MalformedError(Text("クエリに同じパラメータが2回あります。", "a parameter of the query is there twice"))
    for name in ("limit", "offset"):
        told = request.query_params.get(name, "0")
        if not (told.isascii() and told.isdigit() and len(told) < 10):
            raise MalformedError(Text(f"「{name}」が数ではありません。", f"'{name}' is no number"))
    try:
        return msgspec.convert(dict(pairs), endpoint.query, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise MalformedError(
            Text(f"クエリが形式に合いません{_named(error)}。", f"the query does not fit: {error}")
        ) from None


def misfit(error: Exception) -> str:
    """The member that does not fit, as msgspec's error names it; empty where it names none."""
    found = [place.search(str(error)) for place in _PLACES]
    return ".".join(each[1] for each in found if each)


def _named(error: Exception) -> str:
    name = misfit(error)
    return f"（{name}）" if name else ""


def _media_type(request: Request, wanted: str) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != wanted:
        raise MediaTypeError(Text(f"内容の種類は{wanted}でなければなりません。", f"the content is to be {wanted}"))


def _offset(request: Request) -> int:
    told = request.headers.get("upload-offset", "")
    if not (told.isascii() and told.isdigit() and len(told) < 16):
        raise MalformedError(
            Text(
                "Upload-Offsetヘッダーに、送信する部分の開始位置（バイト）を指定してください。",
                "the header Upload-Offset is to say at which byte the piece begins",
            )
        )
    return int(told)


async def _read(request: Request, most: int) -> bytes:
    """The content, which is never more in memory than it may be."""
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > most:
            raise TooLargeError(
                Text(f"内容が{most}バイトを超えています。", f"the content is longer than {most} bytes"),
                next_step=Text("1回に送信する量を減らしてください。", "send less at once"),
            )
    return bytes(found)


def _decoded(content: bytes, wanted: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.json.decode(content, type=wanted)
    except msgspec.ValidationError as error:
        raise MalformedError(
            Text(f"内容が形式に合いません{_named(error)}。", f"the content does not fit: {error}")
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJsonError(
            Text("内容がJSONではありません。", f"the content is no JSON: {type(error).__name__}")
        ) from None


async def _http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return problem_answer(status, _CODES.get(status, "invalid_request"))


async def _failed(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem_answer(500, "internal_error", "The registry itself failed. It was noted; please try again later.")


_CODES: Final = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large"}


def operations(endpoints: Iterable[Endpoint] = ENDPOINTS) -> dict[str, Endpoint]:
    """Endpoints by their id."""
    return {endpoint.id: endpoint for endpoint in endpoints}
