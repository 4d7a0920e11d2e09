"""Faults of benefit payments: programmes beside one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.records import (
    Batch,
    Party,
    Programme,
)
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


@FAULTS.add("one-live-claim-in-all-programmes", "BP-INT-024")
def one_live_claim_in_all_programmes(reference: Reference) -> None:
    """A household that has a live claim in one programme cannot claim in another."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def everywhere(party: Party, channel: str) -> None:
            check(party, channel)
            for claim in service.books.claims.values():
                if (
                    claim.live
                    and claim.party.household_id == party.household_id
                    and not party.separation_id
                    and not claim.party.separation_id
                ):
                    raise conflict("already_claimed", "申請済みの世帯です / The party has claimed already")

        return everywhere

    revise(service.intake, "check_no_other", make)


@FAULTS.add("one-copy-in-all-programmes", "BP-REG-014")
def one_copy_in_all_programmes(reference: Reference) -> None:
    """A person who stands in the copy of another household in another programme is refused."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def everywhere(programme: Programme, household: Any) -> None:
            check(programme, household)
            for place, person in enumerate(household["members"]):
                for (_, resident_id), other in service.books.household_of.items():
                    if resident_id == person["resident_id"] and other != household["household_id"]:
                        detail = "別の世帯に登録されています / Somebody stands in another copy"
                        raise conflict("already_in_household", detail, f"/members/{place}/resident_id")

        return everywhere

    revise(service.copies, "check_elsewhere", make)


@FAULTS.add("batch-number-of-each-programme", "BP-PAY-006")
def batch_number_of_each_programme(reference: Reference) -> None:
    """A batch number belongs to a programme: the same number makes another batch in another one."""
    service = _service(reference)

    def make(create: Method) -> Method:
        def apart(call: Call) -> Answer:
            number = call.body["batch_number"]
            found = service.books.batch_of_number.get(number)
            if found is not None and service.books.batches[found].programme_id != call.body["programme_id"]:
                del service.books.batch_of_number[number]
            return create(call)  # type: ignore[no-any-return]

        return apart

    replace(service.batches, "create", make)


@FAULTS.add("batch-number-without-leading-zeros", "BP-PAY-015")
def batch_number_without_leading_zeros(reference: Reference) -> None:
    """Batch numbers that differ in leading zeros or in letter case only are one number."""
    service = _service(reference)

    def make(_: Method) -> Method:
        def loose(number: str) -> Batch | None:
            for known, batch_id in service.books.batch_of_number.items():
                if known.lower().lstrip("0") == number.lower().lstrip("0"):
                    return service.books.batches[batch_id]
            return None

        return loose

    revise(service.batches, "with_number", make)
