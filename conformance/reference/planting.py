"""How a fault or a liberty gets into the reference: one behaviour of one part is replaced.

Which requests a change could touch at all is found out without planting it: while a `Probe` listens, `replace` and
`rewrite` only note who asks for the method, or whose answer the function would have altered; `revise` compares the two.
"""

from __future__ import annotations

import copy
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

    def add(self, name: str, *breaks: str) -> Callable[[Plant], Plant]:
        """Registers a function that plants a change; its docstring says what is different."""

        def register(plant: Plant) -> Plant:
            if name in self:
                raise ValueError(f"{name} is registered twice")
            description = " ".join((plant.__doc__ or "").split())
            self[name] = Change(name, breaks, description, plant)
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
    original = getattr(part, name)
    if _listening is None:
        setattr(part, name, make(original))
    else:
        setattr(part, name, _listening.contrasted(original, make))


def rewrite(reference: Reference, change: Rewriting) -> None:
    """Has every answer pass through a function on its way out."""
    reference.outgoing.append(change if _listening is None else _listening.compared(change))


class Probe:
    """Notes the requests that changes could touch, each by the text that `asking` holds while it is answered."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.touched: dict[str, set[str]] = {}
        self._change = ""

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

        _unprobed[method] = _bare(original)
        return method

    def contrasted(self, original: Method, make: Callable[[Method], Method]) -> Method:
        """The method as it was, noting who would have got something else from the revised one.

        Many changes may revise one method: each is compared with the method as it is without a probe, so that asking
        all of them costs no more than their number.
        """
        touched, bare = self._noted(), _bare(original)
        revised = make(bare)

        def method(*arguments: Any, **named: Any) -> Any:
            before, after = _outcome(bare, arguments, named), _outcome(revised, arguments, named)
            if before[1:] != after[1:]:
                touched.add(asking.get())
            return original(*arguments, **named)

        _unprobed[method] = bare
        return method

    def compared(self, change: Rewriting) -> Rewriting:
        """A function that leaves every answer as it is, noting which ones the change would have altered."""
        touched = self._noted()

        def unchanged(request: Request, answer: Answer) -> Answer:
            before = copy.deepcopy(answer)
            if change(request, copy.deepcopy(answer)) != before:
                touched.add(asking.get())
            return answer

        return unchanged

    def _noted(self) -> set[str]:
        self._counted += 1
        return self.touched[self._change]


def _bare(method: Method) -> Method:
    """The method beneath what a probe has put around it."""
    return _unprobed.get(method, method)


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
