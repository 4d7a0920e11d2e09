"""The language of `x-invariants`: what it says, what it leaves unsaid, and that it always ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import DocumentError
from conformance.invariant import Unsaid, canonical, exactly, expression, key

BATCH: dict[str, Any] = {
    "count": 2,
    "total": 30,
    "status": "open",
    "reason": None,
    "at": "2026-04-01T09:00:00.5+09:00",
    "later": "2026-04-01T09:00:00.51+09:00",
    "head": {"id": "r-2"},
    "transfers": [
        {"id": "r-1", "amount": 10, "paid": True},
        {"id": "r-2", "amount": 20, "paid": False},
    ],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    [
        "count == count(transfers) && total == sum(transfers, amount)",
        "count(transfers, paid) == 1",
        "(status == 'closed') == all(transfers, paid)",
        "reason == null",
        "reason != null => reason.text == 'x'",
        "status == 'open' || missing == 1",
        "all(transfers, (id == $.head.id) == !paid)",
        "distinct(transfers, id) && rising(transfers, amount)",
        "ordered(transfers, amount) && ordered(transfers, $.count) && !rising(transfers, $.count)",
        "each(transfers, amount) == [10, 20]",
        "'r-1' in each(transfers, id)",
        "status in ['open', 'it''s']",
        "total / count == 15 && total - 2 * count == 26 && total + 1 >= 31",
        "at < later && !(later <= at)",
        "1 == 2 => missing == 1",
    ],
)
def test_an_expression_holds(text: str) -> None:
    """Claim: each word of the language means what its table says. Expected: it holds of the batch, and its negation
    does not."""
    assert expression(text).holds(BATCH) is True
    assert expression(f"!({text})").holds(BATCH) is False


@pytest.mark.parametrize(
    "text",
    [
        "missing == 1",
        "count",
        "status < 1",
        "sum(transfers, id) == 1",
        "all(status, true)",
        "total / 0 == 1",
        "^.id == 1",
    ],
)
def test_what_is_not_there_or_of_another_type_leaves_it_unsaid(text: str) -> None:
    """Claim: absent members and other types are the concern of the schema. Expected: neither true nor false."""
    assert expression(text).holds(BATCH) is None
    assert expression(f"!({text})").holds(BATCH) is None


def test_names_of_the_object_around_are_found() -> None:
    """Claim: `^` is the object around the representation. Expected: its member, also within a function."""
    assert expression("count(transfers, amount == ^.most) == 1").holds(BATCH, {"most": 20}) is True


@pytest.mark.parametrize(
    "text",
    [
        "", "a ==", "a b", "(a == 1", "a == 'x", "count()", "count(1)", "sum(a)", "all(a, b, c)", "a => ", "a.b. == 1",
        "in == 1", "[] == a", "1.5 == a", "a # b", "!" * 200 + "a", "(" * 200 + "a" + ")" * 200,
    ],
)  # fmt: skip
def test_an_expression_that_cannot_be_read_is_refused(text: str) -> None:
    """Claim: what is misspelt is a mistake of the document, told at once. Expected: an error that names it."""
    with pytest.raises(DocumentError):
        expression(text)


def test_names_are_told_with_the_lists_that_they_stand_in() -> None:
    """Claim: every name can be looked up in a schema. Expected: its place, `*` for the items of a list."""
    named = expression("all(a.b, c == $.d && ^.e) && f").named
    assert named == (("$", "a", "b"), ("$", "a", "b", "*", "c"), ("$", "d"), ("^", "e"), ("$", "f"))


_OPERANDS = st.sampled_from(["a", "b", "c", "a.b", "@", "1", "'x'", "null", "true", "[a, 1]", "count(a)", "sum(b, a)"])


@st.composite
def written(draw: st.DrawFn) -> str:
    """An expression out of all that the language has."""
    parts = [draw(_OPERANDS)]
    for _ in range(draw(st.integers(0, 5))):
        operator = draw(st.sampled_from(["==", "!=", "<", ">=", "in", "+", "-", "*", "/", "&&", "||", "=>"]))
        parts = [f"({' '.join(parts)})", operator, draw(_OPERANDS)]
    lists = ("all(a, {})", "distinct(b, {})", "rising(c, {})", "ordered(c, {})", "count(a, {}) == 1")
    of = draw(st.sampled_from(["{}", "!({})", *lists]))
    return of.format(" ".join(parts))


@given(written(), JSON, JSON)
def test_every_expression_says_yes_no_or_nothing_of_every_value(text: str, value: Any, around: Any) -> None:
    """Claim: the language is total. Stimulus: expressions and JSON values of all kinds. Expected: True, False or None,
    the same each time."""
    said = expression(text).holds(value, around)
    assert said in (True, False, None)
    assert expression(text).holds(value, around) is said


@given(JSON, JSON)
def test_two_values_are_the_same_where_their_keys_are(left: Any, right: Any) -> None:
    """Claim: comparison and key agree, and are those of JSON: true is not 1, 1.0 is 1, the order of members is free."""
    assert exactly(left, right) is (key(left) == key(right))
    assert exactly(left, json.loads(json.dumps(left)))
    assert exactly(canonical(left), left)


def test_one_moment_may_be_written_in_two_ways() -> None:
    """Claim: zeros at the end of a fraction say nothing. Expected: equal; a moment a little later differs."""
    assert exactly("2026-04-01T09:00:00.500+09:00", "2026-04-01T09:00:00.5+09:00")
    assert exactly("2026-04-01T09:00:00.000+09:00", "2026-04-01T09:00:00+09:00")
    assert not exactly("2026-04-01T09:00:00.501+09:00", "2026-04-01T09:00:00.5+09:00")


def test_numbers_that_are_too_large_leave_it_unsaid() -> None:
    """Claim: no number that a system sends breaks a rule off. Expected: unsaid, not an error."""
    with pytest.raises(Unsaid):
        expression("a / b").value({"a": 10**400 + 1, "b": 3})
