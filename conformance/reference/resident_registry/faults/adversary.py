"""Faults of the registry, planted to find what no script notices: callers, sizes, calendars, repetition, order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, rule
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.records import ACTIVE, HEAD, Entry, Event, Notification
from conformance.reference.resident_registry.rules import already_registered
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _registry(reference: Reference) -> ResidentRegistry:
    return reference.the(ResidentRegistry)


# --- callers ----------------------------------------------------------------------------------------------------------


def _seen_by(reference: Reference, role: str, *operations: str) -> None:
    """In calls of these operations nobody is hidden from a role."""

    def seen(call: Call) -> bool:
        return call.caller.role == role and call.operation.id in operations

    visibility = _registry(reference).visibility
    revise(visibility, "hides", lambda hides: lambda call, i: not seen(call) and hides(call, i))
    revise(visibility, "hidden_ids", lambda hidden: lambda call: frozenset() if seen(call) else hidden(call))


@FAULTS.add("clerk-reads-hidden", "RR-PRT-001")
def clerk_reads_hidden(reference: Reference) -> None:
    """Clerks read hidden residents; viewers do not."""
    _seen_by(reference, "clerk", "getResident")


@FAULTS.add("viewer-reads-hidden", "RR-PRT-001")
def viewer_reads_hidden(reference: Reference) -> None:
    """Viewers read hidden residents; clerks do not."""
    _seen_by(reference, "viewer", "getResident")


@FAULTS.add("clerk-finds-hidden", "RR-PRT-002")
def clerk_finds_hidden(reference: Reference) -> None:
    """A search shows hidden residents to clerks."""
    _seen_by(reference, "clerk", "searchResidents")


@FAULTS.add("viewer-finds-hidden", "RR-PRT-002")
def viewer_finds_hidden(reference: Reference) -> None:
    """A search shows hidden residents to viewers."""
    _seen_by(reference, "viewer", "searchResidents")


@FAULTS.add("clerk-sees-hidden-members", "RR-PRT-004")
def clerk_sees_hidden_members(reference: Reference) -> None:
    """A household shows hidden members to clerks."""
    _seen_by(reference, "clerk", "getHousehold")


@FAULTS.add("viewer-sees-hidden-members", "RR-PRT-004")
def viewer_sees_hidden_members(reference: Reference) -> None:
    """A household shows hidden members to viewers."""
    _seen_by(reference, "viewer", "getHousehold")


@FAULTS.add("clerk-reads-hidden-history", "RR-PRT-005")
def clerk_reads_hidden_history(reference: Reference) -> None:
    """The history of a hidden resident is shown to clerks."""
    _seen_by(reference, "clerk", "listResidentHistory")


@FAULTS.add("viewer-reads-hidden-history", "RR-PRT-005")
def viewer_reads_hidden_history(reference: Reference) -> None:
    """The history of a hidden resident is shown to viewers."""
    _seen_by(reference, "viewer", "listResidentHistory")


@FAULTS.add("viewer-reads-hidden-notification", "RR-PRT-008")
def viewer_reads_hidden_notification(reference: Reference) -> None:
    """A notification about hidden residents is shown to viewers."""
    _seen_by(reference, "viewer", "getNotification")


@FAULTS.add("clerk-reads-hidden-notification", "RR-PRT-008")
def clerk_reads_hidden_notification(reference: Reference) -> None:
    """A notification about hidden residents is shown to clerks."""
    _seen_by(reference, "clerk", "getNotification")


@FAULTS.add("hidden-who-registered-them-sees", "RR-PRT-001")
def hidden_who_registered_them_sees(reference: Reference) -> None:
    """Whoever registered the move-in of a resident sees them for good."""
    registry = _registry(reference)
    by: dict[str, str] = {}

    def recording(record: Method) -> Method:
        def kept(call: Call) -> Notification:
            made: Notification = record(call)
            by.update(dict.fromkeys(made.resident_ids, call.caller.client))
            return made

        return kept

    replace(registry.move_ins, "record", recording)
    replace(
        registry.visibility,
        "hides",
        lambda hides: lambda call, i: hides(call, i) and not (call.operation.id == "getResident" and by.get(i) == call.caller.client),
        concerns=lambda call, i: call.operation.id == "getResident",
    )


# --- hidden, and told by something else ---------------------------------------------------------------------------------


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
            household_id = call.body["household_id"]
            if registry.register.members(household_id):
                if call.body["new_address"] != registry.register.address(household_id, registry.register.today):
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
                shown = [i for i in holders if i in registry.register.current and not registry.visibility.hides(call, i)]
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


@FAULTS.add("household-judged-by-the-day-read", "RR-PRT-004")
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


# --- sizes ------------------------------------------------------------------------------------------------------------


def _later_members(reference: Reference, first: int, alter: Any) -> None:
    """What is recorded of the members of a move-in from a place on."""

    def make(details: Method) -> Method:
        def altered(body: Any, member: Any) -> Any:
            found = details(body, member)
            place = next(i for i, other in enumerate(body["members"]) if other is member)
            return alter(found) if place >= first else found

        return altered

    revise(_registry(reference).move_ins, "details", make)


@FAULTS.add("fifth-member-japanese", "RR-MIN-001")
def fifth_member_japanese(reference: Reference) -> None:
    """From the fifth member of a move-in on everybody is recorded with the nationality JPN."""
    _later_members(reference, 4, lambda found: {**found, "nationality": "JPN"})


@FAULTS.add("fifth-member-of-unknown-sex", "RR-MIN-001")
def fifth_member_of_unknown_sex(reference: Reference) -> None:
    """From the fifth member of a move-in on the sex is recorded as not known."""
    _later_members(reference, 4, lambda found: {**found, "sex": "0"})


@FAULTS.add("tenth-member-without-reduced-name", "RR-MIN-001")
def tenth_member_without_reduced_name(reference: Reference) -> None:
    """From the tenth member of a move-in on only the required parts of the name are kept."""
    parts = ("family", "family_kana", "given", "given_kana")
    _later_members(
        reference, 9, lambda found: {**found, "name": {n: v for n, v in found["name"].items() if n in parts}}
    )


@FAULTS.add("five-move-out-at-most", "RR-MOU-001")
def five_move_out_at_most(reference: Reference) -> None:
    """Of residents who move out together the first five do, the others stay active."""
    revise(_registry(reference).move_outs, "ending", lambda ending: lambda leaving: ending(leaving)[:5])


@FAULTS.add("five-change-address-at-most", "RR-ADC-001", "RR-ADC-002")
def five_change_address_at_most(reference: Reference) -> None:
    """Of a household that changes address the first five named have the new address, the others keep theirs."""

    def make(changes: Method) -> Method:
        def first(call: Call, entry: Entry) -> Any:
            return changes(call, entry) if entry.id in call.body["resident_ids"][:5] else {}

        return first

    revise(_registry(reference).address_changes, "changes", make)


@FAULTS.add("certificate-of-five", "RR-CRT-002")
def certificate_of_five(reference: Reference) -> None:
    """A household certificate has room for five members."""
    revise(
        _registry(reference).certificates, "household", lambda household: lambda call, entry: household(call, entry)[:5]
    )


@FAULTS.add("household-of-five-shown", "RR-MIN-002", "RR-MIN-003")
def household_of_five_shown(reference: Reference) -> None:
    """A household shows at most five members."""
    revise(
        _registry(reference).households, "members", lambda members: lambda household_id, day: members(household_id, day)[:5]
    )


@FAULTS.add("merge-of-five", "RR-HHC-003")
def merge_of_five(reference: Reference) -> None:
    """Of a merged household five members at most are moved."""
    revise(_registry(reference).household_changes, "joining", lambda joining: lambda members: joining(members)[:5])


@FAULTS.add("split-of-three", "RR-HHC-002")
def split_of_three(reference: Reference) -> None:
    """Of those who split off three at most go to the new household."""
    revise(_registry(reference).household_changes, "leaving", lambda leaving: lambda named, head: leaving(named, head)[:3])


@FAULTS.add("export-digest-of-64-kib", "RR-EXP-003")
def export_digest_of_64_kib(reference: Reference) -> None:
    """The digest of an export is that of its first 64 KiB."""
    revise(_registry(reference).exports, "digest", lambda digest: lambda content: digest(content[:65536]))


@FAULTS.add("export-of-ten-named", "RR-EXP-001")
def export_of_ten_named(reference: Reference) -> None:
    """Of residents named, the first ten are exported."""
    revise(_registry(reference).exports, "named", lambda named: lambda call, as_of: named(call, as_of)[:10])


@FAULTS.add("export-of-everybody-at-a-hundred", "RR-EXP-001")
def export_of_everybody_at_a_hundred(reference: Reference) -> None:
    """An export of everybody holds the hundred who were registered last."""
    revise(_registry(reference).exports, "everybody", lambda everybody: lambda call, as_of: everybody(call, as_of)[-100:])


# --- calendars --------------------------------------------------------------------------------------------------------


@FAULTS.add("late-without-leap-day", "RR-MIN-010", "RR-MOU-020")
def late_without_leap_day(reference: Reference) -> None:
    """Days are counted as if no year had a 29 February: a notification 15 days after the event may not be late."""

    def counted(event: str, notification: str) -> bool:
        days = dates.days_between(event, notification)
        years = range(int(event[:4]), int(notification[:4]) + 1)
        leap = [f"{y}-02-29" for y in years if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)]
        return days - sum(event < day <= notification for day in leap) > 14

    revise(_registry(reference).rules, "is_late", lambda _: counted)


@FAULTS.add("protection-of-a-year-over-a-leap-day", "RR-PRT-017")
def protection_of_a_year_over_a_leap_day(reference: Reference) -> None:
    """A protection may last until the same date of the next year: over a 29 February that is 367 days."""

    def make(check: Method) -> Method:
        def yearly(first: str, last: str) -> None:
            if last == f"{int(first[:4]) + 1:04}{first[4:]}":
                return
            check(first, last)

        return yearly

    revise(_registry(reference).rules, "check_period", make)


@FAULTS.add("sixty-days-without-leap-day", "RR-MOU-004")
def sixty_days_without_leap_day(reference: Reference) -> None:
    """The 60 days ahead of a move-out do not count a 29 February."""

    def make(check: Method) -> Method:
        def longer(event: str, notification: str, today: str) -> None:
            try:
                check(event, notification, today)
            except Problem as problem:
                if problem.code == "event_date_too_far" and dates.days_between(today, event) == 61:
                    day = f"{event[:4]}-02-29"
                    if dates.is_date(day) and today < day <= event:
                        return
                raise

        return longer

    revise(_registry(reference).rules, "check_move_out_days", make)


@FAULTS.add("born-before-1900", "RR-MIN-001", "COM-DAT-005")
def born_before_1900(reference: Reference) -> None:
    """A year of birth before 1900 is recorded a hundred years later, as by a year of two digits."""

    def make(birth_date: Method) -> Method:
        def later(member: Any) -> Any:
            kept = birth_date(member)
            year = kept["value"][:4]
            return {**kept, "value": f"{int(year) + 100:04}{kept['value'][4:]}"} if "1800" <= year < "1900" else kept

        return later

    revise(_registry(reference).move_ins, "birth_date", make)


@FAULTS.add("first-week-of-heisei", "RR-MIN-001")
def first_week_of_heisei(reference: Reference) -> None:
    """Who was born in the first seven days of 1989 (昭和64年) is recorded as born a year earlier."""

    def make(birth_date: Method) -> Method:
        def earlier(member: Any) -> Any:
            kept = birth_date(member)
            value = kept["value"]
            return {**kept, "value": f"1988{value[4:]}"} if "1989-01-01" <= value <= "1989-01-07" else kept

        return earlier

    revise(_registry(reference).move_ins, "birth_date", make)


@FAULTS.add("first-year-of-an-era-refused", "RR-MIN-001", "RR-RES-013", "COM-DAT-005")
def first_year_of_an_era_refused(reference: Reference) -> None:
    """A birth date between the first of January and the change of era of 2019 is refused, the code of its era not known."""

    def make(check: Method) -> Method:
        def strict(birth_date: Any, pointer: str) -> None:
            if "2019-01-01" <= birth_date["value"] < "2019-05-01":
                raise rule("unprocessable", "元号が不明です / Unknown era", pointer)
            check(birth_date, pointer)

        return strict

    revise(_registry(reference).rules, "check_birth_date", make)


@FAULTS.add("leap-day-of-death-ends-in-march", "RR-DTH-001")
def leap_day_of_death_ends_in_march(reference: Reference) -> None:
    """Who died on a 29 February is recorded as having ceased on 1 March."""

    def make(changes: Method) -> Method:
        return lambda event: changes(dates.add_days(event, 1) if event.endswith("-02-29") else event)

    revise(_registry(reference).deaths, "changes", make)


@FAULTS.add("as-of-after-this-century-refused", "RR-HIS-017")
def as_of_after_this_century_refused(reference: Reference) -> None:
    """A read as of a day after the year 2099 is answered 404."""
    from conformance.reference.problems import not_found

    def make(as_of: Method) -> Method:
        def near(call: Call) -> Entry | None:
            if call.query.get("as_of", "") >= "2100":
                raise not_found()
            found: Entry | None = as_of(call)
            return found

        return near

    revise(_registry(reference).residents, "as_of", make)


@FAULTS.add("search-by-status-of-the-last-recording", "RR-RES-005")
def search_by_status_of_the_last_recording(reference: Reference) -> None:
    """A search by status does not find as moved out who became so by the mere passing of the day."""
    registry = _registry(reference)

    def make(find: Method) -> Method:
        def stale(call: Call, criteria: dict[str, Any], sort: str) -> Any:
            found = find(call, criteria, sort)
            if criteria.get("status") != "moved_out":
                return found
            from conformance.reference.clock import timestamp

            current = registry.register.current
            return [p for p in found if (current[p[1]].ceased_on or "") <= timestamp(current[p[1]].recorded_at)[:10]]

        return stale

    revise(registry.search, "find", make)


@FAULTS.add("certificate-of-the-last-recorded-day", "RR-CRT-003")
def certificate_of_the_last_recorded_day(reference: Reference) -> None:
    """Who has moved out by the mere passing of the day still gets a certificate."""
    registry = _registry(reference)

    def make(check: Method) -> Method:
        def stale(entry: Entry) -> None:
            from conformance.reference.clock import timestamp

            if entry.status == "moved_out" and (entry.ceased_on or "") >= timestamp(entry.recorded_at)[:10]:
                return
            check(entry)

        return stale

    revise(registry.certificates, "check_active", make)


@FAULTS.add("look-up-by-status-of-the-last-recording", "RR-MIN-016")
def look_up_by_status_of_the_last_recording(reference: Reference) -> None:
    """Who has moved out by the mere passing of the day still counts as registered when they move in again."""
    registry = _registry(reference)

    def make(check: Method) -> Method:
        def stale(numbers: Any, active: Mapping[str, str]) -> None:
            from conformance.reference.clock import timestamp

            numbers = list(numbers)
            for number, pointer in numbers:
                for holder in registry.register.index.numbers.get(number, []):
                    e = registry.register.current.get(holder)
                    if e is not None and e.status == "moved_out" and (e.ceased_on or "") >= timestamp(e.recorded_at)[:10]:
                        raise already_registered(pointer)
            check(numbers, active)

        return stale

    replace(registry.rules, "check_once", make)


# --- repetition -------------------------------------------------------------------------------------------------------


@FAULTS.add("nobody-returns-twice", "RR-MIN-016")
def nobody_returns_twice(reference: Reference) -> None:
    """Who has come back once and moved out again cannot come back a second time: 409 already_registered."""
    registry = _registry(reference)

    def make(check: Method) -> Method:
        def once(numbers: Any, active: Mapping[str, str]) -> None:
            numbers = list(numbers)
            for number, pointer in numbers:
                if len(registry.register.index.numbers.get(number, [])) >= 2:
                    raise already_registered(pointer)
            check(numbers, active)

        return once

    replace(registry.rules, "check_once", make)


@FAULTS.add("second-cancellation-without-effect", "RR-CAN-001", "RR-CAN-002", "RR-CAN-009", "RR-CAN-014")
def second_cancellation_without_effect(reference: Reference) -> None:
    """Of the cancellations about one resident only the first has an effect; a later one is recorded and listed."""
    registry = _registry(reference)

    def make(event: Method) -> Method:
        def powerless(cancellation: Notification, resident_id: str) -> Event:
            made: Event = event(cancellation, resident_id)
            earlier = any(known.cancels for known in registry.register.histories[resident_id])
            return changed(made, cancels=None) if earlier else made

        return powerless

    replace(registry.cancellations, "event", make)


@FAULTS.add("cancelled-second-address-change-goes-to-the-first", "RR-CAN-002")
def cancelled_second_address_change_goes_to_the_first(reference: Reference) -> None:
    """A cancelled address change that followed another one takes the residents back to their very first address."""
    registry = _registry(reference)

    def make(fold: Method) -> Method:
        def forgetful(history: Any, day: str, recorded: int | None = None) -> Entry | None:
            found: Entry | None = fold(history, day, recorded)
            known = [e for e in history if recorded is None or e.recorded_at <= recorded]
            undone = {e.cancels for e in known if e.cancels is not None}
            moves = [e for e in known if e.type == "address_change" and e.effective <= day]
            gone = [e for e in moves if e.notification_id in undone]
            stand = [e for e in moves if e.notification_id not in undone]
            if found is None or not gone or not stand or gone[-1].recorded_at < stand[-1].recorded_at:
                return found
            return changed(found, address=known[0].changes.address)

        return forgetful

    replace(registry.register, "fold", make, concerns=lambda history, *_: any(e.cancels for e in history))


@FAULTS.add("same-day-moves-first-wins", "RR-ADC-001")
def same_day_moves_first_wins(reference: Reference) -> None:
    """Of two address changes on one day the one recorded first counts."""
    registry = _registry(reference)

    def make(fold: Method) -> Method:
        def first(history: Any, day: str, recorded: int | None = None) -> Entry | None:
            kept, days = [], set()
            for event in history:
                if event.type == "address_change":
                    if event.effective in days:
                        changes = {k: v for k, v in event.changes.items() if k != "address"}
                        event = changed(event, changes=changes)
                    days.add(event.effective)
                kept.append(event)
            return fold(kept, day, recorded)  # type: ignore[no-any-return]

        return first

    replace(
        registry.register,
        "fold",
        make,
        concerns=lambda history, *_: len([e for e in history if e.type == "address_change"]) > 1,
    )


@FAULTS.add("third-correction-of-a-name-lost", "RR-RES-008", "RR-RES-013")
def third_correction_of_a_name_lost(reference: Reference) -> None:
    """The third correction of one resident is recorded, and changes nothing."""
    registry = _registry(reference)

    def make(changes: Method) -> Method:
        def twice(entry: Entry, patch: dict[str, Any]) -> dict[str, Any]:
            found: dict[str, Any] = changes(entry, patch)
            earlier = sum(event.type == "correction" for event in registry.register.histories[entry.id])
            return {name: getattr(entry, name) for name in found} if earlier >= 2 else found

        return twice

    revise(registry.corrections, "changes", make)


@FAULTS.add("change-of-head-back-forgets", "RR-HHC-001")
def change_of_head_back_forgets(reference: Reference) -> None:
    """When the head changes a second time, the relationships sent are not recorded: all others are `other`."""
    registry = _registry(reference)

    def make(relationship: Method) -> Method:
        def other(call: Call, entry: Entry) -> str:
            before = [e for e in registry.register.histories[entry.id] if e.type == "household_change"]
            return "other" if before and call.body["kind"] == "change_head" else str(relationship(call, entry))

        return other

    revise(registry.household_changes, "relationship", make)


@FAULTS.add("split-off-returns-as-stranger", "RR-HHC-007")
def split_off_returns_as_stranger(reference: Reference) -> None:
    """Who split off and is merged back has the relationship of before, whatever the merge says."""
    registry = _registry(reference)

    def make(relationship: Method) -> Method:
        def before(call: Call, entry: Entry) -> str:
            history = registry.register.histories[entry.id]
            first = history[0].changes
            back = call.body["kind"] == "merge" and any(e.type == "household_change" for e in history)
            if back and isinstance(first, Entry) and first.relationship != HEAD:
                return first.relationship
            return str(relationship(call, entry))

        return before

    revise(registry.household_changes, "relationship", make)


@FAULTS.add("certificate-number-after-cancellation", "RR-CRT-012")
def certificate_after_cancelled_move_out(reference: Reference) -> None:
    """An issued certificate shows the address of today once an address change of the resident was cancelled."""
    registry = _registry(reference)

    def make(shown: Method) -> Method:
        def today(certificate: Any) -> Any:
            body = shown(certificate)
            lines = []
            for line in body["residents"]:
                history = registry.register.histories[line["resident_id"]]
                entry = registry.register.current[line["resident_id"]]
                lines.append({**line, "address": entry.address} if any(e.cancels for e in history) else line)
            return {**body, "residents": lines}

        return today

    revise(registry.certificates, "shown", make)


# --- numbers, text ------------------------------------------------------------------------------------------------------


@FAULTS.add("search-without-trailing-marks", "RR-RES-001")
def search_without_trailing_marks(reference: Reference) -> None:
    """A search overlooks a long vowel mark at the end of a reading."""
    registry = _registry(reference)

    def make(find: Method) -> Method:
        def folded(call: Call, criteria: dict[str, Any], sort: str) -> Any:
            found = list(find(call, criteria, sort))
            kana = criteria.get("family_kana")
            if kana is not None and kana.endswith("ー"):
                found += find(call, {**criteria, "family_kana": kana.rstrip("ー") or kana}, sort)
            return list(dict.fromkeys(found))

        return folded

    revise(registry.search, "find", make)


@FAULTS.add("search-by-given-kana-finds-nameless", "RR-RES-006")
def search_by_given_kana_finds_nameless(reference: Reference) -> None:
    """A search by a given reading and something else finds who has no given reading, too."""
    registry = _registry(reference)

    def make(find: Method) -> Method:
        def wide(call: Call, criteria: dict[str, Any], sort: str) -> Any:
            found = list(find(call, criteria, sort))
            if "given_kana" in criteria:
                rest = {name: value for name, value in criteria.items() if name != "given_kana"}
                current = registry.register.current
                found += [p for p in find(call, rest, sort) if "given_kana" not in current[p[1]].name]
            return list(dict.fromkeys(found))

        return wide

    revise(registry.search, "find", make)


@FAULTS.add("audit-of-restored-head-missing", "COM-AUD-002")
def audit_of_restored_head_missing(reference: Reference) -> None:
    """The cancellation of a move-out is audited about those whom it names, not about who ceases to be head by it."""
    registry = _registry(reference)

    def make(record: Method) -> Method:
        def named(call: Call, undone: Notification) -> Notification:
            made: Notification = record(call, undone)
            call.subjects[:] = made.resident_ids
            return made

        return named

    replace(registry.cancellations, "record", make)


@FAULTS.add("audit-of-remaining-head-missing", "COM-AUD-002")
def audit_of_remaining_head_missing(reference: Reference) -> None:
    """An address change or a split is audited about those who leave, not about who becomes head of those who stay."""
    from conformance.reference.resident_registry.notifications import Notifications

    def make(created: Method) -> Method:
        def named(call: Call, notification: Notification) -> Answer:
            if call.operation.id in ("registerAddressChange", "registerHouseholdChange"):
                call.subjects[:] = notification.resident_ids
            return created(call, notification)  # type: ignore[no-any-return]

        return named

    replace(
        _registry(reference).notifications,
        "created",
        make,
        concerns=lambda call, _: call.operation.id in ("registerAddressChange", "registerHouseholdChange"),
    )


# --- at the same moment -------------------------------------------------------------------------------------------------


def _at_once(reference: Reference, operation: str, passes: Any, part: Any, check: str) -> None:
    """Of requests of an operation at the same moment each is examined in the state in which it arrived."""
    import asyncio

    free: dict[int, bool] = {}

    def entering(enter: Method) -> Method:
        async def waits(call: Call) -> None:
            free[id(call)] = passes(call)
            await asyncio.sleep(0.05)
            await enter(call)

        return waits

    replace(reference.pipeline, "enter", entering, concerns=lambda call: call.operation.id == operation)

    carrying: list[bool] = []

    def carry(carry_out: Method) -> Method:
        def carried(service: Any, call: Call) -> Answer:
            carrying.append(free.pop(id(call), False))
            try:
                return carry_out(service, call)  # type: ignore[no-any-return]
            finally:
                carrying.pop()

        return carried

    replace(reference.pipeline, "carry_out", carry, concerns=lambda _, call: call.operation.id == operation)
    original = getattr(part, check)
    setattr(part, check, lambda *given: True if carrying and carrying[-1] and check.startswith("is_") else (
        None if carrying and carrying[-1] else original(*given)))  # fmt: skip


def _named(call: Call, member: str) -> Any:
    import json

    try:
        return json.loads(call.raw_body).get(member)
    except (ValueError, AttributeError, RecursionError):
        return None


@FAULTS.add("two-move-outs-at-once", "RR-MOU-013")
def two_move_outs_at_once(reference: Reference) -> None:
    """Of move-outs of one resident at the same moment all are carried out."""
    registry = _registry(reference)

    def passes(call: Call) -> bool:
        ids = _named(call, "resident_ids") or []
        known = [registry.register.current.get(i) for i in ids if isinstance(i, str)]
        return all(e is not None and e.status == ACTIVE and not registry.register.leaves(e.id) for e in known) and bool(known)

    _at_once(reference, "registerMoveOut", passes, registry.named, "is_open")


@FAULTS.add("two-deaths-at-once", "RR-DTH-004")
def two_deaths_at_once(reference: Reference) -> None:
    """Of deaths of one resident that are notified at the same moment all are recorded."""
    registry = _registry(reference)

    def passes(call: Call) -> bool:
        entry = registry.register.current.get(str(_named(call, "resident_id")))
        return entry is not None and entry.status == ACTIVE and not registry.register.leaves(entry.id)

    _at_once(reference, "registerDeath", passes, registry.named, "is_open")


@FAULTS.add("two-cancellations-at-once", "RR-CAN-004")
def two_cancellations_at_once(reference: Reference) -> None:
    """Of cancellations of one notification at the same moment all are recorded."""
    registry = _registry(reference)

    def passes(call: Call) -> bool:
        found = registry.register.notifications.get(str(_named(call, "notification_id")))
        if found is None:
            return False
        try:
            registry.cancellations.check(found)
        except Problem:
            return False
        return not any(registry.visibility.hides(call, i) for i in found.resident_ids)

    def keep(original: Method) -> Method:
        def kept(notification: Notification) -> None:
            try:
                original(notification)
            except (ValueError, KeyError):
                pass

        return kept

    replace(registry.register, "keep", keep, concerns=lambda n: n.cancels in registry.register.cancelled)
    _at_once(reference, "cancelNotification", passes, registry.cancellations, "check")
