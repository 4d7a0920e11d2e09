"""What `schemathesis run` says at its end, read from its summary: a report of its own would cost it CPU."""

from __future__ import annotations

import re

from benchmarks.figures import StockFinding, StockOutcome

_SUMMARY = re.compile(r"^=+ SUMMARY =+$", re.MULTILINE)
_SECTION = re.compile(r"^(?P<name>[A-Z][A-Za-z ]+):$")
_FAILURE = re.compile(r"(?P<code>[A-Z]{2}\d+) (?P<title>.+): (?P<count>\d+)$")
_CASES = re.compile(r"^\s*([\d,]+) generated", re.MULTILINE)


def outcome(said: str) -> StockOutcome:
    """Cases, failures by kind and warnings of the last summary; none where there is no summary."""
    summary = _SUMMARY.split(said)[-1]
    cases = _CASES.search(summary)
    lines = _sections(summary)
    failures = [_FAILURE.search(line) for line in lines.get("Failures", ())]
    return StockOutcome(
        cases=int(cases[1].replace(",", "")) if cases else 0,
        failures=tuple(StockFinding(f["code"], f["title"], int(f["count"])) for f in failures if f),
        warnings=tuple(line.lstrip("⚠️ ") for line in lines.get("Warnings", ())),
    )


def _sections(summary: str) -> dict[str, list[str]]:
    """The indented lines below each heading."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in summary.splitlines():
        heading = _SECTION.match(line)
        if heading:
            name = heading["name"]
        elif line.startswith("  ") and name:
            found.setdefault(name, []).append(line.strip())
        elif line.strip():
            name = ""
    return found
