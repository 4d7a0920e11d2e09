"""Endpoints about fresh runs."""

from __future__ import annotations

from typing import Final

import msgspec

from conformance.model import Text
from conformance.registry import fresh
from conformance.registry.api.calls import Call, Endpoint, Nothing


class NewFreshRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The run that was made to confirm another."""

    run_id: str


class FreshRuns(msgspec.Struct, frozen=True):
    """The fresh runs of a run."""

    items: list[fresh.FreshRun]


def _all(call: Call) -> FreshRuns:
    with call.office.database.read() as connection:
        return FreshRuns(fresh.of_run(connection, call.actor, call.path["id"]))


def _note(call: Call) -> Nothing:
    fresh.note(call.office, call.actor, call.path["id"], call.content.run_id)
    return Nothing()


ENDPOINTS: Final = (
    Endpoint(
        "listFreshRuns", "GET", "/runs/{id}/fresh-runs", _all,
        Text("再試験との比較", "Fresh runs, compared with it"), FreshRuns, refusals=(404,),
    ),
    Endpoint(
        "noteFreshRun", "POST", "/runs/{id}/fresh-runs", _note, Text("再試験の登録", "Note a fresh run"), Nothing,
        takes=NewFreshRun, refusals=(404, 409),
    ),
)  # fmt: skip
