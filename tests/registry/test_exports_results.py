"""The verdicts of a run in other formats: the registry's own, waivers as such, and only for who may see the run."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
import views_data
from trestle.oscal.assessment_results import Model

from conformance.registry import waivers
from conformance.registry.bounds import Bounds
from conformance.registry.judging import Done
from conformance.registry.kept import NONE, Kept
from conformance.registry.office import Office
from conformance.registry.packing import digest_of
from registry.asking import Asking
from registry.people import World
from registry.stated import stated
from registry.steady import SERVICE, SteadyJudge, failing
from registry.submitted import submitted
from registry.test_advisories import approved

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
WAIVED = "COM-PAG-001"


class LinesJudge(SteadyJudge):
    """Judges without looking, and has lines of a run to show, in which one requirement failed."""

    def __init__(self) -> None:
        super().__init__()
        self.judged = failing(WAIVED)

    @contextlib.contextmanager
    def __call__(self, archive: Path, bounds: Bounds, work: Path, kept: Kept = NONE) -> Iterator[Done]:
        with super().__call__(archive, bounds, work, kept) as done:
            made = views_data.write(lines(), work / "lines.jsonl")
            yield Done(msgspec.structs.replace(done.judged, run_file=digest_of(made)), made)


def lines() -> list[dict[str, Any]]:
    """A run in which everything passed but the requirement that is waived."""
    header, *rest, footer = json.loads(json.dumps(views_data.run()).replace(views_data.SERVICE, SERVICE))
    verdicts = [line for line in rest if line["verdict"] == "pass" and line["requirement"] != WAIVED]
    failed = next(line for line in rest if line["verdict"] == "fail" and line["level"] == "mandatory")
    verdicts.append({**failed, "requirement": WAIVED})
    counts = dict.fromkeys(footer["verdicts"], 0) | {"pass": len(verdicts) - 1, "fail": 1}
    return [header, *verdicts, {**footer, "standing": "non-conforming", "verdicts": counts}]


@pytest.fixture
def office(office: Office) -> Office:
    return replace(office, judge=LinesJudge())


def results(api: str, world: World, run: str, format_: str, name: str = "vendor") -> bytes:
    answer = Asking(api, world.tokens[name])("GET", f"/runs/{run}/results?format={format_}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return answer.content


@on_sqlite
def test_every_format_tells_the_failure(office: Office, world: World, api: str) -> None:
    """Claim: an export says what the registry has judged. Stimulus: a run with one failure and no waiver, in each
    format, and as scorecard. Expected: documents of that format which tell the failure; the scorecard is the same."""
    run = submitted(office, world)
    assessed = json.loads(results(api, world, run, "oscal"))
    Model.model_validate(assessed)
    (result,) = assessed["assessment-results"]["results"]
    open_ = [f["target"]["target-id"] for f in result["findings"] if f["target"]["status"]["state"] != "satisfied"]
    assert open_ == [WAIVED]
    assert "risks" not in result
    suites = ET.fromstring(results(api, world, run, "junit"))  # noqa: S314  our own document
    assert (suites.get("failures"), suites.get("skipped")) == ("1", "0")
    (log,) = json.loads(results(api, world, run, "sarif"))["runs"]
    assert [r["ruleId"] for r in log["results"] if r["level"] == "error"] == [f"{SERVICE}/{WAIVED}"]
    rows = list(csv.DictReader(io.StringIO(results(api, world, run, "csv").decode("utf-8-sig"))))
    assert [row["requirement"] for row in rows if row["verdict"] == "fail"] == [WAIVED]
    scorecard = Asking(api, world.tokens["vendor"])("GET", f"/runs/{run}/scorecard").content
    assert results(api, world, run, "html") == scorecard
    assert WAIVED.encode() in scorecard


@on_sqlite
def test_what_is_waived_is_told_as_waived_and_never_as_passed(office: Office, world: World, api: str) -> None:
    """Claim: a waiver makes no pass in any format. Stimulus: the run, stated with the waiver, which is withdrawn after
    that. Expected: each format still says waived, with the reason that the statement rests on; the standing is that of
    the verdicts underneath; the page does not take itself for one that was altered, or cut."""
    made = approved(office, world)
    statement = Asking(api)("GET", f"/statements/{stated(office, world, waived=True)}").json()
    waivers.withdraw(office, world["approver"], made, "not any more")
    run = statement["run_id"]
    (result,) = json.loads(results(api, world, run, "oscal"))["assessment-results"]["results"]
    (risk,) = result["risks"]
    assert risk["status"] == "deviation-approved"
    assert "being migrated" in risk["statement"]
    assert [f["target"]["status"] for f in result["findings"] if f["target"]["target-id"] == WAIVED] == [
        {"state": "not-satisfied", "reason": "fail"}
    ]
    suites = ET.fromstring(results(api, world, run, "junit"))  # noqa: S314  our own document
    assert (suites.get("failures"), suites.get("skipped")) == ("0", "1")
    (log,) = json.loads(results(api, world, run, "sarif"))["runs"]
    (suppressed,) = [r for r in log["results"] if "suppressions" in r]
    assert (suppressed["kind"], log["properties"]["standing"]) == ("fail", "non-conforming")
    rows = list(csv.DictReader(io.StringIO(results(api, world, run, "csv").decode("utf-8-sig"))))
    (row,) = [row for row in rows if row["verdict"] == "waived"]
    assert "made up for by hand" in row["reason_en"]
    assert {row["run_standing"] for row in rows} == {"non-conforming"}
    page = results(api, world, run, "html").decode()
    assert "before their waivers end" in page
    assert "Resume the run" not in page


@on_sqlite
def test_results_are_for_who_may_see_the_run(office: Office, world: World, api: str) -> None:
    """Claim: a format is no way round. Stimulus: nobody, another vendor, the body before the decision; a format that
    there is none of; another run. Expected: 401; 404; 404; 400; 404."""
    run = submitted(office, world)
    for format_ in ("oscal", "junit", "sarif", "csv", "html"):
        path = f"/runs/{run}/results?format={format_}"
        assert Asking(api)("GET", path).status_code == 401
        for name in ("other vendor", "body"):
            assert Asking(api, world.tokens[name])("GET", path).status_code == 404
    vendor = Asking(api, world.tokens["vendor"])
    assert vendor("GET", f"/runs/{run}/results?format=xml").status_code == 400
    assert vendor("GET", "/runs/none/results").status_code == 404
