"""Claims about the synthetic people in `fixtures/people.jsonl`: well formed, plausible, with every trap among them."""

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from conformance.identifiers import is_valid
from conformance.resources import fixtures_dir, specs_dir
from tests.command_line import PATIENCE

Record = dict[str, Any]

KANA = re.compile(r"[ァ-ヴー]+")


@pytest.fixture(scope="module")
def people() -> list[Record]:
    return [json.loads(line) for line in (fixtures_dir() / "people.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def households(people: list[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for person in people:
        found[person["household"]].append(person)
    return found


@pytest.fixture(scope="module")
def partial_forms() -> set[str]:
    dates = json.loads((fixtures_dir() / "dates.json").read_text("utf-8"))
    return {entry["value"] for entry in dates["partial_valid"]}


def _tagged(people: list[Record], tag: str) -> list[Record]:
    return [person for person in people if tag in person.get("tags", ())]


def _make(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, fixtures_dir() / "make.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_people_of_a_designated_city_live_in_its_wards(tmp_path: Path) -> None:
    """Claim: people can be made for any municipality. Stimulus: 60 of 浜松市. Expected: all in its three wards."""
    path = tmp_path / "people.jsonl"
    assert _make("--body", "221309", "--people", "60", "--output", path).returncode == 0
    made = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len(made) == 60
    assert {person["address"]["municipality_code"] for person in made} == {"221384", "221392", "221406"}


def test_fewer_people_are_the_first_of_more(tmp_path: Path, people: list[Record]) -> None:
    """Claim: making fewer changes nobody. Stimulus: 40 people of the committed body. Expected: its first 40 lines."""
    path = tmp_path / "people.jsonl"
    assert _make("--people", "40", "--output", path).returncode == 0
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == people[:40]


@pytest.mark.parametrize("code", ["130001", "131017", "13101"], ids=["prefecture", "wrong check digit", "five digits"])
def test_a_code_without_residents_is_refused(tmp_path: Path, code: str) -> None:
    """Claim: only municipalities have residents. Stimulus: other codes. Expected: status 2, the code in the message."""
    done = _make("--body", code, "--output", tmp_path / "people.jsonl")
    assert done.returncode == 2
    assert code in done.stderr


def test_people_have_valid_numbers_of_their_own(people: list[Record]) -> None:
    """Claim: numbers are well formed and unique. Stimulus: 2,000 people. Expected: valid, 2,000 different ones each."""
    assert len(people) == 2000
    for kind, member in (("individual-number", "individual_number"), ("resident-code", "resident_code")):
        numbers = [person[member] for person in people]
        assert all(is_valid(kind, number) for number in numbers)
        assert len(set(numbers)) == 2000


def test_every_documented_trap_is_present_as_often_as_documented(people: list[Record]) -> None:
    """Claim: no trap is missing. Stimulus: the tags of all people. Expected: those of README's table, as many."""
    readme = (fixtures_dir() / "README.md").read_text("utf-8")
    documented = {
        tag: int(number) for tag, number in re.findall(r"^\| `([a-z0-9-]+)` \| (\d+) \|", readme, re.MULTILINE)
    }
    assert Counter(tag for person in people for tag in person.get("tags", ())) == documented


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("supplementary", "\U00020bb7"),
        ("outside-jis-x-0213", "\u9ad9"),
        ("compatibility-block", "\ufa11"),
        ("compatibility-kami", "\ufa19"),
        ("compatibility-fuku", "\ufa1b"),
        ("compatibility-tsuka", "\ufa10"),
        ("variation", "\u845b\U000e0100"),
        ("combining", "\u304b\u3099"),
        ("private-use", "\ue000"),
    ],
)
def test_rare_characters_survived_the_writing(people: list[Record], tag: str, text: str) -> None:
    """Claim: names are not normalised here. Stimulus: people with a tag. Expected: its very code points in the name."""
    assert all(text in person["name"]["family"] + person["name"]["given"] for person in _tagged(people, tag))


@pytest.mark.parametrize(
    ("member", "schema"), [("name", "PersonName"), ("birth_date", "PartialDate"), ("address", "Address")]
)
def test_people_fit_the_published_schemas(people: list[Record], member: str, schema: str) -> None:
    """Claim: everybody can be sent and read. Stimulus: this member of all people. Expected: the schema admits each."""
    components = yaml.safe_load((specs_dir() / "common" / "1.0" / "components.yaml").read_text("utf-8"))
    validator = jsonschema_rs.Draft202012Validator({**components, "$ref": f"#/components/schemas/{schema}"})
    assert [person[member] for person in people if not validator.is_valid(person[member])] == []


def test_names_are_in_the_members_of_the_documents(people: list[Record]) -> None:
    """Claim: names fit the published form. Stimulus: all. Expected: 1 to 100 code points, composed full-width kana."""
    for person in people:
        name = person["name"]
        assert set(name) <= {"family", "given", "family_kana", "given_kana", "roman", "alias", "reduced"}
        assert ("given" in name) == ("given_kana" in name) == ("single-name" not in person.get("tags", ()))
        assert all(1 <= len(name[part]) <= 100 for part in ("family", "given") if part in name)
        assert all(KANA.fullmatch(name[part]) for part in ("family_kana", "given_kana") if part in name)
    assert {len(person["name"]["family"]) for person in _tagged(people, "long-name")} == {100}


def test_households_have_one_head_among_the_active(households: dict[str, list[Record]]) -> None:
    """Claim: an active household has a head. Stimulus: all households. Expected: one active head, or nobody active."""
    assert 700 <= len(households) <= 900
    for members in households.values():
        active = [person for person in members if person["status"] == "active"]
        heads = [person for person in active if person["relationship"] == "head"]
        assert len(heads) == (1 if active else 0), members
        assert len({json.dumps(person["address"]) for person in members}) == 1


def test_two_households_share_an_address(households: dict[str, list[Record]]) -> None:
    """Claim: an address is not a household. Stimulus: all addresses. Expected: some that belong to two households."""
    shared = Counter(json.dumps(members[0]["address"], sort_keys=True) for members in households.values())
    assert max(shared.values()) == 2


def test_people_live_where_the_postal_codes_are(people: list[Record]) -> None:
    """Claim: addresses are real down to the town. Stimulus: all addresses. Expected: in the list of 千代田区."""
    bodies = json.loads((fixtures_dir() / "bodies.json").read_text("utf-8"))
    body = next(body for body in bodies if body["code"] == "131016")
    places = {("131016", postal["postal_code"], postal["town"]) for postal in body["postal_codes"]}
    addresses = [person["address"] for person in people]
    assert {(each["municipality_code"], each["postal_code"], each["town"]) for each in addresses} == places


def test_residence_begins_at_birth_or_later(people: list[Record]) -> None:
    """Claim: nobody lived here before being born. Stimulus: known birth dates. Expected: birth, then residence."""
    for person in people:
        if not person["birth_date"]["unknown"]:
            assert person["birth_date"]["value"] <= person["became_resident_on"] <= "2026-04-01"


def test_unknown_birth_dates_have_every_form(people: list[Record], partial_forms: set[str]) -> None:
    """Claim: each form of an unknown birth date occurs. Stimulus: all people. Expected: a listed form, 12 of them.

    The list is `partial_valid` of dates.json; a notation stands with an unknown date only.
    """
    unknown = {person["birth_date"]["value"] for person in people if person["birth_date"]["unknown"]}
    assert len(unknown) == 12
    assert unknown <= partial_forms
    assert all(("notation" in person["birth_date"]) == person["birth_date"]["unknown"] for person in people)


def test_birthdays_at_the_edges(people: list[Record]) -> None:
    """Claim: the birthdays that decide school years are there. Stimulus: tags. Expected: those days of the year."""
    for tag, day in (("born-1-april", "-04-01"), ("born-2-april", "-04-02"), ("born-29-february", "-02-29")):
        assert all(person["birth_date"]["value"].endswith(day) for person in _tagged(people, tag))


def test_those_who_left_have_a_day_and_the_others_none(people: list[Record]) -> None:
    """Claim: who is no longer active has left on a day. Stimulus: all. Expected: a day after the first, or no day."""
    for person in people:
        assert ("ceased_on" in person) == (person["status"] != "active")
        assert person["became_resident_on"] <= person.get("ceased_on", "9999") <= "9999"
        assert person.get("ceased_on", "2026-03-31") <= "2026-03-31"


def test_protection_is_relative_to_the_day_of_loading(people: list[Record]) -> None:
    """Claim: protection holds whenever the file is loaded. Stimulus: protected people. Expected: day 0 within, or not.

    At most 366 days, every category there, some inactive before and some after day 0.
    """
    found = [person["protection"] for person in people if "protection" in person]
    assert {each["category"] for each in found} == {"domestic_violence", "stalking", "child_abuse", "other"}
    assert all(each["to"] - each["from"] < 366 for each in found)
    for person in people:
        if "protection" in person:
            active = person["protection"]["from"] <= 0 <= person["protection"]["to"]
            assert active == ("protected" in person["tags"])
    assert any(each["to"] < 0 for each in found)
    assert any(each["from"] > 0 for each in found)
