"""Steps about something hidden that is sent beside the same step about something unknown (`x-indistinct`).

Who is hidden cannot be told from who does not exist, whatever else the request says. The step stands once in the
document, about the hidden thing; it becomes pairs of steps, each about an unknown thing and then about the hidden one:
as it is, four times, and with a second mistake each (its dates long ago, ahead, or exchanged; what `variants` say).
The answers of a pair are alike, and no field stands in those about the hidden thing only, or in the others only.
Behind the first pair the unknown thing is asked for once more, so that two servers that answer by turns, each with a
field of its own, do not answer one of them the unknown thing and the other one the hidden thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MARK = "x-indistinct"
MEMBERS = frozenset({"hidden", "requirement", "variants"})
_AGAIN = ("-again", "-once-more", "-at-last")
"""A field that comes and goes by chance is in all of four answers, and in none of five others, once in 500 times."""
LONG_AGO = "today-36500"
AHEAD = "today+400"
Raw = dict[str, Any]


def pairs(step: Mapping[str, Any]) -> list[Raw]:
    """The steps, as an Arazzo document would write them, for one with the mark; any other step as it is."""
    mark = step.get(MARK)
    if mark is None:
        return [dict(step)]
    plain = {key: value for key, value in step.items() if key != MARK}
    name, unknown = step["stepId"], {"$fresh": "uuid", "key": f"{step['stepId']}-unknown"}
    found: list[Raw] = []
    about: dict[bool, list[str]] = {True: [], False: []}
    for suffix, payload in _payloads(plain, mark):
        hidden = _with_key({**plain, "stepId": f"{name}{suffix}"}, suffix)
        if payload is not None:
            hidden["requestBody"] = {**plain["requestBody"], "payload": payload}
        other = _with_key(
            _replaced({**hidden, "stepId": f"{name}{suffix}-unknown"}, mark["hidden"], unknown), "-unknown"
        )
        other["successCriteria"] = []
        for one in (other, hidden):
            one["outputs"] = {**one.get("outputs", {}), **_TOLD}
        own = plain.get("successCriteria", ()) if not suffix else ()
        hidden["successCriteria"] = [*own, *_alike(hidden, mark, unknown, told=not suffix)]
        between = [] if suffix else [_with_key({**other, "stepId": f"{name}-between-unknown"}, "-between")]
        found += [other, hidden, *between]
        about[True].append(hidden["stepId"])
        about[False] += [step["stepId"] for step in (other, *between)]
    found[-1]["successCriteria"].append(_same_fields(about, mark["requirement"]))
    return found


_TOLD = {"status": "$statusCode", "problem": "$response.body", "fields": {"$fields": "response"}}


def _payloads(step: Raw, mark: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The contents to be sent, with what the ids of their steps end in; the first is the step's own."""
    body = step.get("requestBody", {}).get("payload")
    yield "", body
    for suffix in _AGAIN:
        yield suffix, body
    if not isinstance(body, dict):
        return
    dates = [key for key, value in body.items() if isinstance(value, dict) and "$date" in value]
    if dates:
        yield "-long-ago", {**body, **{key: {"$date": LONG_AGO} for key in dates}}
        yield "-ahead", {**body, **{key: {"$date": AHEAD} for key in dates}}
    if len(dates) > 1 and body[dates[0]] != body[dates[1]]:
        yield "-exchanged", {**body, dates[0]: body[dates[1]], dates[1]: body[dates[0]]}
    for number, variant in enumerate(mark.get("variants", ()), start=1):
        kept = {key: value for key, value in body.items() if key not in variant.get("without", ())}
        yield f"-variant-{number}", {**kept, **variant.get("with", {})}


def _with_key(step: Raw, suffix: str) -> Raw:
    """The step with an `Idempotency-Key` of its own."""
    parameters = []
    for item in step.get("parameters", ()):
        value = item.get("value")
        if item.get("name") == "Idempotency-Key" and isinstance(value, dict):
            item = {**item, "value": {**value, "key": f"{value.get('key', '')}{suffix}"}}
        parameters.append(item)
    return {**step, "parameters": parameters}


def _replaced(value: Any, hidden: str, unknown: Any) -> Any:
    if value == hidden:
        return unknown
    if isinstance(value, list):
        return [_replaced(item, hidden, unknown) for item in value]
    return {key: _replaced(item, hidden, unknown) for key, item in value.items()} if isinstance(value, dict) else value


def _alike(step: Raw, mark: Mapping[str, Any], unknown: Any, *, told: bool) -> list[Raw]:
    """The answer is that to the same request about something unknown.

    That the plain request (`told`) is refused as it must be is the concern of the step's own criteria; where it is not,
    there is nothing to compare.
    """
    other = f"$steps.{step['stepId']}-unknown.outputs"
    mask = {"except": ["instance"], "mask": [mark["hidden"], unknown], "loose": True}
    status = {"rule": "identical", "actual": "$statusCode", "expected": f"{other}.status"}
    code = {"rule": "identical", "actual": "$response.body#/code", "expected": f"{other}.problem#/code"}
    whole = {"rule": "bodies-equal", "actual": "$response.body", "expected": f"{other}.problem", **mask}
    before = [_criterion(status, None), _criterion(code, None)] if told else [_criterion(status, mark["requirement"])]
    return [*before, _criterion(whole, mark["requirement"])]


def _same_fields(about: Mapping[bool, list[str]], requirement: str) -> Raw:
    actual, expected = ([f"$steps.{name}.outputs.fields" for name in about[hidden]] for hidden in (True, False))
    return _criterion({"rule": "same-fields", "actual": actual, "expected": expected}, requirement)


def _criterion(check: Raw, requirement: str | None) -> Raw:
    named = {"x-requirement": requirement} if requirement else {}
    return {"condition": "$statusCode >= 100", **named, "x-check": check}
