"""A link that takes back what was created (`x-takes-back`) names an operation and gives all that it requires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from conformance.catalogue.documents import resolve
from conformance.catalogue.operations import Operation
from conformance.catalogue.taking_back import TAKES_BACK, Way, lacking, media_type, named, request, way_of
from conformance.errors import DocumentError
from conformance.expression import MISSING, Unresolved
from conformance.model import Text
from conformance.spec_check.examples import Validators
from conformance.spec_check.problem import Problem
from conformance.spec_check.published import Document, Published


def taking_back_problems(published: Published) -> Iterator[Problem]:
    """Problems of all marked links of all documents. That a link leads to an operation is checked with all links."""
    for document in published.documents:
        validators = Validators(document.bundle)
        for operation in document.operations.values():
            for status, answer in operation.answers.items():
                marked = {name: link for name, link in answer.links.items() if TAKES_BACK in link}
                for message, step in _of_answer(document, validators, operation, status, marked):
                    yield Problem(document.file, operation.id, message, step)


Found = tuple[Text, str]
"""What is wrong, and what to do."""


def _of_answer(
    document: Document, validators: Validators, operation: Operation, status: str, marked: Mapping[str, Any]
) -> Iterator[Found]:
    if len(marked) > 1:
        message = Text(
            ja=f"応答 {status} に {TAKES_BACK} のあるリンクが{len(marked)}件あります。",
            en=f"{status} has {len(marked)} links with {TAKES_BACK}.",
        )
        yield message, "mark the one that takes back what was created"
    for name, link in marked.items():
        if not status.startswith("2"):
            message = Text(
                ja=f"リンク {name} の {TAKES_BACK} が成功でない応答 {status} にあります。",
                en=f"the link {name} takes back, but {status} has created nothing.",
            )
            yield message, "move it to the answer of a success"
        codes = link[TAKES_BACK]
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            message = Text(
                ja=f"リンク {name} の {TAKES_BACK} がコードの一覧ではありません。",
                en=f"{TAKES_BACK} of the link {name} is no list of problem codes.",
            )
            yield message, "list the codes that say that it was taken back before; [] where there are none"
            continue
        target = document.operations.get(link.get("operationId", ""))
        if target is not None:
            yield from _followed(validators, operation, status, name, way_of(link), target)


def _followed(
    validators: Validators, operation: Operation, status: str, name: str, way: Way, target: Operation
) -> Iterator[Found]:
    """What is wrong with the request that follows a link."""
    known = {code for answer in target.answers.values() for code in answer.codes}
    for code in sorted(way.already - known):
        message = Text(
            ja=f"リンク {name} の {TAKES_BACK} のコード {code} は {target.id} の応答にありません。",
            en=f"{TAKES_BACK} of the link {name} names {code}, which no answer of {target.id} may carry.",
        )
        yield message, "correct the code, or add it to the answer"
    missing = lacking(target, way)
    if target.body_required and way.body is msgspec.UNSET:
        missing.append("requestBody")
    if missing:
        listed = ", ".join(missing)
        message = Text(
            ja=f"リンク {name} に、{target.id} が必要とする {listed} がありません。",
            en=f"the link {name} does not give {listed}, which {target.id} requires.",
        )
        yield message, "add it to the link, or an example to the parameter"
        return
    try:
        step = request(target, way, _Example(validators.document, operation, status), "0" * 32)
    except (Unresolved, DocumentError) as error:
        message = Text(
            ja=f"リンク {name} の式の値が応答 {status} の例から得られません: {error}",
            en=f"the link {name} takes what the example of {status} does not have: {error}",
        )
        yield message, "correct the expression, or the example"
        return
    yield from _values(validators, name, way, target, step)


def _values(validators: Validators, name: str, way: Way, target: Operation, step: Any) -> Iterator[Found]:
    """What is wrong with the values that a link gives, where it takes them from the examples."""
    sent = {**step.path_params, **dict(step.query)}
    given = [parameter for name in way.parameters if (parameter := named(target, name))]
    schemas = [(p.schema, sent[p.name]["$quote"]) for p in given if p.name in sent]
    if way.body is not msgspec.UNSET:
        schemas.append((target.body.get(media_type(target), False), step.body["$quote"]))
    for schema, value in schemas:
        error = validators.first_error(schema, value)
        if error is not None:
            message = Text(
                ja=f"リンク {name} が送る値が {target.id} のスキーマに適合しません: {error}",
                en=f"what the link {name} gives does not match the schema of {target.id}: {error}",
            )
            yield message, "correct what the link gives"


class _Example:
    """An answer as the example of the document has it, with the headers that the document requires."""

    def __init__(self, document: dict[str, Any], operation: Operation, status: str) -> None:
        self._operation = operation
        self._headers = {name.lower() for name, told in operation.answers[status].headers.items() if told[0]}
        content = (resolve(document, operation.raw["responses"][status]).get("content") or {}).values()
        found = [value for media in content for value in _examples(document, media)]
        self._answer = found[0] if found else MISSING
        sent = [example for examples in operation.body_examples.values() for example in examples]
        self._request = sent[0] if sent else MISSING
        self.status = int(status)
        self.url = operation.path
        self.method = operation.method

    def header(self, side: str, name: str) -> str | None:
        """A value for a header that is always there."""
        there = name.lower() in self._headers if side == "response" else self._given(name, "header")
        return "value" if there else None

    @property
    def fields(self) -> list[str]:
        """The headers that are always there."""
        return sorted(self._headers)

    @property
    def cookies(self) -> list[str]:
        """None: no document requires an answer to set one."""
        return []

    def query(self, name: str) -> str | None:
        """A value for a query parameter that is always there."""
        return "value" if self._given(name, "query") else None

    def path_parameter(self, name: str) -> str | None:
        """A value for a path parameter."""
        return "value" if self._given(name, "path") else None

    def json(self, side: str) -> Any:
        """The example of the content."""
        return self._answer if side == "response" else self._request

    def _given(self, name: str, place: str) -> bool:
        parameter = self._operation.parameter(name, place)
        return parameter is not None and parameter.required


def _examples(document: dict[str, Any], media: dict[str, Any]) -> Iterator[Any]:
    if "example" in media:
        yield media["example"]
    for entry in (media.get("examples") or {}).values():
        yield resolve(document, entry).get("value", MISSING)
