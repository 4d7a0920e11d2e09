"""Refusals as a page says them: sentences in the reader's language, with the label of the field that they are about."""

from __future__ import annotations

from conformance.model import Text
from conformance.registry.pages.words import field
from conformance.registry.refusals import RegistryError


def sentences(error: RegistryError) -> tuple[Text, ...]:
    """What is wrong, and what to do where that is known."""
    what = error.text
    if error.where:
        label = field(error.where)
        what = Text(f"{label.ja}: {what.ja}", f"{label.en}: {_ended(what.en)}")
    else:
        what = Text(what.ja, _sentence(what.en))
    return (what, Text(error.remedy.ja, _sentence(error.remedy.en))) if error.remedy else (what,)


def _sentence(text: str) -> str:
    """An English refusal begins small, as it stands behind a place on the command line."""
    return _ended(text[:1].upper() + text[1:])


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
