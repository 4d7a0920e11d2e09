"""Faults about names and numbers of the register in benefit payments, and about the audit of fetches."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.audit import AuditEntry
from conformance.reference.benefit_payments.faults.fetched_households import persons
from conformance.reference.benefit_payments.faults.fetched_members import fetches_of, register_of
from conformance.reference.benefit_payments.faults.fetched_standing import registered
from conformance.reference.benefit_payments.intake import members_mismatch
from conformance.reference.benefit_payments.records import Json, Party
from conformance.reference.benefit_payments.service import BenefitPayments
from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference

VARIANTS = {"\U00020bb7": "\u5409", "\U000e0100": "", "\ue000": "\u3013"}
"""What JIS X 0213 does not have, and what common programs make of it."""


def folded(text: str) -> str:
    """A text as a program with another set of characters writes it."""
    return unicodedata.normalize("NFC", "".join(VARIANTS.get(c, c) for c in text))


def names_folded(name: Json) -> dict[str, Any]:
    """A name with all its texts written with other characters."""
    return {key: folded(value) if isinstance(value, str) else value for key, value in name.items()}


@FAULTS.add("fetched-names-folded", "XS-TXT-001")
def fetched_names_folded(reference: Reference) -> None:
    """The link writes names with the characters of JIS X 0213 only."""
    persons(reference, lambda person, entry: {**person, "name": names_folded(person["name"])})


@FAULTS.add("fetched-names-normalised", "XS-TXT-001")
def fetched_names_normalised(reference: Reference) -> None:
    """The link normalises names (NFC): compatibility ideographs and combining marks are lost."""

    def normalised(person: dict[str, Any], entry: Any) -> dict[str, Any]:
        texts = {k: unicodedata.normalize("NFC", v) if isinstance(v, str) else v for k, v in person["name"].items()}
        return {**person, "name": texts}

    persons(reference, normalised)


@FAULTS.add("letters-with-common-characters", "XS-TXT-002")
def letters_with_common_characters(reference: Reference) -> None:
    """What is printed of persons of the registry has the characters of the printer."""
    service = reference.the(BenefitPayments)

    def make(body: Method) -> Method:
        def printed(party: Party) -> dict[str, Any]:
            form: dict[str, Any] = body(party)
            if not _of_registry(reference, party):
                return form
            members = [{**member, "name": names_folded(member["name"])} for member in form["members"]]
            return {**form, "addressee": names_folded(form["addressee"]), "members": members}

        return printed

    revise(service.forms, "body", make)


@FAULTS.add("typed-names-folded", "XS-TXT-003")
def typed_names_folded(reference: Reference) -> None:
    """Of persons of the registry a typed name matches too that equals theirs in other characters."""
    service = reference.the(BenefitPayments)

    def make(members: Method) -> Method:
        def matched(party: Party, typed: list[dict[str, Any]]) -> Any:
            names = [person["name"]["family"] for person in service.books.copy_of(party).members]
            stands = {folded(name): name for name in names} if _of_registry(reference, party) else {}
            return members(party, [{**m, "family": stands.get(folded(m["family"]), m["family"])} for m in typed])

        return matched

    revise(service.online_claims, "members", make)


@FAULTS.add("rare-names-never-match", "XS-TXT-004")
def rare_names_never_match(reference: Reference) -> None:
    """A typed family name with a character beyond the first plane matches nobody of the registry."""
    service = reference.the(BenefitPayments)

    def make(members: Method) -> Method:
        def matched(party: Party, typed: list[dict[str, Any]]) -> Any:
            if _of_registry(reference, party) and any(ord(c) > 0xFFFF for m in typed for c in m["family"]):
                raise members_mismatch("/members")
            return members(party, typed)

        return matched

    revise(service.online_claims, "members", make)


@FAULTS.add("resident-code-beside-the-address", "XS-NUM-001")
def resident_code_beside_the_address(reference: Reference) -> None:
    """The resident code of who lives alone is fetched as if it were the building."""
    register = register_of(reference)

    def make(household: Method) -> Method:
        def told(household_id: str, day: str) -> Any:
            found = household(household_id, day)
            if found is None or len(found["members"]) > 1 or "building" in found["address"]:
                return found
            known = register.known(found["members"][0]["resident_id"])
            return {**found, "address": {**found["address"], "building": known.resident_code if known else "-"}}

        return told

    revise(fetches_of(reference), "household", make)


@FAULTS.add("fetch-audited-for-the-first-only", "XS-AUD-004")
def fetch_audited_for_the_first_only(reference: Reference) -> None:
    """The audit entry of a fetch has the first person of each household as its subject."""

    def make(take: Method) -> Method:
        def taken(call: Call, programme: Any, household_id: str) -> str:
            before = len(call.subjects)
            outcome: str = take(call, programme, household_id)
            del call.subjects[before + 1 :]
            return outcome

        return taken

    replace(fetches_of(reference), "take", make)


@FAULTS.add("letters-audited-under-other-ids", "XS-AUD-001")
def letters_audited_under_other_ids(reference: Reference) -> None:
    """The read of a form is audited with ids of the service's own for persons of the registry."""
    _audited(reference, lambda entry: {"subject_ids": tuple(f"b-{subject}" for subject in entry.subject_ids)})


@FAULTS.add("letters-audited-under-another-actor", "XS-AUD-002")
def letters_audited_under_another_actor(reference: Reference) -> None:
    """The read of a form of persons of the registry is audited under a name that only this service has."""
    _audited(reference, lambda entry: {"actor": f"benefits-{entry.actor}"})


def _audited(reference: Reference, alter: Callable[[AuditEntry], dict[str, Any]]) -> None:
    """The read of a form of somebody in the registry is audited otherwise."""

    def make(entry_of: Method) -> Method:
        def otherwise(call: Call, status: int, outcome: str) -> AuditEntry:
            entry: AuditEntry = entry_of(call, status, outcome)
            return dataclasses.replace(entry, **alter(entry))

        return otherwise

    def concerns(call: Call, status: int, outcome: str) -> bool:
        return call.operation.id == "getClaimForm" and any(registered(reference, s) for s in call.subjects)

    replace(reference.audit, "entry", make, concerns)


def _of_registry(reference: Reference, party: Party) -> bool:
    members = reference.the(BenefitPayments).books.copy_of(party).members
    return any(registered(reference, person["resident_id"]) for person in members)
