"""Benefit payments as a service: its parts, and which of them answers which operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from conformance.reference.audit_entries import AuditEntries
from conformance.reference.benefit_payments.accounts import Accounts
from conformance.reference.benefit_payments.batches import Batches
from conformance.reference.benefit_payments.books import Books
from conformance.reference.benefit_payments.claims import Claims
from conformance.reference.benefit_payments.copies import Copies
from conformance.reference.benefit_payments.decisions import Decisions
from conformance.reference.benefit_payments.eligibility import Eligibility
from conformance.reference.benefit_payments.fetches import Fetches
from conformance.reference.benefit_payments.forms import Forms
from conformance.reference.benefit_payments.intake import Intake
from conformance.reference.benefit_payments.ledger import Ledger
from conformance.reference.benefit_payments.online_claims import OnlineClaims
from conformance.reference.benefit_payments.postal_claims import PostalClaims
from conformance.reference.benefit_payments.programmes import Programmes
from conformance.reference.benefit_payments.repayments import Repayments
from conformance.reference.benefit_payments.results import Results
from conformance.reference.benefit_payments.seeds import Seeds
from conformance.reference.benefit_payments.separations import Separations
from conformance.reference.benefit_payments.subjects import Subjects
from conformance.reference.benefit_payments.visibility import Visibility
from conformance.reference.calls import Call, Handler
from conformance.reference.resident_registry.seeds import Town
from conformance.reference.service import Service

if TYPE_CHECKING:
    from conformance.reference.application import Reference


class BenefitPayments(Service):
    """All parts of the service; each is an attribute that a fault may replace or alter."""

    name = "benefit-payments"

    def __init__(self, reference: Reference) -> None:
        super().__init__(reference)
        self.town = Town(reference.settings.fixtures, reference.settings.body)
        self.books = Books()
        self.eligibility = Eligibility(self)
        self.accounts = Accounts(self)
        self.visibility = Visibility(self)
        self.subjects_of = Subjects(self)
        self.programmes = Programmes(self)
        self.copies = Copies(self)
        self.fetches = Fetches(self)
        self.separations = Separations(self)
        self.forms = Forms(self)
        self.intake = Intake(self)
        self.postal_claims = PostalClaims(self)
        self.online_claims = OnlineClaims(self)
        self.claims = Claims(self)
        self.decisions = Decisions(self)
        self.repayments = Repayments(self)
        self.batches = Batches(self)
        self.results = Results(self)
        self.ledger = Ledger(self)
        self.audit_entries = AuditEntries(self)
        self.seeds = Seeds(self)
        self.serve(self._handlers())
        self.reset()

    def hides(self, call: Call, names: Iterable[str]) -> bool:
        """Whether the form that was entered has become hidden from the caller; what else is answered stays visible."""
        if call.operation.id != "enterPostalClaim":
            return False
        return self.visibility.hides_party(call, self.books.parties[call.body["form_id"]])

    def reset(self) -> None:
        """One programme with synthetic households, and nothing else."""
        self.books = Books()
        self.load_more(self.reference.settings.people)

    def load_more(self, people: int) -> None:
        """The households of the first so many synthetic residents, beside what is there."""
        self.seeds.load(people)

    def subjects(self, call: Call) -> Iterable[str]:
        """Whose data the path of the call is about."""
        return self.subjects_of.of_path(call)

    def entity_tag(self, body: dict[str, Any]) -> str:
        """The entity tag of a resource with this representation."""
        return self.reference.pipeline.preconditions.tag(body)

    def _handlers(self) -> dict[str, Handler]:
        families = (
            *(self.programmes.handlers(), self.copies.handlers(), self.fetches.handlers()),
            *(self.separations.handlers(), self.forms.handlers(), self.postal_claims.handlers()),
            *(self.online_claims.handlers(), self.claims.handlers(), self.decisions.handlers()),
            *(self.repayments.handlers(), self.batches.handlers(), self.results.handlers()),
            *(self.ledger.handlers(), self.audit_entries.handlers()),
        )
        return {operation: handler for family in families for operation, handler in family.items()}


SERVICE = BenefitPayments
