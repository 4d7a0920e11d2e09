"""How a fault or a liberty gets into the reference: one behaviour of one part is replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Plant = Callable[["Reference"], None]
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
    """Changes by name."""

    def add(self, name: str, *breaks: str) -> Callable[[Plant], Plant]:
        """Registers a function that plants a change; its docstring says what is different."""

        def register(plant: Plant) -> Plant:
            if name in self:
                raise ValueError(f"{name} is registered twice")
            description = " ".join((plant.__doc__ or "").split())
            self[name] = Change(name, breaks, description, plant)
            return plant

        return register


def replace(part: Any, name: str, make: Callable[[Method], Method]) -> None:
    """Puts `make(original)` in the place of a method of one part."""
    setattr(part, name, make(getattr(part, name)))
