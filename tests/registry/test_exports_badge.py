"""Badges of a system: what is stated of it, and how its latest published run ended; the two are told apart."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree as ET

import pytest

from conformance.model import Text
from conformance.registry import holdings, statements
from conformance.registry.holdings import System, add_product, add_version
from conformance.registry.office import Office
from registry.asking import Asking
from registry.people import BODY, OTHER_BODY, World
from registry.stated import stated
from registry.steady import SERVICE, Clock, conforming, failing
from registry.submitted import submitted
from registry.test_advisories import approved, judged_as

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
CONDITION = Text("条件", "a condition")


def entered(office: Office, world: World, service: str = SERVICE, body: str = BODY, version: str = "") -> str:
    """A system that was entered; its id."""
    system = System("", body, version or world.version, service, dt.date(2026, 11, 1))
    return holdings.add_system(office, world["administrator"], system)


def badge(api: str, system: str, query: str = "lang=en") -> tuple[str, str, list[str]]:
    """Label, value, and the colours of their grounds, as nobody in particular sees them."""
    answer = Asking(api)("GET", f"/systems/{system}/badge.svg?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/svg+xml"
    svg = ET.fromstring(answer.content)  # noqa: S314  our own badge
    space = "{http://www.w3.org/2000/svg}"
    label, value = (each.text or "" for each in svg.iter(f"{space}text"))
    return label, value, [each.get("fill", "") for each in svg.find(f"{space}g") or ()]


@on_sqlite
def test_what_is_stated_is_told_apart_from_the_latest_run(office: Office, world: World, api: str) -> None:
    """Claim: nobody takes a run for a statement. Stimulus: both badges of a system that conforms and is stated, in both
    languages. Expected: other words, another ground under the label; the statement's names its last day."""
    system = entered(office, world)
    judged_as(office, conforming())
    stated(office, world)
    label, value, grounds = badge(api, system)
    run_label, run_value, run_grounds = badge(api, system, "lang=en&show=latest-run")
    assert (label, value) == ("statement of conformity", "valid until 29 November 2027")
    assert (run_label, run_value) == ("latest published run", "Conforming")
    assert grounds[0] != run_grounds[0]
    assert badge(api, system, "")[:2] == ("適合の表明", "有効（2027年11月29日まで）")
    assert badge(api, system, "lang=ja&show=latest-run")[:2] == ("公表された最新の試験", "適合")


@on_sqlite
def test_a_badge_says_where_the_statement_stands(office: Office, world: World, api: str, clock: Clock) -> None:
    """Claim: a badge on somebody's page does not outlive the statement. Stimulus: none; one with a condition; one
    without that takes its place; that one withdrawn; another one, a year later. Expected: none, with conditions, valid,
    withdrawn, expired, in colours that differ for good, limited and ended."""
    system = entered(office, world)
    seen = [badge(api, system)]
    judged_as(office, conforming())
    stated(office, world, CONDITION)
    seen.append(badge(api, system))
    second = stated(office, world)
    seen.append(badge(api, system))
    statements.withdraw(office, world["approver"], second, "wrong")
    seen.append(badge(api, system))
    clock.forward(days=1)
    stated(office, world)
    clock.forward(days=365)
    seen.append(badge(api, system))
    assert [value.split(",")[0].split(" until")[0] for _, value, _ in seen] == [
        "none", "with conditions", "valid", "withdrawn", "expired",
    ]  # fmt: skip
    colours = [grounds[1] for _, _, grounds in seen]
    assert len(set(colours)) == 4
    assert colours[0] == colours[4]


@on_sqlite
def test_a_run_with_waivers_is_not_shown_as_conforming(office: Office, world: World, api: str) -> None:
    """Claim: a waiver makes no pass. Stimulus: a statement on a run that failed a waived requirement. Expected: with
    conditions; and as run: not conforming."""
    system = entered(office, world)
    approved(office, world)
    judged_as(office, failing())
    stated(office, world, waived=True)
    assert badge(api, system)[1].startswith("with conditions")
    assert badge(api, system, "lang=en&show=latest-run")[1] == "Non-conforming"


@on_sqlite
def test_a_badge_tells_of_no_run_that_is_not_published(office: Office, world: World, api: str) -> None:
    """Claim: a vendor's unpublished result leaks through no picture. Stimulus: a stated run, then one that fails and is
    not decided on; a system of another service, body or version. Expected: the stated run; none for the others."""
    system = entered(office, world)
    judged_as(office, conforming())
    stated(office, world)
    judged_as(office, failing())
    submitted(office, world)
    assert badge(api, system, "lang=en&show=latest-run")[1] == "Conforming"
    for other in (
        entered(office, world, service="resident-registry"),
        entered(office, world, body=OTHER_BODY),
        entered(office, world, version=world.next_version),
    ):
        for show in ("statement", "latest-run"):
            assert badge(api, other, f"lang=en&show={show}")[1] == "none"


@on_sqlite
def test_nothing_in_a_badge_acts(office: Office, world: World, api: str) -> None:
    """Claim: names are text. Stimulus: a product whose name is markup; a badge that there is none of; words that are no
    language and no badge. Expected: an element that is not there; 404; 400."""
    product = add_product(office, world["administrator"], world.vendor, '"/><script>alert(1)</script>')
    system = entered(office, world, version=add_version(office, world["administrator"], product, "]]>&"))
    answer = Asking(api)("GET", f"/systems/{system}/badge.svg")
    svg = ET.fromstring(answer.content)  # noqa: S314  our own badge
    assert not [each for each in svg.iter() if each.tag.endswith("script")]
    assert "<script>" in (svg.get("aria-label") or "")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert Asking(api)("GET", "/systems/none/badge.svg").status_code == 404
    assert Asking(api)("GET", f"/systems/{system}/badge.svg?lang=de").status_code == 400
    assert Asking(api)("GET", f"/systems/{system}/badge.svg?show=all").status_code == 400
