"""Faults and liberties: each does what its name says, and nothing where it does not apply."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.reference.faults.registry import FAULTS
from conformance.reference.liberties.registry import LIBERTIES

from .api import Api
from .conftest import ROOT, Make
from .test_repetition import key
from .town import cancel, day, move_in, move_out, person, protect, settle, wrong


def plant(make: Make, name: str) -> Api:
    """A small town with one fault or liberty."""
    change = {**FAULTS.complete(), **LIBERTIES.complete()}[name]
    return make(change.apply, people=20)


def catalogue(specs: Path) -> set[str]:
    """The ids of all requirements."""
    found = set()
    for path in specs.glob("*/1.0/requirements.yaml"):
        document = yaml.safe_load(path.read_text("utf-8"))
        entries = document if isinstance(document, list) else document["requirements"]
        found |= {entry["id"] for entry in entries}
    return found


def test_faults_name_requirements() -> None:
    """Claim: a fault breaks published requirements and is described. Stimulus: all. Expected: known ids, a sentence."""
    known = catalogue(ROOT / "specs")
    for name, fault in FAULTS.complete().items():
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert fault.breaks, name
        assert set(fault.breaks) <= known, name
        assert fault.description.endswith("."), name


def test_liberties_break_nothing() -> None:
    """Claim: a liberty breaks nothing and is described. Stimulus: all. Expected: no requirement, a sentence."""
    for name, liberty in LIBERTIES.complete().items():
        assert not liberty.breaks, name
        assert liberty.description.endswith("."), name


@pytest.mark.parametrize("field", ["individual_number", "resident_code"])
def test_wrong_check_digit(make: Make, field: str) -> None:
    """Claim: one kind of number goes unchecked. Stimulus: each wrong. Expected: 201 for that one, 422 for the other."""
    town = plant(make, field.replace("_", "-") + "-unchecked")
    for name in ("individual_number", "resident_code"):
        member = person()
        member[name] = wrong(member[name])
        town.call("registerMoveIn", body=move_in(town.today, member), expect=201 if name == field else 422)


def test_lost_update(make: Make) -> None:
    """Claim: If-Match is not compared. Stimulus: an old tag. Expected: 200; without it still 428."""
    town = plant(make, "lost-update")
    path = {"resident_id": settle(town, "head").ids[0]}
    body = {"sex": "9", "reason": "訂正"}
    town.call("correctResident", path=path, body=body, headers={"If-Match": '"old"'}, expect=200)
    town.call("correctResident", path=path, body=body, expect=428)


def test_changed_despite_412(make: Make) -> None:
    """Claim: 412 says no and the change is made. Stimulus: an old tag. Expected: 412, changed."""
    town = plant(make, "changed-despite-412")
    path = {"resident_id": settle(town, "head").ids[0]}
    body = {"sex": "9", "reason": "訂正"}
    town.call("correctResident", path=path, body=body, headers={"If-Match": '"old"'}, expect=412)
    assert town.json("getResident", path=path)["sex"] == "9"


def test_unconditional_change(make: Make) -> None:
    """Claim: a correction needs no If-Match. Stimulus: none, an old tag. Expected: 200, 412."""
    town = plant(make, "unconditional-change")
    path = {"resident_id": settle(town, "head").ids[0]}
    body = {"sex": "9", "reason": "訂正"}
    town.call("correctResident", path=path, body=body, expect=200)
    town.call("correctResident", path=path, body=body, headers={"If-Match": '"old"'}, expect=412)


@pytest.mark.parametrize(("name", "count", "different"), [("page-item-skipped", 3, 3), ("page-item-twice", 6, 5)])
def test_pages(make: Make, name: str, count: int, different: int) -> None:
    """Claim: pages lack an item; pages repeat one. Stimulus: five by twos.

    Expected: the first right, the others not.
    """
    town = plant(make, name)
    family = settle(town, "head", *["child"] * 4)
    query: dict[str, Any] = {"household_id": family.household_id, "limit": 2}
    pages = [town.json("searchResidents", query={**query, "offset": offset})["results"] for offset in (0, 2, 4)]
    assert len(pages[0]) == 2
    items = [resident["id"] for page in pages for resident in page]
    assert (len(items), len(set(items))) == (count, different)


def test_protected_in_search(make: Make) -> None:
    """Claim: hidden in a read, shown in a search. Stimulus: both. Expected: 404, count 1."""
    town = plant(make, "protected-in-search")
    family = settle(town, "head")
    protect(town, family.ids[0])
    town.call("getResident", path={"resident_id": family.ids[0]}, expect=404)
    assert town.json("searchResidents", query={"household_id": family.household_id})["resultset"]["count"] == 1


def test_protected_in_count(make: Make) -> None:
    """Claim: a hidden person is counted and not listed. Stimulus: search. Expected: count 2, one result."""
    town = plant(make, "protected-in-count")
    family = settle(town, "head", "child")
    protect(town, family.ids[1])
    found = town.json("searchResidents", query={"household_id": family.household_id})
    assert (found["resultset"]["count"], len(found["results"])) == (2, 1)


def test_protected_in_household(make: Make) -> None:
    """Claim: hidden in a search, shown in the household. Stimulus: both. Expected: one, two."""
    town = plant(make, "protected-in-household")
    family = settle(town, "head", "child")
    protect(town, family.ids[1])
    assert town.json("searchResidents", query={"household_id": family.household_id})["resultset"]["count"] == 1
    assert len(family.household()["members"]) == 2


def test_duplicate_move_in(make: Make) -> None:
    """Claim: twice in the register, not twice in a request. Stimulus: both. Expected: 201, 409."""
    town = plant(make, "duplicate-move-in")
    member = person()
    for _ in range(2):
        town.call("registerMoveIn", body=move_in(town.today, member), expect=201)
    assert town.code("registerMoveIn", body=move_in(town.today, member, {**member, "relationship": "child"}))[0] == 409


def test_days(make: Make) -> None:
    """Claim: each is off by one day. Stimulus: the day itself. Expected: late, moved out, visible."""
    town = plant(make, "late-a-day-early")
    assert town.json("registerMoveIn", body=move_in(town.today, event_date=day(town.today, -14)))["late"] is True
    assert town.json("registerMoveIn", body=move_in(town.today, event_date=day(town.today, -13)))["late"] is False
    town = plant(make, "moved-out-a-day-early")
    family = settle(town, "head")
    town.json("registerMoveOut", body=move_out(town, family.ids))
    assert family.resident(0)["status"] == "moved_out"
    town = plant(make, "protection-ends-a-day-early")
    family = settle(town, "head")
    protect(town, family.ids[0], -3, 0)
    assert family.resident(0)["status"] == "active"


def test_today_in_utc(make: Make) -> None:
    """Claim: until nine it is yesterday. Stimulus: 08:00 and 10:00 in Japan. Expected: the day before, the day."""
    town = plant(make, "today-in-utc")
    for clock, expected in (("08:00", "2030-04-30"), ("10:00", "2030-05-01")):
        town.set_clock(f"2030-05-01T{clock}:00+09:00")
        assert town.today == expected


def test_methods(make: Make) -> None:
    """Claim: 404 for 405; no Allow. Stimulus: DELETE. Expected: so, and otherwise as ever."""
    for name, status in (("undeclared-method-unknown", 404), ("allow-missing", 405)):
        town = plant(make, name)
        answer = town.session.delete(town.server.url("resident-registry") + "/residents", timeout=10)
        assert answer.status_code == status
        assert "Allow" not in answer.headers


def test_errors(make: Make) -> None:
    """Claim: only the media type, only the places differ. Stimulus: a 404 and a 400. Expected: application/json for
    the one; no errors in the other."""
    for name, url, status, kind in (
        ("problem-as-plain-json", "/nowhere", 404, "application/json"),
        ("problem-without-place", "/residents?x=1", 400, "application/problem+json"),
    ):
        town = plant(make, name)
        headers = {"Authorization": f"Bearer {town.token('clerk')}"}
        answer = town.session.get(town.server.url("resident-registry") + url, headers=headers, timeout=10)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, kind)
        assert "errors" not in answer.json()


KAMI, TO, YOSHI, KATSU, GA = "\ufa19", "\U0002f80f", "\U00020bb7", "葛\U000e0100", "か\u3099"


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("name-normalised", "\u795e\u5154" + YOSHI + KATSU + "が"),
        ("compatibility-ideograph-replaced", "\u795e" + TO + YOSHI + KATSU + GA),
        ("combining-sequence-composed", KAMI + TO + YOSHI + KATSU + "が"),
        ("variation-selector-dropped", KAMI + TO + YOSHI + "葛" + GA),
        ("supplementary-character-lost", KAMI + "〓" + YOSHI + KATSU + GA),
    ],
)
def test_names(make: Make, name: str, stored: str) -> None:
    """Claim: each alters one kind of character. Stimulus: one name with all kinds. Expected: only that kind altered."""
    town = plant(make, name)
    sent = {"family": KAMI + TO + YOSHI + KATSU + GA, "family_kana": "カ"}
    made = town.json("registerMoveIn", body=move_in(town.today, person(name=sent)))
    assert town.json("getResident", path={"resident_id": made["resident_ids"][0]})["name"]["family"] == stored


def test_audit(make: Make) -> None:
    """Claim: one operation leaves no entry, others do. Stimulus: read, correct. Expected: only the other."""
    for name, missing in (("audit-read-missing", "getResident"), ("audit-change-missing", "correctResident")):
        town = plant(make, name)
        path = {"resident_id": settle(town, "head").ids[0]}
        tag = town.call("getResident", path=path, expect=200).headers["ETag"]
        body = {"sex": "9", "reason": "訂正"}
        town.call("correctResident", path=path, body=body, headers={"If-Match": tag}, expect=200)
        entries = town.json("listAuditEntries", "auditor", query={"subject_id": path["resident_id"]})["results"]
        operations = {entry["operation"] for entry in entries}
        assert operations == {"registerMoveIn", "getResident", "correctResident"} - {missing}


def test_cancellation_without_effect(make: Make) -> None:
    """Claim: a cancelled move-out stays in effect. Stimulus: cancel it.

    Expected: 201, moved out, listed as cancelled.
    """
    town = plant(make, "cancellation-without-effect")
    family = settle(town, "head")
    cancel(town, town.json("registerMoveOut", body=move_out(town, family.ids, -2))["id"])
    assert family.resident(0)["status"] == "moved_out"
    history = town.json("listResidentHistory", path={"resident_id": family.ids[0]})["results"]
    assert [line["cancelled"] for line in history] == [False, True, False]
    moved = town.json("registerMoveIn", body=move_in(town.today))
    cancel(town, moved["id"])
    assert town.json("getResident", path={"resident_id": moved["resident_ids"][0]})["status"] == "cancelled"


def test_keys(make: Make) -> None:
    """Claim: keys mean nothing; keys are shared. Stimulus: repeat, by another client.

    Expected: anew; the first answer.
    """
    ignored, shared = plant(make, "idempotency-key-ignored"), plant(make, "idempotency-keys-shared")
    for town, second, same in ((ignored, "clerk", False), (shared, "clerk-2", True)):
        body = {"resident_id": settle(town, "head").ids[0], "kind": "individual"}
        headers = key()
        first = town.json("issueCertificate", body=body, headers=headers)
        assert (town.json("issueCertificate", second, body=body, headers=headers) == first) is same


@pytest.mark.parametrize("name", sorted(LIBERTIES.complete().keys() - {"early-hints"}))  # more than requests can read
def test_liberties_conform(make: Make, name: str) -> None:
    """Claim: with a liberty every answer still fits the document. Stimulus: a few calls. Expected: as ever."""
    town = plant(make, name)
    family = settle(town)
    town.call("searchResidents", query={"household_id": family.household_id}, expect=200)
    town.call("getResident", path={"resident_id": "nobody"}, expect=404)
    town.call("registerMoveIn", body={}, expect=400)
    found = town.json("searchResidents", query={"household_id": family.household_id, "sort": "id"})["results"]
    assert [resident["id"] for resident in found] == sorted(family.ids)
