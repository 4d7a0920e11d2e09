"""Bodies of answers against their schemas. One validation, whose errors belong to four separate requirements.

A value outside its schema, a property that is not declared, a wrong check digit, a time in another form: each is the
concern of one rule only, so that one mistake of a system fails one requirement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from conformance.catalogue.operations import Operation
from conformance.expression import MISSING
from conformance.rules.failure import Failure, Result, shown
from conformance.rules.knowledge import IDENTIFIER_FORMATS, Knowledge
from conformance.rules.registry import SUCCESSES, exchange_rule
from conformance.seen import Seen

_MOST_ERRORS = 1000
_UNDECLARED = frozenset({"AdditionalProperties", "UnevaluatedProperties"})


class _Fault(NamedTuple):
    rule: str
    place: str
    text: str
    value: Any


def _classified(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> tuple[_Fault, ...] | None:
    """The faults of a successful answer's body, or None where there is nothing to validate. Kept on `seen`."""
    kept = seen.__dict__.get("_faults", MISSING)
    if kept is not MISSING:
        return kept  # type: ignore[no-any-return]
    result = _validate(seen, operation, knowledge)
    seen.__dict__["_faults"] = result
    return result


def _validate(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> tuple[_Fault, ...] | None:
    if operation is None or seen.response is None or not 200 <= seen.response.status < 300 or seen.method == "HEAD":
        return None
    lines = seen.media_type == "application/x-ndjson"
    if not (seen.is_json or lines) or seen.body is MISSING or seen.response.truncated:
        return None
    validator = knowledge.body_validator(operation, seen.response.status, seen.media_type)
    if validator is None:
        return None
    values = seen.body if lines else [seen.body]
    if all(validator.is_valid(value) for value in values):
        return ()
    errors = list(islice((error for value in values for error in validator.iter_errors(value)), _MOST_ERRORS))
    return _faults(errors)


def _faults(errors: list[Any]) -> tuple[_Fault, ...]:
    found = []
    for error in _causes(errors):
        kind = type(error.kind).__name__.removeprefix("ValidationErrorKind_")
        found.append(_Fault(_rule_of(kind, error.kind), _pointer(error.instance_path), error.message, error.instance))
    found = _one_cause(found)
    others = [fault for fault in found if fault.rule != "undeclared-property"]
    # A property that fails its schema also counts as unevaluated: then only the first cause is told.
    return tuple(others or found)


def _one_cause(found: list[_Fault]) -> list[_Fault]:
    """Of a value with two faults the one that says more: a moment in another form, a number that is no number at all.

    A date-time breaks its pattern whenever it breaks its format; a number of another form has no check digit.
    """
    moments = {fault.place for fault in found if fault.rule == "timestamps"}
    shapeless = {fault.place for fault in found if fault.rule == "response-schema"} - moments
    return [
        fault
        for fault in found
        if not (fault.rule == "response-schema" and fault.place in moments)
        and not (fault.rule == "identifier-check-digits" and fault.place in shapeless)
    ]


def _causes(errors: Iterable[Any]) -> Iterator[Any]:
    """The errors themselves; in place of "none of several" those of the alternative that was most probably meant."""
    for error in errors:
        branches: list[list[Any]] = [b for b in getattr(error.kind, "context", None) or () if b]
        if branches:
            nearest: list[Any] = min(branches, key=_distance)
            yield from _causes(nearest)
        else:
            yield error


def _distance(branch: list[Any]) -> tuple[bool, int]:
    """How far a value is from one alternative: a constant that differs says that another one was meant."""
    kinds = [type(error.kind).__name__.removeprefix("ValidationErrorKind_") for error in branch]
    return any(kind in {"Constant", "Type"} for kind in kinds), len(branch)


def _rule_of(kind: str, detail: Any) -> str:
    if kind in _UNDECLARED:
        return "undeclared-property"
    if kind == "Format":
        name = getattr(detail, "format", "")
        if name in IDENTIFIER_FORMATS:
            return "identifier-check-digits"
        if name == "date-time":
            return "timestamps"
    return "response-schema"


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _result(rule: str, ja: str, en: str, expected: str, faults: tuple[_Fault, ...]) -> Result:
    own = [fault for fault in faults if fault.rule == rule]
    if not own:
        return True
    first = min(own, key=lambda fault: (len(fault.place), fault.place, fault.text))
    more = f" (+{len(own) - 1})" if len(own) > 1 else ""
    return Failure(ja, en, expected, f"{first.place or '/'}: {shown(first.text)}{more}")


@exchange_rule("response-schema", SUCCESSES, of_operations=True)
def response_schema(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """The body of a success matches its declared schema."""
    faults = _classified(seen, operation, knowledge)
    if faults is None:
        return None
    return _result(
        "response-schema",
        "応答本文が文書のスキーマに適合しません。",
        "The body of the answer does not match its schema.",
        "a value as the schema of the document says",
        faults,
    )


@exchange_rule("undeclared-property", SUCCESSES, of_operations=True)
def undeclared_property(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """A success carries no property that its closed schema does not declare."""
    faults = _classified(seen, operation, knowledge)
    if faults is None or any(fault.rule == "response-schema" for fault in faults):
        return None
    return _result(
        "undeclared-property",
        "応答本文に、文書に宣言のない項目が含まれています。",
        "The body of the answer has a property that the document does not declare.",
        "declared properties only",
        faults,
    )


@exchange_rule("identifier-check-digits", SUCCESSES, of_operations=True)
def identifier_check_digits(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """Identifiers in a success have right check digits."""
    faults = _classified(seen, operation, knowledge)
    if faults is None:
        return None
    return _result(
        "identifier-check-digits",
        "応答に含まれる番号の検査数字が正しくありません。",
        "An identifier in the answer has a wrong check digit.",
        "an identifier with its check digit",
        faults,
    )


@exchange_rule("timestamps", SUCCESSES, of_operations=True)
def timestamps(seen: Seen, operation: Operation | None, knowledge: Knowledge) -> Result:
    """Date-times in a success are RFC 3339 with the offset that the common specification prescribes."""
    faults = _classified(seen, operation, knowledge)
    if faults is None:
        return None
    return _result(
        "timestamps",
        "応答の日時がRFC 3339(+09:00)の形式ではありません。",
        "A date-time in the answer is not RFC 3339 with +09:00.",
        "YYYY-MM-DDThh:mm:ss+09:00",
        faults,
    )
