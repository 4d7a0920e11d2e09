"""Faults of the examination of content: too lenient, or too strict."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.operations import Operation, Parameter
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Violation
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def overlooked(reference: Reference, operation: str, code: str, pointer: str) -> None:
    """Violations of one kind at some places (a regular expression) of one operation are overlooked."""

    def make(violations: Method) -> Method:
        def lenient(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            if call.operation.id != operation:
                return found
            return tuple(v for v in found if v.code != code or not re.fullmatch(pointer, v.pointer or ""))

        return lenient

    revise(reference.pipeline, "violations", make)


def _read_as(reference: Reference, operation: str, alter: Callable[[Any], Any]) -> None:
    """The content of one operation is altered before it is examined."""

    def make(content: Method) -> Method:
        def altered(call: Call) -> Any:
            body = content(call)
            return alter(body) if call.operation.id == operation and isinstance(body, dict) else body

        return altered

    revise(reference.pipeline, "content", make)


def _member(name: str, alter: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda body: {**body, name: alter(body[name])} if name in body else body


def _text(alter: Callable[[str], str]) -> Callable[[Any], Any]:
    return lambda value: alter(value) if isinstance(value, str) else value


@FAULTS.add("cancellation-without-reason", "COM-VAL-001")
def cancellation_without_reason(reference: Reference) -> None:
    """A notification can be cancelled without a reason."""
    overlooked(reference, "cancelNotification", "missing", "/reason")


@FAULTS.add("second-level-not-required", "COM-VAL-001")
def second_level_not_required(reference: Reference) -> None:
    """Of a destination, a required property below the top, the text may be missing."""
    overlooked(reference, "registerMoveOut", "missing", "/destination/[a-z_]+")


@FAULTS.add("truth-as-text", "COM-VAL-002")
def truth_as_text(reference: Reference) -> None:
    """Whether a certificate shows a number may be said by the text "true" or by 1."""
    overlooked(reference, "issueCertificate", "type", "/include_[a-z_]+")


@FAULTS.add("reason-of-any-type", "COM-VAL-002")
def reason_of_any_type(reference: Reference) -> None:
    """A reason that is a number is taken for the text that it would print as."""
    _read_as(reference, "readIndividualNumber", _member("reason", lambda v: str(v) if isinstance(v, int) else v))


@FAULTS.add("null-as-left-out", "COM-VAL-002")
def null_as_left_out(reference: Reference) -> None:
    """A property of a move-in that is null counts as left out."""
    _read_as(reference, "registerMoveIn", _member("new_address", _without_null))


def _without_null(value: Any) -> Any:
    return {name: item for name, item in value.items() if item is not None} if isinstance(value, dict) else value


@FAULTS.add("long-reason-cut", "COM-VAL-003")
def long_reason_cut(reference: Reference) -> None:
    """The reason of a correction is cut at its greatest length in silence."""
    _read_as(reference, "correctResident", _member("reason", _text(lambda text: text[:200])))


@FAULTS.add("number-with-a-digit-more", "COM-VAL-003")
def number_with_a_digit_more(reference: Reference) -> None:
    """An Individual Number to look up is read as far as twelve digits go; what follows is not looked at."""
    _read_as(reference, "lookUpResident", _member("individual_number", _text(lambda text: text[:12])))


@FAULTS.add("empty-reason", "COM-VAL-003")
def empty_reason(reference: Reference) -> None:
    """The reason of an inquiry may be empty: it is kept as a dash."""
    _read_as(reference, "readIndividualNumber", _member("reason", _text(lambda text: text or "-")))


@FAULTS.add("postal-code-in-any-digits", "COM-VAL-004")
def postal_code_in_any_digits(reference: Reference) -> None:
    """A postal code in full-width digits is taken, and stored in half-width ones."""

    def narrow(address: Any) -> Any:
        return _member("postal_code", _text(_narrow))(address) if isinstance(address, dict) else address

    _read_as(reference, "registerAddressChange", _member("new_address", narrow))


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


@FAULTS.add("id-with-space", "COM-VAL-004")
def id_with_space(reference: Reference) -> None:
    """The id of a resident whose certificate is asked for may have white space around it, which is dropped."""
    _read_as(reference, "issueCertificate", _member("resident_id", _text(str.strip)))


@FAULTS.add("kind-without-regard-to-case", "COM-VAL-005")
def kind_without_regard_to_case(reference: Reference) -> None:
    """The kind of a certificate may be written in capitals."""
    _read_as(reference, "issueCertificate", _member("kind", _text(str.lower)))


@FAULTS.add("country-with-space", "COM-VAL-005")
def country_with_space(reference: Reference) -> None:
    """A space behind a country code is overlooked in a correction."""
    _read_as(reference, "correctResident", _member("nationality", _text(str.rstrip)))


@FAULTS.add("unknown-category-as-other", "COM-VAL-005")
def unknown_category_as_other(reference: Reference) -> None:
    """A protection of a category that is not listed is stored as one of the category other."""
    known = ("domestic_violence", "stalking", "child_abuse", "other")
    alter = _text(lambda text: text if text in known else "other")
    _read_as(reference, "putProtection", _member("category", alter))


@FAULTS.add("same-resident-twice", "COM-VAL-007")
def same_resident_twice(reference: Reference) -> None:
    """An export may name a resident twice; once is written."""
    _read_as(reference, "createExport", _member("resident_ids", _unlike))


def _unlike(value: Any) -> Any:
    return list(dict.fromkeys(value)) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value


@FAULTS.add("nobody-named-as-everybody", "COM-VAL-007")
def nobody_named_as_everybody(reference: Reference) -> None:
    """An export that names nobody is taken for one of everybody."""

    def everybody(body: Any) -> Any:
        return {name: item for name, item in body.items() if not (name == "resident_ids" and item == [])}

    _read_as(reference, "createExport", everybody)


@FAULTS.add("unknown-properties-dropped", "COM-VAL-008")
def unknown_properties_dropped(reference: Reference) -> None:
    """A property that no document declares is dropped from a death notification in silence."""
    overlooked(reference, "registerDeath", "unknown", ".*")


@FAULTS.add("unknown-properties-dropped-inside", "COM-VAL-008")
def unknown_properties_dropped_inside(reference: Reference) -> None:
    """Only inside the previous address, an undeclared property is dropped."""
    overlooked(reference, "registerMoveIn", "unknown", "/previous_address/.*")


@FAULTS.add("no-content-as-everybody-today", "COM-VAL-009")
def no_content_as_everybody_today(reference: Reference) -> None:
    """An export without content is one of everybody who is active today."""

    def make(implied: Method) -> Method:
        def today(call: Call) -> Any:
            if call.operation.id != "createExport":
                return implied(call)
            return {"as_of": reference.the(ResidentRegistry).register.today}

        return today

    revise(reference.pipeline, "implied", make)


def _header(reference: Reference, alter: Callable[[Call, tuple[Violation, ...]], tuple[Violation, ...]]) -> None:
    """What is wrong with Access-Purpose is seen in another way."""

    def make(check: Method) -> Method:
        def other(call: Call, parameter: Parameter) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = check(call, parameter)
            return alter(call, found) if parameter.name == "Access-Purpose" else found

        return other

    revise(reference.pipeline, "check_header", make)


@FAULTS.add("household-without-purpose", "COM-VAL-010")
def household_without_purpose(reference: Reference) -> None:
    """A household can be read without a purpose."""

    def alter(call: Call, found: tuple[Violation, ...]) -> tuple[Violation, ...]:
        return tuple(v for v in found if v.code != "missing" or call.operation.id != "getHousehold")

    _header(reference, alter)


@FAULTS.add("purpose-of-any-form", "COM-VAL-011")
def purpose_of_any_form(reference: Reference) -> None:
    """The purpose of a search may have any form."""

    def alter(call: Call, found: tuple[Violation, ...]) -> tuple[Violation, ...]:
        return tuple(v for v in found if v.code == "missing" or call.operation.id != "searchResidents")

    _header(reference, alter)


def _query(reference: Reference, alter: Callable[[Operation, Parameter, list[str], Any], Any]) -> None:
    """The value of a query parameter is found in another way."""

    def make(value: Method) -> Method:
        return lambda operation, parameter, texts: alter(
            operation, parameter, texts, value(operation, parameter, texts)
        )

    revise(reference.pipeline, "query_value", make)


@FAULTS.add("day-of-any-form-is-today", "COM-VAL-011")
def day_of_any_form_is_today(reference: Reference) -> None:
    """A household as of a day that is none is read as of today."""

    def alter(operation: Operation, parameter: Parameter, texts: list[str], found: Any) -> Any:
        if operation.id != "getHousehold" or parameter.name != "as_of" or not found[1] or len(texts) > 1:
            return found
        return reference.the(ResidentRegistry).register.today, ()

    _query(reference, alter)


@FAULTS.add("status-without-regard-to-case", "COM-VAL-011")
def status_without_regard_to_case(reference: Reference) -> None:
    """The status by which a search selects may be written in capitals."""

    def alter(operation: Operation, parameter: Parameter, texts: list[str], found: Any) -> Any:
        if parameter.name != "status" or not found[1] or len(texts) > 1:
            return found
        return parameter.value([texts[0].lower()])

    _query(reference, alter)


def _known(reference: Reference, operation: str, more: Callable[[str], bool]) -> None:
    """Some undeclared query parameters of an operation are ignored."""

    def make(unknown: Method) -> Method:
        def lenient(asked: Operation, names: tuple[str, ...]) -> tuple[str, ...]:
            found: tuple[str, ...] = unknown(asked, names)
            return tuple(name for name in found if asked.id != operation or not more(name))

        return lenient

    revise(reference.pipeline, "unknown_parameters", make)


@FAULTS.add("unknown-parameters-ignored", "COM-VAL-012")
def unknown_parameters_ignored(reference: Reference) -> None:
    """Undeclared parameters of the reading of a certificate are ignored."""
    _known(reference, "getCertificate", lambda name: True)


@FAULTS.add("parameters-without-regard-to-case", "COM-VAL-012")
def parameters_without_regard_to_case(reference: Reference) -> None:
    """The parameters of a search are also found when they are written in capitals, and then without effect."""
    _known(reference, "searchResidents", lambda name: name.isupper())


@FAULTS.add("last-of-two-counts", "COM-VAL-014")
def last_of_two_counts(reference: Reference) -> None:
    """Of a parameter of the audit log that is given twice the last value counts."""

    def alter(operation: Operation, parameter: Parameter, texts: list[str], found: Any) -> Any:
        return parameter.value(texts[-1:]) if operation.id == "listAuditEntries" else found

    _query(reference, alter)


@FAULTS.add("first-of-two-limits-counts", "COM-VAL-014")
def first_of_two_limits_counts(reference: Reference) -> None:
    """Only a limit of a history that is given twice is taken, by its first value."""

    def alter(operation: Operation, parameter: Parameter, texts: list[str], found: Any) -> Any:
        mine = operation.id == "listResidentHistory" and parameter.name == "limit"
        return parameter.value(texts[:1]) if mine else found

    _query(reference, alter)


def _too_strict(reference: Reference, operation: str, name: str, refuse: Callable[[Any], bool]) -> None:
    """A valid value of one property is refused."""

    def make(violations: Method) -> Method:
        def strict(call: Call, body: Any) -> tuple[Violation, ...]:
            found: tuple[Violation, ...] = violations(call, body)
            value = body.get(name) if call.operation.id == operation and isinstance(body, dict) else None
            if found or value is None or not refuse(value):
                return found
            return (Violation("invalid", "受け付けられない値です / Not accepted", pointer=f"/{name}"),)

        return strict

    revise(reference.pipeline, "violations", make)


@FAULTS.add("reason-must-be-japanese", "COM-SCH-003")
def reason_must_be_japanese(reference: Reference) -> None:
    """The reason of a cancellation must be written without letters of the Latin alphabet."""
    _too_strict(reference, "cancelNotification", "reason", lambda text: any("a" <= c.lower() <= "z" for c in text))


@FAULTS.add("firewall-against-quotes", "COM-SCH-003")
def firewall_against_quotes(reference: Reference) -> None:
    """A reason of a correction with signs that a firewall takes for an attack is refused."""
    _too_strict(reference, "correctResident", "reason", lambda text: any(c in text for c in "'\"<>;&"))


@FAULTS.add("short-reason-refused", "COM-SCH-004")
def short_reason_refused(reference: Reference) -> None:
    """A reason of one character is too short for a cancellation, which the document allows."""
    _too_strict(reference, "cancelNotification", "reason", lambda text: len(text) < 2)


@FAULTS.add("last-country-refused", "COM-SCH-003")
def last_country_refused(reference: Reference) -> None:
    """The last of the listed countries, "not known", is refused in a correction."""
    _too_strict(reference, "correctResident", "nationality", lambda code: code == "XXX")


@FAULTS.add("hundred-is-too-many", "COM-SCH-004")
def hundred_is_too_many(reference: Reference) -> None:
    """The greatest limit that the document allows is refused for a history."""

    def alter(operation: Operation, parameter: Parameter, texts: list[str], found: Any) -> Any:
        if operation.id != "listResidentHistory" or parameter.name != "limit" or texts != ["100"]:
            return found
        return None, (Violation("range", "大きすぎます / Too large", parameter="limit"),)

    _query(reference, alter)
