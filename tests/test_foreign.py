"""Any OpenAPI document and endpoint: what is right passes, what is wrong fails the one requirement that is about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.foreign import prepare_foreign
from conformance.launch import start
from conformance.model import Level, VerdictKind
from conformance.plan import Filters
from conformance.run_lines import RunResult
from conformance.scorecard import Standing
from conformance.session import judge_archive
from tests import foreign_depot, foreign_library
from tests.serving import served

LIBRARY = Path(__file__).parent / "data" / "foreign" / "library" / "openapi.yaml"


def failing(result: RunResult, *, binding: bool = True) -> set[str]:
    """Ids of requirements that fail: those that bind, or the recommendations."""
    return {
        v.requirement
        for v in result.verdicts
        if v.verdict is VerdictKind.FAIL and binding is (v.level is not Level.RECOMMENDED)
    }


@pytest.fixture
def depot_document(tmp_path: Path) -> Path:
    path = tmp_path / "depot.json"
    path.write_text(json.dumps(foreign_depot.DOCUMENT), "utf-8")
    return path


def run_depot(document: Path, fault: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> RunResult:
    monkeypatch.setenv("DEPOT_TOKEN", foreign_depot.TOKEN)
    with served(foreign_depot.Depot(fault).application()) as url:
        prepared = prepare_foreign(document, url, Filters(max_requests=700), "seed", "DEPOT_TOKEN")
        return start(prepared, folder)


def test_a_correct_and_idiosyncratic_system_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: liberties are no faults. Stimulus: a system with generous readings, undeclared 4xx, redirects, 501, an
    OpenAPI 3.0 document of two files. Expected: no binding requirement fails, every operation was called, and the
    archive gives the same verdicts again."""
    monkeypatch.setenv("LIBRARY_KEY", foreign_library.KEY)
    with served(foreign_library.application()) as url:
        prepared = prepare_foreign(LIBRARY, f"{url}/lib/api/", Filters(), "seed", "LIBRARY_KEY")
        result = start(prepared, tmp_path / "run")
    assert failing(result) == set()
    assert failing(result, binding=False) == {"COM-HTTP-006", "COM-TXT-002"}
    assert result.standing is Standing.WITH_OBSERVATIONS
    seen, declared = next(iter(result.footer["exercised"].values()))["operations"]
    assert (seen, declared) == (15, 15)
    again, same = judge_archive(tmp_path / "run")
    assert same
    assert again.standing is result.standing
    assert foreign_library.KEY not in "".join(
        path.read_bytes().decode("latin-1") for path in (tmp_path / "run").rglob("*") if path.is_file()
    )


def test_a_correct_system_conforms(depot_document: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Claim: what does all that its document says passes. Stimulus: the depot without fault. Expected: nothing fails,
    nothing is left open, every requirement that some fault breaks was judged."""
    result = run_depot(depot_document, "", monkeypatch, tmp_path / "run")
    assert {v.requirement for v in result.verdicts if v.verdict is VerdictKind.FAIL} == set()
    assert {v.requirement for v in result.verdicts if v.verdict is VerdictKind.INCONCLUSIVE} == set()
    passed = {v.requirement for v in result.verdicts if v.verdict is VerdictKind.PASS}
    assert set(foreign_depot.FAULTS.values()) <= passed


@pytest.mark.parametrize(("fault", "requirement"), foreign_depot.FAULTS.items(), ids=list(foreign_depot.FAULTS))
def test_each_fault_fails_its_requirement_and_no_other(
    fault: str, requirement: str, depot_document: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Claim: a fault is caught by the requirement that is about it. Stimulus: the depot with one fault. Expected: that
    requirement fails, no other does."""
    result = run_depot(depot_document, fault, monkeypatch, tmp_path / "run")
    assert failing(result) == {requirement}
    assert result.standing is Standing.NON_CONFORMING


@pytest.mark.parametrize(("fault", "requirement"), foreign_depot.OBSERVED.items(), ids=list(foreign_depot.OBSERVED))
def test_what_is_left_to_the_server_is_an_observation(
    fault: str, requirement: str, depot_document: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Claim: what OpenAPI and HTTP leave open fails nobody. Stimulus: the depot doing it. Expected: a recommendation
    is told, no binding requirement fails."""
    result = run_depot(depot_document, fault, monkeypatch, tmp_path / "run")
    assert failing(result) == set()
    assert failing(result, binding=False) == {requirement}
