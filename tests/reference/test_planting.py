"""How changes are planted, and how a probe finds out which requests they could touch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.reference import planting
from conformance.reference.application import Reference
from conformance.reference.planting import Change, Probe, asking, replace, revise

from .conftest import reference


class Part:
    """A part with one method, counting how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def double(self, number: int) -> int:
        """Twice the number."""
        self.asked += 1
        return 2 * number


@pytest.fixture
def probe() -> Iterator[Probe]:
    """A probe of a reference that nobody asks."""
    yield Probe(reference(people=0))
    asking.set("")


def test_a_replacement_may_concern_some_arguments() -> None:
    """Claim: with `concerns` the method is replaced for those arguments only. Expected: 0 for 3, twice 4 for 4."""
    part = Part()
    replace(part, "double", lambda _: lambda number: 0, concerns=lambda number: number == 3)
    assert [part.double(3), part.double(4)] == [0, 8]


def test_a_probe_notes_only_what_a_replacement_concerns(probe: Probe) -> None:
    """Claim: a request with other arguments is not touched. Stimulus: two requests. Expected: one noted, both right."""
    part = Part()

    def plant(_: Reference) -> None:
        replace(part, "double", lambda _: lambda number: 0, concerns=lambda number: number == 3)

    probe.listen(Change("zero", ("X",), "", plant))
    for number in (3, 4):
        asking.set(f"request {number}")
        assert part.double(number) == 2 * number
    assert probe.touched["zero"] == {"request 3"}


def test_many_revisions_of_one_method_are_asked_once_each(probe: Probe) -> None:
    """Claim: a probe of many changes stays fast. Stimulus: twenty revisions that ask the method as it was. Expected:
    each noted where it differs, and the method asked about twice for each, not twice as often with every one."""
    part = Part()
    for place in range(20):

        def plant(_: Reference, place: int = place) -> None:
            revise(part, "double", lambda double: lambda number: double(number) + (number == place))

        probe.listen(Change(f"one-more-for-{place}", ("X",), "", plant))
    asking.set("request 7")
    assert part.double(7) == 14
    assert [name for name, touched in probe.touched.items() if touched] == ["one-more-for-7"]
    assert part.asked <= 2 * 20 + 1


def test_nothing_listens_without_a_probe() -> None:
    """Claim: a probe that has listened leaves planting as it was. Expected: a revision takes effect at once."""
    part = Part()
    revise(part, "double", lambda double: lambda number: double(number) + 1)
    assert planting._listening is None
    assert part.double(1) == 3
