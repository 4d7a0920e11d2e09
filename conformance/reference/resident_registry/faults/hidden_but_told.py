"""Faults of the resident registry: hidden, and told by something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import rule
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.records import HEAD, Entry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.resident_registry.faults.acting import _registry


@FAULTS.add("hidden-told-by-order", "RR-PRT-040")
def hidden_told_by_order(reference: Reference) -> None:
    """A notification before the latest one of a hidden resident is refused with event_out_of_order."""
    registry = _registry(reference)

    def make(resident: Method) -> Method:
        def telling(call: Call, resident_id: str, pointer: str) -> Entry:
            if registry.visibility.hides(call, resident_id):
                registry.named.check_order((resident_id,), call.body["event_date"])
            found: Entry = resident(call, resident_id, pointer)
            return found

        return telling

    revise(registry.named, "resident", make)


@FAULTS.add("hidden-told-by-birth-date", "RR-PRT-040")
def hidden_told_by_birth_date(reference: Reference) -> None:
    """A correction of a hidden resident's birth date to one that is impossible is a 422, as of anybody."""
    registry = _registry(reference)

    def make(locate: Method) -> Method:
        def telling(call: Call) -> None:
            if call.operation.id == "correctResident" and "birth_date" in (call.body or {}):
                entry = registry.register.known(call.path["resident_id"])
                if entry is not None and registry.visibility.hides(call, entry.id):
                    patched = registry.corrections.changes(entry, call.body)
                    registry.corrections.check_birth_date(patched["birth_date"], entry)
            locate(call)

        return telling

    replace(registry.residents, "locate", make, concerns=lambda call: call.operation.id == "correctResident")


@FAULTS.add("hidden-household-told-by-address", "RR-PRT-040")
def hidden_household_told_by_address(reference: Reference) -> None:
    """A move-in into a hidden household at another address is refused with different_address."""
    registry = _registry(reference)

    def make(joined: Method) -> Method:
        def telling(call: Call) -> None:
            register, household_id = registry.register, call.body["household_id"]
            there = register.members(household_id)
            if there and call.body["new_address"] != register.address(household_id, register.today):
                raise rule("different_address", "世帯の住所と異なります / Not its address", "/new_address")
            joined(call)

        return telling

    revise(registry.move_ins, "check_joined", make)


@FAULTS.add("hidden-told-by-dates-of-death", "RR-PRT-040")
def hidden_told_by_dates_of_death(reference: Reference) -> None:
    """The death of a hidden head without a new head named is refused with new_head_required."""
    registry = _registry(reference)

    def make(register: Method) -> Method:
        def telling(call: Call) -> Answer:
            entry = registry.register.known(call.body["resident_id"])
            if entry is not None and registry.visibility.hides(call, entry.id) and entry.relationship == HEAD:
                members = registry.register.members(entry.household_id)
                if len(members) > 2 and "new_head_id" not in call.body:
                    raise rule("new_head_required", "世帯主を示してください / Name a head", "/new_head_id")
            return register(call)  # type: ignore[no-any-return]

        return telling

    replace(registry.deaths, "register", make)


@FAULTS.add("former-registration-of-hidden", "RR-PRT-009")
def former_registration_of_hidden(reference: Reference) -> None:
    """A look-up of the number of a hidden resident who has come back finds the registration that has ended."""
    registry = _registry(reference)

    def make(look_up: Method) -> Method:
        def former(call: Call) -> Answer:
            answer: Answer = look_up(call)
            ((_, number),) = call.body.items()
            if answer.body["resident"] is None:
                holders = registry.register.index.numbers.get(number, [])
                shown = [
                    i for i in holders if i in registry.register.current and not registry.visibility.hides(call, i)
                ]
                if shown:
                    call.subjects[:] = [shown[-1]]
                    line = views.summary(registry.register.current[shown[-1]])
                    return Answer(200, {"resident": line}, names=(shown[-1],))
            return answer

        return former

    replace(registry.numbers, "look_up", make)


@FAULTS.add("hidden-in-household-ahead", "RR-PRT-004")
def hidden_in_household_ahead(reference: Reference) -> None:
    """A household as of a day to come shows hidden members."""
    registry = _registry(reference)

    def ahead(call: Call) -> bool:
        return call.operation.id == "getHousehold" and call.query.get("as_of", "") > registry.register.today

    revise(registry.visibility, "hides", lambda hides: lambda call, i: not ahead(call) and hides(call, i))


@FAULTS.add("hidden-read-ahead", "RR-PRT-001")
def hidden_read_ahead(reference: Reference) -> None:
    """A hidden resident can be read as of a day on which the protection will be over."""
    registry = _registry(reference)

    def ahead(call: Call, resident_id: str) -> bool:
        protection = registry.visibility.protections.get(resident_id)
        day = call.query.get("as_of")
        return (
            call.operation.id == "getResident"
            and protection is not None
            and day is not None
            and not registry.visibility.active_on(protection, day)
        )

    revise(registry.visibility, "hides", lambda hides: lambda call, i: not ahead(call, i) and hides(call, i))


@FAULTS.add("household-judged-by-the-day-read", "RR-PRT-004", "RR-PRT-028")
def household_judged_by_the_day_read(reference: Reference) -> None:
    """In a household as of a day, the protections of that day count, in place of those of today."""
    registry = _registry(reference)

    def other(call: Call, resident_id: str) -> bool:
        protection = registry.visibility.protections.get(resident_id)
        day = call.query.get("as_of")
        return (
            call.operation.id == "getHousehold"
            and protection is not None
            and day is not None
            and not registry.visibility.active_on(protection, day)
        )

    revise(registry.visibility, "hides", lambda hides: lambda call, i: not other(call, i) and hides(call, i))


@FAULTS.add("protection-replaced-keeps-former-days", "RR-PRT-022")
def protection_replaced_keeps_former_days(reference: Reference) -> None:
    """Who was under protection stays hidden on the days of the former period too once it is replaced a second time."""
    registry = _registry(reference)
    former: dict[str, list[Any]] = {}

    def putting(put: Method) -> Method:
        def kept(call: Call) -> Answer:
            before = registry.visibility.protections.get(call.target.id)
            answer: Answer = put(call)
            if before is not None:
                former.setdefault(call.target.id, []).append(before)
            return answer

        return kept

    def make(protected: Method) -> Method:
        def lasting(resident_id: str) -> bool:
            earlier = former.get(resident_id, [])[:-1]
            today = registry.register.today
            return protected(resident_id) or any(registry.visibility.active_on(p, today) for p in earlier)

        return lasting

    replace(registry.protections, "put", putting)
    replace(registry.visibility, "is_protected", make, concerns=lambda i: i in former)
