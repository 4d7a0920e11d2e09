"""Who may see separations, and forms and claims that tell where a protected person is: section 9 of the document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from conformance.reference.benefit_payments.records import ONLINE, Claim, Party
from conformance.reference.calls import Call
from conformance.reference.problems import Problem, not_found, rule

if TYPE_CHECKING:
    from conformance.reference.benefit_payments.service import BenefitPayments

PRIVILEGES: Final = frozenset({"protections:read", "benefits:approve", "payments:write"})
"""Each of them needs what is hidden from all others."""


class Visibility:
    """Decides by scope and client, and marks what was withheld for the audit trail."""

    def __init__(self, service: BenefitPayments) -> None:
        self.service = service

    def privileged(self, call: Call) -> bool:
        """Whether the caller sees everything."""
        return bool(PRIVILEGES & call.caller.scopes)

    def hides_party(self, call: Call, party: Party) -> bool:
        """Whether the form of a party has to be kept from the caller."""
        return (party.separation_id is not None or self.is_protected(party)) and not self.privileged(call)

    def is_protected(self, party: Party) -> bool:
        """Whether a person of the copy is under protection."""
        return any(person["protected"] for person in self.service.books.copy_of(party).members)

    def hides_claim(self, call: Call, claim: Claim) -> bool:
        """Whether a claim has to be kept from the caller; never from the client that filed it online."""
        return self.hides_party(call, claim.party) and not self.filed(call, claim)

    def filed(self, call: Call, claim: Claim) -> bool:
        """Whether the caller has filed the claim online."""
        return claim.channel == ONLINE and claim.entered_by == call.caller.client

    def of(self, call: Call, claims: Iterable[Claim]) -> list[Claim]:
        """The claims that the caller may see."""
        return [claim for claim in claims if not self.hides_claim(call, claim)]

    def withhold(self, call: Call, subjects: Iterable[str]) -> None:
        """Marks the call as one that is refused because something is hidden."""
        call.subjects[:] = subjects
        call.withheld = True

    def form_in_path(self, call: Call) -> Party:
        """The party whose form the path names. Raises 404."""
        return self.form(call, call.path["form_id"], not_found())

    def form_in_body(self, call: Call, form_id: str, pointer: str) -> Party:
        """The party whose form the content names. Raises 422 `unknown_form`."""
        return self.form(call, form_id, rule("unknown_form", "該当する申請書がありません / Unknown form", pointer))

    def form(self, call: Call, form_id: str, refusal: Problem) -> Party:
        """A party by its form; the same refusal where there is none and where it is hidden."""
        party = self.service.books.parties.get(form_id)
        if party is None:
            raise refusal
        if self.hides_party(call, party):
            self.withhold(call, self.service.subjects_of.of_form(party))
            raise refusal
        return party

    def claim_in_path(self, call: Call) -> Claim:
        """The claim that the path names. Raises 404."""
        claim = self.service.books.claims.get(call.path["claim_id"])
        if claim is None:
            raise not_found()
        if self.hides_claim(call, claim):
            self.withhold(call, self.service.subjects_of.of_claim(claim))
            raise not_found()
        return claim
