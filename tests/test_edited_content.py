"""Contents that are written otherwise than JSON usually is: what becomes of their bytes."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.play import edited

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FINITE | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)
REVERSE = [["reverse"]]


def _written(value: Any) -> bytes:
    """JSON as the player writes it, with what it leaves of the value's order."""
    return edited(edited(json.dumps(value).encode(), REVERSE), REVERSE)


def _orders(value: Any) -> list[list[str]]:
    """The names of each object in their order, the objects in the order of the text, but for that of members."""
    if isinstance(value, list):
        return [order for item in value for order in _orders(item)]
    if not isinstance(value, dict):
        return []
    return [list(value), *(order for name in sorted(value) for order in _orders(value[name]))]


@given(VALUES)
def test_members_reversed_say_the_same(value: Any) -> None:
    """Claim: another order of members is the same content. Stimulus: any JSON. Expected: an equal value, arrays as they
    were, the members of each object in reverse order; reversed once more, the very bytes that there were."""
    before = _written(value)
    after = edited(before, REVERSE)
    assert json.loads(after) == json.loads(before) == value
    assert _orders(json.loads(after)) == [order[::-1] for order in _orders(json.loads(before))]
    assert edited(after, REVERSE) == before


def test_edits_follow_one_another() -> None:
    """Claim: edits are made in the order in which they stand. Stimulus: members reversed, a byte cut, text added.
    Expected: the bytes, to the letter; nothing within texts or arrays has moved."""
    added = base64.b64encode(b"]").decode()
    data = b'{"a":[2,1],"b":{"c":"c,d","d":null}}'
    assert edited(data, [["reverse"], ["cut", 1], ["append", added]]) == b'{"b":{"d":null,"c":"c,d"},"a":[2,1]]'
