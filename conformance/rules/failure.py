"""What a rule answers: nothing to judge, as it should be, or how it falls short."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from conformance.model import Text


class Failure(NamedTuple):
    """How an exchange falls short: one plain sentence in both languages, what was expected, what was there."""

    ja: str
    en: str
    expected: str
    actual: str

    @property
    def message(self) -> Text:
        """The sentence as a `Text`."""
        return Text(ja=self.ja, en=self.en)


class Unclear(NamedTuple):
    """Why an exchange cannot be judged by a rule, although the rule is about it."""

    ja: str
    en: str


Result = Failure | Unclear | bool | None
"""`None`: the rule does not concern this exchange; `True`: it holds; `Failure`: it does not; `Unclear`: who knows."""

_SHOWN = 600


def whole(value: Any) -> int | None:
    """The integer that a JSON number is (JSON Schema takes 20.0 for one too), or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value)


def shown(value: Any) -> str:
    """A value as it is shown to a person: JSON, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
