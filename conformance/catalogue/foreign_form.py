"""A document of others in the form that the suite reads: one file, only what scripts and rules are made of.

Paths, operations, parameters, contents, answers, links and security stay; descriptions, extensions, callbacks and
webhooks go. Of a description one sentence stays: that by which other values than the schema's are taken. What is left
out although it may matter is noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue.foreign_files import UNREAD, Files, Found, Notes, refers
from conformance.catalogue.foreign_schemas import Schemas, View, taking_others
from conformance.errors import DocumentError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_NO_CONTENT = frozenset({"get", "head", "options", "trace"})
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_STYLES: Mapping[str, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
_PARAMETER = re.compile(r"\{([^{}]+)\}")


class Form:
    """Builds the new document from the old one."""

    def __init__(self, files: Files, notes: Notes) -> None:
        self.files = files
        self.notes = notes
        self.root = files.document()
        version = str(self.root.value.get("openapi", ""))
        self.schemas = Schemas(files, notes, beside_reference=not version.startswith("3.0"))
        self._ids: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()

    def document(self) -> dict[str, Any]:
        """The new document. Raises `DocumentError`."""
        items = list(self._path_items())
        self._name_operations(items)
        paths = {path: self._path_item(path, item) for path, item in items}
        info = self.root.value.get("info") or {}
        return {
            "openapi": "3.1.0",
            "info": {"title": _text(info.get("title")) or "document", "version": _text(info.get("version")) or "0"},
            "paths": {path: item for path, item in paths.items() if item},
            "components": {"schemas": self.schemas.finish(), "securitySchemes": dict(self._schemes())},
        }

    def servers(self) -> tuple[str, ...]:
        """The URLs at which the document says it is served."""
        entries = self.root.value.get("servers")
        return tuple(str(e["url"]) for e in entries if isinstance(e, Mapping) and "url" in e) if entries else ()

    def _path_items(self) -> Iterator[tuple[str, Found]]:
        paths = self.root.value.get("paths") or {}
        for path, item in paths.items():
            found = self.files.followed(self.root.inner(item, "paths", path))
            if str(path).startswith("x-") or not isinstance(found.value, Mapping):
                continue
            if not str(path).startswith("/") or not {"?", "#"}.isdisjoint(path):
                self.notes.add(
                    f"paths {path}", "パスの形式ではないため除外します。", "no form of a path; it is left out."
                )
                continue
            yield path, found

    def _name_operations(self, items: list[tuple[str, Found]]) -> None:
        """Every operation by an id that is its own, before links are read that name them."""
        for path, item in items:
            for method in METHODS:
                raw = item.value.get(method)
                if not isinstance(raw, Mapping):
                    continue
                named = raw.get("operationId")
                own = named if isinstance(named, str) and named else f"{method.upper()} {path}"
                if own in self._taken:
                    self.notes.add(
                        f"{method.upper()} {path}",
                        f"operationId {own} が重複しています。",
                        f"the operationId {own} is taken already.",
                    )
                    own = f"{method.upper()} {path}"
                self._taken.add(own)
                self._ids[path, method] = own

    def _path_item(self, path: str, item: Found) -> dict[str, Any]:
        shared = self._list(item, "parameters")
        return {
            method: self._operation(path, method, item.inner(item.value[method], method), shared)
            for method in METHODS
            if isinstance(item.value.get(method), Mapping)
        }

    def _operation(self, path: str, method: str, found: Found, shared: list[Found]) -> dict[str, Any]:
        raw = found.value
        result: dict[str, Any] = {
            "operationId": self._ids[path, method],
            "parameters": self._parameters(path, found, [*shared, *self._list(found, "parameters")]),
            "responses": {},
            "security": self._security(found),
        }
        if raw.get("requestBody") is not None and method not in _NO_CONTENT:
            body = self._mapping(self.files.followed(found.inner(raw["requestBody"], "requestBody")))
            content = self._content(body, "request", examples=True)
            if content:
                result["requestBody"] = {"required": body.value.get("required") is True, "content": content}
        answers = raw.get("responses")
        for status, item in answers.items() if isinstance(answers, Mapping) else ():
            if re.fullmatch(r"[1-5](?:\d\d|XX|xx)|default", str(status)):
                answer = self._mapping(self.files.followed(found.inner(item, "responses", status)))
                result["responses"][str(status)] = self._answer(answer)
        return result

    def _list(self, found: Found, name: str) -> list[Found]:
        items = found.value.get(name) or []
        if not isinstance(items, list):
            raise self._wrong(found.inner(items, name), "is not a list")
        return [found.inner(item, name, index) for index, item in enumerate(items)]

    def _mapping(self, found: Found) -> Found:
        if found.value is None:
            return found._replace(value={})
        if not isinstance(found.value, Mapping):
            raise self._wrong(found, "is not a mapping")
        return found

    def _wrong(self, found: Found, what: str) -> DocumentError:
        return DocumentError(
            what, where=self.files.place(found), next_step="see the OpenAPI specification, and mend it"
        )

    def _parameters(self, path: str, operation: Found, items: list[Found]) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        template = _PARAMETER.findall(path)
        for item in items:
            entry = self._mapping(self.files.followed(item))
            if entry.value is UNREAD:
                continue
            name, place = entry.value.get("name"), entry.value.get("in")
            if not isinstance(name, str) or place not in _STYLES:
                raise self._wrong(entry, "is a parameter without 'name', or without an 'in' that OpenAPI knows")
            if place == "header" and name.lower() in _IGNORED_HEADERS:
                continue  # OpenAPI 3.1, 4.8.12.2: such a definition is to be ignored
            if place == "path" and name not in template:
                self.notes.add(
                    self.files.place(entry), f"パスに {{{name}}} がありません。", f"there is no {{{name}}} in {path}."
                )
                continue
            found[name, place] = self._parameter(entry, name, place)
        for name in template:
            if (name, "path") not in found:
                self.notes.add(
                    self.files.place(operation),
                    f"パスパラメータ {name} の宣言がありません。",
                    f"{{{name}}} of {path} is not declared.",
                )
                found[name, "path"] = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        return list(found.values())

    def _parameter(self, entry: Found, name: str, place: str) -> dict[str, Any]:
        raw = entry.value
        result: dict[str, Any] = {"name": name, "in": place, "required": place == "path" or raw.get("required") is True}
        if raw.get("style") in _STYLES[place]:
            result["style"] = raw["style"]
        if isinstance(raw.get("explode"), bool):
            result["explode"] = raw["explode"]
        if isinstance(raw.get("content"), Mapping) and raw["content"]:
            result["content"] = self._content(entry, "request", examples=True)
        else:
            schema = self.schemas.form(entry.inner(raw.get("schema"), "schema"), "request")
            result["schema"] = taking_others(schema, raw.get("description"))
        return result | self._examples(entry)

    def _examples(self, entry: Found) -> dict[str, Any]:
        if "example" in entry.value and not refers(entry.value["example"]):
            return {"example": entry.value["example"]}
        given = entry.value.get("examples")
        values = {}
        for name, item in given.items() if isinstance(given, Mapping) else ():
            example = self.files.followed(entry.inner(item, "examples", name)).value
            if isinstance(example, Mapping) and "value" in example and not refers(example["value"]):
                values[str(name)] = {"value": example["value"]}
        return {"examples": values} if values else {}

    def _content(self, found: Found, view: View, *, examples: bool) -> dict[str, Any]:
        given = found.value.get("content")
        result = {}
        for kind, item in given.items() if isinstance(given, Mapping) else ():
            entry = self._mapping(found.inner(item or {}, "content", kind))
            schema = self.schemas.form(entry.inner(entry.value.get("schema"), "schema"), view)
            if view == "answer" and not _is_json(kind):
                schema = True  # nothing but JSON is compared with a schema
            result[str(kind)] = {"schema": schema, **(self._examples(entry) if examples else {})}
            encoding = entry.value.get("encoding")
            if view == "request" and isinstance(encoding, Mapping):
                kept = {name: e["contentType"] for name, e in encoding.items() if _is_text(e, "contentType")}
                result[str(kind)]["encoding"] = {name: {"contentType": text} for name, text in kept.items()}
        return result

    def _answer(self, found: Found) -> dict[str, Any]:
        headers = {}
        given = found.value.get("headers")
        for name, item in given.items() if isinstance(given, Mapping) else ():
            if str(name).lower() == "content-type":
                continue  # OpenAPI 3.1, 4.8.17: such a definition is to be ignored
            header = self._mapping(self.files.followed(found.inner(item, "headers", name)))
            schema = self.schemas.form(header.inner(header.value.get("schema"), "schema"), "answer")
            schema = True if "content" in header.value else schema
            headers[str(name)] = {"required": header.value.get("required") is True, "schema": schema}
        links = {}
        given = found.value.get("links")
        for name, item in given.items() if isinstance(given, Mapping) else ():
            link = self._link(self.files.followed(found.inner(item, "links", name)).value)
            if link:
                links[str(name)] = link
        content = self._content(found, "answer", examples=False)
        return {"description": "", "headers": headers, "content": content, "links": links}

    def _link(self, raw: Any) -> dict[str, Any]:
        """A link to an operation of this document, by its id here."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("parameters"), Mapping):
            return {}
        target, reference = raw.get("operationId"), raw.get("operationRef")
        if isinstance(reference, str) and reference.startswith("#/paths/"):
            *_, path, method = reference.split("/")
            target = self._ids.get((path.replace("~1", "/").replace("~0", "~"), method))
        parameters = {k: v for k, v in raw["parameters"].items() if isinstance(v, str) and v.startswith("$")}
        return {"operationId": target, "parameters": parameters} if target in self._taken and parameters else {}

    def _security(self, operation: Found) -> list[dict[str, list[str]]]:
        given = operation.value.get("security", self.root.value.get("security"))
        return [
            {str(name): [str(s) for s in scopes or ()] for name, scopes in entry.items()}
            for entry in (given if isinstance(given, list) else ())
            if isinstance(entry, Mapping)
        ]

    def _schemes(self) -> Iterator[tuple[str, dict[str, str]]]:
        components = self.root.value.get("components") or {}
        given = components.get("securitySchemes")
        for name, item in given.items() if isinstance(given, Mapping) else ():
            found = self.files.followed(self.root.inner(item, "components", "securitySchemes", name)).value
            if isinstance(found, Mapping):
                yield str(name), {k: str(found[k]) for k in ("type", "scheme", "name", "in") if k in found}


def _is_text(entry: Any, name: str) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get(name), str)


def _is_json(kind: Any) -> bool:
    text = str(kind).partition(";")[0].strip().lower()
    return text == "application/json" or text.endswith("+json") or "*" in text


def _text(value: Any) -> str:
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    return text.encode("utf-8", "replace").decode()
