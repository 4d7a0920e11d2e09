"""The upper tester: clock, fixture sets, reset."""

from datetime import datetime, timedelta

import pytest

from conformance.reference.resident_registry.service import ResidentRegistry

from .api import Api
from .conftest import Make
from .town import settle


def test_capabilities(own: Api) -> None:
    """Claim: it says what it offers. Stimulus: ask. Expected: clock, sets, reset."""
    offered = own.json("getCapabilities", "tester")
    assert (offered["clock"], offered["reset"]) == (True, True)
    assert offered["fixture_sets"] == ["small-town", "town"]


def test_clock_is_set_and_goes_on(own: Api) -> None:
    """Claim: the clock is set, shows it, and runs on. Stimulus: set. Expected: within seconds, and rising."""
    answer = own.json("setClock", "tester", body={"now": "2030-02-28T23:59:58+09:00"})
    assert "2030-02-28T23:59:58" <= answer["now"] < "2030-03-01T00:00:30"
    own._tokens.clear()
    first, second = (own.json("getClock", "tester")["now"] for _ in range(2))
    assert answer["now"] <= first < second
    assert second.endswith("+09:00")


def test_clock_is_advanced(own: Api) -> None:
    """Claim: it is put forward by seconds. Stimulus: a day. Expected: a day later."""
    before = datetime.fromisoformat(own.json("getClock", "tester")["now"])
    after = datetime.fromisoformat(own.json("advanceClock", "tester", body={"seconds": 86400})["now"])
    assert timedelta(days=1) <= after - before < timedelta(days=1, seconds=20)


def test_end_of_the_calendar(own: Api) -> None:
    """Claim: it does not break at the end of the calendar. Stimulus: year 9999 and beyond. Expected: 200, still."""
    own.set_clock("9999-12-31T23:59:59+09:00")
    own.advance(seconds=316224000)
    assert own.json("getClock", "tester")["now"].startswith("9999-12-31T23:59:59")
    settle(own, "head")


@pytest.mark.parametrize("body", [{}, {"seconds": 0}, {"seconds": -1}, {"seconds": 1.5}, {"seconds": "1"}, {"now": 1}])
def test_invalid_advance(own: Api, body: dict[str, object]) -> None:
    """Claim: its document holds as well. Stimulus: what does not fit. Expected: 400."""
    assert own.code("advanceClock", "tester", body=body) == (400, "invalid_request")


def test_fixture_sets_are_added_once(make: Make) -> None:
    """Claim: a set comes beside what is there, once. Stimulus: load twice, load more. Expected: 404 for others."""
    town = make(people=0)
    family = settle(town, "head")
    counts = []
    for name in ("small-town", "small-town", "town", "small-town"):
        town.call("loadFixtureSet", "tester", path={"name": name}, expect=204)
        counts.append(len(town.reference.the(ResidentRegistry).register.histories))
    assert counts == [201, 201, 2001, 2001]
    family.resident(0)
    town.call("loadFixtureSet", "tester", path={"name": "nothing"}, expect=404)


def test_reset(own: Api) -> None:
    """Claim: everything goes back to the beginning. Stimulus: data, clock, reset. Expected: gone, real time, empty."""
    before = set(own.reference.the(ResidentRegistry).register.histories)
    family = settle(own, "head")
    own.advance(days=40)
    own.call("reset", "tester", expect=204)
    own._tokens.clear()
    assert set(own.reference.the(ResidentRegistry).register.histories) == before
    assert own.code("getResident", path={"resident_id": family.ids[0]}) == (404, "not_found")
    assert own.json("listAuditEntries", "auditor")["resultset"]["count"] == 0
    real = datetime.now().astimezone()
    assert abs(datetime.fromisoformat(own.json("getClock", "tester")["now"]) - real) < timedelta(seconds=20)


def test_without_upper_tester(make: Make) -> None:
    """Claim: it can be left out. Stimulus: a reference without. Expected: 404, and the rest works."""
    town = make(people=0, upper_tester=False)
    url = town.server.url("upper-tester") + "/capabilities"
    assert town.session.get(url, timeout=10).status_code == 404
    settle(town, "head")


def test_only_for_the_tester(own: Api) -> None:
    """Claim: only the role tester. Stimulus: a clerk. Expected: 403."""
    assert own.code("getClock", "clerk") == (403, "forbidden")
