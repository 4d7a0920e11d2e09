"""A correct system that nobody would build like ours: `data/foreign/library` in front of plain Starlette.

It reads generously (numbers in quotes, null for nothing, any case, spaces around), refuses with plain text and statuses
that its document does not list, answers unknown methods with 501, redirects, and knows its books by number.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

KEY = "library-key-of-the-test"
GENRES = {"novel", "poetry", "essay"}


class Library:
    """Books by number, and what was said of them."""

    def __init__(self) -> None:
        self.books: dict[int, dict[str, Any]] = {7: {"number": 7, "title": "Botchan", "pages": 200, "genre": None}}

    def add(self, content: dict[str, Any]) -> dict[str, Any]:
        if any(book["title"] == content["title"] for book in self.books.values()):
            raise HTTPException(409, "there is such a book")
        number = max(self.books) + 1
        self.books[number] = {**content, "number": number}
        return self.books[number]


def refuse(status: int, why: str) -> HTTPException:
    return HTTPException(status, why)


def number_of(value: Any) -> int:
    """A whole number, also in quotes or with nothing behind the point."""
    try:
        return int(float(value.strip() if isinstance(value, str) else value))
    except (TypeError, ValueError, OverflowError):
        raise refuse(422, "no number") from None


def text_of(value: Any) -> str:
    if isinstance(value, dict | list):
        raise refuse(422, "no text")
    return str(value)


def book_of(content: Any, *, partly: bool = False) -> dict[str, Any]:
    """A book as the document has it, read generously."""
    if not isinstance(content, dict):
        raise refuse(422, "no object")
    known = {k: v for k, v in content.items() if v is not None and k not in {"number", "secret_note"}}
    if not partly and not {"title", "pages"} <= known.keys():
        raise refuse(422, "title and pages are needed")
    if "title" in known:
        known["title"] = text_of(known["title"])
        if not 1 <= len(known["title"]) <= 60:
            raise refuse(422, "title")
    if "pages" in known:
        known["pages"] = number_of(known["pages"])
        if known["pages"] <= 0:
            raise refuse(422, "pages")
    if "genre" in known:
        known["genre"] = text_of(known["genre"]).strip().lower()
        if known["genre"] not in GENRES:
            raise refuse(422, "genre")
    if content.get("secret_note") is not None:
        text_of(content["secret_note"])
    if "part_of" in known:
        known["part_of"] = {**book_of(known["part_of"]), "number": 1}
    if "copies" in known:
        copies = known["copies"] if isinstance(known["copies"], list) else [known["copies"]]
        known["copies"] = list(dict.fromkeys(text_of(copy) for copy in copies))
    for name in ("published", "isbn"):
        if name in known:
            known[name] = text_of(known[name])
    return known


async def content_of(request: Request) -> Any:
    try:
        return json.loads((await request.body()).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise refuse(400, "no JSON") from None


def application() -> Starlette:
    """The whole system, under its own base path."""
    library = Library()

    def known(request: Request) -> dict[str, Any]:
        book = library.books.get(number_of(request.path_params["book_id"]))
        if book is None:
            raise refuse(404, "no such book")
        return book

    def let_in(request: Request) -> None:
        if request.headers.get("X-Library-Key") != KEY:
            raise HTTPException(401, "who are you?", headers={"WWW-Authenticate": 'ApiKey realm="library"'})

    async def books(request: Request) -> Response:
        if len(request.headers.get("X-Tenant", "")) > 40:
            raise refuse(431, "tenant")
        if request.method == "POST":
            let_in(request)
            book = library.add(book_of(await content_of(request)))
            return JSONResponse(book, 201, headers={"Location": f"books/{book['number']}"})
        query = request.query_params
        if query.get("genre", "novel").strip().lower() not in GENRES:
            raise refuse(400, "genre")
        if query.get("min_pages") and number_of(query["min_pages"]) <= 0:
            raise refuse(400, "min_pages")
        if query.get("available", "true").lower() not in {"true", "false", "1", "0", ""}:
            raise refuse(400, "available")
        limit = min(max(number_of(query.get("limit") or 10), 1), 50)
        return JSONResponse(
            {"items": list(library.books.values())[:limit], "next": None, "extra": True},
            headers={"X-Total": str(len(library.books)), "X-Ratios": "0.5, 1, 2.25"},
        )

    async def book(request: Request) -> Response:
        if request.method in {"PUT", "PATCH", "DELETE"}:
            let_in(request)
        found = known(request)
        if request.method == "PUT":
            library.books[found["number"]] = {**book_of(await content_of(request)), "number": found["number"]}
            return JSONResponse(library.books[found["number"]])
        if request.method == "PATCH":
            content = await content_of(request)
            found.update(book_of(content, partly=True) if content is not None else {})
            return Response(status_code=204)
        if request.method == "DELETE":
            return Response(status_code=418 if found["number"] == 7 else 205)
        return JSONResponse(found)

    async def cover(request: Request) -> Response:
        known(request)
        if request.method == "PUT":
            return Response(status_code=204)
        return Response(b"\x89PNG", media_type="image/png")

    async def reviews(request: Request) -> Response:
        known(request)
        rating = number_of(parse_qs((await request.body()).decode("latin-1")).get("rating", [""])[0])
        return JSONResponse({"rating": rating}, 201)

    async def imports(request: Request) -> Response:
        body = await request.body()
        if b'name="file"' not in body:
            raise refuse(400, "no file")
        return Response(status_code=202)

    async def tree(request: Request) -> Response:
        leaf: dict[str, Any] = {"name": "poetry", "children": [], "parent": None}
        return JSONResponse({"name": "all", "children": [leaf]})

    async def me(request: Request) -> Response:
        return JSONResponse({"kind": "nobody", "theme": request.cookies.get("theme")})

    async def echo(request: Request) -> Response:
        return Response(await request.body(), media_type="text/plain; charset=utf-8")

    def unknown_method(request: Request, error: Exception) -> Response:
        return PlainTextResponse("not here", 501)

    routes = [
        Route("/books", books, methods=["GET", "POST"]),
        Route("/books/{book_id}", book, methods=["GET", "PUT", "PATCH", "DELETE"]),
        Route("/books/{book_id}/cover", cover, methods=["GET", "PUT"]),
        Route("/books/{book_id}/reviews", reviews, methods=["POST"]),
        Route("/imports", imports, methods=["POST"]),
        Route("/tree", tree),
        Route("/report", lambda request: Response("a,b\r\n", media_type="text/csv")),
        Route("/me", me),
        Route("/echo", echo, methods=["POST"]),
        Route("/old", lambda request: RedirectResponse("https://elsewhere.example/", 301)),
    ]
    return Starlette(routes=[Mount("/lib/api", routes=routes)], exception_handlers={405: unknown_method})
