"""Faults of reading: what is no JSON is read, what is too large is taken, lengths are counted otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Violation
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Altered = Callable[[str], str]


def texts(value: Any, altered: Altered) -> Any:
    """A JSON value with every text altered; names of members stay."""
    if isinstance(value, str):
        return altered(value)
    if isinstance(value, dict):
        return {name: texts(item, altered) for name, item in value.items()}
    return [texts(item, altered) for item in value] if isinstance(value, list) else value


def _read(reference: Reference, mended: Callable[[bytes], bytes]) -> None:
    """Bodies are mended before they are read."""
    revise(reference.pipeline, "decode", lambda decode: lambda raw: decode(mended(raw)))


@FAULTS.add("json-followed-by-text", "COM-TXT-001")
def json_followed_by_text(reference: Reference) -> None:
    """A body is read up to the end of its JSON, whatever comes after."""

    def first(raw: bytes) -> bytes:
        try:
            _, end = json.JSONDecoder(object_pairs_hook=list).raw_decode(raw.decode())
        except (ValueError, RecursionError):
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


@FAULTS.add("json-raw-line-break-read", "COM-TXT-001", "COM-ERR-009")
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
                    value = json.loads(raw, object_pairs_hook=lenient, parse_constant=_none)
                    json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is still refused
                    return value
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
        return call.service == ResidentRegistry.name and int(announced) > 1 << 20

    replace(reference.pipeline, "body_limit", lambda _: lambda call: limit, concerns)


@FAULTS.add("body-of-10-mib-read", "COM-TXT-004")
def body_of_10_mib_read(reference: Reference) -> None:
    """A body may have 10 MiB."""
    _as_large(reference, 10 << 20)


@FAULTS.add("body-a-little-larger-read", "COM-TXT-004")
def body_a_little_larger_read(reference: Reference) -> None:
    """A body may have 1 MiB and the length of its headers."""
    _as_large(reference, (1 << 20) + 4096)


def _stripped(reference: Reference, characters: str) -> None:
    """Some control characters are dropped from what the registry reads, and the rest is carried out."""
    dropped = re.compile(f"[{characters}]")

    def make(content: Method) -> Method:
        def read(call: Call) -> Any:
            value = content(call)
            if call.service != ResidentRegistry.name:
                return value
            return texts(value, lambda text: dropped.sub("", text))

        return read

    revise(reference.pipeline, "content", make)


@FAULTS.add("escapes-dropped", "COM-TXT-005")
def escapes_dropped(reference: Reference) -> None:
    """Escapes, deletions and backspaces are dropped, and the rest is carried out."""
    _stripped(reference, "\x08\x1b\x7f")


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
        def found(call: Call, body: Any) -> tuple[Violation, ...]:
            own: tuple[Violation, ...] = violations(call, body)
            longer_body = long(body)
            if own or longer_body == body:
                return own
            return tuple(violation for violation in violations(call, longer_body) if violation.code == "length")

        return found

    revise(reference.pipeline, "violations", make)


@FAULTS.add("length-in-utf-16", "COM-TXT-006", "COM-TXT-014")
def length_in_utf_16(reference: Reference) -> None:
    """The length of a text is counted in UTF-16 units."""
    _measured(reference, lambda text: re.sub("[\U00010000-\U0010ffff]", "〓〓", text))


@FAULTS.add("length-in-utf-16-of-lots", "COM-TXT-006", "COM-TXT-014")
def length_in_utf_16_of_lots(reference: Reference) -> None:
    """The length of the last part of an address is counted in UTF-16 units."""
    _measured(reference, lambda text: re.sub("[\U00010000-\U0010ffff]", "〓〓", text), "lot")
