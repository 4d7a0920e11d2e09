"""Scripts for one operation of somebody else's document. Each claims only what a server must do, however it is built.

A request that is odd, but that a generous server may read as a valid one, is sent too, with nothing claimed of its
answer but what holds for every answer (`schema.whole`): so a server error still shows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from conformance.catalogue.operations import Operation, Parameter
from conformance.catalogue.service import Service
from conformance.compile.calls import ValidCall
from conformance.compile.draft import About, Drafter, changed, refusal, with_header, with_query
from conformance.compile.foreign_calls import UNCHANGEABLE
from conformance.compile.foreign_content import is_json
from conformance.compile.foreign_readings import parameter_is_wrong, place_readings
from conformance.compile.foreign_values import Values
from conformance.compile.generated import WHOLE
from conformance.compile.mutations import Mutation, about, edges, extra_property, kinds, wrong
from conformance.compile.places import Place, flat, objects, put, sample, walk
from conformance.expression import MISSING, follow, literal
from conformance.model import Check, Script, Step

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ODD_IDS = ("0", "-1", "null", "'", "漢字", "%", "9" * 30, "x" * 300, "6d0d2a30-0000-4000-8000-00000000ffff")
_ODD_TEXTS = ("漢字", "'", "%", "\u0000", "x" * 2000, "-1", "1e9")
_FORGED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."
"""A token that claims much and is signed by nobody (`alg: none`)."""
_OPEN_PLACES = 40


class Scripts:
    """Makes the scripts of single operations. `drawn` says how many contents Schemathesis draws for each."""

    def __init__(self, service: Service, values: Values, calls: dict[str, tuple[ValidCall, ...]], drawn: int) -> None:
        self.service = service
        self.document = service.document
        self.values = values
        self.calls = calls
        self.drawn = drawn
        self.drafter = Drafter(service)

    def streams(self, operation: Operation) -> list[Iterator[Script]]:
        """Scripts of one operation by what they are about, so that few of each can be taken."""
        call = self.calls[operation.id][0]
        makers: tuple[Callable[[Operation, ValidCall], Iterator[Script]], ...] = (
            self._plain, self._security, self._parameters, self._content, self._malformed, self._media_types,
            self._methods, self._odd_ids, self._odd_texts, self._edges, self._generated,
        )  # fmt: skip
        return [maker(operation, call) for maker in makers]

    def _script(
        self, family: str, operation: Operation, call: ValidCall, step: Step, what: About, *, claimed: bool
    ) -> Script:
        """A script of a family; one that claims nothing where that would not be fair, or nobody asks for it."""
        checks: tuple[Check, ...] = ()
        if claimed and self.drafter.wanted(family, operation.id):
            checks = self.drafter.checks(family, operation.id, step.id, refusal((), what))
            checks = tuple(msgspec.structs.replace(c, args={**c.args, "elsewhere": True}) for c in checks)
        kind = family if checks else WHOLE
        return self.drafter.script(kind, f"{operation.id} {what['en']}", call, (step,), checks)

    def _plain(self, operation: Operation, _: ValidCall) -> Iterator[Script]:
        for call in self.calls[operation.id]:
            text = {"ja": "文書どおりの要求", "en": "as the document has it"}
            yield self.drafter.script(WHOLE, f"{operation.id} {text['en']}", call, (call.call,), ())

    def _security(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        if not operation.secured or call.call.role is None:
            return
        bare = without_credentials(call.call)
        text = {"ja": "資格情報なし", "en": "without credentials"}
        yield self._script("security.no-token", operation, call, bare, text, claimed=True)
        for name, value in (("unknown", "not-a-token-of-this-system"), ("unsigned", _FORGED)):
            step = _with_token(call.call, value)
            text = {"ja": f"無効な資格情報({name})", "en": f"with invalid credentials ({name})"}
            yield self._script("security.invalid-token", operation, call, step, text, claimed=True)

    def _parameters(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        for parameter in operation.parameters:
            if parameter.place not in {"query", "header"} or parameter.name.lower() in UNCHANGEABLE:
                continue
            if _is_object(self.values, parameter):
                continue
            setter = with_query if parameter.place == "query" else with_header
            if parameter.required:
                family, text = (
                    "parameters.missing",
                    about(parameter.name, "必須パラメータがない", "a required parameter is missing"),
                )
                step = setter(call.call, parameter.name, None)
                claimed = parameter_is_wrong(self.values, parameter, None)
                yield self._script(family, operation, call, step, text, claimed=claimed)
            for value in dict.fromkeys(_bad_texts(self.values.entry(parameter.schema))):
                if parameter.place == "header" and not _sendable(value):
                    continue
                text = about(parameter.name, f"値が不正({value!r:.40})", f"an invalid value ({value!r:.40})")
                step = setter(call.call, parameter.name, value)
                claimed = parameter_is_wrong(self.values, parameter, value)
                yield self._script("parameters.invalid", operation, call, step, text, claimed=claimed)

    def _content(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        """Everything that can be wrong with a JSON content, one thing at a time."""
        if operation.body_required and operation.body:
            step = changed(call.call, body={"$bytes": ""})
            text = {"ja": "本文がない", "en": "no content"}
            yield self._script("schema.empty-body", operation, call, step, text, claimed=True)
        for one in self.calls[operation.id]:
            body = one.call.body
            schema = self._json_schema(operation, one)
            if schema is None or not self._accepts(schema, body):
                continue
            for place, mutation in self._mutations(schema, body):
                yield from self._mutated(operation, one, schema, place, mutation)

    def _mutations(self, schema: Any, body: Any) -> Iterator[tuple[Place, Mutation]]:
        for place in _places(self.document, schema, body):
            yield from ((place, mutation) for mutation in wrong(place))
            yield from ((place, mutation) for mutation in _plainly_wrong(place))
        for pointer in _closed(self.document, schema, body):
            inner = self.values.entry(schema, body) if not pointer else {}
            mutation = extra_property(pointer, inner.get("properties", {}))
            yield Place(f"{pointer}/{mutation.value}", {}, MISSING, False), mutation._replace(value="x")

    def _mutated(
        self, operation: Operation, call: ValidCall, schema: Any, place: Place, mutation: Mutation
    ) -> Iterator[Script]:
        body = call.call.body
        if not _is_there(body, place, mutation.value) or place.schema.get("readOnly") is True:
            return
        sent = put(body, place.pointer, mutation.value)
        claimed = not self._accepts(schema, sent)
        if claimed and mutation.family != "schema.unknown-property":
            others = place_readings(place, mutation.value)
            claimed = not any(self._accepts(schema, put(body, place.pointer, value)) for value in others)
        step = changed(call.call, body=sent)
        yield self._script(mutation.family, operation, call, step, mutation.about, claimed=claimed)

    def _malformed(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        """Contents that are no JSON. A reader may be generous (RFC 8259, 9), but not with what breaks off."""
        schema = self._json_schema(operation, call)
        if schema is None:
            return
        whole = msgspec.json.encode(sample(self.document, schema, call.call.body))
        name = b'"x"'
        for family, ja, en, data in (
            ("text.malformed-json", "途中で切れたJSON", "JSON that breaks off", whole[:-1]),
            ("text.invalid-utf8", "不正なUTF-8", "invalid UTF-8", b"{" + name + b':"\xff\xfe"}'),
            ("text.malformed-json", "余分なコンマ", "a comma too many", whole[:-1] + b"," + whole[-1:]),
            ("text.malformed-json", "NaN", "NaN", b"{" + name + b":NaN}"),
            ("text.malformed-json", "深い入れ子", "deep nesting", b"[" * 2000 + b"]" * 2000),
            ("text.malformed-json", "片側だけのサロゲート", "a lone surrogate", b"{" + name + b':"\\ud800"}'),
        ):
            step = changed(call.call, body={"$bytes": base64.b64encode(data).decode("ascii")})
            claimed = family == "text.invalid-utf8" or (en == "JSON that breaks off" and not _is_complete(data))
            yield self._script(family, operation, call, step, {"ja": ja, "en": en}, claimed=claimed)

    def _media_types(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        for kind in ("application/xml", "text/plain") if operation.body else ():
            if any(kind == declared or "*" in declared for declared in operation.body):
                continue
            step = changed(with_header(call.call, "Content-Type", kind))
            text = {"ja": f"宣言のないメディアタイプ({kind})", "en": f"an undeclared media type ({kind})"}
            yield self._script("headers.media-type", operation, call, step, text, claimed=True)

    def _methods(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        """Methods that the path does not declare; what may change something goes only to what the script made."""
        declared = [o for o in self.service.operations.values() if o.path == operation.path]
        if next((o.id for o in declared if o.id in self.calls), None) != operation.id:
            return
        made = any(step.method == "POST" for step in call.preamble)
        for method in _METHODS:
            if any(o.method == method for o in declared):
                continue
            if method != "GET" and not made and ("{" in operation.path or method == "DELETE"):
                continue
            step = changed(
                call.call, method=method, operation=None, query=(), outputs={}, id=f"undeclared-{method.lower()}",
                body=msgspec.UNSET, media_type=None,
            )  # fmt: skip
            text = {"ja": f"宣言のないメソッド {method}", "en": f"the undeclared method {method}"}
            yield self._script("methods.undeclared", operation, call, step, text, claimed=True)

    def _odd_ids(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        if operation.method != "GET" or not call.call.path_params:
            return
        last = list(call.call.path_params)[-1]
        for value in _ODD_IDS:
            step = changed(call.call, path_params={**call.call.path_params, last: value})
            text = about(last, f"変わった値({value!r:.20})", f"an odd value ({value!r:.20})")
            yield self._script(WHOLE, operation, call, step, text, claimed=False)

    def _odd_texts(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        for value in _ODD_TEXTS if operation.method == "GET" else ():
            for parameter in operation.parameters:
                if parameter.place == "query" and not _is_object(self.values, parameter):
                    step = with_query(call.call, parameter.name, value)
                    text = about(parameter.name, f"変わった値({value!r:.20})", f"an odd value ({value!r:.20})")
                    yield self._script(WHOLE, operation, call, step, text, claimed=False)

    def _edges(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        """Valid values at the edge of what the schema allows."""
        schema = self._json_schema(operation, call)
        for place in _places(self.document, schema, call.call.body) if schema is not None else ():
            for mutation in edges(place):
                if not _is_there(call.call.body, place, mutation.value):
                    continue
                body = put(call.call.body, place.pointer, mutation.value)
                if self._accepts(schema, body):
                    step = changed(call.call, body=body)
                    yield self._script(WHOLE, operation, call, step, mutation.about, claimed=False)

    def _generated(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        schema = self._json_schema(operation, call)
        if schema is None or not self.drawn:
            return
        for value in self.values.drawn(schema, self.drawn, f"{operation.id} drawn"):
            step = changed(call.call, body=literal(value))
            text = {"ja": "文書に適合する生成値", "en": "a generated content"}
            yield self._script(WHOLE, operation, call, step, text, claimed=False)

    def _json_schema(self, operation: Operation, call: ValidCall) -> Any:
        """The schema of the JSON content of a call, or None where it is no JSON."""
        if call.call.body is msgspec.UNSET or not is_json(call.call.media_type or ""):
            return None
        kind = next((k for k in operation.body if is_json(k)), None) or next(iter(operation.body))
        return operation.body[kind]

    def _accepts(self, schema: Any, template: Any) -> bool:
        try:
            return bool(self.values.accepts(schema, sample(self.document, schema, template)))
        except RecursionError:
            return False


def without_credentials(step: Step) -> Step:
    """The step with nothing in it that lets somebody in."""
    return changed(
        step,
        role=None,
        authorization="",
        headers=tuple(item for item in step.headers if not _holds_token(item[1])),
        query=tuple(item for item in step.query if not _holds_token(item[1])),
    )


def _with_token(step: Step, token: str) -> Step:
    """The step with another token wherever it has one."""
    authorization = f"Bearer {token}" if step.authorization is None else _replaced(step.authorization, token)
    return changed(
        step,
        role=None,
        authorization=authorization,
        headers=tuple((name, _replaced(value, token)) for name, value in step.headers),
        query=tuple((name, _replaced(value, token)) for name, value in step.query),
    )


def _holds_token(template: Any) -> bool:
    return bool(_replaced(template, "") != template)


def _replaced(template: Any, token: str) -> Any:
    if isinstance(template, dict):
        return token if "$token" in template else {key: _replaced(item, token) for key, item in template.items()}
    return [_replaced(item, token) for item in template] if isinstance(template, list) else template


def _is_object(values: Values, parameter: Parameter) -> bool:
    entry = values.entry(parameter.schema)
    return _kind(entry) == "object"


def _kind(schema: Mapping[str, Any]) -> str:
    """The one type that a schema has beside null, or nothing."""
    named = [kind for kind in kinds(schema) if kind != "null"]
    return named[0] if len(named) == 1 else ""


def _bad_texts(entry: dict[str, Any]) -> Iterator[str]:
    kind = _kind(entry)
    yield from {"integer": ("x", "1.5", "1 2"), "number": ("x", "1e"), "boolean": ("x", "2")}.get(kind, ())
    if kind in {"integer", "number"}:
        for word, step in (("minimum", -1), ("maximum", 1)):
            if isinstance(entry.get(word), int | float):
                yield str(entry[word] + step)
    else:
        yield from ("", "_not-valid_", "\u0000")
        longest = entry.get("maxLength", 0)
        if 0 < longest <= 4000:
            yield "x" * (longest + 1)
        if entry.get("format") in {"date", "date-time"} or "pattern" in entry:
            yield from ("2026-13-01", "-", "%")


def _sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and value.strip() == value and value != ""


def _places(document: dict[str, Any], schema: Any, body: Any) -> list[Place]:
    found: list[Place] = []
    try:
        found.append(Place("", flat(document, schema, body), body, False))
        for place in walk(document, schema, body):
            found.append(place)
            if len(found) >= _OPEN_PLACES:
                break
    except RecursionError:
        pass
    return found


def _closed(document: dict[str, Any], schema: Any, body: Any) -> list[str]:
    try:
        return list(dict.fromkeys(objects(document, schema, body)))[:5]
    except RecursionError:
        return []


def _plainly_wrong(place: Place) -> Iterator[Mutation]:
    """Values of a type that no reading makes the declared one."""
    wrong_values: dict[str, tuple[Any, ...]] = {
        "integer": ("not-a-number", {"x": "y"}), "number": ("not-a-number", {"x": "y"}),
        "boolean": ({"x": "y"}, "maybe"), "string": ({"x": "y"},), "array": ({"x": "y"},), "object": ("x",),
    }  # fmt: skip
    for value in wrong_values.get(_kind(place.schema), ()):
        text = about(place.pointer, f"型が異なる({value!r})", f"another type ({value!r})")
        yield Mutation("schema.type", value, text)


def _is_there(body: Any, place: Place, value: Any) -> bool:
    """Whether there is something at a place of the content that can be replaced by a value."""
    if place.pointer == "":
        return value is not MISSING
    return follow(body, place.pointer.rpartition("/")[0]) is not MISSING


def _is_complete(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True
