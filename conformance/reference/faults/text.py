"""Faults of text: names do not come back as they were sent."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry.records import Entry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("name-normalised", "COM-TXT-007", "COM-TXT-010")
def name_normalised(reference: Reference) -> None:
    """Family names are stored in Unicode normalisation form C, which replaces compatibility ideographs."""

    def make(entry_of: Method) -> Method:
        def composed(body: Any, member: dict[str, Any], household_id: str) -> Entry:
            family = unicodedata.normalize("NFC", member["name"]["family"])
            entry: Entry = entry_of(body, {**member, "name": {**member["name"], "family": family}}, household_id)
            return entry

        return composed

    replace(reference.registry.move_ins, "entry", make)
