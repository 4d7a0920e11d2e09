"""The procedure service: its parts, and which of them answers which operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from conformance.reference.audit_entries import AuditEntries
from conformance.reference.calls import Call, Handler
from conformance.reference.procedures.applications import Applications
from conformance.reference.procedures.attachments import Attachments
from conformance.reference.procedures.catalogue import Catalogue
from conformance.reference.procedures.copies import Copies
from conformance.reference.procedures.entitlement import Entitlement
from conformance.reference.procedures.fetches import Fetches
from conformance.reference.procedures.forms import Forms
from conformance.reference.procedures.lifecycle import Lifecycle
from conformance.reference.procedures.online import Online
from conformance.reference.procedures.papers import Papers
from conformance.reference.procedures.prefilling import Prefilling
from conformance.reference.procedures.reviews import Reviews
from conformance.reference.procedures.seeds import Seeds
from conformance.reference.procedures.showing import Showing
from conformance.reference.procedures.signatures import Signatures
from conformance.reference.procedures.store import Store
from conformance.reference.procedures.subjects import Subjects
from conformance.reference.procedures.submissions import Submissions
from conformance.reference.procedures.visibility import Visibility
from conformance.reference.resident_registry.seeds import Town
from conformance.reference.service import Service

if TYPE_CHECKING:
    from conformance.reference.application import Reference


class Procedures(Service):
    """All parts of the service; each is an attribute that a fault may replace or alter."""

    name = "procedures"

    def __init__(self, reference: Reference) -> None:
        super().__init__(reference)
        self.town = Town(reference.settings.fixtures, reference.settings.body)
        self.store = Store()
        self.lifecycle = Lifecycle()
        self.visibility = Visibility(self)
        self.subjects_of = Subjects(self)
        self.entitlement = Entitlement(self)
        self.prefilling = Prefilling(self)
        self.showing = Showing(self)
        self.signatures = Signatures(self)
        self.catalogue = Catalogue(self)
        self.copies = Copies(self)
        self.fetches = Fetches(self)
        self.online = Online(self)
        self.forms = Forms(self)
        self.attachments = Attachments(self)
        self.submissions = Submissions(self)
        self.papers = Papers(self)
        self.reviews = Reviews(self)
        self.applications = Applications(self)
        self.audit_entries = AuditEntries(self)
        self.seeds = Seeds(self)
        self.serve(self._handlers())
        self.reset()

    def reset(self) -> None:
        """Procedures and synthetic households, and nothing else."""
        self.store = Store()
        self.load_more(self.reference.settings.people)

    def load_more(self, people: int) -> None:
        """The households of the first so many synthetic residents, beside what is there."""
        self.seeds.load(people)

    def subjects(self, call: Call) -> Iterable[str]:
        """Whose data the path of the call is about."""
        return self.subjects_of.of_path(call)

    def hides(self, call: Call, names: Iterable[str]) -> bool:
        """Whether the address in an answer that names these persons has to be kept from the caller."""
        return self.visibility.hides_kept(call, tuple(names))

    def entity_tag(self, body: dict[str, Any]) -> str:
        """The entity tag of a resource with this representation."""
        return self.reference.pipeline.preconditions.tag(body)

    def tag_of_bytes(self, content: bytes, media_type: str) -> str:
        """The entity tag of stored bytes."""
        return self.reference.pipeline.preconditions.tag_of_bytes(content, media_type)

    def _handlers(self) -> dict[str, Handler]:
        families = (
            *(self.catalogue.handlers(), self.copies.handlers(), self.fetches.handlers(), self.online.handlers()),
            *(self.forms.handlers(), self.attachments.handlers(), self.submissions.handlers()),
            *(self.papers.handlers(), self.reviews.handlers(), self.applications.handlers()),
            self.audit_entries.handlers(),
        )
        return {operation: handler for family in families for operation, handler in family.items()}


SERVICE = Procedures
