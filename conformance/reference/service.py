"""One published service: its document, its base URL, and the handlers of its operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from conformance.reference.calls import Call, Handler
from conformance.reference.documents import DocumentProblem, load
from conformance.reference.operations import Router

if TYPE_CHECKING:
    from conformance.reference.application import Reference


class Service:
    """What every service has. A service of its own extends it and fills `handlers`."""

    name: str
    version = "1.0"

    def __init__(self, reference: Reference) -> None:
        settings = reference.settings
        self.reference = reference
        self.clock = reference.clock
        self.document = load(settings.specs / self.name / self.version / "openapi.yaml")
        self.router = Router(self.document, settings.without_options)
        self.base = f"/{self.name}/v1"
        self.handlers: dict[str, Handler] = {}

    def serve(self, handlers: Mapping[str, Handler]) -> None:
        """Takes the handlers by operationId. Raises DocumentProblem unless the document names just these."""
        declared = self.router.declared
        if declared != set(handlers):
            missing, unknown = sorted(declared - set(handlers)), sorted(set(handlers) - declared)
            raise DocumentProblem(f"{self.name}: without handler {missing}, not in the document {unknown}")
        self.handlers.update(handlers)

    def before(self, call: Call) -> None:
        """Called before anything is decided: lets a service bring its state to the present day."""

    def subjects(self, call: Call) -> Iterable[str]:
        """Whose data the path of the call is about, as far as they exist."""
        return ()

    def hides(self, call: Call, names: Iterable[str]) -> bool:
        """Whether any of these persons has to be kept from the caller."""
        return False

    def load_more(self, people: int) -> None:
        """Adds what belongs to so many synthetic residents, beside what is there."""

    def reset(self) -> None:
        """Back to the state in which the service starts."""
