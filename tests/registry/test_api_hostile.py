"""Requests that mean no good: contents, queries, texts, and what a browser would send by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from conformance.model import Text
from conformance.registry import advisories
from conformance.registry.api.application import ENDPOINTS
from conformance.registry.office import Office
from registry.asking import Asking
from registry.people import World
from registry.test_api import MATRIX, asking, refuse


@pytest.mark.parametrize(
    ("content", "type_", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"name":' + b"[" * 50_000, "application/json", 400),
        (b'{"name":"' + b"x" * 300_000 + b'"}', "application/json", 413),
        (b'{"name":"a","more":1}', "application/json", 400),
        (b'{"name":1}', "application/json", 400),
        (b'{"name":"\\ud800"}', "application/json", 400),
        (b'{"name":"\\u0000"}', "application/json", 422),
        (b"\xff\xfe", "application/json", 400),
        (b"", "application/json", 400),
        (b"name=a", "application/x-www-form-urlencoded", 415),
        (b'{"name":"a"}', "text/plain", 415),
        (b'{"name":"a"}', "", 415),
    ],
)
def test_contents_that_do_not_fit(api: str, world: World, content: bytes, type_: str, status: int) -> None:
    """Claim: no content breaks the registry. Stimulus: broken, deep, huge, unknown, wrong, empty contents; a form, as
    a page elsewhere could send it. Expected: 400, 413, 415 or 422 as a problem document."""
    headers = {"Content-Type": type_} if type_ else {}
    answer = asking(api, world, "administrator")("POST", "/vendors", content, headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "offset=-1", "more=1", "limit=1&limit=2", "limit=1e2", "state=none"]
)
def test_queries_that_do_not_fit(api: str, world: World, query: str) -> None:
    """Claim: a query is taken as it is meant, or not at all. Stimulus: wrong, unknown, doubled parameters. Expected:
    400."""
    assert asking(api, world, "vendor")("GET", f"/runs?{query}").status_code == 400


HOSTILE = [
    "\0",
    "'; DROP TABLE runs; --",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "%00",
    "../../etc/passwd",
    "a" * 3000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_texts(api: str, office: Office, world: World, text: str) -> None:
    """Claim: no text is ever code. Stimulus: NUL, SQL, script, a template, a path as ids in every path, as every text
    of every content. Expected: never a 500; texts come back as they were; the page of an advisory shows no element
    that the text has made."""
    ask = asking(api, world, "administrator")
    for endpoint in ENDPOINTS:
        path = endpoint.path.replace("{id}", _quoted(text)).replace("{code}", _quoted(text))
        content = _texts(MATRIX[endpoint.id][0][1], text)
        for role in ("administrator", "assessor", "approver", "vendor", "body"):
            answer = asking(api, world, role)(endpoint.method, path, content)
            assert answer.status_code < 500, (endpoint.id, answer.text)
    kept = len(text) <= 200 and text != "\0"
    if kept:
        assert text in {v["name"] for v in ask("GET", "/vendors").json()["items"]}
    run = refuse(office, world)
    if not kept:
        return
    made = advisories.draft(office, world["assessor"], run, Text(text, text), dt.date(2026, 12, 28))
    page = asking(api, world, "assessor")("GET", f"/advisories/{made}/page")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Content-Disposition"].startswith("attachment")
    assert "<script" not in page.text
    assert "49" not in page.text.split("根拠")[1][:60]


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text[:500], safe="")


def _texts(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {name: _texts(each, text) for name, each in value.items()}
    return text if isinstance(value, str) else value


def test_nothing_can_be_sent_in_ones_name(api: str, world: World) -> None:
    """Claim: there is nothing that a browser would send by itself, and no session to be fixed. Stimulus: a change with
    the token as a cookie, in the query, as another scheme, with another page's origin; the answers to right requests.
    Expected: 401; no cookie is ever set, and no other origin is let in."""
    token = world.tokens["administrator"]
    ask = Asking(api)
    for headers, path in (
        ({"Cookie": f"token={token}; session={token}"}, "/vendors"),
        ({}, f"/vendors?access_token={token}"),
        ({"Authorization": f"Basic {token}"}, "/vendors"),
        ({"Authorization": token}, "/vendors"),
        ({"Authorization": f"Bearer {token}, Bearer {token}"}, "/vendors"),
        ({"Authorization": "Bearer "}, "/vendors"),
    ):
        answer = ask("POST", path, {"name": "mine"}, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    origin = {"Origin": "https://evil.example"}
    answer = asking(api, world, "administrator")("POST", "/vendors", {"name": "new"}, headers=origin)
    assert answer.status_code == 201
    assert not {"Set-Cookie", "Access-Control-Allow-Origin"} & set(answer.headers)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert ask("OPTIONS", "/vendors", headers=origin).status_code == 405
