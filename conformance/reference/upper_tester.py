"""The upper tester (ITU-T X.290): clock, fixture sets and reset of the test environment, for testing only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.reference import dates
from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import not_found
from conformance.reference.service import Service

if TYPE_CHECKING:
    from conformance.reference.application import Reference

FIXTURE_SETS: Final = {"small-town": 200, "town": 2000}
"""Names of the sets, and how many synthetic residents each has."""


class UpperTester(Service):
    """Controls the clock and the data of the reference to which it belongs."""

    name = "upper-tester"

    def __init__(self, reference: Reference) -> None:
        super().__init__(reference)
        self.serve(
            {
                "getCapabilities": Handler(perform=lambda call: self.capabilities(call)),
                "getClock": Handler(perform=lambda call: self.now()),
                "setClock": Handler(perform=lambda call: self.set(call)),
                "advanceClock": Handler(perform=lambda call: self.advance(call)),
                "loadFixtureSet": Handler(perform=lambda call: self.load(call)),
                "reset": Handler(perform=lambda call: self.start_over(call)),
            }
        )

    def capabilities(self, call: Call) -> Answer:
        """All of it is offered."""
        return Answer(200, {"clock": True, "fixture_sets": list(FIXTURE_SETS), "reset": True})

    def now(self) -> Answer:
        """The clock."""
        return Answer(200, {"now": self.reference.clock.now()})

    def set(self, call: Call) -> Answer:
        """Sets the clock."""
        micros = dates.to_micros(call.body["now"])
        assert micros is not None  # noqa: S101  the schema asserts the format
        self.reference.clock.set(micros)
        return self.now()

    def advance(self, call: Call) -> Answer:
        """Puts the clock forward."""
        self.reference.clock.advance(int(call.body["seconds"]))
        return self.now()

    def load(self, call: Call) -> Answer:
        """Loads a set beside what is there."""
        people = FIXTURE_SETS.get(call.path["name"])
        if people is None:
            raise not_found()
        for service in self.reference.services.values():
            service.load_more(people)
        return Answer(204)

    def start_over(self, call: Call) -> Answer:
        """Takes the environment back to its beginning."""
        self.reference.reset()
        return Answer(204)
