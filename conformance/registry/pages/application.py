"""The pages over HTTP: each request in one order, and headers that let a page load our own files and nothing else.

Order: path (404), method (405), session (to the sign-in page), then what the handler refuses; of a form first where it
comes from, then its session, its content, and what the endpoint refuses. What one may not see is not there.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.errors import SuiteError
from conformance.model import Text
from conformance.registry.actors import PUBLIC
from conformance.registry.api.answers import file_answer
from conformance.registry.api.application import PREFIX, holder, query_of
from conformance.registry.api.calls import Call, File
from conformance.registry.api.oidc import Provider
from conformance.registry.office import Office
from conformance.registry.pages import requests, sessions
from conformance.registry.pages.acting import act
from conformance.registry.pages.links import files
from conformance.registry.pages.rendering import assets, render
from conformance.registry.pages.rows import PAGES, SIGN_IN
from conformance.registry.pages.visits import Page, Refused, Shown, Visit
from conformance.registry.pages.words import word
from conformance.registry.refusals import NotFoundError, RegistryError, UnauthenticatedError

_log: Final = logging.getLogger("conformance.registry")
_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]
_YEAR: Final = 365 * 24 * 3600
_SAFE: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none a browser would not say where a form comes from
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Cookie",
}
Reached = Callable[[Request], Awaitable[Response]]


def beside(api: ASGIApp, office: Office, provider: Provider | None = None) -> ASGIApp:
    """The API where it is, and the pages everywhere else."""
    shown = pages(office, provider)

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        await (api if path == PREFIX or path.startswith(f"{PREFIX}/") else shown)(scope, receive, send)

    return both


def pages(office: Office, provider: Provider | None = None) -> Starlette:
    """The pages of an office; with a provider its tokens let somebody sign in beside local ones."""
    door = _Door(office, provider)
    routes = [Route(page.path, door.page(page), methods=_METHODS) for page in PAGES]
    routes += [
        Route("/sign-in", door.guarded({"GET": door.sign_in_page, "POST": door.sign_in}), methods=_METHODS),
        Route("/sign-out", door.guarded({"POST": door.sign_out}), methods=_METHODS),
        Route("/files/{path:path}", door.guarded({"GET": door.file}), methods=_METHODS),
        Route("/assets/{name}", door.guarded({"GET": _asset}), methods=_METHODS),
    ]
    served = Starlette(routes=routes, exception_handlers={HTTPException: door.http_error, Exception: door.failed})
    served.router.redirect_slashes = False
    return served


class _Door:
    """Lets requests in, and answers them."""

    def __init__(self, office: Office, provider: Provider | None) -> None:
        self._office = office
        self._provider = provider

    def guarded(self, known: Mapping[str, Reached]) -> Reached:
        """What is answered to each method; refusals are answered as pages."""

        async def reached(request: Request) -> Response:
            method = "GET" if request.method == "HEAD" else request.method
            if method not in known:
                allowed = {*known, *(["HEAD"] if "GET" in known else [])}
                return await self._refusal(request, 405, "method", headers={"Allow": ", ".join(sorted(allowed))})
            texts = (*request.path_params.values(), *request.query_params.keys(), *request.query_params.values())
            if any("\0" in text for text in texts):
                return await self._refusal(request, 404, "not_found")
            try:
                return await known[method](request)
            except ClientDisconnect:
                return await self._refusal(request, 400, "invalid_request")
            except SuiteError as error:
                if not isinstance(error, RegistryError):
                    _log.exception("%s %s", request.method, request.url.path)
                    return await self._refusal(request, 500, "internal_error")
                return await self._refusal(request, error.status, error.code, error)

        return reached

    def page(self, page: Page) -> Reached:
        """One page: shown, and where it has forms, acted on."""

        async def show(request: Request) -> Response:
            visit = await self._visit(request)
            if visit.public and not page.public:
                return _to_sign_in(request)
            shown = await run_in_threadpool(page.handler, visit)
            return self._answer(request, visit, shown)

        async def take(request: Request) -> Response:
            sent = await requests.form_of(self._office, request)
            visit = await self._visit(request)
            if visit.session is None or visit.public:
                return _to_sign_in(request)
            requests.of_session(visit.session, sent)
            return await self._act(request, page, visit, sent)

        return self.guarded({"GET": show, **({"POST": take} if page.acts else {})})

    async def _act(self, request: Request, page: Page, visit: Visit, sent: Mapping[str, str]) -> Response:
        try:
            given = await run_in_threadpool(act, page, visit, sent)
        except NotFoundError:
            raise
        except RegistryError as error:
            again = replace(visit, query={}, refused=Refused(error, sent.get("act", ""), sent))
            shown = await run_in_threadpool(page.handler, again)
            return self._answer(request, again, shown, error.status)
        if isinstance(given, str):
            return _see(given)
        told = {"account": given.id, **({"token": given.token} if given.token else {})}
        visit = replace(visit, query={}, made=told)
        return self._answer(request, visit, await run_in_threadpool(page.handler, visit))

    async def sign_in_page(self, request: Request) -> Response:
        """The form."""
        visit = await self._visit(request)
        return self._answer(request, visit, SIGN_IN.handler(visit))

    async def sign_in(self, request: Request) -> Response:
        """Look at the token, and begin a session that nobody knew of before."""
        sent = await requests.form_of(self._office, request)
        try:
            actor = await run_in_threadpool(holder, self._office, self._provider, sent.get("token", "").strip())
        except UnauthenticatedError as error:
            visit = await self._visit(request)
            visit = replace(visit, query={"next": sent.get("next", "/")}, refused=Refused(error))
            return self._answer(request, visit, SIGN_IN.handler(visit), error.status)
        before = requests.session_of(self._office, request)
        session = await run_in_threadpool(sessions.begin, self._office, actor, before)
        answer = _see(requests.local(sent.get("next", "/")))
        self._cookie(answer, session, int(sessions.LASTS.total_seconds()))
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        sent = await requests.form_of(self._office, request)
        visit = await self._visit(request)
        if visit.session is not None:
            requests.of_session(visit.session, sent)
            await run_in_threadpool(sessions.end, self._office, visit.actor, visit.session)
        answer = _see("/")
        self._cookie(answer, "", 0)
        return answer

    async def file(self, request: Request) -> Response:
        """A file of the API for whoever is signed in: the same endpoint says whether he may have it."""
        visit = await self._visit(request)
        endpoint, path = _endpoint(request.path_params["path"])
        if visit.public and not endpoint.public:
            return _to_sign_in(request)
        call = Call(self._office, visit.actor, path, query_of(endpoint, request), None)
        given: File = await run_in_threadpool(endpoint.handler, call)
        return file_answer(given)

    async def http_error(self, request: Request, error: Exception) -> Response:
        """What the router refuses."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return await self._refusal(request, status, "not_found" if status == 404 else "invalid_request")

    async def failed(self, request: Request, error: Exception) -> Response:
        """Our own fault."""
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return await self._refusal(request, 500, "internal_error")

    async def _visit(self, request: Request) -> Visit:
        session = requests.session_of(self._office, request)
        actor = await run_in_threadpool(sessions.whose, self._office, session)
        return replace(self._anybody(request), actor=actor, session=None if actor == PUBLIC else session)

    def _anybody(self, request: Request) -> Visit:
        query, path = dict(request.query_params), dict(request.path_params)
        return Visit(self._office, PUBLIC, requests.language(request), request.url.path, path, query)

    async def _refusal(
        self, request: Request, status: int, code: str, error: RegistryError | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:  # fmt: skip
        """A page that says what is not done, and why; where we failed it looks at nothing that could fail again."""
        visit = await self._visit(request) if status < 500 else self._anybody(request)
        visit = replace(visit, query={})
        shown = Shown("refusal.html.j2", word(f"refusal.{code}"), {"status": status, "code": code, "error": error})
        answer = self._answer(request, visit, shown, status)
        answer.headers.update(headers or {})
        return answer

    def _answer(self, request: Request, visit: Visit, shown: Shown, status: int = 200) -> Response:
        text = render(visit, shown).encode("utf-8", "replace")
        answer = Response(text, status, {**_SAFE, "Content-Language": visit.lang}, "text/html; charset=utf-8")
        if request.query_params.get("lang") == visit.lang:
            secure = requests.secure(self._office)
            answer.set_cookie(requests.LANGUAGE, visit.lang, _YEAR, secure=secure, httponly=True, samesite="lax")
        return answer

    def _cookie(self, answer: Response, value: str, seconds: int) -> None:
        """Set the cookie of the session: for this host alone, by https where we have it, for no script."""
        name, secure = requests.cookie_name(self._office), requests.secure(self._office)
        answer.set_cookie(name, value, seconds, path="/", secure=secure, httponly=True, samesite="strict")


def _to_sign_in(request: Request) -> Response:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query and request.method == "GET" else "")
    address = f"/sign-in?next={quote(asked, safe='/')}"
    if request.headers.get("hx-request"):  # the whole page is to go there, and not a part of it
        return Response(status_code=200, headers={**_SAFE, "HX-Redirect": address})
    return _see(address)


def _see(address: str) -> Response:
    return RedirectResponse(address, 303, {**_SAFE})


def _endpoint(path: str) -> tuple[Any, MutableMapping[str, str]]:
    """The endpoint of a file, and what stands in its path. Raises `NotFoundError`."""
    given = path.split("/")
    for known, endpoint in files().items():
        parts = known.removeprefix("/").split("/")
        if len(parts) == len(given) and all(p == g or p.startswith("{") for p, g in zip(parts, given, strict=True)):
            return endpoint, {p.strip("{}"): g for p, g in zip(parts, given, strict=True) if p.startswith("{")}
    raise NotFoundError(
        Text("該当するファイルがありません。", "there is no such file"),
        next_step=Text("ページにあるリンクから開いてください。", "follow a link of a page"),
    )


async def _asset(request: Request) -> Response:
    found = assets().get(request.path_params["name"])
    if found is None:
        raise NotFoundError(
            Text("該当するファイルがありません。", "there is no such file"),
            next_step=Text("ページを再読み込みしてください。", "reload the page"),
        )
    content, kind = found
    return Response(content, 200, {**_SAFE, "Cache-Control": f"public, max-age={_YEAR}, immutable"}, kind)
