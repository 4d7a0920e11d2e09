"""How a fault or a liberty gets into the reference: one behaviour of one part is replaced.

Which requests a change could touch at all is found out without planting it: while a `Probe` listens, `replace` and
`rewrite` only note who asks for the method, or whose answer the function would have altered; `revise` compares the two.
"""

from __future__ import annotations

import operator
import pickle
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.reference.hosted import modules

if TYPE_CHECKING:
    from conformance.reference.application import Reference
    from conformance.reference.calls import Answer, Request

Plant = Callable[["Reference"], None]
Rewriting = Callable[["Request", "Answer"], "Answer"]
Method = Callable[..., Any]
"""A method of a part, as it was or as it becomes."""


@dataclass(frozen=True)
class Change:
    """A named change. `breaks` are the requirements that it breaks: at least one for a fault, none for a liberty."""

    name: str
    breaks: tuple[str, ...]
    description: str
    plant: Plant
    start: tuple[str, ...] = ()
    """Arguments with which the reference has to be started for it."""

    @property
    def concern(self) -> str:
        """What it is about: changes of different concerns can be planted together without hiding one another."""
        return "start" if self.start else self.plant.__module__

    def apply(self, reference: Reference) -> None:
        """Changes the reference for good."""
        self.plant(reference)


class Registry(dict[str, Change]):
    """Changes of one kind by name."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def complete(self) -> Registry:
        """Itself, with the changes of all modules of its kind."""
        modules(self._kind)
        return self

    def started(self, name: str, description: str, *start: str) -> None:
        """Registers a change that lies in how the reference is started, and plants nothing."""
        if name in self:
            raise ValueError(f"{name} is registered twice")
        self[name] = Change(name, (), description, lambda reference: None, start)

    def add(self, name: str, *breaks: str, start: tuple[str, ...] = ()) -> Callable[[Plant], Plant]:
        """Registers a function that plants a change; its docstring says what is different.

        `start` are arguments with which the reference has to be started for it.
        """

        def register(plant: Plant) -> Plant:
            if name in self:
                raise ValueError(f"{name} is registered twice")
            description = " ".join((plant.__doc__ or "").split())
            self[name] = Change(name, breaks, description, plant, start)
            return plant

        return register


def replace(
    part: Any, name: str, make: Callable[[Method], Method], concerns: Callable[..., bool] | None = None
) -> None:
    """Puts `make(original)` in the place of a method of one part; with `concerns`, for those arguments only.

    So that while a probe listens, only the requests are noted that the change is about.
    """
    original = getattr(part, name)
    if _listening is not None:
        setattr(part, name, _listening.watched(original, concerns))
        return
    made = make(original)
    setattr(part, name, made if concerns is None else _for(concerns, made, original))


def _for(concerns: Callable[..., bool], made: Method, original: Method) -> Method:
    def method(*arguments: Any, **named: Any) -> Any:
        return (made if concerns(*arguments, **named) else original)(*arguments, **named)

    return method


def revise(part: Any, name: str, make: Callable[[Method], Method]) -> None:
    """As `replace`, for a method that only looks at its arguments and gives a value (or raises), now as before.

    So that while a probe listens both can be asked, and only a request for which they differ could be touched.
    """
    if _listening is None:
        setattr(part, name, make(getattr(part, name)))
    else:
        _listening.contrast(part, name, make)


def rewrite(reference: Reference, change: Rewriting) -> None:
    """Has every answer pass through a function on its way out."""
    reference.outgoing.append(change if _listening is None else _listening.compared(change))


class Probe:
    """Notes the requests that changes could touch, each by the text that `asking` holds while it is answered."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.touched: dict[str, set[str]] = {}
        self._change = ""
        self._contrasts: dict[tuple[int, str], Contrast] = {}
        self._answer: Answer | None = None
        self._copy = b""

    def listen(self, change: Change) -> None:
        """Notes from now on whatever the change could touch. Raises ValueError where it is planted in another way."""
        global _listening
        self._change, self.touched[change.name] = change.name, set()
        self._counted = 0
        _listening = self
        try:
            change.apply(self.reference)
        finally:
            _listening = None
        if not self._counted:
            raise ValueError(f"{change.name} is planted by none of replace(), revise(), rewrite()")

    def watched(self, original: Method, concerns: Callable[..., bool] | None = None) -> Method:
        """The method as it was, noting who calls it (with arguments that the change concerns)."""
        touched = self._noted()

        def method(*arguments: Any, **named: Any) -> Any:
            if concerns is None or concerns(*arguments, **named):
                touched.add(asking.get())
            return original(*arguments, **named)

        return method

    def contrast(self, part: Any, name: str, make: Callable[[Method], Method]) -> None:
        """Leaves the method as it was, and notes who would have got something else from the one that `make` gives."""
        key = (id(part), name)
        if key not in self._contrasts:
            self._contrasts[key] = Contrast(getattr(part, name))
            setattr(part, name, self._contrasts[key])
        self._contrasts[key].add(make, self._noted())

    def compared(self, change: Rewriting) -> Rewriting:
        """A function that leaves every answer as it is, noting which ones the change would have altered."""
        touched = self._noted()

        def unchanged(request: Request, answer: Answer) -> Answer:
            if answer is not self._answer:
                self._answer, self._copy = answer, pickle.dumps(answer)
            if change(request, pickle.loads(self._copy)) != answer:  # noqa: S301  what was written just before
                touched.add(asking.get())
            return answer

        return unchanged

    def _noted(self) -> set[str]:
        self._counted += 1
        return self.touched[self._change]


class Contrast:
    """A method as it was, and beside it what revisions would have made of it.

    Many revisions stand beside one method. Each is made of the method as it was, whose outcome is had once for all.
    """

    def __init__(self, original: Method) -> None:
        self._original = original
        self._revised: list[tuple[Method, set[str]]] = []
        self._asked: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self._told: tuple[Any, ...] = ()

    def add(self, make: Callable[[Method], Method], touched: set[str]) -> None:
        """One more revision; the requests for which it differs are put into `touched`."""
        self._revised.append((make(self._once), touched))

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        told = _outcome(self._original, arguments, named)
        outer = self._asked, self._told
        self._asked, self._told = (arguments, named), told
        try:
            for revised, touched in self._revised:
                if _outcome(revised, arguments, named)[1:] != told[1:]:
                    touched.add(asking.get())
        finally:
            self._asked, self._told = outer
        return _given(told)

    def _once(self, *arguments: Any, **named: Any) -> Any:
        """The original, asked by a revision: for what was just asked it is not asked again."""
        if self._asked is not None and _same(self._asked, arguments, named):
            return _given(self._told)
        return self._original(*arguments, **named)


def _same(asked: tuple[tuple[Any, ...], dict[str, Any]], arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
    return len(asked[0]) == len(arguments) and all(map(operator.is_, asked[0], arguments)) and asked[1] == named


def _given(outcome: tuple[Any, ...]) -> Any:
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _outcome(method: Method, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """What a method gave or raised, and then what two outcomes are compared by."""
    try:
        value = method(*arguments, **named)
    except Exception as error:
        return error, type(error), error.args, vars(error)
    return value, value


_unprobed: dict[Method, Method] = {}
"""For each method that a probe has put around another, that other one."""

_listening: Probe | None = None
asking: ContextVar[str] = ContextVar("asking", default="")
"""Who the present request is from, as its header `traceparent` says (W3C Trace Context); nobody: empty."""
