"""What the register holds: frozen records. Days are `YYYY-MM-DD`, moments microseconds since 1970-01-01T00:00Z."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

ACTIVE: Final = "active"
MOVED_OUT: Final = "moved_out"
DECEASED: Final = "deceased"
CANCELLED: Final = "cancelled"

HEAD: Final = "head"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is recorded of a resident, as it stands on one day."""

    id: str
    status: str
    individual_number: str
    resident_code: str
    name: Json
    birth_date: Json
    sex: str
    nationality: str
    address: Json
    household_id: str
    relationship: str
    became_resident_on: str
    ceased_on: str | None
    recorded_at: int


@dataclass(frozen=True, slots=True)
class Event:
    """One recording about a resident: from `effective` on, `changes` hold. The first one holds a whole entry.

    `sequence` is its place in the history that is shown, 0 where it is not shown: somebody who becomes head because
    another one leaves is not the subject of that notification. `cancels` is the notification whose events have no
    effect from this recording on.
    """

    sequence: int
    type: str
    notification_id: str | None
    event_date: str
    effective: str
    recorded_at: int
    changes: Json | Entry
    cancels: str | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification (届出) as it was recorded; `touched` are all residents and households that it concerns."""

    id: str
    type: str
    event_date: str
    notification_date: str
    late: bool
    household_id: str
    resident_ids: tuple[str, ...]
    touched: tuple[str, ...]
    recorded_at: int
    cancels: str | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """A household at an address from a day on, by a notification."""

    effective: str
    notification_id: str
    address: Json


@dataclass(frozen=True, slots=True)
class Protection:
    """Support measures (支援措置) for a person in danger; both days belong to the period."""

    resident_id: str
    first: str
    last: str
    category: str
    recorded_at: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of residence (住民票の写し): its body as issued, and whom it names."""

    id: str
    body: Json
    resident_ids: tuple[str, ...]


@dataclass(slots=True)
class Export:
    """A bulk export: running until its content is there."""

    id: str
    created_at: int
    resident_ids: tuple[str, ...]
    content: bytes | None = None
    count: int | None = None
    sha256: str | None = None
