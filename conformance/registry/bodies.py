"""The public bodies, entered from `fixtures/`: local ones by their real codes, ministries by ids of the project."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from conformance.model import Text
from conformance.registry.actors import REGISTRY
from conformance.registry.office import Office
from conformance.registry.refusals import NotFoundError
from conformance.registry.store import record, tables
from conformance.resources import fixtures_dir

MINISTRY: Final = "ministry"
"""The type of all national bodies: they have no local government code, and `code` is an id of the project's own."""


class Body(msgspec.Struct, frozen=True):
    """A municipality, prefecture or ministry. `type` is as in the conditions of requirements."""

    code: str
    name: str
    kana: str
    type: str
    prefecture: str


def enter_bodies(office: Office) -> int:
    """Enter the bodies that are not there yet, and what has changed of others; how many these were."""
    known = [
        body
        for name in ("bodies.json", "national.json")
        for body in msgspec.json.decode((fixtures_dir() / name).read_bytes(), type=list[Body])
    ]
    with office.database.write() as connection:
        there = {row.code: Body(*row) for row in connection.execute(sa.select(tables.bodies))}
        changed = [body for body in known if there.get(body.code) != body]
        for body in changed:
            values = msgspec.to_builtins(body)
            change = (
                sa.update(tables.bodies).where(tables.bodies.c.code == body.code)
                if body.code in there
                else sa.insert(tables.bodies)
            )
            connection.execute(change.values(**values))
        if changed:
            record(
                connection,
                office.now(),
                REGISTRY,
                "enter bodies",
                ("bodies", "all"),
                what={"codes": [body.code for body in changed]},
            )
    return len(changed)


def body(connection: sa.Connection, code: str) -> Body:
    """A body by its code. Raises `NotFoundError`."""
    row = connection.execute(sa.select(tables.bodies).where(tables.bodies.c.code == code)).first()
    if row is None:
        raise NotFoundError(
            Text(f"団体コード「{code}」の団体はありません。", f"no body has the code '{code}'"),
            next_step=Text(
                "6桁の団体コードを指定してください。国の機関はNと5桁の数字です。",
                "give the six digits of its code; a ministry has N and five digits",
            ),
        )
    return Body(*row)


def find_bodies(connection: sa.Connection, *, type_: str | None, limit: int, offset: int) -> tuple[int, list[Body]]:
    """How many bodies there are (of a type), and a page of them in the order of their codes."""
    table = tables.bodies
    chosen = sa.select(table) if type_ is None else sa.select(table).where(table.c.type == type_)
    count = connection.execute(sa.select(sa.func.count()).select_from(chosen.subquery())).scalar_one()
    return count, [Body(*row) for row in connection.execute(chosen.order_by(table.c.code).limit(limit).offset(offset))]
