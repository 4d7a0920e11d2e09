"""Faults of procedures, planted to find what no script notices: clients, repetition, sizes, callers, moments."""

from __future__ import annotations

import asyncio
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import conflict, rule
from conformance.reference.procedures.records import (
    DRAFT,
    ONLINE,
    RECEIVED,
    RETURNED,
    REVIEWING,
    Application,
    Copy,
    Document,
    Event,
    Procedure,
)
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _service(reference: Reference) -> Procedures:
    return reference.the(Procedures)


def _alter(part: object, method: str, change: Any) -> None:
    revise(part, method, lambda original: lambda *given: change(original(*given), *given))


# --- clients and tokens --------------------------------------------------------------------------------------------------


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


@FAULTS.add("own-by-token", "PR-SUB-002")
def own_by_token(reference: Reference) -> None:
    """An application exists for the access token with which it was begun: with a new one it is a 404."""
    service = _service(reference)
    by: dict[str, str | None] = {}

    def creating(create: Method) -> Method:
        def kept(call: Call) -> Answer:
            answer: Answer = create(call)
            by[answer.body["id"]] = call.request.joined("authorization")
            return answer

        return kept

    replace(service.online, "create", creating)
    _alter(
        service.visibility,
        "made",
        lambda found, call, a: found and by.get(a.id) in (None, call.request.joined("authorization")),
    )


@FAULTS.add("applicants-of-one-role-are-one", "PR-VIS-001")
def other_client_reads_withdrawn(reference: Reference) -> None:
    """What was withdrawn as a draft, or decided, can be read by every client that may apply."""
    _alter(
        _service(reference).visibility,
        "made",
        lambda found, call, a: found or (a.channel == ONLINE and a.status in ("withdrawn", "approved", "rejected") and call.operation.method == "GET"),
    )


@FAULTS.add("approver-reads-address", "PR-VIS-003")
def approver_reads_address(reference: Reference) -> None:
    """The address in the application of a protected person is shown to approvers who read it."""
    _alter(
        _service(reference).visibility,
        "hides_address",
        lambda hidden, call, _: hidden and not (call.caller.role == "approver" and call.operation.method == "GET"),
    )


@FAULTS.add("viewer-reads-address", "PR-VIS-003")
def viewer_reads_address(reference: Reference) -> None:
    """The address in the application of a protected person is shown to viewers."""
    _alter(
        _service(reference).visibility, "hides_address", lambda hidden, call, _: hidden and call.caller.role != "viewer"
    )


@FAULTS.add("clerk-reads-address", "PR-VIS-003")
def clerk_reads_address(reference: Reference) -> None:
    """The address in the application of a protected person is shown to clerks who read it."""
    _alter(
        _service(reference).visibility,
        "hides_address",
        lambda hidden, call, _: hidden and not (call.caller.role == "clerk" and call.operation.method == "GET"),
    )


def _address_in(reference: Reference, operation: str) -> None:
    _alter(
        _service(reference).visibility, "hides_address", lambda hidden, call, _: hidden and call.operation.id != operation
    )


@FAULTS.add("protected-address-in-the-return", "PR-VIS-003")
def protected_address_in_the_return(reference: Reference) -> None:
    """The answer to a return shows the address of a protected person to everybody."""
    _address_in(reference, "returnApplication")


@FAULTS.add("protected-address-in-the-review", "PR-VIS-003")
def protected_address_in_the_review(reference: Reference) -> None:
    """The answer to the start of a review shows the address of a protected person to everybody."""
    _address_in(reference, "startReview")


@FAULTS.add("protected-address-on-paper", "PR-VIS-003")
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


# --- repetition ------------------------------------------------------------------------------------------------------------


def _returns(application: Application) -> int:
    return sum(event.kind == "returned" for event in application.events)


@FAULTS.add("returned-once-only", "PR-STA-002")
def returned_once_only(reference: Reference) -> None:
    """An application can be returned once: a second return is a 409 wrong_status."""
    service = _service(reference)

    def make(send_back: Method) -> Method:
        def once(call: Call) -> Answer:
            if _returns(call.target) and call.target.status == REVIEWING:
                raise conflict("wrong_status", "差戻しは1回までです / Returned before")
            return send_back(call)  # type: ignore[no-any-return]

        return once

    replace(service.reviews, "send_back", make)


@FAULTS.add("second-correction-within-the-window", "PR-DLN-004")
def second_correction_within_the_window(reference: Reference) -> None:
    """The submission of an application that was returned a second time has to come within the window."""
    _alter(_service(reference).submissions, "has_window", lambda found, a: found or _returns(a) > 1)


@FAULTS.add("second-correction-renews-the-receipt", "PR-SUB-008")
def second_correction_renews_the_receipt(reference: Reference) -> None:
    """The second correction of an application has the moment of its arrival as that of the receipt."""
    _alter(
        _service(reference).submissions,
        "receipt",
        lambda found, call, a: {**found, "received_at": call.now} if _returns(a) > 1 else found,
    )


@FAULTS.add("second-return-not-notified", "PR-NTF-002")
def second_return_not_notified(reference: Reference) -> None:
    """The applicant is notified of the first return only."""

    def first(found: list[Event], application: Application) -> list[Event]:
        kept, seen = [], 0
        for event in found:
            seen += event.kind == "returned"
            if event.kind != "returned" or seen == 1:
                kept.append(event)
        return kept

    _alter(_service(reference).lifecycle, "notifications", first)


@FAULTS.add("second-correction-keeps-its-data", "PR-PRE-008")
def second_correction_keeps_its_data(reference: Reference) -> None:
    """What is prefilled in an application that was returned a second time no longer follows the register."""
    _alter(_service(reference).prefilling, "follows", lambda found, a: found and _returns(a) < 2)


@FAULTS.add("third-application-refused", "PR-DUP-005", "PR-DUP-007")
def third_application_refused(reference: Reference) -> None:
    """A subject may apply twice for one procedure; a third application is refused, whatever became of the others."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def twice(procedure: Procedure, applicant_id: str, subject_id: str, held: frozenset[str]) -> None:
            check(procedure, applicant_id, subject_id, held)
            if len(service.store.about(procedure.code, subject_id)) > 1:
                raise conflict("already_applied", "申請済みです / Applied before", "/procedure_code")

        return twice

    revise(service.entitlement, "check_no_other", make)


@FAULTS.add("form-replaced-twice-is-the-first", "PR-FRM-003")
def form_replaced_twice(reference: Reference) -> None:
    """The administration reads the form as it was received first, also after a correction."""
    service = _service(reference)
    first: dict[str, Document] = {}

    def make(submit: Method) -> Method:
        def kept(call: Call) -> Answer:
            answer: Answer = submit(call)
            application = service.store.applications[call.target.id]
            if application.form is not None:
                first.setdefault(application.id, application.form)
            return answer

        return kept

    replace(service.submissions, "submit", make)

    def reading(read: Method) -> Method:
        def former(call: Call) -> Answer:
            if call.operation.id == "getApplicationForm" and call.target.id in first:
                call.target = changed(call.target, form=first[call.target.id])
            return read(call)  # type: ignore[no-any-return]

        return former

    replace(service.forms, "read", reading, concerns=lambda call: call.operation.id == "getApplicationForm")


@FAULTS.add("administration-reads-the-submitted-form", "PR-FRM-003")
def administration_reads_the_submitted_form(reference: Reference) -> None:
    """While an application is returned, the administration reads the form of its last submission."""
    service = _service(reference)
    last: dict[str, Document] = {}

    def make(submit: Method) -> Method:
        def kept(call: Call) -> Answer:
            answer: Answer = submit(call)
            application = service.store.applications[call.target.id]
            if application.form is not None:
                last[application.id] = application.form
            return answer

        return kept

    replace(service.submissions, "submit", make)

    def reading(read: Method) -> Method:
        def former(call: Call) -> Answer:
            if call.operation.id == "getApplicationForm" and call.target.status == RETURNED and call.target.id in last:
                call.target = changed(call.target, form=last[call.target.id])
            return read(call)  # type: ignore[no-any-return]

        return former

    replace(service.forms, "read", reading, concerns=lambda call: call.operation.id == "getApplicationForm")


# --- windows that change -----------------------------------------------------------------------------------------------------


@FAULTS.add("window-as-the-draft-began", "PR-DLN-010")
def window_as_the_draft_began(reference: Reference) -> None:
    """A submission is held against the window that the procedure had when the draft was begun."""
    service = _service(reference)
    windows: dict[str, Procedure] = {}

    def creating(create: Method) -> Method:
        def kept(call: Call) -> Answer:
            answer: Answer = create(call)
            windows[answer.body["id"]] = service.store.procedures[answer.body["procedure_code"]]
            return answer

        return kept

    replace(service.online, "create", creating)

    def make(check: Method) -> Method:
        def former(call: Call, application: Application, form: Document) -> None:
            in_window = service.catalogue.in_window
            kept = windows.get(application.id)
            service.catalogue.in_window = lambda p, day: in_window(kept or p, day)  # type: ignore[method-assign]
            try:
                check(call, application, form)
            finally:
                service.catalogue.in_window = in_window  # type: ignore[method-assign]

        return former

    replace(service.submissions, "check", make)


@FAULTS.add("window-changed-holds-for-the-list-only", "PR-DLN-010")
def window_of_creation_for_paper(reference: Reference) -> None:
    """Paper is held against the first window that a procedure had."""
    service = _service(reference)
    windows: dict[str, Procedure] = {}

    def keeping(keep: Method) -> Method:
        def kept(procedure: Procedure) -> None:
            windows.setdefault(procedure.code, procedure)
            keep(procedure)

        return kept

    replace(service.store, "keep_procedure", keeping)
    revise(
        service.papers,
        "is_in_time",
        lambda original: lambda p, day: service.catalogue.in_window(windows.get(p.code, p), day),
    )


# --- numbers -----------------------------------------------------------------------------------------------------------------


@FAULTS.add("receipts-of-each-procedure", "PR-SUB-007", "PR-SUB-013")
def receipts_of_each_procedure(reference: Reference) -> None:
    """Receipt numbers begin with 1 in each procedure."""
    service = _service(reference)
    numbers: dict[str, int] = {}

    def make(receipt: Method) -> Method:
        def apart(call: Call, application: Application) -> dict[str, Any]:
            found: dict[str, Any] = receipt(call, application)
            if "receipt_number" in found:
                numbers[application.procedure_code] = numbers.get(application.procedure_code, 0) + 1
                found = {**found, "receipt_number": numbers[application.procedure_code]}
            return found

        return apart

    replace(service.submissions, "receipt", make)


@FAULTS.add("notice-numbers-of-each-procedure", "PR-DEC-004")
def notice_numbers_of_each_procedure(reference: Reference) -> None:
    """Notices are numbered for each procedure: those of two procedures have the same numbers."""
    service = _service(reference)
    numbers: dict[str, int] = {}

    def make(_: Method) -> Method:
        def apart(application: Application) -> str:
            numbers[application.procedure_code] = numbers.get(application.procedure_code, 0) + 1
            return f"notice-{numbers[application.procedure_code]}"

        return apart

    replace(service.reviews, "notice_number", make)


@FAULTS.add("notice-numbers-of-approvals-and-rejections", "PR-DEC-004")
def notice_numbers_of_outcomes(reference: Reference) -> None:
    """Rejections are numbered by the subject: a second rejection of the same person has the same notice number."""
    service = _service(reference)
    revise(
        service.reviews, "notice_number", lambda number: lambda application: f"notice-{application.subject_id}"[:40]
    )


# --- lists, sizes --------------------------------------------------------------------------------------------------------------


@FAULTS.add("list-by-subject-or-applicant", "PR-VIS-006")
def list_by_subject_or_applicant(reference: Reference) -> None:
    """A list by subject has the applications too that the person made for others."""
    _alter(
        _service(reference).applications,
        "matches",
        lambda found, a, wanted: found
        or (wanted.get("subject_id") == a.applicant_id and all(getattr(a, n) == v for n, v in wanted.items() if n != "subject_id")),
    )


@FAULTS.add("answers-of-ten", "PR-FRM-009", "PR-FRM-011")
def answers_of_ten(reference: Reference) -> None:
    """The administration reads the first ten answers of an application."""
    service = _service(reference)

    def cut(answer: Answer, *_: Any, **__: Any) -> Answer:
        return changed(answer, body={**answer.body, "answers": list(answer.body["answers"])[:10]})

    revise(service.showing, "to_administration", lambda original: lambda *a, **k: cut(original(*a, **k)))


@FAULTS.add("three-attachments-shown", "PR-ATT-007")
def three_attachments_shown(reference: Reference) -> None:
    """Of the attachments of an application three are shown."""
    service = _service(reference)

    def cut(answer: Answer) -> Answer:
        return changed(answer, body={**answer.body, "attachments": list(answer.body["attachments"])[:3]})

    for method in ("to_administration", "to_applicant"):
        revise(service.showing, method, lambda original: lambda *a, **k: cut(original(*a, **k)))


@FAULTS.add("persons-behind-the-fifth-unknown", "PR-FIL-006")
def persons_behind_the_fifth_unknown(reference: Reference) -> None:
    """Who stands in a copy behind the fifth person cannot be applied for by others."""
    service = _service(reference)

    def make(check: Method) -> Method:
        def strict(procedure: Procedure, applicant_id: str, subject_id: str) -> None:
            check(procedure, applicant_id, subject_id)
            copy = service.store.copy_with(subject_id)
            if copy is not None and subject_id != applicant_id:
                if subject_id in [person["resident_id"] for person in copy.members][5:]:
                    raise rule("unknown_subject", "該当する対象者がありません / Unknown subject", "/subject_id")

        return strict

    revise(service.entitlement, "check", make)


@FAULTS.add("attachment-named-twice", "PR-SUB-006")
def attachment_named_twice(reference: Reference) -> None:
    """A form may name a stored attachment twice."""

    def make(_: Method) -> Method:
        def loose(named: Any, stored: Any) -> bool:
            said = {(item["name"], item["sha256"]) for item in named}
            return said == {(name, document.sha256) for name, document in stored.items()}

        return loose

    revise(_service(reference).submissions, "names_attachments", make)


# --- copies --------------------------------------------------------------------------------------------------------------------


@FAULTS.add("later-date-of-the-same-copy-ignored", "PR-REG-002", "COM-CND-007", "COM-CND-008")
def later_date_of_the_same_copy_ignored(reference: Reference) -> None:
    """A copy with a later as_of and an equal household is answered, and the former as_of is kept."""
    service = _service(reference)

    def make(keep: Method) -> Method:
        def kept(copy: Copy) -> None:
            before = service.store.copies.get(copy.household_id)
            keep(before if before is not None and before.household == copy.household else copy)

        return kept

    replace(service.store, "keep_copy", make)


@FAULTS.add("copy-of-the-same-day-keeps-the-protection", "PR-REG-001", "PR-VIS-009")
def copy_of_the_same_day_keeps_the_protection(reference: Reference) -> None:
    """A copy with the as_of of the stored one is stored, but who is protected stays as it was."""
    service = _service(reference)

    def make(keep: Method) -> Method:
        def kept(copy: Copy) -> None:
            before = service.store.copies.get(copy.household_id)
            if before is not None and before.as_of == copy.as_of:
                was = {p["resident_id"]: p["protected"] for p in before.members}
                members = [{**p, "protected": was.get(p["resident_id"], p["protected"])} for p in copy.members]
                copy = changed(copy, household={**copy.household, "members": members})
            keep(copy)

        return kept

    replace(service.store, "keep_copy", make)


# --- audit ---------------------------------------------------------------------------------------------------------------------


def _quiet(reference: Reference, when: Any) -> None:
    replace(
        reference.audit,
        "record",
        lambda record: lambda call, status, outcome: None,
        concerns=lambda call, status, outcome: when(call, status),
    )


@FAULTS.add("refused-review-not-audited", "PR-AUD-007")
def refused_review_not_audited(reference: Reference) -> None:
    """A review, a return or a decision that is refused with 403 leaves no audit entry."""
    _quiet(reference, lambda call, status: call.operation.id in ("startReview", "returnApplication", "decideApplication") and status == 403)


@FAULTS.add("events-read-not-audited", "COM-AUD-001")
def events_read_not_audited(reference: Reference) -> None:
    """Reading the events of an application beyond the first page leaves no audit entry."""
    _quiet(reference, lambda call, status: call.operation.id == "listEvents" and call.query.get("offset", 0) > 0)


@FAULTS.add("attachment-of-the-administration-not-audited", "COM-AUD-001")
def attachment_of_the_administration_not_audited(reference: Reference) -> None:
    """Reading an attachment by the administration leaves no audit entry."""
    _quiet(reference, lambda call, status: call.operation.id == "getAttachment")


# --- at the same moment ----------------------------------------------------------------------------------------------------------


@FAULTS.add("form-put-while-submitted", "PR-FRM-010")
def form_put_while_submitted(reference: Reference) -> None:
    """A form that is put while the application is submitted replaces the one that was submitted."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "putForm", "edit", DRAFT)


@FAULTS.add("withdrawal-while-submitted", "PR-STA-020", "PR-SUB-009")
def withdrawal_while_submitted(reference: Reference) -> None:
    """A submission that arrived before the withdrawal is carried out after it: the withdrawn application is received."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "submitApplication", "submit", DRAFT)


@FAULTS.add("two-reviews-at-once", "PR-STA-017")
def two_reviews_at_once(reference: Reference) -> None:
    """Of starts of a review at the same moment all are carried out, each with its event."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "startReview", "review", RECEIVED)


@FAULTS.add("two-returns-at-once", "PR-STA-018", "PR-STA-019")
def two_returns_at_once(reference: Reference) -> None:
    """Of returns at the same moment all are carried out, each with its event."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "returnApplication", "return", REVIEWING)


@FAULTS.add("two-withdrawals-at-once", "PR-WDR-004")
def two_withdrawals_at_once(reference: Reference) -> None:
    """Of withdrawals at the same moment all are carried out, each with its event."""
    service = _service(reference)
    _status_as_it_arrived(reference, service, "withdrawApplication", "withdraw", DRAFT)


def _status_as_it_arrived(reference: Reference, service: Procedures, operation: str, action: str, status: str) -> None:
    seen: dict[int, str] = {}
    carrying: list[str] = []

    def entering(enter: Method) -> Method:
        async def waits(call: Call) -> None:
            found = service.store.applications.get(call.path.get("application_id", ""))
            seen[id(call)] = found.status if found is not None else ""
            await asyncio.sleep(0.05)
            await enter(call)

        return waits

    def carry(carry_out: Method) -> Method:
        def carried(of: Any, call: Call) -> Answer:
            carrying.append(seen.pop(id(call), ""))
            try:
                return carry_out(of, call)  # type: ignore[no-any-return]
            finally:
                carrying.pop()

        return carried

    def after(original: Method) -> Method:
        def as_seen(now: str, wanted: str) -> str | None:
            if carrying and wanted == action and carrying[-1] == status:
                now = status
            found: str | None = original(now, wanted)
            return found

        return as_seen

    replace(reference.pipeline, "enter", entering, concerns=lambda call: call.operation.id == operation)
    replace(reference.pipeline, "carry_out", carry, concerns=lambda _, call: call.operation.id == operation)
    replace(service.lifecycle, "after", after, concerns=lambda _, wanted: wanted == action)


# --- services together -------------------------------------------------------------------------------------------------------------


@FAULTS.add("dead-for-good", "XS-DTH-007")
def dead_for_good(reference: Reference) -> None:
    """Who was fetched as deceased stays so, also when the death was cancelled in the registry."""
    from conformance.reference.benefit_payments.service import BenefitPayments

    dead: dict[str, Any] = {}

    def make(present: Method) -> Method:
        def lasting(registry: Any, entry: Any) -> Any:
            found = present(registry, entry)
            if found.status == "deceased":
                dead.setdefault(found.id, found)
            return dead.get(found.id, found)

        return lasting

    replace(reference.the(BenefitPayments).fetches, "present", make)


@FAULTS.add("corrections-not-fetched-again", "XS-TXT-006")
def corrections_not_fetched_again(reference: Reference) -> None:
    """A household that is fetched again keeps the names of the first fetch, whatever was corrected."""
    from conformance.reference.benefit_payments.service import BenefitPayments

    first: dict[str, Any] = {}

    def make(person: Method) -> Method:
        def kept(registry: Any, entry: Any) -> Any:
            found = person(registry, entry)
            return {**found, "name": first.setdefault(found["resident_id"], found["name"])}

        return kept

    replace(reference.the(BenefitPayments).fetches, "person", make)


@FAULTS.add("protected-for-good", "XS-PRO-012", "XS-PRO-013")
def protected_for_good(reference: Reference) -> None:
    """Who was fetched as protected once stays so, also when the protection was ended."""
    from conformance.reference.benefit_payments.service import BenefitPayments

    once: set[str] = set()

    def make(protected: Method) -> Method:
        def lasting(registry: Any, entry: Any) -> bool:
            if protected(registry, entry):
                once.add(entry.id)
            return entry.id in once

        return lasting

    for kind in (BenefitPayments, Procedures):
        replace(reference.the(kind).fetches, "protected", make)


@FAULTS.add("households-fetched-as-of-the-first-fetch", "XS-HHD-009", "XS-HHD-010", "XS-AFT-004")
def households_fetched_backwards(reference: Reference) -> None:
    """The outcomes of a fetch of several households stand in the order of their ids."""
    service = _service(reference)

    def make(fetch: Method) -> Method:
        def ordered(call: Call) -> Answer:
            answer: Answer = fetch(call)
            results = sorted(answer.body["results"], key=lambda item: item["household_id"])
            return changed(answer, body={"results": results})

        return ordered

    from conformance.reference.benefit_payments.service import BenefitPayments

    replace(service.fetches, "fetch", make)
    replace(reference.the(BenefitPayments).fetches, "fetch", make)


@FAULTS.add("five-households-fetched", "XS-HHD-009")
def five_households_fetched(reference: Reference) -> None:
    """Of households fetched together those behind the third are said to be unchanged, and not fetched."""
    from conformance.reference.benefit_payments.service import BenefitPayments

    service = reference.the(BenefitPayments)

    def make(take: Method) -> Method:
        def some(call: Call, programme: Any, household_id: str) -> str:
            if household_id in call.body["household_ids"][3:]:
                return "unchanged"
            return str(take(call, programme, household_id))

        return some

    replace(service.fetches, "take", make)


@FAULTS.add("claim-window-by-the-day-of-entry", "BP-INT-023")
def claim_window_by_the_day_of_entry(reference: Reference) -> None:
    """A form that was posted in time and is entered after the window has ended is refused."""
    from conformance.reference.benefit_payments.service import BenefitPayments

    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def late(party: Any, content: Any) -> None:
            service.intake.check_day(service.books.programme_of(party), service.clock.today(), "/postmarked_on")
            check(party, content)

        return late

    revise(service.postal_claims, "check", make)
