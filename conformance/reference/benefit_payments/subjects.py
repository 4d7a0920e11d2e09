"""Whose data a request shows or changes, for the audit trail: section 11 of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeVar

from conformance.reference.benefit_payments.records import Batch, Claim, Copy, Party, Separation
from conformance.reference.calls import Call

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments

T = TypeVar("T")

_WITHOUT: Final = frozenset({"getOnlineClaim"})
"""What names a claim and shows no personal data."""


class Subjects:
    """Persons by `resident_id`, each once."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def of_copy(self, copy: Copy) -> list[str]:
        """All persons in a copy."""
        return [person["resident_id"] for person in copy.members]

    def of_form(self, party: Party) -> list[str]:
        """The members of the party whose form it is."""
        return [person["resident_id"] for person in self.service.eligibility.members(party)]

    def of_separation(self, separation: Separation) -> list[str]:
        """Those who are separated."""
        return list(separation.member_ids)

    def of_claim(self, claim: Claim) -> list[str]:
        """Members and claimant of a claim."""
        return list(dict.fromkeys([*(member.resident_id for member in claim.members), claim.claimant_id]))

    def of_claims(self, claims: Iterable[Claim]) -> list[str]:
        """Members and claimants of several claims."""
        return list(dict.fromkeys(subject for claim in claims for subject in self.of_claim(claim)))

    def of_batch(self, batch: Batch) -> list[str]:
        """Those of all claims of a batch."""
        return self.of_claims(self.service.books.claims[transfer.claim_id] for transfer in batch.transfers)

    def of_path(self, call: Call) -> list[str]:
        """Those whom a call names in its path, as far as it would show or change their data."""
        if call.operation.id in _WITHOUT:
            return []
        return next((found() for name, found in self._kinds(call).items() if name in call.path), [])

    def _kinds(self, call: Call) -> dict[str, Callable[[], list[str]]]:
        books, path = self.service.books, call.path
        return {
            "household_id": lambda: _some(self.of_copy, books.copies.get((path["programme_id"], path["household_id"]))),
            "separation_id": lambda: _some(self.of_separation, books.separations.get(path["separation_id"])),
            "form_id": lambda: _some(self.of_form, books.parties.get(path["form_id"])),
            "claim_id": lambda: _some(self.of_claim, books.claims.get(path["claim_id"])),
            "batch_id": lambda: _some(self.of_batch, books.batches.get(path["batch_id"])),
        }


def _some(subjects: Callable[[T], list[str]], found: T | None) -> list[str]:
    return [] if found is None else subjects(found)
