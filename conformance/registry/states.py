"""The life of a run in the registry, as a table of what may happen to it, and who may do it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from conformance.model import Text
from conformance.registry.actors import MAY, Act, Actor, Role, may_not
from conformance.registry.names import named
from conformance.registry.refusals import READ_AGAIN, ConflictError


class RunState(StrEnum):
    """Where a run stands."""

    SUBMITTED = "submitted"
    VERIFIED = "verified"
    UNDER_REVIEW = "under_review"
    STATED = "stated"
    STATED_WITH_CONDITIONS = "stated_with_conditions"
    REFUSED = "refused"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Transition:
    """From one state to another, by an act, and the roles that may do it."""

    before: RunState
    after: RunState
    act: str
    roles: frozenset[Role]


_S = RunState
_OWN: Final = frozenset({Role.REGISTRY})
TRANSITIONS: Final = (
    Transition(_S.SUBMITTED, _S.VERIFIED, "verify", _OWN),
    Transition(_S.SUBMITTED, _S.REFUSED, "refuse what is not what it is said to be", _OWN),
    Transition(_S.VERIFIED, _S.UNDER_REVIEW, Act.BEGIN_REVIEW, MAY[Act.BEGIN_REVIEW]),
    Transition(_S.UNDER_REVIEW, _S.STATED, Act.DECIDE, MAY[Act.DECIDE]),
    Transition(_S.UNDER_REVIEW, _S.STATED_WITH_CONDITIONS, Act.DECIDE, MAY[Act.DECIDE]),
    Transition(_S.UNDER_REVIEW, _S.REFUSED, Act.DECIDE, MAY[Act.DECIDE]),
    *(
        Transition(b, _S.WITHDRAWN, Act.WITHDRAW_RUN, MAY[Act.WITHDRAW_RUN])
        for b in (_S.SUBMITTED, _S.VERIFIED, _S.UNDER_REVIEW)
    ),
    *(
        Transition(before, after, act, roles)
        for before in (_S.STATED, _S.STATED_WITH_CONDITIONS)
        for after, act, roles in (
            (_S.WITHDRAWN, Act.WITHDRAW_STATEMENT, MAY[Act.WITHDRAW_STATEMENT]),
            (_S.EXPIRED, "expire", _OWN),
            (_S.SUPERSEDED, "supersede", _OWN),
        )
    ),
)


def require(actor: Actor, before: RunState, after: RunState, act: str) -> None:
    """Whether a run may go from one state to another so. Raises `ConflictError`; `ForbiddenError` for another role."""
    found = [t for t in TRANSITIONS if t.before is before and t.after is after and t.act == act]
    if not found:
        raise ConflictError(
            Text(
                f"状態が「{words(before).ja}」の試験結果は、「{named('act', act).ja}」によって"
                f"「{words(after).ja}」にすることができません。",
                f"a run that is {words(before).en} cannot become {words(after).en} by '{act}'",
            ),
            next_step=READ_AGAIN,
        )
    if actor.role not in found[0].roles:
        raise may_not(actor.role, act, found[0].roles)


def words(state: RunState) -> Text:
    """As it is said in a sentence."""
    return Text(named("run", state).ja, state.value.replace("_", " "))
