"""Which forms a page offers to whom: read off the tables of states and roles, never decided here.

An offer that its endpoint would refuse is left out as far as the tables tell; for all else the endpoint says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.catalogue.service import available
from conformance.model import Text
from conformance.registry.actors import MAY, Act, Actor, Role
from conformance.registry.advisories import Advisory
from conformance.registry.advisory_states import STEPS, AdvisoryState
from conformance.registry.holdings import Vendor, Version
from conformance.registry.pages.forms import Choices, Offer
from conformance.registry.pages.words import word
from conformance.registry.review import OUTCOMES
from conformance.registry.runs import Run
from conformance.registry.statements import StatementState
from conformance.registry.states import TRANSITIONS, RunState
from conformance.registry.waivers import Waiver, WaiverState

_STEPS: Final[Mapping[AdvisoryState, str]] = {
    AdvisoryState.APPROVED: "approveAdvisory",
    AdvisoryState.ISSUED: "issueAdvisory",
    AdvisoryState.ACKNOWLEDGED: "acknowledgeAdvisory",
    AdvisoryState.PLAN_RECEIVED: "planRemedy",
    AdvisoryState.REMEDIED: "remedyAdvisory",
    AdvisoryState.CLOSED: "closeAdvisory",
    AdvisoryState.DROPPED: "dropAdvisory",
}
"""The act that leads to each state."""


def may(actor: Actor, act: Act) -> bool:
    """Whether the role may do it at all."""
    return actor.role in MAY[act]


def acts_on(actor: Actor, state: RunState) -> set[str]:
    """What the role may do to a run in a state."""
    return {t.act for t in TRANSITIONS if t.before is state and actor.role in t.roles}


def of_run(actor: Actor, run: Run, *, advised: bool) -> list[Offer]:
    """What may be done to a run. `advised`: whether something in it can be advised on."""
    possible, found = acts_on(actor, run.state), []
    if Act.BEGIN_REVIEW in possible and run.account_id != actor.account:
        found.append(Offer("beginReview"))
    mine = run.state is RunState.UNDER_REVIEW and run.assessor_id == actor.account
    if mine and may(actor, Act.PROPOSE):
        outcomes = [(o.value, word(f"run.{o.value}")) for o in RunState if o in OUTCOMES]
        found.append(Offer("propose", choices={"outcome": outcomes}))
    others = actor.account not in {run.assessor_id, run.account_id}
    if Act.DECIDE in possible and run.proposal is not None and others:
        found.append(Offer("decide", {"proposal_id": run.proposal["id"]}))
    if may(actor, Act.DRAFT_ADVISORY) and advised:
        found.append(Offer("draftAdvisory", {"run_id": run.id}))
    if may(actor, Act.BEGIN_REVIEW) and run.state in {RunState.VERIFIED, RunState.UNDER_REVIEW}:
        found.append(Offer("judgeAgain"))
    if Act.WITHDRAW_RUN in possible and (run.account_id == actor.account or run.vendor_id == actor.vendor):
        found.append(Offer("withdrawRun"))
    return found


def of_statement(actor: Actor, state: StatementState) -> list[Offer]:
    """What may be done to a statement."""
    valid = state is StatementState.VALID and may(actor, Act.WITHDRAW_STATEMENT)
    return [Offer("withdrawStatement")] if valid else []


def of_waiver(actor: Actor, waiver: Waiver) -> list[Offer]:
    """What may be done to a waiver."""
    if not may(actor, Act.APPROVE_WAIVER) or waiver.state is WaiverState.WITHDRAWN:
        return []
    proposed = waiver.state is WaiverState.PROPOSED and waiver.proposed_by != actor.account
    return [*([Offer("approveWaiver")] if proposed else []), Offer("withdrawWaiver")]


def of_advisory(actor: Actor, advisory: Advisory, newer: Choices) -> list[Offer]:
    """What may be done to an advisory. `newer`: runs of which one may show that it is remedied."""
    steps = [after for (before, after), (_, roles) in STEPS.items() if before is advisory.state and actor.role in roles]
    if advisory.drafted_by == actor.account:
        steps = [after for after in steps if after is not AdvisoryState.APPROVED]
    acts = [_STEPS[after] for after in sorted(steps, key=list(_STEPS).index) if after in _STEPS]
    return [Offer(act, choices={"run_id": newer}) for act in acts if act != "remedyAdvisory" or newer]


def services() -> Choices:
    """Published services to choose from."""
    return [(name, Text(name, name)) for name in available()]


def versions(known: list[Version]) -> Choices:
    """Versions to choose from."""
    names = [(version.id, f"{version.vendor}: {version.full_name}") for version in known]
    return [(key, Text(name, name)) for key, name in names]


def of_accounts(actor: Actor, vendors: list[Vendor]) -> list[Offer]:
    """Making an account."""
    if not may(actor, Act.KEEP_ACCOUNTS):
        return []
    roles = [(r.value, word(f"role.{r.value}")) for r in Role if r not in {Role.PUBLIC, Role.REGISTRY}]
    choices = {"role": roles, "vendor_id": [(v.id, Text(v.name, v.name)) for v in vendors]}
    return [Offer("addAccount", choices=choices)]
