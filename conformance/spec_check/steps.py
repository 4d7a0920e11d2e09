"""Steps of workflows: expressions that name what is there by then, conditions that parse, checks that exist, roles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue.arazzo import PREFIX
from conformance.catalogue.indistinct import MARK
from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.catalogue.workflows import REVERSED
from conformance.model import Text
from conformance.spec_check.claim_arguments import ARGUMENTS, wrong_arguments
from conformance.spec_check.expanded import indistinct_faults, role_faults, token_faults
from conformance.spec_check.problem import Problem
from conformance.spec_check.published import Published
from conformance.spec_check.templates import Found
from conformance.spec_check.workflows import FILE

_WORKFLOW = frozenset(
    {"workflowId", "summary", "description", "inputs", "steps", "outputs",
     "x-summary-ja", "x-valid-call", "x-subjects", "x-examples-count", "x-options", "x-exclusive"}
)  # fmt: skip  # one table, read as one
_STEP = frozenset(
    {"stepId", "description", "operationId", "workflowId", "parameters", "requestBody", "successCriteria", "outputs",
     "onFailure", "x-role", "x-token", "x-concurrent", "x-authorization", "x-members", MARK}
)  # fmt: skip
_CRITERION = frozenset({"condition", "type", "context", "x-requirement", "x-check"})
_CALL = frozenset({"stepId", "description", "workflowId", "parameters", "successCriteria"})
Raw = Mapping[str, Any]
Told = tuple[str, str, str]
"""A fault in Japanese and English, and the next step."""


def step_problems(published: Published) -> Iterator[Problem]:
    """Problems of all steps of all workflows."""
    for key, service in published.services.items():
        content = published.arazzo[key]
        for raw in content.get("workflows", []):
            reader = _Workflow(service, published.callable[key], raw, _named_sources(content, service))
            for place, (ja, en, next_step) in reader.faults():
                where = f"{raw['workflowId']}, {place}" if place else raw["workflowId"]
                yield Problem(f"{key}/{FILE}", where, Text(ja=ja, en=en), next_step)


def refusals(step: Raw) -> frozenset[int]:
    """The statuses of refusals that the criteria of a step name."""
    text = json.dumps(step.get("successCriteria", []))
    return frozenset(int(found) for found in re.findall(r"(?<![\w.#/-])4\d\d(?![\w.-])", text))


class _Workflow:
    """One workflow as it is written, with what is known at each of its steps."""

    def __init__(self, service: Service, others: Mapping[str, Raw], raw: Raw, sources: Mapping[str, str]) -> None:
        self.service = service
        self.sources = sources
        self.raw = raw
        self.others = others
        self.inputs = set(_inputs(raw))
        self.callee_inputs = {name: set(_inputs(entry)) for name, entry in self.others.items()}
        self.outputs: dict[str, set[str]] = {}

    def faults(self) -> Iterator[tuple[str, Told]]:
        """Faults with the step that they are in."""
        for told in _unknown_keys(self.raw, _WORKFLOW):
            yield "", told
        steps = self.raw.get("steps", [])
        groups = [step.get("x-concurrent") or step["stepId"] for step in steps]
        for index, step in enumerate(steps):
            name = step["stepId"]
            if name in self.outputs:
                yield name, (f"stepId {name} が重複しています。", "its stepId stands twice.", "rename one of the two")
            if groups[index] in groups[:index] and groups[index - 1] != groups[index]:
                yield name, ("同時送信の組が隣接していません。", "its group is not in one place.", "move the step")
            members = [s for s, group in zip(steps, groups, strict=True) if group == groups[index]]
            for told in self._step(step, members):
                yield name, told
            self.outputs.setdefault(name, self._given_outputs(step))
        found = Found()
        found.value(self.raw.get("outputs", {}))
        for told in self._judged(found, self.outputs, answered=False):
            yield "outputs", told
        subjects = Found()
        subjects.value(self.raw.get("x-subjects", []))
        for told in self._judged(subjects, self.outputs, answered=True):
            yield "x-subjects", told

    def _given_outputs(self, step: Raw) -> set[str]:
        if "workflowId" in step:
            return set(self.others.get(step["workflowId"], {}).get("outputs", {}))
        return set(step.get("outputs", {}))

    def _step(self, step: Raw, group: list[Raw]) -> Iterator[Told]:
        calls = "workflowId" in step
        yield from _unknown_keys(step, _CALL if calls else _STEP)
        before = {name: given for name, given in self.outputs.items() if name not in {s["stepId"] for s in group}}
        sent = Found()
        for key in ("parameters", "requestBody", "x-authorization", MARK):
            sent.value([p.get("value") for p in step.get(key, [])] if key == "parameters" else step.get(key))
        yield from self._judged(sent, before, answered=False)
        kept = Found()
        kept.value(step.get("outputs", {}))
        yield from self._judged(kept, self.outputs, answered=True)
        known = {**self.outputs, **{s["stepId"]: self._given_outputs(s) for s in group}}
        for criterion in step.get("successCriteria", []):
            yield from self._criterion(criterion, known)
        yield from self._call(step) if calls else self._request(step)

    def _judged(self, found: Found, outputs: Mapping[str, set[str]], *, answered: bool) -> Iterator[Told]:
        for fault in found.faults:
            yield f"値を読めません: {fault}", f"a value cannot be read: {fault}", "see specs/README.md and Arazzo 1.0.1"
        for match in found.expressions:
            text = match[0]
            if match["input"]:
                there, what = match["input"] in self.inputs, "inputs"
            elif match["step"]:
                there, what = match["output"] in outputs.get(match["step"], ()), "outputs of an earlier step"
            else:
                there, what = answered, "what is known before the answer"
            if not there:
                yield f"{text} は、この時点で存在しません。", f"{text} is not among the {what}.", "correct the name"

    def _criterion(self, criterion: Raw, known: Mapping[str, set[str]]) -> Iterator[Told]:
        yield from _unknown_keys(criterion, _CRITERION)
        found = Found()
        found.condition(criterion)
        check = dict(criterion.get("x-check", {}))
        rule = check.pop("rule", None)
        found.value(check)
        yield from self._judged(found, known, answered=True)
        if not isinstance(criterion.get("x-requirement", ""), str):
            yield "x-requirement は1つのIDです。", "x-requirement is one id.", "write a criterion for each requirement"
        if "x-check" not in criterion:
            return
        if rule not in ARGUMENTS:
            yield (
                f"判定 {rule} はありません。",
                f"there is no check '{rule}'.",
                f"choose one of: {', '.join(sorted(ARGUMENTS))}",
            )
        elif wrong := wrong_arguments(rule, frozenset(check)):
            yield (
                f"判定 {rule} の引数: {wrong}",
                f"the arguments of the check {rule}: {wrong}.",
                "correct the arguments",
            )
        elif "about" in check and not _both_languages(check["about"]):
            yield (
                "about は日本語及び英語の文字列です。",
                "about is no text in Japanese and English.",
                "write {ja: ..., en: ...}, and quote a text that has a comma",
            )

    def _call(self, step: Raw) -> Iterator[Told]:
        for parameter in step.get("parameters", []):
            name = parameter.get("name")
            if name not in self.callee_inputs.get(step["workflowId"], ()):
                yield (
                    f"{step['workflowId']} に入力 {name} はありません。",
                    f"gives {step['workflowId']} the input '{name}', which it does not have.",
                    "correct the name of the parameter",
                )

    def _request(self, step: Raw) -> Iterator[Told]:
        operation = self._operation(step["operationId"])
        if operation is None:
            return
        yield from role_faults(self.service, step, operation, refusals(step))
        yield from token_faults(self.service, step, operation, refusals(step))
        yield from indistinct_faults(step)
        yield from self._members(step)
        if any(action.get("type") != "retry" for action in step.get("onFailure", [])):
            yield "onFailure は retry に限ります。", "onFailure has another type than retry.", "retry, or leave it out"
        given = {item["name"] for item in step.get("parameters", []) if item.get("in") == "path"}
        for name in re.findall(r"\{([^{}]+)\}", operation.path):
            if name not in given:
                yield (
                    f"パス変数 {name} がありません。",
                    f"does not give the path parameter '{name}'.",
                    "add the parameter",
                )
        for name in given - set(re.findall(r"\{([^{}]+)\}", operation.path)):
            yield f"パス変数 {name} はありません。", f"the path has no parameter '{name}'.", "remove the parameter"

    def _members(self, step: Raw) -> Iterator[Told]:
        if "x-members" not in step:
            return
        if step["x-members"] != REVERSED:
            yield "x-membersを読めません。", "its x-members cannot be read.", f"write {REVERSED}, or leave it out"
        if "payload" not in step.get("requestBody", {}):
            yield "x-membersには本文が要ります。", "has an x-members and no content.", "leave it out"
        if "x-valid-call" in self.raw and step is self.raw["steps"][-1]:
            # Everything that is derived of a valid call changes its content.
            yield "妥当な呼出しにx-membersは使えません。", "is a valid call with an x-members.", "leave it out"

    def _operation(self, reference: str) -> Operation | None:
        source, _, name = reference.removeprefix(PREFIX).rpartition(".")
        service = self.sources.get(source)
        places = self.service.sources.values() if service is None else (self.service.sources.get(service, {}),)
        return next((known[name] for known in places if name in known), None)


def _named_sources(content: Raw, service: Service) -> dict[str, str]:
    """The services of the OpenAPI documents that an Arazzo document names, by the names that it gives them."""
    named = ((entry["name"], entry["url"].split("/")) for entry in content.get("sourceDescriptions", []))
    return {name: parts[-3] if len(parts) > 2 else service.name for name, parts in named}


def _inputs(raw: Raw) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = raw.get("inputs", {}).get("properties", {})
    return properties


def _both_languages(about: Any) -> bool:
    """Whether there is one text in each language: in a flow mapping an unquoted comma cuts it in two."""
    return (
        isinstance(about, dict) and set(about) == {"ja", "en"} and all(isinstance(text, str) for text in about.values())
    )


def _unknown_keys(entry: Raw, known: frozenset[str]) -> Iterator[Told]:
    for key in entry:
        if key not in known and not key.endswith("-ja"):
            yield f"{key} は読まれません。", f"'{key}' is read by nobody here.", f"one of: {', '.join(sorted(known))}"
