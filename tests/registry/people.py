"""Who is in the tests: two vendors, two bodies, and the agency's people."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.registry.accounts import Wanted, add_account, by_token, first_administrator
from conformance.registry.actors import Actor, Role
from conformance.registry.holdings import add_product, add_vendor, add_version
from conformance.registry.office import Office

BODY, OTHER_BODY = "131016", "131024"


@dataclass(frozen=True)
class World:
    """Accounts by name, their tokens, and the ids of what is registered."""

    actors: dict[str, Actor]
    tokens: dict[str, str]
    version: str
    next_version: str
    other_version: str
    product: str
    vendor: str
    other_vendor: str

    def __getitem__(self, name: str) -> Actor:
        return self.actors[name]


def populate(office: Office) -> World:
    """Make all of it."""
    _, first = first_administrator(office, "administrator")
    assert first is not None
    administrator = by_token(office, first)
    vendor = add_vendor(office, administrator, "conformance")
    other_vendor = add_vendor(office, administrator, "Other vendor")
    product = add_product(office, administrator, vendor, "Reference implementation")
    version = add_version(office, administrator, product, "0.1.0")
    next_version = add_version(office, administrator, product, "0.2.0")
    other_product = add_product(office, administrator, other_vendor, "Other product")
    other_version = add_version(office, administrator, other_product, "1")
    wanted = {
        "vendor": Wanted("vendor", Role.VENDOR, vendor_id=vendor),
        "other vendor": Wanted("other vendor", Role.VENDOR, vendor_id=other_vendor),
        "body": Wanted("body", Role.BODY, body_code=BODY),
        "other body": Wanted("other body", Role.BODY, body_code=OTHER_BODY),
        "assessor": Wanted("assessor", Role.ASSESSOR),
        "second assessor": Wanted("second assessor", Role.ASSESSOR),
        "approver": Wanted("approver", Role.APPROVER),
        "second approver": Wanted("second approver", Role.APPROVER),
    }
    actors, tokens = {"administrator": administrator}, {"administrator": first}
    for name, entry in wanted.items():
        _, token = add_account(office, administrator, entry)
        assert token is not None
        tokens[name], actors[name] = token, by_token(office, token)
    return World(actors, tokens, version, next_version, other_version, product, vendor, other_vendor)
