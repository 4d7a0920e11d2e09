"""Faults about protections that have ended, and about what those who may see are shown meanwhile."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import rule
from conformance.reference.resident_registry.faults.blindness import When
from conformance.reference.resident_registry.records import Entry, Notification, Protection
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _still_hidden(reference: Reference, when: When) -> None:
    """In such calls whoever has a protection is hidden until it is over for as long as it may last."""
    visibility = reference.the(ResidentRegistry).visibility

    def ended(resident_id: str) -> bool:
        kept = visibility.protections.get(resident_id)
        return kept is not None and kept.last < visibility.register.today

    def hiding(hides: Method) -> Method:
        def still(call: Call, resident_id: str) -> bool:
            if when(call) and not visibility.privileged(call) and ended(resident_id):
                return True
            return bool(hides(call, resident_id))

        return still

    def listing(hidden_ids: Method) -> Method:
        def still(call: Call) -> frozenset[str]:
            found: frozenset[str] = hidden_ids(call)
            if not when(call) or visibility.privileged(call):
                return found
            return found | {resident_id for resident_id in visibility.protections if ended(resident_id)}

        return still

    revise(visibility, "hides", hiding)
    revise(visibility, "hidden_ids", listing)


def _of(*operations: str) -> When:
    return lambda call: call.operation.id in operations


@FAULTS.add("search-hides-after-the-end", "RR-PRT-015", "RR-PRT-022", "RR-PRT-026")
def search_hides_after_the_end(reference: Reference) -> None:
    """A search leaves out who has a protection, also one that has ended."""
    _still_hidden(reference, _of("searchResidents"))


@FAULTS.add("look-up-hides-after-the-end", "RR-PRT-022", "RR-PRT-026")
def look_up_hides_after_the_end(reference: Reference) -> None:
    """A look-up by number does not find who has a protection, also one that has ended."""
    _still_hidden(reference, _of("lookUpResident"))


@FAULTS.add("number-hidden-after-the-end", "RR-PRT-022")
def number_hidden_after_the_end(reference: Reference) -> None:
    """The Individual Number of who has a protection is not told, also when it has ended."""
    _still_hidden(reference, _of("readIndividualNumber"))


@FAULTS.add("history-hidden-after-the-end", "RR-PRT-022")
def history_hidden_after_the_end(reference: Reference) -> None:
    """The history of who has a protection is hidden, also when it has ended."""
    _still_hidden(reference, _of("listResidentHistory"))


@FAULTS.add("certificate-refused-after-the-end", "RR-PRT-050")
def certificate_refused_after_the_end(reference: Reference) -> None:
    """Who has a protection gets no certificate at the counter, also when it has ended."""
    _still_hidden(reference, _of("issueCertificate"))


@FAULTS.add("notification-refused-after-the-end", "RR-PRT-050")
def notification_refused_after_the_end(reference: Reference) -> None:
    """A notification about who has a protection is refused at the counter, also when it has ended."""
    _still_hidden(
        reference,
        _of("registerMoveOut", "registerAddressChange", "registerHouseholdChange", "registerDeath"),
    )


@FAULTS.add("correction-refused-after-the-end", "RR-PRT-050")
def correction_refused_after_the_end(reference: Reference) -> None:
    """A correction of who has a protection is refused at the counter, also when it has ended."""
    _still_hidden(reference, _of("correctResident"))


@FAULTS.add("cancellation-refused-after-the-end", "RR-PRT-050")
def cancellation_refused_after_the_end(reference: Reference) -> None:
    """The cancellation of what names somebody who has a protection is refused, also when it has ended."""
    _still_hidden(reference, _of("cancelNotification"))


@FAULTS.add("export-leaves-out-after-the-end", "RR-PRT-051")
def export_leaves_out_after_the_end(reference: Reference) -> None:
    """An export cannot name who has a protection, also when it has ended."""
    _still_hidden(reference, lambda call: call.operation.id == "createExport" and "resident_ids" in call.body)


@FAULTS.add("export-hidden-after-the-end", "RR-PRT-051")
def export_hidden_after_the_end(reference: Reference) -> None:
    """An export that holds somebody who has a protection is not given any more, also when that has ended."""
    _still_hidden(reference, _of("getExport", "getExportContent"))


@FAULTS.add("officer-sees-households-without-hidden", "RR-PRT-011")
def officer_sees_households_without_hidden(reference: Reference) -> None:
    """A household leaves protected members out for those who look after them, too."""
    registry = reference.the(ResidentRegistry)

    def make(visible: Method) -> Method:
        def blind(call: Call, members: list[Entry]) -> list[Entry]:
            found: list[Entry] = visible(call, members)
            left = [entry for entry in found if not registry.visibility.is_protected(entry.id)]
            return left or found

        return blind

    revise(registry.households, "visible", make)


@FAULTS.add("officer-sees-notifications-without-hidden", "RR-PRT-011")
def officer_sees_notifications_without_hidden(reference: Reference) -> None:
    """A notification leaves protected persons out for those who look after them, too, where it names others."""
    registry = reference.the(ResidentRegistry)

    def make(visible_ids: Method) -> Method:
        def blind(call: Call, notification: Notification) -> list[str]:
            found: list[str] = visible_ids(call, notification)
            left = [resident_id for resident_id in found if not registry.visibility.is_protected(resident_id)]
            return left if left and call.operation.method == "GET" else found

        return blind

    revise(registry.notifications, "visible_ids", make)


@FAULTS.add("officer-sees-no-hidden-head", "RR-PRT-011", "RR-PRT-036")
def officer_sees_no_hidden_head(reference: Reference) -> None:
    """The head_id of a household whose head is protected is null for those who look after protected persons, too."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def headless(household_id: str, day: str, members: list[Entry]) -> dict[str, Any]:
            told: dict[str, Any] = body(household_id, day, members)
            hidden = told["head_id"] is not None and registry.visibility.is_protected(told["head_id"])
            return {**told, "head_id": None} if hidden else told

        return headless

    revise(registry.households, "body", make)


@FAULTS.add("protection-of-one-day-refused", "RR-PRT-052")
def protection_of_one_day_refused(reference: Reference) -> None:
    """A protection of one day, whose from and to are the same, is refused."""

    def make(check_period: Method) -> Method:
        def strict(first: str, last: str) -> None:
            if first == last:
                raise rule("period_invalid", "終了日が開始日より後ではありません / The period is empty", "/to")
            check_period(first, last)

        return strict

    revise(reference.the(ResidentRegistry).rules, "check_period", make)


@FAULTS.add("protection-category-of-the-first", "RR-PRT-038")
def protection_category_of_the_first(reference: Reference) -> None:
    """A replacement of a protection changes its period, and not its category."""
    registry = reference.the(ResidentRegistry)

    def make(put: Method) -> Method:
        def kept(call: Call) -> Answer:
            before: Protection | None = registry.visibility.protections.get(call.target.id)
            answer: Answer = put(call)
            if before is None:
                return answer
            after = registry.visibility.protections[call.target.id]
            registry.visibility.protections[call.target.id] = dataclasses.replace(after, category=before.category)
            body = registry.protections.body(registry.visibility.protections[call.target.id])
            return Answer(answer.status, body, [("ETag", registry.entity_tag(body))])

        return kept

    replace(registry.protections, "put", make, concerns=lambda call: call.target.id in registry.visibility.protections)


@FAULTS.add("protection-shown-without-its-last-day", "RR-PRT-013")
def protection_shown_without_its_last_day(reference: Reference) -> None:
    """On its last day a protection is shown as not active, though it hides."""
    registry = reference.the(ResidentRegistry)

    def make(body: Method) -> Method:
        def early(protection: Protection) -> dict[str, Any]:
            told: dict[str, Any] = body(protection)
            return {**told, "active": told["active"] and protection.last != registry.register.today}

        return early

    revise(registry.protections, "body", make)


@FAULTS.add("protection-tag-without-active", "COM-CND-003")
def protection_tag_without_active(reference: Reference) -> None:
    """The entity tag of a protection is that of what was set: it stays when the protection becomes active or ends."""

    def make(tag: Method) -> Method:
        return lambda body: tag(
            {name: value for name, value in body.items() if name != "active"}
            if isinstance(body, dict) and "category" in body
            else body
        )

    revise(reference.pipeline.preconditions, "tag", make)
