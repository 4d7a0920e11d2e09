"""Faults of what a form may repeat of the register."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.records import (
    Application,
    Json,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("compatibility-ideographs-agree", "PR-PRE-004")
def compatibility_ideographs_agree(reference: Reference) -> None:
    """Names in a form are compared with the register after normalisation (NFC)."""

    def folded(names: Json) -> dict[str, Any]:
        return {n: unicodedata.normalize("NFC", v) for n, v in names.items()}

    revise(
        _service(reference).prefilling, "equal", lambda equal: lambda said, stands: equal(folded(said), folded(stands))
    )


@FAULTS.add("sex-not-known-agrees-with-any", "PR-PRE-004")
def sex_not_known_agrees_with_any(reference: Reference) -> None:
    """Where the register does not know the sex, a form may say any."""

    def make(equal: Method) -> Method:
        def lenient(said: Json, stands: Json) -> bool:
            skipped = {"sex"} if stands["sex"] in ("0", "9") else set()
            return bool(equal({n: v for n, v in said.items() if n not in skipped}, stands))

        return lenient

    revise(_service(reference).prefilling, "equal", make)


@FAULTS.add("unknown-parts-of-a-birth-date-agree", "PR-PRE-004")
def unknown_parts_of_a_birth_date_agree(reference: Reference) -> None:
    """Where a part of the birth date is unknown to the register, a form may say any."""

    def make(equal: Method) -> Method:
        def lenient(said: Json, stands: Json) -> bool:
            parts = stands["birth_date"].split("-")
            unknown = (
                parts[0] == "0000" or not parts[1].isdigit() or parts[1] == "00" or parts[2] in ("00", "A1", "A2", "A3")
            )
            return bool(equal({n: v for n, v in said.items() if not (unknown and n == "birth_date")}, stands))

        return lenient

    revise(_service(reference).prefilling, "equal", make)


@FAULTS.add("applicant-repeated-for-the-subject", "PR-PRE-004")
def applicant_repeated_for_the_subject(reference: Reference) -> None:
    """A form about another person may repeat the data of the applicant instead of the subject's."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def lenient(application: Application, form: Json) -> None:
            try:
                check(application, form)
            except Problem as problem:
                if problem.code != "contradicts_register" or not service.prefilling.agrees(
                    form, application.applicant_id
                ):
                    raise

        return lenient

    revise(service.forms, "check", make)
