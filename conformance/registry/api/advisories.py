"""Endpoints about advisories. What was sent is published without its findings."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from conformance.model import Text
from conformance.registry import advisories
from conformance.registry.actors import Act
from conformance.registry.advisory_states import NEXT, AdvisoryState
from conformance.registry.advisory_text import Content, render
from conformance.registry.api.calls import Call, Endpoint, File, Made, Nothing, Page, Why
from conformance.registry.api.runs import Events, Happened
from conformance.registry.store import history


class NewAdvisory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An advisory to be drafted on a run. `basis` is what the person in charge gives as its legal basis."""

    run_id: str
    basis: Text
    answer_by: dt.date


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How, and by when, a body puts it right."""

    plan: str
    remedy_by: dt.date


class Remedy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The run that shows that it was put right."""

    run_id: str


class Advisory(msgspec.Struct, frozen=True):
    """An advisory, where it stands, and what is next."""

    id: str
    body_code: str
    vendor_id: str
    run_id: str
    state: AdvisoryState
    next: Text
    answer_by: dt.date
    remedy_by: dt.date | None
    issued_at: dt.datetime | None
    remedied_by: str | None
    content: Content


class Advisories(msgspec.Struct, frozen=True):
    """A page of advisories; `total` counts all."""

    total: int
    items: list[Advisory]


class Published(msgspec.Struct, frozen=True):
    """What is public of an advisory: to whom, and where it stands. Nothing of what was found."""

    id: str
    body_code: str
    body_name: str
    instrument: Text
    state: AdvisoryState
    next: Text
    issued_at: dt.datetime | None
    answer_by: dt.date


class PublishedAdvisories(msgspec.Struct, frozen=True):
    """A page of the public list; `total` counts all."""

    total: int
    items: list[Published]


def _told(found: advisories.Advisory) -> Advisory:
    return Advisory(
        found.id, found.body_code, found.vendor_id, found.run_id, found.state, NEXT[found.state], found.answer_by,
        found.remedy_by, found.issued_at, found.remedied_by, found.content,
    )  # fmt: skip


def published(found: advisories.Advisory) -> Published:
    """What everybody may know of an advisory that was sent."""
    return Published(
        found.id, found.body_code, found.content.body.name, found.content.instrument_name, found.state,
        NEXT[found.state], found.issued_at, found.answer_by,
    )  # fmt: skip


def _published(call: Call) -> PublishedAdvisories:
    query: Page = call.query
    with call.office.database.read() as connection:
        count, found = advisories.find(connection, call.actor, public=True, limit=query.limit, offset=query.offset)
    return PublishedAdvisories(count, list(map(published, found)))


def _all(call: Call) -> Advisories:
    query: Page = call.query
    with call.office.database.read() as connection:
        count, found = advisories.find(connection, call.actor, public=False, limit=query.limit, offset=query.offset)
    return Advisories(count, list(map(_told, found)))


def _read(call: Call) -> advisories.Advisory:
    with call.office.database.read() as connection:
        return advisories.read(connection, call.actor, call.path["id"])


def _one(call: Call) -> Advisory:
    return _told(_read(call))


def _page(call: Call) -> File:
    found = _read(call)
    page = render(found.content, {"id": found.id, "state": found.state}, found.answer_by, found.remedy_by)
    return File(page.encode(), "text/html; charset=utf-8", f"advisory-{found.id}.html")


def _events(call: Call) -> Events:
    with call.office.database.read() as connection:
        found = advisories.read(connection, call.actor, call.path["id"])
        call.actor.require(Act.READ_EVENTS)
        told = history(connection, "advisory", found.id)
    return Events([Happened(e.at, e.account, e.role, e.act, e.why, dict(e.what)) for e in told])


def _draft(call: Call) -> Made:
    new: NewAdvisory = call.content
    return Made(advisories.draft(call.office, call.actor, new.run_id, new.basis, new.answer_by))


def _approve(call: Call) -> Nothing:
    advisories.approve(call.office, call.actor, call.path["id"], call.content.why)
    return Nothing()


def _issue(call: Call) -> Nothing:
    advisories.issue(call.office, call.actor, call.path["id"], call.content.why)
    return Nothing()


def _drop(call: Call) -> Nothing:
    advisories.drop(call.office, call.actor, call.path["id"], call.content.why)
    return Nothing()


def _acknowledge(call: Call) -> Nothing:
    advisories.acknowledge(call.office, call.actor, call.path["id"], call.content.why)
    return Nothing()


def _plan(call: Call) -> Nothing:
    advisories.plan(call.office, call.actor, call.path["id"], call.content.plan, call.content.remedy_by)
    return Nothing()


def _remedy(call: Call) -> Nothing:
    advisories.remedy(call.office, call.actor, call.path["id"], call.content.run_id)
    return Nothing()


def _close(call: Call) -> Nothing:
    advisories.close(call.office, call.actor, call.path["id"], call.content.why)
    return Nothing()


_WHY = (404, 409)
ENDPOINTS: Final = (
    Endpoint(
        "listPublishedAdvisories", "GET", "/published-advisories", _published,
        Text("公表された勧告・助言", "Advisories that were sent"), PublishedAdvisories, query=Page, public=True,
    ),
    Endpoint(
        "listAdvisories", "GET", "/advisories", _all,
        Text("勧告・助言一覧", "Advisories"), Advisories, query=Page,
    ),
    Endpoint(
        "getAdvisory", "GET", "/advisories/{id}", _one,
        Text("勧告・助言", "An advisory"), Advisory, refusals=(404,),
    ),
    Endpoint(
        "getAdvisoryPage", "GET", "/advisories/{id}/page", _page, Text("文書", "Its page"), File, refusals=(404,)
    ),
    Endpoint(
        "listAdvisoryEvents", "GET", "/advisories/{id}/events", _events, Text("経過", "What happened"), Events,
        refusals=(404,),
    ),
    Endpoint(
        "draftAdvisory", "POST", "/advisories", _draft, Text("起案", "Draft one"), Made,
        takes=NewAdvisory, status=201, location="/advisories/{id}", refusals=_WHY,
    ),
    Endpoint(
        "approveAdvisory", "POST", "/advisories/{id}/approval", _approve, Text("承認", "Approve it"), Nothing,
        takes=Why, refusals=_WHY,
    ),
    Endpoint(
        "issueAdvisory", "POST", "/advisories/{id}/issue", _issue, Text("発出", "Issue it"), Nothing,
        takes=Why, refusals=_WHY,
    ),
    Endpoint(
        "dropAdvisory", "POST", "/advisories/{id}/dropping", _drop, Text("取止め", "Drop it"), Nothing,
        takes=Why, refusals=_WHY,
    ),
    Endpoint(
        "acknowledgeAdvisory", "POST", "/advisories/{id}/acknowledgement", _acknowledge,
        Text("受領確認", "Acknowledge it"), Nothing, takes=Why, refusals=_WHY,
    ),
    Endpoint(
        "planRemedy", "POST", "/advisories/{id}/plan", _plan, Text("改善計画", "Answer with a plan"), Nothing,
        takes=Plan, refusals=_WHY,
    ),
    Endpoint(
        "remedyAdvisory", "POST", "/advisories/{id}/remedy", _remedy, Text("改善の確認", "Note that it is remedied"),
        Nothing, takes=Remedy, refusals=_WHY,
    ),
    Endpoint(
        "closeAdvisory", "POST", "/advisories/{id}/closing", _close, Text("完了", "Close it"), Nothing,
        takes=Why, refusals=_WHY,
    ),
)  # fmt: skip
