"""The synthetic residents with whom the reference starts."""

from collections import Counter

import pytest

from conformance.reference import identifiers
from conformance.reference.resident_registry.records import ACTIVE, HEAD
from conformance.reference.resident_registry.service import ResidentRegistry

from .conftest import Make, reference


def test_every_active_household_has_one_head() -> None:
    """Claim: the town keeps its own rules. Stimulus: all 2,000.

    Expected: one head each, right numbers, no number twice.
    """
    register = reference(people=2000).the(ResidentRegistry).register
    assert len(register.histories) == 2000
    for household_id in register.households:
        members = register.members(household_id)
        assert [entry.relationship for entry in members].count(HEAD) == bool(members)
    active = [entry for entry in register.current.values() if entry.status == ACTIVE]
    numbers = Counter(entry.individual_number for entry in active)
    assert set(numbers.values()) == {1}
    assert all(identifiers.is_valid("individual-number", number) for number in numbers)


def test_former_heads_are_succeeded() -> None:
    """Claim: a household has one head on every day. Stimulus: days around a head's death. Expected: one each day."""
    register = reference(people=2000).the(ResidentRegistry).register
    died = [entry for entry in register.current.values() if entry.status == "deceased" and entry.relationship == HEAD]
    assert died
    for entry in died:
        for day in (entry.became_resident_on, entry.ceased_on or "", register.today):
            members = register.members(entry.household_id, day)
            assert [member.relationship for member in members].count(HEAD) == bool(members)


def test_more_people_than_in_the_file() -> None:
    """Claim: copies have numbers of their own. Stimulus: 5,000 people. Expected: 5,000 ids, no active number twice."""
    register = reference(people=5000).the(ResidentRegistry).register
    assert len(register.histories) == 5000
    active = [entry for entry in register.current.values() if entry.status == ACTIVE]
    for name in ("individual_number", "resident_code"):
        assert len({getattr(entry, name) for entry in active}) == len(active)


def test_same_people_each_time() -> None:
    """Claim: the start is reproducible. Stimulus: twice; fewer, more. Expected: the same ids, the first of more."""
    first, again, more = (
        list(reference(people=count).the(ResidentRegistry).register.histories) for count in (150, 150, 300)
    )
    assert first == again == more[:150]


@pytest.mark.parametrize("body", ["011002", "221309", "473821"])
def test_other_bodies(body: str) -> None:
    """Claim: it plays any municipality. Stimulus: Sapporo, Hamamatsu, Yonaguni. Expected: addresses in that body."""
    registry = reference(people=50, body=body).the(ResidentRegistry)
    codes = {entry.address["municipality_code"] for entry in registry.register.current.values()}
    assert codes <= registry.own_codes
    assert all(identifiers.is_valid("local-government-code", code) for code in codes)


@pytest.mark.parametrize("body", ["130001", "999999", "131017", ""])
def test_no_such_municipality(body: str) -> None:
    """Claim: only municipalities keep a register. Stimulus: a prefecture, nonsense.

    Expected: ValueError that says so.
    """
    with pytest.raises(ValueError, match="not the code of a municipality"):
        reference(body=body)


def test_seeded_residents_behave_like_others(make: Make) -> None:
    """Claim: a seeded resident has a history and can move. Stimulus: read, cancel, search. Expected: as registered."""
    town = make(people=200)
    found = town.json("searchResidents", query={"postal_code": "1020093", "status": "active", "limit": 100})["results"]
    resident = found[0]["id"]
    history = town.json("listResidentHistory", path={"resident_id": resident})["results"]
    assert [line["type"] for line in history] == ["move_in"]
    notification = town.json("getNotification", path={"notification_id": history[0]["notification_id"]})
    assert resident in notification["resident_ids"]
    gone = town.json("searchResidents", query={"postal_code": "1020093", "status": "moved_out"})["results"]
    gone += town.json("searchResidents", query={"postal_code": "1010051", "status": "deceased"})["results"]
    for other in gone:
        lines = town.json("listResidentHistory", path={"resident_id": other["id"]})["results"]
        assert [line["type"] for line in lines] in (["move_in", "move_out"], ["move_in", "death"])
