"""Faults of benefit payments: four eyes."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import waive
from conformance.reference.benefit_payments.records import (
    Claim,
)
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


@FAULTS.add("four-eyes-by-token", "BP-DEC-002")
def four_eyes_by_token(reference: Reference) -> None:
    """Four eyes are two access tokens: who gets a new one may decide on a claim entered with the old one."""
    service = _service(reference)
    by: dict[str, str | None] = {}

    def entering(enter: Method) -> Method:
        def entered(call: Call, *rest: Any, **named: Any) -> Claim:
            claim: Claim = enter(call, *rest, **named)
            by[claim.id] = call.request.joined("authorization")
            return claim

        return entered

    replace(service.intake, "enter", entering)
    waive(
        service.decisions,
        "check_other_eyes",
        lambda call, claim: by.get(claim.id) != call.request.joined("authorization"),
    )


@FAULTS.add("entered-by-who-sent-it-last", "BP-DEC-001", "BP-DEC-002", "BP-CON-003")
def entered_by_who_sent_it_last(reference: Reference) -> None:
    """A form that is entered again counts as entered by the second client: the first one may approve it."""
    service = _service(reference)

    def make(enter: Method) -> Method:
        def again(call: Call) -> Answer:
            answer: Answer = enter(call)
            if answer.status == 200:
                claim = changed(service.books.claims[answer.body["id"]], entered_by=call.caller.client)
                service.books.keep_claim(claim)
            return answer

        return again

    replace(service.postal_claims, "enter", make)
