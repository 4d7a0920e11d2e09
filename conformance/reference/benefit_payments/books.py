"""All that the service holds, with the ways in which it is found again. Nothing here judges."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.reference.benefit_payments.records import (
    Batch,
    Claim,
    Copy,
    LedgerEntry,
    Party,
    Programme,
    Separation,
)

Place = tuple[str, str]
"""Something within a programme: the programme's id, and an id of the register."""


class Books:
    """Programmes, copies, parties, claims, batches, and the entries of ledgers."""

    def __init__(self) -> None:
        self.programmes: dict[str, Programme] = {}
        self.copies: dict[Place, Copy] = {}
        self.household_of: dict[Place, str] = {}
        """The household in whose copy a person stands."""
        self.separations: dict[str, Separation] = {}
        self.separation_of: dict[Place, Separation] = {}
        """The separation that names a person."""
        self.parties: dict[str, Party] = {}
        self.claims: dict[str, Claim] = {}
        self.batches: dict[str, Batch] = {}
        self.batch_of_number: dict[str, str] = {}
        self._entries: dict[str, list[LedgerEntry]] = {}
        self._claims_of: dict[str, dict[str, None]] = {}
        self._claims_of_form: dict[str, list[str]] = {}
        self._separations_of: dict[Place, list[Separation]] = {}

    def keep_programme(self, programme: Programme) -> None:
        """Adds a programme, or puts it in the place of what it was."""
        self.programmes[programme.id] = programme

    def keep_copy(self, copy: Copy) -> None:
        """Adds a copy with its party, or puts it in the place of what it was."""
        place = (copy.programme_id, copy.household_id)
        before = self.copies.get(place)
        for person in before.members if before else ():
            self.household_of.pop((copy.programme_id, person["resident_id"]), None)
        for person in copy.members:
            self.household_of[copy.programme_id, person["resident_id"]] = copy.household_id
        self.copies[place] = copy
        self.parties.setdefault(copy.form_id, Party(copy.form_id, *place))

    def keep_separation(self, separation: Separation) -> None:
        """Adds a separation with its party."""
        place = (separation.programme_id, separation.household_id)
        self.separations[separation.id] = separation
        self._separations_of.setdefault(place, []).append(separation)
        for resident_id in separation.member_ids:
            self.separation_of[separation.programme_id, resident_id] = separation
        self.parties[separation.form_id] = Party(separation.form_id, *place, separation.id)

    def keep_claim(self, claim: Claim) -> None:
        """Adds a claim, or puts it in the place of what it was."""
        if claim.id not in self.claims:
            self._claims_of.setdefault(claim.party.programme_id, {})[claim.id] = None
            self._claims_of_form.setdefault(claim.party.form_id, []).append(claim.id)
        self.claims[claim.id] = claim

    def keep_batch(self, batch: Batch) -> None:
        """Adds a batch, or puts it in the place of what it was."""
        self.batches[batch.id] = batch
        self.batch_of_number[batch.number] = batch.id

    def keep_entries(self, programme_id: str, entries: Iterable[LedgerEntry]) -> None:
        """Adds entries at the end of a ledger."""
        self._entries.setdefault(programme_id, []).extend(entries)

    def entries(self, programme_id: str) -> list[LedgerEntry]:
        """The ledger of a programme."""
        return self._entries.get(programme_id, [])

    def copy_with(self, programme_id: str, resident_id: str) -> Copy | None:
        """The copy of a programme in which a person stands."""
        household_id = self.household_of.get((programme_id, resident_id))
        return None if household_id is None else self.copies[programme_id, household_id]

    def copy_of(self, party: Party) -> Copy:
        """The copy from which a party is."""
        return self.copies[party.programme_id, party.household_id]

    def programme_of(self, party: Party) -> Programme:
        """The programme from which a party claims."""
        return self.programmes[party.programme_id]

    def party_of(self, copy: Copy, resident_id: str) -> Party:
        """The one party to which a person of a copy belongs."""
        separation = self.separation_of.get((copy.programme_id, resident_id))
        return self.parties[separation.form_id if separation else copy.form_id]

    def separations_of(self, programme_id: str, household_id: str) -> list[Separation]:
        """The separations from a household."""
        return self._separations_of.get((programme_id, household_id), [])

    def claims_of(self, programme_id: str) -> list[Claim]:
        """All claims of a programme, in the order in which they came."""
        return [self.claims[claim_id] for claim_id in self._claims_of.get(programme_id, ())]

    def live_claim(self, party: Party) -> Claim | None:
        """The claim of a party that is not rejected."""
        found = (self.claims[claim_id] for claim_id in self._claims_of_form.get(party.form_id, ()))
        return next((claim for claim in found if claim.live), None)
