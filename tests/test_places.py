"""Places in a request's content: what the schema knows beside what a valid call has."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.compile.places import Place, flat, inlined, is_special, objects, put, sample, walk
from conformance.expression import MISSING, follow

CLOSED = {"type": "object", "additionalProperties": False}
DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Base": {**CLOSED, "properties": {"id": {"type": "string", "maxLength": 5}}, "required": ["id"]},
            "Number": {"type": "string", "format": "individual-number", "x-business-rules": ["RR-NUM-001"]},
            "Ref": {"$ref": "#/components/schemas/Base"},
            "Kind": {
                "oneOf": [
                    {**CLOSED, "properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind"]},
                    {**CLOSED, "properties": {"kind": {"const": "b"}, "y": {"type": "null"}}, "required": ["kind"]},
                ]
            },
        }
    }
}
REF = {"$ref": "#/components/schemas/Ref"}
SCHEMA = {
    "allOf": [REF, {"properties": {"name": {"type": "string"}}, "required": ["name"]}],
    "properties": {
        "number": {"$ref": "#/components/schemas/Number"},
        "list": {"type": "array", "items": REF},
        "a/b~c": {"type": "string"},
    },
}
TEMPLATE = {"id": "x", "name": {"$e": "$inputs.name"}, "list": [{"id": "1"}, {"id": "2"}], "a/b~c": "odd"}


def places(schema: Any, template: Any) -> dict[str, Place]:
    return {place.pointer: place for place in walk(DOCUMENT, schema, template)}


def test_every_property_of_the_schema_has_a_place() -> None:
    """Claim: references and `allOf` are seen through, absent properties are places too, arrays are entered by their
    first item, names are escaped (RFC 6901). Expected: pointer, presence, need and rules of each."""
    found = places(SCHEMA, TEMPLATE)
    assert found.keys() == {"/id", "/name", "/number", "/list", "/list/0", "/list/0/id", "/a~1b~0c"}
    assert found["/id"].required
    assert found["/id"].schema["maxLength"] == 5
    assert found["/name"].required
    assert not found["/number"].present
    assert found["/number"].ruled
    assert not found["/id"].ruled
    assert found["/list/0/id"].value == "1"
    assert found["/list/0/id"].name == "id"


def test_all_of_is_merged_and_siblings_win() -> None:
    """Claim: a flat schema has all properties, all that is required once, its own words before its parts' words."""
    merged = flat(DOCUMENT, {**SCHEMA, "title": "mine", "required": ["id"]}, TEMPLATE)
    assert merged["properties"].keys() == {"id", "name", "number", "list", "a/b~c"}
    assert merged["required"] == ["id", "name"]
    assert merged["title"] == "mine"
    assert flat(DOCUMENT, True, None) == {}


@pytest.mark.parametrize(
    ("template", "name"),
    [({"kind": "a", "x": 1}, "x"), ({"kind": "b"}, "y"), ({"kind": "b", "y": None}, "y"), ({"kind": "z"}, "x")],
)
def test_of_a_union_the_branch_that_fits_is_taken(template: Any, name: str) -> None:
    """Claim: the valid call says which branch of `oneOf` it is in; where none fits, the first is taken."""
    assert name in flat(DOCUMENT, {"$ref": "#/components/schemas/Kind"}, template)["properties"]


def test_null_takes_the_branch_of_null() -> None:
    """Claim: `anyOf` with null is the usual way to allow null. Expected: each value takes its own branch."""
    schema = {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 3}]}
    assert flat(DOCUMENT, schema, None)["type"] == "null"
    assert flat(DOCUMENT, schema, "x")["maxLength"] == 3
    assert flat(DOCUMENT, schema, {"$e": "$inputs.x"})["maxLength"] == 3


def test_closed_objects_are_found_and_special_ones_left_out() -> None:
    """Claim: an undeclared property can be added to each closed object that is written out. Stimulus: the content
    itself, an item, and an object that is known only when played."""
    schema = {**CLOSED, "properties": {"list": {"items": REF}, "late": REF}}
    assert list(objects(DOCUMENT, schema, {"list": [{"id": "1"}], "late": {"$e": "$inputs.x"}})) == ["", "/list/0"]
    assert list(objects(DOCUMENT, {"type": "object"}, {"a": 1})) == []


@pytest.mark.parametrize(
    ("pointer", "value", "result"),
    [
        ("/a", 2, {"a": 2, "l": [1, 2], "x/y": 0}),
        ("/new", 3, {"a": 1, "l": [1, 2], "x/y": 0, "new": 3}),
        ("/a", MISSING, {"l": [1, 2], "x/y": 0}),
        ("/l/0", 9, {"a": 1, "l": [9, 2], "x/y": 0}),
        ("/l/0", MISSING, {"a": 1, "l": [2], "x/y": 0}),
        ("/x~1y", 5, {"a": 1, "l": [1, 2], "x/y": 5}),
        ("/gone", MISSING, {"a": 1, "l": [1, 2], "x/y": 0}),
        ("", "whole", "whole"),
    ],
)
def test_one_place_is_changed_in_a_copy(pointer: str, value: Any, result: Any) -> None:
    """Claim: a mutation changes one place and leaves the valid call as it was."""
    template = {"a": 1, "l": [1, 2], "x/y": 0}
    assert put(template, pointer, value) == result
    assert template == {"a": 1, "l": [1, 2], "x/y": 0}


@given(st.dictionaries(st.text(max_size=4), st.integers(), min_size=1), st.integers())
def test_what_was_put_is_found(template: dict[str, int], value: int) -> None:
    """Claim: pointers of places lead back to them, whatever the name. Stimulus: any names. Expected: the value."""
    for place in walk({}, {"properties": {name: {} for name in template}}, template):
        assert follow(put(template, place.pointer, value), place.pointer) == value
        assert follow(put(template, place.pointer, MISSING), place.pointer) is MISSING


def test_inputs_are_written_out() -> None:
    """Claim: places inside inputs can be reached. Stimulus: a whole input, a part of one, one within a join, one that
    is not there, a quoted one. Expected: the values, the rest as it was."""
    inputs = {"p": {"name": "n"}, "s": "t"}
    template = {
        "whole": {"$e": "$inputs.p"}, "part": {"$e": "$inputs.p#/name"}, "join": {"$join": ["a", {"$e": "$inputs.s"}]},
        "none": {"$e": "$inputs.q"}, "quoted": {"$quote": {"$e": "$inputs.s"}}, "step": {"$e": "$steps.a.outputs.b"},
    }  # fmt: skip
    assert inlined([template], inputs)[0] == {
        **template, "whole": {"name": "n"}, "part": "n", "join": {"$join": ["a", "t"]},
    }  # fmt: skip
    inlined(template, inputs)["whole"]["name"] = "changed"
    assert inputs["p"] == {"name": "n"}


@pytest.mark.parametrize(
    ("schema", "template", "value"),
    [
        ({"type": "string"}, {"$date": "today"}, "2026-04-01"),
        ({}, {"$quote": {"$e": "x"}}, {"$e": "x"}),
        ({"enum": ["p", "q"]}, {"$e": "$steps.a.outputs.b"}, "p"),
        ({"const": "only"}, {"$e": "$steps.a.outputs.b"}, "only"),
        ({"type": "integer", "minimum": 3}, {"$e": "$steps.a.outputs.b"}, 3),
        ({"format": "date"}, {"$e": "$steps.a.outputs.b"}, "2026-04-01"),
        ({"properties": {"a": {"enum": [1]}}}, {"a": {"$e": "$inputs.x"}, "b": 2}, {"a": 1, "b": 2}),
    ],
)
def test_a_sample_stands_in_for_what_is_known_later(schema: Any, template: Any, value: Any) -> None:
    """Claim: a content can be checked against its schema before it is played. Expected: a value of the right kind."""
    assert sample(DOCUMENT, schema, template) == value


def test_samples_of_fresh_numbers_are_numbers() -> None:
    """Claim: right numbers are right and spoilt ones spoilt in the sample too."""
    from conformance import identifiers

    right = sample(DOCUMENT, {}, {"$fresh": "individual-number", "key": "a"})
    wrong = sample(DOCUMENT, {}, {"$fresh": "individual-number", "key": "a", "wrong": "check-digit"})
    assert identifiers.is_valid("individual-number", right)
    assert not identifiers.is_valid("individual-number", wrong)


def test_only_an_object_that_begins_with_a_dollar_is_special() -> None:
    """Claim: ordinary objects are entered. Stimulus: both kinds, and no object."""
    assert is_special({"$e": "$inputs.x"})
    assert not any(is_special(value) for value in ({}, {"a": 1}, "$e", ["$e"], None))
