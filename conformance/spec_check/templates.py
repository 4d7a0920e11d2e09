"""Values in Arazzo documents, looked through for runtime expressions and for what cannot be bound when played."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from conformance import identifiers
from conformance.condition import _simple, _tokens
from conformance.errors import DocumentError
from conformance.expression import FUNCTIONS, _parse_expression, jsonpath

SETTINGS = frozenset({"body_code", "ward_code", "other_body_code"})
"""What documents may ask of the run file (`$config`)."""
FRESH = frozenset({*identifiers.KINDS, "uuid", "idempotency-key", "kana-name", "digits", "text"})
_EMBEDDED = re.compile(r"\{(\$[^{}]+)\}")
_RELATIVE = {"$date": re.compile(r"today([+-]\d+)?"), "$datetime": re.compile(r"now([+-]\d+)?")}


class Found:
    """What a value holds: runtime expressions, and faults as sentences."""

    def __init__(self) -> None:
        self.expressions: list[re.Match[str]] = []
        self.faults: list[str] = []

    def value(self, value: Any) -> None:
        """Look through a value."""
        if isinstance(value, dict):
            self._mapping(value)
        elif isinstance(value, list):
            for item in value:
                self.value(item)
        elif isinstance(value, str) and "$" in value:
            self._text(value)

    def condition(self, criterion: Mapping[str, Any]) -> None:
        """Look through the condition of a criterion."""
        kind = criterion.get("type", "simple")
        kind = kind.get("type") if isinstance(kind, dict) else kind
        text = criterion.get("condition")
        if not isinstance(text, str) or kind not in {"simple", "regex", "jsonpath"}:
            self.faults.append(f"a criterion of type {kind} with the condition {text!r} cannot be read")
        elif kind == "simple":
            self._try(_simple, text)
            for word, piece in self._try(lambda t: list(_tokens(t)), text) or ():
                if word == "expression":
                    self._expression(piece)
        else:
            self._text(str(criterion.get("context", "$")))
            self._try(jsonpath if kind == "jsonpath" else re.compile, text)

    def _try(self, read: Callable[[str], Any], text: str) -> Any:
        try:
            return read(text)
        except (DocumentError, re.error) as error:
            told = str(getattr(error, "what", f"'{text}' is no regular expression: {error}"))
            if told not in self.faults:
                self.faults.append(told)
            return None

    def _expression(self, text: str) -> None:
        match = self._try(_parse_expression, text)
        if match is not None:
            self.expressions.append(match)

    def _text(self, text: str) -> None:
        if text.startswith("$"):
            self._expression(text)
        else:
            for piece in _EMBEDDED.findall(text):
                self._expression(piece)

    def _mapping(self, value: Mapping[str, Any]) -> None:
        first = next(iter(value), "")
        query = value.get("jsonpath", value.get("$jsonpath"))
        if query is not None and "of" in value:
            self._try(jsonpath, str(query))
            self.value(value["of"])
        elif first.startswith("$"):
            self._special(first, value)
        else:
            for key, item in value.items():
                self._text(key)
                self.value(item)

    def _special(self, name: str, value: Mapping[str, Any]) -> None:
        content = value[name]
        if name == "$fresh":
            self._fresh(value)
        elif name in _RELATIVE:
            if not isinstance(content, str) or not _RELATIVE[name].fullmatch(content):
                self.faults.append(f"{name}: '{content}' is no day or time relative to the clock")
        elif name == "$config":
            if content not in SETTINGS:
                self.faults.append(f"$config: '{content}' is nothing that a run file gives")
        elif name == "$apply":
            if content not in FUNCTIONS:
                self.faults.append(f"$apply: there is no function '{content}'")
            self.value(value.get("to"))
        elif name == "$lifetime":
            self._lifetime(value)
        elif name in {"$join", "$object", "$e"}:
            self.value(content)
        elif name == "$padded":
            self.value(value.get("of"))
        elif name not in {"$token", "$cookies", "$quote", "$bytes", "$fields"}:
            self.faults.append(f"'{name}' stands for nothing; write {{$quote: ...}} where it is meant as it is")

    def _lifetime(self, value: Mapping[str, Any]) -> None:
        roles, plus = value["$lifetime"], value.get("plus", 0)
        if not isinstance(roles, list) or not roles or not all(isinstance(role, str) for role in roles):
            self.faults.append("$lifetime: write the roles whose tokens it is about, as a list")
        if not isinstance(plus, int) or isinstance(plus, bool):
            self.faults.append(f"$lifetime: '{plus}' is no number of seconds")

    def _fresh(self, value: Mapping[str, Any]) -> None:
        kind = str(value["$fresh"]).partition(":")[0]
        wrong = value.get("wrong")
        if kind not in FRESH:
            self.faults.append(f"$fresh: there is no kind '{kind}'")
        elif wrong is not None and (wrong != "check-digit" or kind not in identifiers.KINDS):
            self.faults.append(f"$fresh: '{wrong}' cannot be wrong with {kind}")
        unknown = sorted(value.keys() - {"$fresh", "key", "wrong"})
        if unknown:
            self.faults.append(f"$fresh: '{unknown[0]}' is not known")
