"""Searching residents: searchResidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import Problem
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.index import FILTERS, KEYS, ORDERS, Place, without

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry


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
        body = self.registry.reference.pages.page(call, found, lambda place: self.line(place[1]))
        call.subjects[:] = [line["id"] for line in body["results"]]
        return Answer(200, body)

    def line(self, resident_id: str) -> dict[str, Any]:
        """One resident found, as JSON."""
        return views.summary(self.registry.register.current[resident_id])

    def find(self, call: Call, criteria: dict[str, Any], sort: str) -> list[Place]:
        """Those who match all criteria, in the order asked for."""
        index, order = self.registry.register.index, sort.lstrip("-")
        names = index.narrowest(criteria)
        found = index.places(names, criteria, order)
        for other in criteria.keys() - set(names):
            found = self.narrow(found, other, criteria[other])
        found = self.visible(call, found, order if index.keeps(names, order) else "id")
        if not index.keeps(names, order):
            found = self.order(found, order)
        return found[::-1] if sort.startswith("-") else found

    def narrow(self, found: list[Place], name: str, wanted: Any) -> list[Place]:
        """Those who match one more criterion."""
        current, value = self.registry.register.current, FILTERS[name]
        return [place for place in found if value(current[place[1]]) == wanted]

    def visible(self, call: Call, found: list[Place], order: str) -> list[Place]:
        """Those whom the caller may see; the list is in the order named."""
        current, value = self.registry.register.current, ORDERS[order]
        hidden = self.registry.visibility.hidden_ids(call)
        return without(found, ((value(current[i]), i) for i in hidden if i in current))

    def order(self, found: list[Place], order: str) -> list[Place]:
        """The places by the value asked for; equal ones by the ids, so that pages fit together."""
        current, value = self.registry.register.current, ORDERS[order]
        return sorted((value(current[resident_id]), resident_id) for _, resident_id in found)
