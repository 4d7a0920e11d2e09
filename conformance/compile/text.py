"""Scripts for text: awkward characters that must come back as they were sent, and other ways to write a content."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from conformance.catalogue.documents import resolve
from conformance.catalogue.operations import Operation
from conformance.compile.bench import JSON, Bench, with_body
from conformance.compile.calls import ValidCall
from conformance.compile.draft import Expectation, acceptance, changed, refusal
from conformance.compile.mutations import about
from conformance.compile.places import Place, is_special, put, walk
from conformance.model import Check, Script, Step, Text

_MARK = "\ufff9"
_KEPT = {
    "compatibility": "text.kept-compatibility",
    "supplementary": "text.kept-supplementary",
    "variation": "text.kept-variation",
    "combining": "text.kept-combining",
    "lookalike": "text.kept-lookalike",
    "compatibility-form": "text.kept-other",
    "lookalike-letter": "text.kept-other",
    "invisible": "text.kept-other",
    "bidi": "text.kept-other",
    "private-use": "text.kept-other",
    "spacing": "text.kept-other",
    "markup": "text.kept-other",
}
"""The family by the class of a text: each requirement is judged by texts of its own kind only."""


def scripts(bench: Bench) -> Iterator[Script]:
    """Per operation with JSON content: its members in another order; per text property: characters."""
    for operation in bench.operations():
        schema = bench.body_schema(operation)
        if schema is None:
            continue
        yield from _members_reversed(bench, operation)
        yield from _names_escaped(bench, operation)
        call = bench.first(operation)
        template = bench.template(call)
        texts = [place for place in walk(bench.document, schema, template) if place.schema.get("format") == "mj-text"]
        for place in texts:
            yield from _control(bench, operation, call, template, place)
            yield from _code_points(bench, operation, call, template, place)
            yield from _escaped(bench, operation, call, template, place, shortly=place in texts[:3])
            yield from _kept(bench, operation, call, template, place)


def _members_reversed(bench: Bench, operation: Operation) -> Iterator[Script]:
    """A valid call with the members of each object in another order (RFC 8259, 1), for each way to call the operation.

    All other scripts write members in the order of the alphabet, so the reverse is as far from it as can be.
    """
    family = "text.members-reversed"
    if not bench.drafter.wanted(family, operation.id):
        return
    for call in {call.workflow: call for call in reversed(bench.calls[operation.id])}.values():
        template = bench.template(call)
        if not _has_order(template):
            continue
        body = {"$edited": template, "edits": [["reverse"]]}
        step = changed(with_body(call.call, body), media_type=call.call.media_type or JSON)
        text = {"ja": "項目を逆の順序で並べた本文", "en": "content with its members in reverse order"}
        checks = bench.drafter.checks(family, operation.id, step.id, acceptance(text))
        yield bench.drafter.script(family, f"{operation.id} {text['en']}", call, (step,), checks)


def _names_escaped(bench: Bench, operation: Operation) -> Iterator[Script]:
    """A valid call whose content has the first letter of each of its own names written as an escape (RFC 8259, 7)."""
    family = "text.escaped"
    call = bench.first(operation)
    template = bench.template(call)
    if not bench.drafter.wanted(family, operation.id) or not isinstance(template, dict) or is_special(template):
        return
    edits = []
    for name in template:
        parts = (f'"{name}":', f'"\\u{ord(name[0]):04x}{name[1:]}":')
        edits.append(["replace", *(base64.b64encode(part.encode()).decode("ascii") for part in parts)])
    step = changed(with_body(call.call, {"$edited": template, "edits": edits}), media_type=call.call.media_type or JSON)
    text = {"ja": "項目名をエスケープした本文", "en": "content with escapes in the names of its members"}
    checks = bench.drafter.checks(family, operation.id, step.id, acceptance(text))
    yield bench.drafter.script(family, f"{operation.id} {text['en']}", call, (step,), checks)


def _has_order(template: Any) -> bool:
    """Whether an object of a content has several members, so that another order is another text."""
    if isinstance(template, list):
        return any(_has_order(item) for item in template)
    if not isinstance(template, dict) or is_special(template):
        return False
    return len(template) > 1 or any(_has_order(item) for item in template.values())


def _text_of(bench: Bench, key: str) -> list[dict[str, Any]]:
    return [entry for entry in bench.characters if entry["class"] == key]


def _control(bench: Bench, operation: Operation, call: ValidCall, template: Any, place: Place) -> Iterator[Script]:
    family = "text.control"
    if not bench.drafter.wanted(family, operation.id) or not place.present:
        return
    for entry in _text_of(bench, "control"):
        body = put(template, place.pointer, entry["text"])
        if bench.accepts(operation, body):
            continue
        step = with_body(call.call, body)
        text = about(place.pointer, f"制御文字({entry['id']})", f"a control character ({entry['id']})")
        expected = refusal((400,), text, None if place.in_union else {"pointer": place.pointer})
        checks = bench.drafter.checks(family, operation.id, step.id, expected)
        yield bench.drafter.script(family, f"{operation.id} {text['en']}", call, (step,), checks)


def _code_points(bench: Bench, operation: Operation, call: ValidCall, template: Any, place: Place) -> Iterator[Script]:
    """Text at its limit, counted in code points: supplementary characters count once, variation selectors count too."""
    family = "text.length-code-points"
    longest = place.schema.get("maxLength")
    if longest is None or longest > 2000 or place.ruled or not bench.drafter.wanted(family, operation.id):
        return
    for ja, en, piece, kind in (
        ("補助面の文字", "supplementary characters", "𠮷", "supplementary"),
        ("異体字セレクタ付き", "with variation selectors", "葛\U000e0100", "variation"),
        ("結合文字", "combining marks", "か\u3099", "combining"),
    ):
        text = (piece * longest)[:longest]
        body = put(template, place.pointer, text)
        if not bench.accepts(operation, body):
            continue
        step = with_body(call.call, body)
        note = about(place.pointer, f"{ja}で上限{longest}文字", f"{longest} code points of {en}")
        checks = bench.drafter.checks(family, operation.id, step.id, acceptance(note))
        steps, kept = _long_kept(bench, operation, call, place, body, (_KEPT[kind], text))
        yield bench.drafter.script(family, f"{operation.id} {note['en']}", call, steps or (step,), (*checks, *kept))


def _long_kept(
    bench: Bench, operation: Operation, call: ValidCall, place: Place, body: Any, kept: tuple[str, str]
) -> tuple[tuple[Step, ...], tuple[Check, ...]]:
    """A text at its limit is not only accepted, but comes back whole: cut at a number of bytes it would be shorter.

    `kept`: the family that is about the text, and the text. What does not come back is the concern of that family's
    requirement alone.
    """
    family, text = kept
    if not bench.drafter.wanted(family, operation.id):
        return (), ()
    read = _reader(bench, operation, call, place.pointer)
    if read is None and not _covers(operation.raw.get("x-echoes-text"), place.pointer):
        return (), ()
    steps = (with_body(read[0], body), read[1]) if read else (with_body(call.call, body),)
    done = Check(steps[0].id, "criterion", {"condition": "$statusCode >= 200 && $statusCode < 300"})
    args = {"in": {"$e": "$response.body"}, "text": text}
    return steps, (done, *bench.drafter.checks(family, operation.id, steps[-1].id, Expectation("text-kept", args)))


def _covers(declared: Any, pointer: str) -> bool:
    """Whether a list of request pointers (`x-reads-back`, `x-echoes-text`) covers a place; items by any index."""
    if not isinstance(declared, list):
        return bool(declared)
    general = "/".join("0" if part.isdecimal() else part for part in pointer.split("/"))
    return any(general == entry or general.startswith(f"{entry}/") for entry in declared)


def _reader(bench: Bench, operation: Operation, call: ValidCall, pointer: str) -> tuple[Step, ...] | None:
    """The call and a step that reads back what it wrote, by the link that the document gives."""
    for status in operation.success_statuses():
        for entry in operation.answers[str(status)].links.values():
            link = resolve(bench.document, entry)
            target = bench.service.operations.get(link.get("operationId", ""))
            if target is None or target.id not in bench.calls or not _covers(link.get("x-reads-back"), pointer):
                continue
            outputs = {name: {"$e": value} for name, value in link.get("parameters", {}).items()}
            written = changed(call.call, outputs={**call.call.outputs, **outputs})
            reading = changed(
                bench.first(target).call,
                id="read-back",
                path_params={name: {"$e": f"$steps.{written.id}.outputs.{name}"} for name in outputs},
                query=(),
                outputs={},
            )
            return written, reading
    return None


def _escaped(
    bench: Bench, operation: Operation, call: ValidCall, template: Any, place: Place, *, shortly: bool
) -> Iterator[Script]:
    """Texts that are sent as escapes alone (RFC 8259, 7): they are the texts that the escapes name.

    With `shortly`, also one with the escape of two characters that some writers of JSON use and others never.
    """
    family = "text.escaped"
    if place.ruled or not place.present or not bench.drafter.wanted(family, operation.id):
        return
    read = _reader(bench, operation, call, place.pointer)
    if read is None and not _covers(operation.raw.get("x-echoes-text"), place.pointer):
        return
    for ja, en, text, escaped in (
        ("基本多言語面の文字", "characters of the Basic Multilingual Plane", "漢字 kanji\u3099", ""),
        ("補助面の文字", "characters outside the Basic Multilingual Plane", "𠮷田", ""),
        *((("斜線", "a solidus", "1/2", "1\\/2"),) if shortly else ()),
    ):
        if not bench.accepts(operation, put(template, place.pointer, text)):
            continue
        units = text.encode("utf-16-be")
        escaped = escaped or "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2))
        coded = [base64.b64encode(part.encode()).decode("ascii") for part in (_MARK, escaped)]
        body = {"$edited": put(template, place.pointer, _MARK), "edits": [["replace", *coded]]}
        writing = changed(with_body((read or (call.call,))[0], body), media_type=call.call.media_type or JSON)
        steps = (writing, read[1]) if read else (writing,)
        about_it = {"ja": f"{place.pointer}: エスケープした{ja}", "en": f"{place.pointer}: {en}, escaped"}
        checks = bench.drafter.checks(family, operation.id, writing.id, acceptance(about_it))
        args = {"in": {"$e": "$response.body"}, "text": text}
        checks += bench.drafter.checks(family, operation.id, steps[-1].id, Expectation("text-kept", args))
        yield bench.drafter.script(family, f"{operation.id} {about_it['en']}", call, steps, checks)


def _kept(bench: Bench, operation: Operation, call: ValidCall, template: Any, place: Place) -> Iterator[Script]:
    if place.ruled or not place.present:
        return
    read = _reader(bench, operation, call, place.pointer)
    if read is None and not _covers(operation.raw.get("x-echoes-text"), place.pointer):
        return
    for entry in bench.characters:
        family = _KEPT.get(entry["class"])
        if family is None or not bench.drafter.wanted(family, operation.id):
            continue
        body = put(template, place.pointer, entry["text"])
        if not bench.accepts(operation, body):
            continue
        steps = (with_body(read[0], body), read[1]) if read else (with_body(call.call, body),)
        done = Check(steps[0].id, "criterion", {"condition": "$statusCode >= 200 && $statusCode < 300"})
        args = {"in": {"$e": "$response.body"}, "text": entry["text"]}
        checks = bench.drafter.checks(family, operation.id, steps[-1].id, Expectation("text-kept", args))
        title = f"{operation.id} {place.pointer} keeps {entry['id']}"
        note = entry["note"]
        purpose = Text(ja=f"{place.pointer}({note['ja']})。", en=f"{place.pointer} ({note['en']}).")
        yield bench.drafter.script(family, title, call, steps, (done, *checks), purpose)
