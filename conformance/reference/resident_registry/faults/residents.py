"""Faults of searching and correcting residents."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem
from conformance.reference.resident_registry.index import FILTERS, KEYS, Place
from conformance.reference.resident_registry.records import HEAD, MOVED_OUT, Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Json = dict[str, Any]
_SMALL = str.maketrans("ァィゥェォッャュョヮ", "アイウエオツヤユヨワ")


def _matching(reference: Reference, name: str, matches: Callable[[Entry, str], bool]) -> None:
    """A search by `name` finds whoever matches, in place of whoever has exactly that value."""
    registry = reference.the(ResidentRegistry)

    def make(find: Method) -> Method:
        def loosely(call: Call, criteria: Json, sort: str) -> list[Place]:
            exact: list[Place] = find(call, criteria, sort)
            if name not in criteria:
                return exact
            rest = {other: value for other, value in criteria.items() if other != name}
            current, hides = registry.register.current, registry.visibility.hides
            found = [
                ("", entry.id)
                for entry in current.values()
                if matches(entry, criteria[name])
                and all(FILTERS[other](entry) == value for other, value in rest.items())
                and not hides(call, entry.id)
            ]
            return exact if {place[1] for place in found} == {place[1] for place in exact} else found

        return loosely

    revise(registry.search, "find", make)


@FAULTS.add("search-by-beginning", "RR-RES-001")
def search_by_beginning(reference: Reference) -> None:
    """A search finds whoever has a family reading that begins with the one asked for."""
    _matching(reference, "family_kana", lambda entry, asked: entry.name["family_kana"].startswith(asked))


@FAULTS.add("search-by-end", "RR-RES-001")
def search_by_end(reference: Reference) -> None:
    """A search finds whoever has a family reading that ends with the one asked for."""
    _matching(reference, "family_kana", lambda entry, asked: entry.name["family_kana"].endswith(asked))


@FAULTS.add("search-for-heads", "RR-RES-001", "RR-RES-012")
def search_for_heads(reference: Reference) -> None:
    """A search by nothing but a family reading finds heads of households only."""
    registry = reference.the(ResidentRegistry)

    def make(find: Method) -> Method:
        def heads(call: Call, criteria: Json, sort: str) -> list[Place]:
            found: list[Place] = find(call, criteria, sort)
            if criteria.keys() != {"family_kana"}:
                return found
            return [place for place in found if registry.register.current[place[1]].relationship == HEAD]

        return heads

    revise(registry.search, "find", make)


def _folded(reference: Reference, fold: Callable[[str], str]) -> None:
    _matching(reference, "family_kana", lambda entry, asked: fold(entry.name["family_kana"]) == fold(asked))


def _unmarked(text: str, marks: str) -> str:
    return unicodedata.normalize("NFC", "".join(c for c in unicodedata.normalize("NFD", text) if c not in marks))


@FAULTS.add("search-folds-small-kana", "RR-RES-002")
def search_folds_small_kana(reference: Reference) -> None:
    """A search takes small kana for large ones."""
    _folded(reference, lambda text: text.translate(_SMALL))


@FAULTS.add("search-folds-semi-voiced-kana", "RR-RES-002")
def search_folds_semi_voiced_kana(reference: Reference) -> None:
    """A search takes semi-voiced kana for unvoiced ones; voiced ones it tells apart."""
    _folded(reference, lambda text: _unmarked(text, "\u309a"))


@FAULTS.add("search-completes-birth-date", "RR-RES-003")
def search_completes_birth_date(reference: Reference) -> None:
    """An unknown month or day of birth is found as the first one."""
    _matching(
        reference,
        "birth_date",
        lambda entry, asked: asked in (entry.birth_date["value"], entry.birth_date["value"].replace("-00", "-01")),
    )


@FAULTS.add("partial-birth-date-not-found", "RR-RES-003")
def partial_birth_date_not_found(reference: Reference) -> None:
    """A birth date of which a part is unknown is found by nothing."""
    _matching(
        reference,
        "birth_date",
        lambda entry, asked: not entry.birth_date["unknown"] and entry.birth_date["value"] == asked,
    )


def _broad(reference: Reference, enough: str) -> None:
    """A search by `enough` alone is not too broad: it finds nobody."""

    def make(search: Method) -> Method:
        def lenient(call: Call) -> object:
            if enough in call.query and not call.query.keys() & KEYS.keys():
                narrow = Call(call.request, call.operation, call.path, call.caller, call.now)
                narrow.query = {**call.query, "household_id": "none"}
                return search(narrow)
            return search(call)

        return lenient

    revise(reference.the(ResidentRegistry).search, "search", make)


@FAULTS.add("search-by-given-reading-only", "RR-RES-004")
def search_by_given_reading_only(reference: Reference) -> None:
    """A search by nothing but the given reading is carried out."""
    _broad(reference, "given_kana")


@FAULTS.add("search-by-status-only", "RR-RES-004")
def search_by_status_only(reference: Reference) -> None:
    """A search by nothing but the status is carried out."""
    _broad(reference, "status")


@FAULTS.add("search-by-recorded-status", "RR-RES-005")
def search_by_recorded_status(reference: Reference) -> None:
    """A search by status finds as moved out also those whose move-out is still to come."""
    register = reference.the(ResidentRegistry).register

    def matches(entry: Entry, asked: str) -> bool:
        return entry.status == asked or (asked == MOVED_OUT and register.leaves(entry.id))

    _matching(reference, "status", matches)


@FAULTS.add("search-by-cancelled-finds-all", "RR-RES-005")
def search_by_cancelled_finds_all(reference: Reference) -> None:
    """A search for those whose move-in was cancelled does not look at the status."""
    _matching(reference, "status", lambda entry, asked: asked in ("cancelled", entry.status))


def _forgotten(reference: Reference, when: Callable[[Json], str | None]) -> None:
    """A search forgets the criterion that `when` names."""

    def make(find: Method) -> Method:
        def forgetful(call: Call, criteria: Json, sort: str) -> object:
            forgotten = when(criteria)
            return find(call, {name: value for name, value in criteria.items() if name != forgotten}, sort)

        return forgetful

    revise(reference.the(ResidentRegistry).search, "find", make)


@FAULTS.add("search-forgets-birth-date", "RR-RES-006", "RR-RES-012")
def search_forgets_birth_date(reference: Reference) -> None:
    """A search by the birth date and the given reading in one household looks at the reading only."""
    _forgotten(
        reference,
        lambda criteria: "birth_date" if criteria.keys() >= {"birth_date", "given_kana", "household_id"} else None,
    )


@FAULTS.add("search-forgets-postal-code", "RR-RES-006", "RR-RES-012")
def search_forgets_postal_code(reference: Reference) -> None:
    """A search by household and postal code looks at the household only."""
    _forgotten(
        reference, lambda criteria: "postal_code" if criteria.keys() == {"household_id", "postal_code"} else None
    )


def _corrected(reference: Reference, alter: Callable[[Entry, Json, Json], Json]) -> None:
    """What a correction changes is altered: given the entry, the patch and the changes."""

    def make(changes: Method) -> Method:
        return lambda entry, patch: alter(entry, patch, changes(entry, patch))

    revise(reference.the(ResidentRegistry).corrections, "changes", make)


@FAULTS.add("correction-replaces-name", "RR-RES-007")
def correction_replaces_name(reference: Reference) -> None:
    """A correction of a part of the name drops the other optional parts."""
    optional = ("roman", "alias", "reduced")

    def alter(entry: Entry, patch: Json, changes: Json) -> Json:
        if "name" not in patch or None in patch["name"].values():
            return changes
        kept = {n: v for n, v in changes["name"].items() if n not in optional or n in patch["name"]}
        return {**changes, "name": kept}

    _corrected(reference, alter)


@FAULTS.add("correction-resets-sex", "RR-RES-007")
def correction_resets_sex(reference: Reference) -> None:
    """A correction of the nationality that does not give the sex leaves it unknown."""
    _corrected(
        reference,
        lambda entry, patch, changes: (
            {**changes, "sex": "0"} if "nationality" in patch and "sex" not in patch else changes
        ),
    )


@FAULTS.add("correction-keeps-part", "RR-RES-008")
def correction_keeps_part(reference: Reference) -> None:
    """A correction that gives null for the Roman letters leaves them as they were."""

    def alter(entry: Entry, patch: Json, changes: Json) -> Json:
        if patch.get("name", {}).get("roman", "") is None and "roman" in entry.name:
            return {**changes, "name": {**changes["name"], "roman": entry.name["roman"]}}
        return changes

    _corrected(reference, alter)


@FAULTS.add("correction-born-the-day-after", "RR-RES-009")
def correction_born_the_day_after(reference: Reference) -> None:
    """A birth date may be corrected to a day after the one of becoming a resident."""

    def make(check: Method) -> Method:
        def lenient(birth_date: Json, entry: Entry) -> None:
            try:
                check(birth_date, entry)
            except Problem as problem:
                if problem.code != "event_before_birth":
                    raise

        return lenient

    revise(reference.the(ResidentRegistry).corrections, "check_birth_date", make)


@FAULTS.add("correction-of-nothing-accepted", "RR-RES-010")
def correction_of_nothing_accepted(reference: Reference) -> None:
    """A correction that gives nothing but its reason is carried out."""

    def make(check_body: Method) -> Method:
        def lenient(call: Call) -> None:
            try:
                check_body(call)
            except Problem:
                alone = isinstance(call.body, dict) and call.body.keys() == {"reason"}
                if call.operation.id != "correctResident" or not alone or not isinstance(call.body["reason"], str):
                    raise
                if not call.body["reason"]:
                    raise

        return lenient

    revise(reference.pipeline, "check_body", make)
