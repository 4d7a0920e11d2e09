"""Faults of what all answers about one thing agree on: batches, entries, claims that came by post or were rejected."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.accounts import DIFFERS
from conformance.reference.benefit_payments.faults.acting import _service
from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import Batch, Claim, LedgerEntry
from conformance.reference.faults.registry import FAULTS

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_SECOND = 1_000_000
"""Microseconds in a second."""


@FAULTS.add("closed-batch-made-in-a-whole-second", "BP-CON-008")
def closed_batch_made_in_a_whole_second(reference: Reference) -> None:
    """A batch of which every result is there shows the moment of its creation without the fraction of the second."""

    def whole(body: dict[str, Any], _: Batch) -> dict[str, Any]:
        moment, zone = body["created_at"][:-6], body["created_at"][-6:]
        return {**body, "created_at": moment.partition(".")[0] + zone} if body["status"] == "closed" else body

    alter(_service(reference).batches, "body", whole)


@FAULTS.add("entries-followed-lose-the-fraction", "BP-CON-011")
def entries_followed_lose_the_fraction(reference: Reference) -> None:
    """An entry that is no more the last of its ledger shows its moment without the fraction of the second."""
    service = _service(reference)

    def listed(found: list[LedgerEntry], programme_id: str, _: dict[str, Any]) -> list[LedgerEntry]:
        last = service.books.entries(programme_id)[-1:]
        return [
            entry if entry in last else changed(entry, recorded_at=entry.recorded_at // _SECOND * _SECOND)
            for entry in found
        ]

    alter(service.ledger, "find", listed)


@FAULTS.add("online-with-a-postmark", "BP-CON-005")
def online_with_a_postmark(reference: Reference) -> None:
    """A claim that came online shows the day of its receipt as its postmark."""

    def stamped(body: dict[str, Any], claim: Claim) -> dict[str, Any]:
        return {**body, "postmarked_on": body["received_at"][:10]} if claim.channel == "online" else body

    alter(_service(reference).claims, "body", stamped)


@FAULTS.add("rejected-and-still-to-be-looked-at", "BP-CON-010")
def rejected_and_still_to_be_looked_at(reference: Reference) -> None:
    """A rejected claim still shows that the holder of its account is another."""
    accounts = _service(reference).accounts
    alter(accounts, "review", lambda found, claim: [DIFFERS] if not claim.live and accounts.differs(claim) else found)
