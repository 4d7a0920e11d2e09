"""From verdicts to the standing of a system, coverage and pass rate. Never a percentage alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from conformance.model import Level, Text, Verdict, VerdictKind


class Standing(StrEnum):
    """What a run says of a system, from the gravest on."""

    NON_CONFORMING = "non-conforming"
    INCOMPLETE = "incomplete"
    WITH_OBSERVATIONS = "conforming-with-observations"
    CONFORMING = "conforming"


MEANING: Mapping[Standing, Text] = {
    Standing.NON_CONFORMING: Text(
        "要件を満たさない事項があります。", "At least one requirement that applies is not met."
    ),
    Standing.INCOMPLETE: Text(
        "判定できなかった要件があるため、適合を述べることができません。",
        "Some requirement that applies could not be judged, so conformity cannot be stated.",
    ),
    Standing.WITH_OBSERVATIONS: Text(
        "適用されるすべての要件を満たしていますが、推奨事項に指摘があります。",
        "Every requirement that applies is met; a recommendation is not.",
    ),
    Standing.CONFORMING: Text("適用されるすべての要件を満たしています。", "Every requirement that applies is met."),
}
_BINDING = frozenset({Level.MANDATORY, Level.OPTIONAL, Level.PROHIBITED})
_APART = frozenset({VerdictKind.NOT_APPLICABLE, VerdictKind.NOT_TESTED})


def standing(verdicts: Iterable[Verdict], *, complete: bool) -> Standing:
    """The standing: fail over inconclusive over observations. A partial or unfinished run is at best incomplete."""
    found = list(verdicts)
    binding = [v for v in found if v.level in _BINDING]
    if any(v.verdict is VerdictKind.FAIL for v in binding):
        return Standing.NON_CONFORMING
    if not complete or any(v.verdict is VerdictKind.INCONCLUSIVE for v in binding):
        return Standing.INCOMPLETE
    if any(v.verdict in {VerdictKind.FAIL, VerdictKind.WAIVED} for v in found):
        return Standing.WITH_OBSERVATIONS
    return Standing.CONFORMING


def figures(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    """Counts for the footer: by verdict, coverage (judged of applicable) and pass rate (passed of judged)."""
    found = list(verdicts)
    applicable = [v for v in found if v.verdict not in _APART]
    judged = [v for v in applicable if v.verdict is not VerdictKind.INCONCLUSIVE]
    counts = Counter(v.verdict.value for v in found)
    return {
        "verdicts": {kind.value: counts.get(kind.value, 0) for kind in VerdictKind},
        "coverage": {"judged": len(judged), "applicable": len(applicable)},
        "pass_rate": {"passed": sum(1 for v in judged if v.verdict is VerdictKind.PASS), "judged": len(judged)},
    }
