"""Faults of text: names do not come back as they were sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry.records import Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _stored_as(reference: Reference, altered: Callable[[str], str]) -> None:
    """Every family name of a move-in is stored as `altered` makes it."""

    def make(entry_of: Method) -> Method:
        def careless(body: Any, member: dict[str, Any], household_id: str) -> Entry:
            name = {**member["name"], "family": altered(member["name"]["family"])}
            entry: Entry = entry_of(body, {**member, "name": name}, household_id)
            return entry

        return careless

    replace(reference.the(ResidentRegistry).move_ins, "entry", make)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@FAULTS.add("name-normalised", "COM-TXT-007", "COM-TXT-008", "COM-TXT-010")
def name_normalised(reference: Reference) -> None:
    """Family names are stored in Unicode normalisation form C."""
    _stored_as(reference, _composed)


@FAULTS.add("compatibility-ideograph-replaced", "COM-TXT-007")
def compatibility_ideograph_replaced(reference: Reference) -> None:
    """Compatibility ideographs of the basic plane are replaced by the unified ones, all else is kept."""
    _stored_as(reference, lambda text: re.sub("[\uf900-\ufaff]", lambda match: _composed(match[0]), text))


@FAULTS.add("combining-sequence-composed", "COM-TXT-010")
def combining_sequence_composed(reference: Reference) -> None:
    """A kana followed by a combining voiced mark becomes one character, all else is kept."""
    _stored_as(reference, lambda text: re.sub(".[\u3099\u309a]", lambda match: _composed(match[0]), text))


@FAULTS.add("variation-selector-dropped", "COM-TXT-009")
def variation_selector_dropped(reference: Reference) -> None:
    """Variation selectors are dropped: one form of a character becomes another."""
    _stored_as(reference, lambda text: re.sub("[\U000e0100-\U000e01ef]", "", text))


@FAULTS.add("supplementary-character-lost", "COM-TXT-008")
def supplementary_character_lost(reference: Reference) -> None:
    """Ideographs outside the basic plane are replaced by the geta mark."""
    _stored_as(reference, lambda text: re.sub("[\U00020000-\U0003ffff]", "〓", text))
