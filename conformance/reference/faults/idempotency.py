"""Faults of repeated requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.clock import timestamp
from conformance.reference.faults.registry import FAULTS
from conformance.reference.operations import Parameter
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem, Violation, conflict
from conformance.reference.service import Service

if TYPE_CHECKING:
    from conformance.reference.application import Reference
    from conformance.reference.idempotency import IdempotencyStore

Violations = tuple[Violation, ...]
HOUR = 3_600_000_000


@FAULTS.add("idempotency-key-ignored", "COM-IDM-003", "COM-IDM-004", "COM-IDM-005", "COM-IDM-007", "COM-IDM-008")
def idempotency_key_ignored(reference: Reference) -> None:
    """For address changes and certificates Idempotency-Key means nothing: every request is carried out."""

    def moves(call: Call, *_: Answer) -> bool:
        return call.operation.id in {"registerAddressChange", "issueCertificate"}

    replace(reference.idempotency, "begin", lambda _: lambda call: None, moves)
    replace(reference.idempotency, "finish", lambda _: lambda call, answer: None, moves)


def _header(reference: Reference, lenient: Any) -> None:
    """Idempotency-Key is examined less: `lenient(call)` says where nothing is found wrong with it."""

    def make(check: Method) -> Method:
        def checked(call: Call, parameter: Parameter) -> Violations:
            found: Violations = check(call, parameter)
            return () if parameter.name == "Idempotency-Key" and lenient(call) else found

        return checked

    revise(reference.pipeline, "check_header", make)


@FAULTS.add("idempotency-key-optional", "COM-IDM-001")
def idempotency_key_optional(reference: Reference) -> None:
    """A POST without Idempotency-Key is carried out."""
    _header(reference, lambda call: call.key is None)


@FAULTS.add("idempotency-key-optional-for-look-ups", "COM-IDM-001")
def idempotency_key_optional_for_look_ups(reference: Reference) -> None:
    """A look-up by number is carried out without Idempotency-Key."""
    _header(reference, lambda call: call.key is None and call.operation.id == "lookUpResident")


@FAULTS.add("idempotency-key-of-any-form", "COM-IDM-002")
def idempotency_key_of_any_form(reference: Reference) -> None:
    """Any text serves as Idempotency-Key."""
    _header(reference, lambda call: call.key is not None)


@FAULTS.add("idempotency-key-one-too-long", "COM-IDM-002")
def idempotency_key_one_too_long(reference: Reference) -> None:
    """An Idempotency-Key may be one character longer than its pattern allows."""
    _header(reference, lambda call: call.key is not None and len(call.key) == 65)


def _again(reference: Reference, alter: Any) -> None:
    """What is given again for a repetition is not what was given first."""

    def make(again: Method) -> Method:
        def altered(answer: Answer) -> Answer:
            kept: Answer = again(answer)
            return alter(kept) if isinstance(kept.body, dict) else kept

        return altered

    revise(reference.idempotency, "again", make)


def _with(answer: Answer, **members: Any) -> Answer:
    return Answer(answer.status, {**answer.body, **members}, answer.headers, answer.media_type, answer.names)


@FAULTS.add("replay-with-new-time", "COM-IDM-003", "COM-IDM-005", "COM-IDM-008")
def replay_with_new_time(reference: Reference) -> None:
    """A repeated notification is answered with the moment of the repetition."""

    def now(answer: Answer) -> Answer:
        return _with(answer, recorded_at=timestamp(0)) if "recorded_at" in answer.body else answer

    _again(reference, now)


@FAULTS.add("replay-without-result", "COM-IDM-003", "COM-IDM-005", "COM-IDM-008")
def replay_without_result(reference: Reference) -> None:
    """A repeated look-up finds nobody."""
    _again(reference, lambda answer: _with(answer, resident=None) if answer.body.get("resident") else answer)


@FAULTS.add("replay-with-new-serial-number", "COM-IDM-003", "COM-IDM-005", "COM-IDM-008")
def replay_with_new_serial_number(reference: Reference) -> None:
    """A repeated order of a certificate is answered with another serial number."""

    def renumbered(answer: Answer) -> Answer:
        number = answer.body.get("serial_number")
        return answer if number is None else _with(answer, serial_number=number[::-1])

    _again(reference, renumbered)


@FAULTS.add("replay-located-elsewhere", "COM-IDM-003")
def replay_located_elsewhere(reference: Reference) -> None:
    """A repeated notification is answered with a Location that leads to nothing."""

    def elsewhere(answer: Answer) -> Answer:
        headers = [(name, value[:-1] if name == "Location" else value) for name, value in answer.headers]
        return Answer(answer.status, answer.body, headers, answer.media_type, answer.names)

    _again(reference, elsewhere)


@FAULTS.add("key-reused-gives-first-answer", "COM-IDM-004")
def key_reused_gives_first_answer(reference: Reference) -> None:
    """A key that is used again with another body is answered with the first answer."""
    store = reference.idempotency
    _reused(reference, lambda call, kept: kept.answer)
    for service in reference.services.values():
        # It is not looked at whom the answer names: a form that the other body names may be none at all.
        replace(service, "hides", lambda _: lambda *_: False, concerns=lambda call, _: _is_reused(store, call))


@FAULTS.add("key-reused-is-conflict", "COM-IDM-004")
def key_reused_is_conflict(reference: Reference) -> None:
    """A key that is used again with another body is a 409 idempotency_in_progress."""

    def conflicting(call: Call, kept: Any) -> Answer:
        raise conflict("idempotency_in_progress", "鍵は使われています / The key is in use")

    _reused(reference, conflicting)


@FAULTS.add("key-reused-under-another-code", "COM-IDM-004")
def key_reused_under_another_code(reference: Reference) -> None:
    """A key that is used again for another resident's number is a 422, as if there were no such resident."""

    def unknown(call: Call, kept: Any) -> Answer:
        raise Problem(422, "unknown_resident", "該当する住民がいません / There is no such resident")

    _reused(reference, unknown, "readIndividualNumber")


def _reused(reference: Reference, answer: Any, *operations: str) -> None:
    """What a key used for another body (of some operations) is answered with."""
    store = reference.idempotency

    def make(begin: Method) -> Method:
        def begun(call: Call) -> Any:
            kept = store.kept(call)
            return answer(call, kept)

        return begun

    def reused(call: Call) -> bool:
        return (not operations or call.operation.id in operations) and _is_reused(store, call)

    replace(store, "begin", make, concerns=reused)


def _is_reused(store: IdempotencyStore, call: Call) -> bool:
    """Whether a key comes again whose answer is kept, with another body."""
    kept = store.kept(call)
    return kept is not None and kept.answer is not None and kept.digest != store.digest(call)


@FAULTS.add("key-compared-by-length", "COM-IDM-004")
def key_compared_by_length(reference: Reference) -> None:
    """Two bodies of a notification under one key count as the same where they are of the same length."""
    replace(
        reference.idempotency,
        "digest",
        lambda _: lambda call: str(len(call.raw_body)).encode(),
        concerns=lambda call: call.operation.id in {"registerMoveOut", "registerDeath"},
    )


@FAULTS.add("same-key-at-once-carried-out-twice", "COM-IDM-005")
def same_key_at_once_carried_out_twice(reference: Reference) -> None:
    """Keys are looked up on arrival: of certificates ordered at the same moment with one key each is issued."""
    arrived: dict[int, Any] = {}

    def issues(call: Call) -> bool:
        return call.operation.id == "issueCertificate"

    def entering(_: Method) -> Method:
        async def enter(call: Call) -> None:
            arrived[id(call)] = reference.idempotency._kept.get(reference.idempotency.place(call))
            await asyncio.sleep(0.02)

        return enter

    replace(reference.pipeline, "enter", entering, concerns=issues)
    replace(reference.idempotency, "kept", lambda kept: lambda call: arrived.pop(id(call), None), concerns=issues)


@FAULTS.add("idempotency-keys-shared", "COM-IDM-006")
def idempotency_keys_shared(reference: Reference) -> None:
    """A key belongs to the operation alone: one client gets the answer to another client's request."""
    clients = list(reference.clients.by_id)
    _also_kept_for(reference, lambda call: [(client, call.service, call.operation.id) for client in clients])


@FAULTS.add("idempotency-keys-of-all-operations", "COM-IDM-009")
def idempotency_keys_of_all_operations(reference: Reference) -> None:
    """A key belongs to a client of a service: used for another operation it is refused as used for another body."""
    operations = {service.name: tuple(service.router.operations) for service in reference.services.values()}

    def owners(call: Call) -> list[tuple[str, str, str]]:
        return [(call.caller.client, call.service, operation) for operation in operations[call.service]]

    _also_kept_for(reference, owners)


def _also_kept_for(reference: Reference, owners: Any) -> None:
    """Keys are found in other places than their own."""
    store = reference.idempotency

    def make(kept: Method) -> Method:
        def found(call: Call) -> Any:
            own = kept(call)
            if own is not None:
                return own
            places = ((*owner, call.key or "") for owner in owners(call))
            return next((store._kept[place] for place in places if place in store._kept), None)

        return found

    revise(store, "kept", make)


@FAULTS.add("idempotency-key-for-anything", "COM-IDM-011")
def idempotency_key_for_anything(reference: Reference) -> None:
    """The path is not compared: the same key and content for another thing get the answer about the first one."""
    revise(reference.idempotency, "thing", lambda _: lambda call: ())


@FAULTS.add("idempotency-key-for-other-applications", "COM-IDM-011")
def idempotency_key_for_other_applications(reference: Reference) -> None:
    """Only submissions do not compare the path: that of one application is answered as another one was."""

    def make(thing: Method) -> Method:
        def among_submissions(call: Call) -> Any:
            return () if call.operation.id == "submitApplication" else thing(call)

        return among_submissions

    revise(reference.idempotency, "thing", make)


@FAULTS.add("replay-with-second-effect", "COM-IDM-007")
def replay_with_second_effect(reference: Reference) -> None:
    """A repeated address change is answered as before, and recorded once more."""

    def make(repeated: Method) -> Method:
        def again(service: Service, call: Call) -> Answer | None:
            kept: Answer | None = repeated(service, call)
            if kept is not None:
                service.handlers[call.operation.id].perform(call)
            return kept

        return again

    replace(
        reference.pipeline,
        "repeated",
        make,
        concerns=lambda service, call: call.operation.id == "registerAddressChange",
    )


@FAULTS.add("idempotency-kept-for-an-hour", "COM-IDM-008")
def idempotency_kept_for_an_hour(reference: Reference) -> None:
    """A key is forgotten after an hour."""
    revise(reference.idempotency, "in_time", lambda _: lambda now, since: abs(now - since) <= HOUR)


@FAULTS.add("idempotency-kept-for-almost-a-day", "COM-IDM-008")
def idempotency_kept_for_almost_a_day(reference: Reference) -> None:
    """A key is forgotten after 23 hours and a half."""
    revise(reference.idempotency, "in_time", lambda _: lambda now, since: abs(now - since) <= 47 * HOUR // 2)
