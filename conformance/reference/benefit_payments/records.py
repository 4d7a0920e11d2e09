"""What the service holds: frozen records. Days are `YYYY-MM-DD`, moments microseconds since 1970-01-01T00:00Z."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

RECEIVED: Final = "received"
REJECTED: Final = "rejected"
APPROVED: Final = "approved"
IN_TRANSFER: Final = "in_transfer"
PAID: Final = "paid"
RETURNED: Final = "returned"

POST: Final = "post"
ONLINE: Final = "online"

HEAD: Final = "head"
DECEASED: Final = "deceased"
CANCELLED: Final = "cancelled"

PENDING: Final = "pending"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme: what it pays for whom, when it may be claimed, and what it may cost."""

    id: str
    title: str
    base_date: str
    unit_amount: int
    budget_ceiling: int
    claims_from: str
    claims_until: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """A household as the register has it for the base date of a programme, and the form of the household."""

    programme_id: str
    household: Json
    form_id: str

    @property
    def household_id(self) -> str:
        """The id that the register has for the household."""
        return str(self.household["household_id"])

    @property
    def members(self) -> tuple[Json, ...]:
        """All persons of the copy, eligible or not."""
        return tuple(self.household["members"])


@dataclass(frozen=True, slots=True)
class Separation:
    """Persons of a copy who live apart because of domestic violence, and claim on their own."""

    id: str
    programme_id: str
    household_id: str
    claimant_id: str
    member_ids: tuple[str, ...]
    address: Json
    ground: str
    form_id: str
    recorded_at: int


@dataclass(frozen=True, slots=True)
class Party:
    """Who claims together: the household of a copy, or a separation. Each has one form."""

    form_id: str
    programme_id: str
    household_id: str
    separation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a claim."""

    resident_id: str
    opted_out: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it is now; `content` is what was entered by post, by which a repetition is known."""

    id: str
    party: Party
    channel: str
    claimant_id: str
    members: tuple[Member, ...]
    amount: int
    account: Json
    received_at: int
    postmarked_on: str | None
    entered_by: str
    content: Json
    status: str = RECEIVED
    overpaid_amount: int = 0
    repaid_amount: int = 0
    decided_by: str | None = None
    decision_reason: str | None = None
    retried: bool = False
    batch_id: str | None = None
    return_reason: str | None = None

    @property
    def live(self) -> bool:
        """Whether it keeps its party from claiming again."""
        return self.status != REJECTED


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer of a batch: amount and account as they were when it was made, and what became of it."""

    claim_id: str
    amount: int
    account: Json
    outcome: str = PENDING
    return_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A file of transfers for the bank; `content` is the request that made it."""

    id: str
    programme_id: str
    content: Json
    transfers: tuple[Transfer, ...]
    created_at: int

    @property
    def number(self) -> str:
        """The number that the client has chosen."""
        return str(self.content["batch_number"])


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry of the ledger of a programme; it is never changed."""

    sequence: int
    recorded_at: int
    kind: str
    claim_id: str
    batch_id: str | None
    amount: int
