"""Faults of signatures: one is not asked for, or something of it is not examined."""

from __future__ import annotations

import json
from dataclasses import replace as altered
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from conformance.reference import dates
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.procedures.faults.told import retell
from conformance.reference.procedures.records import Application, Document, Procedure
from conformance.reference.procedures.service import Procedures
from conformance.reference.procedures.signatures import Json

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("signature-never-required", "PR-SIG-001")
def signature_never_required(reference: Reference) -> None:
    """A submission needs no signature, whatever the procedure says."""
    revise(reference.the(Procedures).submissions, "needs_signature", lambda _: lambda procedure: False)


def _signed(reference: Reference, also: Any) -> None:
    """A signature over other bytes is taken for right too."""
    signatures = reference.the(Procedures).signatures

    def make(is_signed: Method) -> Method:
        def lenient(key: Json, signature: str, content: bytes) -> bool:
            return any(is_signed(key, signature, other) for other in (content, *also(content)))

        return lenient

    revise(signatures, "is_signed", make)


@FAULTS.add("signature-of-the-form-not-verified", "PR-SIG-002")
def signature_of_the_form_not_verified(reference: Reference) -> None:
    """The signature over the form is not verified."""
    revise(reference.the(Procedures).signatures, "is_signed", lambda _: lambda key, signature, content: True)


@FAULTS.add("signature-over-the-same-json", "PR-SIG-002")
def signature_over_the_same_json(reference: Reference) -> None:
    """A signature over the form written anew, without white space, is taken for right."""

    def also(content: bytes) -> list[bytes]:
        return [json.dumps(json.loads(content), ensure_ascii=False, separators=(",", ":")).encode()]

    _signed(reference, also)


@FAULTS.add("signature-over-the-digest", "PR-SIG-002")
def signature_over_the_digest(reference: Reference) -> None:
    """A signature over the digest of the form, as text, is taken for right."""
    _signed(reference, lambda content: [sha256(content).hexdigest().encode()])


@FAULTS.add("signed-not-shown-to-the-applicant", "PR-SIG-003")
def signed_not_shown_to_the_applicant(reference: Reference) -> None:
    """The answer to a signed submission says that it is not signed."""

    def change(body: Any) -> None:
        body["signed"] = False

    retell(reference, "POST", "/online_applications/*/submissions", change)
    retell(reference, "GET", "/online_applications/*", change)


def _holder(reference: Reference, *members: str) -> None:
    """Of the holder of a certificate only these members are compared."""

    def make(is_of: Method) -> Method:
        return lambda holder, person: all(holder.get(name) == person.get(name) for name in members)

    revise(reference.the(Procedures).signatures, "is_of", make)


@FAULTS.add("card-of-anybody-in-the-house", "PR-SIG-004")
def card_of_anybody_in_the_house(reference: Reference) -> None:
    """Of the holder of a certificate only the address is compared."""
    _holder(reference, "town", "lot")


@FAULTS.add("certificate-of-any-issuer", "PR-SIG-005")
def certificate_of_any_issuer(reference: Reference) -> None:
    """The signature of the issuer is not verified."""
    revise(reference.the(Procedures).signatures, "is_issued", lambda _: lambda raw, signature: True)


@FAULTS.add("lapsed-certificate-accepted", "PR-SIG-006")
def lapsed_certificate_accepted(reference: Reference) -> None:
    """A certificate that was valid once is valid for good."""

    def make(is_valid_at: Method) -> Method:
        def lenient(certificate: Json, now: int) -> bool:
            first = dates.to_micros(certificate["valid_from"])
            return first is not None and first <= now

        return lenient

    revise(reference.the(Procedures).signatures, "is_valid_at", make)


@FAULTS.add("certificate-not-valid-yet-accepted", "PR-SIG-006")
def certificate_not_valid_yet_accepted(reference: Reference) -> None:
    """A certificate may be used before it is valid."""

    def make(is_valid_at: Method) -> Method:
        def lenient(certificate: Json, now: int) -> bool:
            last = dates.to_micros(certificate["valid_until"])
            return last is not None and now < last

        return lenient

    revise(reference.the(Procedures).signatures, "is_valid_at", make)


@FAULTS.add("certificate-of-a-former-address", "PR-SIG-007")
def certificate_of_a_former_address(reference: Reference) -> None:
    """The address of a certificate is not compared with the copy."""
    _holder(reference, "family", "given", "birth_date", "sex")


@FAULTS.add("certificate-of-another-lot", "PR-SIG-007")
def certificate_of_another_lot(reference: Reference) -> None:
    """Of the address of a certificate only the town is compared."""
    _holder(reference, "family", "given", "birth_date", "sex", "town")


@FAULTS.add("signature-that-is-not-needed-not-examined", "PR-SIG-002")
def signature_that_is_not_needed_not_examined(reference: Reference) -> None:
    """A signature is examined only where the procedure requires one."""
    submissions = reference.the(Procedures).submissions

    def make(check_signature: Method) -> Method:
        def lenient(call: Call, procedure: Procedure, application: Application, form: Document) -> None:
            if submissions.needs_signature(procedure):
                check_signature(call, procedure, application, form)

        return lenient

    revise(submissions, "check_signature", make)


@FAULTS.add("signature-that-is-not-needed-not-told", "PR-SIG-003")
def signature_that_is_not_needed_not_told(reference: Reference) -> None:
    """Whoever signs what needs no signature is shown as not having signed."""
    service = reference.the(Procedures)

    def make(submit: Method) -> Method:
        def untold(call: Call) -> Any:
            submit(call)
            received = service.store.applications[call.target.id]
            return service.showing.to_applicant(200, service.store.keep(altered(received, signed=False)))

        return untold

    replace(service.submissions, "submit", make, lambda call: not _required(service, call) and "signature" in call.body)


def _required(service: Procedures, call: Call) -> bool:
    return service.submissions.needs_signature(service.showing.procedure_of(call.target))


@FAULTS.add("signature-outlives-its-submission", "PR-SIG-009", "PR-STA-021")
def signature_outlives_its_submission(reference: Reference) -> None:
    """A returned application is read as signed, as its submission was."""
    service = reference.the(Procedures)

    def make(send_back: Method) -> Method:
        def kept(call: Call) -> Any:
            answer = send_back(call)
            service.store.keep(altered(service.store.applications[call.target.id], signed=True))
            return answer

        return kept

    replace(service.reviews, "send_back", make, lambda call: call.target.signed)


@FAULTS.add("received-shown-as-signed", "PR-SIG-009")
def received_shown_as_signed(reference: Reference) -> None:
    """The administration reads what was received online as signed, whether it was or not."""

    def change(body: Any) -> None:
        if body["channel"] == "online" and body["status"] == "received":
            body["signed"] = True

    retell(reference, "GET", "/applications/*", change)
