"""Faults of official numbers, and of the ids that the system gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise, rewrite
from conformance.reference.problems import Problem, Violation, rule
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_WEIGHTS = {
    "individual-number": (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2),
    "resident-code": (5, 4, 3, 2, 7, 6, 5, 4, 3, 2),
    "local-government-code": (6, 5, 4, 3, 2),
}


def _remainder(kind: str, value: str) -> int:
    """The remainder from which the check digit is derived."""
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS[kind], value, strict=False)) % 11


def _judged(reference: Reference, kind: str, judge: Any) -> None:
    """One kind of number is checked in another way: `judge(check, value, pointer)`."""

    def make(check: Method) -> Method:
        def other(checked: str, value: str, pointer: str) -> None:
            if checked == kind:
                judge(lambda: check(checked, value, pointer), value, pointer)
            else:
                check(checked, value, pointer)

        return other

    revise(reference.the(ResidentRegistry).rules, "check_number", make)


def _unchecked(reference: Reference, kind: str, lenient: Any = lambda value, pointer: True) -> None:
    """One kind of number is not checked where `lenient` says so."""

    def judge(check: Any, value: str, pointer: str) -> None:
        if not lenient(value, pointer):
            check()

    _judged(reference, kind, judge)


@FAULTS.add("individual-number-unchecked", "COM-IDN-002")
def individual_number_unchecked(reference: Reference) -> None:
    """An Individual Number with a wrong check digit is accepted."""
    _unchecked(reference, "individual-number")


@FAULTS.add("individual-number-of-others-unchecked", "COM-IDN-002")
def individual_number_of_others_unchecked(reference: Reference) -> None:
    """Of several people who move in together only the first one's Individual Number is checked."""
    _unchecked(
        reference,
        "individual-number",
        lambda value, pointer: pointer.startswith("/members/") and not pointer.startswith("/members/0/"),
    )


@FAULTS.add("individual-number-with-small-remainder-unchecked", "COM-IDN-002")
def individual_number_small_remainders_unchecked(reference: Reference) -> None:
    """An Individual Number is taken with any check digit where the remainder is 0 or 1."""
    _unchecked(reference, "individual-number", lambda value, pointer: _remainder("individual-number", value) <= 1)


@FAULTS.add("individual-number-checked-as-syntax", "COM-IDN-002")
def individual_number_checked_as_syntax(reference: Reference) -> None:
    """A wrong check digit of an Individual Number in a move-in is refused under the general code."""

    def judge(check: Any, value: str, pointer: str) -> None:
        try:
            check()
        except Problem:
            if not pointer.startswith("/members/"):
                raise
            raise rule("unprocessable", "番号が正しくありません / Not a number", pointer) from None

    _judged(reference, "individual-number", judge)


@FAULTS.add("resident-code-unchecked", "COM-IDN-003")
def resident_code_unchecked(reference: Reference) -> None:
    """A resident code with a wrong check digit is accepted."""
    _unchecked(reference, "resident-code")


@FAULTS.add("resident-code-unchecked-in-look-ups", "COM-IDN-003")
def resident_code_unchecked_in_look_ups(reference: Reference) -> None:
    """Whoever is looked up by a resident code with a wrong check digit is not found, and nothing is said of it."""
    _unchecked(reference, "resident-code", lambda value, pointer: pointer == "/resident_code")


@FAULTS.add("resident-code-last-digit-nine-unchecked", "COM-IDN-003")
def resident_code_last_digit_nine_unchecked(reference: Reference) -> None:
    """A resident code that ends in 9 is not checked."""
    _unchecked(reference, "resident-code", lambda value, pointer: value[-1] == "9")


@FAULTS.add("local-government-code-unchecked", "COM-IDN-004")
def local_government_code_unchecked(reference: Reference) -> None:
    """A local government code with a wrong check digit is accepted."""
    _unchecked(reference, "local-government-code")


@FAULTS.add("destination-code-unchecked", "COM-IDN-004")
def destination_code_unchecked(reference: Reference) -> None:
    """The local government code of the place that somebody moves to is not checked."""
    _unchecked(reference, "local-government-code", lambda value, pointer: pointer.startswith("/destination"))


def _numbers_out(reference: Reference, alter: Any) -> None:
    """Answers pass through `alter(request, body)`, which gives the body as it goes out."""

    def changed(request: Request, answer: Answer) -> Answer:
        if 200 <= answer.status < 300 and isinstance(answer.body, dict):
            answer.body = alter(request, answer.body)
        return answer

    rewrite(reference, changed)


def _spoilt(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)


@FAULTS.add("municipality-code-spoilt-in-search", "COM-IDN-001", "RR-RES-014")
def municipality_code_spoilt(reference: Reference) -> None:
    """A search shows municipality codes with another check digit."""

    def line(resident: dict[str, Any]) -> dict[str, Any]:
        address = resident["address"]
        return {**resident, "address": {**address, "municipality_code": _spoilt(address["municipality_code"])}}

    def spoil(request: Request, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "results": list(map(line, body["results"]))} if request.path.endswith("/residents") else body

    _numbers_out(reference, spoil)


@FAULTS.add("unknown-id-of-other-form-invalid", "COM-IDN-005")
def unknown_id_of_other_form_invalid(reference: Reference) -> None:
    """An id in a path that is not of the form of the system's own ids is a 400."""

    def check(call: Call) -> list[Violation]:
        if call.service != ResidentRegistry.name:
            return []
        foreign = [name for name, value in call.path.items() if not (value.isalpha() and len(value) == 20)]
        return [Violation("pattern", "書式が違います / Not an id", parameter=name) for name in foreign]

    revise(reference.pipeline, "check_path", lambda _: check)


@FAULTS.add("unknown-household-invalid", "COM-IDN-005")
def unknown_household_invalid(reference: Reference) -> None:
    """The read of a household that there is not is a 400."""

    def check(call: Call) -> list[Violation]:
        household = call.path.get("household_id")
        known = reference.the(ResidentRegistry).register.placements
        if call.service != ResidentRegistry.name or household is None or household.lower() in known:
            return []
        return [Violation("unknown", "世帯がありません / No such household", parameter="household_id")]

    revise(reference.pipeline, "check_path", lambda _: check)


def _any_case(reference: Reference, *names: str) -> None:
    """Ids in paths are taken in any case."""

    def make(route: Method) -> Method:
        def lower(service: Any, request: Request) -> Any:
            operation, path = route(service, request)
            return operation, {k: v.lower() if k in names else v for k, v in path.items()}

        return lower

    revise(reference.pipeline, "route", make)


@FAULTS.add("ids-in-any-case", "COM-IDN-006")
def ids_in_any_case(reference: Reference) -> None:
    """Ids in paths are compared without regard to case."""
    _any_case(reference, "resident_id", "household_id", "notification_id", "certificate_id", "export_id")


@FAULTS.add("certificate-ids-in-any-case", "COM-IDN-006")
def certificate_ids_in_any_case(reference: Reference) -> None:
    """The id of a certificate is compared without regard to case."""
    _any_case(reference, "certificate_id")


@FAULTS.add("leading-zero-lost-of-resident-code", "COM-IDN-007", "COM-SCH-001")
def leading_zero_lost_of_resident_code(reference: Reference) -> None:
    """A resident code that begins with 0 comes back without it."""

    def make(body: Method) -> Method:
        def short(entry: Any) -> dict[str, Any]:
            shown: dict[str, Any] = body(entry)
            return {**shown, "resident_code": shown["resident_code"].lstrip("0")}

        return short

    revise(reference.the(ResidentRegistry).residents, "body", make)


@FAULTS.add("leading-zero-lost-of-postal-code", "COM-IDN-007", "COM-SCH-001")
def leading_zero_lost_of_postal_code(reference: Reference) -> None:
    """A postal code that begins with 0 comes back without it."""

    def make(body: Method) -> Method:
        def short(entry: Any) -> dict[str, Any]:
            shown: dict[str, Any] = body(entry)
            address = shown["address"]
            return {**shown, "address": {**address, "postal_code": address["postal_code"].lstrip("0")}}

        return short

    revise(reference.the(ResidentRegistry).residents, "body", make)


def _refused(reference: Reference, kind: str, refuses: Any) -> None:
    """Some right numbers of a kind are refused."""

    def judge(check: Any, value: str, pointer: str) -> None:
        check()
        if refuses(value):
            raise rule("check_digit", "検査数字が正しくありません / The check digit is wrong", pointer)

    _judged(reference, kind, judge)


@FAULTS.add("individual-number-with-remainder-one-refused", "COM-IDN-008")
def individual_number_with_remainder_one_refused(reference: Reference) -> None:
    """An Individual Number of a lower range (not beginning with 9) is refused where the remainder is 1."""
    _refused(reference, "individual-number", lambda value: _remainder_is("individual-number", value, 1))


@FAULTS.add("resident-code-with-remainder-zero-refused", "COM-IDN-008")
def resident_code_with_remainder_zero_refused(reference: Reference) -> None:
    """A resident code of a lower range (not beginning with 9) is refused where the remainder is 0."""
    _refused(reference, "resident-code", lambda value: _remainder_is("resident-code", value, 0))


def _remainder_is(kind: str, value: str, remainder: int) -> bool:
    """Of numbers of lower ranges: those that the suite draws anew begin with 9, and would all be concerned."""
    return value[0] not in "09" and _remainder(kind, value) == remainder


@FAULTS.add("local-government-code-with-remainder-one-refused", "COM-IDN-008")
def local_government_code_with_remainder_one_refused(reference: Reference) -> None:
    """A local government code whose remainder is 1 is refused."""
    _refused(reference, "local-government-code", lambda value: _remainder("local-government-code", value) == 1)
