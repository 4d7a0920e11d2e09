"""Who acts: an account with one role. What each role may do is one table, and nothing else decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from conformance.model import Text
from conformance.registry.names import listed, named
from conformance.registry.refusals import ForbiddenError


class Role(StrEnum):
    """What an account is to the registry. `registry` is the registry itself, and no account has it."""

    PUBLIC = "public"
    VENDOR = "vendor"
    BODY = "body"
    ASSESSOR = "assessor"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    REGISTRY = "registry"


class Party(StrEnum):
    """Who made the evidence (ISO/IEC 17000: first party the supplier, second the user, third independent of both)."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"


PARTY: Final[Mapping[Role, Party]] = {
    Role.VENDOR: Party.FIRST,
    Role.BODY: Party.SECOND,
    Role.ASSESSOR: Party.THIRD,
}

AGENCY: Final = frozenset({Role.ASSESSOR, Role.APPROVER, Role.ADMINISTRATOR})
"""The roles of the agency's own people; they see everything."""


class Act(StrEnum):
    """What can be done."""

    SUBMIT = "submit"
    WITHDRAW_RUN = "withdraw run"
    BEGIN_REVIEW = "begin review"
    PROPOSE = "propose"
    DECIDE = "decide"
    WITHDRAW_STATEMENT = "withdraw statement"
    PROPOSE_WAIVER = "propose waiver"
    APPROVE_WAIVER = "approve waiver"
    DRAFT_ADVISORY = "draft advisory"
    APPROVE_ADVISORY = "approve advisory"
    ISSUE_ADVISORY = "issue advisory"
    ANSWER_ADVISORY = "answer advisory"
    FOLLOW_ADVISORY = "follow advisory"
    KEEP_HOLDINGS = "keep holdings"
    KEEP_ACCOUNTS = "keep accounts"
    ACCEPT_EDITION = "accept edition"
    RUN_AFRESH = "run afresh"
    READ_EVENTS = "read events"


MAY: Final[Mapping[Act, frozenset[Role]]] = {
    Act.SUBMIT: frozenset({Role.VENDOR, Role.BODY, Role.ASSESSOR}),
    Act.WITHDRAW_RUN: frozenset({Role.VENDOR, Role.BODY, Role.ASSESSOR}),
    Act.BEGIN_REVIEW: frozenset({Role.ASSESSOR}),
    Act.PROPOSE: frozenset({Role.ASSESSOR}),
    Act.DECIDE: frozenset({Role.APPROVER}),
    Act.WITHDRAW_STATEMENT: frozenset({Role.APPROVER}),
    Act.PROPOSE_WAIVER: frozenset({Role.ASSESSOR}),
    Act.APPROVE_WAIVER: frozenset({Role.APPROVER}),
    Act.DRAFT_ADVISORY: frozenset({Role.ASSESSOR}),
    Act.APPROVE_ADVISORY: frozenset({Role.APPROVER}),
    Act.ISSUE_ADVISORY: frozenset({Role.ASSESSOR, Role.APPROVER}),
    Act.ANSWER_ADVISORY: frozenset({Role.BODY}),
    Act.FOLLOW_ADVISORY: frozenset({Role.ASSESSOR}),
    Act.KEEP_HOLDINGS: frozenset({Role.ADMINISTRATOR}),
    Act.KEEP_ACCOUNTS: frozenset({Role.ADMINISTRATOR}),
    Act.RUN_AFRESH: frozenset({Role.ASSESSOR}),
    Act.ACCEPT_EDITION: frozenset({Role.APPROVER}),
    Act.READ_EVENTS: frozenset({Role.ADMINISTRATOR, Role.ASSESSOR, Role.APPROVER}),
}


@dataclass(frozen=True)
class Actor:
    """Who acts: an account, its role, and the vendor or body that it belongs to."""

    account: str
    role: Role
    vendor: str | None = None
    body: str | None = None

    @property
    def agency(self) -> bool:
        """Whether this is one of the agency's own people, or the registry itself."""
        return self.role in AGENCY or self.role is Role.REGISTRY

    def require(self, act: Act) -> None:
        """Raise `ForbiddenError` where the role may not do it."""
        if self.role is not Role.REGISTRY and self.role not in MAY[act]:
            raise may_not(self.role, act, MAY[act])


def may_not(role: Role, act: str, able: frozenset[Role]) -> ForbiddenError:
    """The refusal for a role that may not do something, with those that may."""
    told = listed("role", sorted(able))
    return ForbiddenError(
        Text(
            f"役割「{named('role', role).ja}」では「{named('act', act).ja}」を行えません。",
            f"the role '{role}' may not {act}",
        ),
        next_step=Text(f"次の役割の者に依頼してください: {told.ja}。", f"ask one of: {told.en}"),
    )


PUBLIC: Final = Actor("public", Role.PUBLIC)
"""Anybody: sees what is published."""
REGISTRY: Final = Actor("registry", Role.REGISTRY)
"""The registry itself, as where a validity ends."""
