"""Faults of the audit trail that are about batches and hidden claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _read(reference: Reference, tell: Callable[[Call, Answer], None]) -> None:
    """After each read of a batch `tell` says anew whom it was about."""

    def make(read: Method) -> Method:
        def telling(call: Call) -> Answer:
            answer: Answer = read(call)
            tell(call, answer)
            return answer

        return telling

    replace(reference.the(BenefitPayments).batches, "read", make)


@FAULTS.add("batch-read-not-audited", "BP-AUD-002", "COM-AUD-001")
def batch_read_not_audited(reference: Reference) -> None:
    """A read of a batch leaves no audit entry."""
    _read(reference, lambda call, answer: call.subjects.clear())


@FAULTS.add("batch-read-audited-for-claimants", "BP-AUD-002", "BP-AUD-023")
def batch_read_audited_for_claimants(reference: Reference) -> None:
    """The audit entry of the read of a batch names the claimants alone."""
    service = reference.the(BenefitPayments)

    def claimants(call: Call, answer: Answer) -> None:
        claims = [service.books.claims[transfer["claim_id"]] for transfer in answer.body["transfers"]]
        call.subjects[:] = [claim.claimant_id for claim in claims]

    _read(reference, claimants)


@FAULTS.add("batch-read-audited-one-by-one", "BP-AUD-002")
def batch_read_audited_one_by_one(reference: Reference) -> None:
    """A read of a batch leaves two audit entries about the last of its members."""

    def twice(call: Call, answer: Answer) -> None:
        subjects = list(call.subjects)
        call.subjects[:] = subjects[-1:]
        reference.audit.record(call, 200, "success")
        call.subjects[:] = subjects

    _read(reference, twice)


def _withheld(reference: Reference, operation: str, instead: Callable[[Call], None]) -> None:
    """What is refused to a call of the operation because a claim is hidden, is audited by `instead`."""

    def make(withhold: Method) -> Method:
        def marking(call: Call, subjects: Iterable[str]) -> None:
            withhold(call, subjects)
            if call.operation.id == operation:
                instead(call)

        return marking

    replace(reference.the(BenefitPayments).visibility, "withhold", make)


def _unmarked(call: Call) -> None:
    call.withheld = False


@FAULTS.add("hidden-claim-read-not-audited", "BP-AUD-003")
def hidden_claim_read_not_audited(reference: Reference) -> None:
    """A read of a hidden claim leaves no audit entry."""
    _withheld(reference, "getClaim", _unmarked)


@FAULTS.add("hidden-claim-read-audited-as-success", "BP-AUD-003")
def hidden_claim_read_audited_as_success(reference: Reference) -> None:
    """The audit entry about the read of a hidden claim says that it succeeded."""

    def successfully(call: Call) -> None:
        reference.audit.record(call, 404, "success")
        call.withheld = False

    _withheld(reference, "getClaim", successfully)


@FAULTS.add("hidden-claim-read-audited-twice", "BP-AUD-003")
def hidden_claim_read_audited_twice(reference: Reference) -> None:
    """A read of a hidden claim leaves two audit entries."""
    _withheld(reference, "getClaim", lambda call: reference.audit.record(call, 404, "refused"))
