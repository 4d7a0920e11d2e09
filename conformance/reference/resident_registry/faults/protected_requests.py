"""Faults of protection: a request may name somebody hidden, or gets what was made before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.resident_registry.faults.blindness import (
    again,
    asked,
    overlook,
    overlook_listed,
    overlook_named,
)
from conformance.reference.resident_registry.records import ACTIVE, Entry, Notification
from conformance.reference.resident_registry.rules import not_active
from conformance.reference.resident_registry.service import ResidentRegistry
from conformance.reference.resident_registry.visibility import Visibility

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _visibility(reference: Reference) -> Visibility:
    return reference.the(ResidentRegistry).visibility


@FAULTS.add("protected-on-certificate", "RR-PRT-006")
def protected_on_certificate(reference: Reference) -> None:
    """A certificate is issued for everybody, hidden or not."""
    overlook_named(reference, lambda call, entry, pointer: call.operation.id == "issueCertificate")


def _status_first(reference: Reference, operation: str) -> None:
    """The operation looks at the status of a resident before it looks whether that resident is hidden."""
    visibility = _visibility(reference)

    def make(in_body: Method) -> Method:
        def hasty(call: Call, resident_id: str, pointer: str) -> Entry:
            entry = visibility.register.known(resident_id)
            if entry is not None and entry.status != ACTIVE and call.operation.id == operation:
                raise not_active(pointer)
            found: Entry = in_body(call, resident_id, pointer)
            return found

        return hasty

    revise(visibility, "in_body", make)


@FAULTS.add("protected-certificate-status-first", "RR-PRT-006")
def protected_certificate_status_first(reference: Reference) -> None:
    """A certificate for a hidden resident who has moved out is refused with 409, which says that there is one."""
    _status_first(reference, "issueCertificate")


@FAULTS.add("protected-move-out-status-first", "RR-PRT-007")
def protected_move_out_status_first(reference: Reference) -> None:
    """A move-out of a hidden resident who has moved out is refused with 409, which says that there is one."""
    _status_first(reference, "registerMoveOut")


@FAULTS.add("protected-dies", "RR-PRT-007", "RR-PRT-030")
def protected_dies(reference: Reference) -> None:
    """The death of a hidden resident is recorded by everybody."""
    overlook(reference, asked("registerDeath"))


@FAULTS.add("protected-named-second", "RR-PRT-007")
def protected_named_second(reference: Reference) -> None:
    """Of several residents named together only the first must not be hidden."""
    notified = ("registerMoveOut", "registerAddressChange", "registerHouseholdChange")
    overlook_named(
        reference,
        lambda call, entry, pointer: (
            call.operation.id in notified and pointer.startswith("/resident_ids/") and pointer != "/resident_ids/0"
        ),
    )


@FAULTS.add("protected-splits-off", "RR-PRT-007")
def protected_splits_off(reference: Reference) -> None:
    """A hidden resident may be split off from the household by everybody."""
    overlook(reference, lambda call: call.operation.id == "registerHouseholdChange" and call.body["kind"] == "split")


@FAULTS.add("protected-becomes-head", "RR-PRT-007")
def protected_becomes_head(reference: Reference) -> None:
    """A change of head may name a hidden resident as the new head: the refusal that follows is another one."""
    overlook_named(
        reference,
        lambda call, entry, pointer: call.operation.id == "registerHouseholdChange" and pointer == "/new_head_id",
    )


@FAULTS.add("protected-remains-as-head", "RR-PRT-007")
def protected_remains_as_head(reference: Reference) -> None:
    """An address change may name a hidden resident as the head of those who stay: the refusal is another one."""
    overlook_named(
        reference,
        lambda call, entry, pointer: call.operation.id == "registerAddressChange" and pointer == "/remaining_head_id",
    )


@FAULTS.add("protected-related", "RR-PRT-007")
def protected_related(reference: Reference) -> None:
    """A change of head may give the relationship of a hidden resident: the refusal is another one."""
    overlook_named(reference, lambda call, entry, pointer: pointer.startswith("/relationships/"))


@FAULTS.add("protected-look-up", "RR-PRT-009")
def protected_look_up(reference: Reference) -> None:
    """The look-up of a number finds everybody, hidden or not."""
    overlook(reference, asked("lookUpResident"))


@FAULTS.add("protected-look-up-by-code", "RR-PRT-009")
def protected_look_up_by_code(reference: Reference) -> None:
    """The look-up of a resident code finds everybody, hidden or not; that of an Individual Number does not."""
    overlook(reference, lambda call: call.operation.id == "lookUpResident" and "resident_code" in call.body)


@FAULTS.add("protected-number-told", "RR-PRT-021")
def protected_number_told(reference: Reference) -> None:
    """The Individual Number of everybody is told, hidden or not."""
    overlook_named(reference, lambda call, entry, pointer: call.operation.id == "readIndividualNumber")


@FAULTS.add("protected-moved-out-number-told", "RR-PRT-021")
def protected_moved_out_number_told(reference: Reference) -> None:
    """The Individual Number of a hidden resident who has moved out is told."""
    overlook_named(
        reference,
        lambda call, entry, pointer: call.operation.id == "readIndividualNumber" and entry.status != ACTIVE,
    )


@FAULTS.add("protected-cancelled", "RR-PRT-018", "RR-PRT-030")
def protected_cancelled(reference: Reference) -> None:
    """A notification that names a hidden resident may be cancelled by everybody."""
    overlook(reference, asked("cancelNotification"))


@FAULTS.add("protected-cancelled-by-the-first", "RR-PRT-018")
def protected_cancelled_by_the_first(reference: Reference) -> None:
    """Of the residents whom a notification names, only the first keeps it from being cancelled."""
    registry = reference.the(ResidentRegistry)

    def make(named: Method) -> Method:
        def hasty(call: Call) -> Notification:
            found = registry.register.notifications.get(call.body["notification_id"])
            if found is not None and not registry.visibility.hides(call, found.resident_ids[0]):
                return found
            notification: Notification = named(call)
            return notification

        return hasty

    revise(registry.cancellations, "named", make)


@FAULTS.add("protected-issued-certificate", "RR-PRT-019")
def protected_issued_certificate(reference: Reference) -> None:
    """An issued certificate is shown to everybody, whoever is hidden since."""
    overlook(reference, asked("getCertificate"))


@FAULTS.add("protected-certificate-confirmed", "RR-PRT-019")
def protected_certificate_confirmed(reference: Reference) -> None:
    """Whoever has a copy of a certificate from before the protection is told that it is current (304)."""
    overlook(reference, again("getCertificate"))


@FAULTS.add("protected-on-household-certificate", "RR-PRT-027")
def protected_on_household_certificate(reference: Reference) -> None:
    """A household certificate shows every member, hidden or not."""

    def make(of: Method) -> Method:
        def everybody(call: Call, entries: Iterable[Entry]) -> list[Entry]:
            members = list(entries)
            found: list[Entry] = of(call, members)
            return members if call.operation.id == "issueCertificate" else found

        return everybody

    revise(_visibility(reference), "of", make)


@FAULTS.add("protected-household-joined", "RR-PRT-029")
def protected_household_joined(reference: Reference) -> None:
    """Everybody may move into a household whose members are all hidden, which says that there is one."""

    def make(of: Method) -> Method:
        def everybody(call: Call, entries: Iterable[Entry]) -> list[Entry]:
            members = list(entries)
            found: list[Entry] = of(call, members)
            return members if call.operation.id == "registerMoveIn" else found

        return everybody

    revise(_visibility(reference), "of", make)


@FAULTS.add("protected-in-export", "RR-PRT-010")
def protected_in_export(reference: Reference) -> None:
    """An export of everybody holds hidden residents too."""
    overlook_listed(reference, asked("createExport"))


@FAULTS.add("protected-exported-by-name", "RR-PRT-031")
def protected_exported_by_name(reference: Reference) -> None:
    """An export may name hidden residents."""
    overlook_named(reference, lambda call, entry, pointer: call.operation.id == "createExport")


@FAULTS.add("protected-in-earlier-export", "RR-PRT-032")
def protected_in_earlier_export(reference: Reference) -> None:
    """The content of an export is given to whoever made it, whoever is hidden since."""
    overlook_listed(reference, asked("getExportContent"))


@FAULTS.add("protected-in-earlier-export-state", "RR-PRT-032")
def protected_in_earlier_export_state(reference: Reference) -> None:
    """The state of an export is told whoever is hidden since; its content is not."""
    overlook_listed(reference, asked("getExport"))


@FAULTS.add("protected-corrected", "RR-PRT-023")
def protected_corrected(reference: Reference) -> None:
    """Everybody is corrected at the counter, hidden or not."""
    overlook(reference, asked("correctResident"))


@FAULTS.add("protected-correction-conditions-first", "RR-PRT-023")
def protected_correction_conditions_first(reference: Reference) -> None:
    """A correction looks at If-Match before it looks whether the resident is hidden: 428 and 412 say there is one."""
    registry = reference.the(ResidentRegistry)

    def make(in_path: Method) -> Method:
        def hasty(call: Call) -> Entry:
            entry = registry.register.known(call.path["resident_id"])
            if (
                entry is not None
                and call.operation.id == "correctResident"
                and registry.visibility.hides(call, entry.id)
            ):
                call.target = entry
                reference.pipeline.preconditions.check_change(call, registry.corrections.tag(call))
            found: Entry = in_path(call)
            return found

        return hasty

    revise(registry.visibility, "in_path", make)
