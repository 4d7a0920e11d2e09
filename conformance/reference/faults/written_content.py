"""Faults of how a content is read: names in escapes, surrogates, numbers, and which code says what is wrong with it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.faults.repeated_requests import _each
from conformance.reference.planting import Method, revise, rewrite
from conformance.reference.problems import Problem, Violation, invalid
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _decoding(reference: Reference, alter: Callable[[bytes, Method], Any]) -> None:
    revise(reference.pipeline, "decode", lambda decode: lambda raw: alter(raw, decode))


def _cesu(raw: bytes) -> bytes:
    try:
        text = raw.decode("utf-8", "surrogatepass")
        return text.encode("utf-16", "surrogatepass").decode("utf-16").encode()
    except UnicodeError:
        return raw


@FAULTS.add("surrogates-in-bytes-read", "COM-TXT-002")
def surrogates_in_bytes_read(reference: Reference) -> None:
    """A supplementary character that is sent as two surrogates of three bytes each (CESU-8) is read."""
    _decoding(reference, lambda raw, decode: decode(_cesu(raw)))


@FAULTS.add("half-surrogate-in-bytes-replaced", "COM-TXT-002")
def half_surrogate_in_bytes_replaced(reference: Reference) -> None:
    """Half of a surrogate pair in three bytes is read as the replacement character."""
    _decoding(reference, lambda raw, decode: decode(re.sub(rb"\xed[\xa0-\xbf][\x80-\xbf]", "\ufffd".encode(), raw)))


@FAULTS.add("escaped-names-unknown", "COM-TXT-015")
def escaped_names_unknown(reference: Reference) -> None:
    """The name of a member that is written in escapes is not known."""

    def alter(raw: bytes, decode: Method) -> Any:
        names = re.findall(rb'("[^"\\]*\\u[^"]*")\s*:', raw)
        for name in names:
            raw = raw.replace(name, b'"x-' + name[1:], 1)
        return decode(raw)

    _decoding(reference, alter)


@FAULTS.add("escaped-name-twice-read", "COM-TXT-003")
def escaped_name_twice_read(reference: Reference) -> None:
    """A member that stands twice, once written in escapes, is not noticed."""

    def alter(raw: bytes, decode: Method) -> Any:
        try:
            return decode(raw)
        except Problem:
            if re.search(rb'"[^"\\]*\\u[^"]*"\s*:', raw) is None:
                raise
            try:
                return json.loads(raw)
            except ValueError:
                raise Problem(400, "malformed_json", "本文がJSONとして読めません / Not well-formed JSON") from None

    _decoding(reference, alter)


@FAULTS.add("malformed-as-invalid", "COM-ERR-009")
def malformed_as_invalid(reference: Reference) -> None:
    """Content that is no JSON has the code invalid_request."""

    def alter(raw: bytes, decode: Method) -> Any:
        try:
            return decode(raw)
        except Problem:
            raise invalid((Violation("syntax", "JSONではありません / Not JSON", pointer=""),)) from None

    _decoding(reference, alter)


@FAULTS.add("invalid-as-malformed", "COM-ERR-009")
def invalid_as_malformed(reference: Reference) -> None:
    """A member of another type than declared has the code malformed_json, as where objects are read by their class."""

    def make(check: Method) -> Method:
        def checked(call: Call) -> None:
            try:
                check(call)
            except Problem as problem:
                if any(error.code == "type" for error in problem.errors):
                    raise Problem(400, "malformed_json", "読めません / Not readable", problem.errors) from None
                raise

        return checked

    revise(reference.pipeline, "check_body", make)


@FAULTS.add("deep-content-is-an-error", "COM-HTTP-002")
def deep_content_is_an_error(reference: Reference) -> None:
    """Content of more than five hundred arrays in one another ends in a server error."""

    def alter(raw: bytes, decode: Method) -> Any:
        if b"[" * 500 in raw:
            raise RecursionError
        return decode(raw)

    _decoding(reference, alter)


@FAULTS.add("long-number-is-an-error", "COM-HTTP-002")
def long_number_is_an_error(reference: Reference) -> None:
    """A number of more than twenty digits in the content ends in a server error."""

    def alter(raw: bytes, decode: Method) -> Any:
        if re.search(rb"[:\[,]\s*-?[0-9]{21}", raw):
            raise OverflowError
        return decode(raw)

    _decoding(reference, alter)


def _path_is_an_error(reference: Reference, sign: str) -> None:
    def make(route: Method) -> Method:
        def routed(service: Any, request: Request) -> Any:
            if re.search(sign, request.path, re.IGNORECASE):
                raise ValueError("not stored")
            return route(service, request)

        return routed

    revise(reference.pipeline, "route", make)


@FAULTS.add("nul-in-id-is-an-error", "COM-HTTP-002")
def nul_in_id_is_an_error(reference: Reference) -> None:
    """An id in the path with the character NUL ends in a server error, as the database does not take it."""
    _path_is_an_error(reference, "%00")


def _placed(reference: Reference, alter: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """The places at fault that a problem names are others; `alter` gives None for none."""

    def told(request: Request, answer: Answer) -> Answer:
        if answer.status >= 400 and isinstance(answer.body, dict) and "errors" in answer.body:
            found = [place for place in map(alter, answer.body.pop("errors")) if place is not None]
            if found:
                answer.body["errors"] = found
        return answer

    rewrite(reference, told)


@FAULTS.add("pointers-unescaped", "COM-ERR-005", "COM-ERR-002")
def pointers_unescaped(reference: Reference) -> None:
    """A slash or a tilde in the name of a member is written into a pointer as it is."""
    _placed(
        reference,
        lambda e: {**e, "pointer": e["pointer"].replace("~1", "/").replace("~0", "~")} if "pointer" in e else e,
    )


@FAULTS.add("missing-key-without-place", "COM-ERR-005")
def missing_key_without_place(reference: Reference) -> None:
    """A request without Idempotency-Key, or with one of another form, is not told what is at fault."""
    _placed(reference, lambda e: None if e.get("parameter") == "Idempotency-Key" else e)


def _moved_in(reference: Reference, altered: Callable[[str], str]) -> None:
    def make(name_of: Method) -> Method:
        return lambda member: {
            part: _each(text, lambda t: altered(t) if isinstance(t, str) else t)
            for part, text in name_of(member).items()
        }

    revise(reference.the(ResidentRegistry).move_ins, "name", make)


@FAULTS.add("hentaigana-lost", "COM-TXT-008")
def hentaigana_lost(reference: Reference) -> None:
    """Characters of the first supplementary plane (kana of old forms) become the geta mark in names."""
    _moved_in(reference, lambda text: "".join("〓" if 0x10000 <= ord(c) < 0x1FFFE else c for c in text))


@FAULTS.add("rare-compatibility-ideographs-replaced", "COM-TXT-007")
def rare_compatibility_ideographs_replaced(reference: Reference) -> None:
    """The compatibility ideographs that were added last (U+FA6B to U+FAD9) are replaced by the unified ones."""
    _moved_in(reference, lambda text: re.sub("[\ufa6b-\ufad9]", lambda m: unicodedata.normalize("NFC", m[0]), text))


@FAULTS.add("far-variation-selectors-dropped", "COM-TXT-009")
def far_variation_selectors_dropped(reference: Reference) -> None:
    """Variation selectors from the fifth ideographic one on (U+E0104) are dropped from names."""
    _moved_in(reference, lambda text: re.sub("[\U000e0104-\U000e01ef]", "", text))
