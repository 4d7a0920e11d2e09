"""The shrinker's passes: pure functions on JSON values, tried on many of them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.explore.passes import pruned, rank, smaller

_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_LEAF = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False), _TEXT
)
_KEY = _TEXT.filter(lambda text: not text.startswith("$"))
VALUES = st.recursive(
    _LEAF, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEY, inner, max_size=4)), max_leaves=10
)


def everything(_: str) -> bool:
    """All places may be changed."""
    return True


@settings(deadline=None)
@given(VALUES)
def test_no_pass_gives_anything_larger(value: Any) -> None:
    """Claim: every candidate is strictly smaller. Stimulus: any JSON value. Expected: the rank falls."""
    for candidate in pruned(value, everything):
        assert rank(candidate) < rank(value)


@settings(max_examples=30, deadline=None)
@given(VALUES, st.randoms(use_true_random=False))
def test_it_comes_to_an_end(value: Any, chance: Any) -> None:
    """Claim: shrinking terminates. Stimulus: a system that fails for any candidate, picked at random each time.
    Expected: nothing is left to try after fewer rounds than there are characters and parts, with room to spare."""
    rounds = 0
    while candidates := list(pruned(value, everything)):
        value = chance.choice(candidates)
        rounds += 1
        assert rounds < 20_000


@settings(deadline=None)
@given(VALUES)
def test_what_may_not_be_changed_stays(value: Any) -> None:
    """Claim: only free places change. Stimulus: any value, nothing of it free. Expected: no candidate."""
    assert list(pruned(value, lambda _: False)) == []


@settings(deadline=None)
@given(_KEY, _LEAF, _LEAF)
def test_a_template_is_left_out_whole_or_not_at_all(name: str, first: Any, second: Any) -> None:
    """Claim: values that a run draws are not touched. Stimulus: an object with a template in it. Expected: each
    candidate has the template as it is, or has it not."""
    template = {"$fresh": "individual-number", "key": "k"}
    for candidate in pruned({f"a{name}": first, "b": template, f"c{name}": second}, everything):
        assert candidate.get("b", template) == template


@settings(deadline=None)
@given(_TEXT)
def test_the_simplest_text_is_tried_first(text: str) -> None:
    """Claim: where the text does not matter, one play is enough. Stimulus: any text. Expected: the first candidate is
    empty, and none comes twice."""
    found = list(smaller(text))
    assert found[:1] == ([""] if text else [])
    assert len({json.dumps(item) for item in found}) == len(found)


def test_a_needle_is_found_in_few_plays() -> None:
    """Claim: passes find a needle. Stimulus: a text that fails as long as it holds 777. Expected: just that is left,
    after fewer than 60 plays."""
    text, plays = "123番地77番777号の4567", 0
    candidates = smaller(text)
    while (candidate := next(candidates, None)) is not None:
        plays += 1
        if "777" in candidate:
            text, candidates = candidate, smaller(candidate)
    assert text == "777"
    assert plays < 60
