"""Business rules in another order: where several are broken, the answer to any of them is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("days-last")
def days_last(reference: Reference) -> None:
    """A move-in is examined from the back: numbers already registered first, then heads, members, places, days."""
    registry = reference.the(ResidentRegistry)

    def make(_: Method) -> Method:
        def check(call: Call) -> None:
            body, rules, move_ins = call.body, registry.rules, registry.move_ins
            move_ins.check_once(body["members"])
            move_ins.check_heads(body)
            if "household_id" in body:
                move_ins.check_joined(call)
            for position, member in reversed(list(enumerate(body["members"]))):
                move_ins.check_member(member, body["event_date"], f"/members/{position}")
            rules.check_place(body["previous_address"], "/previous_address")
            rules.check_own(body["new_address"], registry.own_codes, "/new_address")
            rules.check_days(body["event_date"], body["notification_date"], registry.register.today)

        return check

    replace(registry.move_ins, "check", make)


@LIBERTIES.add("conflicts-before-days")
def conflicts_before_days(reference: Reference) -> None:
    """An address change is examined from the back: those who move first, then the place, the days last."""
    registry = reference.the(ResidentRegistry)

    def make(_: Method) -> Method:
        def check(call: Call) -> list[object]:
            body, rules, named = call.body, registry.rules, registry.named
            moving = named.residents(call)
            named.check_order((*body["resident_ids"], moving[0].household_id), body["event_date"])
            named.heads(call, "new_head_id", "remaining_head_id")
            rules.check_own(body["new_address"], registry.own_codes, "/new_address")
            rules.check_days(body["event_date"], body["notification_date"], registry.register.today)
            return list(moving)

        return check

    replace(registry.address_changes, "check", make)
