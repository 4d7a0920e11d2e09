"""From a draft (steps, family, what is expected) to a script with its checks and its id.

Which requirements a family of scripts verifies is said in the catalogues (`scripts: FAMILY`), not here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from conformance.catalogue.service import Service
from conformance.compile.calls import ValidCall
from conformance.model import Check, Script, Step, Text

About = dict[str, str]
_BAD_REQUEST = 400


@dataclass(frozen=True)
class Expectation:
    """What is expected of one step: the claim when the catalogue names none, and the statuses of a refusal."""

    rule: str
    args: Mapping[str, Any]
    statuses: tuple[int, ...] = ()
    place: Mapping[str, Any] | None = None
    code: str | None = None


def refusal(
    statuses: tuple[int, ...], about: About, place: Mapping[str, Any] | None = None, code: str | None = None
) -> Expectation:
    """The request must be refused, with one of `statuses` where the profile says so, and with the problem `code`.

    Without `statuses` any refusal will do: there may be several reasons for it.
    """
    return Expectation("refused", {"about": about}, statuses, place, code)


def exact(statuses: tuple[int, ...], about: About) -> Expectation:
    """The answer must have one of `statuses`."""
    return Expectation("answer", {"allowed": list(statuses), "about": about}, statuses)


def acceptance(about: About) -> Expectation:
    """The request must be carried out."""
    return Expectation("accepted", {"about": about})


class Drafter:
    """Turns drafts into scripts of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._families: dict[str, list[tuple[str, str | None, frozenset[str]]]] = {}
        self._places: list[str] = []
        for requirement in service.requirements:
            if requirement.not_tested is not None:
                continue
            for way in requirement.verified_by:
                if way.scripts:
                    entry = (requirement.id, way.expect, frozenset(way.operations))
                    self._families.setdefault(way.scripts, []).append(entry)
                if way.rule == "problem-location":
                    self._places.append(requirement.id)

    def wanted(self, family: str, operation: str | None = None) -> bool:
        """Whether any requirement is verified by this family (for this operation)."""
        return any(not only or operation in only for _, _, only in self._families.get(family, ()))

    def checks(self, family: str, operation: str | None, step: str, expected: Expectation) -> tuple[Check, ...]:
        """The checks of one step, one for each requirement that the family verifies."""
        entries = [e for e in self._families.get(family, ()) if not e[2] or operation in e[2]]
        split = any(expect in {"status", "code"} for _, expect, _ in entries)
        found = []
        for requirement, expect, _ in entries:
            if expect == "status" and not expected.statuses:
                continue
            if expect == "code":
                found += _code(step, requirement, family, expected)
                continue
            found.append(_check(step, requirement, expect, split, expected))
            if expected.code and expect is None:
                code = {"actual": {"$e": "$response.body#/code"}, "expected": expected.code}
                found.append(Check(step, "identical", code, requirement))
        if expected.place and entries:
            found += [Check(step, "names-place", dict(expected.place), name) for name in self._places]
        return tuple(found)

    def script(
        self,
        family: str,
        title: str,
        call: ValidCall,
        steps: tuple[Step, ...],
        checks: tuple[Check, ...],
        purpose: Text | None = None,
    ) -> Script:
        """A script of a family: the steps before the call, then `steps`. `purpose` goes before what a finding says."""
        content = Script(
            id="",
            service=self.service.name,
            family=family,
            title=title,
            steps=(*call.preamble, *steps),
            checks=(*call.checks, *checks),
            purpose=purpose,
            inputs=call.inputs,
            calls=call.calls,
            options=call.options,
            # What is sent at the same moment must not wait for a connection behind other scripts.
            exclusive=call.exclusive or any(step.concurrent for step in steps),
            upper_tester=call.upper_tester,
        )
        return with_id(content, call.operation)


def _code(step: str, requirement: str, family: str, expected: Expectation) -> list[Check]:
    """The code of a refusal with 400: whether it is the writing of the content that is wrong, or what it says."""
    if expected.statuses != (_BAD_REQUEST,):
        return []
    unexpected = "invalid_request" if family == "text.malformed-json" else "malformed_json"
    return [Check(step, "code-at-status", {"at": _BAD_REQUEST, "unexpected": unexpected}, requirement)]


def _check(step: str, requirement: str, expect: str | None, split: bool, expected: Expectation) -> Check:
    about = expected.args.get("about")
    if expect == "status":
        return Check(step, "status", {"allowed": list(expected.statuses), "about": about}, requirement)
    if expect == "refused":
        return Check(step, "refused", {"about": about}, requirement)
    if expected.rule == "refused" and not split and expected.statuses:
        return Check(step, "answer", {"allowed": list(expected.statuses), "about": about}, requirement)
    return Check(step, expected.rule, dict(expected.args), requirement)


def with_id(script: Script, subject: str) -> Script:
    """The script with the id that its content gives it."""
    content = msgspec.json.encode(msgspec.structs.replace(script, id="", title=""))
    mark = hashlib.sha256(content).hexdigest()[:10]
    name = "".join(c if c.isalnum() else "-" for c in subject).strip("-")
    return msgspec.structs.replace(script, id=f"{name}.{script.family}.{mark}")


def changed(step: Step, **changes: Any) -> Step:
    """The step with some of its fields replaced."""
    return msgspec.structs.replace(step, **changes)


def alone(call: ValidCall) -> ValidCall:
    """The call without what goes before it, for requests that are refused before anything is looked up."""
    return replace(call, preamble=(), checks=())


def with_header(step: Step, name: str, value: Any) -> Step:
    """The step with a header set, or left out when `value` is None."""
    kept = tuple(item for item in step.headers if item[0].lower() != name.lower())
    return changed(step, headers=kept if value is None else (*kept, (name, value)))


def with_query(step: Step, name: str, value: Any) -> Step:
    """The step with a query parameter set, or left out when `value` is None."""
    kept = tuple(item for item in step.query if item[0] != name)
    return changed(step, query=kept if value is None else (*kept, (name, value)))
