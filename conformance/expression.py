"""Templates and conditions: what a script's values mean when it is played, and again when it is judged.

A template is any JSON value; an object with one of these keys stands for a value that is known only then:

| object | value |
|---|---|
| `{"$e": "$steps.create.outputs.id"}` | an Arazzo 1.0.1 runtime expression |
| `{"$join": [part, ...]}` | the parts, joined to one string |
| `{"$jsonpath": "$.results[*].id", "of": template}` | all nodes that an RFC 9535 query finds, as an array |
| `{"$fresh": kind, "key": k}` | a value unique to this script in this run; `wrong: check-digit` spoils it |
| `{"$date": "today-5"}`, `{"$datetime": "now+60"}` | relative to the system's clock: days, seconds |
| `{"$config": name}` | what the run file says (body code, ...) |
| `{"$apply": function, "to": template}` | a named function of a value, see `FUNCTIONS` |
| `{"$resolved": reference, "against": url}` | a URI reference resolved against a URL (RFC 3986, 5) |
| `{"$object": [[key, value], ...]}` | an object whose keys are templates too |
| `{"$fields": "response"}` | the names of the header fields of the answer, in lower case and in order |
| `{"$token": role}` | a bearer token; only where a request is built, never in evidence; `old: true` for the first one |
| `{"$cookies": text}` | a text, and all cookies that answers to this script have set; only where a request is built |
| `{"$lifetime": [role, ...], "plus": 60}` | seconds until no token of these is good, and more; `half: true`: half |
| `{"$quote": value}` | the value itself, taken literally |
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import unquote, urljoin

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathQuery

from conformance.errors import DocumentError

JST = dt.timezone(dt.timedelta(hours=9), "JST")
MISSING: Any = object()
_JSONPATH = JSONPathEnvironment()
_EXPRESSION = re.compile(
    r"^\$(?:(?P<plain>url|method|statusCode)"
    r"|(?P<side>request|response)\.(?P<part>header|query|path|body)"
    r"(?:(?<=body)(?P<pointer>#(?:/.*)?)?|(?<!body)\.(?P<name>[^#]+))"
    r"|inputs\.(?P<input>[^#.]+)(?P<input_pointer>#.*)?"
    r"|steps\.(?P<step>[^.]+)\.outputs\.(?P<output>[^#.]+)(?P<output_pointer>#.*)?)$"
)


class Unresolved(Exception):  # noqa: N818  a condition of the data, not an error of ours
    """A template names something that is not there (yet): an absent member, a step without an answer."""


class Message(Protocol):
    """What an expression may read of one step: both sides of its exchange."""

    @property
    def status(self) -> int | None: ...
    @property
    def url(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def fields(self) -> list[str]: ...

    @property
    def cookies(self) -> list[str]: ...

    def header(self, side: str, name: str) -> str | None: ...
    def query(self, name: str) -> str | None: ...
    def path_parameter(self, name: str) -> str | None: ...
    def json(self, side: str) -> Any: ...


class Bindings(Protocol):
    """Where values come from that only the run knows."""

    today: dt.date
    now: dt.datetime

    def fresh(self, kind: str, key: str, wrong: str | None) -> str: ...
    def config(self, name: str) -> Any: ...
    def token(self, role: str, *, old: bool = False) -> str: ...
    def lifetime(self, role: str) -> int: ...


@lru_cache(maxsize=4096)
def _pointer_parts(pointer: str) -> tuple[str, ...]:
    if pointer in {"", "#"}:
        return ()
    text = pointer.removeprefix("#")
    return tuple(p.replace("~1", "/").replace("~0", "~") for p in text.removeprefix("/").split("/"))


def follow(value: Any, pointer: str) -> Any:
    """The member of a JSON value at an RFC 6901 pointer, or `MISSING`."""
    for part in _pointer_parts(pointer):
        if isinstance(value, Mapping):
            value = value.get(part, MISSING)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return value


def _spoil_etag(text: str) -> str:
    return '"' + text.strip('W/"')[::-1][:40] + '-other"'


def segment(url: str, from_end: int) -> str:
    """What a segment of a URL's path says, counted from its end; the empty text where it has not as many.

    Percent-encoding is a way of writing it (RFC 3986, 2.4).
    """
    parts = re.split("[?#]", url, maxsplit=1)[0].rstrip("/").split("/")
    return unquote(parts[-from_end]) if from_end <= len(parts) else ""


def _near_etag(text: str) -> str:
    """A tag that differs in its last character only."""
    opaque = text.removeprefix("W/").strip('"')
    return f'"{opaque[:-1]}{"1" if opaque[-1:] == "0" else "0"}"'


def _swapped_case_etag(text: str) -> str:
    """A tag that differs in the case of its letters only; one without letters is made another one all the same."""
    swapped = text.removeprefix("W/").swapcase()
    return swapped if swapped != text.removeprefix("W/") else _longer_etag(text)


def _longer_etag(text: str) -> str:
    """A tag that begins with all of another one."""
    opaque = text.removeprefix("W/").strip('"')
    return f'"{opaque}1"'


FUNCTIONS: dict[str, Callable[[str], str]] = {
    "swapcase": str.swapcase,
    "other-etag": _spoil_etag,
    "near-etag": _near_etag,
    "swapped-case-etag": _swapped_case_etag,
    "longer-etag": _longer_etag,
    "unquoted": lambda text: text.removeprefix("W/").strip('"'),
    "weak-etag": lambda text: text if text.startswith("W/") else "W/" + text,
    "tampered": lambda text: text[:-6] + ("AAAAAA" if text[-6:] != "AAAAAA" else "BBBBBB"),
    "broken-off": lambda text: text[:-1],
    "last-segment": lambda text: segment(text, 1),
    "last-segment-but-one": lambda text: segment(text, 2),
    "last-segment-but-two": lambda text: segment(text, 3),
}


class Context:
    """The state of one script: its inputs, its bindings, the steps that were answered."""

    def __init__(
        self,
        inputs: Mapping[str, Any],
        bindings: Bindings,
        outputs: Mapping[str, Mapping[str, Any]],
        calls: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._inputs = inputs
        self.bindings = bindings
        self._outputs = outputs
        self._calls = calls or {}
        self._bound_inputs: dict[str, Any] = {}
        self._known: dict[tuple[str, str], Any] = {}
        self.messages: dict[str, Message] = {}

    def value(self, template: Any, message: Message | None = None) -> Any:
        """The value of a template. Raises `Unresolved` where it names what is not there."""
        kind = type(template)
        if kind is dict:
            special = _special(template)
            if special is not None:
                return special(self, template, message)
            # Most members are plain texts: asking here saves a call for each.
            return {key: item if type(item) is str else self.value(item, message) for key, item in template.items()}
        if kind is list:
            return [self.value(item, message) for item in template]
        return template

    def input(self, name: str) -> Any:
        """One input of the script, bound once, so that it is the same wherever it is named."""
        if name not in self._bound_inputs:
            if name not in self._inputs:
                raise Unresolved(f"$inputs.{name}")
            self._bound_inputs[name] = self.value(self._inputs[name])
        return self._bound_inputs[name]

    def output(self, step: str, name: str) -> Any:
        """An output of an earlier step."""
        if (step, name) not in self._known:
            called = step in self._calls
            message = None if called else self.messages.get(step)
            template = (self._calls if called else self._outputs).get(step, {}).get(name, MISSING)
            if template is MISSING or (message is None and not called):
                raise Unresolved(f"$steps.{step}.outputs.{name}")
            self._known[step, name] = self.value(template, message)
        return self._known[step, name]

    def expression(self, text: str, message: Message | None) -> Any:
        """The value of an Arazzo runtime expression; raises `Unresolved`."""
        match = _parse_expression(text)
        value: Any = MISSING
        if match["input"]:
            value = follow(self.input(match["input"]), match["input_pointer"] or "")
        elif match["step"]:
            value = follow(self.output(match["step"], match["output"]), match["output_pointer"] or "")
        elif message is not None:
            value = _read(message, match)
        if value is MISSING or (value is None and match["part"] in {"header", "query", "path"}):
            raise Unresolved(text)
        return value


def _read(message: Message, match: re.Match[str]) -> Any:
    plain, part = match["plain"], match["part"]
    if plain:
        return {"url": message.url, "method": message.method, "statusCode": message.status}[plain]
    if part == "body":
        body = message.json(match["side"])
        return MISSING if body is MISSING else follow(body, match["pointer"] or "")
    if part == "header":
        return message.header(match["side"], match["name"])
    return message.query(match["name"]) if part == "query" else message.path_parameter(match["name"])


@lru_cache(maxsize=4096)
def _parse_expression(text: str) -> re.Match[str]:
    match = _EXPRESSION.match(text)
    if match is None:
        raise DocumentError(
            f"'{text}' is not a runtime expression that this suite knows",
            next_step="see Arazzo 1.0.1",
        )
    return match


@lru_cache(maxsize=1024)
def jsonpath(text: str) -> JSONPathQuery:
    try:
        return _JSONPATH.compile(text)
    except Exception as error:
        raise DocumentError(f"'{text}' is not a JSONPath query: {error}", next_step="see RFC 9535") from error


def _fresh(context: Context, template: Mapping[str, Any], _: Message | None) -> str:
    return context.bindings.fresh(template["$fresh"], template.get("key", ""), template.get("wrong"))


def _offset(text: str, word: str) -> int:
    rest = text.removeprefix(word)
    return int(rest) if rest else 0


def _date(context: Context, template: Mapping[str, Any], _: Message | None) -> str:
    return (context.bindings.today + dt.timedelta(days=_offset(template["$date"], "today"))).isoformat()


def _datetime(context: Context, template: Mapping[str, Any], _: Message | None) -> str:
    moment = context.bindings.now + dt.timedelta(seconds=_offset(template["$datetime"], "now"))
    return moment.astimezone(JST).isoformat(timespec="seconds")


def _nodes(context: Context, template: Mapping[str, Any], message: Message | None) -> list[Any]:
    return [node.value for node in jsonpath(template["$jsonpath"]).find(context.value(template["of"], message))]


def _join(context: Context, template: Mapping[str, Any], message: Message | None) -> str:
    return "".join(as_text(context.value(part, message)) for part in template["$join"])


def _object(context: Context, template: Mapping[str, Any], message: Message | None) -> dict[str, Any]:
    return {as_text(context.value(key, message)): context.value(item, message) for key, item in template["$object"]}


def _fields(_: Context, __: Mapping[str, Any], message: Message | None) -> list[str]:
    if message is None:
        raise Unresolved("the header fields of an answer")
    return message.fields


def _token(context: Context, template: Mapping[str, Any], _: Message | None) -> str:
    return context.bindings.token(template["$token"], old=bool(template.get("old")))


def _cookies(context: Context, template: Mapping[str, Any], _: Message | None) -> str:
    set_ones = [cookie for message in context.messages.values() for cookie in message.cookies]
    return "; ".join(dict.fromkeys([template["$cookies"], *set_ones]))


def _lifetime(context: Context, template: Mapping[str, Any], _: Message | None) -> int:
    whole = max(context.bindings.lifetime(role) for role in template["$lifetime"])
    return (-(-whole // 2) if template.get("half") else whole) + int(template.get("plus", 0))


def _apply(context: Context, template: Mapping[str, Any], message: Message | None) -> str:
    return FUNCTIONS[template["$apply"]](as_text(context.value(template["to"], message)))


def _resolved(context: Context, template: Mapping[str, Any], message: Message | None) -> str:
    reference, base = (as_text(context.value(template[key], message)) for key in ("$resolved", "against"))
    try:
        return urljoin(base, reference)
    except ValueError as error:
        raise Unresolved(f"a URI reference, and not '{reference}'") from error


_SPECIAL: dict[str, Callable[[Context, Mapping[str, Any], Message | None], Any]] = {
    "$e": lambda context, template, message: context.expression(template["$e"], message),
    "$join": _join,
    "$jsonpath": _nodes,
    "$fresh": _fresh,
    "$date": _date,
    "$datetime": _datetime,
    "$config": lambda context, template, _: context.bindings.config(template["$config"]),
    "$apply": _apply,
    "$resolved": _resolved,
    "$object": _object,
    "$fields": _fields,
    "$token": _token,
    "$cookies": _cookies,
    "$lifetime": _lifetime,
    "$quote": lambda _, template, __: template["$quote"],
}


def _special(template: Mapping[str, Any]) -> Callable[[Context, Mapping[str, Any], Message | None], Any] | None:
    first = next(iter(template), "")
    return _SPECIAL.get(first) if first[:1] == "$" else None


def literal(value: Any) -> Any:
    """A template that yields `value` as it is, whatever keys it has."""
    if isinstance(value, dict):
        if any(key.startswith("$") for key in value):
            return {"$quote": value}
        return {key: literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [literal(item) for item in value]
    return value


def as_text(value: Any) -> str:
    """A value as it stands in a URL, a header or within a string.

    A number without a fraction is written as an integer: to JSON Schema 5.0 is one, to a query parameter it is not.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_EXACT = 2**53
"""From here on not every integer is a double of its own (RFC 8259, 6)."""
_EMBEDDED = re.compile(r"\{(\$[^{}]+)\}")


def from_arazzo(value: Any) -> Any:
    """A template made from a value in an Arazzo document: strings with runtime expressions become `$e` and `$join`."""
    if isinstance(value, dict):
        if "jsonpath" in value and "of" in value:
            return {"$jsonpath": value["jsonpath"], "of": from_arazzo(value["of"])}
        if any("{$" in key for key in value):
            return {"$object": [[from_arazzo(key), from_arazzo(item)] for key, item in value.items()]}
        return {key: item if key in {"$fresh", "$date"} else from_arazzo(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_arazzo(item) for item in value]
    if not isinstance(value, str) or "$" not in value:
        return value
    if _EXPRESSION.match(value):
        return {"$e": value}
    if not _EMBEDDED.search(value):
        return value
    pieces = _EMBEDDED.split(value)
    parts = [{"$e": piece} if index % 2 else piece for index, piece in enumerate(pieces)]
    return {"$join": [part for part in parts if part != ""]}
