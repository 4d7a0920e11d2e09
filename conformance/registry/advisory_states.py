"""The life of an advisory, as a table of what may happen to it, and who may do it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from conformance.model import Text
from conformance.registry.actors import MAY, Act, Actor, Role, may_not
from conformance.registry.names import named
from conformance.registry.refusals import ConflictError


class AdvisoryState(StrEnum):
    """Where an advisory stands."""

    DRAFTED = "drafted"
    DROPPED = "dropped"
    APPROVED = "approved"
    ISSUED = "issued"
    ACKNOWLEDGED = "acknowledged"
    PLAN_RECEIVED = "plan_received"
    ESCALATED = "escalated"
    REMEDIED = "remedied"
    CLOSED = "closed"


_S = AdvisoryState
_BY_REGISTRY: Final = frozenset({Role.REGISTRY})
STEPS: Final[dict[tuple[AdvisoryState, AdvisoryState], tuple[str, frozenset[Role]]]] = {
    (_S.DRAFTED, _S.DROPPED): ("drop advisory", MAY[Act.DRAFT_ADVISORY]),
    (_S.DRAFTED, _S.APPROVED): (Act.APPROVE_ADVISORY, MAY[Act.APPROVE_ADVISORY]),
    (_S.APPROVED, _S.DROPPED): ("drop advisory", MAY[Act.DRAFT_ADVISORY]),
    (_S.APPROVED, _S.ISSUED): (Act.ISSUE_ADVISORY, MAY[Act.ISSUE_ADVISORY]),
    (_S.ISSUED, _S.ACKNOWLEDGED): ("acknowledge advisory", MAY[Act.ANSWER_ADVISORY]),
    (_S.ISSUED, _S.ESCALATED): ("escalate advisory", _BY_REGISTRY),
    (_S.ACKNOWLEDGED, _S.PLAN_RECEIVED): ("answer with a plan", MAY[Act.ANSWER_ADVISORY]),
    (_S.ACKNOWLEDGED, _S.ESCALATED): ("escalate advisory", _BY_REGISTRY),
    (_S.ESCALATED, _S.PLAN_RECEIVED): ("answer with a plan", MAY[Act.ANSWER_ADVISORY]),
    (_S.ESCALATED, _S.REMEDIED): ("remedy", MAY[Act.FOLLOW_ADVISORY]),
    (_S.PLAN_RECEIVED, _S.ESCALATED): ("escalate advisory", _BY_REGISTRY),
    (_S.PLAN_RECEIVED, _S.REMEDIED): ("remedy", MAY[Act.FOLLOW_ADVISORY]),
    (_S.REMEDIED, _S.CLOSED): ("close advisory", MAY[Act.APPROVE_ADVISORY]),
}
SENT: Final = frozenset(AdvisoryState) - {_S.DRAFTED, _S.DROPPED, _S.APPROVED}
"""States from which on others than the agency see it."""
NEXT: Final[dict[AdvisoryState, Text]] = {
    _S.DRAFTED: Text("承認者の承認待ち", "An approver approves it"),
    _S.DROPPED: Text("ありません", "Nothing"),
    _S.APPROVED: Text("発出待ち", "It is issued"),
    _S.ISSUED: Text("団体の受領確認待ち", "The body acknowledges it"),
    _S.ACKNOWLEDGED: Text("団体の改善計画待ち", "The body answers with a plan"),
    _S.PLAN_RECEIVED: Text("改善を示す新しい試験結果待ち", "A new run shows that it is remedied"),
    _S.ESCALATED: Text(
        "期限を過ぎました。団体の計画又は新しい試験結果待ち", "A date has passed: a plan or a new run is due"
    ),
    _S.REMEDIED: Text("完了の確認待ち", "An approver closes it"),
    _S.CLOSED: Text("ありません", "Nothing"),
}
"""What is to be done in each state."""


def require(actor: Actor, before: AdvisoryState, after: AdvisoryState) -> str:
    """The act that leads from one state to another.

    Raises `ConflictError` where none does, `ForbiddenError` for a role that may not do it.
    """
    step = STEPS.get((before, after))
    if step is None:
        following = NEXT[before]
        raise ConflictError(
            Text(
                f"状態が「{_words(before).ja}」の勧告・助言は、「{_words(after).ja}」にすることができません。",
                f"an advisory that is {_words(before).en} does not become {_words(after).en}",
            ),
            next_step=Text(f"次にすること: {following.ja}。", f"next: {following.en}"),
        )
    act, roles = step
    if actor.role not in roles:
        raise may_not(actor.role, act, roles)
    return act


def _words(state: AdvisoryState) -> Text:
    return Text(named("advisory", state).ja, state.value.replace("_", " "))
