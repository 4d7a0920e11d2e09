"""Arazzo 1.0.1 documents: each workflow becomes steps and checks in the suite's own form.

A step that calls another workflow (`workflowId`) is replaced by that workflow's steps, so that what many test
purposes need is written once. What this suite adds to Arazzo are extensions: `x-role`, `x-token`, `x-concurrent`,
`x-members`, `x-requirement` and `x-check` on criteria, `x-valid-call`, `x-subjects`, `x-examples-count`, `x-value` on
inputs.
Steps that every role without a privilege sends, and those sent beside one about something unknown (`x-indistinct`),
become several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from conformance.catalogue.arazzo import PREFIX, Arazzo
from conformance.catalogue.each_role import lacked, named_for, own_key, referring_to, roles_without
from conformance.catalogue.indistinct import pairs
from conformance.catalogue.operations import Operation
from conformance.errors import DocumentError
from conformance.expression import from_arazzo
from conformance.model import Check, OtherToken, Step, Text

UPPER_TESTER = "upper-tester"
REVERSED = "reversed"
"""The value of `x-members` for a content whose members are written in reverse order."""


@dataclass(frozen=True)
class InputSet:
    """Inputs to be generated: names get `prefix`; `given` are templates from the caller."""

    prefix: str
    schema: Mapping[str, Any]
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Workflow:
    """One test purpose, ready to be filled with inputs."""

    id: str
    purpose: Text
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    inputs: tuple[InputSet, ...]
    calls: dict[str, dict[str, Any]]
    valid_call: str | None
    examples: int
    exclusive: bool
    upper_tester: bool
    options: tuple[str, ...]
    subjects: tuple[Any, ...]
    """The persons whom the last step shows or changes (`x-subjects`), as templates."""

    @property
    def services(self) -> frozenset[str]:
        """The services that its steps call, the test control interface left out."""
        return frozenset(step.service for step in self.steps if step.service) - {UPPER_TESTER}

    @property
    def requirements(self) -> tuple[str, ...]:
        """Ids of the requirements that its criteria name."""
        return tuple(dict.fromkeys(c.requirement for c in self.checks if c.requirement))


Sources = Mapping[Path, tuple[str, Mapping[str, Operation]]]
"""Service and operations of each OpenAPI file."""
Roles = Mapping[str, tuple[str, ...]]
"""The scopes of each role."""


class _Reader:
    """One Arazzo document with the operations of its sources."""

    def __init__(self, document: Arazzo, sources: Sources, roles: Roles) -> None:
        self.path = document.path
        self.roles = roles
        self.content = document.content
        self.sources = {name: sources[path] for name, path in document.openapi.items()}
        self.imported = {name: _Reader(other, sources, roles) for name, other in document.imported.items()}
        self.raw = document.own

    def called(self, name: str) -> tuple[_Reader, str]:
        """The document that a called workflow stands in, and its id there."""
        if not name.startswith(PREFIX):
            return self, name
        source, _, identifier = name.removeprefix(PREFIX).partition(".")
        return self.imported.get(source, self), identifier

    def fail(self, workflow: str, what: str, next_step: str) -> DocumentError:
        return DocumentError(what, where=f"{self.path}, workflow {workflow}", next_step=next_step)

    def workflow(self, name: str) -> Workflow:
        raw = self.raw[name]
        builder = _Builder(self, name)
        builder.add(self, name, "", {})
        uses_tester = any(step.service == UPPER_TESTER for step in builder.steps)
        return Workflow(
            id=name,
            purpose=Text(ja=raw.get("x-summary-ja", raw.get("summary", name)), en=raw.get("summary", name)),
            steps=tuple(builder.steps),
            checks=tuple(builder.checks),
            inputs=tuple(builder.inputs),
            calls=builder.calls,
            valid_call=raw.get("x-valid-call"),
            examples=int(raw.get("x-examples-count", 1 if uses_tester else 4)),
            # What is sent at the same moment must not wait for a connection behind other scripts.
            exclusive=bool(raw.get("x-exclusive", uses_tester or any(step.concurrent for step in builder.steps))),
            upper_tester=uses_tester,
            options=tuple(raw.get("x-options", ())),
            subjects=tuple(from_arazzo(item) for item in raw.get("x-subjects", ())),
        )

    def operation(self, workflow: str, reference: str) -> tuple[str, Operation]:
        """Service and operation for an `operationId`, which may name its source."""
        if reference.startswith(PREFIX):
            source, _, identifier = reference.removeprefix(PREFIX).partition(".")
            places = {source: self.sources[source]} if source in self.sources else {}
        else:
            identifier, places = reference, dict(self.sources)
        for service, known in places.values():
            if identifier in known:
                return service, known[identifier]
        raise self.fail(workflow, f"operation '{reference}' is in none of its sources", "correct the operationId")


class _Builder:
    """Flattens one workflow, and those it calls, into steps and checks."""

    def __init__(self, reader: _Reader, name: str) -> None:
        self.reader = reader
        self.name = name
        self.steps: list[Step] = []
        self.checks: list[Check] = []
        self.inputs: list[InputSet] = []
        self.calls: dict[str, dict[str, Any]] = {}
        self.renamed: dict[str, dict[str, str]] = {}
        """For each role that repeats steps of others, those steps by their ids, with the ids that they have as its."""

    def add(self, reader: _Reader, name: str, prefix: str, given: Mapping[str, Any]) -> None:
        """Add the steps of a workflow of a document, its step ids and input names starting with `prefix`."""
        if prefix.count("--") > 5:
            raise self.reader.fail(self.name, "workflows call each other too deeply", "break the circle")
        raw = reader.raw.get(name)
        if raw is None:
            raise self.reader.fail(self.name, f"it calls workflow '{name}', which is not there", "correct workflowId")
        self.inputs.append(InputSet(prefix, raw["inputs"], given))
        for step in raw.get("steps", []):
            if "workflowId" in step:
                self._call(reader, step, prefix)
            else:
                for written in pairs(step):
                    self._step(reader, written, prefix)

    def _call(self, reader: _Reader, step: Mapping[str, Any], prefix: str) -> None:
        inner = f"{prefix}{step['stepId']}--"
        other, called = reader.called(step["workflowId"])
        given = {p["name"]: self._template(p["value"], prefix) for p in step.get("parameters", [])}
        self.add(other, called, inner, given)
        outputs = other.raw[called].get("outputs", {})
        self.calls[f"{prefix}{step['stepId']}"] = {k: self._template(v, inner) for k, v in outputs.items()}
        self._criteria(reader, step, prefix, self.steps[-1].id)

    def _step(self, reader: _Reader, step: Mapping[str, Any], prefix: str) -> None:
        service, operation = reader.operation(self.name, step["operationId"])
        sent = self._sent(reader, step, prefix, service, operation)
        without = lacked(step.get("x-role"))
        if not without:
            self.steps.append(sent)
            self._criteria(reader, step, prefix, sent.id)
            return
        roles = roles_without(without, operation, reader.roles)
        if not roles or sent.concurrent:
            raise self.reader.fail(
                self.name,
                f"the step {step['stepId']} is for each role without {', '.join(without)}, and there is none"
                if not roles
                else f"the step {step['stepId']} cannot be for each role and of a group",
                "correct x-role",
            )
        for role in roles:
            self._as_role(sent, role, first=role == roles[0])
            self._criteria(reader, step, prefix, self.steps[-1].id, self.renamed.get(role))

    def _as_role(self, step: Step, role: str, *, first: bool) -> None:
        """The step in one of its roles. In the first it keeps its id, so that all others can refer to it."""
        if first:
            self.steps.append(msgspec.structs.replace(step, role=role))
            return
        renamed = self.renamed.setdefault(role, {})
        renamed[step.id] = named_for(step.id, role)
        changes: dict[str, Any] = {
            "id": renamed[step.id],
            "role": role,
            "path_params": referring_to(step.path_params, renamed),
            "query": tuple((name, referring_to(value, renamed)) for name, value in step.query),
            "headers": tuple((name, referring_to(own_key(name, value, role), renamed)) for name, value in step.headers),
            "outputs": referring_to(step.outputs, renamed),
        }
        if step.body is not msgspec.UNSET:
            changes["body"] = referring_to(step.body, renamed)
        self.steps.append(msgspec.structs.replace(step, **changes))

    def _sent(self, reader: _Reader, step: Mapping[str, Any], prefix: str, service: str, operation: Operation) -> Step:
        places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        for item in step.get("parameters", []):
            entry = _reusable(reader, item)
            places[entry["in"]][entry["name"]] = self._template(entry["value"], prefix)
        body = step.get("requestBody") or {}
        media = body.get("contentType") or next(iter(operation.body), None)
        extra = {"body": self._body(step, prefix), "media_type": media} if "payload" in body else {}
        role = step.get("x-role")
        return Step(
            id=f"{prefix}{step['stepId']}",
            method=operation.method,
            path=operation.path,
            operation=operation.id,
            service=service,
            role=role if isinstance(role, str) else None,
            token=_token(step["x-token"]) if "x-token" in step else None,
            authorization=from_arazzo(step["x-authorization"]) if "x-authorization" in step else None,
            path_params=places["path"],
            query=tuple(places["query"].items()),
            headers=tuple(places["header"].items()),
            outputs={k: self._template(v, prefix) for k, v in step.get("outputs", {}).items()},
            concurrent=f"{prefix}{step['x-concurrent']}" if "x-concurrent" in step else None,
            **_retry(step),
            **extra,
        )

    def _body(self, step: Mapping[str, Any], prefix: str) -> Any:
        """The content of a step, and how it is written where that is not as usual."""
        content = self._template(step["requestBody"]["payload"], prefix)
        return {"$edited": content, "edits": [["reverse"]]} if step.get("x-members") == REVERSED else content

    def _criteria(
        self,
        reader: _Reader,
        step: Mapping[str, Any],
        prefix: str,
        identifier: str,
        renamed: Mapping[str, str] | None = None,
    ) -> None:
        names = renamed or {}
        for criterion in step.get("successCriteria", []):
            # A requirement of another document is judged by that document's own workflows; here it is a precondition.
            requirement = criterion.get("x-requirement") if reader is self.reader else None
            if "condition" in criterion:
                args = {"condition": _prefixed_text(criterion["condition"], prefix)}
                kind = criterion.get("type", "simple")
                if kind != "simple":
                    args["type"] = kind if isinstance(kind, str) else kind["type"]
                    args["context"] = _prefixed_text(criterion["context"], prefix)
                self.checks.append(Check(identifier, "criterion", referring_to(args, names), requirement))
            if "x-check" in criterion:
                check = dict(criterion["x-check"])
                rule = check.pop("rule")
                told = referring_to(self._template(check, prefix), names)
                self.checks.append(Check(identifier, rule, told, requirement))

    def _template(self, value: Any, prefix: str) -> Any:
        return _prefixed(from_arazzo(value), prefix)


def _reusable(reader: _Reader, item: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = item.get("reference", "")
    if not reference.startswith("$components.parameters."):
        return item
    found = reader.content["components"]["parameters"][reference.rsplit(".", 1)[-1]]
    return {**found, **({"value": item["value"]} if "value" in item else {})}


def _token(asked: Any) -> OtherToken:
    """Another token of the role: `fresh`, or one that holds some scopes alone."""
    return "fresh" if asked == "fresh" else tuple(asked["scope"])


def _retry(step: Mapping[str, Any]) -> dict[str, Any]:
    """How a step is repeated until its criteria hold (Arazzo 1.0.1, Failure Action Object of the type `retry`)."""
    for action in step.get("onFailure", []):
        if action.get("type") == "retry":
            seconds, limit = float(action.get("retryAfter", 0)), int(action.get("retryLimit", 1))
            return {"retry_seconds": seconds, "retry_limit": limit}
    return {}


def _prefixed(template: Any, prefix: str) -> Any:
    """The template with its steps, inputs and fresh keys named as in the calling workflow."""
    if not prefix:
        return template
    if isinstance(template, list):
        return [_prefixed(item, prefix) for item in template]
    if not isinstance(template, dict):
        return template
    if "$e" in template:
        return {"$e": _prefixed_text(template["$e"], prefix)}
    if "$fresh" in template:
        return {**template, "key": f"{prefix}{template.get('key', '')}"}
    return {key: _prefixed(item, prefix) for key, item in template.items()}


def _prefixed_text(text: str, prefix: str) -> str:
    return text.replace("$steps.", f"$steps.{prefix}").replace("$inputs.", f"$inputs.{prefix}") if prefix else text


def load_workflows(document: Arazzo, sources: Sources, roles: Roles) -> dict[str, Workflow]:
    """The workflows of an Arazzo document, by id. Raises `DocumentError` naming the workflow that is wrong."""
    try:
        reader = _Reader(document, sources, roles)
        return {name: reader.workflow(name) for name in reader.raw}
    except (KeyError, TypeError, AttributeError) as error:
        raise DocumentError(
            f"lacks {error} or has it in another form",
            where=str(document.path),
            next_step="see specs/README.md, Arazzo",
        ) from error
