"""The run as OSCAL and as SARIF: documents of their published formats, which say what the run says and no more."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import views_data
from test_views import HIDDEN, loaded
from trestle.oscal.assessment_results import Model  # made from the published JSON schema, and closed like it

from conformance.model import Text, VerdictKind
from conformance.views import oscal, run_data, sarif

KINDS = {"pass", "fail", "inconclusive", "waived", "observation"}


@pytest.fixture
def run(tmp_path: Path) -> run_data.RunData:
    return loaded(views_data.run(), tmp_path)


def assessed(run: run_data.RunData) -> dict[str, Any]:
    """The document, after the published schema has taken it."""
    text = oscal.render(run)
    Model.model_validate_json(text)
    told: dict[str, Any] = json.loads(text)["assessment-results"]
    return told


def values(node: Any, name: str) -> Iterator[Any]:
    """All values of a member, wherever it stands."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if key == name:
            yield value
        yield from values(value, name)


def prop(node: dict[str, Any], name: str) -> str:
    return next(str(each["value"]) for each in node["props"] if each["name"] == name)


def test_oscal_says_of_each_requirement_what_the_run_says(run: run_data.RunData) -> None:
    """Claim: no verdict is lost or changed. Stimulus: a run with every kind of verdict. Expected: a document that the
    published schema takes; an observation for each requirement; a finding for each that was judged and binds, satisfied
    where it passed and only there; the reason tells a failure from what could not be judged."""
    (result,) = assessed(run)["results"]
    seen = Counter(prop(each, "verdict") for each in result["observations"])
    assert seen == Counter({kind: number for kind, number in run.shown.items() if number})
    states = Counter(
        (prop(each, "verdict"), each["target"]["status"]["state"], each["target"]["status"]["reason"])
        for each in result["findings"]
    )
    assert states[("pass", "satisfied", "pass")] == run.shown["pass"]
    assert states[("fail", "not-satisfied", "fail")] == run.shown["fail"]
    assert states[("inconclusive", "not-satisfied", "other")] == run.shown["inconclusive"]
    assert not {verdict for verdict, _, _ in states} - (KINDS - {"observation"})
    for finding in result["findings"]:
        if prop(finding, "verdict") == "inconclusive":
            assert "could not be judged" in finding["target"]["status"]["remarks"]
    assert prop(result, "standing") == run.standing


def test_what_is_waived_is_a_deviation_and_never_satisfied(run: run_data.RunData) -> None:
    """Claim: a waiver makes no pass in any format. Stimulus: the run's failures, waived. Expected: OSCAL: not
    satisfied, with a risk whose deviation was approved, for its reason; SARIF: the failure, with an accepted
    suppression."""
    reason = Text("移行中", "being migrated")
    waived = tuple(
        msgspec.structs.replace(line, verdict=VerdictKind.WAIVED, reason=reason) if line.failure else line
        for line in run.verdicts
    )
    changed = msgspec.structs.replace(run, verdicts=waived)
    (result,) = assessed(changed)["results"]
    risks = {each["uuid"]: each for each in result["risks"]}
    found = [each for each in result["findings"] if each.get("related-risks")]
    assert len(found) == len(risks) == changed.shown["waived"] > run.shown["waived"]
    for finding in found:
        assert finding["target"]["status"]["state"] == "not-satisfied"
        assert risks[finding["related-risks"][0]["risk-uuid"]]["status"] == "deviation-approved"
    assert sum("being migrated" in risk["statement"] for risk in risks.values()) == run.shown["fail"]
    results = json.loads(sarif.render(changed))["runs"][0]["results"]
    suppressed = [each for each in results if "suppressions" in each]
    assert len(suppressed) == changed.shown["waived"]
    assert {each["suppressions"][0]["status"] for each in suppressed} == {"accepted"}
    assert sum(each["kind"] == "fail" and each["level"] == "error" for each in suppressed) >= run.shown["fail"]


def test_oscal_is_the_same_for_the_same_run_and_every_reference_leads_somewhere(run: run_data.RunData) -> None:
    """Claim: two exports can be compared, and joined. Stimulus: the run twice; all UUIDs and what refers to them.
    Expected: equal bytes; each UUID once, of version 5; no reference without its target."""
    assert oscal.render(run) == oscal.render(run)
    told = assessed(run)
    own = list(values(told, "uuid"))
    assert len(own) == len(set(own))
    assert {uuid.UUID(each).version for each in own} == {5}
    for name in ("observation-uuid", "risk-uuid", "subject-uuid"):
        assert set(values(told, name)) <= set(own)
    assert told["import-ap"]["href"].removeprefix("#") in own


@pytest.mark.parametrize("changed", ["hostile", "cut", "empty", "partial"])
def test_any_run_is_a_document_of_the_format(tmp_path: Path, changed: str) -> None:
    """Claim: whatever the evidence holds, what reads the format can read it. Stimulus: payloads in every text; a run
    cut short; one without verdicts; a narrowed one. Expected: documents of both formats, without hidden characters,
    which say that the run is not complete."""
    lines = {
        "hostile": views_data.hostile(views_data.run()),
        "cut": views_data.run(footer=False),
        "empty": [views_data.run()[0]],
        "partial": views_data.run(partial=True),
    }[changed]
    run = loaded(lines, tmp_path)
    (result,) = assessed(run)["results"]
    log = json.loads(sarif.render(run))
    for text in (json.dumps(result, ensure_ascii=False), json.dumps(log, ensure_ascii=False)):
        assert not HIDDEN.search(text.replace("\n", ""))
    complete = changed in {"hostile", "partial"}
    assert prop(result, "complete") == str(complete).lower()
    assert log["runs"][0]["invocations"] == [{"executionSuccessful": complete}]
    assert all("](" not in text for text in values(log, "text"))


def test_sarif_says_of_each_requirement_what_the_run_says(run: run_data.RunData) -> None:
    """Claim: no verdict is lost or changed. Stimulus: a run with every kind of verdict. Expected: version 2.1.0; a rule
    and a result for each; only failures have a level, an error where they bind; each result points at its own rule."""
    log = json.loads(sarif.render(run))
    assert log["version"] == "2.1.0"
    (told,) = log["runs"]
    rules = told["tool"]["driver"]["rules"]
    assert len(rules) == len(told["results"]) == len(run.verdicts)
    for result in told["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["level"] == "none") is (result["kind"] != "fail")
        assert result["message"]["text"]
    seen = Counter(result["properties"]["verdict"] for result in told["results"])
    assert seen == Counter({kind: number for kind, number in run.shown.items() if number})
    errors = sum(r["level"] == "error" and "suppressions" not in r for r in told["results"])
    assert errors == len(run.failures)
