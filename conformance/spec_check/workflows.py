"""Workflows and catalogues name each other; each workflow is of use; each operation has a valid call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue.indistinct import MARK
from conformance.catalogue.service import COMMON, Service
from conformance.catalogue.workflows import Workflow
from conformance.model import Level, Requirement, Text
from conformance.spec_check.problem import Problem
from conformance.spec_check.published import Published

FILE = "workflows.arazzo.yaml"


def workflow_problems(published: Published) -> Iterator[Problem]:
    """Problems of the workflows of each service as wholes; steps are looked at in `steps`."""
    for key, service in published.services.items():
        file = f"{key}/{FILE}"
        raw = {entry["workflowId"]: entry for entry in published.arazzo[key].get("workflows", [])}
        yield from _twice(file, published.arazzo[key])
        yield from _of_no_use(file, raw)
        yield from _named_requirements(file, service, raw)
        yield from _valid_calls(file, service, raw)
        yield from _options(file, service, published.extension(key, "x-options"))
        for requirement in service.requirements:
            yield from _can_be_reached(file, service, requirement)
    yield from _verified_by(published)


def _twice(file: str, content: Mapping[str, Any]) -> Iterator[Problem]:
    names = [entry["workflowId"] for entry in content.get("workflows", [])]
    for name in {name for name in names if names.count(name) > 1}:
        message = Text(ja="workflowIdが重複しています。", en="the workflowId stands twice.")
        yield Problem(file, name, message, "rename one of the two")


def own_requirements(raw: Mapping[str, Any]) -> set[str]:
    """The requirements that the criteria of a workflow itself name, not those of workflows that it calls."""
    steps = raw.get("steps", [])
    told = [step[MARK].get("requirement") for step in steps if isinstance(step.get(MARK), dict)]
    named = [criterion.get("x-requirement") for step in steps for criterion in step.get("successCriteria", [])]
    return {name for name in told + named if isinstance(name, str)}


def _of_no_use(file: str, raw: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    called = {step.get("workflowId") for entry in raw.values() for step in entry.get("steps", [])}
    for name, entry in raw.items():
        if not all(str(entry.get(key, "")).strip() for key in ("summary", "x-summary-ja")):
            message = Text(ja="概要が両言語でありません。", en="has no summary in both languages.")
            yield Problem(file, name, message, "say what is tested: summary, x-summary-ja")
        if name not in called and not entry.get("x-valid-call") and not own_requirements(entry):
            message = Text(
                ja="他から呼ばれず、妥当な呼出しでもなく、要件も示していません。",
                en="is not called by another, is no valid call, and names no requirement.",
            )
            yield Problem(file, name, message, "name the requirement that it tests (x-requirement), or remove it")


def _named_requirements(file: str, service: Service, raw: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """From the workflow to the catalogue: what it names exists, and is said to be verified by it."""
    for name, entry in raw.items():
        for identifier in sorted(own_requirements(entry)):
            requirement = service.requirement_ids.get(identifier)
            if requirement is None:
                message = Text(
                    ja=f"要件 {identifier} はありません。",
                    en=f"names the requirement {identifier}, which does not exist.",
                )
                yield Problem(file, name, message, "correct the id, or add the requirement")
            elif name not in _workflows_of(requirement):
                message = Text(
                    ja=f"要件 {identifier} の verified_by にこのワークフローがありません。",
                    en=f"names {identifier}, whose verified_by does not name this workflow.",
                )
                yield Problem(file, name, message, f"add 'workflow: {name}' to {identifier}, or correct the criterion")


def _workflows_of(requirement: Requirement) -> list[str]:
    return [way.workflow for way in requirement.verified_by if way.workflow]


def _verified_by(published: Published) -> Iterator[Problem]:
    """From the catalogue to the workflow: what is said to verify a requirement has a criterion that names it."""
    for file, catalogue in published.catalogues.items():
        folder = file.rpartition("/")[0]
        for requirement in catalogue.requirements:
            for name in _workflows_of(requirement):
                for key in published.services:
                    raw = [w for w in published.arazzo[key].get("workflows", []) if w["workflowId"] == name]
                    about = folder.startswith(COMMON) or key == folder
                    if about and raw and requirement.id not in own_requirements(raw[0]):
                        message = Text(
                            ja=f"ワークフロー {name} には、この要件を示す判定基準がありません。",
                            en=f"no criterion of the workflow {name} names it.",
                        )
                        yield Problem(
                            file, requirement.id, message, "add 'x-requirement' to the criterion that tests it"
                        )


def _valid_calls(file: str, service: Service, raw: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    called = {workflow.valid_call for workflow in service.workflows.values()}
    for identifier in service.operations:
        if identifier not in called:
            message = Text(ja="妥当な呼出し(x-valid-call)がありません。", en="has no workflow with x-valid-call.")
            yield Problem(file, identifier, message, "write a workflow that ends in a valid call of the operation")
    for name, workflow in service.workflows.items():
        if workflow.valid_call is None:
            continue
        last = raw[name].get("steps", [{}])[-1].get("operationId", "")
        if last.rpartition(".")[2] != workflow.valid_call:
            message = Text(
                ja=f"末尾の手順が {workflow.valid_call} の呼出しではありません。",
                en=f"its last step is no call of {workflow.valid_call}.",
            )
            yield Problem(file, name, message, "let the call be the last step")


def options_of(service: Service, workflow: Workflow) -> set[str]:
    """Options without which a workflow cannot be played: those it names, and those of the operations it uses."""
    of_operation = service.option_of_operation
    return {*workflow.options, *(of_operation[s.operation] for s in workflow.steps if s.operation in of_operation)}


def _options(file: str, service: Service, declared: Mapping[str, Any]) -> Iterator[Problem]:
    for name, workflow in service.workflows.items():
        for option in workflow.options:
            if option not in declared:
                message = Text(
                    ja=f"オプション {option} は x-options に宣言されていません。",
                    en=f"x-options does not declare {option}.",
                )
                yield Problem(file, name, message, "declare the option, or correct its name")


def _services(file: str, requirement: Requirement, ways: list[Workflow]) -> Iterator[Problem]:
    """The condition names just the services that every test calls: only where all are tested can it be judged."""
    called = set.union(*(set(way.services) for way in ways))
    if called != set(requirement.condition.services):
        names = ", ".join(sorted(called))
        message = Text(
            ja=f"{requirement.id}: condition.services が、試験で呼び出すサービス({names})と一致しません。",
            en=f"{requirement.id}: condition.services is not what its tests call: {names}.",
        )
        yield Problem(file, ways[0].id, message, "name just these services")


def _can_be_reached(file: str, service: Service, requirement: Requirement) -> Iterator[Problem]:
    """A requirement that applies can be judged: no workflow asks for more than its condition says."""
    ways = [service.workflows[name] for name in _workflows_of(requirement) if name in service.workflows]
    if not ways or len(ways) < len(requirement.verified_by):
        return
    lacking = set.intersection(*(options_of(service, way) - set(requirement.condition.options) for way in ways))
    if lacking and requirement.level is not Level.RECOMMENDED:
        message = Text(
            ja=f"{requirement.id}: 試験は {', '.join(sorted(lacking))} を要しますが、適用条件にありません。",
            en=f"{requirement.id}: its test needs {', '.join(sorted(lacking))}, which its condition does not name.",
        )
        yield Problem(file, ways[0].id, message, "name the option in condition.options, or test it without")
    if service.across:
        yield from _services(file, requirement, ways)
    if all(way.upper_tester for way in ways) != requirement.condition.upper_tester:
        needs = "needs" if not requirement.condition.upper_tester else "does not need"
        message = Text(
            ja=f"{requirement.id}: condition.upper_tester と、試験が試験制御を要するか否かが一致しません。",
            en=f"{requirement.id}: its test {needs} the upper tester, other than condition.upper_tester says.",
        )
        yield Problem(file, ways[0].id, message, "correct condition.upper_tester")
