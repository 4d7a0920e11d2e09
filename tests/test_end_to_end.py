"""The main job, whole: the reference implementation as a process, every script of the edition, the archive."""

from __future__ import annotations

import shutil
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest

from conformance import session
from conformance.archive import EVIDENCE, RUN_FILE, read_evidence, read_run
from conformance.errors import ArchiveError
from conformance.identifiers import is_valid
from conformance.model import Level, VerdictKind
from conformance.run_lines import RunResult
from conformance.scorecard import Standing
from tests.whole_run import run_reference, with_verdict

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """One run of the whole edition."""
    return run_reference(tmp_path_factory.mktemp("whole") / "run")


def test_the_reference_conforms_and_nothing_is_left_open(whole: RunResult) -> None:
    """Claim: the reference meets every requirement. Stimulus: the whole edition. Expected: standing conforming, each
    mandatory and prohibited requirement that applies judged on at least one trace."""
    assert with_verdict(whole, "fail") == set()
    assert with_verdict(whole, "inconclusive") == set()
    assert whole.standing is Standing.CONFORMING
    binding = [v for v in whole.verdicts if v.level in {Level.MANDATORY, Level.PROHIBITED}]
    assert all(v.judged >= 1 for v in binding if v.verdict is VerdictKind.PASS)
    assert len([v for v in binding if v.verdict is VerdictKind.PASS]) >= 150


def test_the_edition_is_played_whole(whole: RunResult) -> None:
    """Claim: nothing planned is skipped. Stimulus: the footer. Expected: at least 3,000 scripts, all played, none
    troubled, every operation exercised."""
    scripts = whole.footer["scripts"]
    assert scripts["planned"] >= 3000
    assert scripts["played"] == scripts["planned"]
    assert scripts["troubled"] == 0
    operations, declared = whole.footer["exercised"]["resident-registry"]["operations"]
    assert operations == declared >= 14


def test_judging_the_archive_again_gives_the_same_bytes(whole: RunResult, tmp_path: Path) -> None:
    """Claim: verdicts come from evidence alone. Stimulus: a copy of the archive, judged again. Expected: `run.jsonl`
    byte for byte the same."""
    copy = tmp_path / "copy"
    shutil.copytree(whole.folder, copy)
    result, same = session.judge_archive(copy)
    assert same
    assert result.standing is whole.standing


def test_every_line_of_the_run_fits_its_schema(whole: RunResult) -> None:
    """Claim: what crosses a boundary has a schema. Stimulus: each line of `run.jsonl`. Expected: valid."""
    schema = msgspec.json.decode((Path(session.__file__).parent / "run.schema.json").read_bytes())
    validator = jsonschema_rs.Draft202012Validator(schema)
    for line in (whole.folder / RUN_FILE).read_bytes().splitlines():
        errors = [
            f"{error.instance_path}: {error.message}" for error in validator.iter_errors(msgspec.json.decode(line))
        ]
        assert errors == []


def test_no_credential_is_in_the_archive(whole: RunResult) -> None:
    """Claim: credentials are dropped as they are recorded. Stimulus: every Authorization header in the evidence.
    Expected: `[dropped]`, but for fixed texts of the edition that are no credentials."""
    values = set()
    for _, trace in read_evidence(whole.folder / EVIDENCE):
        for exchange in trace.exchanges:
            values.update(v for k, v in exchange.request.headers if k.lower() == "authorization")
    assert values <= {"Bearer [dropped]", "bearer [dropped]", "Basic [dropped]", "[dropped]", "Bearer"}


def test_replaced_numbers_keep_their_form(whole: RunResult) -> None:
    """Claim: numbers are replaced by others of the same form. Stimulus: fresh numbers in the evidence. Expected: right
    ones have a right check digit, spoilt ones a wrong one."""
    seen = 0
    for _, trace in read_evidence(whole.folder / EVIDENCE):
        for name, value in trace.bound.get("fresh", {}).items():
            kind, _, wrong = name.partition(" ")
            base = kind.partition(":")[0]
            if base in {"individual-number", "resident-code"}:
                seen += 1
                assert is_valid(base, value) is not wrong.endswith("check-digit")
    assert seen > 1000


@pytest.mark.parametrize("damage", ["evidence", "verdict"])
def test_an_altered_archive_is_noticed(whole: RunResult, tmp_path: Path, damage: str) -> None:
    """Claim: an archive that was altered is not judged as if it were whole. Stimulus: one byte of the evidence changed,
    or a verdict rewritten. Expected: an ArchiveError that names the file."""
    copy = tmp_path / "copy"
    shutil.copytree(whole.folder, copy)
    if damage == "evidence":
        data = bytearray((copy / EVIDENCE).read_bytes())
        data[len(data) // 2] ^= 1
        (copy / EVIDENCE).write_bytes(data)
        with pytest.raises(ArchiveError, match="evidence"):
            session.judge_archive(copy)
    else:
        text = (copy / RUN_FILE).read_text("utf-8")
        (copy / RUN_FILE).write_text(text.replace('"verdict":"pass"', '"verdict":"fail"', 1), "utf-8")
        with pytest.raises(ArchiveError, match="altered"):
            read_run(copy / RUN_FILE)


def test_without_the_upper_tester_only_what_needs_it_is_open(tmp_path: Path) -> None:
    """Claim: a system without the test control interface is not failed for it. Stimulus: the reference without it.
    Expected: no fail; what is open are requirements whose workflows set the clock; standing incomplete."""
    result = run_reference(tmp_path / "run", "--no-upper-tester")
    assert with_verdict(result, "fail") == set()
    open_ones = [v for v in result.verdicts if v.verdict is VerdictKind.INCONCLUSIVE]
    assert open_ones
    assert all(v.reason and "upper tester" in v.reason.en for v in open_ones)
    assert result.standing is Standing.INCOMPLETE


def test_without_options_their_requirements_do_not_apply(tmp_path: Path) -> None:
    """Claim: optional requirements are judged when declared. Stimulus: the reference without bulk export, which is not
    declared either. Expected: conforming, and the requirements of that option not applicable."""
    result = run_reference(tmp_path / "run", "--without-option", "bulk-export")
    assert with_verdict(result, "fail") == set()
    assert result.standing is Standing.CONFORMING
    assert {"RR-EXP-001", "RR-EXP-003"} <= with_verdict(result, "not_applicable")
