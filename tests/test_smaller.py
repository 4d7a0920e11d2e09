"""What may be left out of a failing script, and what must stay, so that the documents still say the same of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import islice

import pytest

from conformance.catalogue.service import load_service
from conformance.edition_file import load
from conformance.explore.smaller import Ground, Shrinkable, measure
from conformance.explore.standing import Documents
from conformance.expression import follow
from conformance.model import Finding, Script, Text

Want = Callable[[Script], bool]


@cache
def documents() -> Documents:
    """The published documents."""
    return Documents(load_service("resident-registry"))


@cache
def edition() -> tuple[Script, ...]:
    """The published scripts."""
    return tuple(load(documents().service.edition_path).scripts)


def shrinkable(want: Want, rule: str, step: int = -1) -> tuple[Shrinkable, Script]:
    """The first script of the edition that is wanted, as if one of its steps had failed."""
    script = next(script for script in edition() if want(script))
    requirement = (*script.requirements, "COM-ERR-001")[0]
    finding = Finding(requirement, script.id, script.steps[step].id, rule, Text("", ""), "", "")
    return Shrinkable(documents(), script, finding), script


def of(family: str, operation: str) -> Want:
    """Scripts of a family whose last step is a call of an operation."""
    return lambda script: script.family == family and script.steps[-1].operation == operation


@pytest.mark.parametrize("operation", ["registerMoveIn", "registerAddressChange", "correctResident"])
def test_what_must_be_accepted_stays_acceptable(operation: str) -> None:
    """Claim: a smaller request that is refused is as good a counterexample. Stimulus: generated valid contents.
    Expected: the document accepts every candidate, what business rules restrict is as it was, and no step that changes
    something is gone."""
    item, script = shrinkable(of("schema.generated", operation), "accepted")
    assert item.ground is Ground.SCHEMA
    body = item.first.steps[-1].body
    ruled = {pointer: follow(body, pointer) for pointer in documents().ruled(item.first.steps[-1])}
    before = {pointer: value for pointer, value in ruled.items() if not isinstance(value, dict | list)}
    found = list(islice(item.candidates(item.first), 80))
    assert found
    for candidate in found:
        said = documents().say(candidate.steps[-1])
        assert said is not None
        assert not said.content
        assert not said.parameters
        assert {pointer: follow(candidate.steps[-1].body, pointer) for pointer in before} == before
        assert [s.id for s in candidate.steps if s.method != "GET"] == [s.id for s in script.steps if s.method != "GET"]


@pytest.mark.parametrize("family", ["schema.type", "schema.length", "schema.missing", "schema.unknown-property"])
def test_what_must_be_refused_stays_wrong_in_the_same_way(family: str) -> None:
    """Claim: a smaller request that is accepted is as good a counterexample. Stimulus: contents with one fault.
    Expected: every candidate has just that fault, at the same place."""
    item, _ = shrinkable(of(family, "registerMoveIn"), "refused")
    said = documents().say(item.first.steps[-1])
    assert said is not None
    assert said.content
    found = list(islice(item.candidates(item.first), 60))
    assert found
    assert all(documents().say(candidate.steps[-1]) == said for candidate in found)


def test_a_rule_over_one_exchange_needs_nothing_that_came_before() -> None:
    """Claim: whatever nothing refers to may go. Stimulus: a course of several steps in which one answer breaks a rule
    over every exchange. Expected: steps are left out, and no claim about the course is left."""
    want: Want = lambda s: s.family == "workflow" and len(s.steps) > 4 and not s.exclusive  # noqa: E731  reads as a phrase
    item, script = shrinkable(want, "problem-media-type")
    assert item.ground is Ground.EXCHANGE
    assert not item.first.requirements
    assert min(len(c.steps) for c in islice(item.candidates(item.first), 200)) < len(script.steps)


def test_a_claim_about_the_course_of_things_keeps_the_course() -> None:
    """Claim: a step that nothing refers to may still be what the claim is about. Stimulus: a workflow whose last
    criterion failed. Expected: all steps stay, and texts of the inputs that differ still differ."""
    want: Want = lambda s: s.family == "workflow" and sum("name" in k for k in s.inputs) > 0 and len(s.steps) > 2  # noqa: E731  reads as a phrase
    item, script = shrinkable(want, "criterion")
    assert item.ground is Ground.SCRIPT
    for candidate in islice(item.candidates(item.first), 60):
        assert candidate.steps == item.first.steps
        assert candidate.checks == item.first.checks
        assert len(candidate.steps) == len(script.steps)


def test_every_candidate_is_smaller() -> None:
    """Claim: shrinking goes one way. Stimulus: scripts of many families. Expected: each candidate measures less."""
    for family, rule in (
        ("schema.generated", "accepted"),
        ("schema.type", "refused"),
        ("parameters.invalid", "refused"),
    ):
        script = next(script for script in edition() if script.family == family)
        finding = Finding(script.requirements[0], script.id, script.steps[-1].id, rule, Text("", ""), "", "")
        item = Shrinkable(documents(), script, finding)
        assert all(measure(candidate) < measure(item.first) for candidate in islice(item.candidates(item.first), 40))
