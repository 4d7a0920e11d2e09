"""Faults of benefit payments: repetition of a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.records import (
    Claim,
)
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


@FAULTS.add("same-form-compared-by-order-of-members", "BP-INT-004")
def same_form_compared_by_order_of_members(reference: Reference) -> None:
    """A form that is entered again with its JSON members in another order counts as another content."""
    from conformance.reference.strict_json import encode

    def ordered(right: bool, before: Claim, content: Any) -> bool:
        return right and encode(before.content) == encode(content)

    alter(_service(reference).postal_claims, "repeats", ordered)


@FAULTS.add("same-form-in-another-order", "BP-INT-019")
def same_form_in_another_order(reference: Reference) -> None:
    """A form that is entered again with its member ids in another order counts as an equal content."""

    def loose(right: bool, before: Claim, content: Any) -> bool:
        def flat(of: Any) -> Any:
            return {**of, "member_ids": sorted(of["member_ids"])}

        return right or (before.channel == "post" and flat(before.content) == flat(content))

    alter(_service(reference).postal_claims, "repeats", loose)


@FAULTS.add("same-form-after-retry-refused", "BP-INT-004")
def same_form_after_retry_refused(reference: Reference) -> None:
    """A form that is entered again after its claim was retried with another account is refused."""
    alter(
        _service(reference).postal_claims,
        "repeats",
        lambda right, before, content: right and before.account == content["account"],
    )


@FAULTS.add("same-form-after-separation-refused", "BP-INT-004")
def same_form_after_separation_refused(reference: Reference) -> None:
    """A form that is entered again after a person was separated from its claim is refused."""
    alter(
        _service(reference).postal_claims,
        "repeats",
        lambda right, before, content: right and len(before.members) == len(content["member_ids"]),
    )


@FAULTS.add("same-form-once-only", "BP-INT-004")
def same_form_once_only(reference: Reference) -> None:
    """A form that is entered a third time is refused."""
    service = _service(reference)
    times: dict[str, int] = {}

    def make(repeats: Method) -> Method:
        def once(before: Claim, content: Any) -> bool:
            if not repeats(before, content):
                return False
            times[before.id] = times.get(before.id, 0) + 1
            return times[before.id] < 2

        return once

    replace(service.postal_claims, "repeats", make)
