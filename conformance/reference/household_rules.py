"""What holds of every copy of a household of the register, whatever service keeps it: each rule one method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.reference import dates, identifiers
from conformance.reference.problems import rule

Json = Mapping[str, Any]


class HouseholdRules:
    """The rules about a household in the form `RegisterHousehold`. No state, no clock."""

    at = ""
    """The JSON Pointer of the household in the content of a request."""

    def check_id(self, household: Json, household_id: str) -> None:
        """The household is the one that the path names. Raises 422."""
        if household["household_id"] != household_id:
            detail = "パスの世帯識別子と異なります / Not the household id of the path"
            raise rule("household_id_mismatch", detail, f"{self.at}/household_id")

    def check_own(self, address: Json, own: frozenset[str]) -> None:
        """The address lies in this body: its own code, or the code of one of its wards. Raises 422."""
        code, pointer = address["municipality_code"], f"{self.at}/address/municipality_code"
        self.check_code(code, pointer)
        if code not in own:
            raise rule("other_municipality", "他の自治体の住所です / An address in another municipality", pointer)

    def check_code(self, code: str, pointer: str) -> None:
        """The check digit of a municipality code. Raises 422."""
        if not identifiers.is_valid("local-government-code", code):
            raise rule("check_digit", "検査数字が正しくありません / The check digit is wrong", pointer)

    def check_birth_dates(self, household: Json) -> None:
        """Of every person value, flag and notation of the birth date agree. Raises 422."""
        for place, person in enumerate(household["members"]):
            self.check_birth_date(person["birth_date"], f"{self.at}/members/{place}/birth_date")

    def check_birth_date(self, birth_date: dict[str, Any], pointer: str) -> None:
        """Value, flag and notation agree. Raises 422."""
        if not dates.is_consistent(birth_date):
            detail = "生年月日の値と不詳の表示が矛盾します / Value and flag of the birth date disagree"
            raise rule("unprocessable", detail, pointer)

    def check_once(self, household: Json) -> None:
        """Nobody stands twice. Raises 422."""
        seen: set[str] = set()
        for place, person in enumerate(household["members"]):
            if person["resident_id"] in seen:
                detail = "同じ者が2度あります / A person stands twice"
                raise rule("repeated_resident", detail, f"{self.at}/members/{place}/resident_id")
            seen.add(person["resident_id"])
