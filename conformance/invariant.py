"""The language of `x-invariants` and `x-immutable`: what holds of one representation, said of its members by name.

    paid_amount + returned_amount + pending_amount == approved_amount
    (status == 'returned') == (return_reason != null)
    decision != null => decision.outcome == status
    all(members, (relationship == 'head') == (resident_id == $.head_id))

| written | means |
|---|---|
| `name`, `name.name` | a member of the representation; within a function, of the item looked at |
| `$.name`, `^.name`, `@` | of the representation itself; of the object around it; the item itself |
| `1`, `'text'`, `true`, `false`, `null`, `[a, b]` | a value |
| `a => b`, `\\|\\|`, `&&`, `!` | logic, the loosest first; what decides is looked at first |
| `==`, `!=`, `<`, `<=`, `>`, `>=`, `in` | comparison, to the code point; numbers with numbers, text with text |
| `+`, `-`, `*`, `/` | arithmetic |
| `count(list)`, `count(list, c)` | how many items; how many for which c holds |
| `sum(list, e)`, `each(list, e)` | the sum, the list of the values of e |
| `all(list, c)`, `distinct(list, e)` | c for all; no e twice |
| `rising(list, e)`, `ordered(list, e)` | each e greater than the one before it; none less |

An expression always ends: there are no loops but those over lists. Where it names what is not there, or a value has
another type, it says nothing (`Unsaid`): that is the concern of the schema.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from conformance.errors import DocumentError
from conformance.expression import MISSING

_TOKEN = re.compile(
    r"\s*(?:(?P<op>=>|&&|\|\||==|!=|<=|>=|[<>!()\[\],+\-*/])|(?P<number>\d{1,15}(?![\w.]))|'(?P<string>(?:[^']|'')*)'"
    r"|(?P<word>(?:true|false|null|in)\b(?!\.))|(?P<path>@|(?:[$^]\.)?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?!\w))"
)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_FRACTION = re.compile(r"(T\d\d:\d\d:\d\d)(?:\.(\d*?)0*)?(?=[+Z-])")
_DEEPEST = 40


class Unsaid(Exception):  # noqa: N818  a condition of the data, not an error of ours
    """An expression says nothing of a value: it names what is not there, or a member has another type."""


class Scope(NamedTuple):
    """What names mean: the item looked at, the representation, and the object around that."""

    item: Any
    root: Any
    around: Any = MISSING


Evaluate = Callable[[Scope], Any]
Place = tuple[str, ...]
"""Where a name leads: `$` or `^`, then names of members, `*` for the items of a list."""


@dataclass(frozen=True)
class Expression:
    """An expression, ready to be asked; `named` are the places of all names in it."""

    text: str
    evaluate: Evaluate = field(compare=False)
    named: tuple[Place, ...]

    def value(self, root: Any, around: Any = MISSING) -> Any:
        """What it comes to for a representation. Raises `Unsaid`."""
        try:
            return self.evaluate(Scope(root, root, around))
        except OverflowError as error:
            raise Unsaid("too large") from error

    def holds(self, root: Any, around: Any = MISSING) -> bool | None:
        """Whether it holds; None where it says nothing."""
        try:
            return _truth(self.value(root, around))
        except Unsaid:
            return None


def canonical(value: Any) -> Any:
    """A value so that those that mean the same are equal: 20.0 is 20, and a moment has no needless zeros."""
    if isinstance(value, str):
        return _FRACTION.sub(_shortest, value) if "T" in value else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: canonical(item) for name, item in value.items()}
    return [canonical(item) for item in value] if isinstance(value, list) else value


def _shortest(match: re.Match[str]) -> str:
    return f"{match[1]}.{match[2]}" if match[2] else match[1]


def key(value: Any) -> str:
    """A text that is the same for two values exactly where they mean the same."""
    return json.dumps(canonical(value), ensure_ascii=False, sort_keys=True)


def exactly(left: Any, right: Any) -> bool:
    """Whether two values are the same in JSON: `true` is not 1, a list is compared in its order."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(exactly(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(exactly, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(canonical(left) == canonical(right))


@lru_cache(maxsize=4096)
def expression(text: str) -> Expression:
    """An expression, read. Raises `DocumentError` with what is wrong in it."""
    reader = _Reader(text, list(_tokens(text)))
    evaluate = reader.implication()
    if reader.left:
        raise reader.wrong(f"'{reader.left[0][1]}' is not expected here")
    return Expression(text, evaluate, tuple(dict.fromkeys(reader.named)))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise DocumentError(
                f"expression '{text}': cannot read at '{text[position:].strip()}'", next_step="see specs/README.md"
            )
        yield match.lastgroup, match[match.lastgroup]
        position = match.end()


@dataclass
class _Reader:
    """Reads tokens from left to right; `context` is the place of the item that names are members of."""

    text: str
    left: list[tuple[str, str]]
    context: Place = ("$",)
    named: list[Place] = field(default_factory=list)
    depth: int = 0

    def wrong(self, what: str) -> DocumentError:
        return DocumentError(f"expression '{self.text}': {what}", next_step="see specs/README.md")

    def next_is(self, *operators: str) -> str | None:
        """Takes the next token where it is one of these operators or words."""
        if self.left and self.left[0][0] in {"op", "word"} and self.left[0][1] in operators:
            return self.left.pop(0)[1]
        return None

    def expect(self, operator: str) -> None:
        if self.next_is(operator) is None:
            raise self.wrong(f"'{operator}' is missing")

    def _deeper(self, part: Callable[[], Evaluate]) -> Evaluate:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.wrong("it is nested too deeply")
        read = part()
        self.depth -= 1
        return read

    def implication(self) -> Evaluate:
        left = self._deeper(lambda: self._joined(lambda: self._joined(self.negation, "&&"), "||"))
        if not self.next_is("=>"):
            return left
        then = self._deeper(self.implication)
        return lambda scope: not _truth(left(scope)) or _truth(then(scope))

    def _joined(self, part: Callable[[], Evaluate], operator: str) -> Evaluate:
        parts = [part()]
        while self.next_is(operator):
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        joined = any if operator == "||" else all
        return lambda scope: joined(_truth(one(scope)) for one in parts)

    def negation(self) -> Evaluate:
        if self.next_is("!"):
            inner = self._deeper(self.negation)
            return lambda scope: not _truth(inner(scope))
        left = self.sums()
        operator = self.next_is(*_COMPARE)
        if operator is None:
            return left
        compare, right = _COMPARE[operator], self.sums()
        return lambda scope: compare(left(scope), right(scope))

    def sums(self) -> Evaluate:
        return self._arithmetic(lambda: self._arithmetic(self.operand, "*", "/"), "+", "-")

    def _arithmetic(self, part: Callable[[], Evaluate], *operators: str) -> Evaluate:
        value = part()
        while operator := self.next_is(*operators):
            value = _calculated(_CALCULATE[operator], value, part())
        return value

    def operand(self) -> Evaluate:
        if self.next_is("("):
            inner = self.implication()
            self.expect(")")
            return inner
        if self.next_is("!"):
            value_of = self._deeper(self.operand)
            return lambda scope: not _truth(value_of(scope))
        if self.next_is("["):
            return self._list()
        if not self.left:
            raise self.wrong("it ends too early")
        kind, word = self.left.pop(0)
        if kind == "path":
            called = word in _FUNCTIONS and self.next_is("(")
            return self._function(word) if called else self._path(word)
        if kind == "op" or word == "in":
            raise self.wrong(f"'{word}' stands where a value must")
        value = int(word) if kind == "number" else word.replace("''", "'") if kind == "string" else _WORDS[word]
        return lambda scope: value

    def _list(self) -> Evaluate:
        items = [self.sums()]
        while self.next_is(","):
            items.append(self.sums())
        self.expect("]")
        return lambda scope: [item(scope) for item in items]

    def _path(self, word: str) -> Evaluate:
        start, names = _start(word)
        base = self.context if start == "@" else (start,)
        self.named.append((*base, *names))
        at = _STARTS[start]
        return lambda scope: _followed(scope[at], names)

    def _function(self, name: str) -> Evaluate:
        """`list` is a path; what comes after it is about its items."""
        least, most, function = _FUNCTIONS[name]
        if not self.left or self.left[0][0] != "path" or self.left[0][1] in _FUNCTIONS:
            raise self.wrong(f"{name} is about a list, which is named first")
        word = self.left.pop(0)[1]
        of = self._path(word)
        outer, self.context = self.context, (*self.named[-1], "*")
        arguments = []
        while self.next_is(","):
            arguments.append(self.implication())
        self.context = outer
        self.expect(")")
        if not least <= len(arguments) <= most:
            raise self.wrong(f"{name} has {len(arguments)} arguments after the list")
        about = arguments[0] if arguments else None

        def evaluate(scope: Scope) -> Any:
            items = of(scope)
            if not isinstance(items, list):
                raise Unsaid(word)
            values = items if about is None else [about(Scope(item, scope.root, scope.around)) for item in items]
            return function(values, about is not None)

        return evaluate


_STARTS = {"@": 0, "$": 1, "^": 2}


def _start(word: str) -> tuple[str, Place]:
    parts = word.split(".")
    if parts[0] in _STARTS:
        return parts[0], tuple(parts[1:])
    return "@", tuple(parts)


def _followed(value: Any, names: Place) -> Any:
    for name in names:
        value = value.get(name, MISSING) if isinstance(value, dict) else MISSING
    if value is MISSING:
        raise Unsaid(".".join(names))
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unsaid("neither true nor false")
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unsaid("not a number")
    return value


def _calculated(calculate: Callable[[Any, Any], Any], left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda scope: calculate(_number(left(scope)), _number(right(scope)))


def _divided(left: int | float, right: int | float) -> int | float:
    if right == 0:
        raise Unsaid("division by 0")
    whole = isinstance(left, int) and isinstance(right, int) and left % right == 0
    return left // right if whole else left / right


_CALCULATE: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divided,
}


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def ordered(left: Any, right: Any) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return compare(canonical(left), canonical(right))
        return compare(_number(left), _number(right))

    return ordered


def _among(value: Any, values: Any) -> bool:
    if not isinstance(values, list):
        raise Unsaid("not a list")
    return any(exactly(value, item) for item in values)


_less = _ordered(lambda left, right: left < right)
_not_greater = _ordered(lambda left, right: left <= right)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": exactly,
    "!=": lambda left, right: not exactly(left, right),
    "<": _less,
    "<=": _not_greater,
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "in": _among,
}


def _count(values: list[Any], conditional: bool) -> int:
    return sum(map(_truth, values)) if conditional else len(values)


_FUNCTIONS: dict[str, tuple[int, int, Callable[[list[Any], bool], Any]]] = {
    "count": (0, 1, _count),
    "sum": (1, 1, lambda values, _: sum(map(_number, values))),
    "each": (1, 1, lambda values, _: values),
    "all": (1, 1, lambda values, _: all(list(map(_truth, values)))),
    "distinct": (1, 1, lambda values, _: len({key(value) for value in values}) == len(values)),
    "rising": (1, 1, lambda values, _: all(list(itertools.starmap(_less, itertools.pairwise(values))))),
    "ordered": (1, 1, lambda values, _: all(list(itertools.starmap(_not_greater, itertools.pairwise(values))))),
}
"""Each with the least and the greatest number of arguments after the list."""
