"""The resident registry as a service: its parts, and which of them answers which operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from conformance.reference.audit_entries import AuditEntries
from conformance.reference.calls import Call, Handler
from conformance.reference.resident_registry.address_changes import AddressChanges
from conformance.reference.resident_registry.cancellations import Cancellations
from conformance.reference.resident_registry.certificates import Certificates
from conformance.reference.resident_registry.corrections import Corrections
from conformance.reference.resident_registry.deaths import Deaths
from conformance.reference.resident_registry.exports import Exports
from conformance.reference.resident_registry.heads import Succession
from conformance.reference.resident_registry.household_changes import HouseholdChanges
from conformance.reference.resident_registry.households import Households
from conformance.reference.resident_registry.move_ins import MoveIns
from conformance.reference.resident_registry.move_outs import MoveOuts
from conformance.reference.resident_registry.named import Named
from conformance.reference.resident_registry.notifications import Notifications
from conformance.reference.resident_registry.numbers import Numbers
from conformance.reference.resident_registry.protections import Protections
from conformance.reference.resident_registry.register import Register
from conformance.reference.resident_registry.residents import Residents
from conformance.reference.resident_registry.rules import Rules
from conformance.reference.resident_registry.search import Search
from conformance.reference.resident_registry.seeds import Town
from conformance.reference.resident_registry.settling import Settling
from conformance.reference.resident_registry.visibility import Visibility
from conformance.reference.service import Service

if TYPE_CHECKING:
    from conformance.reference.application import Reference


class ResidentRegistry(Service):
    """All parts of the registry; each is an attribute that a fault may replace or alter."""

    name = "resident-registry"

    def __init__(self, reference: Reference) -> None:
        super().__init__(reference)
        settings = reference.settings
        self.town = Town(settings.fixtures, settings.body)
        self.own_codes = self.town.own_codes
        self.rules = Rules()
        self.named = Named(self)
        self.succession = Succession(self)
        self.residents = Residents(self)
        self.search = Search(self)
        self.corrections = Corrections(self)
        self.numbers = Numbers(self)
        self.move_ins = MoveIns(self)
        self.move_outs = MoveOuts(self)
        self.address_changes = AddressChanges(self)
        self.household_changes = HouseholdChanges(self)
        self.deaths = Deaths(self)
        self.cancellations = Cancellations(self)
        self.notifications = Notifications(self)
        self.households = Households(self)
        self.certificates = Certificates(self)
        self.protections = Protections(self)
        self.audit_entries = AuditEntries(self)
        self.exports = Exports(self)
        self.serve(self._handlers())
        self.reset()

    def reset(self) -> None:
        """The register with its synthetic residents, and nothing else."""
        self.register = Register(self.clock.today())
        self.visibility = Visibility(self.register)
        self.certificates.clear()
        self.exports.clear()
        self.load_more(self.reference.settings.people)

    def load_more(self, people: int) -> None:
        """The first so many synthetic residents, beside what is there."""
        self.register.turn_to(self.clock.today())
        Settling(self, self.clock.micros()).settle(people)

    def before(self, call: Call) -> None:
        """Brings the register to the present day."""
        self.register.turn_to(self.clock.today())

    def subjects(self, call: Call) -> Iterable[str]:
        """The resident whom the path names."""
        resident_id = call.path.get("resident_id")
        return (resident_id,) if resident_id in self.register.histories else ()

    def entity_tag(self, body: dict[str, Any]) -> str:
        """The entity tag of a resource with this representation."""
        return self.reference.pipeline.preconditions.tag(body)

    def hides(self, call: Call, names: Iterable[str]) -> bool:
        """Whether any of these residents is under protection, and the caller may not know."""
        return any(self.visibility.hides(call, name) for name in names)

    def _handlers(self) -> dict[str, Handler]:
        families = (
            *(self.residents.handlers(), self.search.handlers(), self.corrections.handlers(), self.numbers.handlers()),
            *(self.move_ins.handlers(), self.move_outs.handlers(), self.address_changes.handlers()),
            *(self.household_changes.handlers(), self.deaths.handlers(), self.cancellations.handlers()),
            *(self.notifications.handlers(), self.households.handlers(), self.certificates.handlers()),
            *(self.protections.handlers(), self.audit_entries.handlers(), self.exports.handlers()),
        )
        return {operation: handler for family in families for operation, handler in family.items()}


SERVICE = ResidentRegistry
