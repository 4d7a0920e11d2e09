"""`members-agree` and `never-changes`: what schemas declare, held against every answer of a trace."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from exchanges import DOCUMENT, exchange, requirement, script, service, step, trace

import conformance.rules  # noqa: F401  enters all rules into their tables
from conformance.catalogue.declared import declarations, places
from conformance.catalogue.operations import operations
from conformance.catalogue.service import Service
from conformance.errors import DocumentError
from conformance.judge import Judge
from conformance.model import Exchange, Observation, Outcome, Text, Verification
from conformance.rules.knowledge import Knowledge
from conformance.rules.registry import TRACE_RULES, has_occasion
from conformance.seen import look

AGREE, SAME, KEPT, ROWS, LINES = (f"TOY-CON-00{number}" for number in range(1, 6))
ROW = {"type": "object", "properties": {"number": {"type": "integer"}, "text": {"type": "string"}}}
THING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string"},
        "made_by": {"type": "string"},
        "decided_by": {"oneOf": [{"$ref": "#/components/schemas/Client"}, {"type": "null"}]},
        "note": {"type": ["string", "null"]},
        "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
    },
    "x-invariants": [{"requirement": AGREE, "holds": "(status == 'new') == (decided_by == null)"}],
    "x-immutable": [
        {"requirement": SAME, "thing": "thing", "members": ["made_by"]},
        {"requirement": KEPT, "once": "status != 'new'", "members": ["decided_by", "note"]},
    ],
}
DECLARING: dict[str, Any] = copy.deepcopy(DOCUMENT)
DECLARING["components"]["schemas"].update(
    Thing=THING,
    Client={"type": "string"},
    Row={
        **ROW,
        "x-immutable": [
            {"requirement": ROWS, "by": ["^.id", "number"], "members": ["text"]},
            {"requirement": LINES, "by": ["{thing_id}", "number"], "when": "number > 1", "members": ["text"]},
        ],
    },
)
NEW = {"id": "t-1", "status": "new", "made_by": "c-1", "decided_by": None, "note": None, "rows": []}
DONE = {**NEW, "status": "done", "decided_by": "c-2"}
READ = ("getThing", 200)


def toy(*rules: str) -> Service:
    names = {"members-agree": (AGREE,), "never-changes": (SAME, KEPT, ROWS, LINES)}
    made = [requirement(name, Verification(rule=rule)) for rule in rules for name in names[rule]]
    return Service(
        name="toy",
        version="1.0",
        folder=Path("toy/1.0"),
        title=Text("物", "things"),
        document=DECLARING,
        operations=operations(DECLARING),
        sources={},
        requirements=tuple(made),
        roles={},
        digests={},
    )


def judged(*exchanges: Exchange, **marks: Any) -> dict[str, Observation]:
    """What both rules say of one trace; `marks` are those of its last step."""
    made = toy("members-agree", "never-changes")
    named = tuple(msgspec.structs.replace(item, step=f"s{place}") for place, item in enumerate(exchanges))
    steps = [step(_operation(item), item.step) for item in named]
    steps[-1] = msgspec.structs.replace(steps[-1], **marks)
    known = frozenset(item.id for item in made.requirements)
    return {o.requirement: o for o in Judge(made, known).judge(script(steps=tuple(steps)), trace(*named))}


def _operation(item: Exchange) -> str:
    found = operations(DECLARING).values()
    path = item.request.url.removeprefix("https://sut.example/v1").partition("?")[0]
    names = {"/things": "things", "/things/{thing_id}": "thing", "/things/t-1": "thing"}
    wanted = {"things": "/things", "thing": "/things/{thing_id}"}[names[path]]
    return next(o.id for o in found if o.path == wanted and o.method == item.request.method)


def failed(*exchanges: Exchange, **marks: Any) -> set[str]:
    return {name for name, item in judged(*exchanges, **marks).items() if item.outcome is Outcome.FAIL}


def read(thing: Any) -> Exchange:
    return exchange(*READ, thing)


def listed(*things: Any) -> Exchange:
    return exchange("listThings", 200, {"resultset": {}, "results": list(things)})


def made(thing: Any) -> Exchange:
    return exchange("createThing", 201, thing)


def test_members_that_agree_pass_and_others_fail_wherever_they_stand() -> None:
    """Claim: an invariant holds of each representation, alone and in a list. Expected: only what breaks it fails, and
    the failure says the expression and the values."""
    assert judged(read(NEW))[AGREE].outcome is Outcome.PASS
    assert failed(read(NEW), read(DONE)) == set()
    assert failed(read({**NEW, "decided_by": "c-2"})) == {AGREE}
    assert failed(listed(DONE, {**DONE, "id": "t-2", "decided_by": None})) == {AGREE}
    finding = judged(read({**NEW, "decided_by": "c-2"}))[AGREE].finding
    assert finding is not None
    assert finding.expected == "(status == 'new') == (decided_by == null)"
    assert '"decided_by": "c-2"' in finding.actual


@pytest.mark.parametrize("body", [{"id": "t-1"}, {**NEW, "status": 7, "decided_by": "c-2", "rows": 7}, [], 7, b"{"])
def test_what_does_not_fit_its_schema_is_not_judged_here(body: Any) -> None:
    """Claim: absent members and other types are another requirement's concern. Expected: no failure of these."""
    assert failed(read(body)) <= {AGREE} if isinstance(body, dict) and "status" in body else not failed(read(body))


def test_a_refusal_is_not_judged() -> None:
    """Claim: declarations are about successes. Stimulus: a 404 with such content. Expected: nothing is said."""
    assert judged(exchange("getThing", 404, {**NEW, "decided_by": "c-2"}, kind="application/json")) == {}


def test_what_never_changes_is_compared_between_all_answers() -> None:
    """Claim: one value for one id, whichever answer shows it. Expected: another one fails, for the requirement that
    the schema names; another id has a value of its own; one answer alone says nothing."""
    other = {**NEW, "made_by": "c-9"}
    assert failed(made(NEW), read(other)) == {SAME}
    assert failed(made(NEW), listed(other)) == {SAME}
    assert failed(made(NEW), read({**other, "id": "t-2"})) == set()
    assert SAME not in judged(read(NEW))
    assert judged(made(NEW), read(NEW))[SAME].outcome is Outcome.PASS


def test_what_is_set_stays_set_in_later_reads() -> None:
    """Claim: `once` says from when members are kept, null among them. Expected: set later is no change; another value,
    and a read that shows it as not set any more, fail."""
    assert failed(read(NEW), read(DONE), read(DONE)) == set()
    assert failed(read(DONE), read({**DONE, "decided_by": "c-3"})) == {KEPT}
    assert failed(read(DONE), read({**DONE, "note": "late"})) == {KEPT}
    assert failed(read(DONE), read(NEW)) == {KEPT}


def test_a_repeated_request_and_a_read_beside_a_change_may_tell_of_before() -> None:
    """Claim: a repetition has the first answer (common part, 13), and of requests at once nobody knows which came
    first. Stimulus: an answer as of before the decision, to a POST and to a read in a group. Expected: no failure."""
    assert failed(made(NEW), read(DONE), made(NEW)) == set()
    assert failed(read(DONE), read(NEW), concurrent="together") == set()
    assert failed(made(NEW), made({**NEW, "made_by": "c-9"}), concurrent="together") == set()


def test_rows_belong_to_what_is_around_them_or_to_the_path() -> None:
    """Claim: `by` names a member of the object around, or a path parameter. Expected: row 2 of one thing is another
    one than row 2 of another thing; `when` leaves row 1 out."""
    first, second = {"number": 1, "text": "a"}, {"number": 2, "text": "b"}
    here = {**NEW, "rows": [first, second]}
    changed = {**NEW, "rows": [{**first, "text": "x"}, second]}
    assert failed(read(here), read(here)) == set()
    assert failed(read(here), read(changed)) == {ROWS}
    assert failed(listed(here), listed({**changed, "id": "t-2"})) == set()
    moved = {**NEW, "rows": [first, {**second, "text": "y"}]}
    assert failed(read(here), read({**moved, "id": "t-2"})) == {LINES}


def test_what_is_given_is_a_measure_and_not_judged() -> None:
    """Claim: with `given` others are held against the members, and these are not judged. Stimulus: a thing that gives
    what its rows show. Expected: another value in a row fails; where the thing differs from itself, nothing does."""
    given = {"requirement": ROWS, "thing": "note", "members": {"shown": "note"}, "given": True}
    held = {"requirement": ROWS, "thing": "note", "by": ["^.id"], "members": {"shown": "text"}}
    document = copy.deepcopy(DECLARING)
    schemas = document["components"]["schemas"]
    schemas["Thing"]["x-immutable"] = [given]
    schemas["Row"]["x-immutable"] = [held]
    made = dataclasses.replace(toy("never-changes"), document=document, operations=operations(document))

    def said(*things: Any) -> list[bool]:
        named = [msgspec.structs.replace(read(thing), step=f"s{n}") for n, thing in enumerate(things)]
        steps = tuple(step("getThing", item.step) for item in named)
        found = TRACE_RULES["never-changes"](look(script(steps=steps), trace(*named)), Knowledge(made))
        return [result is True for _, _, result in found]

    row = {"number": 1, "text": "a"}
    right, wrong = {**NEW, "note": "a", "rows": [row]}, {**NEW, "note": "a", "rows": [{**row, "text": "b"}]}
    assert said(right) == [True]
    assert said(right, wrong) == [True, False]
    assert said({**right, "rows": []}, {**right, "note": "b", "rows": []}, right, wrong) == []


def test_ids_may_be_given_again_after_the_system_was_set_back() -> None:
    """Claim: what the upper tester has set back begins anew. Expected: no failure across a reset."""
    reset = exchange("createThing", 201, {})
    there = msgspec.structs.replace(reset.request, url="https://tester.example/ut/reset")
    exchanges = [read(NEW), msgspec.structs.replace(reset, request=there), read({**NEW, "made_by": "c-9"})]
    knowledge = Knowledge(toy("never-changes"))
    steps = tuple(step("getThing", f"s{n}") for n in range(3))
    named = [msgspec.structs.replace(item, step=f"s{n}") for n, item in enumerate(exchanges)]
    said = list(TRACE_RULES["never-changes"](look(script(steps=steps), trace(*named)), knowledge))
    assert all(result is True for _, _, result in said)


def test_a_rule_that_breaks_off_leaves_its_requirements_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: a mistake of ours fails nobody. Stimulus: a rule over traces that raises. Expected: inconclusive."""

    def broken(*_: Any) -> Iterator[Any]:
        raise ZeroDivisionError

    monkeypatch.setitem(TRACE_RULES, "members-agree", broken)
    assert judged(read(NEW))[AGREE].outcome is Outcome.INCONCLUSIVE


def test_only_documents_that_declare_something_are_an_occasion() -> None:
    """Claim: without declarations the requirements do not apply. Expected: as the document says."""
    for rule in ("members-agree", "never-changes"):
        assert has_occasion(rule, toy(rule))
        assert not has_occasion(rule, service())


@pytest.mark.parametrize(
    "schema",
    [
        {"x-invariants": {"holds": "a"}},
        {"x-invariants": [{"holds": "a"}]},
        {"x-invariants": [{"requirement": "X", "holds": "a =="}]},
        {"x-invariants": [{"requirement": "X", "holds": True}]},
        {"x-invariants": [{"requirement": "X", "holds": "a", "hold": "b"}]},
        {"x-immutable": [{"requirement": "X"}]},
        {"x-immutable": [{"requirement": "X", "members": []}]},
        {"x-immutable": [{"requirement": "X", "members": ["a"], "by": "id"}]},
        {"x-immutable": [{"requirement": "X", "members": ["a"], "once": "a &&"}]},
    ],
)
def test_a_declaration_that_cannot_be_read_is_refused(schema: dict[str, Any]) -> None:
    """Claim: a misspelt entry is told, never passed over. Expected: an error of the document."""
    with pytest.raises(DocumentError):
        declarations(schema, "Thing")


def test_representations_are_found_in_all_of_and_beside_null_but_not_guessed() -> None:
    """Claim: a schema counts through `$ref`, `allOf` and one alternative beside null; of several objects none is
    chosen. Expected: the places."""
    whole = {"allOf": [{"$ref": "#/components/schemas/Thing"}], "properties": {"more": {}}}
    nullable = {"oneOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]}
    several = {"oneOf": [{"$ref": "#/components/schemas/Thing"}, {"$ref": "#/components/schemas/Row"}]}
    schema = {"properties": {"a": whole, "b": {"type": "array", "items": nullable}, "c": several}}
    found = [place.path for place in places(DECLARING, schema)]
    assert found == [("a",), ("a", "rows", "*"), ("b", "*"), ("b", "*", "rows", "*")]
