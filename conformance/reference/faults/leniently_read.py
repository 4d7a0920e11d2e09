"""Faults of what all services share: contents and parameters that are read otherwise than they may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.operations import Operation, Parameter
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem, Violation

if TYPE_CHECKING:
    from conformance.reference.application import Reference


_REGISTRY = "resident-registry"


def _tidied(reference: Reference, tidy: Callable[[bytes], bytes]) -> None:
    """A content that cannot be read is read once more when it has been tidied up."""

    def make(decode: Method) -> Method:
        def lenient(raw: bytes) -> Any:
            try:
                return decode(raw)
            except Problem:
                return decode(tidy(raw))

        return lenient

    revise(reference.pipeline, "decode", make)


@FAULTS.add("content-stripped", "COM-TXT-001")
def content_stripped(reference: Reference) -> None:
    """Any white space around a content is dropped, not that of JSON only, but a form feed, too."""
    _tidied(reference, lambda raw: raw.strip())


@FAULTS.add("comma-behind-the-last-item", "COM-TXT-001")
def comma_behind_the_last_item(reference: Reference) -> None:
    """A comma behind the last item of an array is overlooked."""
    _tidied(reference, lambda raw: re.sub(rb",\s*\]", b"]", raw))


@FAULTS.add("comment-to-the-end-of-a-line", "COM-TXT-001")
def comment_to_the_end_of_a_line(reference: Reference) -> None:
    """A comment that goes from // to the end of a line is skipped."""
    _tidied(reference, lambda raw: re.sub(rb"(?m)^\s*//.*$", b"", raw))


@FAULTS.add("zeros-before-a-number", "COM-TXT-001")
def zeros_before_a_number(reference: Reference) -> None:
    """A number with zeros before it (010000) is read as the number."""
    _tidied(reference, lambda raw: re.sub(rb"([\[:,]\s*)0+(?=[1-9])", rb"\1", raw))


@FAULTS.add("tabs-within-a-text", "COM-ERR-009")
def tabs_within_a_text(reference: Reference) -> None:
    """A tab that stands in a text as it is does not make content malformed."""
    _tidied(reference, lambda raw: raw.replace(b"\t", b"\\t"))


@FAULTS.add("surrogates-the-other-way-round", "COM-TXT-002")
def surrogates_the_other_way_round(reference: Reference) -> None:
    """Two escaped surrogates in the wrong order are read as two question marks."""
    wrong = re.compile(rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}\\u[dD][89abAB][0-9a-fA-F]{2}")
    _tidied(reference, lambda raw: wrong.sub(b"??", raw))


@FAULTS.add("solidus-stays-escaped", "COM-TXT-015")
def solidus_stays_escaped(reference: Reference) -> None:
    """A solidus that is written as an escape of two characters keeps the backslash before it."""
    revise(
        reference.pipeline,
        "decode",
        lambda decode: lambda raw: decode(re.sub(rb"(?<!\\)\\/", rb"\\\\/", raw)),
    )


def _renamed(reference: Reference, rename: Callable[[Any], Any]) -> None:
    """A content of the registry is altered before it is looked at whether it fits the document."""

    def make(content: Method) -> Method:
        return lambda call: _each(content(call), rename) if call.service == _REGISTRY else content(call)

    revise(reference.pipeline, "content", make)


def _each(value: Any, rename: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        return [_each(item, rename) for item in value]
    return rename({name: _each(item, rename) for name, item in value.items()}) if isinstance(value, dict) else value


@FAULTS.add("names-in-any-letter-case", "COM-VAL-008")
def names_in_any_letter_case(reference: Reference) -> None:
    """The names of members are read by the registry whatever their letter case."""
    _renamed(reference, lambda found: {name.lower(): value for name, value in found.items()})


@FAULTS.add("names-in-camel-case", "COM-VAL-008")
def names_in_camel_case(reference: Reference) -> None:
    """The name of a member may be written in camel case in what the registry is sent, too."""
    _renamed(
        reference,
        lambda found: {
            re.sub(r"(?<=[a-z])([A-Z])", lambda m: f"_{m[1].lower()}", name): value for name, value in found.items()
        },
    )


@FAULTS.add("undeclared-null-dropped", "COM-VAL-008")
def undeclared_null_dropped(reference: Reference) -> None:
    """A member that no document declares is overlooked by the registry where it is null, but for a look-up."""

    def make(violations: Method) -> Method:
        def lenient(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            if call.service != _REGISTRY or call.operation.id == "lookUpResident":
                return found
            nulls = {f"/{name}" for name, value in body.items() if value is None} if isinstance(body, dict) else set()
            return tuple(one for one in found if not (one.code == "unknown" and one.pointer in nulls))

        return lenient

    revise(reference.pipeline, "violations", make)


@FAULTS.add("pointer-as-in-a-url", "COM-ERR-005")
def pointer_as_in_a_url(reference: Reference) -> None:
    """What is no ASCII, or a space, in the name of a member is percent-encoded in a pointer."""
    from dataclasses import replace as changed
    from urllib.parse import quote

    def make(violations: Method) -> Method:
        def encoded(call: Call, body: Any) -> tuple[Violation, ...]:
            return tuple(
                changed(one, pointer=quote(one.pointer or "", safe="/~$'<>&")) for one in violations(call, body)
            )

        return encoded

    revise(reference.pipeline, "violations", make)


def _shortened(reference: Reference, shorten: Callable[[str], str]) -> None:
    """What is too long is overlooked where it is not when it has been shortened."""

    def make(violations: Method) -> Method:
        def lenient(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            if call.service != _REGISTRY or not any(one.code == "length" for one in found):
                return found
            shorter = {one.pointer for one in violations(call, _texts(body, shorten)) if one.code == "length"}
            return tuple(one for one in found if one.code != "length" or one.pointer in shorter)

        return lenient

    revise(reference.pipeline, "violations", make)


def _texts(value: Any, shorten: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_texts(item, shorten) for item in value]
    if isinstance(value, dict):
        # How a birth date is noted has to agree with it: what is too long there breaks a rule, too.
        return {n: item if n == "notation" else _texts(item, shorten) for n, item in value.items()}
    return shorten(value) if isinstance(value, str) else value


@FAULTS.add("length-as-it-is-seen", "COM-VAL-003", "COM-SCH-001")
def length_as_it_is_seen(reference: Reference) -> None:
    """The greatest length counts what is seen, in the registry: variation selectors and marks do not count."""
    _shortened(reference, lambda text: re.sub("[\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]", "", text))


@FAULTS.add("length-without-spaces-at-the-end", "COM-VAL-003", "COM-SCH-001")
def length_without_spaces_at_the_end(reference: Reference) -> None:
    """The greatest length is looked at by the registry without the spaces at the end of a text."""
    _shortened(reference, lambda text: text.rstrip() or text)


@FAULTS.add("parameter-without-a-value-ignored", "COM-VAL-012")
def parameter_without_a_value_ignored(reference: Reference) -> None:
    """An undeclared parameter without a value is ignored."""

    def make(unknown: Method) -> Method:
        def lenient(operation: Operation, names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(name for name in unknown(operation, names) if name not in empty)

        return lenient

    empty: set[str] = set()

    def reading(texts: Method) -> Method:
        def read(request: Any, errors: list[Violation]) -> dict[str, list[str]]:
            found: dict[str, list[str]] = texts(request, errors)
            empty.clear()
            empty.update(name for name, values in found.items() if values == [""])
            return found

        return read

    revise(reference.pipeline, "query_texts", reading)
    revise(reference.pipeline, "unknown_parameters", make)


def _moments(reference: Reference, form: str, put: str) -> None:
    """A moment in a query may have another form, and is put into the right one."""

    def make(value: Method) -> Method:
        def lenient(operation: Operation, parameter: Parameter, texts: list[str]) -> Any:
            return value(operation, parameter, [re.sub(form, put, text) for text in texts])

        return lenient

    revise(reference.pipeline, "query_value", make)


@FAULTS.add("offset-without-a-colon", "COM-VAL-011")
def offset_without_a_colon(reference: Reference) -> None:
    """The offset of a moment in a query may be written without a colon."""
    _moments(reference, r"\+0900$", "+09:00")


@FAULTS.add("hour-24-taken", "COM-VAL-011")
def hour_24_taken(reference: Reference) -> None:
    """The hour 24 in a moment of a query is taken for the last one of the day."""
    _moments(reference, r"T24:00:00", "T23:59:59")


@FAULTS.add("fraction-behind-a-comma", "COM-VAL-011")
def fraction_behind_a_comma(reference: Reference) -> None:
    """The fraction of a second in a query may stand behind a comma, as ISO 8601 has it."""
    _moments(reference, r"(T\d\d:\d\d:\d\d),(\d)", r"\1.\2")


@FAULTS.add("date-by-its-week", "COM-VAL-011")
def date_by_its_week(reference: Reference) -> None:
    """A date in a query may be one of a week (2999-W14-3), as ISO 8601 has it."""
    _moments(reference, r"^(\d{4})-W14-\d$", r"\1-04-03")
