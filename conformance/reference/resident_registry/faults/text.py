"""Faults of text: what is no JSON is read, lengths are counted otherwise, names do not come back as they were sent."""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Violation
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Altered = Callable[[str], str]


def _texts(value: Any, altered: Altered) -> Any:
    """A JSON value with every text altered; names of members stay."""
    if isinstance(value, str):
        return altered(value)
    if isinstance(value, dict):
        return {name: _texts(item, altered) for name, item in value.items()}
    return [_texts(item, altered) for item in value] if isinstance(value, list) else value


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
            return {**changes, "name": _texts(changes["name"], altered)} if "name" in changes else changes

        return careless

    revise(reference.the(ResidentRegistry).corrections, "changes", make)


def _read(reference: Reference, mended: Callable[[bytes], bytes]) -> None:
    """Bodies are mended before they are read."""
    revise(reference.pipeline, "decode", lambda decode: lambda raw: decode(mended(raw)))


@FAULTS.add("json-followed-by-text", "COM-TXT-001")
def json_followed_by_text(reference: Reference) -> None:
    """A body is read up to the end of its JSON, whatever comes after."""

    def first(raw: bytes) -> bytes:
        try:
            _, end = json.JSONDecoder(object_pairs_hook=list).raw_decode(raw.decode())
        except ValueError:
            return raw
        return raw.decode()[:end].encode()

    _read(reference, first)


@FAULTS.add("json-comma-too-many", "COM-TXT-001")
def json_comma_too_many(reference: Reference) -> None:
    """A comma before a closing brace is overlooked."""
    _read(reference, lambda raw: re.sub(rb",\s*}$", b"}", raw))


@FAULTS.add("json-comments-read", "COM-TXT-001")
def json_comments_read(reference: Reference) -> None:
    """A comment before the JSON is overlooked."""
    _read(reference, lambda raw: re.sub(rb"^\s*/\*.*?\*/", b"", raw))


@FAULTS.add("json-raw-line-break-read", "COM-TXT-001")
def json_raw_line_break_read(reference: Reference) -> None:
    """A line break inside a string of the JSON is read as a space."""
    _read(reference, lambda raw: raw.replace(b"\n", b" "))


@FAULTS.add("invalid-utf8-replaced", "COM-TXT-002")
def invalid_utf8_replaced(reference: Reference) -> None:
    """Bytes that are no UTF-8 are replaced."""
    _read(reference, lambda raw: raw.decode("utf-8", "replace").encode())


@FAULTS.add("shift-jis-read", "COM-TXT-002")
def shift_jis_read(reference: Reference) -> None:
    """A body that is no UTF-8 is read as Shift_JIS where it can be."""

    def guessed(raw: bytes) -> bytes:
        try:
            raw.decode("utf-8", "strict")
        except UnicodeDecodeError:
            pieces = re.split(rb"(\x8e\x52\x93\x63)", raw)
            return b"".join(piece.decode("cp932").encode() if n % 2 else piece for n, piece in enumerate(pieces))
        return raw

    _read(reference, guessed)


@FAULTS.add("lone-surrogate-replaced", "COM-TXT-002")
def lone_surrogate_replaced(reference: Reference) -> None:
    """An escape that gives half of a surrogate pair is read as a replacement character."""
    _read(reference, lambda raw: raw.replace(b"\\ud800", b"\\ufffd"))


def _pairs(reference: Reference, may_repeat: Callable[[list[tuple[str, Any]]], bool]) -> None:
    """Objects with a name twice are read, the last value counting."""

    def lenient(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs) and not may_repeat(pairs):
            raise ValueError("a name stands twice")
        return found

    def make(decode: Method) -> Method:
        def read(raw: bytes) -> Any:
            try:
                return decode(raw)
            except Exception:
                try:
                    return json.loads(raw, object_pairs_hook=lenient, parse_constant=_none)
                except (ValueError, RecursionError):
                    pass
                raise

        return read

    revise(reference.pipeline, "decode", make)


def _none(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


@FAULTS.add("name-twice-last-counts", "COM-TXT-003")
def name_twice_last_counts(reference: Reference) -> None:
    """Of a member that stands twice the last one counts."""
    _pairs(reference, lambda pairs: True)


@FAULTS.add("name-twice-inside-last-counts", "COM-TXT-003")
def name_twice_inside_last_counts(reference: Reference) -> None:
    """Of a member that stands twice in an object inside the body the last one counts."""
    inner = {"family", "value", "postal_code", "text", "municipality_code"}
    _pairs(reference, lambda pairs: bool(inner & {name for name, _ in pairs}))


def _as_large(reference: Reference, limit: int) -> None:
    """Bodies may be larger, up to a limit."""

    def concerns(call: Call) -> bool:
        announced = call.request.joined("content-length") or "0"
        return int(announced) > 1 << 20

    replace(reference.pipeline, "limit", lambda _: lambda call: limit, concerns)


@FAULTS.add("body-of-10-mib-read", "COM-TXT-004")
def body_of_10_mib_read(reference: Reference) -> None:
    """A body may have 10 MiB."""
    _as_large(reference, 10 << 20)


@FAULTS.add("body-a-little-larger-read", "COM-TXT-004")
def body_a_little_larger_read(reference: Reference) -> None:
    """A body may have 1 MiB and the length of its headers."""
    _as_large(reference, (1 << 20) + 4096)


def _stripped(reference: Reference, characters: str) -> None:
    """Some control characters are dropped from what is read, and the rest is carried out."""
    dropped = re.compile(f"[{characters}]")

    def make(decode: Method) -> Method:
        return lambda raw: _texts(decode(raw), lambda text: dropped.sub("", text))

    revise(reference.pipeline, "decode", make)


@FAULTS.add("control-characters-dropped", "COM-TXT-005")
def control_characters_dropped(reference: Reference) -> None:
    """Control characters are dropped, and the rest is carried out."""
    _stripped(reference, "\x00-\x1f\x7f-\x9f")


@FAULTS.add("c1-control-characters-dropped", "COM-TXT-005")
def c1_control_characters_dropped(reference: Reference) -> None:
    """The control characters beyond ASCII are dropped, and the rest is carried out."""
    _stripped(reference, "\x80-\x9f")


@FAULTS.add("tab-dropped", "COM-TXT-005")
def tab_dropped(reference: Reference) -> None:
    """A tab is dropped, and the rest is carried out."""
    _stripped(reference, "\t")


def _measured(reference: Reference, longer: Altered, *names: str) -> None:
    """Lengths are counted as if a text were `longer`; with names only those of these members."""

    def long(value: Any, name: str = "") -> Any:
        if isinstance(value, str):
            return longer(value) if not names or name in names else value
        if isinstance(value, dict):
            return {key: long(item, key) for key, item in value.items()}
        return [long(item, name) for item in value] if isinstance(value, list) else value

    def make(violations: Method) -> Method:
        def found(call: Call) -> tuple[Violation, ...]:
            own: tuple[Violation, ...] = violations(call)
            body = long(call.body)
            if own or body == call.body:
                return own
            kept, call.body = call.body, body
            try:
                return tuple(violation for violation in violations(call) if violation.code == "length")
            finally:
                call.body = kept

        return found

    revise(reference.pipeline, "violations", make)


@FAULTS.add("length-in-utf-16", "COM-TXT-006")
def length_in_utf_16(reference: Reference) -> None:
    """The length of a text is counted in UTF-16 units."""
    _measured(reference, lambda text: re.sub("[\U00010000-\U0010ffff]", "〓〓", text))


@FAULTS.add("length-in-utf-16-of-lots", "COM-TXT-006")
def length_in_utf_16_of_lots(reference: Reference) -> None:
    """The length of the last part of an address is counted in UTF-16 units."""
    _measured(reference, lambda text: re.sub("[\U00010000-\U0010ffff]", "〓〓", text), "lot")


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
    """Ideographs outside the basic plane are replaced by the geta mark."""
    _named(reference, lambda text: re.sub("[\U00020000-\U0003ffff]", "〓", text))


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
            return {key: _texts(item, altered) if key == "name" else names(item, key) for key, item in value.items()}
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
    _elsewhere(reference, "/households/", lambda text: re.sub("[\U000e0100-\U000e01ef]", "", text))


@FAULTS.add("names-in-households-as-registered", "COM-TXT-012")
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
