"""Faults of procedures: services together."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.procedures.faults.acting import _service


@FAULTS.add("dead-for-good", "XS-DTH-007")
def dead_for_good(reference: Reference) -> None:
    """Who was fetched as deceased stays so, also when the death was cancelled in the registry."""
    from conformance.reference.benefit_payments.service import BenefitPayments

    dead: dict[str, Any] = {}

    def make(present: Method) -> Method:
        def lasting(registry: Any, entry: Any) -> Any:
            found = present(registry, entry)
            if found.status == "deceased":
                dead.setdefault(found.id, found)
            return dead.get(found.id, found)

        return lasting

    replace(reference.the(BenefitPayments).fetches, "present", make)


@FAULTS.add("corrections-not-fetched-again", "XS-TXT-001", "XS-TXT-006")
def corrections_not_fetched_again(reference: Reference) -> None:
    """A household that is fetched again keeps the names of the first fetch, whatever was corrected."""
    from conformance.reference.benefit_payments.service import BenefitPayments

    first: dict[str, Any] = {}

    def make(person: Method) -> Method:
        def kept(registry: Any, entry: Any) -> Any:
            found = person(registry, entry)
            return {**found, "name": first.setdefault(found["resident_id"], found["name"])}

        return kept

    replace(reference.the(BenefitPayments).fetches, "person", make)


@FAULTS.add("protected-for-good", "XS-PRO-012", "XS-PRO-013", "XS-PRO-014", "XS-PRO-015")
def protected_for_good(reference: Reference) -> None:
    """Who was fetched as protected once stays so, also when the protection was ended."""
    from conformance.reference.benefit_payments.service import BenefitPayments

    once: set[str] = set()

    def make(protected: Method) -> Method:
        def lasting(registry: Any, entry: Any) -> bool:
            if protected(registry, entry):
                once.add(entry.id)
            return entry.id in once

        return lasting

    replace(reference.the(BenefitPayments).fetches, "protected", make)
    replace(reference.the(Procedures).fetches, "protected", make)


@FAULTS.add("outcomes-of-a-fetch-backwards", "XS-HHD-009", "XS-HHD-010")
def households_fetched_backwards(reference: Reference) -> None:
    """The outcomes of a fetch of several households stand with the last one first."""
    service = _service(reference)

    def make(fetch: Method) -> Method:
        def backwards(call: Call) -> Answer:
            answer: Answer = fetch(call)
            return changed(answer, body={"results": answer.body["results"][::-1]})

        return backwards

    from conformance.reference.benefit_payments.service import BenefitPayments

    replace(service.fetches, "fetch", make)
    replace(reference.the(BenefitPayments).fetches, "fetch", make)


@FAULTS.add("five-households-fetched", "XS-HHD-009")
def five_households_fetched(reference: Reference) -> None:
    """Of households fetched together those behind the third are said to be unchanged, and not fetched."""
    from conformance.reference.benefit_payments.service import BenefitPayments

    service = reference.the(BenefitPayments)

    def make(take: Method) -> Method:
        def some(call: Call, programme: Any, household_id: str) -> str:
            if household_id in call.body["household_ids"][3:]:
                return "unchanged"
            return str(take(call, programme, household_id))

        return some

    replace(service.fetches, "take", make)


@FAULTS.add("claim-window-by-the-day-of-entry", "BP-INT-023")
def claim_window_by_the_day_of_entry(reference: Reference) -> None:
    """A form that was posted in time and is entered after the window has ended is refused."""
    from conformance.reference.benefit_payments.service import BenefitPayments

    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def late(party: Any, content: Any) -> None:
            service.intake.check_day(service.books.programme_of(party), service.clock.today(), "/postmarked_on")
            check(party, content)

        return late

    revise(service.postal_claims, "check", make)
