"""What is published about several services together: its workflows call theirs, and apply where all are tested."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue.requirements import Situation, applicable, why_not_applicable
from conformance.catalogue.service import Service, available, load_service
from conformance.compile.edition import compile_service
from conformance.errors import DocumentError, UsageError
from conformance.plan import Filters, check_filters, make_plan
from conformance.play import UPPER_TESTER
from conformance.spec_check import check
from tests import spec_tree

NAME = "together"
_DAY = dt.date(2026, 11, 1)


def _together(source: str = "../../toy/1.0/workflows.arazzo.yaml") -> dict[str, Any]:
    """A workflow that makes a thing in one service by the workflow of that service, and reads one in the other."""
    read = {
        "stepId": "read",
        "operationId": "$sourceDescriptions.other.getThing",
        "x-role": "viewer",
        "parameters": [{"name": "thing_id", "in": "path", "value": "$steps.made.outputs.id"}],
        "successCriteria": [{"condition": "$statusCode == 200", "x-requirement": "XS-THI-001"}],
    }
    called = {"stepId": "made", "workflowId": "$sourceDescriptions.toy_workflows.same-with-output"}
    return {
        "arazzo": "1.0.1",
        "info": {"title": "Together", "x-title-ja": "一緒", "version": "1.0"},
        "sourceDescriptions": [
            {"name": "toy_workflows", "url": source, "type": "arazzo"},
            {"name": "other", "url": "../../other/1.0/openapi.yaml", "type": "openapi"},
        ],
        "workflows": [
            {"workflowId": "both", "summary": "both", "x-summary-ja": "両方", "steps": [called, read]},
        ],
    }


def _tree(tmp_path: Path, together: dict[str, Any], **condition: Any) -> Path:
    files = spec_tree.tree()
    workflows = files[spec_tree.WORKFLOWS]
    made = next(entry for entry in workflows["workflows"] if entry["workflowId"] == "same")
    workflows["workflows"].append(
        {**made, "workflowId": "same-with-output", "summary": "x", "outputs": {"id": "$steps.made.outputs.id"}}
    )
    made["inputs"] = {"$ref": "../../common/1.0/inputs.yaml#/nothing"}
    files["common/1.0/inputs.yaml"] = {"nothing": {"type": "object", "properties": {}}}
    files["other/1.0/openapi.yaml"] = json.loads(json.dumps(files[spec_tree.API]))
    files[f"{NAME}/1.0/workflows.arazzo.yaml"] = together
    files[f"{NAME}/1.0/requirements.yaml"] = {
        "catalogue": NAME,
        "version": "1.0",
        "title": {"ja": "一緒", "en": "Together"},
        "requirements": [spec_tree.entry("XS-THI-001", {"workflow": "both"}, condition=condition)],
    }
    spec_tree.write(tmp_path, files)
    return tmp_path


def _situation(*services: str) -> Situation:
    return Situation("city", frozenset(), upper_tester=True, day=_DAY, services=frozenset(services))


@pytest.fixture
def together(tmp_path: Path) -> Service:
    """The documents about the two services."""
    return load_service(NAME, None, _tree(tmp_path, _together(), services=["other", "toy"]))


def test_a_folder_with_workflows_alone_is_about_several_services(together: Service) -> None:
    """Claim: a folder without an OpenAPI document is about the services that its workflows name. Expected: it is
    published, has no operations, knows those of the others, and its digests cover all that it is made from."""
    assert together.across
    assert together.sources.keys() == {"toy", "other"}
    assert NAME in available(together.folder.parent.parent)
    assert {
        "toy/1.0/workflows.arazzo.yaml",
        "toy/1.0/openapi.yaml",
        "common/1.0/inputs.yaml",
    } <= together.digests.keys()


def test_a_workflow_of_another_document_is_called_and_judges_nothing_here(together: Service) -> None:
    """Claim: what a called workflow of another document tests is a precondition here. Stimulus: a workflow that calls
    one with a requirement of its own. Expected: steps of both services, one requirement: the own one."""
    workflow = together.workflows["both"]
    assert [step.service for step in workflow.steps] == ["toy", "toy", "other"]
    assert workflow.requirements == ("XS-THI-001",)
    assert workflow.services == {"toy", "other"}


def test_it_is_played_and_judged_only_where_both_services_are_tested(together: Service) -> None:
    """Claim: without one of the two services there is nothing to play and no verdict. Stimulus: plans with one and with
    both. Expected: no script and not applicable; then scripts, numbered after those of other services."""
    edition = compile_service(together)
    requirement = together.requirement_ids["XS-THI-001"]
    alone, both = _situation("toy"), _situation("toy", "other")
    assert len(make_plan(together, edition, alone, {"clerk", "viewer"}, Filters())) == 0
    assert why_not_applicable(requirement, alone) is not None
    plan = make_plan(together, edition, both, {"clerk", "viewer"}, Filters(), first=1000)
    assert applicable(together.requirements, both) == {"XS-THI-001"}
    assert [number for number, _ in plan.scripts()] == [1000 + place for place in range(len(plan))]
    assert len(plan) > 0
    assert UPPER_TESTER not in plan.situation.services


def test_the_condition_names_the_services_that_are_called(tmp_path: Path) -> None:
    """Claim: a condition names the services it needs. Stimulus: one that names one of two. Expected: told."""
    root = _tree(tmp_path, _together(), services=["toy"])
    assert any("condition.services" in problem.message.en for problem in check(root))


def test_an_operation_is_looked_up_in_the_source_that_names_it(tmp_path: Path) -> None:
    """Claim: two services may have operations of one name. Stimulus: `getThing` of one lies at a path with another
    parameter. Expected: a step that names the source is right for its path, and only for that."""
    root = _tree(tmp_path, _together(), services=["other", "toy"])
    other = root / "other/1.0/openapi.yaml"
    renamed = other.read_text("utf-8").replace("thing_id", "other_id")
    other.write_text(renamed, "utf-8")
    told = [problem.message.en for problem in check(root) if problem.file.startswith(NAME)]
    assert "does not give the path parameter 'other_id'." in told
    workflows = root / f"{NAME}/1.0/workflows.arazzo.yaml"
    workflows.write_text(workflows.read_text("utf-8").replace('"thing_id"', '"other_id"'), "utf-8")
    assert not any("path" in problem.message.en for problem in check(root) if problem.file.startswith(NAME))


def test_an_option_of_one_of_the_services_may_be_a_condition(tmp_path: Path) -> None:
    """Claim: the options of the services named may stand in a condition, others not. Stimulus: one of each."""
    root = _tree(tmp_path, _together(), services=["other", "toy"], options=["extra"])
    assert not any("x-options does not declare" in problem.message.en for problem in check(root))
    root = _tree(tmp_path, _together(), services=["other", "toy"], options=["never"])
    assert any("x-options does not declare never" in problem.message.en for problem in check(root))


def test_a_filter_names_what_one_of_the_services_has(together: Service) -> None:
    """Claim: a filter may name what another service of the run has; what none has is told. Expected: `UsageError`."""
    edition = compile_service(together)
    check_filters([(together, edition)], Filters(requirements=("XS-THI-001",)))
    assert (
        len(make_plan(together, edition, _situation("toy", "other"), {"viewer"}, Filters(requirements=("TOY-X",)))) == 0
    )
    with pytest.raises(UsageError, match="no requirement 'TOY-X'"):
        check_filters([(together, edition)], Filters(requirements=("TOY-X",)))


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Claim: a wrong url of a source is told with its place. Expected: `DocumentError` with a next step."""
    root = _tree(tmp_path, _together("../../gone/1.0/workflows.arazzo.yaml"))
    with pytest.raises(DocumentError) as told:
        load_service(NAME, None, root)
    assert "toy_workflows" in told.value.what
    assert told.value.next_step
