"""Faults of benefit payments: who is eligible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.benefit_payments.faults.lenience import alter
from conformance.reference.benefit_payments.matching import means
from conformance.reference.benefit_payments.records import (
    Party,
)
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise

if TYPE_CHECKING:
    from conformance.reference.application import Reference

from conformance.reference.benefit_payments.faults.acting import _service


@FAULTS.add("year-of-birth-after-base-date", "BP-ELI-007")
def year_of_birth_after_base_date(reference: Reference) -> None:
    """Who is born in a known year after that of the base date, on an unknown day, is not eligible."""
    alter(
        _service(reference).eligibility,
        "born_by",
        lambda found, person, day: (
            found and not (person["birth_date"]["unknown"] and person["birth_date"]["value"][:4] > day[:4])
        ),
    )


@FAULTS.add("active-is-there", "BP-ELI-011")
def active_is_there(reference: Reference) -> None:
    """Whose status is `active` was there on the base date, whatever ceased_on says."""
    alter(_service(reference).eligibility, "there_on", lambda found, person, day: found or person["status"] == "active")


@FAULTS.add("gone-without-a-day-was-not-there", "BP-ELI-010")
def gone_without_a_day_was_not_there(reference: Reference) -> None:
    """Who has moved out or died and has no ceased_on is not eligible."""
    alter(
        _service(reference).eligibility,
        "there_on",
        lambda found, person, day: (
            found and not (person["ceased_on"] is None and person["status"] in ("moved_out", "deceased"))
        ),
    )


@FAULTS.add("head-moved-out-cannot-claim", "BP-INT-001")
def head_moved_out_cannot_claim(reference: Reference) -> None:
    """Where the head has moved out, the other members may claim in place of the head."""
    service = _service(reference)

    def others(found: list[str], party: Party) -> list[str]:
        if party.separation_id is not None:
            return found
        head = service.eligibility.head(service.books.copy_of(party))
        return service.eligibility.successors(party, head) if head["status"] == "moved_out" else found

    alter(service.eligibility, "claimants", others)


@FAULTS.add("claimants-oldest-first", "BP-FRM-009")
def claimants_oldest_first(reference: Reference) -> None:
    """Those who may claim in place of a dead head are named from the oldest on, and that one is addressed."""
    service = _service(reference)

    def oldest(found: list[str], party: Party, head: Any) -> list[str]:
        born = {p["resident_id"]: p["birth_date"]["value"] for p in service.books.copy_of(party).members}
        return sorted(found, key=lambda i: (born[i], i))

    alter(service.eligibility, "successors", oldest)


@FAULTS.add("greedy-matching", "BP-INT-025")
def greedy_matching(reference: Reference) -> None:
    """Typed members are matched one after the other with the first person whom they could mean."""

    def make(_: Method) -> Method:
        def greedy(typed: Any, members: Any, others: Any) -> list[int] | None:
            people = [*members, *others]
            taken: dict[int, int] = {}
            for place, one in enumerate(typed):
                found = next((i for i, p in enumerate(people) if i not in taken and means(one, p)), None)
                if found is None:
                    return None
                taken[found] = place
            return [taken[i] for i in range(len(members))] if all(i in taken for i in range(len(members))) else None

        return greedy

    revise(_service(reference).online_claims, "places", make)


@FAULTS.add("twins-in-reverse", "BP-INT-026")
def twins_in_reverse(reference: Reference) -> None:
    """Typed members that agree in everything are matched from the last person to the first."""

    def make(places: Method) -> Method:
        def reverse(typed: Any, members: Any, others: Any) -> list[int] | None:
            found: list[int] | None = places(typed, members, others)
            if found is None:
                return None
            same: dict[Any, list[int]] = {}
            for person in range(len(members)):
                one = typed[found[person]]
                same.setdefault((one["family"], one.get("given"), one["birth_date"]), []).append(person)
            turned = list(found)
            for persons in same.values():
                for person, other in zip(persons, reversed(persons), strict=True):
                    turned[person] = found[other]
            return turned

        return reverse

    revise(_service(reference).online_claims, "places", make)


@FAULTS.add("mixed-names-match", "BP-INT-002", "BP-INT-025")
def mixed_names_match(reference: Reference) -> None:
    """A typed member matches with the family name of `name` and the given name of `name.reduced`."""

    def make(places: Method) -> Method:
        def mixed(typed: Any, members: Any, others: Any) -> list[int] | None:
            def put_right(one: Any) -> Any:
                for person in [*members, *others]:
                    name, reduced = person["name"], person["name"].get("reduced")
                    if reduced is not None and one["birth_date"] == person["birth_date"]["value"]:
                        forms = ({name["family"], reduced["family"]}, {name.get("given"), reduced.get("given")})
                        if one["family"] in forms[0] and one.get("given") in forms[1]:
                            return {**one, "family": name["family"], "given": name.get("given")}
                return one

            return places([put_right(one) for one in typed], members, others)  # type: ignore[no-any-return]

        return mixed

    revise(_service(reference).online_claims, "places", make)
