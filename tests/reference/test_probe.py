"""The probe of planted changes: many revisions of one method, each noted by itself, the method asked once."""

from __future__ import annotations

from typing import Any

from conformance.reference.planting import Contrast, Method, asking


def _more(by: int, when: int) -> Any:
    def make(original: Method) -> Method:
        def revised(number: int) -> int:
            return int(original(number)) + (by if number == when else 0)

        return revised

    return make


def test_each_revision_is_noted_for_what_it_alone_changes() -> None:
    """Claim: revisions of one method do not see each other, and the method stays as it was. Stimulus: forty revisions,
    each different for one argument. Expected: the answers of the original, each revision noted for its argument, the
    original asked once for each question."""
    questions: list[int] = []

    def original(number: int) -> int:
        questions.append(number)
        return number * 2

    contrast = Contrast(original)
    noted: list[set[str]] = [set() for _ in range(40)]
    for place, touched in enumerate(noted):
        contrast.add(_more(1, place), touched)
    for number in range(40):
        asking.set(f"request {number}")
        assert contrast(number) == number * 2
    asking.set("")
    assert noted == [{f"request {number}"} for number in range(40)]
    assert questions == list(range(40))


def test_a_revision_that_refuses_is_noted() -> None:
    """Claim: raising in place of answering is a difference, raising alike is none. Expected: noted, not noted."""

    def original(number: int) -> int:
        if number < 0:
            raise ValueError("negative")
        return number

    refusing: set[str] = set()
    alike: set[str] = set()
    contrast = Contrast(original)
    contrast.add(lambda same: lambda number: same(-1), refusing)
    contrast.add(lambda same: lambda number: same(number), alike)
    asking.set("request")
    assert contrast(3) == 3
    asking.set("")
    assert (refusing, alike) == ({"request"}, set())
