"""Conditions of Arazzo criteria: simple ones with their precedence and folding, regex, jsonpath."""

from __future__ import annotations

from typing import Any

import pytest
from exchanges import seen
from hypothesis import example, given
from hypothesis import strategies as st
from test_expression import Fixed

from conformance.condition import _simple, holds
from conformance.errors import DocumentError
from conformance.expression import Context

MESSAGE = seen("getThing", 200, {"status": "Active", "n": 3, "f": 1.5, "yes": True, "none": None, "list": [1, 2]})


def told(condition: str, **more: Any) -> bool:
    context = Context({"x": "ＡＢＣ"}, Fixed(), {})
    return holds({"condition": condition, **more}, context, MESSAGE)


@pytest.mark.parametrize(
    "condition",
    [
        "$statusCode == 200",
        "$statusCode >= 200 && $statusCode < 300",
        "$statusCode == 404 || $statusCode == 200",
        "$statusCode == 200 || $statusCode == 200 && false",
        "!($statusCode == 404)",
        "!false",
        "$response.body#/n > 2.5",
        "$response.body#/f == 1.5",
        "-1 < 0",
        "$response.body#/yes == true",
        "$response.body#/yes",
        "$response.body#/none == null",
        "$response.body#/list/1 == 2",
        "'it''s' == 'IT''S'",
        "'b' > 'A'",
        "($statusCode == 1 || $statusCode == 200) && true",
        "$response.header.content-type == 'application/json'",
    ],
)
def test_a_simple_condition_holds(condition: str) -> None:
    """Claim: operators, brackets, literals and precedence are Arazzo's (1.0.1, Criterion Object)."""
    assert told(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "$statusCode == 201",
        "$statusCode == '200'",
        "$response.body#/yes == 1",
        "$response.body#/n > '2'",
        "$response.body#/missing == null",
        "$response.body#/missing != 1",
        "!$response.body#/missing",
        "$response.header.ETag",
        "$response.body#/none",
        "true && false",
    ],
)
def test_a_simple_condition_does_not_hold(condition: str) -> None:
    """Claim: types are not mixed, and what cannot be resolved does not hold, negated neither."""
    assert not told(condition)


def test_strings_compare_without_regard_to_case() -> None:
    """Claim: Arazzo prescribes it, and full-width letters have case too. Stimulus: other cases. Expected: equal; the
    exact claims of the suite stand beside such conditions for that reason."""
    assert told("$response.body#/status == 'aCTIVE'")
    assert not told("$response.body#/status != 'ACTIVE'")
    assert told("$inputs.x == 'ａｂｃ'")
    assert not told("$inputs.x == 'abc'")


def test_regex_and_jsonpath_conditions() -> None:
    """Claim: `regex` searches the text of its context, `jsonpath` holds where a node is found, and an absent context
    does not hold. Stimulus: one of each that holds and that does not."""
    assert told("^Act", type="regex", context="$response.body#/status")
    assert not told("^act", type="regex", context="$response.body#/status")
    assert told("^20", type="regex", context="$statusCode")
    assert not told(".*", type="regex", context="$response.body#/missing")
    assert told("$[?@ > 1]", type="jsonpath", context="$response.body#/list")
    assert not told("$[?@ > 2]", type="jsonpath", context="$response.body#/list")


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "==",
        "1 ==",
        "(1 == 1",
        "1 == 1)",
        "1 1",
        "'open",
        "$statusCode = 200",
        "200x",
        "a == b",
        "1 == 1 == 1",
        "&&",
    ],
)
def test_a_condition_that_cannot_be_read_is_refused(condition: str) -> None:
    """Claim: a typing error never passes for a condition. Expected: `DocumentError` with a next step."""
    with pytest.raises(DocumentError) as caught:
        _simple(condition)
    assert "condition" in str(caught.value)
    assert caught.value.next_step


pieces = st.sampled_from(
    ["(", ")", "!", "==", "!=", "<=", "&&", "||", "&", "=", " ", "'a'", "'", "1", "-2.5", "true", "null", "$statusCode",
     "$response.body#/n", "$nothing", "$", "x", "é"]
)  # fmt: skip


@given(st.lists(pieces, max_size=25).map("".join) | st.text(max_size=40))
@example("(" * 5000)
@example("!" * 5000 + "true")
@example("9" * 5000 + " == 1")
@example("1 == " * 3000 + "1")
def test_the_parser_raises_nothing_but_document_errors(text: str) -> None:
    """Claim: whatever stands in a document, the parser reads it or says that the document is wrong. Stimulus: any
    text, deep nesting and long numbers too. Expected: a condition, or `DocumentError`."""
    try:
        condition = _simple(text)
    except DocumentError:
        return
    assert callable(condition)
