"""Scripts for lists of more than a hundred items, and for pages that begin anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench, with_body
from conformance.compile.calls import ValidCall
from conformance.compile.draft import Expectation, changed, with_query
from conformance.compile.greatest import with_longest_texts
from conformance.compile.places import inlined
from conformance.compile.twice import refers
from conformance.model import Check, Script, Step, Text

_PAGE = 100
"""The greatest page, and less than there is."""
_OF_ITS_OWN = frozenset({"individual-number", "resident-code", "corporate-number", "idempotency-key", "uuid"})
"""Fresh values that belong to one thing only. Others may be those by which the list finds it."""
_DONE = {"condition": "$statusCode >= 200 && $statusCode < 300"}
_RESULTS = {"$e": "$response.body#/results"}


def scripts(bench: Bench) -> Iterator[Script]:
    """Each list by pages of several sizes, and those that one request repeated makes long."""
    for operation in bench.operations():
        if operation.parameter("limit", "query") and operation.parameter("offset", "query"):
            for call in bench.variants(operation):
                yield from _anywhere(bench, operation, call)
            longest = next((call for call in reversed(bench.variants(operation)) if _lengthens(bench, call)), None)
            if longest is not None:
                yield from _long(bench, operation, longest)


def _page(step: Step, name: str, limit: int, offset: int, outputs: dict[str, Any] | None = None) -> Step:
    paged = with_query(with_query(step, "limit", str(limit)), "offset", str(offset))
    return changed(paged, id=f"{step.id}-{name}", outputs=outputs or {})


def _anywhere(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """A page begins behind as many items as `offset` says, also where `limit` does not divide it."""
    family = "paging.offset"
    if not bench.drafter.wanted(family, operation.id):
        return
    whole = _page(call.call, "whole", _PAGE, 0, {"body": {"$e": "$response.body"}})
    again = _page(call.call, "whole-again", _PAGE, 0)
    of = {"$e": f"$steps.{whole.id}.outputs.body"}
    # Somebody else may have changed the list meanwhile: then nothing can be said of its pages.
    same = {"actual": _RESULTS, "expected": {"$jsonpath": "$.results[*]", "of": of}}
    steps, checks = [whole], [Check(whole.id, "criterion", _DONE), Check(again.id, "identical", same)]
    for limit, offset in ((2, 1), (3, 2), (7, 3)):
        part = _page(call.call, f"{limit}-from-{offset}", limit, offset)
        expected = {"$jsonpath": f"$.results[{offset}:{offset + limit}]", "of": of}
        steps.append(part)
        args = {"actual": _RESULTS, "expected": expected}
        # An item that is shown otherwise than in the whole list is the concern of other requirements.
        checks.append(Check(part.id, "covers", {"whole": _RESULTS, "parts": [same["expected"]]}))
        checks += bench.drafter.checks(family, operation.id, part.id, Expectation("identical", args))
    purpose = Text(ja="limitで割り切れないoffset。", en="Offsets that are no multiple of limit.")
    # No other script may add to the list between the pages.
    alone = replace(call, exclusive=True)
    asked = (*steps, again)
    yield bench.drafter.script(family, f"{operation.id} from anywhere", alone, asked, tuple(checks), purpose)


def _lengthens(bench: Bench, call: ValidCall) -> bool:
    """Whether doing the last preparing step again adds to the list: the list names nothing that it has given."""
    if not call.preamble or refers(list(call.call.path_params.values())) or refers(dict(call.call.query)):
        return False
    step = call.preamble[-1]
    answers = bench.service.operations[step.operation].success_statuses() if step.operation else ()
    return 201 in answers and step.body is not msgspec.UNSET and not refers(step.body)


def _long(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """A list of more items than a page can have: all are counted, and those behind the first page are on the next."""
    family = "paging.many"
    if not bench.drafter.wanted(family, operation.id):
        return
    making = call.preamble[-1]
    made_by = bench.service.operations[making.operation or ""]
    making = with_body(making, with_longest_texts(bench, made_by, inlined(making.body, call.inputs)))
    copies = tuple(_copy(making, number) for number in range(_PAGE))
    outputs = {"results": _RESULTS, "count": {"$e": "$response.body#/resultset/count"}}
    first, second = _page(call.call, "first", _PAGE, 0, outputs), _page(call.call, "second", _PAGE, _PAGE)
    done = [Check(step.id, "criterion", _DONE) for step in (*copies, first)]
    text = {"actual": outputs["count"], "limit": _PAGE + 1}
    checks = bench.drafter.checks("paging.many-counted", operation.id, first.id, Expectation("not-before", text))
    behind = {"actual": _RESULTS, "unexpected": []}
    checks += bench.drafter.checks(family, operation.id, second.id, Expectation("different", behind))
    purpose = Text(ja="100件を超える一覧。", en="A list of more than a hundred items.")
    steps = (*copies, first, second)
    yield bench.drafter.script(family, f"{operation.id} of many", call, steps, (*done, *checks), purpose)


def _copy(step: Step, number: int) -> Step:
    def own(template: Any) -> Any:
        if isinstance(template, list | tuple):
            return type(template)(own(item) for item in template)
        if not isinstance(template, dict):
            return template
        found = {name: own(value) for name, value in template.items()}
        if str(template.get("$fresh", "")).partition(":")[0] in _OF_ITS_OWN:
            return {**found, "key": f"{template.get('key', '')}+{number}"}
        return found

    return changed(
        step,
        id=f"{step.id}-{number}",
        path_params=own(step.path_params),
        headers=own(step.headers),
        body=own(step.body),
        outputs={},
    )
