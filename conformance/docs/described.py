"""A requirement in words: when it applies, how it is judged, which workflow plays it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from conformance.catalogue.workflows import Workflow
from conformance.docs.chapters import Chapter
from conformance.model import Check, Requirement, Step, Verification
from conformance.rules.registry import EXCHANGE_RULES, TRACE_RULES

Kind = Literal["rule", "scripts", "workflow", "absent"]


@dataclass(frozen=True)
class Way:
    """One way in which a requirement is judged. `note` is what the code says of a rule, in English."""

    kind: Kind
    name: str
    note: str = ""
    operations: tuple[str, ...] = ()
    expect: str = ""
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Played:
    """One workflow that judges a requirement, with the criteria that do, by step."""

    chapter: Chapter
    workflow: Workflow
    criteria: Mapping[str, tuple[Check, ...]]

    @property
    def steps(self) -> Iterable[tuple[Step, tuple[str, ...]]]:
        """Its steps in order, each with its criteria for the requirement, each of these once."""
        return [
            (step, tuple(dict.fromkeys(criterion(check) for check in self.criteria.get(step.id, ()))))
            for step in self.workflow.steps
        ]


def ways(requirement: Requirement) -> list[Way]:
    """How a requirement is judged, each way once."""
    return list(dict.fromkeys(_way(way) for way in requirement.verified_by))


def _way(way: Verification) -> Way:
    expect = way.expect or ""
    if way.rule:
        return Way("rule", way.rule, _doc(way.rule), way.operations, expect)
    if way.scripts:
        return Way("scripts", way.scripts, "", way.operations, expect)
    if way.workflow:
        return Way("workflow", way.workflow, "", way.operations, expect)
    absent = tuple(" ".join([entry.method, entry.path, *(f"?{name}=" for name in entry.query)]) for entry in way.absent)
    return Way("absent", "", "", way.operations, expect, absent)


def _doc(rule: str) -> str:
    function = EXCHANGE_RULES.get(rule) or TRACE_RULES.get(rule)
    text = (function.__doc__ or "") if function else ""
    return " ".join(text.partition("\n\n")[0].split())


def played(requirement: Requirement, chapters: Iterable[Chapter]) -> list[Played]:
    """The workflows whose criteria name a requirement."""
    found = []
    for chapter in chapters:
        for workflow in chapter.workflows.values():
            own = [check for check in workflow.checks if check.requirement == requirement.id]
            if own:
                steps = dict.fromkeys(check.step for check in own)
                criteria = {step: tuple(check for check in own if check.step == step) for step in steps}
                found.append(Played(chapter, workflow, criteria))
    return found


def criterion(check: Check) -> str:
    """A criterion as it stands in the workflow: the condition, or the check with what it compares."""
    if check.rule == "criterion":
        return str(check.args["condition"])
    return f"{check.rule} " + ", ".join(f"{key}: {_value(value)}" for key, value in check.args.items())


def _value(value: Any) -> str:
    """A value as JSON, a runtime expression in it as Arazzo writes it."""
    if isinstance(value, dict):
        if set(value) == {"$e"}:
            return str(value["$e"])
        if set(value) == {"$jsonpath", "of"}:
            return f"{value['$jsonpath']} in {_value(value['of'])}"
        return "{" + ", ".join(f"{key}: {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
