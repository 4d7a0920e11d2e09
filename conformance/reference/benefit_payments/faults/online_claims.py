"""Faults of online claims: typed members, deadlines, and who sees what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter, rename
from conformance.reference.benefit_payments.records import ONLINE, REJECTED, Claim, Json, Member, Party, Programme
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise
from conformance.reference.problems import Problem

if TYPE_CHECKING:
    from conformance.reference.application import Reference
    from conformance.reference.service import Service

Typed = list[dict[str, Any]]
Places = list[int] | None


@FAULTS.add("not-head-taken-online", "BP-INT-001", "BP-SEP-018")
def not_head_taken_online(reference: Reference) -> None:
    """Anybody of a household may claim for it online."""
    service = reference.the(BenefitPayments)

    def make(check: Method) -> Method:
        def lenient(party: Party, programme: Programme, call: Call) -> Any:
            try:
                return check(party, programme, call)
            except Problem as refusal:
                if refusal.code != "claimant_not_head":
                    raise
            members = service.online_claims.members(party, call.body["members"])
            service.intake.check_no_other(party, ONLINE)
            return members

        return lenient

    revise(service.online_claims, "check", make)


def _placed(reference: Reference, place: Callable[[Method, Typed, list[Json], list[Json]], Places]) -> None:
    """Typed members are found in another way."""

    def make(places: Method) -> Method:
        return lambda typed, members, others: place(places, typed, members, others)

    revise(reference.the(BenefitPayments).online_claims, "places", make)


@FAULTS.add("typed-stranger-taken", "BP-INT-002", "BP-SEP-006", "BP-SEP-023")
def typed_stranger_taken(reference: Reference) -> None:
    """Whoever is typed behind the members is left out."""
    _placed(reference, lambda places, typed, members, others: places(typed[: len(members)], members, others))


@FAULTS.add("missing-member-added", "BP-INT-002")
def missing_member_added(reference: Reference) -> None:
    """A member who is not typed is added, as long as the head is."""

    def added(places: Method, typed: Typed, members: list[Json], others: list[Json]) -> Places:
        found: Places = places(typed, members, others)
        head: Places = places(typed, members[:1], others) if found is None and len(typed) < len(members) else None
        return found if head is None else [*head, *head * (len(members) - 1)]

    _placed(reference, added)


def _born_alike(typed: Typed, members: list[Json]) -> Typed:
    """What is typed, with the birth dates of the members of the same place."""
    dated = [{**one, "birth_date": person["birth_date"]["value"]} for one, person in zip(typed, members, strict=False)]
    return [*dated, *typed[len(dated) :]]


@FAULTS.add("typed-birth-date-not-compared", "BP-INT-002")
def typed_birth_date_not_compared(reference: Reference) -> None:
    """Typed members whose dates match nobody are found by their names alone."""

    def by_name(places: Method, typed: Typed, members: list[Json], others: list[Json]) -> Places:
        found: Places = places(typed, members, others)
        return places(_born_alike(typed, members), members, others) if found is None else found

    _placed(reference, by_name)


@FAULTS.add("same-person-typed-twice", "BP-INT-002")
def same_person_typed_twice(reference: Reference) -> None:
    """A person who is typed twice counts as two members."""

    def twice(places: Method, typed: Typed, members: list[Json], others: list[Json]) -> Places:
        found: Places = places(typed, members, others)
        alike = found is None and len(typed) == len(members) > 1 and all(one == typed[0] for one in typed)
        return list(range(len(members))) if alike and places(typed[:1], members[:1], []) else found

    _placed(reference, twice)


def _unreduced(person: Json) -> dict[str, Any]:
    return {**person, "name": {part: text for part, text in person["name"].items() if part != "reduced"}}


@FAULTS.add("reduced-names-refused", "BP-INT-016")
def reduced_names_refused(reference: Reference) -> None:
    """Members cannot be typed with their reduced names."""
    _placed(
        reference,
        lambda places, typed, members, others: places(
            typed, [_unreduced(p) for p in members], [_unreduced(p) for p in others]
        ),
    )


@FAULTS.add("reduced-name-of-the-head-alone", "BP-INT-016")
def reduced_name_of_the_head_alone(reference: Reference) -> None:
    """Only the head can be typed with the reduced name."""
    _placed(
        reference,
        lambda places, typed, members, others: places(
            typed, [*members[:1], *(_unreduced(p) for p in members[1:])], [_unreduced(p) for p in others]
        ),
    )


@FAULTS.add("opting-out-online-ignored", "BP-INT-005")
def opting_out_online_ignored(reference: Reference) -> None:
    """Nobody is opted out online."""

    def kept(members: tuple[Member, ...], *_: Any) -> tuple[Member, ...]:
        return tuple(changed(member, opted_out=False) for member in members)

    alter(reference.the(BenefitPayments).online_claims, "members", kept)


@FAULTS.add("online-after-the-window-taken", "BP-INT-006", "BP-INT-013")
def online_after_the_window_taken(reference: Reference) -> None:
    """An online claim is taken after the window has ended."""
    intake = reference.the(BenefitPayments).intake

    def make(check_day: Method) -> Method:
        return lambda programme, day, *at: (
            None if not at and day > programme.claims_until else check_day(programme, day, *at)
        )

    revise(intake, "check_day", make)


@FAULTS.add("deadline-an-hour-early", "BP-INT-012", "BP-INT-044")
def deadline_an_hour_early(reference: Reference) -> None:
    """The last day ends at 23:00 for online claims."""
    service = reference.the(BenefitPayments)
    hour = 3_600_000_000

    def make(day: Method) -> Method:
        return lambda call: day(changed(call, now=call.now + hour))

    revise(service.online_claims, "day", make)


@FAULTS.add("deadline-in-universal-time", "BP-INT-013", "BP-INT-044")
def deadline_in_universal_time(reference: Reference) -> None:
    """The last day ends for online claims when it ends in Universal Time."""
    hours = 9 * 3_600_000_000

    def make(day: Method) -> Method:
        return lambda call: day(changed(call, now=call.now - hours))

    revise(reference.the(BenefitPayments).online_claims, "day", make)


@FAULTS.add("deadline-with-a-minute-of-grace", "BP-INT-013", "BP-INT-044")
def deadline_with_a_minute_of_grace(reference: Reference) -> None:
    """Online claims are taken in the first minute after the last day."""

    def make(day: Method) -> Method:
        return lambda call: day(changed(call, now=call.now - 60_000_000))

    revise(reference.the(BenefitPayments).online_claims, "day", make)


@FAULTS.add("unknown-programme-in-other-words", "BP-INT-009")
def unknown_programme_in_other_words(reference: Reference) -> None:
    """An online claim for an unknown programme is refused as one of an unknown claimant."""
    rename(reference.the(BenefitPayments).online_claims, "programme", "unknown_claimant")


@FAULTS.add("unknown-programme-found-by-claimant", "BP-INT-009")
def unknown_programme_found_by_claimant(reference: Reference) -> None:
    """An online claim for an unknown programme goes to the one that was created last."""
    service = reference.the(BenefitPayments)

    def make(programme: Method) -> Method:
        def last(programme_id: str) -> Programme:
            known = programme_id in service.books.programmes
            found: Programme = programme(programme_id if known else next(reversed(service.books.programmes)))
            return found

        return last

    revise(service.online_claims, "programme", make)


@FAULTS.add("unknown-claimant-in-other-words", "BP-INT-020")
def unknown_claimant_in_other_words(reference: Reference) -> None:
    """An online claim of somebody in no copy is refused as one of somebody who is not the head."""
    rename(reference.the(BenefitPayments).online_claims, "party", "claimant_not_head")


@FAULTS.add("refused-online-claim-is-kept", "BP-INT-014")
def refused_online_claim_is_kept(reference: Reference) -> None:
    """An online claim whose members are refused is listed as rejected."""
    service = reference.the(BenefitPayments)

    def make(file: Method) -> Method:
        def keeping(call: Call) -> Answer:
            try:
                answer: Answer = file(call)
            except Problem as refusal:
                if refusal.code == "members_mismatch":
                    _reject(service, call)
                raise
            return answer

        return keeping

    replace(service.online_claims, "file", make)


def _reject(service: BenefitPayments, call: Call) -> None:
    online, subjects = service.online_claims, list(call.subjects)
    party = online.party(online.programme(call.body["programme_id"]), call.body["claimant_id"])
    claim = service.intake.enter(call, party, ONLINE, (Member(call.body["claimant_id"], opted_out=False),))
    service.books.keep_claim(changed(claim, status=REJECTED, decision_reason="-"))
    call.subjects[:] = subjects


@FAULTS.add("claims-overlap", "BP-INT-017")
def claims_overlap(reference: Reference) -> None:
    """An online claim looks for others as they were when it arrived, and takes its time."""
    service = reference.the(BenefitPayments)
    enter, carry_out = reference.pipeline.enter, reference.pipeline.carry_out
    kept: dict[str, int] = {}

    async def slowly(call: Call) -> None:
        await enter(call)
        if call.operation.id in ("fileOnlineClaim", "enterPostalClaim"):
            await asyncio.sleep(0.05)

    arrived = 0

    def noting(service: Service, call: Call) -> Answer:
        nonlocal arrived
        arrived = call.now
        return carry_out(service, call)

    def make(check: Method) -> Method:
        def blind(party: Party, channel: str) -> None:
            if kept.get(party.form_id, 0) < arrived:
                check(party, channel)
            kept.setdefault(party.form_id, reference.clock.micros())

        # Only where the fault is really planted: it could touch who is examined for other claims.
        reference.pipeline.enter = slowly  # type: ignore[method-assign]  # as replace() does
        reference.pipeline.carry_out = noting  # type: ignore[method-assign]  # as replace() does
        return blind

    replace(service.intake, "check_no_other", make)


def _located(reference: Reference, there: Callable[[Call, Claim], bool]) -> None:
    """Applicants read claims that are not theirs, where `there` says so."""
    service = reference.the(BenefitPayments)

    def make(locate: Method) -> Method:
        def lenient(call: Call) -> None:
            claim = service.books.claims.get(call.path["claim_id"])
            if claim is None or not there(call, claim):
                locate(call)
            call.target = claim

        return lenient

    revise(service.online_claims, "locate", make)


@FAULTS.add("online-claims-of-others-shown", "BP-INT-021")
def online_claims_of_others_shown(reference: Reference) -> None:
    """Applicants read the online claims of other applicants."""
    _located(reference, lambda call, claim: claim.channel == ONLINE)


@FAULTS.add("postal-claims-shown-to-applicants", "BP-INT-021")
def postal_claims_shown_to_applicants(reference: Reference) -> None:
    """Applicants read claims that came by post."""
    _located(reference, lambda call, claim: claim.channel != ONLINE)
