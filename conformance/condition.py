"""Conditions of Arazzo criteria (Arazzo 1.0.1, Criterion Object): simple, regex and jsonpath.

Simple conditions compare strings without regard to case, as Arazzo prescribes; where the exact text matters the
published documents use a check of the suite (`x-check`) beside the condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from conformance.errors import DocumentError
from conformance.expression import Context, Message, Unresolved, jsonpath

_TOKEN = re.compile(
    r"\s*(?:(?P<op>&&|\|\||==|!=|<=|>=|<|>|!|\(|\))|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])"
    r"|'(?P<string>(?:[^']|'')*)'|(?P<word>true|false|null)\b|(?P<expression>\$[^\s()=!<>&|]+))"
)
Node = Callable[[Context, Message | None], Any]
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def holds(args: dict[str, Any], context: Context, message: Message | None) -> bool:
    """Whether a criterion holds. `args`: `condition`, and `type`, `context` for regex and jsonpath.

    What cannot be resolved does not hold.
    """
    kind = args.get("type", "simple")
    try:
        if kind == "simple":
            return bool(_simple(args["condition"])(context, message))
        subject = context.expression(args["context"], message)
    except Unresolved:
        return False
    if kind == "regex":
        return re.search(args["condition"], subject if isinstance(subject, str) else str(subject)) is not None
    return bool(jsonpath(args["condition"]).find(subject))


@lru_cache(maxsize=2048)
def _simple(text: str) -> Node:
    try:
        node, rest = _either(list(_tokens(text)), text)
    except (RecursionError, ValueError) as error:
        told = "it is nested too deeply" if isinstance(error, RecursionError) else "a number is too long"
        raise DocumentError(f"condition '{text[:80]}…': {told}", next_step="write it more simply") from None
    if rest:
        raise DocumentError(f"condition '{text}': cannot read '{rest[0][1]}'", next_step="see Arazzo 1.0.1")
    return node


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise DocumentError(f"condition '{text}': cannot read at '{text[position:]}'", next_step="see Arazzo 1.0.1")
        yield match.lastgroup, match[match.lastgroup]
        position = match.end()


_Tokens = list[tuple[str, str]]


def _either(tokens: _Tokens, text: str) -> tuple[Node, _Tokens]:
    node, tokens = _both(tokens, text)
    while tokens and tokens[0] == ("op", "||"):
        left = node
        right, tokens = _both(tokens[1:], text)
        node = _or(left, right)
    return node, tokens


def _or(left: Node, right: Node) -> Node:
    return lambda context, message: left(context, message) or right(context, message)


def _both(tokens: _Tokens, text: str) -> tuple[Node, _Tokens]:
    node, tokens = _comparison(tokens, text)
    while tokens and tokens[0] == ("op", "&&"):
        left = node
        right, tokens = _comparison(tokens[1:], text)
        node = _and(left, right)
    return node, tokens


def _and(left: Node, right: Node) -> Node:
    return lambda context, message: left(context, message) and right(context, message)


def _comparison(tokens: _Tokens, text: str) -> tuple[Node, _Tokens]:
    left, tokens = _operand(tokens, text)
    if tokens and tokens[0][0] == "op" and tokens[0][1] in _COMPARE:
        compare = _COMPARE[tokens[0][1]]
        right, tokens = _operand(tokens[1:], text)
        return _compared(left, compare, right), tokens
    return left, tokens


def _compared(left: Node, compare: Callable[[Any, Any], bool], right: Node) -> Node:
    return lambda context, message: compare(_folded(left(context, message)), _folded(right(context, message)))


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _equal(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def ordered(left: Any, right: Any) -> bool:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        return (numbers or (isinstance(left, str) and isinstance(right, str))) and compare(left, right)

    return ordered


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
}


def _operand(tokens: _Tokens, text: str) -> tuple[Node, _Tokens]:
    if not tokens:
        raise DocumentError(f"condition '{text}' ends too early", next_step="complete the condition")
    (kind, word), rest = tokens[0], tokens[1:]
    if (kind, word) == ("op", "("):
        node, rest = _either(rest, text)
        if not rest or rest[0] != ("op", ")"):
            raise DocumentError(f"condition '{text}': a bracket is not closed", next_step="close it")
        return node, rest[1:]
    if (kind, word) == ("op", "!"):
        node, rest = _operand(rest, text)
        return (lambda context, message: not node(context, message)), rest
    if kind == "expression":
        return (lambda context, message: context.expression(word, message)), rest
    if kind == "op":
        raise DocumentError(f"condition '{text}': '{word}' stands where a value must", next_step="see Arazzo 1.0.1")
    value = _literal(kind, word)
    return (lambda context, message: value), rest


def _literal(kind: str, word: str) -> Any:
    if kind == "number":
        return float(word) if "." in word else int(word)
    return word.replace("''", "'") if kind == "string" else _WORDS[word]
