"""Arazzo 1.0.1 documents: each workflow becomes steps and checks in the suite's own form.

A step that calls another workflow (`workflowId`) is replaced by that workflow's steps, so that what many test
purposes need is written once. What this suite adds to Arazzo are extensions: `x-role`, `x-concurrent`,
`x-requirement` and `x-check` on criteria, `x-valid-call`, `x-examples-count`, `x-value` on inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.catalogue.yaml_reader import read
from conformance.errors import DocumentError
from conformance.expression import from_arazzo
from conformance.model import Check, Step, Text

UPPER_TESTER = "upper-tester"


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

    @property
    def requirements(self) -> tuple[str, ...]:
        """Ids of the requirements that its criteria name."""
        return tuple(dict.fromkeys(c.requirement for c in self.checks if c.requirement))


Sources = Mapping[str, tuple[str, Mapping[str, Operation]]]


class _Reader:
    """One Arazzo document with the operations of its sources."""

    def __init__(self, path: Path, content: dict[str, Any], sources: Sources) -> None:
        self.path = path
        self.content = content
        self.sources = sources
        self.raw = {entry["workflowId"]: entry for entry in content.get("workflows", [])}

    def fail(self, workflow: str, what: str, next_step: str) -> DocumentError:
        return DocumentError(what, where=f"{self.path}, workflow {workflow}", next_step=next_step)

    def workflow(self, name: str) -> Workflow:
        raw = self.raw[name]
        builder = _Builder(self, name)
        builder.add(name, "", {})
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
            exclusive=bool(raw.get("x-exclusive", uses_tester)),
            upper_tester=uses_tester,
            options=tuple(raw.get("x-options", ())),
        )

    def operation(self, workflow: str, reference: str) -> tuple[str, Operation]:
        """Service and operation for an `operationId`, which may name its source."""
        if reference.startswith("$sourceDescriptions."):
            source, _, identifier = reference.removeprefix("$sourceDescriptions.").partition(".")
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

    def add(self, name: str, prefix: str, given: Mapping[str, Any]) -> None:
        """Add the steps of workflow `name`, its step ids and input names starting with `prefix`."""
        if prefix.count("--") > 5:
            raise self.reader.fail(self.name, "workflows call each other too deeply", "break the circle")
        raw = self.reader.raw.get(name)
        if raw is None:
            raise self.reader.fail(self.name, f"it calls workflow '{name}', which is not there", "correct workflowId")
        self.inputs.append(InputSet(prefix, self._inputs_schema(raw), given))
        for step in raw.get("steps", []):
            if "workflowId" in step:
                self._call(step, prefix)
            else:
                self._step(step, prefix)

    def _inputs_schema(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        schema = raw.get("inputs", {})
        reference = schema.get("$ref", "")
        if reference.startswith("#/components/inputs/"):
            found = self.reader.content["components"]["inputs"][reference.rsplit("/", 1)[-1]]
            return dict(found)
        return dict(schema)

    def _call(self, step: Mapping[str, Any], prefix: str) -> None:
        called, inner = step["workflowId"], f"{prefix}{step['stepId']}--"
        given = {p["name"]: self._template(p["value"], prefix) for p in step.get("parameters", [])}
        self.add(called, inner, given)
        outputs = self.reader.raw[called].get("outputs", {})
        self.calls[f"{prefix}{step['stepId']}"] = {k: self._template(v, inner) for k, v in outputs.items()}
        self._criteria(step, prefix, self.steps[-1].id)

    def _step(self, step: Mapping[str, Any], prefix: str) -> None:
        service, operation = self.reader.operation(self.name, step["operationId"])
        identifier = f"{prefix}{step['stepId']}"
        places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        for item in step.get("parameters", []):
            entry = self._reusable(item)
            places[entry["in"]][entry["name"]] = self._template(entry["value"], prefix)
        body = step.get("requestBody") or {}
        media = body.get("contentType") or next(iter(operation.body), None)
        extra = {"body": self._template(body["payload"], prefix), "media_type": media} if "payload" in body else {}
        self.steps.append(
            Step(
                id=identifier,
                method=operation.method,
                path=operation.path,
                operation=operation.id,
                service=service,
                role=step.get("x-role"),
                authorization=from_arazzo(step["x-authorization"]) if "x-authorization" in step else None,
                path_params=places["path"],
                query=tuple(places["query"].items()),
                headers=tuple(places["header"].items()),
                outputs={k: self._template(v, prefix) for k, v in step.get("outputs", {}).items()},
                concurrent=f"{prefix}{step['x-concurrent']}" if "x-concurrent" in step else None,
                **_retry(step),
                **extra,
            )
        )
        self._criteria(step, prefix, identifier)

    def _reusable(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = item.get("reference", "")
        if not reference.startswith("$components.parameters."):
            return item
        found = self.reader.content["components"]["parameters"][reference.rsplit(".", 1)[-1]]
        return {**found, **({"value": item["value"]} if "value" in item else {})}

    def _criteria(self, step: Mapping[str, Any], prefix: str, identifier: str) -> None:
        for criterion in step.get("successCriteria", []):
            requirement = criterion.get("x-requirement")
            if "condition" in criterion:
                args = {"condition": _prefixed_text(criterion["condition"], prefix)}
                kind = criterion.get("type", "simple")
                if kind != "simple":
                    args["type"] = kind if isinstance(kind, str) else kind["type"]
                    args["context"] = _prefixed_text(criterion["context"], prefix)
                self.checks.append(Check(identifier, "criterion", args, requirement))
            if "x-check" in criterion:
                check = dict(criterion["x-check"])
                rule = check.pop("rule")
                self.checks.append(Check(identifier, rule, self._template(check, prefix), requirement))

    def _template(self, value: Any, prefix: str) -> Any:
        return _prefixed(from_arazzo(value), prefix)


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


def load_workflows(
    path: Path, sources_by_url: Mapping[Path, tuple[str, Mapping[str, Operation]]]
) -> dict[str, Workflow]:
    """The workflows of an Arazzo document, by id. `sources_by_url`: OpenAPI file to (service, operations).

    Raises `DocumentError` naming the workflow that is wrong.
    """
    content = read(path)
    if not isinstance(content, dict) or not str(content.get("arazzo", "")).startswith(("1.0", "1.1")):
        raise DocumentError("is not an Arazzo 1.0 or 1.1 document", where=str(path), next_step="see Arazzo 1.0.1")
    sources = {}
    for entry in content.get("sourceDescriptions", []):
        target = (path.parent / entry["url"]).resolve()
        if target not in sources_by_url:
            raise DocumentError(
                f"source '{entry['name']}' is {entry['url']}, which is not a published document here",
                where=str(path),
                next_step="correct the url",
            )
        sources[entry["name"]] = sources_by_url[target]
    reader = _Reader(path, content, sources)
    try:
        return {name: reader.workflow(name) for name in reader.raw}
    except (KeyError, TypeError, AttributeError) as error:
        raise DocumentError(
            f"lacks {error} or has it in another form", where=str(path), next_step="see specs/README.md, Arazzo"
        ) from error
