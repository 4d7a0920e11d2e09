"""What states, roles, acts and problems are called in both languages, where a sentence or a page names them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from conformance.model import Text
from conformance.views.translations import read_words

NAMES: Final = read_words(Path(__file__).parent / "names.txt")


def named(kind: str, name: str) -> Text:
    """The name of a `run` or `advisory` state, a `role`, an `act`, ...; the word itself where it has none."""
    return NAMES.get(f"{kind}.{name}") or Text(name, name)


def listed(kind: str, names: Iterable[str]) -> Text:
    """Several of them: by name in Japanese, and in English as the API takes them."""
    told = list(names)
    return Text("、".join(named(kind, name).ja for name in told), ", ".join(told))


def one_of(kind: str, names: Iterable[str]) -> Text:
    """The next step where only some values will do."""
    told = listed(kind, names)
    return Text(f"次のいずれかを指定してください: {told.ja}。", f"one of: {told.en}")
