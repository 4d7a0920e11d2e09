"""Faults of procedures: clients and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace
from conformance.reference.procedures.records import (
    ONLINE,
    Application,
)

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.procedures.faults.acting import _alter, _service


@FAULTS.add("applications-counted-by-client", "PR-DUP-006", "PR-DUP-001")
def applications_counted_by_client(reference: Reference) -> None:
    """Online applications that another client has begun for the subject do not hold back a draft."""
    service = _service(reference)

    def make(create: Method) -> Method:
        def apart(call: Call) -> Answer:
            others = service.entitlement.others
            service.entitlement.others = lambda *given: [  # type: ignore[method-assign]
                a for a in others(*given) if a.channel != ONLINE or a.entered_by == call.caller.client
            ]
            try:
                return create(call)  # type: ignore[no-any-return]
            finally:
                service.entitlement.others = others  # type: ignore[method-assign]

        return apart

    replace(service.online, "create", make)


@FAULTS.add("own-by-token", "PR-SUB-002", "COM-IDM-008", "COM-SEC-005", "PR-DLN-002", "PR-SIG-006")
def own_by_token(reference: Reference) -> None:
    """An application exists for the access token with which it was begun: with a new one it is a 404."""
    service = _service(reference)
    by: dict[str, str] = {}

    def creating(create: Method) -> Method:
        def kept(call: Call) -> Answer:
            answer: Answer = create(call)
            by[answer.body["id"]] = reference.tokens.text(call.request)
            return answer

        return kept

    replace(service.online, "create", creating)
    _alter(
        service.visibility,
        "made",
        lambda found, call, a: found and by.get(a.id) in (None, reference.tokens.text(call.request)),
    )


@FAULTS.add("applicants-of-one-role-are-one", "PR-VIS-001")
def other_client_reads_withdrawn(reference: Reference) -> None:
    """What was withdrawn as a draft, or decided, can be read by every client that may apply."""
    _alter(
        _service(reference).visibility,
        "made",
        lambda found, call, a: (
            found
            or (
                a.channel == ONLINE
                and a.status in ("withdrawn", "approved", "rejected")
                and call.operation.method == "GET"
            )
        ),
    )


@FAULTS.add("approver-reads-address", "PR-VIS-003")
def approver_reads_address(reference: Reference) -> None:
    """The address in the application of a protected person is shown to approvers who read it."""
    _alter(
        _service(reference).visibility,
        "hides_address",
        lambda hidden, call, _: hidden and not (call.caller.role == "approver" and call.operation.method == "GET"),
    )


@FAULTS.add("viewer-reads-address", "PR-VIS-003", "XS-PRO-011")
def viewer_reads_address(reference: Reference) -> None:
    """The address in the application of a protected person is shown to viewers."""
    _alter(
        _service(reference).visibility, "hides_address", lambda hidden, call, _: hidden and call.caller.role != "viewer"
    )


@FAULTS.add("clerk-reads-address", "PR-VIS-003", "XS-PRO-008", "XS-PRO-010")
def clerk_reads_address(reference: Reference) -> None:
    """The address in the application of a protected person is shown to clerks who read it."""
    _alter(
        _service(reference).visibility,
        "hides_address",
        lambda hidden, call, _: hidden and not (call.caller.role == "clerk" and call.operation.method == "GET"),
    )


def _address_in(reference: Reference, operation: str) -> None:
    _alter(
        _service(reference).visibility,
        "hides_address",
        lambda hidden, call, _: hidden and call.operation.id != operation,
    )


@FAULTS.add("protected-address-in-the-return", "PR-VIS-003")
def protected_address_in_the_return(reference: Reference) -> None:
    """The answer to a return shows the address of a protected person to everybody."""
    _address_in(reference, "returnApplication")


@FAULTS.add("protected-address-in-the-review", "PR-VIS-003")
def protected_address_in_the_review(reference: Reference) -> None:
    """The answer to the start of a review shows the address of a protected person to everybody."""
    _address_in(reference, "startReview")


@FAULTS.add("protected-address-on-paper", "PR-VIS-003", "XS-PRO-010")
def protected_address_on_paper(reference: Reference) -> None:
    """The answer to the entry of paper shows the address of a protected person to everybody."""
    _address_in(reference, "enterPaperApplication")


@FAULTS.add("protected-address-after-decision", "PR-VIS-003")
def protected_address_after_decision(reference: Reference) -> None:
    """Once an application is decided, the address of a protected person is shown to everybody who reads it."""
    service = _service(reference)

    def make(shown: Method) -> Method:
        def open_(call: Call, application: Application, *rest: Any, **named: Any) -> Answer:
            if application.decision is None or call.operation.id != "getApplication":
                return shown(call, application, *rest, **named)  # type: ignore[no-any-return]
            hides = service.visibility.hides_address
            service.visibility.hides_address = lambda *_: False  # type: ignore[method-assign]
            try:
                return shown(call, application, *rest, **named)  # type: ignore[no-any-return]
            finally:
                service.visibility.hides_address = hides  # type: ignore[method-assign]

        return open_

    replace(service.showing, "to_administration", make, concerns=lambda call, a, *_, **__: a.decision is not None)
