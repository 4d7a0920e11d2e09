"""`conformance spec check` on workflows: what would make a test purpose say nothing, or the wrong thing, is noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spec_tree import EDITION, REQUIREMENTS, WORKFLOWS, Tree, tree, write
from test_spec_check import errors

OTHER = "$steps.made.outputs.x"
WRITE = "things:write"
NAMES = {"make": 0, "read": 1, "same": 2, "extra": 3}


def workflow(files: Tree, name: str) -> Any:
    return files[WORKFLOWS]["workflows"][NAMES[name]]


def step(files: Tree, name: str = "same") -> Any:
    return workflow(files, name)["steps"][-1]


def criterion(files: Tree, name: str = "same") -> Any:
    return step(files, name)["successCriteria"][0]


def called(files: Tree) -> Any:
    return workflow(files, "same")["steps"][0]


def check(files: Tree) -> Any:
    return criterion(files)["x-check"]


def unauthorized(files: Tree, changes: dict[str, Any]) -> None:
    """The last step as it is refused."""
    step(files).update(changes)
    criterion(files).update(condition="$statusCode == 401")


def payload(files: Tree, value: Any) -> None:
    step(files, "make")["requestBody"]["payload"]["name"] = value


def written(files: Tree, members: Any) -> None:
    """One more thing is made, its content written with `x-members`."""
    body = {**step(files, "make")["requestBody"], "payload": {"name": "x"}}
    making = {**step(files, "make"), "stepId": "again", "requestBody": body, "x-members": members}
    workflow(files, "same")["steps"].insert(0, making)


def add(files: Tree, **more: Any) -> None:
    """A workflow that is like `read`, but for what is given."""
    read = {k: v for k, v in workflow(files, "read").items() if k != "x-valid-call"}
    files[WORKFLOWS]["workflows"].append({**read, "workflowId": "another", **more})


def way(files: Tree, number: int = 1) -> Any:
    return files[REQUIREMENTS]["requirements"][number]


BREAKS_MORE = frozenset({"the workflowId stands twice", "x-options does not declare more", "its stepId stands twice"})
CASES: dict[str, Callable[[Tree], Any]] = {
    # what cannot be loaded
    "lacks 'stepId'": lambda f: step(f, "make").pop("stepId"),
    "operation 'nobody' is in none of its sources": lambda f: step(f).update(operationId="nobody"),
    "it calls workflow 'nobody'": lambda f: called(f).update(workflowId="nobody"),
    # workflows as wholes
    "the workflowId stands twice": lambda f: add(f, workflowId="same", steps=workflow(f, "same")["steps"]),
    "has no summary in both languages": lambda f: workflow(f, "same").update({"x-summary-ja": ""}),
    "is not called by another, is no valid call": lambda f: add(f),
    "has no workflow with x-valid-call": lambda f: (workflow(f, "read").pop("x-valid-call"), add_call(f)),
    "its last step is no call of createThing": lambda f: add(f, **{"x-valid-call": "createThing"}),
    "names the requirement TOY-NON-001, which does not exist": lambda f: also(f, "TOY-NON-001"),
    "names COM-VAL-001, whose verified_by does not name this workflow": lambda f: also(f, "COM-VAL-001"),
    "no criterion of the workflow read names it": lambda f: way(f)["verified_by"].append({"workflow": "read"}),
    "x-options does not declare more": lambda f: workflow(f, "extra")["x-options"].append("more"),
    "needs extra, which its condition does not name": lambda f: workflow(f, "same").update({"x-options": ["extra"]}),
    "its test does not need the upper tester": lambda f: way(f).update(condition={"upper_tester": True}),
    # keys that nobody reads
    "'onSuccess' is read by nobody": lambda f: step(f).update(onSuccess=[]),
    "onFailure has another type than retry": lambda f: step(f).update(onFailure=[{"name": "x", "type": "end"}]),
    "'x-requirment' is read by nobody": lambda f: criterion(f, "read").update({"x-requirment": "TOY-THI-001"}),
    "'parameters' is read by nobody": lambda f: workflow(f, "same").update(parameters=[]),
    "'outputs' is read by nobody": lambda f: called(f).update(outputs={"a": "$statusCode"}),
    # steps and what they name
    "its stepId stands twice": lambda f: step(f).update(stepId="made"),
    "its group is not in one place": lambda f: grouped(f),
    "$inputs.nobody is not among the inputs": lambda f: payload(f, "$inputs.nobody"),
    "$steps.made.outputs.x is not among": lambda f: step(f)["parameters"][0].update(value=OTHER),
    "$steps.read.outputs.x is not among the outputs": lambda f: check(f).update(expected="$steps.read.outputs.x"),
    "$statusCode is not among the what is known before": lambda f: payload(f, "$statusCode"),
    "'$response.body.id' is not a runtime expression": lambda f: check(f).update(actual="$response.body.id"),
    "gives make the input 'x'": lambda f: called(f).update(parameters=[{"name": "x", "value": 1}]),
    "does not give the path parameter 'thing_id'": lambda f: step(f).update(parameters=[]),
    "the path has no parameter 'id'": lambda f: step(f)["parameters"].append({"name": "id", "in": "path", "value": 1}),
    # values that cannot be bound
    "there is no kind 'nonsense'": lambda f: payload(f, {"$fresh": "nonsense"}),
    "'digit' cannot be wrong with uuid": lambda f: payload(f, {"$fresh": "uuid", "wrong": "digit"}),
    "$fresh: 'kee' is not known": lambda f: payload(f, {"$fresh": "text:4", "kee": "x"}),
    "'tomorrow' is no day": lambda f: check(f).update(expected={"$date": "tomorrow"}),
    "'nonsense' is nothing that a run file gives": lambda f: payload(f, {"$config": "nonsense"}),
    "write the roles whose tokens it is about": lambda f: payload(f, {"$lifetime": "viewer"}),
    "'soon' is no number of seconds": lambda f: payload(f, {"$lifetime": ["viewer"], "plus": "soon"}),
    "there is no function 'nonsense'": lambda f: payload(f, {"$apply": "nonsense", "to": "x"}),
    "'$nonsense' stands for nothing": lambda f: payload(f, {"$nonsense": 1}),
    "is not a JSONPath query": lambda f: check(f).update(actual={"jsonpath": "$[", "of": "$response.body"}),
    # criteria
    "cannot read '$statusCode'": lambda f: criterion(f).update(condition="200 $statusCode"),
    "with the condition None cannot be read": lambda f: criterion(f).pop("condition"),
    "is no regular expression": lambda f: criterion(f).update(condition="(", type="regex", context="$response.body"),
    "of type xpath": lambda f: criterion(f).update(type="xpath", context="$response.body"),
    "x-requirement is one id": lambda f: criterion(f, "read").update({"x-requirement": ["TOY-THI-001"]}),
    "there is no check 'never'": lambda f: check(f).update(rule="never"),
    "'expected' is missing": lambda f: check(f).pop("expected"),
    "about is no text in Japanese and English": lambda f: criterion(f).update(
        {"x-check": {"rule": "answer", "allowed": [200], "about": {"ja": "甲", "en": "a", "b": None}}}
    ),
    "'expcted' is not known": lambda f: check(f).update(expcted=1),
    # roles
    "has no x-role": lambda f: step(f).pop("x-role"),
    "there is no role 'boss'": lambda f: step(f).update({"x-role": "boss"}),
    "the role viewer lacks things:write": lambda f: step(f, "make").update({"x-role": "viewer"}),
    "the role none lacks things:read": lambda f: step(f).update({"x-role": "none"}),
    # tokens
    "its x-token cannot be read": lambda f: step(f).update({"x-token": {"scope": WRITE}}),
    "has an x-token and no role": lambda f: unauthorized(f, {"x-token": "fresh", "x-role": "none"}),
    "its role does not hold things:none": lambda f: unauthorized(f, {"x-token": {"scope": ["things:none"]}}),
    "has a token of narrower scope, and is not": lambda f: step(f, "make").update({"x-token": {"scope": [WRITE]}}),
    # how a content is written
    "its x-members cannot be read": lambda f: written(f, "sorted"),
    "has an x-members and no content": lambda f: step(f).update({"x-members": "reversed"}),
    "is a valid call with an x-members": lambda f: step(f, "make").update({"x-members": "reversed"}),
    # contents
    'what it sends does not match the schema: /name: "too long"': lambda f: payload(f, "too long"),
    "'unknown' was unexpected": lambda f: step(f, "make")["requestBody"]["payload"].update(unknown=1),
    "the media type text/csv is not declared": lambda f: step(f, "make")["requestBody"].update(contentType="text/csv"),
}  # fmt: skip


def also(files: Tree, name: str) -> None:
    step(files)["successCriteria"].append({"condition": "$statusCode == 200", "x-requirement": name})


def add_call(files: Tree) -> None:
    """Let `read` be of use in another way."""
    same = workflow(files, "same")
    same["steps"].insert(0, {"stepId": "before", "workflowId": "read"})


def grouped(files: Tree) -> None:
    last = step(files)
    before = {**last, "successCriteria": [{"condition": "$statusCode == 200"}]}
    steps = workflow(files, "same")["steps"]
    steps[1:] = [
        {**before, "stepId": "a", "x-concurrent": "g"},
        {**before, "stepId": "b"},
        {**last, "x-concurrent": "g"},
    ]


@pytest.mark.parametrize("told", CASES)
def test_a_broken_workflow_is_noticed(tmp_path: Path, told: str) -> None:
    """Claim: each mistake is noticed before anything is compiled, with file, place and next step in both languages.
    Stimulus: one change of small workflows that are right. Expected: that problem, in the file of the workflows or at
    the requirement."""
    files = tree()
    CASES[told](files)
    write(tmp_path, files)
    found = [p for p in errors(tmp_path) if p.file != EDITION]
    matching = [problem for problem in found if told in problem.message.en]
    assert matching, found
    assert len(found) == len(matching) or told in BREAKS_MORE, found
    assert all(p.file in {WORKFLOWS, REQUIREMENTS} and p.message.ja and p.next_step for p in matching)


@pytest.mark.parametrize(
    "change",
    [
        lambda f: (step(f).update({"x-role": "none"}), criterion(f).update(condition="$statusCode == 401")),
        lambda f: (payload(f, 7), step(f, "make").update(successCriteria=[{"condition": "$statusCode == 400"}])),
        lambda f: payload(f, {"$fresh": "digits:3", "key": "a"}),
        lambda f: payload(f, "{$inputs.name}"),
        lambda f: criterion(f).update(condition="^t", type="regex", context="$response.body#/id"),
        lambda f: step(f).update({"x-concurrent": "g"}),
        lambda f: step(f).update({"x-token": "fresh"}),
        lambda f: written(f, "reversed"),
        lambda f: unauthorized(f, {"x-role": "clerk", "x-token": {"scope": [WRITE]}}),
        lambda f: step(f).update({"description": "why", "x-note-ja": "注"}),
    ],
    ids=[
        "expects 401",
        "expects 400",
        "fresh",
        "embedded",
        "regex",
        "concurrent",
        "fresh token",
        "reversed members",
        "narrow token",
        "notes",
    ],
)
def test_what_a_workflow_may_do_is_no_problem(tmp_path: Path, change: Callable[[Tree], Any]) -> None:
    """Claim: the check asks for no more than it must. Stimulus: a refusal that is expected, fresh and embedded values,
    another type of criterion, a group, notes. Expected: no error."""
    files = tree()
    change(files)
    write(tmp_path, files)
    assert errors(tmp_path) == []
