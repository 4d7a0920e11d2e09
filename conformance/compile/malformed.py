"""Scripts for contents that are no JSON, no UTF-8, that name a member twice, or that are too large.

Each is made of a valid call's content when it is played, so that what is wrong with its writing is the only fault: a
reader that overlooks it then carries the request out, and is not saved by another error.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import JSON, Bench
from conformance.compile.calls import ValidCall
from conformance.compile.draft import acceptance, changed, refusal
from conformance.compile.places import is_special, put, walk
from conformance.expression import follow
from conformance.model import Script

ONE_MIB = 1024 * 1024
_MARK = "\ufff9"
_NOT_UTF8 = (
    ("不正なUTF-8", "invalid UTF-8", b"\xff\xfe"),
    ("冗長なUTF-8", "overlong UTF-8", b"\xc0\xaf"),
    ("UTF-8で表したサロゲート", "a surrogate in UTF-8", b"\xed\xa0\x80"),
    ("UTF-8で表したサロゲートの対", "a pair of surrogates in UTF-8", b"\xed\xa1\x82\xed\xbe\xb7"),
    ("片側だけのサロゲート", "a lone surrogate", b"\\ud800"),
    ("逆順のサロゲート", "two surrogates in the wrong order", b"\\udfb7\\ud842"),
    ("シフトJIS", "Shift_JIS", b"\x8e\x52\x93\x63"),
)
_NOT_JSON = (
    ("文字列中の改行", "a line break in a text", b"\n"),
    ("未定義のエスケープ", "an unknown escape", b"\\x41"),
    ("文字列中のタブ", "a tab in a text", b"\t"),
)
Variant = tuple[str, str, str, Any]
"""Family, Japanese, English, and the content."""


def scripts(bench: Bench) -> Iterator[Script]:
    """Per operation with JSON content: its content written wrongly, in one way each."""
    for operation in bench.operations():
        if bench.body_schema(operation) is None:
            continue
        call = bench.call(operation)
        template = bench.template(call)
        for family, ja, en, body in _variants(bench, operation, template):
            yield from _refused(bench, operation, call, (family, ja, en, body), (400,))
        for beyond in (1, 1024):
            large = {"$padded": ONE_MIB + beyond, "of": template}
            about = (f"1 MiBを{beyond}バイト超える本文", f"content of {beyond} bytes over 1 MiB")
            yield from _refused(bench, operation, call, ("text.too-large", *about, large), (413,))
        yield from _greatest(bench, operation, call, template)


def _greatest(bench: Bench, operation: Operation, call: ValidCall, template: Any) -> Iterator[Script]:
    """Content of exactly 1 MiB is not too large: a valid one, filled up with white space."""
    family = "text.greatest-size"
    if not bench.drafter.wanted(family, operation.id):
        return
    step = changed(call.call, body={"$padded": ONE_MIB, "of": template}, media_type=call.call.media_type or JSON)
    text = {"ja": "ちょうど1 MiBの本文", "en": "content of exactly 1 MiB"}
    checks = bench.drafter.checks(family, operation.id, step.id, acceptance(text))
    yield bench.drafter.script(family, f"{operation.id} {text['en']}", call, (step,), checks)


def _refused(
    bench: Bench, operation: Operation, call: ValidCall, variant: Variant, statuses: tuple[int, ...]
) -> Iterator[Script]:
    family, ja, en, body = variant
    if not bench.drafter.wanted(family, operation.id):
        return
    step = changed(call.call, body=body, media_type=call.call.media_type or JSON)
    checks = bench.drafter.checks(family, operation.id, step.id, refusal(statuses, {"ja": ja, "en": en}))
    yield bench.drafter.script(family, f"{operation.id} {en}", call, (step,), checks)


def _edited(template: Any, *edits: tuple[str, Any] | tuple[str, bytes, bytes]) -> dict[str, Any]:
    """The content, written as JSON and then edited: see `conformance.play`."""
    coded = [[name, *(_base64(a) if isinstance(a, bytes) else a for a in arguments)] for name, *arguments in edits]
    return {"$edited": template, "edits": coded}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _variants(bench: Bench, operation: Operation, template: Any) -> Iterator[Variant]:
    name = next(iter(template)) if isinstance(template, dict) and template else "x"
    quoted = json.dumps(name, ensure_ascii=False).encode()
    for ja, en, body in (
        ("途中で切れたJSON", "JSON that breaks off", _edited(template, ("cut", 1))),
        ("余分なコンマ", "a comma too many", _edited(template, ("cut", 1), ("append", b",}"))),
        ("一重引用符", "single quotes", _edited(template, ("replace", b'"', b"'"))),
        ("NaN", "NaN", {"$bytes": _base64(b"{" + quoted + b":NaN}")}),
        ("JSONの後の文字", "text after the JSON", _edited(template, ("append", b" x"))),
        ("余分な閉じ括弧", "a brace too many", _edited(template, ("append", b"}"))),
        ("JSONの後のコンマ", "a comma after the JSON", _edited(template, ("append", b","))),
        ("2つのJSON", "two JSON texts", _edited(template, ("append", b"\n{}"))),
        ("コメント", "a comment", _edited(template, ("prepend", b"/* x */"))),
        ("JSONの後の改ページ", "a form feed after the JSON", _edited(template, ("append", b"\f"))),
        ("JSONの後の1行のコメント", "a comment of one line after the JSON", _edited(template, ("append", b"\n// x"))),
        ("引用符のない項目名", "a name without quotes", _edited(template, ("prepend", b"{x:"), ("append", b"}"))),
    ):
        yield "text.malformed-json", ja, en, body
    yield from _in_values(bench, operation, template)
    for family, wrongs in (("text.malformed-json", _NOT_JSON), ("text.invalid-utf8", _NOT_UTF8)):
        for ja, en, wrong in wrongs:
            yield family, ja, en, _inside(bench, operation, template, wrong)
    yield from _twice(template)


def _in_values(bench: Bench, operation: Operation, template: Any) -> Iterator[Variant]:
    """The first array with a comma behind its last item, and the first number with a zero before it."""
    places = [place for place in walk(bench.document, bench.body_schema(operation), template) if place.present]
    marked = json.dumps(_MARK, ensure_ascii=False).encode()
    for place in [place for place in places if isinstance(place.value, list) and place.value][:1]:
        body = _edited(put(template, place.pointer, [*place.value, _MARK]), ("replace", marked, b""))
        yield "text.malformed-json", "配列の末尾のコンマ", "a comma at the end of an array", body
    for place in [place for place in places if type(place.value) is int][:1]:
        body = _edited(put(template, place.pointer, _MARK), ("replace", marked, f"0{place.value}".encode()))
        yield "text.malformed-json", "0で始まる数値", "a number that begins with 0", body


def _inside(bench: Bench, operation: Operation, template: Any, wrong: bytes) -> dict[str, Any]:
    """The content with some bytes inside one of its free texts; where it has none, an object of one text."""
    for place in walk(bench.document, bench.body_schema(operation), template):
        if place.present and not place.ruled and place.schema.get("format") == "mj-text":
            return _edited(put(template, place.pointer, _MARK), ("replace", _MARK.encode(), wrong))
    return {"$bytes": _base64(b'{"x":"' + wrong + b'"}')}


def _twice(template: Any) -> Iterator[Variant]:
    """A member of each object written once more: with the same value, the same escaped, and with another value."""
    family, found = "text.duplicate-keys", False
    for pointer, name, value in _members(template):
        found = True
        quoted, escaped = (json.dumps(name, ensure_ascii=False), f'"\\u{ord(name[0]):04x}{name[1:]}"')
        same, where = json.dumps(value, ensure_ascii=False), pointer or "/"
        for ja, en, again in (
            ("同じ項目名が2つ", "a member twice", f"{quoted}:{same}"),
            ("エスケープした同じ項目名", "a member twice, once escaped", f"{escaped}:{same}"),
            ("同じ項目名で異なる値", "a member twice with two values", f"{quoted}:null,{quoted}:{same}"),
        ):
            marked = put(template, f"{pointer}/{_MARK}", 0)
            edit = ("replace", f'"{_MARK}":0'.encode(), again.encode())
            yield family, f"{ja}({where})", f"{en} ({where})", _edited(marked, edit)
    if not found:
        yield family, "同じ項目名が2つ", "a member twice", {"$bytes": _base64(b'{"x":1,"x":1}')}


def _members(template: Any, pointer: str = "") -> Iterator[tuple[str, str, Any]]:
    """Of each object a member whose value is known before the call is played, with the pointer to the object."""
    if isinstance(template, list):
        for index, item in enumerate(template[:1]):
            yield from _members(item, f"{pointer}/{index}")
    if not isinstance(template, dict) or is_special(template):
        return
    known = ((name, value) for name, value in template.items() if isinstance(value, str | int | bool))
    for name, value in list(known)[:1]:
        yield pointer, name, value
    for name in template:
        yield from _members(follow(template, f"/{name}"), f"{pointer}/{name}")
