"""Searching residents: searchResidents."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import Problem
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.index import KEYS, ORDERS
from conformance.reference.resident_registry.records import Entry

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry

FILTERS: Final[dict[str, Callable[[Entry], Any]]] = {
    **KEYS,
    "given_kana": lambda entry: entry.name.get("given_kana"),
    "status": lambda entry: entry.status,
}


class Search:
    """Finds residents by exact values, compared code point by code point."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {"searchResidents": Handler(perform=lambda call: self.search(call))}

    def search(self, call: Call) -> Answer:
        """One page of those who match and whom the caller may see."""
        criteria = {name: call.query[name] for name in FILTERS if name in call.query}
        if not criteria.keys() & KEYS.keys():
            detail = "family_kana, household_id, birth_date, postal_codeのいずれかが必要です / One of them is needed"
            raise Problem(422, "search_too_broad", detail)
        found = self.find(call, criteria, call.query.get("sort", "id"))
        body = self.registry.reference.pages.page(call, found, self.line)
        call.subjects[:] = [line["id"] for line in body["results"]]
        return Answer(200, body)

    def line(self, resident_id: str) -> dict[str, Any]:
        """One resident found, as JSON."""
        return views.summary(self.registry.register.current[resident_id])

    def find(self, call: Call, criteria: dict[str, Any], sort: str) -> list[str]:
        """The ids of those who match all criteria, in the order asked for."""
        index, order = self.registry.register.index, sort.lstrip("-")
        name = index.narrowest(criteria)
        found = index.ids(name, criteria[name], order)
        for other in criteria.keys() - {name}:
            found = self.narrow(found, other, criteria[other])
        found = self.visible(call, found)
        if not index.keeps(name, order):
            found = self.order(found, order)
        return found[::-1] if sort.startswith("-") else found

    def narrow(self, found: list[str], name: str, wanted: Any) -> list[str]:
        """Those who match one more criterion."""
        current, value = self.registry.register.current, FILTERS[name]
        return [resident_id for resident_id in found if value(current[resident_id]) == wanted]

    def visible(self, call: Call, found: list[str]) -> list[str]:
        """Those whom the caller may see."""
        hidden = self.registry.visibility.hidden_ids(call)
        return [resident_id for resident_id in found if resident_id not in hidden] if hidden else found

    def order(self, found: list[str], order: str) -> list[str]:
        """The ids by the value asked for; equal ones in the order of the ids, so that pages fit together."""
        current, value = self.registry.register.current, ORDERS[order]
        return sorted(found, key=lambda resident_id: value(current[resident_id]))
