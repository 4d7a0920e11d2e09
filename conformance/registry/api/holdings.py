"""Endpoints about bodies, vendors, products, versions, systems and accounts."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
import sqlalchemy as sa

from conformance.model import Text
from conformance.registry import accounts, bodies, holdings, overview
from conformance.registry.actors import Act, Role
from conformance.registry.api.calls import Call, Endpoint, Made, Nothing, Page, Why
from conformance.registry.store import tables


class BodyPage(Page, frozen=True, forbid_unknown_fields=True):
    """A page of bodies, of one type where `type` is given."""

    type: str | None = None


class Bodies(msgspec.Struct, frozen=True):
    """A page of bodies; `total` counts all."""

    total: int
    items: list[bodies.Body]


class Versions(msgspec.Struct, frozen=True):
    """All versions."""

    items: list[holdings.Version]


class Vendors(msgspec.Struct, frozen=True):
    """All vendors."""

    items: list[holdings.Vendor]


class Systems(msgspec.Struct, frozen=True):
    """The systems of a body."""

    items: list[holdings.System]


class NewVendor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vendor to be entered."""

    name: str
    corporate_number: str | None = None


class NewProduct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product to be entered."""

    vendor_id: str
    name: str


class NewVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version to be entered."""

    product_id: str
    name: str


class NewSystem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A system to be entered."""

    body_code: str
    version_id: str
    service: str
    since: dt.date
    until: dt.date | None = None


class NewAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account to be made."""

    name: str
    role: Role
    vendor_id: str | None = None
    body_code: str | None = None
    issuer: str = accounts.LOCAL
    subject: str | None = None


class MadeAccount(msgspec.Struct, frozen=True):
    """The account that was made; a local one's token is told here, once."""

    id: str
    token: str | None = None


class Account(msgspec.Struct, frozen=True):
    """An account; of its token nothing is told."""

    id: str
    name: str
    role: str
    vendor_id: str | None
    body_code: str | None
    issuer: str
    subject: str
    disabled: bool


class Accounts(msgspec.Struct, frozen=True):
    """All accounts."""

    items: list[Account]


class Me(msgspec.Struct, frozen=True):
    """Who is asking."""

    account: str
    role: Role
    vendor_id: str | None
    body_code: str | None


def _bodies(call: Call) -> Bodies:
    query: BodyPage = call.query
    with call.office.database.read() as connection:
        return Bodies(*bodies.find_bodies(connection, type_=query.type, limit=query.limit, offset=query.offset))


def _body(call: Call) -> bodies.Body:
    with call.office.database.read() as connection:
        return bodies.body(connection, call.path["code"])


def _systems(call: Call) -> Systems:
    with call.office.database.read() as connection:
        bodies.body(connection, call.path["code"])
        return Systems(holdings.systems_of(connection, call.path["code"]))


def _overview(call: Call) -> overview.Overview:
    with call.office.database.read() as connection:
        return overview.overview(connection, call.office, call.actor, call.path["id"])


def _vendors(call: Call) -> Vendors:
    with call.office.database.read() as connection:
        rows = connection.execute(sa.select(tables.vendors).order_by(tables.vendors.c.name))
        return Vendors([holdings.Vendor(*row) for row in rows])


def _versions(call: Call) -> Versions:
    with call.office.database.read() as connection:
        return Versions(holdings.versions(connection))


def _add_vendor(call: Call) -> Made:
    return Made(holdings.add_vendor(call.office, call.actor, call.content.name, call.content.corporate_number))


def _add_product(call: Call) -> Made:
    return Made(holdings.add_product(call.office, call.actor, call.content.vendor_id, call.content.name))


def _add_version(call: Call) -> Made:
    return Made(holdings.add_version(call.office, call.actor, call.content.product_id, call.content.name))


def _add_system(call: Call) -> Made:
    wanted = holdings.System("", **msgspec.structs.asdict(call.content))
    return Made(holdings.add_system(call.office, call.actor, wanted))


def _accounts(call: Call) -> Accounts:
    call.actor.require(Act.KEEP_ACCOUNTS)
    table = tables.accounts
    with call.office.database.read() as connection:
        rows = connection.execute(sa.select(table).order_by(table.c.created_at, table.c.id))
        return Accounts(
            [
                Account(r.id, r.name, r.role, r.vendor_id, r.body_code, r.issuer, r.subject, r.disabled_at is not None)
                for r in rows
            ]
        )


def _add_account(call: Call) -> MadeAccount:
    wanted = accounts.Wanted(**msgspec.structs.asdict(call.content))
    return MadeAccount(*accounts.add_account(call.office, call.actor, wanted))


def _disable_account(call: Call) -> Nothing:
    accounts.disable_account(call.office, call.actor, call.path["id"], call.content.why)
    return Nothing()


def _me(call: Call) -> Me:
    return Me(call.actor.account, call.actor.role, call.actor.vendor, call.actor.body)


ENDPOINTS: Final = (
    Endpoint("listBodies", "GET", "/bodies", _bodies, Text("団体一覧", "Bodies"), Bodies, query=BodyPage, public=True),
    Endpoint(
        "getBody", "GET", "/bodies/{code}", _body,
        Text("団体", "A body"), bodies.Body, public=True, refusals=(404,),
    ),
    Endpoint(
        "listSystems", "GET", "/bodies/{code}/systems", _systems,
        Text("団体のシステム", "Systems of a body"), Systems, public=True, refusals=(404,),
    ),
    Endpoint(
        "getSystemOverview", "GET", "/systems/{id}/overview", _overview,
        Text("システムの現況", "All that there is about a system"), overview.Overview, public=True, refusals=(404,),
    ),
    Endpoint("listVendors", "GET", "/vendors", _vendors, Text("事業者一覧", "Vendors"), Vendors, public=True),
    Endpoint("listVersions", "GET", "/versions", _versions, Text("製品の版一覧", "Versions"), Versions, public=True),
    Endpoint(
        "addVendor", "POST", "/vendors", _add_vendor, Text("事業者の登録", "Enter a vendor"), Made,
        takes=NewVendor, status=201, refusals=(409,),
    ),
    Endpoint(
        "addProduct", "POST", "/products", _add_product, Text("製品の登録", "Enter a product"), Made,
        takes=NewProduct, status=201, refusals=(409,),
    ),
    Endpoint(
        "addVersion", "POST", "/versions", _add_version, Text("版の登録", "Enter a version"), Made,
        takes=NewVersion, status=201, refusals=(409,),
    ),
    Endpoint(
        "addSystem", "POST", "/systems", _add_system, Text("システムの登録", "Enter a system"), Made,
        takes=NewSystem, status=201, refusals=(404, 409),
    ),
    Endpoint("listAccounts", "GET", "/accounts", _accounts, Text("アカウント一覧", "Accounts"), Accounts),
    Endpoint(
        "addAccount", "POST", "/accounts", _add_account, Text("アカウントの作成", "Make an account"), MadeAccount,
        takes=NewAccount, status=201, refusals=(409,),
    ),
    Endpoint(
        "disableAccount", "POST", "/accounts/{id}/disabling", _disable_account,
        Text("アカウントの停止", "Disable an account"), Nothing, takes=Why, refusals=(404, 409),
    ),
    Endpoint("getMe", "GET", "/me", _me, Text("自分", "Who is asking"), Me),
)  # fmt: skip
