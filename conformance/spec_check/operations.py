"""Operations as an implementer needs them: named, summarised, secured, with every error answer, parameter and code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.catalogue.documents import resolve
from conformance.catalogue.operations import METHODS, Operation
from conformance.model import Text
from conformance.spec_check.problem import Problem
from conformance.spec_check.published import Document, Published

_ID = re.compile(r"[a-z][A-Za-z0-9]{1,63}")
"""As `OperationId` of the common components, in which the audit trail names an operation."""


def operation_problems(published: Published) -> Iterator[Problem]:
    """Problems of all operations of all documents."""
    for document in published.documents:
        yield from _identified(document)
        roles = published.roles(document.folder)
        for operation in document.operations.values():
            yield from _described(document, operation)
            yield from _answers(document, operation)
            yield from _security(document, operation, roles)
            yield from _links(document, operation)
        if not published.unread(document.folder):
            yield from _rules(document, published.ids_for(document.folder))
        yield from _codes(document, published.extension(document.folder, "x-problem-code-catalogue"))
        yield from _options(document, published.extension(document.folder, "x-options"))


def _raw_operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document.bundle["paths"].items():
        entry = resolve(document.bundle, item)
        for method in METHODS:
            if isinstance(entry.get(method), dict):
                yield f"{method.upper()} {path}", entry[method]


def _identified(document: Document) -> Iterator[Problem]:
    """An operation without an id; that no id stands twice is checked by openapi-spec-validator."""
    for place, raw in _raw_operations(document):
        if not raw.get("operationId"):
            message = Text(ja="operationIdがありません。", en="has no operationId.")
            yield Problem(document.file, place, message, "give it one that no other operation has")
        elif not _ID.fullmatch(raw["operationId"]):
            message = Text(ja="operationIdの形式が異なります。", en="its operationId has another form.")
            yield Problem(document.file, place, message, "write it as registerMoveIn, in 2 to 64 letters and digits")


def _described(document: Document, operation: Operation) -> Iterator[Problem]:
    if not operation.summary.strip():
        yield Problem(
            document.file, operation.id, Text(ja="summaryがありません。", en="has no summary."), "say what it does"
        )
    item = resolve(document.bundle, document.bundle["paths"][operation.path])
    for entry in [*item.get("parameters", []), *operation.raw.get("parameters", [])]:
        parameter = resolve(document.bundle, entry)
        if not str(parameter.get("description", "")).strip():
            name = parameter["name"]
            message = Text(
                ja=f"パラメーター {name} の説明がありません。", en=f"the parameter {name} has no description."
            )
            yield Problem(document.file, operation.id, message, "describe what it means and what may stand in it")


def _wanted(operation: Operation) -> Iterator[tuple[str, Text]]:
    """Statuses that can occur, each with the reason why."""
    yield "400", Text(ja="要求が文書に反するとき", en="a request may violate the document")
    yield "429", Text(ja="要求が多すぎるとき", en="it may come at any time")
    yield "503", Text(ja="一時的に応答できないとき", en="it may come at any time")
    if operation.secured:
        yield "401", Text(ja="認証を要する操作", en="the operation is secured")
        yield "403", Text(ja="権限を要する操作", en="the operation is secured")
    if any(answer.media for status, answer in operation.answers.items() if status.startswith("2")):
        yield "406", Text(ja="成功応答に本文がある操作", en="its success has content")
    if "{" in operation.path:
        yield "404", Text(ja="パスに識別子がある操作", en="its path names a resource")
    if operation.body:
        yield "413", Text(ja="本文をもつ操作", en="it takes content")
        yield "415", Text(ja="本文をもつ操作", en="it takes content")
    if operation.parameter("If-Match", "header"):
        yield "412", Text(ja="If-Matchをもつ操作", en="it takes If-Match")
        yield "428", Text(ja="If-Matchをもつ操作", en="it takes If-Match")
    if operation.parameter("If-None-Match", "header") and operation.method == "GET":
        yield "304", Text(ja="If-None-Matchをもつ参照", en="it takes If-None-Match")
    if operation.parameter("Idempotency-Key", "header"):
        yield "409", Text(ja="Idempotency-Keyをもつ操作", en="it takes Idempotency-Key")
        yield "422", Text(ja="Idempotency-Keyをもつ操作", en="it takes Idempotency-Key")


def _answers(document: Document, operation: Operation) -> Iterator[Problem]:
    for status, why in _wanted(operation):
        if status not in operation.answers:
            message = Text(
                ja=f"応答 {status} の宣言がありません({why.ja})。",
                en=f"does not declare the answer {status} ({why.en}).",
            )
            yield Problem(document.file, operation.id, message, f"add the answer {status}")
    if not operation.success_statuses():
        message = Text(ja="成功応答(2xx)の宣言がありません。", en="declares no success (2xx).")
        yield Problem(document.file, operation.id, message, "add the answer of a success")


def _security(document: Document, operation: Operation, roles: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    if not operation.secured or not operation.scopes:
        message = Text(ja="security(必要なスコープ)がありません。", en="has no security with scopes.")
        yield Problem(document.file, operation.id, message, "name the scopes that the operation needs")
        return
    schemes = document.bundle.get("components", {}).get("securitySchemes", {})
    flows = [
        flow
        for name in operation.security_schemes
        for flow in (resolve(document.bundle, schemes.get(name, {})).get("flows") or {}).values()
    ]
    for scope in operation.scopes:
        if not any(scope in flow.get("scopes", {}) for flow in flows):
            message = Text(ja=f"スコープ {scope} は宣言されていません。", en=f"the scope {scope} is not declared.")
            yield Problem(document.file, operation.id, message, "declare it in securitySchemes, or correct it")
    if not any(set(operation.scopes) <= scopes for scopes in roles.values()):
        message = Text(ja="呼び出せる役割が x-roles にありません。", en="no role of x-roles may call it.")
        yield Problem(document.file, operation.id, message, "give a role the scopes of the operation")


def _links(document: Document, operation: Operation) -> Iterator[Problem]:
    for answer in operation.answers.values():
        for name, entry in answer.links.items():
            link = resolve(document.bundle, entry)
            target = document.operations.get(link.get("operationId", ""))
            if target is None:
                message = Text(
                    ja=f"リンク {name} の操作 {link.get('operationId')} はありません。",
                    en=f"the link {name} leads to the operation {link.get('operationId')}, which is not there.",
                )
                yield Problem(document.file, operation.id, message, "correct its operationId")
                continue
            for parameter in link.get("parameters", {}):
                if not any(p.name == parameter.rpartition(".")[2] for p in target.parameters):
                    message = Text(
                        ja=f"リンク {name} のパラメーター {parameter} は {target.id} にありません。",
                        en=f"the link {name} gives {target.id} the parameter {parameter}, which it does not have.",
                    )
                    yield Problem(document.file, operation.id, message, "correct the name of the parameter")


def _marked(value: Any, key: str, place: str) -> Iterator[tuple[str, Any]]:
    """Every value of an extension in a document, with its place."""
    if isinstance(value, dict):
        if key in value:
            yield place or "/", value[key]
        for name, item in value.items():
            yield from _marked(item, key, f"{place}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _marked(item, key, f"{place}/{index}")


def _rules(document: Document, known: frozenset[str]) -> Iterator[Problem]:
    for place, names in _marked(document.raw, "x-business-rules", ""):
        for name in names if isinstance(names, list) else [names]:
            if name not in known:
                message = Text(
                    ja=f"x-business-rules の要件 {name} はありません。",
                    en=f"x-business-rules names the requirement {name}, which is in no catalogue.",
                )
                yield Problem(document.file, place, message, "correct the id, or add the requirement")


def _codes(document: Document, catalogue: dict[str, Any]) -> Iterator[Problem]:
    for place, codes in _marked(document.raw, "x-problem-codes", ""):
        for code in codes:
            if code not in catalogue:
                message = Text(
                    ja=f"x-problem-codes の {code} は一覧にありません。",
                    en=f"x-problem-codes names {code}, which x-problem-code-catalogue does not have.",
                )
                yield Problem(document.file, place, message, "correct the code, or add it to the catalogue of codes")
    for operation in document.operations.values():
        for status, answer in operation.answers.items():
            if status >= "400" and answer.media and not answer.codes:
                message = Text(
                    ja=f"応答 {status} に x-problem-codes がありません。", en=f"{status} has no x-problem-codes."
                )
                yield Problem(document.file, operation.id, message, "list the codes that the answer may carry")
            for code in answer.codes:
                told = str((catalogue.get(code) or {}).get("status", status))
                if told != status:
                    message = Text(
                        ja=f"コード {code} は {told} のものですが、{status} にあります。",
                        en=f"the code {code} belongs to {told}, but stands at {status}.",
                    )
                    yield Problem(document.file, operation.id, message, "move the code, or correct its status")


def _options(document: Document, declared: dict[str, Any]) -> Iterator[Problem]:
    for place, option in _marked(document.raw, "x-option", ""):
        if option not in declared:
            message = Text(
                ja=f"オプション {option} は x-options に宣言されていません。",
                en=f"x-options does not declare {option}.",
            )
            yield Problem(document.file, place, message, "declare the option, or correct its name")
