"""What is odd about the account of a claim: section 6 of the document."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from conformance.reference.benefit_payments.records import Claim, Json

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments

SHARED: Final = "account_shared"
DIFFERS: Final = "holder_differs"
SAME: Final = ("bank_code", "branch_code", "type", "number")
"""What makes two accounts one; the holder does not."""

_LARGE: Final = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンー"
_NARROW: Final = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｰ"
_SMALL: Final = ("ァィゥェォッャュョヮヵヶヰヱｧｨｩｪｫｯｬｭｮ", "ｱｲｳｴｵﾂﾔﾕﾖﾜｶｹｲｴｱｲｳｴｵﾂﾔﾕﾖ")
_VOICED: Final = {"\u3099": "ﾞ", "\u309a": "ﾟ"}
_ALIKE: Final = {**dict(zip(_LARGE, _NARROW, strict=True)), **dict(zip(*_SMALL, strict=True)), **_VOICED, "-": "ｰ"}
_LEFT_OUT: Final = frozenset(" \u3000.,'・･")


def comparable(text: str) -> str:
    """A name in the form in which holders and readings are compared."""
    parted = unicodedata.normalize("NFD", text)
    return "".join(_ALIKE.get(character, character) for character in parted if character not in _LEFT_OUT)


def readings(name: Json) -> list[str]:
    """The forms of a name that a bank may know: its reading, and the name in Roman letters."""
    kana = name["family_kana"] + name.get("given_kana", "")
    return [comparable(form) for form in (kana, name.get("roman")) if form is not None]


class Accounts:
    """Looks at accounts whenever a claim is shown or decided."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def review(self, claim: Claim) -> list[str]:
        """What somebody must look at; nothing in a rejected claim."""
        if not claim.live:
            return []
        found = {SHARED: self.is_shared(claim), DIFFERS: self.differs(claim)}
        return [name for name, odd in found.items() if odd]

    def is_shared(self, claim: Claim) -> bool:
        """Whether a live claim of another household of the programme has the account."""
        others = self.service.books.claims_of(claim.party.programme_id)
        return any(
            other.live and self.of_other_household(claim, other) and self.same(claim.account, other.account)
            for other in others
        )

    def of_other_household(self, one: Claim, other: Claim) -> bool:
        """A household and its separations count as one household."""
        return one.party.household_id != other.party.household_id

    def same(self, one: Json, other: Json) -> bool:
        """Whether two accounts are one."""
        return all(one[name] == other[name] for name in SAME)

    def differs(self, claim: Claim) -> bool:
        """Whether the holder is not the claimant."""
        members = self.service.books.copy_of(claim.party).members
        name = next(person["name"] for person in members if person["resident_id"] == claim.claimant_id)
        return comparable(claim.account["holder"]) not in readings(name)
