"""Signing in to the pages and out, and what others send in one's name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from conformance.registry.accounts import disable_account
from conformance.registry.api.application import application
from conformance.registry.office import Office
from conformance.registry.pages import sessions
from conformance.registry.pages.application import beside
from conformance.registry.store import history, tables
from registry.browsing import Browser, Dom
from registry.people import World
from registry.steady import Clock
from registry.submitted import submitted
from tests.serving import served

As = Callable[[str], Browser]
NAME = "session"


@pytest.fixture
def url(sqlite_url: str) -> str:
    """SQLite alone; what is particular to a database is tested with the store."""
    return sqlite_url


def kept(office: Office) -> str:
    """All that is kept of sessions and events, as text."""
    with office.database.read() as connection:
        rows = [*connection.execute(sa.select(tables.sessions)), *connection.execute(sa.select(tables.events))]
    return json.dumps([list(map(str, row)) for row in rows])


def signed_in(somebody: Browser) -> bool:
    """Whether a page that is not for everybody is shown."""
    return somebody.get("/runs").status_code == 200


def test_in_and_out_again(office: Office, site: str, world: World) -> None:
    """Claim: a session is there from signing in to signing out, and leads where one wanted to go. Stimulus: a page
    that needs one; a wrong token; the right one; signing out by the form; the old cookie once more. Expected: as said;
    the token is not shown again, and neither it nor the session's id is kept; both ends are events."""
    somebody = Browser(site)
    there = somebody.get("/runs?state=refused").headers["Location"]
    assert there == "/sign-in?next=/runs%3Fstate%3Drefused"
    form = next(f for f in somebody.dom(there).forms if "token" in f.fields)
    wrong = somebody.post("/sign-in", {**form.fields, "token": "cfr_wrong"})
    assert (wrong.status_code, "cfr_wrong" in wrong.text, "Set-Cookie" in wrong.headers) == (401, False, False)
    assert [f.fields["next"] for f in Dom(wrong.text).forms if "token" in f.fields] == ["/runs?state=refused"]
    right = somebody.post("/sign-in", {**form.fields, "token": f" {world.tokens['vendor']}\n"})
    assert (right.status_code, right.headers["Location"]) == (303, "/runs?state=refused")
    assert signed_in(somebody)
    session = somebody.session.cookies[NAME]
    for secret in (session, world.tokens["vendor"]):
        assert secret not in somebody.get("/").text
        assert secret not in kept(office)
    form = next(f for f in somebody.dom("/").forms if f.attributes["action"] == "/sign-out")
    assert somebody.post("/sign-out", form.fields).status_code == 303
    assert NAME not in somebody.session.cookies
    somebody.session.cookies.set(NAME, session)
    assert not signed_in(somebody), "the old id lets nobody in"
    with office.database.read() as connection:
        told = [event.act for event in history(connection, "account", world["vendor"].account)]
    assert told == ["make account", "sign in", "sign out"]


def test_a_session_that_somebody_else_knows_is_none(site: str, world: World) -> None:
    """Claim: no session can be fixed. Stimulus: a session's cookie that was there before signing in, made up or of
    another account; signing in twice. Expected: another id each time, and what was there before lets nobody in."""
    attacker = Browser(site)
    attacker.sign_in(world.tokens["other vendor"])
    for planted in ("planted", attacker.session.cookies[NAME], ""):
        victim = Browser(site)
        victim.session.cookies.set(NAME, planted)
        victim.sign_in(world.tokens["vendor"])
        (given,) = [c.value for c in victim.session.cookies if c.name == NAME and c.domain != ""]
        assert given != planted
        assert signed_in(victim)
        other = Browser(site)
        other.session.cookies.set(NAME, planted)
        assert not signed_in(other)
        victim.sign_in(world.tokens["vendor"])
        other.session.cookies.set(NAME, str(given))
        assert not signed_in(other), "the session before has ended"


def test_sessions_end_by_themselves(office: Office, browser: As, clock: Clock, world: World) -> None:
    """Claim: a browser that was left open lets nobody in for long. Stimulus: half an hour without a request; eight
    hours with one every twenty minutes; an account that is disabled. Expected: signed out each time; what has ended is
    cleared away."""
    idle = browser("vendor")
    clock.forward(minutes=29)
    assert signed_in(idle)
    clock.forward(minutes=29)
    assert signed_in(idle), "it was used meanwhile"
    clock.forward(minutes=30)
    assert not signed_in(idle)
    busy = browser("assessor")
    for _ in range(23):
        clock.forward(minutes=20)
        assert signed_in(busy)
    clock.forward(minutes=20)
    assert not signed_in(busy)
    assert sessions.clear(office) == 2
    shut = browser("body")
    disable_account(office, world["administrator"], world["body"].account, "left")
    assert not signed_in(shut)


def test_cookies_are_for_this_server_alone(office: Office, world: World) -> None:
    """Claim: no script and no other site gets at a session. Stimulus: cookies, with and without https. Expected:
    HttpOnly and SameSite=Strict; where visitors come by https Secure and the prefix that binds it to the host; Origin
    is then that address, and a page of the same host without TLS is refused."""
    for address in ("http://127.0.0.1:8090", "https://registry.example.jp"):
        place = replace(office, url=address)
        with served(beside(application(place), place)) as url:
            somebody = Browser(url)
            origin = {"Origin": address} if address.startswith("https") else {}
            answer = somebody.post("/sign-in", {"token": world.tokens["vendor"]}, **origin)
            told = answer.headers["Set-Cookie"].split("; ")
            flags = {part.partition("=")[0].lower() + "=" + part.partition("=")[2].lower() for part in told[1:]}
            assert {"httponly=", "samesite=strict", "path=/"} <= flags
            assert not [flag for flag in flags if flag.startswith("domain")]
            secure = address.startswith("https")
            assert told[0].startswith("__Host-session=" if secure else "session=")
            assert ("secure=" in flags) is secure
            if secure:
                plain = somebody.post("/sign-in", {"token": world.tokens["vendor"]}, Origin=url)
                assert (plain.status_code, "Set-Cookie" in plain.headers) == (403, False)


FOREIGN: list[dict[str, str | None]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": None},
    {"Origin": "http://127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_forms_of_other_sites_are_refused(
    office: Office, browser: As, world: World, headers: dict[str, str | None]
) -> None:
    """Claim: nothing is done, signed in or out in one's name from elsewhere. Stimulus: a right form with right token
    and cookie, from another origin or none. Expected: 403; nothing has happened."""
    run = submitted(office, world)
    vendor = browser("vendor")
    form = next(f for f in vendor.dom(f"/runs/{run}").forms if f.act == "withdrawRun")
    before = kept(office)
    for path, sent in (
        (f"/runs/{run}", {**form.fields, "why": "x"}),
        ("/sign-out", form.fields),
        ("/sign-in", {"token": world.tokens["other vendor"]}),
    ):
        answer = vendor.post(path, sent, **headers)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False), path
    assert signed_in(vendor)
    assert kept(office) == before


def test_forms_of_another_session_are_refused(office: Office, browser: As, world: World) -> None:
    """Claim: a form is of one session. Stimulus: no token, an empty one, one of another session of the same account,
    as JSON, a field twice, in the query; without a session. Expected: refused, and nothing has happened; the right
    form is taken."""
    run = submitted(office, world)
    vendor, again = browser("vendor"), browser("vendor")
    path = f"/runs/{run}"
    right = {**next(f for f in vendor.dom(path).forms if f.act == "withdrawRun").fields, "why": "because"}
    other = next(f for f in again.dom(path).forms if f.act == "withdrawRun").fields["form_token"]
    before = kept(office)
    assert other != right["form_token"]
    for told in ("", "x", other, "\udcff".encode("utf-8", "replace").decode(), "é"):
        assert vendor.post(path, {**right, "form_token": told}).status_code == 403
    assert vendor.post(path, {k: v for k, v in right.items() if k != "form_token"}).status_code == 403
    assert vendor.post(f"{path}?form_token={right['form_token']}", {**right, "form_token": ""}).status_code == 403
    headers = {"Origin": vendor.url, "Content-Type": "application/json"}
    assert vendor.session.post(vendor.url + path, json=right, headers=headers).status_code == 415
    doubled = "&".join(f"{k}={v}" for k, v in [*right.items(), ("why", "other")])
    form = {"Origin": vendor.url, "Content-Type": "application/x-www-form-urlencoded"}
    assert vendor.session.post(vendor.url + path, doubled, headers=form).status_code == 422
    assert vendor.session.post(vendor.url + path, b"\xff=%ff", headers=form).status_code == 422
    assert vendor.session.post(vendor.url + path, b"a=" + b"x" * 300_000, headers=form).status_code == 413
    assert vendor.session.post(vendor.url + path, b"a=1&" * 300, headers=form).status_code == 422
    nobody = browser("public").post(path, right)
    assert (nobody.status_code, nobody.headers["Location"]) == (303, f"/sign-in?next={path}")
    assert kept(office) == before
    assert vendor.post(path, right).status_code == 303
    assert kept(office) != before


def test_an_act_is_of_the_page_that_has_it(office: Office, browser: As, world: World) -> None:
    """Claim: a form does what its page is about, by the rules of the API. Stimulus: acts that a page does not have, or
    that the role may not do, with a right token. Expected: 404 and 403; nothing has happened."""
    run = submitted(office, world)
    for role, act, status in (
        ("vendor", "addVendor", 404),
        ("vendor", "", 404),
        ("vendor", "beginReview", 403),
        ("approver", "withdrawRun", 403),
        ("other vendor", "withdrawRun", 404),
    ):
        somebody = browser(role)
        before = kept(office)
        token = sessions.form_token(somebody.session.cookies[NAME])
        answer = somebody.post(f"/runs/{run}", {"form_token": token, "act": act, "why": "x", "name": "x"})
        assert answer.status_code == status, (role, act)
        assert kept(office) == before
    somebody = browser("vendor")
    token = sessions.form_token(somebody.session.cookies[NAME])
    other = submitted(office, world, "other vendor", world.other_version)
    sent = {"form_token": token, "act": "withdrawRun", "why": "x", "target": other}
    assert somebody.post(f"/runs/{run}", sent).status_code == 404, "another's run, by way of one's own page"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\\\\evil.example",
        "/\t/evil.example", "/sign-out", "/v1/me", "", "evil.example", "/runs\r\nSet-Cookie: a=b",
    ],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(site: str, world: World, address: str) -> None:
    """Claim: nobody is sent to another site. Stimulus: addresses of others, in all disguises. Expected: the start
    page."""
    answer = Browser(site).sign_in(world.tokens["vendor"], address)
    assert answer.headers["Location"] == "/"
    assert Browser(site).get("/sign-in", Accept="text/html").status_code == 200


def test_a_part_of_a_page_is_not_where_one_signs_in(site: str) -> None:
    """Claim: where a session ends while htmx asks for a part of a page, the whole page goes to sign in. Stimulus: a
    request of htmx without a session. Expected: the header by which htmx goes there."""
    answer = Browser(site).get("/runs?state=refused", **{"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/runs%3Fstate%3Drefused"
