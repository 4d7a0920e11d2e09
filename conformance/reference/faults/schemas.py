"""Faults of the content of successful answers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Request
from conformance.reference.faults.asked import asks
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace, rewrite
from conformance.reference.resident_registry.records import Entry
from conformance.reference.resident_registry.service import ResidentRegistry

if TYPE_CHECKING:
    from conformance.reference.application import Reference

Json = dict[str, Any]


def _content(reference: Reference, method: str, path: str, alter: Callable[[Json], None]) -> None:
    """The content of the successes of one operation is altered; `alter` may change what it gets."""

    def altered(request: Request, answer: Answer) -> Answer:
        if 200 <= answer.status < 300 and isinstance(answer.body, dict) and asks(request, method, path):
            answer.body = copy.deepcopy(answer.body)
            alter(answer.body)
        return answer

    rewrite(reference, altered)


@FAULTS.add("street-as-null", "COM-SCH-001", "RR-CRT-011")
def street_as_null(reference: Reference) -> None:
    """The building of an address without one is null on a certificate, where it should be left out."""

    def alter(body: Json) -> None:
        for line in body["residents"]:
            line["address"].setdefault("building", None)

    _content(reference, "GET", "/certificates/*", alter)


@FAULTS.add("second-item-without-postal-code", "COM-SCH-001", "RR-RES-014")
def second_item_without_postal_code(reference: Reference) -> None:
    """From the second item on, a list of residents lacks the postal code, which is required."""

    def alter(body: Json) -> None:
        for line in body["results"][1:]:
            line["address"].pop("postal_code", None)

    _content(reference, "GET", "/residents", alter)


@FAULTS.add("truth-as-text-on-later-pages", "COM-SCH-001")
def truth_as_text_on_later_pages(reference: Reference) -> None:
    """Except on the first page of a list of residents, a truth value in it is a text."""

    def alter(body: Json) -> None:
        for line in body["results"] if body["resultset"]["offset"] > 0 else ():
            line["birth_date"]["unknown"] = str(line["birth_date"]["unknown"]).lower()

    _content(reference, "GET", "/residents", alter)


@FAULTS.add("line-without-flag", "COM-SCH-001", "RR-EXP-005")
def line_without_flag(reference: Reference) -> None:
    """The last line of an export that holds a resident lacks the flag of the birth date, which is required."""

    def make(lines: Method) -> Method:
        def cut(entries: list[Entry]) -> Iterator[Json]:
            found = list(lines(entries))
            if found:
                date = found[-1]["birth_date"]
                found[-1] = {**found[-1], "birth_date": {name: date[name] for name in date if name != "unknown"}}
            yield from found

        return cut

    replace(reference.the(ResidentRegistry).exports, "lines", make)


@FAULTS.add("links-in-notification", "COM-SCH-002")
def links_in_notification(reference: Reference) -> None:
    """A notification that is read has a member of links, which no document declares."""
    _content(reference, "GET", "/notifications/*", lambda body: body.update(_links={"self": {"href": "."}}))


@FAULTS.add("age-in-household", "COM-SCH-002")
def age_in_household(reference: Reference) -> None:
    """Below the top, the last member of a household has an undeclared property."""

    def alter(body: Json) -> None:
        for member in body["members"][-1:]:
            member["age"] = 40

    _content(reference, "GET", "/households/*", alter)


@FAULTS.add("internal-id-in-line", "COM-SCH-002")
def internal_id_in_line(reference: Reference) -> None:
    """The last resident in an export has a member more, the number of the row."""

    def make(lines: Method) -> Method:
        def numbered(entries: list[Entry]) -> Iterator[Json]:
            found = list(lines(entries))
            yield from found[:-1]
            for line in found[-1:]:
                yield {**line, "row": len(found)}

        return numbered

    replace(reference.the(ResidentRegistry).exports, "lines", make)
