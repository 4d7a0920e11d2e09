"""More faults of procedures: who did what, what stays of a withdrawn application, what a window reaches."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import rule
from conformance.reference.procedures.records import PAPER, WITHDRAWN, Application, Decision
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _service(reference: Reference) -> Procedures:
    return reference.the(Procedures)


def _shown(reference: Reference, change: Any, *methods: str) -> None:
    """What one side sees of an application passes through `change(body, application)`."""
    service = _service(reference)

    def make(original: Method) -> Method:
        def altered(*given: Any, **named: Any) -> Answer:
            answer: Answer = original(*given, **named)
            application = next(item for item in given if isinstance(item, Application))
            return changed(answer, body=change(answer.body, application))

        return altered

    for method in methods or ("to_administration", "to_applicant"):
        revise(service.showing, method, make)


@FAULTS.add("withdrawn-is-not-signed", "PR-STA-021")
def withdrawn_is_not_signed(reference: Reference) -> None:
    """A signed application that was withdrawn is shown as not signed."""
    _shown(reference, lambda body, a: {**body, "signed": False} if a.status == WITHDRAWN else body)


@FAULTS.add("withdrawn-loses-its-receipt", "PR-STA-021", "COM-SCH-001")
def withdrawn_loses_its_receipt(reference: Reference) -> None:
    """A received application that was withdrawn is shown without the moment of its receipt."""
    _shown(reference, lambda body, a: {**body, "received_at": None} if a.status == WITHDRAWN else body)


@FAULTS.add("withdrawn-loses-its-answers", "PR-STA-021")
def withdrawn_loses_its_answers(reference: Reference) -> None:
    """The administration reads a withdrawn application without its answers."""
    _shown(reference, lambda body, a: {**body, "answers": []} if a.status == WITHDRAWN else body, "to_administration")


@FAULTS.add("withdrawal-reason-lost", "PR-EVT-005")
def withdrawal_reason_lost(reference: Reference) -> None:
    """The event of a withdrawal does not show the reason that was given."""
    _event(reference, lambda event: changed(event, detail=None) if event.kind == "withdrawn" else event)


@FAULTS.add("approval-reason-not-in-its-event", "PR-EVT-005")
def approval_reason_not_in_its_event(reference: Reference) -> None:
    """The event of an approval does not show the reason that was given."""
    _event(reference, lambda event: changed(event, detail=None) if event.kind == "approved" else event)


def _event(reference: Reference, change: Any) -> None:
    service = _service(reference)

    def make(original: Method) -> Method:
        return lambda *given: change(original(*given))

    replace(service.lifecycle, "event", make)


@FAULTS.add("approval-reason-dropped", "PR-DEC-001")
def approval_reason_dropped(reference: Reference) -> None:
    """The reason that an approval gives is not kept in the decision."""

    def make(decision: Method) -> Method:
        def kept(call: Call, a: Application, outcome: str, reason: str | None) -> Decision:
            found: Decision = decision(call, a, outcome, reason)
            return changed(found, reason=None) if outcome == "approved" else found

        return kept

    replace(_service(reference).reviews, "decision", make)


@FAULTS.add("decided-by-who-reviewed", "PR-DEC-006")
def decided_by_who_reviewed(reference: Reference) -> None:
    """A decision names the client that started the review."""

    def make(decision: Method) -> Method:
        def kept(call: Call, a: Application, outcome: str, reason: str | None) -> Decision:
            found: Decision = decision(call, a, outcome, reason)
            return changed(found, decided_by=a.events[-1].actor)

        return kept

    replace(_service(reference).reviews, "decision", make)


@FAULTS.add("paper-arrived-today", "PR-DLN-011")
def paper_arrived_today(reference: Reference) -> None:
    """Paper is shown as having arrived on the day on which it was entered."""
    _service(reference)
    _shown(
        reference,
        lambda body, a: {**body, "arrived_on": body["received_at"][:10]} if a.channel == PAPER else body,
        "to_administration",
    )


@FAULTS.add("entered-by-who-acted-last", "PR-FIL-009", "PR-CON-002")
def entered_by_who_acted_last(reference: Reference) -> None:
    """An application names the client that acted last as the one that entered it."""
    _shown(reference, lambda body, a: {**body, "entered_by": a.events[-1].actor}, "to_administration")


@FAULTS.add("reduced-name-of-another-form", "PR-PRE-004")
def form_agrees_with_the_reduced_name(reference: Reference) -> None:
    """A form may repeat the reduced name in place of the name."""
    service = _service(reference)

    def make(agrees: Method) -> Method:
        def loose(form: Any, subject_id: str) -> bool:
            known = service.store.known(subject_id)
            reduced = known.person["name"].get("reduced") if known is not None else None
            said = form.get("register", {})
            if reduced is not None and said:
                name = known.person["name"]  # type: ignore[union-attr]
                said = {**said}
                for part in ("family", "given"):
                    if said.get(part) is not None and said[part] == reduced.get(part) and part in name:
                        said[part] = name[part]
                form = {**form, "register": said}
            return bool(agrees(form, subject_id))

        return loose

    revise(service.prefilling, "agrees", make)


@FAULTS.add("card-with-the-reduced-name", "PR-SIG-004")
def card_with_the_reduced_name(reference: Reference) -> None:
    """The certificate of a person may have the reduced name."""
    service = _service(reference)

    def make(is_of: Method) -> Method:
        def loose(holder: Any, person: Any) -> bool:
            if is_of(holder, person):
                return True
            for copy in service.store.copies.values():
                for member in copy.members:
                    reduced = member["name"].get("reduced")
                    if reduced is not None and member["name"]["family"] == person["family"]:
                        other = {**person, "family": reduced["family"]}
                        if "given" in reduced:
                            other["given"] = reduced["given"]
                        if is_of(holder, other):
                            return True
            return False

        return loose

    revise(service.signatures, "is_of", make)


@FAULTS.add("card-valid-through-its-last-moment", "PR-SIG-006")
def card_valid_all_of_its_last_day(reference: Reference) -> None:
    """A certificate is valid until the end of the day in Japan on which it ends."""
    from conformance.reference import dates
    from conformance.reference.clock import timestamp

    def make(valid: Method) -> Method:
        def longer(certificate: Any, now: int) -> bool:
            if valid(certificate, now):
                return True
            last = dates.to_micros(certificate["valid_until"])
            first = dates.to_micros(certificate["valid_from"])
            return (
                last is not None and first is not None and first <= now and timestamp(now)[:10] == timestamp(last)[:10]
            )

        return longer

    revise(_service(reference).signatures, "is_valid_at", make)


@FAULTS.add("draft-of-a-moved-window", "PR-CAT-002", "PR-CAT-005")
def offered_by_the_first_window(reference: Reference) -> None:
    """A procedure is listed as offered by the window with which it was created."""
    service = _service(reference)
    first: dict[str, Any] = {}

    def keeping(keep: Method) -> Method:
        def kept(procedure: Any) -> None:
            first.setdefault(procedure.code, procedure)
            keep(procedure)

        return kept

    replace(service.store, "keep_procedure", keeping)
    revise(
        service.catalogue,
        "offered",
        lambda _: (
            lambda day: [
                p for p in service.store.procedures.values() if service.catalogue.in_window(first.get(p.code, p), day)
            ]
        ),
    )


@FAULTS.add("whoever-drafts-for-a-child", "PR-FIL-010")
def applicant_may_be_protected_only_herself(reference: Reference) -> None:
    """Who is protected cannot apply for themselves."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def strict(procedure: Any, applicant_id: str, subject_id: str) -> None:
            check(procedure, applicant_id, subject_id)
            known = service.store.known(applicant_id)
            if known is not None and known.person["protected"] and applicant_id == subject_id:
                raise rule("unknown_applicant", "該当する申請者がありません / Unknown applicant", "/applicant_id")

        return strict

    revise(service.entitlement, "check", make)


@FAULTS.add("protected-applicant-for-the-family", "PR-FIL-010")
def protected_applicant_for_the_family(reference: Reference) -> None:
    """Who is protected cannot apply for others of the household."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def strict(procedure: Any, applicant_id: str, subject_id: str) -> None:
            check(procedure, applicant_id, subject_id)
            known = service.store.known(applicant_id)
            if known is not None and known.person["protected"] and applicant_id != subject_id:
                raise rule("unknown_subject", "該当する対象者がありません / Unknown subject", "/subject_id")

        return strict

    revise(service.entitlement, "check", make)


@FAULTS.add("procedures-in-use-by-applications-received", "PR-CAT-006")
def in_use_once_received(reference: Reference) -> None:
    """A procedure with drafts only may be changed in everything."""
    service = _service(reference)
    revise(
        service.store,
        "in_use",
        lambda _: (
            lambda code: any(a.procedure_code == code and a.receipt_number for a in service.store.applications.values())
        ),
    )


@FAULTS.add(
    "attachment-replaced-twice-forgets",
    "PR-ATT-001",
    "PR-STA-003",
    "PR-SUB-001",
    "PR-SUB-006",
    "PR-SUB-012",
    "PR-FRM-012",
)
def attachment_removed_by_the_next_form(reference: Reference) -> None:
    """A form that is put again takes away the attachments that were stored before it."""
    service = _service(reference)

    def make(put: Method) -> Method:
        def clearing(call: Call) -> Answer:
            if call.target.form is not None:
                call.target = service.store.keep(changed(call.target, attachments={}))
            return put(call)  # type: ignore[no-any-return]

        return clearing

    replace(service.forms, "put", make)


@FAULTS.add("digest-of-a-replaced-form", "PR-SUB-003")
def digest_of_any_former_form(reference: Reference) -> None:
    """A submission with the digest of a form that was replaced since is accepted."""
    service = _service(reference)
    earlier: set[str] = set()

    def make(put: Method) -> Method:
        def noted(call: Call) -> Answer:
            if call.target.form is not None:
                earlier.add(call.target.form.sha256)
            return put(call)  # type: ignore[no-any-return]

        return noted

    replace(service.forms, "put", make)
    revise(
        service.submissions, "is_form", lambda is_form: lambda digest, form: is_form(digest, form) or digest in earlier
    )


@FAULTS.add("signature-over-a-replaced-form", "PR-SIG-002")
def signature_over_a_former_form(reference: Reference) -> None:
    """A signature over a form that was replaced since is accepted."""
    service = _service(reference)
    earlier: list[bytes] = []

    def make(put: Method) -> Method:
        def noted(call: Call) -> Answer:
            if call.target.form is not None:
                earlier.append(call.target.form.content)
            return put(call)  # type: ignore[no-any-return]

        return noted

    replace(service.forms, "put", make, concerns=lambda call: call.target.form is not None)

    def signed(is_signed: Method) -> Method:
        def loose(key: Any, signature: str, content: bytes) -> bool:
            return bool(is_signed(key, signature, content)) or any(is_signed(key, signature, e) for e in earlier[-40:])

        return loose

    revise(service.signatures, "is_signed", signed)


@FAULTS.add("receipt-given-back-on-withdrawal", "PR-SUB-007")
def receipt_given_back(reference: Reference) -> None:
    """The receipt number of the application that was withdrawn last is given to the next one."""
    service = _service(reference)
    free: list[int] = []

    def withdrawing(withdraw: Method) -> Method:
        def back(call: Call) -> Answer:
            answer: Answer = withdraw(call)
            free.append(call.target.receipt_number)
            return answer

        return back

    received = service.visibility.was_received
    replace(service.online, "withdraw", withdrawing, concerns=lambda call: received(call.target))
    replace(service.store, "next_receipt", lambda following: lambda: free.pop() if free else following())
    # Lists stay by receipt number: what is given is wrong, not its place.
    revise(service.store, "received", lambda received: lambda: sorted(received(), key=_receipt))


def _receipt(application: Application) -> int:
    return application.receipt_number or 0


@FAULTS.add("applications-on-paper-of-clients", "PR-VIS-007", "COM-SCH-001")
def paper_form_is_empty(reference: Reference) -> None:
    """The form of an application on paper is an empty object for the administration."""
    from conformance.reference.procedures.forms import JSON

    service = _service(reference)

    def make(read: Method) -> Method:
        def empty(call: Call) -> Answer:
            if call.target.channel == PAPER:
                return Answer(200, b"{}", media_type=JSON)
            return read(call)  # type: ignore[no-any-return]

        return empty

    replace(service.forms, "read", make, concerns=lambda call: call.target.channel == PAPER)
