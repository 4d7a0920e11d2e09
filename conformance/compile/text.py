"""Scripts for text: malformed contents, and awkward characters that must come back as they were sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from conformance.catalogue.documents import resolve
from conformance.catalogue.operations import Operation
from conformance.compile.bench import JSON, Bench, with_body
from conformance.compile.calls import ValidCall
from conformance.compile.draft import Expectation, acceptance, changed, refusal
from conformance.compile.mutations import about
from conformance.compile.places import Place, put, sample, walk
from conformance.expression import follow
from conformance.model import Check, Script, Step, Text

ONE_MIB = 1024 * 1024
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
}
"""The family by the class of a text: each requirement is judged by texts of its own kind only."""


def scripts(bench: Bench) -> Iterator[Script]:
    """Per operation with JSON content: contents that are no JSON; per text property: characters."""
    for operation in bench.operations():
        schema = bench.body_schema(operation)
        if schema is None:
            continue
        yield from _malformed(bench, operation)
        call = bench.first(operation)
        template = bench.template(call)
        for place in walk(bench.document, schema, template):
            if place.schema.get("format") == "mj-text":
                yield from _control(bench, operation, call, template, place)
                yield from _code_points(bench, operation, call, template, place)
                yield from _kept(bench, operation, call, template, place)


def _raw(data: bytes) -> dict[str, str]:
    return {"$bytes": base64.b64encode(data).decode("ascii")}


def _malformed(bench: Bench, operation: Operation) -> Iterator[Script]:
    call = bench.call(operation)
    schema, template = bench.body_schema(operation), bench.template(call)
    body = msgspec.json.encode(sample(bench.document, schema, template))
    name = next(iter(template)) if isinstance(template, dict) and template else "x"
    quoted = msgspec.json.encode(name)
    inside = _with_hole(bench, operation, call) or (b"{" + quoted + b':"', b'"}')
    variants: list[tuple[str, str, str, bytes]] = [
        ("text.malformed-json", "途中で切れたJSON", "JSON that breaks off", body[:-1]),
        ("text.malformed-json", "余分なコンマ", "a comma too many", body[:-1] + b",}"),
        ("text.malformed-json", "一重引用符", "single quotes", body.replace(b'"', b"'")),
        ("text.malformed-json", "NaN", "NaN", b"{" + quoted + b":NaN}"),
        ("text.malformed-json", "JSONの後の文字", "text after the JSON", body + b" x"),
        ("text.malformed-json", "コメント", "a comment", b"/* x */" + body),
        ("text.malformed-json", "引用符のない項目名", "a name without quotes", _unquoted(body, quoted)),
        ("text.malformed-json", "文字列中の改行", "a line break in a text", inside[0] + b"\n" + inside[1]),
        ("text.malformed-json", "未定義のエスケープ", "an unknown escape", inside[0] + b"\\x41" + inside[1]),
        ("text.invalid-utf8", "不正なUTF-8", "invalid UTF-8", inside[0] + b"\xff\xfe" + inside[1]),
        ("text.invalid-utf8", "冗長なUTF-8", "overlong UTF-8", inside[0] + b"\xc0\xaf" + inside[1]),
        (
            "text.invalid-utf8",
            "UTF-8で表したサロゲート",
            "a surrogate in UTF-8",
            inside[0] + b"\xed\xa0\x80" + inside[1],
        ),
        ("text.invalid-utf8", "片側だけのサロゲート", "a lone surrogate", inside[0] + b"\\ud800" + inside[1]),
        ("text.invalid-utf8", "シフトJIS", "Shift_JIS", inside[0] + b"\x8e\x52\x93\x63" + inside[1]),
        *(("text.duplicate-keys", ja, en, data) for ja, en, data in _twice(body)),
    ]
    for family, ja, en, data in variants:
        yield from _one_malformed(bench, operation, call, family, {"ja": ja, "en": en}, data, (400,))
    padding = b" " * (ONE_MIB + 1024 - len(body))
    large = {"ja": "1 MiBを超える本文", "en": "content over 1 MiB"}
    yield from _one_malformed(bench, operation, call, "text.too-large", large, body + padding, (413,))


def _unquoted(body: bytes, quoted: bytes) -> bytes:
    """The content with a name without its quotes."""
    return body.replace(quoted, quoted[1:-1], 1) if quoted in body else b"{x:1}"


def _with_hole(bench: Bench, operation: Operation, call: ValidCall) -> tuple[bytes, bytes] | None:
    """A valid content on both sides of a place inside one of its texts; None where it has no free text.

    What is put there is the only fault: a reader that repairs it must not be saved by another error.
    """
    schema, template = bench.body_schema(operation), bench.template(call)
    for place in walk(bench.document, schema, template):
        if place.present and not place.ruled and place.schema.get("format") == "mj-text":
            body = msgspec.json.encode(sample(bench.document, schema, put(template, place.pointer, "\ufff9")))
            before, hole, after = body.partition("\ufff9".encode())
            if hole:
                return before, after
    return None


def _twice(body: bytes) -> Iterator[tuple[str, str, bytes]]:
    """The content with a member written twice: the same value, another value, an escaped name, each object inside."""
    content = msgspec.json.decode(body)
    if not isinstance(content, dict) or not content:
        yield "同じ項目名が2つ", "a member twice", b'{"x":1,"x":1}'
        return
    for pointer, name, value in _members(content):
        whole = msgspec.json.encode(put(content, pointer, _MARK) if pointer else content)
        inner = whole if not pointer else msgspec.json.encode(follow(content, pointer))
        quoted = json.dumps(name, ensure_ascii=False).encode()
        escaped = f'"\\u{ord(name[0]):04x}{name[1:]}"'.encode()
        where = pointer or "/"
        for ja, en, again in (
            ("同じ項目名が2つ", "a member twice", quoted + b":" + msgspec.json.encode(value)),
            ("同じ項目名で異なる値", "a member twice with two values", quoted + b":null"),
            ("エスケープした同じ項目名", "a member twice, once escaped", escaped + b":" + msgspec.json.encode(value)),
        ):
            # What counts may be the first or the last: the right value stands last, then the request is else right.
            twice = b"{" + again + b"," + inner[1:]
            data = whole.replace(msgspec.json.encode(_MARK), twice) if pointer else twice
            yield f"{ja}({where})", f"{en} ({where})", data


_MARK = "\ufff9"


def _members(content: Any, pointer: str = "") -> Iterator[tuple[str, str, Any]]:
    """A first member of each object, with the pointer to the object."""
    if isinstance(content, dict) and content:
        name = next(iter(content))
        yield pointer, name, content[name]
    for name, child in content.items() if isinstance(content, dict) else enumerate(content[:1]):
        if isinstance(child, dict | list) and child:
            yield from _members(child, f"{pointer}/{name}")


def _one_malformed(
    bench: Bench, operation: Operation, call: ValidCall, family: str, text: dict[str, str], data: bytes,
    statuses: tuple[int, ...],
) -> Iterator[Script]:  # fmt: skip
    if not bench.drafter.wanted(family, operation.id):
        return
    if family == "text.too-large":
        step = changed(call.call, body={"$padded": len(data), "of": bench.template(call)})
    else:
        step = changed(call.call, body=_raw(data))
    step = changed(step, media_type=call.call.media_type or JSON)
    checks = bench.drafter.checks(family, operation.id, step.id, refusal(statuses, text))
    yield bench.drafter.script(family, f"{operation.id} {text['en']}", call, (step,), checks)


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
