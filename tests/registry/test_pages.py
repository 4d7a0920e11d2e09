"""The registry's pages: who may see which, what is on them for everybody, and that all can use them."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest
import views_data

from conformance.registry import advisories, runs
from conformance.registry.holdings import System, add_system
from conformance.registry.office import Office
from conformance.registry.pages import forms
from conformance.registry.pages.links import files
from conformance.registry.pages.rows import PAGES
from conformance.registry.pages.words import TEMPLATES, WORDS
from conformance.registry.submission import judged_path
from conformance.views import translations
from registry.browsing import Browser, Dom, headings
from registry.people import BODY, World
from registry.steady import SERVICE
from registry.test_api import AGENCY, ALL, MATRIX, ROLES, Things, everything

As = Callable[[str], Browser]
IN = ALL - {"public"}
FINDER = "COM-PAG-001"


@pytest.fixture
def url(sqlite_url: str) -> str:
    """SQLite alone: what a page shows is read by the same functions as in the API, which are tested on both."""
    return sqlite_url


@dataclass(frozen=True)
class Shown:
    """One of each thing, and a system."""

    things: Things
    system: str
    world: World

    def __getitem__(self, name: str) -> str:
        known = {
            "system": self.system, "vendor": self.world.vendor, "product": self.world.product, "body": BODY,
            "version": self.world.version,
        }  # fmt: skip
        return known.get(name) or str(getattr(self.things, name))

    def paths(self) -> list[str]:
        """The address of every page, with each thing that it can be about."""
        found = []
        for page in PAGES:
            names = ABOUT.get(page.path, ("",))
            found += [re.sub(r"\{\w+\}", lambda _, name=name: self[name], page.path) for name in names]
        return found


ABOUT = {
    "/statements/{id}": ("statement",),
    "/bodies/{code}": ("body",),
    "/vendors/{id}": ("vendor",),
    "/products/{id}": ("product",),
    "/versions/{id}": ("version",),
    "/systems/{id}": ("system",),
    "/advisories/{id}": ("issued", "drafted"),
    "/runs/{id}": ("run", "refused"),
    "/runs/{id}/scorecard": ("run", "refused"),
    "/waivers/{id}": ("waiver",),
}
# Which operation of the API a page is as: who may not call that one may not see this page either.
AS_API = {
    "/statements/{id}": "getStatement",
    "/runs/{id}": "getRun",
    "/runs/{id}/scorecard": "getScorecard",
    "/waivers/{id}": "getWaiver",
    "/runs": "listRuns",
    "/waivers": "listWaivers",
    "/events": "listRunEvents",
    "/accounts": "listAccounts",
}


@pytest.fixture
def shown(office: Office, world: World) -> Shown:
    """One of each thing; the judge's lines are those of a real run, so that there is a scorecard."""
    system = System("", BODY, world.version, SERVICE, dt.date(2026, 4, 1))
    made = add_system(office, world["administrator"], system)
    things = everything(office, world)
    lines(office, things.run, views_data.run())
    lines(office, things.refused, views_data.run())
    return Shown(things, made, world)


def lines(office: Office, run: str, told: list[views_data.Line]) -> None:
    """What the judgement of a run wrote."""
    with office.database.read() as connection:
        views_data.write(told, judged_path(office, runs.judgement(connection, run).id))


def allowed(path: str, name: str) -> set[str]:
    """Who may see a page of a thing, as the matrix of the API has it."""
    if path == "/advisories/{id}":  # what was sent is there for everybody, without what was found
        return AGENCY if name == "drafted" else ALL
    if path not in AS_API:
        return ALL
    rows = MATRIX[AS_API[path]]
    return next((who for thing, _, who in rows if thing in {name, ""}), rows[0][2])


def test_who_may_see_which_page(shown: Shown, browser: As) -> None:
    """Claim: pages show nobody more than the API does. Stimulus: every page of every thing, for every role. Expected:
    the page, for who may; else as if it were not there, or that the role may not; the sign-in page for nobody."""
    for role in ROLES:
        somebody = browser(role)
        for page in PAGES:
            for name in ABOUT.get(page.path, ("",)):
                path = re.sub(r"\{\w+\}", lambda _, name=name: shown[name], page.path)
                answer = somebody.get(path)
                if role in allowed(page.path, name):
                    assert answer.status_code == 200, (role, path, answer.text[-500:])
                elif role == "public" and not page.public:
                    assert (answer.status_code, answer.headers["Location"]) == (303, f"/sign-in?next={path}")
                else:
                    expected = 403 if page.path in {"/events", "/accounts"} else 404
                    assert answer.status_code == expected, (role, path)


def test_what_is_not_there_looks_as_what_is_not_for_one(shown: Shown, browser: As) -> None:
    """Claim: nobody learns by asking what there is. Stimulus: another vendor's run, waiver and draft, and ids of
    nothing. Expected: the same page, byte for byte but for the id."""
    other = browser("other vendor")
    for kind, name in (("runs", "run"), ("waivers", "waiver"), ("advisories", "drafted")):
        real, none = other.get(f"/{kind}/{shown[name]}"), other.get(f"/{kind}/{'0' * 24}")
        assert real.status_code == none.status_code == 404
        assert real.text.replace(shown[name], "0" * 24) == none.text


def test_files_are_for_whom_they_are_for(shown: Shown, browser: As) -> None:
    """Claim: a file by way of a session is the API's, with the API's answer on who may have it. Stimulus: every file
    endpoint of a thing, by every role. Expected: a file to be saved, or nothing."""
    for operation, name in (("getScorecard", "run"), ("getAdvisoryPage", "drafted"), ("getAdvisoryPage", "issued")):
        endpoint = next(e for e in files().values() if e.id == operation)
        may = next(who for thing, _, who in MATRIX[operation] if thing == name)
        for role in ROLES:
            answer = browser(role).get("/files" + endpoint.path.format(id=shown[name]))
            if role in may:
                assert answer.headers["Content-Disposition"].startswith("attachment"), (role, operation)
            else:
                assert answer.status_code == (303 if role == "public" else 404), (role, operation)
    assert browser("assessor").get("/files/runs/x/../accounts").status_code == 404
    assert browser("administrator").get("/files/accounts").status_code == 404


def test_nothing_that_is_not_public_is_on_a_public_page(office: Office, shown: Shown, browser: As) -> None:
    """Claim: everybody sees what is published and nothing else. Stimulus: all pages without signing in, with an
    advisory, a plan, waivers, runs and whys that have words of their own. Expected: none of these words, no id of a
    run or account but those that a statement names, no form but the filter's."""
    things, world = shown.things, shown.world
    advisories.acknowledge(office, world["body"], things.issued, "Q-ACKNOWLEDGED")
    advisories.plan(office, world["body"], things.issued, "Q-PLAN", dt.date(2026, 12, 28))
    secret = ["Q-ACKNOWLEDGED", "Q-PLAN", FINDER, "is wrong", ">it fails<", "agreed", "a basis", "根拠</"]
    secret += [things.run, things.refused, things.waiver, things.drafted, world["assessor"].account, "cfr_"]
    somebody = browser("public")
    for path in shown.paths():
        answer = somebody.get(path)
        if answer.status_code == 200:
            assert not [word for word in secret if word in answer.text], path
            assert all(form.attributes["method"] == "get" for form in Dom(answer.text).forms), path
    with office.database.read() as connection:
        assert advisories.read_sent(connection, things.issued).content.plan == "Q-PLAN"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_page_can_be_used_by_all(shown: Shown, browser: As, language: str) -> None:
    """Claim: pages are accessible, in both languages. Stimulus: every page, for the public, an assessor, the
    administrator and a body. Expected: the language is told; one main, one h1, headings in order; every field has a
    label, every table a caption and heads, every section a name; ids are unique; no style or script within."""
    for role in ("public", "assessor", "administrator", "body"):
        somebody = browser(role)
        for path in [*shown.paths(), "/sign-in", "/nothing"]:
            answer = somebody.get(f"{path}?lang={language}")
            if answer.status_code == 303:
                continue
            usable(Dom(answer.text), language, f"{role} {path}")
            assert answer.headers["Content-Language"] == language


def usable(dom: Dom, language: str, where: str) -> None:
    """What the test above expects of one page."""
    (_, root), *_ = dom.all("html")
    assert root["lang"] == language, where
    assert len(dom.all("main")) == len(dom.all("h1")) == len(dom.all("title")) == 1, where
    levels = list(headings(dom))
    assert levels[0] == 1, where
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), (where, levels)
    ids = [told["id"] for _, told in dom.elements if "id" in told]
    assert len(ids) == len(set(ids)), (where, [i for i in ids if ids.count(i) > 1])
    labels = {told.get("for") for _, told in dom.all("label")}
    for tag, told in dom.all("input", "select", "textarea"):
        inside = tag != "textarea" and "id" not in told and any(f.attributes.get("role") for f in dom.forms)
        assert told.get("type") == "hidden" or told.get("id") in labels or inside, (where, told)
    assert len(dom.all("table")) == len(dom.all("caption")), where
    for _, told in dom.all("section", "nav"):
        assert told.get("aria-label") or told.get("aria-labelledby") in ids, (where, told)
    for name in ("aria-labelledby", "aria-describedby"):
        assert {told[name] for _, told in dom.elements if name in told} <= set(ids), where
    assert not dom.all("style"), where
    assert all("src" in told for _, told in dom.all("script")), where
    assert not [n for _, told in dom.elements for n in told if n == "style" or n.startswith("on")], where
    assert not re.search(r"\b(w|f|op|next|refusal)\.[a-z_]+\b", dom.text), where


def test_the_language_is_the_chosen_one_or_the_reader_s(site: str) -> None:
    """Claim: the switch works without script and is remembered. Stimulus: preferences of a browser, a choice, the next
    page. Expected: Japanese where nothing else is known; what was chosen goes before what the browser prefers."""
    for preferred, expected in (("", "ja"), ("fr", "ja"), ("en-GB,ja;q=0.5", "en"), ("en;q=0.3,ja;q=0.9", "ja")):
        answer = Browser(site).get("/", **{"Accept-Language": preferred})
        assert Dom(answer.text).all("html")[0][1]["lang"] == expected, preferred
    somebody = Browser(site)
    switch = next(link for link in somebody.dom("/bodies?q=chiyoda").links if link.endswith("lang=ja"))
    assert switch == "/bodies?q=chiyoda&lang=ja"
    assert somebody.dom(switch).all("html")[0][1]["lang"] == "ja"
    assert somebody.dom("/vendors").all("html")[0][1]["lang"] == "ja"
    assert "bad" not in somebody.get("/?lang=bad").headers.get("Set-Cookie", "")


def test_headers_let_a_page_load_nothing_but_our_files(shown: Shown, browser: As) -> None:
    """Claim: even a mistake in a template runs nothing. Stimulus: pages, refusals, files, redirects. Expected: a policy
    without anything inline or from elsewhere, no sniffing, no framing; nothing is kept by the browser."""
    for path in ("/", "/nothing", "/runs", f"/runs/{shown['run']}", "/assets/pages.css", "/assets/nothing", "/sign-in"):
        for somebody in (browser("public"), browser("vendor")):
            answer = somebody.get(path)
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; ")
            assert "unsafe" not in policy
            assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} <= set(policy.split("; "))
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert answer.headers["Cache-Control"] == "no-store" or answer.url.endswith(".css")


def test_our_files_are_there(site: str) -> None:
    """Claim: style and htmx come from here, with their licence. Stimulus: what a page names. Expected: 200, as such."""
    somebody = Browser(site)
    named = [told.get("src") or told.get("href") for _, told in somebody.dom("/").all("script", "link")]
    kinds = {somebody.get(str(path)).headers["Content-Type"] for path in named if str(path).startswith("/assets/")}
    assert kinds == {"text/css; charset=utf-8", "text/javascript; charset=utf-8"}
    assert "Zero-Clause BSD" in somebody.get("/assets/htmx.LICENSE").content.decode()


def test_a_method_that_a_page_does_not_have(shown: Shown, browser: As) -> None:
    """Claim: what is not offered is told so. Stimulus: other methods on pages; HEAD. Expected: 405 with Allow; the API
    beside the pages answers as ever."""
    somebody = browser("vendor")
    answer = somebody.session.delete(somebody.url + "/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert somebody.post("/bodies", {}).status_code == 405
    assert somebody.session.head(somebody.url + "/runs").status_code == 200
    assert somebody.get("/v1/nothing").headers["Content-Type"] == "application/problem+json"
    assert somebody.get("/v1/me").status_code == 401, "a session is none for the API"


def test_verdicts_are_found_by_words_and_kind(shown: Shown, browser: As) -> None:
    """Claim: the scorecard is searched on the server, so that it can be searched without script. Stimulus: filters.
    Expected: the verdicts that fit, and their number."""
    vendor, path = browser("vendor"), f"/runs/{shown['refused']}/scorecard"
    assert "112 of 112" in vendor.dom(path).text
    failed = vendor.dom(f"{path}?verdict=fail")
    assert "4 of 112" in failed.text
    assert [told["id"] for _, told in failed.all("h3") if told.get("id") == "failures"]
    assert "0 of 112" in vendor.dom(f"{path}?verdict=fail&q=nothing-has-this").text
    assert "9 of 112" in vendor.dom(f"{path}?q=com-con&area=conditional").text


def test_a_list_has_pages(office: Office, shown: Shown, browser: As) -> None:
    """Claim: long lists can be read to their end. Stimulus: bodies, from page to page; offsets that are none. Expected:
    each body once; the beginning."""
    somebody = browser("public")
    path: str | None = "/bodies?type=prefecture"
    seen: list[str] = []
    while path:
        dom = somebody.dom(path)
        seen += [link for link in dom.links if re.fullmatch(r"/bodies/\d{6}", link)]
        path = next((told["href"] for _, told in dom.all("a") if told.get("rel") == "next"), None)
    assert len(seen) == len(set(seen)) == 47
    for offset in ("-1", "x", "9" * 30, "１"):
        assert somebody.get(f"/bodies?offset={offset}").status_code == 200
    assert "千代田区" in somebody.dom("/bodies?q=ちよだく").text


def test_every_form_is_of_an_operation_and_has_its_members() -> None:
    """Claim: forms and API cannot drift apart. Stimulus: the tables of pages and forms, compared with the endpoints.
    Expected: each act of a page has a form; its fields are members of the content; each member is asked for, sent
    unseen, or need not be there."""
    acts = {act for page in PAGES for act in page.acts}
    assert acts == forms.FIELDS.keys()
    unseen = {
        "proposal_id", "confirm", "run_id", "vendor_id", "product_id", "body_code",
    }  # fmt: skip
    for act in acts:
        takes = forms.ENDPOINTS[act].takes
        assert takes is not None
        members = {member.name: member for member in msgspec.structs.fields(takes)}
        asked = {field.name for field in forms.FIELDS[act]}
        assert asked <= members.keys(), act
        missing = {name for name, member in members.items() if member.required} - asked
        assert missing <= unseen, (act, missing)
        for field in forms.FIELDS[act]:
            assert not field.needed or members[field.name].required, (act, field)


def test_words_are_there_and_used() -> None:
    """Claim: no page lacks a word, and none is left over. Stimulus: the keys that templates and code name. Expected:
    each is in the file, in both languages; keys of the file with the prefix of the pages are used."""
    sources = "".join(p.read_text("utf-8") for p in TEMPLATES.glob("*.j2"))
    sources += "".join(p.read_text("utf-8") for p in TEMPLATES.parent.glob("*.py"))
    named = set(re.findall(r"""["'](w\.[a-z_]+|f\.[a-z_]+)["']""", sources))
    named = {key for key in named if not key.endswith("_")}  # what is put together is in `built`
    named |= {field.label for fields in forms.FIELDS.values() for field in fields}
    named |= {f"op.{act}" for act in forms.FIELDS}
    assert named <= WORDS.keys(), named - WORDS.keys()
    built = {"in_ja", "in_en", "past", "present", "to_come", "waivers_unused", "waivers_ended", "genuine"}
    own = translations.read_words(TEMPLATES / "words.txt")
    assert {key for key in own if key.startswith(("w.", "f.", "op."))} <= named | {f"w.{key}" for key in built}
    assert all(text.ja and text.en for text in own.values())
