"""What the administration does with an application: startReview, returnApplication, decideApplication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import conflict, rule
from conformance.reference.procedures.lifecycle import APPROVE, REJECT, RETURN, REVIEW
from conformance.reference.procedures.records import APPROVED, DECIDED, PAPER, Application, Decision

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures


class Reviews:
    """Changes of status by the administration: section 9 of the document."""

    def __init__(self, service: Procedures) -> None:
        self.service = service

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "startReview": Handler(perform=lambda call: self.start(call), locate=lambda call: self.locate(call)),
            "returnApplication": Handler(
                perform=lambda call: self.send_back(call), locate=lambda call: self.locate(call)
            ),
            "decideApplication": Handler(perform=lambda call: self.decide(call), locate=lambda call: self.locate(call)),
        }

    def locate(self, call: Call) -> None:
        """The application that the path names, once it was received. Raises 404."""
        self.service.visibility.received(call)

    def start(self, call: Call) -> Answer:
        """Starts the review."""
        application: Application = call.target
        status = self.service.lifecycle.check(application, REVIEW)
        reviewing = self.service.lifecycle.advance(call, application, status, call.body.get("note"))
        return self.service.showing.to_administration(call, self.service.store.keep(reviewing))

    def send_back(self, call: Call) -> Answer:
        """Returns an application for correction."""
        application: Application = call.target
        if self.stays_on_paper(application):
            raise conflict("paper_application", "書面の申請は差し戻せません / Paper is sent back outside")
        status, reason = self.service.lifecycle.check(application, RETURN), call.body["reason"]
        returned = self.service.lifecycle.advance(
            call, application, status, reason, signed=False, return_reason=self.reason_kept(reason)
        )
        return self.service.showing.to_administration(call, self.service.store.keep(returned))

    def stays_on_paper(self, application: Application) -> bool:
        """Whether an application cannot be returned because it came on paper."""
        return application.channel == PAPER and application.status not in DECIDED

    def reason_kept(self, reason: str) -> str:
        """What is kept of the reason of a return."""
        return reason

    def decide(self, call: Call) -> Answer:
        """Decides for good."""
        application: Application = call.target
        outcome, reason = call.body["decision"], call.body.get("reason")
        self.check_reason(outcome, reason)
        status = self.service.lifecycle.check(application, APPROVE if outcome == APPROVED else REJECT)
        decided = self.service.lifecycle.advance(
            call, application, status, reason, decision=self.decision(call, application, outcome, reason)
        )
        return self.service.showing.to_administration(call, self.service.store.keep(decided))

    def check_reason(self, outcome: str, reason: str | None) -> None:
        """A rejection has a reason. Raises 422."""
        if self.needs_reason(outcome) and reason is None:
            raise rule("reason_required", "不承認には理由が必要です / A rejection needs a reason", "/reason")

    def needs_reason(self, outcome: str) -> bool:
        """Whether an outcome has to be explained."""
        return outcome != APPROVED

    def decision(self, call: Call, application: Application, outcome: str, reason: str | None) -> Decision:
        """What is written down of a decision."""
        last = application.events[-1].occurred_at
        decided_at = self.service.lifecycle.moment(call.now, last)
        return Decision(outcome, reason, decided_at, self.notice_number(application), call.caller.client)

    def notice_number(self, application: Application) -> str:
        """The number of the written notice, which no other decision has."""
        return f"notice-{application.receipt_number}"
