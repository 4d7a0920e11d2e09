"""What the documents leave free: the shape of form ids, orders, audit entries of repetitions, the order of rules."""

from __future__ import annotations

from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.records import POST, Claim, Copy, Json, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("forms-numbered")
def forms_numbered(reference: Reference) -> None:
    """Forms have ids of twelve digits, as printed forms often have."""
    service = reference.the(BenefitPayments)
    given: dict[str, str] = {}

    def make(form_id: Method) -> Method:
        def numbered(before: Copy | None) -> str:
            found: str = form_id(before)
            return given.setdefault(found, str(900_000_000_001 + len(given))) if before is None else found

        return numbered

    replace(service.copies, "form_id", make, concerns=lambda before: before is None)


@LIBERTIES.add("repetitions-not-audited")
def repetitions_not_audited(reference: Reference) -> None:
    """A form that is entered again leaves no further audit entry."""

    def make(enter: Method) -> Method:
        def quiet(call: Call) -> Answer:
            answer: Answer = enter(call)
            if answer.status == 200:
                call.subjects.clear()
            return answer

        return quiet

    replace(reference.the(BenefitPayments).postal_claims, "enter", make)


@LIBERTIES.add("newest-claims-first")
def newest_claims_first(reference: Reference) -> None:
    """The list of claims begins with the one that came last, and `review` has another order."""
    service = reference.the(BenefitPayments)

    def turned(method: Method) -> Method:
        return lambda *arguments: method(*arguments)[::-1]

    replace(service.claims, "find", turned)
    replace(service.accounts, "review", turned)


@LIBERTIES.add("intake-examined-from-the-back")
def intake_examined_from_the_back(reference: Reference) -> None:
    """The rules for a form are examined from the back: an earlier claim first, the channel last."""
    service = reference.the(BenefitPayments)
    postal, intake = service.postal_claims, service.intake

    def make(_: Method) -> Method:
        def check(party: Party, content: dict[str, Any]) -> None:
            programme = service.books.programme_of(party)
            intake.check_no_other(party, POST)
            postal.check_opted_out(party, content)
            postal.check_members(party, content["member_ids"])
            intake.check_claimant(party, content["claimant_id"])
            postal.check_postmark(content["postmarked_on"])
            intake.check_day(programme, content["postmarked_on"], "/postmarked_on")
            intake.check_channel(programme, POST)

        return check

    replace(postal, "check", make)


@LIBERTIES.add("nobody-opted-out-either-way")
def nobody_opted_out_either_way(reference: Reference) -> None:
    """A form that is entered again with empty `opted_out_ids` is the same as one without them."""

    def make(repeats: Method) -> Method:
        def alike(before: Claim, content: Json) -> bool:
            return bool(repeats(changed(before, content=_filled(before.content)), _filled(content)))

        return alike

    revise(reference.the(BenefitPayments).postal_claims, "repeats", make)


def _filled(content: Json) -> Json:
    return {"opted_out_ids": [], **content} if content else content


@LIBERTIES.add("reduced-for-each")
def reduced_for_each(reference: Reference) -> None:
    """Where a separation, or a return, takes several shares off a claim, each of them has an entry `reduced`."""
    service = reference.the(BenefitPayments)

    def make(enter: Method) -> Method:
        def parted(call: Call, programme_id: str, lines: list[tuple[str, Claim, str | None, int]]) -> Any:
            unit = service.books.programmes[programme_id].unit_amount
            each = [(k, c, b, m) for k, c, b, n in lines for m in ([unit] * (n // unit) if k == "reduced" else [n])]
            return enter(call, programme_id, each)

        return parted

    replace(service.ledger, "enter", make, concerns=lambda *args: any(line[0] == "reduced" for line in args[2]))
