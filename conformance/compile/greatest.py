"""The greatest content that a valid call may have: as many items as are allowed, and free texts at their full length.

What is kept in a column, a message or a buffer of some size is met by nothing else than by what is larger.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from conformance.catalogue.operations import Operation
from conformance.compile.bench import JSON, Bench
from conformance.compile.calls import ValidCall
from conformance.compile.draft import acceptance, changed, refusal
from conformance.compile.mutations import about, distinct
from conformance.compile.places import Place, in_other_items, inlined, is_special, put, sample, walk
from conformance.compile.twice import refers
from conformance.model import Script, Step

ONE_MIB = 1024 * 1024
MOST = 100
"""Items in one array, where the document allows more."""
_LONG = "𠮷"
"""Four bytes in UTF-8, and one character."""
_TWELFTH = 11
_WORTH_WHILE = 16
"""KiB from which on a content is a large one: below, it is as good as the usual one filled up with white space."""


def scripts(bench: Bench) -> Iterator[Script]:
    """Per operation with JSON content: its greatest content, and an error deep inside of an array."""
    for operation in bench.operations():
        if bench.body_schema(operation) is None:
            continue
        for call in bench.variants(operation):
            yield from _filled(bench, operation, call)
            yield from _deep(bench, operation, call)


def free_texts(bench: Bench, operation: Operation, template: Any) -> Iterator[Place]:
    """Places of texts that no rule restricts, in all items; those that are absent too, where they may stand."""
    for first in walk(bench.document, bench.body_schema(operation), template):
        for place in (first, *in_other_items(template, first)):
            text = isinstance(place.value, str) or not place.present
            if text and place.schema.get("format") == "mj-text" and not place.ruled:
                yield place


def with_longest_texts(bench: Bench, operation: Operation, template: Any) -> Any:
    """The content with each free text as long as it may be."""
    for place in list(free_texts(bench, operation, template)):
        longest = place.schema.get("maxLength", 0)
        if not 0 < longest <= 5000:
            continue
        filled = put(template, place.pointer, _LONG * longest)
        template = filled if place.present or bench.accepts(operation, filled) else template
    return template


def greatest(bench: Bench, operation: Operation, call: ValidCall) -> Any:
    """The greatest content of a call, or None where nothing in it can be greater.

    An array grows by items like its last one, where that one is not the only one (the first may be the head of the
    others), has a fresh value of its own (else it would stand twice), and needs no other thing for each.
    """
    template = bench.template(call)
    if not isinstance(template, dict):
        return None
    grown = template
    for place in walk(bench.document, bench.body_schema(operation), template):
        items = place.value
        if not isinstance(items, list) or len(items) < 2 or not isinstance(items[-1], dict) or is_special(items[-1]):
            continue
        if refers(items[-1]) or distinct(items[-1], 0) == items[-1]:
            continue
        more = min(place.schema.get("maxItems", MOST), MOST) - len(items)
        grown = put(grown, place.pointer, [*items, *(distinct(items[-1], number) for number in range(more))])
    grown = with_longest_texts(bench, operation, grown)
    return grown if grown != template and bench.accepts(operation, grown) else None


def with_long_preparation(bench: Bench, call: ValidCall) -> ValidCall | None:
    """The call with the longest texts in all that is prepared for it, which its answer may show; None without any.

    What several steps say of one thing may have to agree: then it is left as it is.
    """
    if sum(step.body is not msgspec.UNSET for step in call.preamble) != 1:
        return None
    steps = tuple(_long(bench, call, step) for step in call.preamble)
    return replace(call, preamble=steps) if steps != call.preamble else None


def _long(bench: Bench, call: ValidCall, step: Step) -> Step:
    operation = bench.service.operations.get(step.operation or "")
    body = None if step.body is msgspec.UNSET else inlined(step.body, call.inputs)
    own = (step.service or bench.service.name) == bench.service.name
    if operation is None or not own or not isinstance(body, dict) or is_special(body):
        return step
    longer = with_longest_texts(bench, operation, body)
    return step if longer == body else changed(step, body=longer)


def _filled(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """Content of exactly 1 MiB of which as much as possible is no white space."""
    family = "text.greatest-size"
    large = greatest(bench, operation, call)
    if large is None or not bench.drafter.wanted(family, operation.id):
        return
    shown = sample(bench.document, bench.body_schema(operation), large)
    size = len(json.dumps(shown, ensure_ascii=False).encode()) // 1024
    if size < _WORTH_WHILE:
        return
    step = changed(call.call, body={"$padded": ONE_MIB, "of": large}, media_type=call.call.media_type or JSON)
    text = {
        "ja": f"ちょうど1 MiBの本文(うち約{size} KiBは空白以外)",
        "en": f"content of exactly 1 MiB, about {size} KiB of it no white space",
    }
    checks = bench.drafter.checks(family, operation.id, step.id, acceptance(text))
    yield bench.drafter.script(family, f"{operation.id} {text['en']}", call, (step,), checks)


def _deep(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """In the twelfth item of an array a value of another type: its place has an index of two digits."""
    family = "schema.type"
    template = bench.template(call)
    if not isinstance(template, dict) or not bench.drafter.wanted(family, operation.id):
        return
    for place in walk(bench.document, bench.body_schema(operation), template):
        if not isinstance(place.value, list) or not place.value or place.schema.get("maxItems", MOST) <= _TWELFTH:
            continue
        item = place.value[-1]
        inner = "/" + next(iter(item)) if isinstance(item, dict) and not is_special(item) else ""
        pointer = f"{place.pointer}/{_TWELFTH}{inner}"
        unlike = [_unlike(item, number) for number in range(_TWELFTH + 1)]
        others = unlike[len(place.value) :]
        body = put(put(template, place.pointer, [*place.value, *others]), pointer, 12345)
        # Nothing else may be wrong, such as an item that stands twice: a system may name that place instead.
        added = set(bench.faults(operation, body)) - set(bench.faults(operation, template))
        if {f"/{where}" for _, where in added} != {pointer}:
            continue
        step = changed(call.call, body=body)
        text = about(pointer, "型が異なる(12345)", "another type (12345)")
        expected = refusal((400,), text, None if place.in_union else {"pointer": pointer})
        checks = bench.drafter.checks(family, operation.id, step.id, expected)
        yield bench.drafter.script(family, f"{operation.id} {text['en']}", call, (step,), checks)


def _unlike(item: Any, number: int) -> Any:
    """An item that no other one is like; in place of an id that an earlier answer gave, one of nobody."""
    if isinstance(item, dict) and not is_special(item):
        return {name: _unlike(value, number) for name, value in item.items()}
    return f"sample-id-{number:08d}" if refers(item) else distinct(item, number)
