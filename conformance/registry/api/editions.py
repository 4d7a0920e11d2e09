"""Endpoints about the editions of which runs are accepted."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from conformance.model import Text
from conformance.registry import editions
from conformance.registry.api.calls import Call, Endpoint, Nothing


class Editions(msgspec.Struct, frozen=True):
    """The editions that are published, and older ones that are kept, each with its last day."""

    published: list[editions.Published]
    older: list[editions.Edition]


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when, and why, runs of an older edition are accepted; a day that is past ends it."""

    until: dt.date
    why: str


def _editions(call: Call) -> Editions:
    with call.office.database.read() as connection:
        return Editions(editions.published(), editions.find(connection))


def _accept(call: Call) -> Nothing:
    editions.accept(call.office, call.actor, call.path["id"], call.content.until, call.content.why)
    return Nothing()


ENDPOINTS: Final = (
    Endpoint("listEditions", "GET", "/editions", _editions, Text("版一覧", "Editions"), Editions, public=True),
    Endpoint(
        "acceptEdition", "POST", "/editions/{id}/acceptance", _accept,
        Text("旧版の受付期限の変更", "Accept an older edition until a day"), Nothing, takes=Acceptance,
        refusals=(404, 409),
    ),
)  # fmt: skip
