"""Records as the JSON of the published document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.reference.benefit_payments.records import (
    PENDING,
    Batch,
    Claim,
    Copy,
    LedgerEntry,
    Party,
    Programme,
    Separation,
    Transfer,
)
from conformance.reference.benefit_payments.records import Json as Record
from conformance.reference.clock import timestamp

Json = dict[str, Any]


def programme(found: Programme) -> Json:
    """Programme."""
    return {
        "id": found.id,
        "title": found.title,
        "base_date": found.base_date,
        "unit_amount": found.unit_amount,
        "budget_ceiling": found.budget_ceiling,
        "claims_from": found.claims_from,
        "claims_until": found.claims_until,
        "channels": found.channels,
    }


def copy(found: Copy, head: Record, eligible: Sequence[Record]) -> Json:
    """HouseholdCopy, with who is head and who is eligible."""
    return {
        "programme_id": found.programme_id,
        "household": found.household,
        "head_id": head["resident_id"],
        "eligible_ids": [person["resident_id"] for person in eligible],
        "form_id": found.form_id,
    }


def separation(found: Separation) -> Json:
    """Separation."""
    return {
        "id": found.id,
        "programme_id": found.programme_id,
        "household_id": found.household_id,
        "claimant_id": found.claimant_id,
        "member_ids": found.member_ids,
        "address": found.address,
        "ground": found.ground,
        "form_id": found.form_id,
        "recorded_at": timestamp(found.recorded_at),
    }


def form(
    party: Party,
    of: Programme,
    addressee: Record,
    address: Record,
    claimants: list[str],
    members: Sequence[Record],
    amount: int,
) -> Json:
    """ClaimForm, as it is to be printed."""
    return {
        "id": party.form_id,
        "programme_id": party.programme_id,
        "household_id": party.household_id,
        "separation_id": party.separation_id,
        "addressee": addressee["name"],
        "address": address,
        "claimant_ids": claimants,
        "members": [{name: person[name] for name in ("resident_id", "name", "birth_date")} for person in members],
        "unit_amount": of.unit_amount,
        "amount": amount,
        "claims_until": of.claims_until,
    }


def summary(found: Claim, review: list[str]) -> Json:
    """ClaimSummary: what a list shows; no account."""
    return {
        "id": found.id,
        "programme_id": found.party.programme_id,
        "household_id": found.party.household_id,
        "separation_id": found.party.separation_id,
        "channel": found.channel,
        "status": found.status,
        "claimant_id": found.claimant_id,
        "amount": found.amount,
        "review": review,
        "received_at": timestamp(found.received_at),
    }


def claim(found: Claim, review: list[str]) -> Json:
    """Claim."""
    return {
        **summary(found, review),
        "form_id": found.party.form_id,
        "members": [{"resident_id": member.resident_id, "opted_out": member.opted_out} for member in found.members],
        "overpaid_amount": found.overpaid_amount,
        "repaid_amount": found.repaid_amount,
        "account": found.account,
        "postmarked_on": found.postmarked_on,
        "entered_by": found.entered_by,
        "decided_by": found.decided_by,
        "decision_reason": found.decision_reason,
        "retried": found.retried,
        "batch_id": found.batch_id,
        "return_reason": found.return_reason,
    }


def online_claim(found: Claim) -> Json:
    """OnlineClaim: what the applicant learns."""
    return {
        "id": found.id,
        "programme_id": found.party.programme_id,
        "status": found.status,
        "received_at": timestamp(found.received_at),
        "member_count": len(found.members),
        "amount": found.amount,
    }


def transfer(found: Transfer) -> Json:
    """Transfer."""
    return {
        "claim_id": found.claim_id,
        "amount": found.amount,
        "account": found.account,
        "outcome": found.outcome,
        "return_reason": found.return_reason,
    }


def batch(found: Batch) -> Json:
    """PaymentBatch: closed once every transfer has a result."""
    pending = any(item.outcome == PENDING for item in found.transfers)
    return {
        "id": found.id,
        "batch_number": found.number,
        "programme_id": found.programme_id,
        "transfer_on": found.content["transfer_on"],
        "status": "open" if pending else "closed",
        "count": len(found.transfers),
        "total": sum(item.amount for item in found.transfers),
        "transfers": [transfer(item) for item in found.transfers],
        "created_at": timestamp(found.created_at),
    }


def ledger_entry(found: LedgerEntry) -> Json:
    """LedgerEntry."""
    return {
        "sequence": found.sequence,
        "recorded_at": timestamp(found.recorded_at),
        "kind": found.kind,
        "claim_id": found.claim_id,
        "batch_id": found.batch_id,
        "amount": found.amount,
    }
