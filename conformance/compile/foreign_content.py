"""Contents and credentials of requests to systems of others, as the document declares them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from conformance.catalogue.operations import Operation
from conformance.compile.draft import changed
from conformance.compile.foreign_values import NoValue, Values
from conformance.compile.places import flat
from conformance.expression import as_text, literal
from conformance.model import Step
from conformance.seen import media_type

TOKEN = "token"  # noqa: S105  the name of a role, not a token
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
BOUNDARY = "conformance-suite-part"
_FREE_FORMATS = frozenset({None, "", "password", "name"})


@dataclass(frozen=True)
class Content:
    """One content of a request: a template, its media type, and whether it differs each time it is sent."""

    template: Any
    kind: str
    fresh: bool = False


@dataclass(frozen=True)
class Credentials:
    """Where an operation takes its token: in `Authorization` (None: as a bearer), in headers, query or cookies."""

    authorization: Any = None
    headers: tuple[tuple[str, Any], ...] = ()
    query: tuple[tuple[str, Any], ...] = ()
    cookies: tuple[tuple[str, Any], ...] = ()


def is_json(kind: str) -> bool:
    """Whether content of a declared media type is sent as JSON."""
    plain = media_type(kind)
    return plain == "application/json" or plain.endswith("+json")


def contents(document: dict[str, Any], operation: Operation, values: Values) -> Iterator[Content]:
    """Contents that the document allows for an operation, plain ones first; of JSON also one that is new each time."""
    kind = next((k for k in operation.body if is_json(k)), None) or next(iter(operation.body))
    schema, examples = operation.body[kind], operation.body_examples.get(kind, ())
    label = f"{operation.id} {kind}"
    if is_json(kind) or "*" in kind:
        sent = kind if is_json(kind) else "application/json"
        plain = values.several(schema, examples, label)
        for value in plain:
            yield Content(literal(value), sent)
        for value in plain[:1]:
            template = freshened(document, schema, value)
            if template != literal(value):
                yield Content(template, sent, fresh=True)
        return
    for value in _other_values(media_type(kind), schema, examples, values, label):
        data = _encoded(media_type(kind), value, operation.raw["requestBody"]["content"][kind].get("encoding", {}))
        sent = f"{kind}; boundary={BOUNDARY}" if media_type(kind) == MULTIPART else kind
        yield Content({"$bytes": base64.b64encode(data).decode("ascii")}, sent)


def _other_values(kind: str, schema: Any, examples: tuple[Any, ...], values: Values, label: str) -> list[Any]:
    if kind in {FORM, MULTIPART}:
        return values.several(schema, examples, label)
    texts = [example for example in examples if isinstance(example, str)]
    if kind.endswith(("/xml", "+xml")):
        return texts[:1]
    try:
        made = values.one(schema, (), label)
    except NoValue:
        made = "text"
    return (texts or [made if isinstance(made, str) else as_text(made)])[:1]


def _encoded(kind: str, value: Any, encoding: Mapping[str, Any]) -> bytes:
    if kind == FORM and isinstance(value, dict):
        fields = [(name, as_text(item)) for name, part in value.items() for item in _many(part)]
        return urlencode(fields).encode("ascii")
    if kind == MULTIPART and isinstance(value, dict):
        parts = [_part(name, item, encoding.get(name, {})) for name, part in value.items() for item in _many(part)]
        return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    return as_text(value).encode("utf-8")


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _part(name: str, value: Any, encoding: Mapping[str, Any]) -> bytes:
    kind = str(encoding.get("contentType", "")).partition(",")[0].strip()
    kind = kind or ("application/json" if isinstance(value, dict) else "")
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    if kind and not kind.startswith(("text/", "application/json")):
        head += '; filename="sample"'
    head += f"\r\nContent-Type: {kind.replace('*', 'plain')}" if kind else ""
    return f"{head}\r\n\r\n{as_text(value)}\r\n".encode()


def freshened(document: dict[str, Any], schema: Any, value: Any, pointer: str = "") -> Any:
    """A template that gives a value like this one, but with other free texts each time: names that must be unique."""
    try:
        entry = flat(document, schema, value)
    except RecursionError:
        return literal(value)
    if isinstance(value, dict):
        properties = entry.get("properties", {})
        if any(name.startswith("$") for name in value):
            return literal(value)
        return {k: freshened(document, properties.get(k, True), v, f"{pointer}/{k}") for k, v in value.items()}
    if isinstance(value, list):
        items = entry.get("items", True)
        return [freshened(document, items, item, f"{pointer}/{index}") for index, item in enumerate(value)]
    return _fresh(entry, value, pointer) if isinstance(value, str) else literal(value)


def _fresh(entry: Mapping[str, Any], value: str, pointer: str) -> Any:
    if entry.get("format") == "uuid":
        return {"$fresh": "uuid", "key": pointer}
    if entry.get("format") == "email" and entry.get("maxLength", 99) >= 26:
        return {"$join": [{"$fresh": "text:12", "key": pointer}, "@example.com"]}
    if not {"enum", "const", "pattern"}.isdisjoint(entry) or entry.get("format") not in _FREE_FORMATS:
        return value
    longest, shortest = entry.get("maxLength", 12), entry.get("minLength", 0)
    if entry.get("type", "string") != "string" or longest < 6 or shortest > 12:
        return value
    return {"$fresh": f"text:{min(longest, 12)}", "key": pointer}


def credentials(document: dict[str, Any], operation: Operation) -> Credentials | None:
    """How an operation takes a token: the first alternative of its security that one token can satisfy, or None."""
    if not operation.secured:
        return None
    schemes = document["components"].get("securitySchemes", {})
    for alternative in operation.raw.get("security", ()):
        found = [_credential(schemes.get(name, {})) for name in alternative]
        if found and None not in found:
            return _together([item for item in found if item is not None])
    return None


def _together(found: list[Credentials]) -> Credentials:
    shown = [item.authorization for item in found if item.authorization != ""]
    return Credentials(
        authorization=shown[0] if shown else "",
        headers=tuple(pair for item in found for pair in item.headers),
        query=tuple(pair for item in found for pair in item.query),
        cookies=tuple(pair for item in found for pair in item.cookies),
    )


def _credential(scheme: Mapping[str, str]) -> Credentials | None:
    kind, name = scheme.get("type"), scheme.get("name", "")
    token = {"$token": TOKEN}
    if kind in {"oauth2", "openIdConnect"}:
        return Credentials()
    if kind == "http":
        word = scheme.get("scheme", "").lower()
        return (
            Credentials()
            if word == "bearer"
            else Credentials({"$join": ["Basic ", token]})
            if word == "basic"
            else None
        )
    if kind != "apiKey" or not name:
        return None
    place = {"header": "headers", "query": "query", "cookie": "cookies"}.get(scheme.get("in", ""))
    return Credentials("", **{place: ((name, token),)}) if place else None


def without_credentials(step: Step) -> Step:
    """The step with nothing in it that lets somebody in."""
    return changed(
        step,
        role=None,
        authorization="",
        headers=tuple(item for item in step.headers if not _holds_token(item[1])),
        query=tuple(item for item in step.query if not _holds_token(item[1])),
    )


def with_token(step: Step, token: str) -> Step:
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
