"""Faults of the ledger: its sums and its entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.offered import offer
from conformance.reference.benefit_payments.ledger import Line
from conformance.reference.benefit_payments.records import APPROVED, PAID, RETURNED, Batch, Claim, LedgerEntry
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference

ENTRIES = "/programmes/[^/]+/ledger_entries"


def _sum(reference: Reference, name: str, status: str, sign: int) -> None:
    """One sum of the ledger counts the claims of a status too, or not."""
    ledger = reference.the(BenefitPayments).ledger

    def make(summed: Method) -> Method:
        return lambda programme_id: summed(programme_id) + sign * ledger.total(programme_id, frozenset({status}))

    revise(ledger, name, make)


@FAULTS.add("returned-not-approved", "BP-DEC-004", "BP-LED-001", "BP-PRG-006")
def returned_not_approved(reference: Reference) -> None:
    """The approved amount leaves out what came back from the bank."""
    _sum(reference, "approved", RETURNED, -1)


@FAULTS.add("paid-still-pending", "BP-LED-001")
def paid_still_pending(reference: Reference) -> None:
    """What is paid stays pending too."""
    _sum(reference, "pending", PAID, 1)


@FAULTS.add("returned-still-pending", "BP-LED-001")
def returned_still_pending(reference: Reference) -> None:
    """What came back from the bank stays pending too."""
    _sum(reference, "pending", RETURNED, 1)


@FAULTS.add("ledger-of-paid-and-returned-mixed", "BP-LED-001")
def ledger_of_paid_and_returned_mixed(reference: Reference) -> None:
    """In a programme in which something was paid, what came back counts as paid."""
    ledger = reference.the(BenefitPayments).ledger

    def make(paid: Method) -> Method:
        def mixed(programme_id: str) -> int:
            found = int(paid(programme_id))
            return found + ledger.total(programme_id, frozenset({RETURNED})) if found else found

        return mixed

    revise(ledger, "paid", make)


@FAULTS.add("approval-in-ledger-later", "BP-LED-002", "BP-SEP-003")
def approval_in_ledger_later(reference: Reference) -> None:
    """The sums of the ledger count an approval only once it is ordered: until then they are as they were before."""
    service = reference.the(BenefitPayments)

    def make(sums: Method) -> Method:
        def late(programme: Any) -> dict[str, Any]:
            shown: dict[str, Any] = sums(programme)
            claims = service.books.claims_of(programme.id)
            new = sum(claim.amount for claim in claims if claim.status == APPROVED and claim.batch_id is None)
            for name, sign in (("approved_amount", -1), ("pending_amount", -1), ("available_amount", 1)):
                shown = {**shown, name: shown[name] + sign * new}
            return shown

        return late

    revise(service.ledger, "sums", make)


def _ordered(reference: Reference, altered: Callable[[list[Line]], list[Line]]) -> None:
    """A batch enters something else in the ledger."""

    def make(lines: Method) -> Method:
        def other(claims: list[Claim], batch: Batch) -> list[Line]:
            return altered(lines(claims, batch))

        return other

    revise(reference.the(BenefitPayments).batches, "lines", make)


@FAULTS.add("order-entered-once-for-all", "BP-LED-003")
def order_entered_once_for_all(reference: Reference) -> None:
    """A batch of several claims is entered as one sum at its first claim."""

    def summed(lines: list[Line]) -> list[Line]:
        kind, claim, batch_id, _ = lines[0]
        return [(kind, claim, batch_id, sum(line[3] for line in lines))]

    _ordered(reference, summed)


@FAULTS.add("last-order-not-entered", "BP-LED-003")
def last_order_not_entered(reference: Reference) -> None:
    """Of a batch of several claims the last one is not entered."""
    _ordered(reference, lambda lines: lines[:-1] or lines)


@FAULTS.add("last-order-entered-twice", "BP-LED-003")
def last_order_entered_twice(reference: Reference) -> None:
    """Of a batch of several claims the last one is entered twice."""
    _ordered(reference, lambda lines: [*lines, lines[-1]] if len(lines) > 1 else lines)


@FAULTS.add("sequence-from-zero", "BP-LED-004", "COM-SCH-001")
def sequence_from_zero(reference: Reference) -> None:
    """The entries of a ledger are numbered from 0."""
    _numbered(reference, lambda programme_id, number: number - 1)


@FAULTS.add("sequence-across-programmes", "BP-LED-004")
def sequence_across_programmes(reference: Reference) -> None:
    """The entries of all ledgers are numbered together."""
    books = reference.the(BenefitPayments).books
    _numbered(reference, lambda programme_id, number: number + 100 * (len(books.programmes) - 1))


@FAULTS.add("sequence-with-a-gap", "BP-LED-004")
def sequence_with_a_gap(reference: Reference) -> None:
    """From the fifth entry on one number is left out."""
    _numbered(reference, lambda programme_id, number: number + (number > 4))


def _numbered(reference: Reference, other: Callable[[str, int], int]) -> None:
    def make(number: Method) -> Method:
        return lambda programme_id, place: other(programme_id, number(programme_id, place))

    revise(reference.the(BenefitPayments).ledger, "number", make)


def _found(reference: Reference, other: Callable[[list[LedgerEntry], dict[str, Any], Method], Any]) -> None:
    """`other` finds entries, of those found, of what was asked for, and of what finds them."""

    def make(find: Method) -> Method:
        def differently(programme_id: str, query: dict[str, Any]) -> list[LedgerEntry]:
            found = other(find(programme_id, query), query, lambda asked: find(programme_id, asked))
            return list(found)

        return differently

    revise(reference.the(BenefitPayments).ledger, "find", make)


@FAULTS.add("ledger-newest-first", "BP-LED-004")
def ledger_newest_first(reference: Reference) -> None:
    """The entries of a ledger are listed with the newest first."""
    _found(reference, lambda found, query, find: reversed(found))


@FAULTS.add("ledger-by-claim", "BP-LED-004")
def ledger_by_claim(reference: Reference) -> None:
    """The entries of a ledger are listed claim by claim."""
    _found(reference, lambda found, query, find: sorted(found, key=lambda entry: entry.claim_id))


def _without(query: dict[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in query.items() if other != name}


@FAULTS.add("entries-of-every-claim", "BP-FLT-002", "BP-LED-006")
def entries_of_every_claim(reference: Reference) -> None:
    """The parameter claim_id leaves out no entry."""
    _found(reference, lambda found, query, find: find(_without(query, "claim_id")))


@FAULTS.add("entries-of-the-batch-of-a-claim", "BP-LED-006")
def entries_of_the_batch_of_a_claim(reference: Reference) -> None:
    """The parameter claim_id finds the entries of all claims that were ordered together with the claim."""

    def together(found: list[LedgerEntry], query: dict[str, Any], find: Method) -> list[LedgerEntry]:
        batches = {entry.batch_id for entry in found if entry.batch_id}
        if "claim_id" not in query or not batches:
            return found
        every = find(_without(query, "claim_id"))
        return [e for e in every if e.claim_id == query["claim_id"] or e.batch_id in batches]

    _found(reference, together)


@FAULTS.add("entries-of-claim-without-returns", "BP-LED-006")
def entries_of_claim_without_returns(reference: Reference) -> None:
    """The parameter claim_id finds the entries of the claim except those of returns."""
    _found(reference, lambda found, query, find: [e for e in found if "claim_id" not in query or e.kind != RETURNED])


@FAULTS.add("ledger-entry-put-in", "BP-LED-005")
def ledger_entry_put_in(reference: Reference) -> None:
    """Entries of a ledger can be made by themselves."""
    offer(reference, "POST", ENTRIES)


@FAULTS.add("ledger-entry-corrected", "BP-LED-005")
def ledger_entry_corrected(reference: Reference) -> None:
    """An entry of a ledger can be changed."""
    offer(reference, "PATCH", f"{ENTRIES}/[^/]+")


@FAULTS.add("ledger-entry-deleted", "BP-LED-005")
def ledger_entry_deleted(reference: Reference) -> None:
    """An entry of a ledger can be deleted."""
    offer(reference, "DELETE", f"{ENTRIES}/[^/]+")


@FAULTS.add("ledger-replaced", "BP-LED-005")
def ledger_replaced(reference: Reference) -> None:
    """The sums of a ledger can be put right by hand."""
    offer(reference, "PUT", "/programmes/[^/]+/ledger")
