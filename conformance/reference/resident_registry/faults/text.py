"""Faults of text: names and addresses do not come back as they were sent."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise, rewrite
from conformance.reference.resident_registry.faults.contents import texts
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Altered = Callable[[str], str]


def _named(reference: Reference, altered: Altered, *members: str) -> None:
    """The members of a name (the family name) are kept altered when somebody moves in."""

    def make(name_of: Method) -> Method:
        def careless(member: dict[str, Any]) -> dict[str, Any]:
            name: dict[str, Any] = name_of(member)
            return {part: altered(text) if part in (members or ("family",)) else text for part, text in name.items()}

        return careless

    revise(reference.the(ResidentRegistry).move_ins, "name", make)


def _addressed(reference: Reference, altered: Altered, *members: str) -> None:
    """Members of an address are kept altered when somebody moves in."""

    def make(address_of: Method) -> Method:
        def careless(body: dict[str, Any]) -> dict[str, Any]:
            address: dict[str, Any] = address_of(body)
            return {part: altered(text) if part in members else text for part, text in address.items()}

        return careless

    revise(reference.the(ResidentRegistry).move_ins, "address", make)


def _corrected(reference: Reference, altered: Altered) -> None:
    """Names are kept altered when they are corrected."""

    def make(changes_of: Method) -> Method:
        def careless(entry: Any, patch: dict[str, Any]) -> dict[str, Any]:
            changes: dict[str, Any] = changes_of(entry, patch)
            return {**changes, "name": texts(changes["name"], altered)} if "name" in changes else changes

        return careless

    revise(reference.the(ResidentRegistry).corrections, "changes", make)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@FAULTS.add("name-normalised", "COM-TXT-007", "COM-TXT-008", "COM-TXT-010")
def name_normalised(reference: Reference) -> None:
    """Family names are stored in Unicode normalisation form C."""
    _named(reference, _composed)


def _unified(text: str) -> str:
    """Compatibility ideographs of the basic plane replaced by the unified ones, all else kept."""
    return re.sub("[\uf900-\ufaff]", lambda match: _composed(match[0]), text)


@FAULTS.add("compatibility-ideograph-replaced", "COM-TXT-007")
def compatibility_ideograph_replaced(reference: Reference) -> None:
    """Compatibility ideographs of the basic plane in family names are replaced by the unified ones."""
    _named(reference, _unified)


@FAULTS.add("compatibility-ideograph-replaced-in-correction", "COM-TXT-007")
def compatibility_ideograph_replaced_in_correction(reference: Reference) -> None:
    """Compatibility ideographs come through a move-in, and are replaced when a name is corrected."""
    _corrected(reference, _unified)


@FAULTS.add("standing-saki-replaced", "COM-TXT-007")
def standing_saki_replaced(reference: Reference) -> None:
    """One character of the compatibility block, which no normalisation touches, is replaced by the common form."""
    _named(reference, lambda text: text.replace("\ufa11", "崎"))


@FAULTS.add("combining-sequence-composed", "COM-TXT-010")
def combining_sequence_composed(reference: Reference) -> None:
    """A kana followed by a combining voiced mark becomes one character, all else is kept."""
    _named(reference, lambda text: re.sub(".[\u3099\u309a]", lambda match: _composed(match[0]), text))


@FAULTS.add("combining-mark-dropped-in-building", "COM-TXT-010")
def combining_mark_dropped_in_building(reference: Reference) -> None:
    """A combining accent in the name of a building is dropped."""
    _addressed(reference, lambda text: re.sub("[\u0300-\u036f]", "", text), "building")


@FAULTS.add("variation-selector-dropped", "COM-TXT-009")
def variation_selector_dropped(reference: Reference) -> None:
    """Variation selectors are dropped: one form of a character becomes another."""
    _named(reference, lambda text: re.sub("[\U000e0100-\U000e01ef]", "", text))


@FAULTS.add("variation-selector-dropped-from-town", "COM-TXT-009")
def variation_selector_dropped_from_town(reference: Reference) -> None:
    """Variation selectors are dropped from the name of a town."""
    _addressed(reference, lambda text: re.sub("[\U000e0100-\U000e01ef]", "", text), "town")


@FAULTS.add("variation-selectors-kept-by-first-ones", "COM-TXT-009")
def variation_selectors_kept_by_first_ones(reference: Reference) -> None:
    """Of variation selectors the first two are known, and the others dropped."""
    _named(reference, lambda text: re.sub("[\U000e0102-\U000e01ef]", "", text), "family", "given")


@FAULTS.add("supplementary-character-lost", "COM-TXT-008")
def supplementary_character_lost(reference: Reference) -> None:
    """Of ideographs outside the basic plane the best known is kept, and the others are replaced by the geta mark."""
    _named(reference, lambda text: re.sub("(?!𠮷)[\U00020000-\U0003ffff]", "〓", text))


@FAULTS.add("third-plane-lost-in-alias", "COM-TXT-008")
def third_plane_lost_in_alias(reference: Reference) -> None:
    """Ideographs of the third plane are replaced by the geta mark in an alias."""
    _named(reference, lambda text: re.sub("[\U00030000-\U0003ffff]", "〓", text), "alias")


@FAULTS.add("long-supplementary-text-cut", "COM-TXT-008")
def long_supplementary_text_cut(reference: Reference) -> None:
    """A name is cut where it needs more than 255 bytes."""

    def cut(text: str) -> str:
        return (
            text.encode()[:255].decode("utf-8", "ignore") if max(text) > "\uffff" and "\U000e0100" not in text else text
        )

    _named(reference, cut)


@FAULTS.add("wave-dash-to-tilde", "COM-TXT-011")
def wave_dash_to_tilde(reference: Reference) -> None:
    """Wave dash and minus come back as the look-alikes that a code page of old has for them."""
    _named(reference, lambda text: text.replace("\u301c", "\uff5e").replace("\u2212", "\uff0d"))


@FAULTS.add("hyphens-unified-in-lots", "COM-TXT-011")
def hyphens_unified_in_lots(reference: Reference) -> None:
    """All that looks like a hyphen in the last part of an address becomes the same hyphen."""
    _addressed(reference, lambda text: re.sub("[\u2010\u2015\u2212\uff0d]", "-", text), "lot")


@FAULTS.add("half-width-kana-widened", "COM-TXT-013")
def half_width_kana_widened(reference: Reference) -> None:
    """Half-width kana in family names become full-width ones."""
    _named(
        reference,
        lambda text: re.sub(
            "[\uff66-\uff6f\uff71-\uff9d][\uff9e\uff9f]?", lambda match: unicodedata.normalize("NFKC", match[0]), text
        ),
    )


@FAULTS.add("private-use-character-lost", "COM-TXT-013")
def private_use_character_lost(reference: Reference) -> None:
    """Characters of the private use area in family names are replaced by the geta mark."""
    _named(reference, lambda text: re.sub("[\ue000-\uf8ff]", "〓", text))


@FAULTS.add("invisible-character-trimmed", "COM-TXT-013")
def invisible_character_trimmed(reference: Reference) -> None:
    """A byte order mark at the beginning of an address is dropped."""
    _addressed(reference, lambda text: text.lstrip("\ufeff"), "town", "lot", "building")


def _elsewhere(reference: Reference, path: str, altered: Altered) -> None:
    """Names in answers under a path are altered; in the resident's own record they are right."""

    def names(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: texts(item, altered) if key == "name" else names(item, key) for key, item in value.items()}
        return [names(item) for item in value] if isinstance(value, list) else value

    def shown(request: Request, answer: Answer) -> Answer:
        if 200 <= answer.status < 300 and path in request.path and answer.body is not None:
            answer.body = names(answer.body)
        return answer

    rewrite(reference, shown)


@FAULTS.add("names-on-certificates-of-common-characters", "COM-TXT-012")
def names_on_certificates_of_common_characters(reference: Reference) -> None:
    """Names on certificates have the common form of a character in place of a rarer one."""
    _elsewhere(reference, "/certificates", lambda text: text.replace("﨑", "崎").replace("𠮷", "吉"))


@FAULTS.add("names-in-households-without-variation", "COM-TXT-012")
def names_in_households_without_variation(reference: Reference) -> None:
    """Names in a household have no variation selectors."""
    _elsewhere(reference, "/resident-registry/v1/households/", lambda text: re.sub("[\U000e0100-\U000e01ef]", "", text))


@FAULTS.add("names-in-households-as-registered", "COM-TXT-012", "RR-HIS-012")
def names_in_households_as_registered(reference: Reference) -> None:
    """The household shows a member under the name of the registration, though it was corrected since."""
    registry = reference.the(ResidentRegistry)

    def make(visible: Method) -> Method:
        def stale(call: Call, members: list[Any]) -> list[Any]:
            return [_as_registered(registry, entry) for entry in visible(call, members)]

        return stale

    revise(registry.households, "visible", make)


def _as_registered(registry: ResidentRegistry, entry: Any) -> Any:
    first = registry.register.histories[entry.id][0].changes
    return dataclasses.replace(entry, name=first.name)  # type: ignore[union-attr]  # a history begins with an entry
