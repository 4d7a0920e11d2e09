"""Faults of what a refusal leaves behind."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace as altered
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.problems import Problem
from conformance.reference.procedures.faults.acting import _service
from conformance.reference.procedures.records import (
    DECIDED,
    RETURNED,
    REVIEWING,
    WITHDRAWN,
    Application,
    Copy,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("refused-correction-forgets-the-reason", "PR-STA-010", "PR-STA-002")
def refused_correction_forgets_the_reason(reference: Reference) -> None:
    """A submission of a returned application that is refused leaves it without the reason of the return."""
    service = _service(reference)

    def make(submit: Method) -> Method:
        def forgetful(call: Call) -> Answer:
            try:
                answer: Answer = submit(call)
            except Problem:
                service.store.keep(altered(call.target, return_reason=None))
                raise
            return answer

        return forgetful

    replace(service.submissions, "submit", make, lambda call: call.target.status == RETURNED)


@FAULTS.add("rejection-without-a-reason-leaves-an-event", "PR-STA-010")
def rejection_without_a_reason_leaves_an_event(reference: Reference) -> None:
    """A rejection that is refused for want of a reason leaves an event that the review was started."""
    service = _service(reference)

    def make(decide: Method) -> Method:
        def traced(call: Call) -> Any:
            before: Application = call.target
            try:
                return decide(call)
            except Problem as problem:
                if problem.code == "reason_required":
                    service.store.keep(service.lifecycle.advance(call, before, before.status, None))
                raise

        return traced

    replace(service.reviews, "decide", make, lambda call: call.target.status == REVIEWING)


def _refused_but_taken(reference: Reference, statuses: Container[str]) -> None:
    """A withdrawal gives an application in one of these statuses the data of the present copy, and is refused."""
    service = _service(reference)

    def make(withdraw: Method) -> Method:
        def traced(call: Call) -> Any:
            before: Application = call.target
            known = service.store.known(before.subject_id) or before.known
            service.store.keep(altered(before, known=known))
            return withdraw(call)

        return traced

    replace(service.online, "withdraw", make, lambda call: call.target.status in statuses)


@FAULTS.add("refused-withdrawal-takes-the-register", "PR-STA-010")
def refused_withdrawal_takes_the_register(reference: Reference) -> None:
    """A withdrawal of a decided application is refused, but gives it the data of the present copy."""
    _refused_but_taken(reference, DECIDED)


@FAULTS.add("second-withdrawal-takes-the-register", "PR-STA-010")
def second_withdrawal_takes_the_register(reference: Reference) -> None:
    """A withdrawal of what is withdrawn is refused, but gives it the data of the present copy."""
    _refused_but_taken(reference, (WITHDRAWN,))


@FAULTS.add("refused-copy-remembers-its-persons", "PR-REG-013")
def refused_copy_remembers_its_persons(reference: Reference) -> None:
    """A copy that is refused leaves its new persons known as members of that household."""
    service = _service(reference)

    def make(store: Method) -> Method:
        def other(copy: Copy) -> Copy:
            try:
                kept: Copy = store(copy)
            except Problem:
                if copy.household_id in service.store.copies:
                    for person in copy.members:
                        service.store.household_of.setdefault(person["resident_id"], copy.household_id)
                raise
            return kept

        return other

    replace(service.copies, "store", make)
