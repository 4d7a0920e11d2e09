"""What the service holds: frozen records. Days are `YYYY-MM-DD`, moments microseconds since 1970-01-01T00:00Z."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

DRAFT: Final = "draft"
RECEIVED: Final = "received"
REVIEWING: Final = "reviewing"
RETURNED: Final = "returned"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"
WITHDRAWN: Final = "withdrawn"

PENDING: Final = frozenset({RECEIVED, REVIEWING, RETURNED})
OPEN: Final = PENDING | {DRAFT}
DECIDED: Final = frozenset({APPROVED, REJECTED})
EDITABLE: Final = frozenset({DRAFT, RETURNED})

ONLINE: Final = "online"
PAPER: Final = "paper"

ACTIVE: Final = "active"
SAME_HOUSEHOLD: Final = "same_household"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Procedure:
    """What can be applied for, as `putProcedure` had it."""

    code: str
    content: Json

    @property
    def opens_on(self) -> str:
        """First day of the window."""
        return str(self.content["opens_on"])

    @property
    def closes_on(self) -> str | None:
        """Last day of the window, or None where there is none."""
        last = self.content["closes_on"]
        return None if last is None else str(last)

    def names(self, kind: str) -> list[str]:
        """The names of its `fields` or `attachments`, in their order."""
        return [item["name"] for item in self.content[kind]]

    def required(self, kind: str) -> set[str]:
        """The names of those that must be there before a submission."""
        return {item["name"] for item in self.content[kind] if item["required"]}


@dataclass(frozen=True, slots=True)
class Copy:
    """A household as the register had it on a day."""

    as_of: str
    household: Json

    @property
    def household_id(self) -> str:
        """The id that the register has for the household."""
        return str(self.household["household_id"])

    @property
    def members(self) -> tuple[Json, ...]:
        """All persons of the copy, whatever their standing."""
        return tuple(self.household["members"])

    def person(self, resident_id: str) -> Json | None:
        """One of its persons."""
        return next((person for person in self.members if person["resident_id"] == resident_id), None)


@dataclass(frozen=True, slots=True)
class Known:
    """What the register knows of a person, with the day on which it was so."""

    as_of: str
    person: Json
    address: Json


@dataclass(frozen=True, slots=True)
class Document:
    """Stored bytes: a form or an attachment."""

    content: bytes
    media_type: str
    sha256: str
    value: Any = None
    """What a form says; nothing for an attachment."""

    @classmethod
    def of(cls, content: bytes, media_type: str, value: Any = None) -> Document:
        """The document with these bytes."""
        return cls(content, media_type, sha256(content).hexdigest(), value)


@dataclass(frozen=True, slots=True)
class Event:
    """One change of status."""

    sequence: int
    occurred_at: int
    kind: str
    status: str
    actor: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and its written notice."""

    outcome: str
    reason: str | None
    decided_at: int
    notice_number: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class Application:
    """An application as it is now. `known` are the data taken from the register last."""

    id: str
    procedure_code: str
    channel: str
    status: str
    applicant_id: str
    subject_id: str
    entered_by: str
    known: Known
    form: Document | None = None
    attachments: Mapping[str, Document] = field(default_factory=dict)
    answers: tuple[Json, ...] = ()
    """Those of the paper; online they stand in the form."""
    receipt_number: int | None = None
    received_at: int | None = None
    arrived_on: str | None = None
    signed: bool = False
    return_reason: str | None = None
    decision: Decision | None = None
    events: tuple[Event, ...] = ()
