"""What schemas declare of their representations, on every answer that shows one: `members-agree`, `never-changes`.

No workflow is needed for it: whatever is played, each answer is held against the declarations, and all answers of one
trace against each other. What does not fit its schema is that requirement's concern; here nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from conformance.catalogue.declared import IMMUTABLE, INVARIANTS, Lasting, Place, declared_requirements
from conformance.catalogue.service import Service
from conformance.expression import MISSING
from conformance.invariant import Expression, Unsaid, canonical, exactly, key
from conformance.rules.failure import Failure, shown
from conformance.rules.knowledge import Knowledge
from conformance.rules.registry import Said, trace_rule
from conformance.seen import Seen, sets_back


class Sighting(NamedTuple):
    """One representation in an answer, with what its schema declares."""

    seen: Seen
    place: Place
    value: dict[str, Any]
    around: Any


def _sightings(seen: Seen, knowledge: Knowledge) -> Iterator[Sighting]:
    """The representations in a success at whose schema something is declared."""
    step, response = seen.step, seen.response
    if step is None or response is None or not 200 <= response.status < 300:
        return
    operation = knowledge.operation(step.service, step.operation)
    if operation is None or not seen.is_json:
        return
    places = knowledge.declared(operation, response.status, seen.media_type)
    if not places or seen.body is MISSING:
        return
    for place in places:
        for value, around in place.instances(seen.body):
            yield Sighting(seen, place, value, around)


def _declares(word: str) -> Any:
    def asked(service: Service) -> bool:
        return bool(declared_requirements(service.document, word))

    return asked


@trace_rule("members-agree", occasion=_declares(INVARIANTS))
def members_agree(trace: Sequence[Seen], knowledge: Knowledge) -> Iterator[Said]:
    """The members of a representation agree with each other as its schema says (`x-invariants`), in every success."""
    for seen in trace:
        for sighting in _sightings(seen, knowledge):
            for invariant in sighting.place.declared.invariants:
                holds = invariant.holds.holds(sighting.value, sighting.around)
                if holds is not None:
                    yield invariant.requirement, seen, holds or _disagreement(invariant.holds, sighting)


def _disagreement(expression: Expression, sighting: Sighting) -> Failure:
    values = {".".join(place[1:]): _shown_at(sighting, place) for place in expression.named if "*" not in place}
    return Failure(
        "応答の項目の値が、文書の定める関係を満たしません。",
        "The members of the answer do not agree with each other as the document says.",
        expression.text,
        shown({name: value for name, value in values.items() if value is not MISSING}),
    )


def _shown_at(sighting: Sighting, place: tuple[str, ...]) -> Any:
    value = sighting.around if place[0] == "^" else sighting.value
    for name in place[1:]:
        value = value.get(name, MISSING) if isinstance(value, dict) else MISSING
    return value


class _Known(NamedTuple):
    """The value of a member when it was first seen as set; `MISSING` where what is given differed from itself."""

    value: Any
    step: str


@trace_rule("never-changes", occasion=_declares(IMMUTABLE))
def never_changes(trace: Sequence[Seen], knowledge: Knowledge) -> Iterator[Said]:
    """What never changes once it is set (`x-immutable`) is the same in all answers of a script, and stays set.

    That it is not set any more is held against a later read only: a repeated request has the answer of the first one.
    Requests at the same moment are left out: that one of them is carried out has requirements of its own.
    """
    known: dict[str, _Known] = {}
    for seen in trace:
        if sets_back(seen.request):
            known.clear()
        if seen.step is None or seen.step.concurrent is not None:
            continue
        for sighting in _sightings(seen, knowledge):
            for lasting in sighting.place.declared.lasting:
                yield from _held(lasting, sighting, known)


def _held(lasting: Lasting, sighting: Sighting, known: dict[str, _Known]) -> Iterator[Said]:
    if lasting.when is not None and lasting.when.holds(sighting.value, sighting.around) is not True:
        return
    identity = _identity(lasting, sighting)
    if identity is None:
        return
    once = True if lasting.once is None else lasting.once.holds(sighting.value, sighting.around)
    for name, member in lasting.members:
        try:
            value = member.value(sighting.value, sighting.around) if once is not None else MISSING
        except Unsaid:
            value = MISSING
        place = f"{identity} {name}"
        before = known.get(place)
        is_set = once is True and value is not MISSING and (value is not None or lasting.once is not None)
        if before is None:
            if is_set:
                known[place] = _Known(value, sighting.seen.exchange.step)
        elif lasting.given:
            if is_set and exactly(before.value, value) is not True:
                known[place] = _Known(MISSING, before.step)
        elif before.value is MISSING:
            # Which value is the right one is not known: the requirement of what is given says what is wrong.
            continue
        elif is_set:
            same = exactly(before.value, value)
            yield lasting.requirement, sighting.seen, same or _changed(name, before, value)
        elif (once is False or value is None) and sighting.seen.method == "GET":
            yield lasting.requirement, sighting.seen, _changed(name, before, None if value is MISSING else value)


def _changed(name: str, before: _Known, value: Any) -> Failure:
    return Failure(
        f"変わらないはずの {name} が、手順 {before.step} の応答と異なります。",
        f"The member {name}, which never changes, differs from the answer of the step {before.step}.",
        shown(before.value),
        shown(value),
    )


def _identity(lasting: Lasting, sighting: Sighting) -> str | None:
    """A text that is the same for one and the same thing; None where the answer does not say what it is."""
    values = []
    for by in lasting.keys:
        try:
            value = _in_path(sighting.seen, by) if isinstance(by, str) else by.value(sighting.value, sighting.around)
        except Unsaid:
            return None
        if value is None or isinstance(value, dict | list):
            return None
        values.append(canonical(value))
    return f"{lasting.requirement} {lasting.thing} {key(values)}"


def _in_path(seen: Seen, name: str) -> str | None:
    """What a URL has where the path of its operation has a parameter; the base may have segments of its own."""
    return None if seen.step is None else _segment(seen.step.path, urlsplit(seen.url).path, name)


@lru_cache(maxsize=4096)
def _segment(template: str, path: str, name: str) -> str | None:
    pairs = zip(reversed(template.split("/")), reversed(path.split("/")), strict=False)
    return next((unquote(found) for declared, found in pairs if declared == f"{{{name}}}"), None)
