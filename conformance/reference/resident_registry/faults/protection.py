"""Faults of protection: somebody hidden shows in a read, a search, a household, a history or a notification."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Caller
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.faults.blindness import again, asked, in_other_words, overlook, tell_apart
from conformance.reference.resident_registry.index import FILTERS, Place
from conformance.reference.resident_registry.records import MOVED_OUT, Entry, Notification
from conformance.reference.resident_registry.service import ResidentRegistry
from conformance.reference.resident_registry.visibility import PRIVILEGE

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_SEEING = Caller("", "", frozenset({PRIVILEGE}))


@FAULTS.add("protected-read", "RR-PRT-001", "XS-PRO-011")
def protected_read(reference: Reference) -> None:
    """Reading one resident shows everybody, hidden or not."""
    overlook(reference, asked("getResident"))


@FAULTS.add("protected-read-of-the-past", "RR-PRT-001")
def protected_read_of_the_past(reference: Reference) -> None:
    """Reading a resident as of another day looks at no protection."""
    overlook(reference, lambda call: call.operation.id == "getResident" and "as_of" in call.query)


@FAULTS.add("protected-copy-confirmed", "RR-PRT-001")
def protected_copy_confirmed(reference: Reference) -> None:
    """Whoever has a copy of a resident from before the protection is told that it is current (304)."""
    overlook(reference, again("getResident"))


@FAULTS.add("protected-forbidden", "RR-PRT-001", "XS-PRO-011")
def protected_forbidden(reference: Reference) -> None:
    """Reading a hidden resident is forbidden (403), which says that there is one."""
    challenge = (("WWW-Authenticate", f'Bearer error="insufficient_scope", scope="{PRIVILEGE}"'),)
    visibility = reference.the(ResidentRegistry).visibility
    tell_apart(visibility, "in_path", asked("getResident"), lambda _: Problem(403, "forbidden", "", (), challenge))


@FAULTS.add("protected-read-in-other-words", "RR-PRT-001", "RR-PRT-040")
def protected_read_in_other_words(reference: Reference) -> None:
    """The 404 for a hidden resident has another detail than that for an unknown one."""
    tell_apart(reference.the(ResidentRegistry).visibility, "in_path", asked("getResident"), in_other_words)


@FAULTS.add("protected-moved-out-read", "RR-PRT-001")
def protected_moved_out_read(reference: Reference) -> None:
    """Reading one resident shows hidden ones once they have moved out."""
    registry = reference.the(ResidentRegistry)

    def make(hides: Method) -> Method:
        def careless(call: Call, resident_id: str) -> bool:
            entry = registry.register.known(resident_id)
            gone = entry is not None and entry.status == MOVED_OUT
            return not (gone and call.operation.id == "getResident") and bool(hides(call, resident_id))

        return careless

    revise(registry.visibility, "hides", make)


def _seen(reference: Reference, when: Callable[[Call], bool]) -> None:
    """Where `when` says so, the results of a search hold hidden residents too."""

    def make(visible: Method) -> Method:
        def leaky(call: Call, found: list[Place], order: str) -> list[Place]:
            return found if when(call) else visible(call, found, order)

        return leaky

    revise(reference.the(ResidentRegistry).search, "visible", make)


@FAULTS.add("protected-in-search", "RR-PRT-002")
def protected_in_search(reference: Reference) -> None:
    """A search shows residents under active protection to everybody."""
    _seen(reference, lambda _: True)


@FAULTS.add("protected-in-search-by-postal-code", "RR-PRT-002")
def protected_in_search_by_postal_code(reference: Reference) -> None:
    """A search by nothing but the postal code shows residents under active protection to everybody."""
    _seen(reference, lambda call: call.query.keys() & FILTERS.keys() == {"postal_code"})


@FAULTS.add("protected-in-search-by-status", "RR-PRT-002")
def protected_in_search_by_status(reference: Reference) -> None:
    """A search with a status shows residents under active protection to everybody."""
    _seen(reference, lambda call: "status" in call.query)


def _retold(reference: Reference, retell: Callable[[Call, Any, list[Place]], None]) -> None:
    """The body of each search is told anew, by one who knows all places that match, hidden ones too."""
    search = reference.the(ResidentRegistry).search

    def make(original: Method) -> Method:
        def telling(call: Call) -> Answer:
            answer: Answer = deepcopy(original(call))
            criteria = {name: call.query[name] for name in FILTERS if name in call.query}
            everybody = Call(call.request, call.operation, call.path, _SEEING, call.now, call.query)
            retell(call, answer.body, search.find(everybody, criteria, "id"))
            return answer

        return telling

    revise(search, "search", make)


@FAULTS.add("protected-in-count", "RR-PRT-003")
def protected_in_count(reference: Reference) -> None:
    """A search leaves residents under active protection out of its results, and counts them."""

    def retell(call: Call, body: Any, everybody: list[Place]) -> None:
        body["resultset"]["count"] = len(everybody)

    _retold(reference, retell)


@FAULTS.add("protected-in-count-of-later-pages", "RR-PRT-003")
def protected_in_count_of_later_pages(reference: Reference) -> None:
    """The count of every page but the first includes residents under active protection."""

    def retell(call: Call, body: Any, everybody: list[Place]) -> None:
        if call.query["offset"]:
            body["resultset"]["count"] = len(everybody)

    _retold(reference, retell)


@FAULTS.add("protected-on-later-pages", "RR-PRT-002")
def protected_on_later_pages(reference: Reference) -> None:
    """On every page but the first a resident under active protection takes the place of the last one found."""
    search, visibility = reference.the(ResidentRegistry).search, reference.the(ResidentRegistry).visibility

    def retell(call: Call, body: Any, everybody: list[Place]) -> None:
        hidden = [place[1] for place in everybody if visibility.hides(call, place[1])]
        if call.query["offset"] and hidden and body["results"]:
            body["results"][-1] = search.line(hidden[0])

    _retold(reference, retell)


def _in_household(reference: Reference, when: Callable[[Call], bool]) -> None:
    """Where `when` says so, a household shows hidden members, as long as others are there too."""

    def make(visible: Method) -> Method:
        def leaky(call: Call, members: list[Entry]) -> list[Entry]:
            found: list[Entry] = visible(call, members)
            return members if found and when(call) else found

        return leaky

    revise(reference.the(ResidentRegistry).households, "visible", make)


@FAULTS.add("protected-in-household", "RR-PRT-004")
def protected_in_household(reference: Reference) -> None:
    """A household shows members under active protection to everybody, as long as others are there too."""
    _in_household(reference, lambda _: True)


@FAULTS.add("protected-in-household-of-the-past", "RR-PRT-004")
def protected_in_household_of_the_past(reference: Reference) -> None:
    """A household as of another day shows members under active protection to everybody."""
    _in_household(reference, lambda call: "as_of" in call.query)


@FAULTS.add("protected-household-confirmed", "RR-PRT-004")
def protected_household_confirmed(reference: Reference) -> None:
    """Whoever has a copy of a household from before the protection is told that it is current (304)."""
    _in_household(reference, again("getHousehold"))


@FAULTS.add("protected-head-named", "RR-PRT-004")
def protected_head_named(reference: Reference) -> None:
    """A household leaves a hidden head out of its members, and names the id of the head."""
    registry = reference.the(ResidentRegistry)

    def make(read: Method) -> Method:
        def naming(call: Call) -> Answer:
            answer: Answer = deepcopy(read(call))
            household_id, day, _ = call.target
            members = registry.register.members(household_id, day)
            answer.body["head_id"] = members[0].id if members else None
            return answer

        return naming

    revise(registry.households, "read", make)


@FAULTS.add("protected-household-empty", "RR-PRT-028")
def protected_household_empty(reference: Reference) -> None:
    """A household whose members are all hidden is shown without members, which says that there is one."""
    registry = reference.the(ResidentRegistry)

    def make(locate: Method) -> Method:
        def lenient(call: Call) -> None:
            try:
                locate(call)
            except Problem:
                if not call.withheld:
                    raise
                call.target = (call.path["household_id"], registry.register.today, [])

        return lenient

    revise(registry.households, "locate", make)


@FAULTS.add("protected-household-in-other-words", "RR-PRT-028", "RR-PRT-040")
def protected_household_in_other_words(reference: Reference) -> None:
    """The 404 for a household whose members are all hidden has another detail than that for an unknown one."""
    tell_apart(reference.the(ResidentRegistry).households, "locate", lambda _: True, in_other_words)


@FAULTS.add("protected-history", "RR-PRT-005")
def protected_history(reference: Reference) -> None:
    """The history of a resident is shown to everybody, hidden or not."""
    overlook(reference, asked("listResidentHistory"))


@FAULTS.add("protected-history-later-pages", "RR-PRT-005")
def protected_history_later_pages(reference: Reference) -> None:
    """The later pages of a history look at no protection: an empty page says that there is somebody."""
    overlook(reference, lambda call: call.operation.id == "listResidentHistory" and call.query["offset"] > 0)


@FAULTS.add("protected-history-in-other-words", "RR-PRT-005", "RR-PRT-040")
def protected_history_in_other_words(reference: Reference) -> None:
    """The 404 for the history of a hidden resident has another detail than that for an unknown one."""
    tell_apart(reference.the(ResidentRegistry).visibility, "in_path", asked("listResidentHistory"), in_other_words)


@FAULTS.add("protected-notification", "RR-PRT-008")
def protected_notification(reference: Reference) -> None:
    """A notification about hidden residents only is shown to everybody."""

    def make(visible_ids: Method) -> Method:
        def leaky(call: Call, notification: Notification) -> list[str]:
            found: list[str] = visible_ids(call, notification)
            return found if found or call.operation.id != "getNotification" else list(notification.resident_ids)

        return leaky

    revise(reference.the(ResidentRegistry).notifications, "visible_ids", make)


@FAULTS.add("protected-notification-confirmed", "RR-PRT-008")
def protected_notification_confirmed(reference: Reference) -> None:
    """Whoever has a copy of a notification from before the protection is told that it is current (304)."""
    overlook(reference, again("getNotification"))


@FAULTS.add("protected-in-notification", "RR-PRT-020")
def protected_in_notification(reference: Reference) -> None:
    """A notification names hidden residents too, as long as it concerns somebody else."""
    _in_notification(reference, lambda _: True)


@FAULTS.add("protected-in-notification-at-the-counter", "RR-PRT-020")
def protected_in_notification_at_the_counter(reference: Reference) -> None:
    """Clerks, who record notifications, see in them all residents that they are about."""
    _in_notification(reference, lambda call: call.caller.role == "clerk")


def _in_notification(reference: Reference, when: Callable[[Call], bool]) -> None:
    def make(visible_ids: Method) -> Method:
        def leaky(call: Call, notification: Notification) -> list[str]:
            found: list[str] = visible_ids(call, notification)
            shown = found and call.operation.id == "getNotification" and when(call)
            return list(notification.resident_ids) if shown else found

        return leaky

    revise(reference.the(ResidentRegistry).notifications, "visible_ids", make)
