"""Templates and runtime expressions: what a value in a script means, when it is played and when it is judged."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from exchanges import seen
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import DocumentError
from conformance.expression import (
    JST,
    MISSING,
    Context,
    Unresolved,
    as_text,
    follow,
    from_arazzo,
    jsonpath,
    literal,
)

ANSWER = {"id": "t-1", "results": [{"id": "a", "n": 1}, {"id": "b", "n": 2}], "a/b": {"~": "deep"}, "none": None}
MESSAGE = seen(
    "createThing", 201, ANSWER, {"Location": "/things/t-1"}, sent={"name": "n"}, query={"limit": "5", "empty": ""}
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


class Fixed:
    """Bindings of a fixed moment; what was asked for is kept."""

    now = dt.datetime(2026, 4, 10, 23, 30, tzinfo=JST)
    today = now.date()

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None]] = []

    def fresh(self, kind: str, key: str, wrong: str | None) -> str:
        self.asked.append((kind, key, wrong))
        return f"{kind}/{key}/{len(self.asked)}"

    def config(self, name: str) -> Any:
        return {"body_code": "131016"}[name]

    def token(self, role: str, *, old: bool = False) -> str:
        return f"{'old' if old else 'new'}-{role}"


def context(inputs: dict[str, Any] | None = None, **calls: dict[str, Any]) -> Context:
    outputs = {"make": {"id": {"$e": "$response.body#/id"}, "kept": {"$e": "$inputs.name"}}}
    made = Context(inputs or {}, Fixed(), outputs, calls)
    made.messages["make"] = MESSAGE
    return made


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$statusCode", 201),
        ("$method", "POST"),
        ("$url", "https://sut.example/v1/things?limit=5&empty="),
        ("$response.body", ANSWER),
        ("$response.body#/results/1/id", "b"),
        ("$response.body#/a~1b/~0", "deep"),
        ("$response.body#/none", None),
        ("$response.header.location", "/things/t-1"),
        ("$request.header.content-type", "application/json"),
        ("$request.query.limit", "5"),
        ("$request.query.empty", ""),
        ("$request.body#/name", "n"),
        ("$inputs.person#/name", "山田"),
        ("$steps.make.outputs.id", "t-1"),
        ("$steps.called.outputs.first#/x", 7),
    ],
)
def test_an_expression_reads_what_arazzo_says(expression: str, value: Any) -> None:
    """Claim: both sides of an exchange, inputs and outputs are read by Arazzo's runtime expressions, header names
    without regard to case. Expected: the value as it stands there, null included."""
    there = context({"person": {"name": "山田"}}, called={"first": {"x": 7}})
    assert there.expression(expression, MESSAGE) == value


@pytest.mark.parametrize(
    "expression",
    [
        "$response.body#/nothing",
        "$response.body#/results/2",
        "$response.header.ETag",
        "$request.query.offset",
        "$request.path.thing_id",
        "$inputs.nobody",
        "$steps.make.outputs.other",
        "$steps.later.outputs.id",
    ],
)
def test_what_is_not_there_is_unresolved(expression: str) -> None:
    """Claim: nothing stands in for a value that is missing. Expected: `Unresolved`, never None."""
    with pytest.raises(Unresolved):
        context().expression(expression, MESSAGE)


@pytest.mark.parametrize(
    "text", ["$response", "$response.body.id", "$response.header", "$steps.a.outputs", "$inputs.", "$unknown.x", "$"]
)
def test_an_unknown_expression_is_an_error_of_the_document(text: str) -> None:
    """Claim: a mistake in a document is ours, never the system's. Expected: `DocumentError` with a next step."""
    with pytest.raises(DocumentError) as caught:
        context().expression(text, MESSAGE)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ({"$join": ["x-", {"$e": "$steps.make.outputs.id"}, 7, True]}, "x-t-17true"),
        ({"$jsonpath": "$.results[?@.n > 1].id", "of": {"$e": "$response.body"}}, ["b"]),
        ({"$jsonpath": "$.nothing[*]", "of": {"$e": "$response.body"}}, []),
        ({"$date": "today"}, "2026-04-10"),
        ({"$date": "today-10"}, "2026-03-31"),
        ({"$date": "today+30"}, "2026-05-10"),
        ({"$datetime": "now+3600"}, "2026-04-11T00:30:00+09:00"),
        ({"$config": "body_code"}, "131016"),
        ({"$apply": "swapcase", "to": "Ab-1"}, "aB-1"),
        ({"$apply": "last-segment", "to": "https://x/y/z/"}, "z"),
        ({"$apply": "last-segment", "to": "../y/%7A%7e?of=a/b#c/d"}, "z~"),
        ({"$apply": "weak-etag", "to": '"t"'}, 'W/"t"'),
        ({"$object": [[{"$e": "$steps.make.outputs.id"}, "child"]]}, {"t-1": "child"}),
        ({"$token": "clerk", "old": True}, "old-clerk"),
        ({"$quote": {"$date": "today"}}, {"$date": "today"}),
        ({"a": [{"$date": "today"}], "b": {"$other": 1}}, {"a": ["2026-04-10"], "b": {"$other": 1}}),
    ],
)
def test_a_template_becomes_its_value(template: Any, value: Any) -> None:
    """Claim: each special object yields what the table of the module says; anything else stays as it is."""
    assert context().value(template, MESSAGE) == value


def test_other_entity_tags_differ_and_are_still_tags() -> None:
    """Claim: a spoilt tag is a strong tag, and never the right one. Stimulus: tags, weak and empty ones too."""
    for tag in ('"abc"', 'W/"abc"', '""', '"aba"'):
        spoilt = context().value({"$apply": "other-etag", "to": tag})
        assert spoilt != tag
        assert spoilt.startswith('"')
        assert spoilt.endswith('"')


def test_an_input_is_bound_once() -> None:
    """Claim: an input is the same wherever it is named. Stimulus: an input that is a fresh value, named three times.
    Expected: drawn once."""
    bindings = Fixed()
    there = Context({"key": {"$fresh": "uuid", "key": "k", "wrong": None}}, bindings, {})
    values = {there.expression("$inputs.key", None) for _ in range(3)}
    assert len(values) == 1
    assert bindings.asked == [("uuid", "k", None)]


def test_an_output_keeps_its_first_value() -> None:
    """Claim: an output is what the answer gave then. Stimulus: another answer of the same step. Expected: no change."""
    there = context()
    assert there.output("make", "id") == "t-1"
    there.messages["make"] = seen("createThing", 201, {"id": "t-2"})
    assert there.output("make", "id") == "t-1"


@given(json_values)
def test_a_literal_yields_itself(value: Any) -> None:
    """Claim: whatever a generator drew is sent as it is. Stimulus: any JSON, keys with dollar signs too."""
    assert context().value(literal(value)) == value


@given(json_values, st.text(max_size=30))
def test_following_a_pointer_never_fails(value: Any, pointer: str) -> None:
    """Claim: any text is followed to a member or to nothing (RFC 6901). Expected: no error."""
    found = follow(value, pointer)
    assert found is MISSING or pointer == "" or isinstance(value, dict | list)


@pytest.mark.parametrize(
    ("written", "template"),
    [
        ("$response.body#/id", {"$e": "$response.body#/id"}),
        ("/x/{$steps.a.outputs.id}/y", {"$join": ["/x/", {"$e": "$steps.a.outputs.id"}, "/y"]}),
        ("{$statusCode}", {"$join": [{"$e": "$statusCode"}]}),
        ("costs $5", "costs $5"),
        ({"jsonpath": "$.a", "of": "$response.body"}, {"$jsonpath": "$.a", "of": {"$e": "$response.body"}}),
        ({"{$inputs.id}": "head"}, {"$object": [[{"$join": [{"$e": "$inputs.id"}]}, "head"]]}),
        ({"$fresh": "uuid", "key": "k"}, {"$fresh": "uuid", "key": "k"}),
        (["$inputs.a", 1], [{"$e": "$inputs.a"}, 1]),
    ],
)
def test_values_of_arazzo_become_templates(written: Any, template: Any) -> None:
    """Claim: expressions in an Arazzo document are found, whole or embedded, in values and in names of members."""
    assert from_arazzo(written) == template


def test_values_in_text_are_json_but_for_strings() -> None:
    """Claim: a value in a URL or header is its text, or compact JSON in full characters."""
    assert [as_text(value) for value in ("é", 1, 5.0, 0.5, True, None, {"a": ["é"]})] == [
        "é",
        "1",
        "5",
        "0.5",
        "true",
        "null",
        '{"a":["é"]}',
    ]


def test_a_query_that_is_none_is_an_error_of_the_document() -> None:
    """Claim: an RFC 9535 query is read strictly. Stimulus: a broken one. Expected: `DocumentError`."""
    with pytest.raises(DocumentError, match="JSONPath"):
        jsonpath("$.results[")


def test_the_cookies_of_earlier_answers_go_with_a_request() -> None:
    """Claim: `$cookies` sends back what answers have set. Stimulus: two answers, one of which sets a cookie. Expected:
    the text, and behind it the cookie without its attributes."""
    made = context()
    assert made.value({"$cookies": "a=1"}) == "a=1"
    made.messages["other"] = seen("createThing", 201, ANSWER, {"Set-Cookie": "session=x; Path=/; HttpOnly"})
    assert made.value({"$cookies": "a=1"}) == "a=1; session=x"
