"""Whether a run that could be judged is one of the system that it was submitted for, whole and made lately."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from conformance.catalogue.service import available, published_service
from conformance.expression import JST
from conformance.registry.bodies import MINISTRY, Body
from conformance.registry.holdings import Version
from conformance.registry.judged import Judged, Problem
from conformance.registry.problems import problem


def of_run(judged: Judged, version: Version, body: Body, submitted: dt.datetime, age_days: int) -> Iterator[Problem]:
    """What is wrong with a run that could be judged, as far as it was submitted for this version and this body."""
    if judged.vendor != version.vendor:
        yield problem("vendor", judged.vendor)
    if judged.product != version.full_name:
        yield problem("product", judged.product)
    if not _named(judged, body) or any(tested.body_type != body.type for tested in judged.services):
        yield problem("body", judged.body_code or judged.body_name)
    if not judged.finished:
        yield problem("unfinished")
    if judged.narrowed:
        yield problem("narrowed")
    if missing := _missing(judged):
        yield problem("services", ", ".join(missing))
    if not _in_time(judged, submitted, age_days):
        yield problem("day", judged.created)


def _named(judged: Judged, body: Body) -> bool:
    """Whether a run names the body: a ministry by its name, for it has no code, all others by their code."""
    if body.type == MINISTRY:
        return (judged.body_code, judged.body_name) == ("", body.name)
    return judged.body_code == body.code


def _missing(judged: Judged) -> list[str]:
    """What is published about the tested services together, and is not in the run."""
    tested = {entry.service for entry in judged.services}
    together = [published_service(name, versions[-1]) for name, versions in available().items()]
    return [s.name for s in together if s.across and len(tested & s.sources.keys()) > 1 and s.name not in tested]


def _in_time(judged: Judged, submitted: dt.datetime, age_days: int) -> bool:
    """Whether the run was made lately, and judged by the requirements that were in force on its day."""
    try:
        made = dt.datetime.fromisoformat(judged.created)
    except ValueError:
        return False
    if made.tzinfo is None:
        return False
    if not dt.timedelta(days=-1) <= submitted - made <= dt.timedelta(days=age_days):
        return False
    day = made.astimezone(JST).date().isoformat()
    return all(tested.day == day for tested in judged.services)
