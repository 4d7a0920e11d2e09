"""Faults of finding and correcting persons: those who are gone, values that are no more, members inside of members."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import rule
from conformance.reference.resident_registry.corrections import merged
from conformance.reference.resident_registry.records import ACTIVE, DECEASED, Certificate, Entry, Event, Export
from conformance.reference.resident_registry.rules import already_registered
from conformance.reference.resident_registry.service import ResidentRegistry
from conformance.reference.strict_json import decode, encode

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("look-up-finds-active-only", "RR-NUM-008")
def look_up_finds_active_only(reference: Reference) -> None:
    """The number of somebody who is gone leads nowhere."""

    def make(holder: Method) -> Method:
        def active(number: str) -> Entry | None:
            found: Entry | None = holder(number)
            return found if found is not None and found.status == ACTIVE else None

        return active

    revise(reference.the(ResidentRegistry).numbers, "holder", make)


@FAULTS.add("dead-not-corrected", "RR-RES-011")
def dead_not_corrected(reference: Reference) -> None:
    """A correction of somebody deceased is refused."""

    def make(changes: Method) -> Method:
        def refused(entry: Entry, patch: dict[str, Any]) -> dict[str, Any]:
            if entry.status == DECEASED:
                raise rule("unprocessable", "死亡した住民です / The resident is deceased", "/reason")
            found: dict[str, Any] = changes(entry, patch)
            return found

        return refused

    revise(reference.the(ResidentRegistry).corrections, "changes", make)


@FAULTS.add("reduced-name-replaced", "RR-RES-013")
def reduced_name_replaced(reference: Reference) -> None:
    """A correction of the reduced name replaces it as a whole."""

    def make(changes: Method) -> Method:
        def replaced(entry: Entry, patch: dict[str, Any]) -> dict[str, Any]:
            found: dict[str, Any] = changes(entry, patch)
            given = patch.get("name", {}).get("reduced")
            return {**found, "name": {**found["name"], "reduced": merged({}, given)}} if given is not None else found

        return replaced

    revise(reference.the(ResidentRegistry).corrections, "changes", make)


@FAULTS.add("search-by-household-without-the-gone", "RR-RES-012")
def search_by_household_without_the_gone(reference: Reference) -> None:
    """A search by household leaves out whom moved out of it last."""
    registry = reference.the(ResidentRegistry)

    def make(find: Method) -> Method:
        def present(call: Call, criteria: dict[str, Any], sort: str) -> list[tuple[str, str]]:
            found: list[tuple[str, str]] = find(call, criteria, sort)
            if set(criteria) != {"household_id"}:
                return found
            return [place for place in found if registry.register.current[place[1]].status != "moved_out"]

        return present

    revise(registry.search, "find", make)


@FAULTS.add("numbers-of-the-dead-taken", "RR-MIN-024")
def numbers_of_the_dead_taken(reference: Reference) -> None:
    """The numbers of somebody deceased are taken for ever."""
    register = reference.the(ResidentRegistry).register

    def make(check: Method) -> Method:
        def checked(numbers: list[tuple[str, str]], active: Mapping[str, str]) -> None:
            for number, pointer in numbers:
                holders = register.index.numbers.get(number, ())
                if any(i in register.current and register.current[i].status == DECEASED for i in holders):
                    raise already_registered(pointer)
            check(numbers, active)

        return checked

    revise(reference.the(ResidentRegistry).rules, "check_once", make)


@FAULTS.add("cancelled-death-takes-corrections-along", "RR-CAN-017")
def cancelled_death_takes_corrections_along(reference: Reference) -> None:
    """With a death that is cancelled the corrections made after it are gone."""

    def make(fold: Method) -> Method:
        def forgetful(history: Sequence[Event], day: str, recorded: int | None = None) -> Entry | None:
            undone = {event.cancels for event in history if event.cancels is not None}
            deaths = [e.recorded_at for e in history if e.type == "death" and e.notification_id in undone]
            kept = [e for e in history if e.type != "correction" or not deaths or e.recorded_at < deaths[0]]
            found: Entry | None = fold(kept, day, recorded)
            return found

        return forgetful

    revise(reference.the(ResidentRegistry).register, "fold", make)


@FAULTS.add("death-cancelled-after-return", "RR-CAN-018")
def death_cancelled_after_return(reference: Reference) -> None:
    """A death is cancelled although the person is registered again."""
    register = reference.the(ResidentRegistry).register

    def make(is_back: Method) -> Method:
        def back(resident_id: str) -> bool:
            entry = register.known(resident_id)
            return bool(is_back(resident_id)) and (entry is None or entry.status != DECEASED)

        return back

    revise(reference.the(ResidentRegistry).cancellations, "is_back", make)


@FAULTS.add("joined-household-cancelled", "RR-CAN-019")
def joined_household_cancelled(reference: Reference) -> None:
    """A move-in is cancelled although others have joined its household since."""
    register = reference.the(ResidentRegistry).register

    def make(follows: Method) -> Method:
        def follows_residents(undone: Any, touched: str) -> bool:
            joined = undone.type == "move_in" and touched in register.placements
            return bool(follows(undone, touched)) and not joined

        return follows_residents

    revise(reference.the(ResidentRegistry).cancellations, "follows", make)


@FAULTS.add("certificate-follows-corrections", "RR-CRT-011")
def certificate_follows_corrections(reference: Reference) -> None:
    """A certificate that was issued shows a name that was corrected since."""
    register = reference.the(ResidentRegistry).register

    def make(shown: Method) -> Method:
        def corrected(certificate: Certificate) -> dict[str, Any]:
            body: dict[str, Any] = shown(certificate)
            lines = [{**line, "name": register.current[line["resident_id"]].name} for line in body["residents"]]
            return {**body, "residents": lines}

        return corrected

    revise(reference.the(ResidentRegistry).certificates, "shown", make)


@FAULTS.add("export-composed", "RR-EXP-005")
def export_composed(reference: Reference) -> None:
    """The names in an export are composed (NFC)."""

    def make(lines: Method) -> Method:
        def composed(entries: list[Entry]) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = lines(entries)
            names = [{k: _composed(v) for k, v in line["name"].items()} for line in found]
            return [{**line, "name": name} for line, name in zip(found, names, strict=True)]

        return composed

    revise(reference.the(ResidentRegistry).exports, "lines", make)


def _composed(value: Any) -> Any:
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


@FAULTS.add("export-follows-corrections", "RR-EXP-006")
def export_follows_corrections(reference: Reference) -> None:
    """The content of a complete export shows residents as they are when it is read."""
    registry = reference.the(ResidentRegistry)

    def make(content: Method) -> Method:
        def fresh(call: Call) -> Answer:
            answer: Answer = content(call)
            lines = [decode(line) for line in bytes(answer.body).splitlines()]
            current = registry.register.current
            shown = [{**line, "name": current[line["id"]].name} if "id" in line else line for line in lines]
            return Answer(200, b"".join(encode(line) + b"\n" for line in shown), media_type=answer.media_type)

        return fresh

    def corrected(call: Call) -> bool:
        export: Export = call.target
        register = registry.register
        return export.content is not None and any(
            event.type == "correction" and event.recorded_at > export.created_at
            for resident_id in export.resident_ids
            for event in register.histories[resident_id]
        )

    replace(registry.exports, "content", make, corrected)


@FAULTS.add("export-not-ahead", "RR-EXP-007")
def export_not_ahead(reference: Reference) -> None:
    """An export of a day to come shows the state of today."""
    registry = reference.the(ResidentRegistry)

    def make(named: Method) -> Method:
        return lambda call, as_of: named(call, min(as_of, registry.register.today))

    revise(registry.exports, "named", make)
