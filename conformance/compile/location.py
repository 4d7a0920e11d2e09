"""Scripts that follow the header Location of a creation to what was created (RFC 9110, 15.3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.catalogue.documents import resolve
from conformance.catalogue.operations import Operation
from conformance.compile.bench import JSON, Bench
from conformance.compile.calls import ValidCall
from conformance.compile.draft import Expectation, changed, exact
from conformance.expression import segment
from conformance.model import Check, Script, Step, Text

FAMILY = "location.resolves"
_SEGMENTS = {1: "last-segment", 2: "last-segment-but-one", 3: "last-segment-but-two"}
_CREATED = {"$resolved": {"$e": "$response.header.Location"}, "against": {"$e": "$url"}}
"""Where it is: Location may be relative to the URL of the request (RFC 9110, 10.2.2)."""


def scripts(bench: Bench) -> Iterator[Script]:
    """For each way to create something: the read of it at the place that the answer names."""
    for operation in bench.operations():
        answer = operation.answers.get("201")
        if answer is None or not bench.drafter.wanted(FAMILY, operation.id):
            continue
        target = _reading(bench, answer.media.get(JSON))
        if target is None:
            continue
        for call in bench.variants(operation):
            if operation.method == "PUT" and any(step.operation == operation.id for step in call.preamble):
                continue  # it is there already, and is changed
            yield _followed(bench, operation, call, target)


def _reading(bench: Bench, schema: Any) -> Operation | None:
    """The operation that reads one thing of the kind that was created: the schemas of both answers are the same."""
    if schema is None:
        return None
    created = resolve(bench.document, schema)
    for operation in bench.operations():
        answer = operation.answers.get("200")
        if operation.method != "GET" or "{" not in operation.path or answer is None:
            continue
        if JSON in answer.media and resolve(bench.document, answer.media[JSON]) == created:
            return operation
    return None


def _followed(bench: Bench, operation: Operation, call: ValidCall, target: Operation) -> Script:
    outputs = {"location": _CREATED, "made": {"$e": "$response.body"}}
    made = changed(call.call, outputs={**call.call.outputs, **outputs})
    read = _read(bench, target, made)
    text = {"ja": "Locationが示すものの照会", "en": "a read of what Location names"}
    what = "#/id" if "id" in resolve(bench.document, target.answers["200"].media[JSON]).get("properties", {}) else ""
    same = Expectation(
        "identical",
        {"actual": {"$e": f"$response.body{what}"}, "expected": {"$e": f"$steps.{made.id}.outputs.made{what}"}},
    )
    checks = (
        Check(made.id, "criterion", {"condition": "$statusCode == 201"}),
        *bench.drafter.checks(FAMILY, operation.id, read.id, exact((200,), text)),
        *bench.drafter.checks(FAMILY, operation.id, read.id, same),
    )
    purpose = Text(ja="作成したものをLocationにより参照する。", en="What was created is read where Location says.")
    return bench.drafter.script(FAMILY, f"{operation.id} is found at Location", call, (made, read), checks, purpose)


def _read(bench: Bench, target: Operation, made: Step) -> Step:
    """The read, with the parameters of its path taken from the segments of Location."""
    parts = target.path.rstrip("/").split("/")
    parameters = {}
    for from_end, name in _SEGMENTS.items():
        part = segment(target.path, from_end)
        if from_end < len(parts) and part.startswith("{"):
            parameters[part.strip("{}")] = {"$apply": name, "to": {"$e": f"$steps.{made.id}.outputs.location"}}
    valid = bench.first(target).call
    return changed(valid, id="created", path_params=parameters, query=(), outputs={})
