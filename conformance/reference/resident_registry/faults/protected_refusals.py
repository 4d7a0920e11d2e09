"""Faults of protection: a refusal or a repetition tells of somebody hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults.registry import FAULTS
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.cancellations import unknown_notification
from conformance.reference.resident_registry.faults.blindness import (
    asked,
    at_another_place,
    in_other_words,
    overlook_repeated,
    tell_apart,
    without_place,
)
from conformance.reference.resident_registry.service import ResidentRegistry
from conformance.reference.resident_registry.visibility import Visibility

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _visibility(reference: Reference) -> Visibility:
    return reference.the(ResidentRegistry).visibility


@FAULTS.add("protected-certificate-in-other-words", "RR-PRT-006", "RR-PRT-040")
def protected_certificate_in_other_words(reference: Reference) -> None:
    """The refusal of a certificate for a hidden resident has another detail than that for an unknown one."""
    tell_apart(_visibility(reference), "in_body", asked("issueCertificate"), in_other_words)


@FAULTS.add("protected-certificate-repeated", "RR-PRT-024")
def protected_certificate_repeated(reference: Reference) -> None:
    """A certificate is given again to whoever repeats the request, whoever is hidden since."""
    overlook_repeated(reference, asked("issueCertificate"))


@FAULTS.add("protected-look-up-repeated", "RR-PRT-030")
def protected_look_up_repeated(reference: Reference) -> None:
    """The answer to a look-up is given again to whoever repeats it, whoever is hidden since."""
    overlook_repeated(reference, asked("lookUpResident"))


@FAULTS.add("protected-number-repeated", "RR-PRT-030")
def protected_number_repeated(reference: Reference) -> None:
    """An Individual Number is told again to whoever repeats the inquiry, whoever is hidden since."""
    overlook_repeated(reference, asked("readIndividualNumber"))


@FAULTS.add("protected-notification-repeated", "RR-PRT-030")
def protected_notification_repeated(reference: Reference) -> None:
    """The answer to a notification is given again to whoever repeats it, whoever is hidden since."""
    overlook_repeated(reference, asked("registerAddressChange"))


@FAULTS.add("protected-number-refused-elsewhere", "RR-PRT-033", "RR-PRT-040")
def protected_number_refused_elsewhere(reference: Reference) -> None:
    """The refusal to tell the Individual Number of a hidden resident does not say which property it is about."""
    tell_apart(_visibility(reference), "in_body", asked("readIndividualNumber"), without_place)


@FAULTS.add("protected-move-out-refused-elsewhere", "RR-PRT-033", "RR-PRT-040")
def protected_move_out_refused_elsewhere(reference: Reference) -> None:
    """The refusal of the move-out of a hidden resident is about the whole content."""
    tell_apart(_visibility(reference), "in_body", asked("registerMoveOut"), at_another_place)


@FAULTS.add("protected-correction-in-other-words", "RR-PRT-033", "RR-PRT-040")
def protected_correction_in_other_words(reference: Reference) -> None:
    """The 404 for the correction of a hidden resident has another detail than that for an unknown one."""
    tell_apart(_visibility(reference), "in_path", asked("correctResident"), in_other_words)


@FAULTS.add("protected-issued-certificate-in-other-words", "RR-PRT-033")
def protected_issued_certificate_in_other_words(reference: Reference) -> None:
    """The 404 for a certificate of a hidden resident has another detail than that for an unknown one."""
    tell_apart(reference.the(ResidentRegistry).certificates, "locate", lambda _: True, in_other_words)


@FAULTS.add("protected-cancellation-refused-elsewhere", "RR-PRT-033", "RR-PRT-040")
def protected_cancellation_refused_elsewhere(reference: Reference) -> None:
    """The refusal to cancel a notification about a hidden resident does not say which property it is about."""

    def unplaced(_: Problem) -> Problem:
        return without_place(unknown_notification())

    tell_apart(reference.the(ResidentRegistry).cancellations, "named", lambda _: True, unplaced)
