"""Beyond the edition, on the reference with faults that the edition misses: search, shrinking, flakiness, replay."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec
import pytest
from command_line import Call

from conformance import session
from conformance.archive import EVIDENCE, RUN_FILE, read_evidence
from conformance.errors import ArchiveError
from conformance.explore.bounds import Bounds
from conformance.explore.search import extras
from conformance.extras import EXPLORED, read_extras
from conformance.model import VerdictKind
from conformance.plan import Filters
from conformance.run_lines import RunResult
from conformance.views import write
from tests.planted import explored, planted

REQUIREMENT = "COM-SCH-003"
FILTERS = Filters(requirements=(REQUIREMENT,), operations=("registerMoveIn",))
SEARCH = Bounds(seed="a", examples=72, shrink_seconds=900)


def families(body: Any) -> list[str]:
    """The family names in the content of a move-in."""
    members = body.get("members") if isinstance(body, dict) else None
    names = [member.get("name") for member in members or () if isinstance(member, dict)]
    return [name["family"] for name in names if isinstance(name, dict) and isinstance(name.get("family"), str)]


class Case(NamedTuple):
    """A run on a reference with a fault, a run file that reaches it, and a switch of the fault."""

    result: RunResult
    run_file: Path
    fault: dict[str, bool]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A reference that refuses family names of 31 to 47 characters, searched live."""
    fault = {"there": True}

    def wrong(method: str, path: str, body: Any) -> bool:
        return fault["there"] and path.endswith("/move_ins") and any(31 <= len(name) < 48 for name in families(body))

    folder = tmp_path_factory.mktemp("found")
    with planted(folder / "reference", wrong) as run_file:
        yield Case(explored(run_file, folder / "run", SEARCH, FILTERS), run_file, fault)


def verdict(result: RunResult, requirement: str = REQUIREMENT) -> Any:
    """The verdict of a requirement."""
    return next(v for v in result.verdicts if v.requirement == requirement)


def test_search_finds_what_the_edition_misses(found: Case) -> None:
    """Claim: nobody can pass by knowing the edition. Stimulus: a fault that no script of the edition touches, 72
    scripts drawn live. Expected: the requirement fails in scripts that were drawn, in none of the edition."""
    failing = verdict(found.result)
    assert failing.verdict is VerdictKind.FAIL
    assert 1 <= failing.failed < 10
    drawn = {extra.script.id for extra in read_extras(found.result.folder / EXPLORED) if extra.use == "search"}
    assert len(drawn) == 72
    assert {example.shrunk_from or example.finding.script for example in failing.examples} <= drawn
    assert not failing.flaky


def test_what_is_found_is_made_small(found: Case) -> None:
    """Claim: the finding is told by the smallest request that still fails. Stimulus: the first example. Expected: one
    step, the family name is 31 times one character, other free texts are one character, nothing optional is left."""
    first = verdict(found.result).examples[0]
    assert first.shrunk_from
    assert first.again == (1, 1)
    assert 0 < first.plays <= 200
    body = json.loads(first.request.partition("\n\n")[2])
    name = body["members"][0]["name"]
    assert len(name["family"]) == 31
    assert len(set(name["family"])) == 1
    assert set(name) == {"family", "family_kana"}
    assert (len(name["family_kana"]), len(body["previous_address"]["text"])) == (1, 1)


def test_the_archive_tells_how_far_it_went(found: Case) -> None:
    """Claim: a reader sees how much was explored, with which seed and bound. Stimulus: header, footer, schema, views.
    Expected: seed, bound and counts; every line fits the schema; the views tell it."""
    folder = found.result.folder
    lines = [json.loads(line) for line in (folder / RUN_FILE).read_bytes().splitlines()]
    assert (lines[0]["explore"]["seed"], lines[0]["explore"]["examples"]) == ("a", 72)
    assert lines[-1]["explored"]["search"] == 72
    assert lines[-1]["explored"]["shrink"] == verdict(found.result).examples[0].plays
    schema = msgspec.json.decode((Path(session.__file__).parent / "run.schema.json").read_bytes())
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert [error.message for line in lines for error in validator.iter_errors(line)] == []
    pages = {path.name: path.read_text("utf-8-sig") for path in write(folder / RUN_FILE, folder, ("html", "markdown"))}
    assert all("72 scripts with fresh values" in text or "72 件" in text for text in pages.values())
    assert any("Made smaller from the script" in text for text in pages.values())


def test_judging_it_again_gives_the_same_bytes(found: Case, tmp_path: Path) -> None:
    """Claim: explored scripts are judged from the archive like all others. Stimulus: a copy in another folder.
    Expected: `run.jsonl` byte for byte the same; where the scripts were altered, an ArchiveError."""
    copy = tmp_path / "copy"
    shutil.copytree(found.result.folder, copy)
    assert session.judge_archive(copy)[1]
    with (copy / EXPLORED).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ArchiveError, match="beyond the edition"):
        session.judge_archive(copy)


def test_it_is_replayed_from_the_archive_alone(found: Case, tmp_path: Path, call: Call) -> None:
    """Claim: somebody else can play a finding again. Stimulus: the archive moved to another folder, a run file; then
    the fault mended. Expected: exit code 1 with request, expected and actual; exit code 0 once it is mended."""
    moved = tmp_path / "elsewhere"
    shutil.copytree(found.result.folder, moved)
    code, out, _ = call("replay", f"{moved}#{REQUIREMENT}", "--run-file", str(found.run_file))
    assert code == 1
    assert "It failed again." in out
    assert "/move_ins" in out
    assert "a success (2xx)" in out
    script = verdict(found.result).examples[0].finding.script
    assert call("replay", script, "--run", str(moved), "--run-file", str(found.run_file))[0] == 1
    found.fault["there"] = False
    code, out, _ = call("replay", script, "--run", str(moved), "--run-file", str(found.run_file), "--lang", "ja")
    found.fault["there"] = True
    assert code == 0
    assert "不合格になりませんでした" in out


def test_replay_tells_what_it_does_not_know(found: Case, tmp_path: Path, call: Call) -> None:
    """Claim: an error has a next step. Stimulus: no run at all, a folder that is none, an id that is in no run.
    Expected: exit code 2 and what to do."""
    for arguments in (["X-1"], ["x", "--run", "nowhere"], [f"{found.result.folder}#COM-PAG-001"]):
        code, _, err = call("replay", *arguments, "--run-file", str(found.run_file))
        assert code == 2
        assert "Next:" in err


def test_the_same_seed_draws_the_same_scripts(found: Case) -> None:
    """Claim: a search can be repeated. Stimulus: the first scripts of one seed twice, and of another one. Expected:
    the same scripts; others."""
    benches = list(session.open_archive(found.result.folder)[1].values())

    def drawn(seed: str) -> list[str]:
        return [extra.script.id for extra in islice(extras(benches, seed, FILTERS), 12)]

    assert drawn("a") == drawn("a")
    assert drawn("a") != drawn("b")


def test_a_failure_of_the_edition_is_made_small(tmp_path: Path) -> None:
    """Claim: what fails in the edition is shrunk too. Stimulus: lot numbers of more than 60 characters are refused; no
    search. Expected: an example with 61 times one character, which is in the archive with all that was tried."""

    def wrong(method: str, path: str, body: Any) -> bool:
        address = body.get("new_address") if isinstance(body, dict) else None
        return isinstance(address, dict) and len(str(address.get("lot"))) > 60

    filters = Filters(requirements=("COM-SCH-004",), operations=("registerMoveIn",))
    with planted(tmp_path / "reference", wrong) as run_file:
        result = explored(run_file, tmp_path / "run", Bounds(shrink_seconds=900), filters)
    first = verdict(result, "COM-SCH-004").examples[0]
    assert first.shrunk_from
    lot = json.loads(first.request.partition("\n\n")[2])["new_address"]["lot"]
    assert (len(lot), len(set(lot))) == (61, 1)
    played = {trace.script for _, trace in read_evidence(result.folder / EVIDENCE)}
    beyond = {extra.script.id for extra in read_extras(result.folder / EXPLORED)}
    assert first.finding.script in beyond
    assert beyond <= played
    assert session.judge_archive(result.folder)[1]


def test_a_failure_that_does_not_come_again_is_marked(tmp_path: Path) -> None:
    """Claim: a flaky finding is told as one, with both traces. Stimulus: who joins a household first is refused.
    Expected: the requirement fails (there is evidence), it is marked, failing and passing traces are in the archive,
    and every view says so in both languages."""
    counted = {"requests": 0}

    def wrong(method: str, path: str, body: Any) -> bool:
        joining = path.endswith("/move_ins") and isinstance(body, dict) and "household_id" in body
        counted["requests"] += joining
        return joining and counted["requests"] == 1

    with planted(tmp_path / "reference", wrong) as run_file:
        result = explored(run_file, tmp_path / "run", Bounds(shrink_seconds=900), FILTERS)
    failing = verdict(result)
    assert failing.verdict is VerdictKind.FAIL
    assert len(failing.flaky) == 1
    played = {trace.script for _, trace in read_evidence(result.folder / EVIDENCE)}
    assert {failing.flaky[0].failed, *failing.flaky[0].passed} <= played
    assert len(failing.flaky[0].passed) == 3
    assert session.judge_archive(result.folder)[1]
    for path in write(result.folder / RUN_FILE, result.folder, ("html", "junit", "markdown")):
        text = path.read_text("utf-8")
        japanese, english = "再現しない" in text, "Did not fail again" in text
        assert (japanese or english) if path.suffix == ".md" else (japanese and english)
