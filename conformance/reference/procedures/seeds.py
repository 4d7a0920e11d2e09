"""What the service holds at its start: procedures, synthetic households, some applications on paper."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from conformance.reference import dates
from conformance.reference.procedures.lifecycle import REVIEW_STARTED
from conformance.reference.procedures.records import (
    PAPER,
    RECEIVED,
    REVIEWING,
    Application,
    Copy,
    Event,
    Known,
    Procedure,
)
from conformance.reference.synthetic_households import synthetic_households

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures

HOUSEHOLDS: Final = 40
"""How many households are copied at most."""
APPLIED: Final = 10
"""How many of their heads have applied on paper."""
_ACTOR: Final = "counter"

_FIELDS: Final = [
    {"name": "phone", "title": "電話番号", "required": True},
    {"name": "remarks", "title": "備考", "required": False},
]
_ATTACHMENTS: Final = [{"name": "insurance-card", "title": "健康保険証の写し", "required": False}]


class Seeds:
    """Copies of the synthetic residents who are registered, by the ids that the resident registry gives them."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def load(self, people: int) -> None:
        """Procedures and the households of the first so many residents, as far as they are not there yet."""
        store, today = self.service.store, self.service.clock.today()
        for procedure in self.procedures(today):
            if procedure.code not in store.procedures:
                store.keep_procedure(procedure)
        households = synthetic_households(self.service.reference, self.service.town, people)
        for place, household in enumerate(islice(households, HOUSEHOLDS)):
            if household["household_id"] in store.copies:
                continue
            copy = Copy(dates.add_days(today, -3), household)
            store.keep_copy(copy)
            if place < APPLIED:
                store.keep(self.application(copy, place))

    def procedures(self, today: str) -> list[Procedure]:
        """The procedures: one that is open for ever, one with a window, one that is over."""
        return [
            self.procedure("seed-residence-certificate", "住民票の写しの交付申請", "2026-04-01", None),
            self.procedure("seed-child-allowance", "児童手当の現況届", today, dates.add_days(today, 30)),
            self.procedure("seed-over", "臨時の手続", "2026-01-01", "2026-03-31"),
        ]

    def procedure(self, code: str, title: str, opens_on: str, closes_on: str | None) -> Procedure:
        """A procedure that anybody may do for the household, without a signature."""
        content: dict[str, Any] = {
            "title": title,
            "opens_on": opens_on,
            "closes_on": closes_on,
            "applicants": "same_household",
            "fields": _FIELDS,
            "attachments": _ATTACHMENTS,
            "prefilled": ["name", "birth_date", "address"],
            "signature_required": False,
        }
        return Procedure(code, content)

    def application(self, copy: Copy, place: int) -> Application:
        """An application of somebody of a household on paper; of every third one the review has begun."""
        person, now = copy.members[0], self.service.clock.micros()
        events = [Event(1, now, RECEIVED, RECEIVED, _ACTOR, None)]
        if place % 3 == 0:
            events.append(Event(2, now + 1, REVIEW_STARTED, REVIEWING, _ACTOR, None))
        return Application(
            id=self.service.reference.ids.of(f"application|{copy.household_id}"),
            procedure_code="seed-residence-certificate",
            channel=PAPER,
            status=events[-1].status,
            applicant_id=person["resident_id"],
            subject_id=person["resident_id"],
            entered_by=_ACTOR,
            known=Known(copy.as_of, person, copy.household["address"]),
            answers=({"field": "phone", "value": f"03-0000-{place:04}"},),
            receipt_number=self.service.store.next_receipt(),
            received_at=now,
            arrived_on=self.service.clock.today(),
            events=tuple(events),
        )
