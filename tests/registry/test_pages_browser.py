"""The pages in a real browser: nothing that somebody wrote runs, phones need no sideways scrolling, filters work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
import views_data

from conformance.model import Text
from conformance.registry import advisories, review, waivers
from conformance.registry.accounts import Wanted, add_account
from conformance.registry.actors import Role
from conformance.registry.api.application import application
from conformance.registry.holdings import System, add_product, add_system, add_vendor, add_version
from conformance.registry.judged import Difference, Judged
from conformance.registry.office import Office
from conformance.registry.pages import sessions
from conformance.registry.pages.application import beside
from conformance.registry.states import RunState
from registry.driving import PHONE, Driven, framed, told
from registry.people import BODY, World
from registry.steady import SERVICE, SteadyJudge, failing
from registry.submitted import submitted
from registry.test_pages import lines
from tests.serving import served
from tests.test_views_browser import dump

# What the registry takes as a text: without characters that it refuses by itself.
PAYLOADS = [text for text in views_data.PAYLOADS if "\x00" not in text and "\u202e" not in text]
HOSTILE = "".join(PAYLOADS) + "{{ 7 * 7 }}" + "W" * 90
BOTH = Text(HOSTILE, HOSTILE)


@pytest.fixture
def url(sqlite_url: str) -> str:
    """SQLite alone: it is about what is shown."""
    return sqlite_url


@dataclass(frozen=True)
class Place:
    """Pages in which every text is hostile, and the paths of all of them."""

    driven: Driven
    url: str
    paths: tuple[str, ...]
    scorecard: str


@pytest.fixture
def place(office: Office, world: World) -> Iterator[Place]:
    """Every field of everything has scripts in it: names, reasons, conditions, plans, findings, differences."""
    office = replace(office, url="http://127.0.0.1:8090")
    paths = hostile(office, world)
    driven = Driven(beside(application(office), office))
    with served(driven) as url:
        yield Place(driven, url, paths, next(path for path in paths if path.endswith("/scorecard")))


def hostile(office: Office, world: World) -> tuple[str, ...]:
    """Make all of it; the paths of its pages."""
    administrator, assessor, approver = (world[name] for name in ("administrator", "assessor", "approver"))
    name = HOSTILE[:190]
    vendor = add_vendor(office, administrator, name)
    product = add_product(office, administrator, vendor, name)
    version = add_version(office, administrator, product, name)
    system = add_system(office, administrator, System("", BODY, version, SERVICE, dt.date(2026, 4, 1)))
    add_account(office, administrator, Wanted(name, Role.ASSESSOR))
    vendor_account = world["other vendor"]
    actor = replace(vendor_account, vendor=vendor)
    world.actors["hostile"] = actor
    judged = poisoned(failing(vendor=name, product=f"{name} {name}"))
    assert isinstance(office.judge, SteadyJudge)
    office.judge.judged = judged
    refused = submitted(office, world, "hostile", version)
    lines(office, refused, views_data.hostile(views_data.run()))
    review.begin(office, assessor, refused)
    proposal = review.propose(office, assessor, refused, RunState.REFUSED, HOSTILE)
    review.decide(office, approver, refused, proposal, confirm=True, why=HOSTILE)
    advisory = advisories.draft(office, assessor, refused, BOTH, dt.date(2026, 12, 28))
    advisories.approve(office, approver, advisory, HOSTILE)
    advisories.issue(office, assessor, advisory, HOSTILE)
    advisories.acknowledge(office, world["body"], advisory, HOSTILE)
    advisories.plan(office, world["body"], advisory, HOSTILE, dt.date(2026, 12, 28))
    last = dt.date(2026, 12, 31)
    waiver = waivers.propose(
        office, assessor,
        waivers.Waiver("", SERVICE, "COM-PAG-001", BODY, version, BOTH, BOTH, dt.date(2026, 11, 1), last),
    )  # fmt: skip
    waivers.approve(office, approver, waiver, HOSTILE)
    run = submitted(office, world, "hostile", version)
    review.begin(office, assessor, run)
    proposal = review.propose(office, assessor, run, RunState.STATED_WITH_CONDITIONS, HOSTILE, (BOTH,))
    statement = review.decide(office, approver, run, proposal, confirm=True, why=HOSTILE)
    return (
        "/", "/statements", f"/statements/{statement}", f"/bodies/{BODY}", "/vendors", f"/vendors/{vendor}",
        f"/products/{product}", f"/versions/{version}", f"/systems/{system}", "/advisories", f"/advisories/{advisory}",
        "/runs", f"/runs/{refused}", f"/runs/{run}", f"/runs/{refused}/scorecard", "/waivers", f"/waivers/{waiver}",
        "/events", "/accounts",
    )  # fmt: skip


def poisoned(judged: Judged) -> Judged:
    """A judgement with the payloads in all that comes from an archive or a system."""
    (short,) = judged.short
    texts = {"title": BOTH, "statement": BOTH, "message": BOTH, "expected": HOSTILE, "actual": HOSTILE}
    return msgspec.structs.replace(
        judged,
        short=(msgspec.structs.replace(short, operation=HOSTILE, **texts),),
        claimed=HOSTILE,
        differences=(Difference(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        seed=HOSTILE,
    )


SEEN = """
  addEventListener('load', () => setTimeout(() => {
    const all = [...document.querySelectorAll('*')];
    parent.postMessage([location.pathname, {
      loaded: Boolean(window.htmx),
      styled: getComputedStyle(document.querySelector('main')).display,
      pwned: document.documentElement.hasAttribute('data-pwned'),
      scripts: document.scripts.length,
      made: all.filter((e) => e.matches('img') || e.getAttributeNames().some((name) => name.startsWith('on'))).length,
    }], '*');
  }, 300));
"""
WIDTH = """
  addEventListener('load', () => {
    document.querySelectorAll('details').forEach((e) => { e.open = true; });
    const beyond = (e) => e.getBoundingClientRect().right > innerWidth + 1;
    const wide = [...document.querySelectorAll('body *')]
      .filter((e) => e.checkVisibility() && !e.closest('.unseen, thead, .skip') && beyond(e))
      .map((e) => e.tagName + '.' + e.getAttribute('class')).slice(0, 5);
    const widths = [innerWidth, document.scrollingElement.scrollWidth, ...wide].join(' ');
    parent.postMessage([location.pathname, widths], '*');
  });
"""
LONG = "--virtual-time-budget=15000"


def test_nothing_that_somebody_wrote_is_run(
    chromium: str, office: Office, world: World, place: Place, tmp_path: Path
) -> None:
    """Claim: every text is a text. Stimulus: scripts, handlers and templates in every field, and a run whose archive
    is full of them; all pages, for an administrator, in a browser. Expected: our files are loaded, nothing else is run,
    and no element came of a text."""
    assert views_data.PWNED == "data-pwned"
    place.driven.script = SEEN
    place.driven.session = sessions.begin(office, world["administrator"])
    found = told(dump(chromium, framed(place.url, place.paths), tmp_path, LONG).root)
    expected = {"loaded": True, "styled": "grid", "pwned": False, "scripts": 2, "made": 0}
    assert found == dict.fromkeys(place.paths, expected)


def test_even_unescaped_markup_is_stopped_by_the_policy(chromium: str, place: Place, tmp_path: Path) -> None:
    """Claim: the policy is a second lock. Stimulus: payloads put into a page unescaped, with its policy and without.
    Expected: they don't run; without it they would."""
    place.driven.script = SEEN
    place.driven.put = "".join(views_data.PAYLOADS[:4])
    for policy in (True, False):
        place.driven.policy = policy
        (found,) = told(dump(chromium, framed(place.url, ["/"]), tmp_path).root).values()
        assert found["pwned"] is not policy


@pytest.mark.parametrize(("language", "role"), [("ja", "assessor"), ("en", "administrator")])
def test_nothing_is_wider_than_a_phone(
    chromium: str, office: Office, world: World, place: Place, tmp_path: Path, language: str, role: str
) -> None:
    """Claim: pages can be used on a phone. Stimulus: 360 px, endless words in every field, everything open. Expected:
    no sideways scrolling of the page."""
    place.driven.script = WIDTH
    place.driven.session = sessions.begin(office, world[role])
    addresses = [f"{path}?lang={language}" for path in place.paths]
    found = told(dump(chromium, framed(place.url, addresses), tmp_path, LONG).root)
    assert found == dict.fromkeys(place.paths, f"{PHONE} {PHONE}")


def test_a_filter_shows_at_once_what_it_finds(
    chromium: str, office: Office, world: World, place: Place, tmp_path: Path
) -> None:
    """Claim: htmx works under our policy, and changes what was found alone. Stimulus: a verdict is chosen on the
    scorecard. Expected: the list is narrowed without another page being opened; the address says so; the choice and
    what is around it stay."""
    place.driven.script = """
      addEventListener('load', () => {
        const root = document.documentElement;
        root.dataset.same = 'yes';
        document.body.addEventListener('htmx:afterSettle', () => {
          root.dataset.count = document.getElementById('count').innerText;
          root.dataset.cards = document.querySelectorAll('#found .card').length;
          root.dataset.address = location.pathname + location.search;
        });
        const choice = document.querySelector('select[name=verdict]');
        choice.value = 'fail';
        choice.dispatchEvent(new Event('change', { bubbles: true }));
      });
    """
    place.driven.session = sessions.begin(office, world["assessor"])
    root = dump(chromium, f"{place.url}{place.scorecard}?lang=en", tmp_path).root
    assert root["data-same"] == "yes"
    assert (root["data-count"], root["data-cards"]) == ("4 of 112", "4")
    assert "verdict=fail" in str(root["data-address"])
