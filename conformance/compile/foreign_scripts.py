"""Scripts for one operation of somebody else's document. Each claims only what a server must do, however it is built.

A request that is odd, but that a generous server may read as a valid one, is sent too, with nothing claimed of its
answer but what holds for every answer (`schema.whole`): so a server error still shows.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from conformance.catalogue.operations import Operation, Parameter
from conformance.catalogue.service import Service
from conformance.compile.calls import ValidCall
from conformance.compile.draft import About, Drafter, changed, refusal, with_header, with_query
from conformance.compile.foreign_calls import UNCHANGEABLE
from conformance.compile.foreign_content import FORM, MULTIPART, is_json, with_token, without_credentials
from conformance.compile.foreign_readings import is_nothing, parameter_is_wrong, place_readings, takes_others
from conformance.compile.foreign_values import Values
from conformance.compile.foreign_wrongs import (
    bad_texts,
    closed_objects,
    is_json_text,
    is_object,
    is_sendable,
    is_there,
    open_places,
    plainly_wrong,
)
from conformance.compile.generated import WHOLE
from conformance.compile.mutations import Mutation, about, edges, extra_property, wrong
from conformance.compile.places import Place, put, sample
from conformance.expression import MISSING, literal
from conformance.model import Check, Script, Step
from conformance.seen import media_type

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ODD_IDS = ("0", "-1", "null", "'", "漢字", "%", "9" * 30, "x" * 300, "6d0d2a30-0000-4000-8000-00000000ffff")
_ODD_TEXTS = ("漢字", "'", "%", "\u0000", "x" * 2000, "-1", "1e9")
_FORGED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."
"""A token that claims much and is signed by nobody (`alg: none`)."""


class Scripts:
    """Makes the scripts of single operations. `drawn` says how many contents Schemathesis draws for each."""

    def __init__(self, service: Service, values: Values, calls: dict[str, tuple[ValidCall, ...]], drawn: int) -> None:
        self.service = service
        self.document = service.document
        self.values = values
        self.calls = calls
        self.drawn = drawn
        self.drafter = Drafter(service)

    def streams(self, operation: Operation, turn: int) -> list[Iterator[Script]]:
        """Scripts of one operation by what they are about, so that few of each can be taken.

        What comes first beside plain calls and credentials goes round with `turn`, so that with few scripts for each
        operation all of them together still have some of every kind.
        """
        call = self.calls[operation.id][0]
        first = [self._plain(operation, call), self._security(operation, call)]
        rest = [
            self._missing(operation, call), self._parameters(operation, call), self._empty(operation, call),
            *self._contents(operation), self._malformed(operation, call), self._media_types(operation, call),
            self._methods(operation, call), self._odd_ids(operation, call), self._odd_texts(operation, call),
            self._edges(operation, call), self._generated(operation, call),
        ]  # fmt: skip  # in this order
        place = turn % len(rest)
        return [*first, *rest[place:], *rest[:place]]

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
            step = with_token(call.call, value)
            text = {"ja": f"無効な資格情報({name})", "en": f"with invalid credentials ({name})"}
            yield self._script("security.invalid-token", operation, call, step, text, claimed=True)

    def _missing(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        for parameter in self._varied(operation):
            if parameter.required:
                text = about(parameter.name, "必須パラメータがない", "a required parameter is missing")
                claimed = parameter_is_wrong(self.values, parameter, None)
                step = _setter(parameter)(call.call, parameter.name, None)
                yield self._script("parameters.missing", operation, call, step, text, claimed=claimed)

    def _parameters(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        for parameter in self._varied(operation):
            for value in dict.fromkeys(bad_texts(self.values.entry(parameter.schema))):
                if parameter.place == "header" and not is_sendable(value):
                    continue
                text = about(parameter.name, f"値が不正({value!r:.40})", f"an invalid value ({value!r:.40})")
                claimed = parameter_is_wrong(self.values, parameter, value)
                step = _setter(parameter)(call.call, parameter.name, value)
                yield self._script("parameters.invalid", operation, call, step, text, claimed=claimed)

    def _varied(self, operation: Operation) -> Iterator[Parameter]:
        """Query parameters and headers of which one text is the whole value."""
        for parameter in operation.parameters:
            varied = parameter.place in {"query", "header"} and parameter.name.lower() not in UNCHANGEABLE
            if varied and not is_object(self.values, parameter):
                yield parameter

    def _empty(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        if operation.body_required and operation.body:
            step = changed(call.call, body={"$bytes": ""})
            text = {"ja": "本文がない", "en": "no content"}
            kind = call.call.media_type or ""
            form = media_type(kind) in {FORM, MULTIPART} and not any(
                self.values.accepts(schema, {}) for schema in operation.body.values()
            )  # an empty text or picture is content too, an empty form may be one
            yield self._script("schema.empty-body", operation, call, step, text, claimed=form or is_json(kind))

    def _contents(self, operation: Operation) -> list[Iterator[Script]]:
        """Everything that can be wrong with a JSON content, one thing at a time, by what is wrong."""
        found: dict[str, list[tuple[ValidCall, Any, Place, Mutation]]] = {}
        for call in self.calls[operation.id]:
            schema = self._json_schema(operation, call)
            if schema is not None and self._accepts(schema, call.call.body):
                for place, mutation in self._mutations(schema, call.call.body):
                    found.setdefault(mutation.family, []).append((call, schema, place, mutation))
        return [self._all_mutated(operation, entries) for entries in found.values()]

    def _all_mutated(
        self, operation: Operation, entries: list[tuple[ValidCall, Any, Place, Mutation]]
    ) -> Iterator[Script]:
        for call, schema, place, mutation in entries:
            yield from self._mutated(operation, call, schema, place, mutation)

    def _mutations(self, schema: Any, body: Any) -> Iterator[tuple[Place, Mutation]]:
        for place in open_places(self.document, schema, body):
            yield from ((place, mutation) for mutation in wrong(place))
            yield from ((place, mutation) for mutation in plainly_wrong(place))
        for pointer in closed_objects(self.document, schema, body):
            inner = self.values.entry(schema, body) if not pointer else {}
            mutation = extra_property(pointer, inner.get("properties", {}))
            yield Place(f"{pointer}/{mutation.value}", {}, MISSING, False), mutation._replace(value="x")

    def _mutated(
        self, operation: Operation, call: ValidCall, schema: Any, place: Place, mutation: Mutation
    ) -> Iterator[Script]:
        body = call.call.body
        if not is_there(body, place, mutation.value) or place.schema.get("readOnly") is True:
            return
        sent = put(body, place.pointer, mutation.value)
        claimed = not self._accepts(schema, sent)
        if is_nothing(place, mutation.value):
            claimed = claimed and operation.body_required
        elif takes_others(place, mutation.value):
            claimed = False
        elif claimed and mutation.family != "schema.unknown-property":
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
            claimed = family == "text.invalid-utf8" or (en == "JSON that breaks off" and not is_json_text(data))
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
                if parameter.place == "query" and not is_object(self.values, parameter):
                    step = with_query(call.call, parameter.name, value)
                    text = about(parameter.name, f"変わった値({value!r:.20})", f"an odd value ({value!r:.20})")
                    yield self._script(WHOLE, operation, call, step, text, claimed=False)

    def _edges(self, operation: Operation, call: ValidCall) -> Iterator[Script]:
        """Valid values at the edge of what the schema allows."""
        schema = self._json_schema(operation, call)
        for place in open_places(self.document, schema, call.call.body) if schema is not None else ():
            for mutation in edges(place):
                if not is_there(call.call.body, place, mutation.value):
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


def _setter(parameter: Parameter) -> Callable[[Step, str, Any], Step]:
    return with_query if parameter.place == "query" else with_header
