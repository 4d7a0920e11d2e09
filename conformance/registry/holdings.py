"""Vendors, their products and versions, and systems: which body runs which version for which service."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import sqlalchemy as sa

from conformance.catalogue.service import available
from conformance.identifiers import is_valid
from conformance.model import Text
from conformance.registry.actors import Act, Actor
from conformance.registry.bodies import body
from conformance.registry.names import one_of
from conformance.registry.office import Office, new_id, words
from conformance.registry.refusals import InvalidError, none_such
from conformance.registry.store import record, tables

_NAME = 200


class Vendor(msgspec.Struct, frozen=True):
    """A supplier of products."""

    id: str
    name: str
    corporate_number: str | None = None


class Version(msgspec.Struct, frozen=True):
    """A version of a product, with the names of both and of the vendor."""

    id: str
    name: str
    product_id: str
    product: str
    vendor_id: str
    vendor: str

    @property
    def full_name(self) -> str:
        """Product and version, as the header of a run has them."""
        return f"{self.product} {self.name}".strip()


class System(msgspec.Struct, frozen=True):
    """A version at work in a body for one service; `until` is the last day."""

    id: str
    body_code: str
    version_id: str
    service: str
    since: dt.date
    until: dt.date | None = None


def add_vendor(office: Office, actor: Actor, name: str, corporate_number: str | None = None) -> str:
    """Enter a vendor; its id. Raises `ForbiddenError`, `InvalidError`, `ConflictError`."""
    actor.require(Act.KEEP_HOLDINGS)
    if corporate_number is not None and not is_valid("corporate-number", corporate_number):
        raise InvalidError(
            Text("法人番号ではありません。", "is no corporate number"),
            where="corporate_number",
            next_step=Text(
                "13桁の法人番号を指定してください。先頭の1桁は検査用の数字です。",
                "give the 13 digits; the first one is a check",
            ),
        )
    values = {"name": words(name, "name", longest=_NAME), "corporate_number": corporate_number}
    return _enter(office, actor, tables.vendors, "vendor", values)


def add_product(office: Office, actor: Actor, vendor_id: str, name: str) -> str:
    """Enter a product of a vendor; its id. Raises as `add_vendor`."""
    actor.require(Act.KEEP_HOLDINGS)
    return _enter(
        office, actor, tables.products, "product", {"vendor_id": vendor_id, "name": words(name, "name", longest=_NAME)}
    )


def add_version(office: Office, actor: Actor, product_id: str, name: str) -> str:
    """Enter a version of a product; its id. Raises as `add_vendor`."""
    actor.require(Act.KEEP_HOLDINGS)
    return _enter(
        office,
        actor,
        tables.versions,
        "version",
        {"product_id": product_id, "name": words(name, "name", longest=_NAME)},
    )


def add_system(office: Office, actor: Actor, system: System) -> str:
    """Enter that a body runs a version for a service; the new id, whatever `system` has. Raises as `add_vendor`."""
    actor.require(Act.KEEP_HOLDINGS)
    if system.service not in available():
        raise InvalidError(
            Text(f"サービス「{system.service}」は公表されていません。", f"no service '{system.service}' is published"),
            where="service",
            next_step=one_of("service", available()),
        )
    if system.until is not None and system.until < system.since:
        raise InvalidError(
            Text("運用開始日より前の日です。", "is before 'since'"),
            where="until",
            next_step=Text("最終日を指定するか、空欄にしてください。", "give the last day, or none"),
        )
    with office.database.read() as connection:
        body(connection, system.body_code)
    values = {k: v for k, v in msgspec.structs.asdict(system).items() if k != "id"}
    return _enter(office, actor, tables.systems, "system", values)


def _enter(office: Office, actor: Actor, table: sa.Table, kind: str, values: dict[str, Any]) -> str:
    made = new_id()
    with office.database.write() as connection:
        connection.execute(sa.insert(table).values(id=made, **values))
        record(connection, office.now(), actor, f"enter {kind}", (kind, made), what=msgspec.to_builtins(values))
    return made


def vendor(connection: sa.Connection, vendor_id: str) -> Vendor:
    """A vendor by its id. Raises `NotFoundError`."""
    row = connection.execute(sa.select(tables.vendors).where(tables.vendors.c.id == vendor_id)).first()
    if row is None:
        raise none_such("事業者", "vendor")
    return Vendor(*row)


def versions(connection: sa.Connection, version_id: str | None = None) -> list[Version]:
    """All versions, or the one of an id, with the names of product and vendor."""
    own, products, vendors = tables.versions, tables.products, tables.vendors
    chosen = (
        sa.select(own.c.id, own.c.name, products.c.id, products.c.name, vendors.c.id, vendors.c.name)
        .join(products, products.c.id == own.c.product_id)
        .join(vendors, vendors.c.id == products.c.vendor_id)
        .order_by(vendors.c.name, products.c.name, own.c.name)
    )
    if version_id is not None:
        chosen = chosen.where(own.c.id == version_id)
    return [Version(*row) for row in connection.execute(chosen)]


def version(connection: sa.Connection, version_id: str) -> Version:
    """A version by its id. Raises `NotFoundError`."""
    found = versions(connection, version_id)
    if not found:
        raise none_such("製品の版", "version")
    return found[0]


def system(connection: sa.Connection, system_id: str) -> System:
    """A system by its id. Raises `NotFoundError`."""
    row = connection.execute(sa.select(tables.systems).where(tables.systems.c.id == system_id)).first()
    if row is None:
        raise none_such("システム", "system")
    return System(*row)


def systems_of(connection: sa.Connection, body_code: str) -> list[System]:
    """The systems of a body, the oldest first."""
    table = tables.systems
    chosen = sa.select(table).where(table.c.body_code == body_code).order_by(table.c.since, table.c.service, table.c.id)
    return [System(*row) for row in connection.execute(chosen)]
