"""The order in which a conforming registry examines the rules of one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.problems import conflict
from conformance.reference.resident_registry.records import ACTIVE, Entry, Notification
from conformance.reference.resident_registry.rules import already_registered
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("ends-of-residence-from-the-back")
def ends_of_residence_from_the_back(reference: Reference) -> None:
    """Move-outs and deaths are examined from the back: the order of events first, then who is named, the days last."""
    registry = reference.the(ResidentRegistry)

    def leaving(_: Method) -> Method:
        def check(call: Call) -> list[Entry]:
            body, named = call.body, registry.named
            known = [
                registry.visibility.in_body(call, r, f"/resident_ids/{p}") for p, r in enumerate(body["resident_ids"])
            ]
            named.heads(call, "new_head_id")
            named.check_one_household(call, known)
            named.check_order((*body["resident_ids"], known[0].household_id), body["event_date"])
            found: list[Entry] = named.residents(call)
            registry.rules.check_place(body["destination"], "/destination")
            registry.move_outs.check_days(call)
            return found

        return check

    def dying(_: Method) -> Method:
        def register(call: Call) -> Any:
            entry = registry.visibility.in_body(call, call.body["resident_id"], "/resident_id")
            registry.named.heads(call, "new_head_id")
            registry.deaths.check_order(call, entry)
            entry = registry.named.resident(call, call.body["resident_id"], "/resident_id")
            registry.deaths.check_days(call)
            return registry.notifications.created(call, registry.deaths.record(call, entry))

        return register

    replace(registry.move_outs, "check", leaving)
    replace(registry.deaths, "register", dying)


@LIBERTIES.add("cancellations-from-the-back")
def cancellations_from_the_back(reference: Reference) -> None:
    """A cancellation is examined from the back: an active registration first, then later ones, then earlier ones."""
    registry = reference.the(ResidentRegistry)

    def make(_: Method) -> Method:
        def check(undone: Notification) -> None:
            cancellations = registry.cancellations
            standing = undone.id not in registry.register.cancelled and undone.type != "cancellation"
            ended = standing and undone.type in ("move_out", "death")
            if ended and any(map(cancellations.is_back, undone.resident_ids)):
                raise already_registered("/notification_id")
            if standing and any(cancellations.follows(undone, touched) for touched in undone.touched):
                raise conflict("later_notification", "後の届出があります / A later notification", "/notification_id")
            cancellations.check_first(undone)
            cancellations.check_kind(undone)

        return check

    replace(registry.cancellations, "check", make)


@LIBERTIES.add("household-changes-days-last")
def household_changes_days_last(reference: Reference) -> None:
    """Of a household change the days are examined last, the order of events before them."""
    registry = reference.the(ResidentRegistry)
    changes = registry.household_changes

    def nothing(_: Method) -> Method:
        return lambda call: None

    def last(check_order: Method) -> Method:
        def check(call: Call, *touched: str) -> None:
            check_order(call, *touched)
            body = call.body
            registry.rules.check_days(body["event_date"], body["notification_date"], registry.register.today)

        return check

    replace(changes, "check_days", nothing)
    replace(changes, "check_order", last)


@LIBERTIES.add("order-of-events-first")
def order_of_events_first(reference: Reference) -> None:
    """Address changes and household changes are held against the latest events before all else."""
    registry = reference.the(ResidentRegistry)

    def check_order(call: Call) -> None:
        body, register = call.body, registry.register
        ids = [*body.get("resident_ids", ()), *body.get("relationships", ())]
        ids += [body[name] for name in ("new_head_id", "household_id", "merged_household_id") if name in body]
        known = [i for i in ids if i in register.households or i in register.histories]
        shown = [i for i in known if not registry.visibility.hides(call, i)]
        registry.named.check_order(shown, body["event_date"])

    def make(register: Method) -> Method:
        def first(call: Call) -> Any:
            check_order(call)
            return register(call)

        return first

    replace(registry.address_changes, "register", make)
    replace(registry.household_changes, "register", make)


@LIBERTIES.add("heads-first")
def heads_first(reference: Reference) -> None:
    """Of a move-out, a death and an address change the rules about heads are examined before all others."""
    registry = reference.the(ResidentRegistry)
    succession, register_of = registry.succession, registry.named.present

    def known(call: Call, ids: list[str]) -> list[Entry]:
        """Those named who are there, visible and active, if all are; otherwise nobody."""
        found = [registry.register.known(resident_id) for resident_id in ids]
        shown = [e for e in found if e is not None and e.status == ACTIVE and not registry.visibility.hides(call, e.id)]
        named = [call.body[f] for f in ("new_head_id", "remaining_head_id") if f in call.body]
        there = all(n in registry.register.histories and not registry.visibility.hides(call, n) for n in named)
        together = len({entry.household_id for entry in shown}) == 1
        return shown if len(shown) == len(ids) and there and together else []

    def check(call: Call, ids: list[str], effective: str, field: str, *, moves: bool = False) -> None:
        leaving = known(call, ids)
        if not leaving:
            return
        members = registry.register.members(leaving[0].household_id, register_of(effective))
        if moves and len(leaving) == len(members):
            registry.address_changes.check_no_heads(call)
            return
        if moves:
            succession.of_leaving(call, leaving, "new_head_id")
        succession.of_remaining(call, members, set(ids), field)

    def moving_out(method: Method) -> Method:
        def first(call: Call) -> Any:
            body = call.body
            check(call, body["resident_ids"], registry.rules.moved_out_from(body["event_date"]), "new_head_id")
            return method(call)

        return first

    def dying(method: Method) -> Method:
        def first(call: Call) -> Any:
            check(call, [call.body["resident_id"]], call.body["event_date"], "new_head_id")
            return method(call)

        return first

    def moving(method: Method) -> Method:
        def first(call: Call) -> Any:
            check(call, call.body["resident_ids"], call.body["event_date"], "remaining_head_id", moves=True)
            return method(call)

        return first

    replace(registry.move_outs, "register", moving_out)
    replace(registry.deaths, "register", dying)
    replace(registry.address_changes, "register", moving)
