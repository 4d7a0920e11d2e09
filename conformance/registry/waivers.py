"""Waivers: transitional measures. A requirement that is not met is borne for a while, for a reason, on a condition.

A waiver is shown wherever it counts, with the verdict underneath it; it never makes a requirement a pass.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from conformance.catalogue.service import available, published_service
from conformance.model import Level, Text
from conformance.registry.actors import Act, Actor, Role
from conformance.registry.bodies import body
from conformance.registry.holdings import version
from conformance.registry.names import named, one_of
from conformance.registry.office import Office, new_id, words
from conformance.registry.refusals import ConflictError, ForbiddenError, InvalidError, none_such
from conformance.registry.store import record, tables
from conformance.registry.store.database import one_changed


class WaiverState(StrEnum):
    """Where a waiver stands. Whether it has ended is said by its last day, not by a state."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class Waiver(msgspec.Struct, frozen=True):
    """For one requirement of a service and one version; for one body, or for all where `body_code` is None."""

    id: str
    service: str
    requirement: str
    body_code: str | None
    version_id: str
    reason: Text
    condition: Text
    valid_from: dt.date
    valid_until: dt.date
    state: WaiverState = WaiverState.PROPOSED
    proposed_by: str = ""
    approved_by: str | None = None

    def covers(self, service: str, requirement: str, version_id: str, body_code: str, day: dt.date) -> bool:
        """Whether it counts for a requirement of a system on a day."""
        return (
            self.state is WaiverState.APPROVED
            and (self.service, self.requirement, self.version_id) == (service, requirement, version_id)
            and self.body_code in {None, body_code}
            and self.valid_from <= day <= self.valid_until
        )


def propose(office: Office, actor: Actor, waiver: Waiver) -> str:
    """Propose a waiver; its id. Raises `ForbiddenError`, `InvalidError`, `NotFoundError`."""
    actor.require(Act.PROPOSE_WAIVER)
    _check(waiver)
    made, now = new_id(), office.now()
    values = {
        **{name: getattr(waiver, name) for name in ("service", "requirement", "body_code", "version_id")},
        "reason": msgspec.to_builtins(waiver.reason),
        "condition": msgspec.to_builtins(waiver.condition),
        "valid_from": waiver.valid_from,
        "valid_until": waiver.valid_until,
    }
    with office.database.write() as connection:
        version(connection, waiver.version_id)
        if waiver.body_code is not None:
            body(connection, waiver.body_code)
        connection.execute(
            sa.insert(tables.waivers).values(
                id=made, state=WaiverState.PROPOSED, proposed_by=actor.account, changed_at=now, **values
            )
        )
        told = msgspec.to_builtins(values)
        record(connection, now, actor, Act.PROPOSE_WAIVER, ("waiver", made), waiver.reason.en, told)
    return made


def _check(waiver: Waiver) -> None:
    if waiver.service not in available():
        raise InvalidError(
            Text("公表されていないサービスです。", "is not published here"),
            where="service",
            next_step=one_of("service", available()),
        )
    found = published_service(waiver.service).requirement_ids.get(waiver.requirement)
    if found is None:
        raise InvalidError(
            Text(
                f"サービス「{waiver.service}」にこの要求事項はありません。",
                f"'{waiver.service}' has no such requirement",
            ),
            where="requirement",
            next_step=Text("要求事項は`conformance list`で確認できます。", "`conformance list` has all"),
        )
    if found.level is Level.RECOMMENDED:
        raise InvalidError(
            Text(
                "推奨事項であり、守らなければならない要求事項ではありません。",
                "is a recommendation, which does not bind",
            ),
            where="requirement",
            next_step=Text("経過措置は必要ありません。", "there is nothing to waive"),
        )
    for name in ("reason", "condition"):
        text: Text = getattr(waiver, name)
        words(text.ja, f"{name}.ja")
        words(text.en, f"{name}.en")
    if waiver.valid_until < waiver.valid_from:
        raise InvalidError(
            Text("初日より前の日です。", "is before 'valid_from'"),
            where="valid_until",
            next_step=Text("初日以降の日を指定してください。", "give the last day"),
        )


def approve(office: Office, actor: Actor, waiver_id: str, why: str) -> None:
    """Let a proposed waiver count. Raises `ForbiddenError` for whoever has proposed it, `ConflictError`."""
    actor.require(Act.APPROVE_WAIVER)
    with office.database.write() as connection:
        found = read(connection, actor, waiver_id)
        if found.proposed_by == actor.account:
            raise ForbiddenError(
                Text("提案した者は、その経過措置を承認できません。", "whoever proposes a waiver does not approve it"),
                next_step=Text("別の承認者に依頼してください。", "ask another approver"),
            )
        _move(connection, office, actor, found, WaiverState.APPROVED, Act.APPROVE_WAIVER, why)


def withdraw(office: Office, actor: Actor, waiver_id: str, why: str) -> None:
    """Let a waiver count no more. Raises `ForbiddenError`, `NotFoundError`, `ConflictError`."""
    actor.require(Act.APPROVE_WAIVER)
    with office.database.write() as connection:
        found = read(connection, actor, waiver_id)
        _move(connection, office, actor, found, WaiverState.WITHDRAWN, "withdraw waiver", why)


def _move(
    connection: sa.Connection, office: Office, actor: Actor, found: Waiver, after: WaiverState, act: str, why: str
) -> None:
    allowed = {WaiverState.APPROVED: {WaiverState.PROPOSED}}.get(after, {WaiverState.PROPOSED, WaiverState.APPROVED})
    if found.state not in allowed:
        raise ConflictError(
            Text(f"経過措置の状態は「{named('waiver', found.state).ja}」です。", f"the waiver is {found.state}"),
            next_step=Text("新しい経過措置を提案してください。", "propose another one"),
        )
    values: dict[str, Any] = {"state": after, "changed_at": office.now()}
    if after is WaiverState.APPROVED:
        values["approved_by"] = actor.account
    table = tables.waivers
    change = sa.update(table).where(table.c.id == found.id, table.c.state == found.state)
    one_changed(connection.execute(change.values(**values)))
    record(connection, office.now(), actor, act, ("waiver", found.id), words(why, "why"))


def _visible(actor: Actor) -> sa.ColumnElement[bool]:
    """A vendor sees those for its versions, a body those for itself and for all bodies, the agency all."""
    table = tables.waivers
    if actor.agency:
        return sa.true()
    if actor.role is Role.VENDOR and actor.vendor is not None:
        own = (
            sa.select(tables.versions.c.id)
            .join(tables.products, tables.products.c.id == tables.versions.c.product_id)
            .where(tables.products.c.vendor_id == actor.vendor)
        )
        return table.c.version_id.in_(own)
    if actor.role is Role.BODY and actor.body is not None:
        return sa.and_(table.c.state != WaiverState.PROPOSED, table.c.body_code == actor.body)
    return sa.false()


def read(connection: sa.Connection, actor: Actor, waiver_id: str) -> Waiver:
    """A waiver that somebody may see. Raises `NotFoundError`."""
    chosen = sa.select(tables.waivers).where(tables.waivers.c.id == waiver_id, _visible(actor))
    row = connection.execute(chosen).first()
    if row is None:
        raise none_such("経過措置", "waiver")
    return _waiver(row)


def find(connection: sa.Connection, actor: Actor) -> list[Waiver]:
    """All waivers that somebody may see, by requirement."""
    table = tables.waivers
    chosen = sa.select(table).where(_visible(actor)).order_by(table.c.requirement, table.c.valid_from, table.c.id)
    return [_waiver(row) for row in connection.execute(chosen)]


def of_version(connection: sa.Connection, version_id: str) -> list[Waiver]:
    """All waivers of a version, whatever their state."""
    chosen = sa.select(tables.waivers).where(tables.waivers.c.version_id == version_id)
    return [_waiver(row) for row in connection.execute(chosen.order_by(tables.waivers.c.id))]


def _waiver(row: sa.Row[Any]) -> Waiver:
    values = {str(name): value for name, value in row._mapping.items() if name != "changed_at"}
    return msgspec.convert(values, Waiver)
