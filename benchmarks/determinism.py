"""Runs the whole edition again and again on one system and compares the verdicts: `python -m benchmarks.determinism`.

Every run finds what the runs before it left in the system; every second one plays the scripts in another order; the
last is on a system that already holds a whole city. Writes `determinism.json` and `determinism.md`. Exit code 1 where
any verdict differs; the archives of the first run and of those that differ from it are kept, to be looked into.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from conformance.demonstration import reference
from conformance.launch import Published, preflight, prepare, start
from conformance.plan import Filters
from conformance.run_lines import RunResult
from conformance.sut.run_file import load

Verdicts = dict[str, str]


def compare(
    runs: int, people: int, city: int, filters: Filters, keep: Path, services: tuple[str, ...] | None = None
) -> dict[str, Any]:
    """What so many runs on a reference with so many residents came to, and one on a reference with those of a city.

    `services` are those that the system has; None: all. Archives stay in `keep` where verdicts differ.
    """
    found: list[dict[str, Any]] = []
    for each, residents in ((runs, people), (1, city)):
        if residents:
            _run_all(found, each, residents, filters, keep, services)
    first: Verdicts = found[0]["verdicts"]
    differing = sorted(
        {name for run in found for name, verdict in run["verdicts"].items() if first.get(name) != verdict}
    )
    return {
        "runs": len(found),
        "people": people,
        "city": city,
        "editions": {name: digest for run in found for name, digest in run["editions"].items()},
        "shuffled": sum(run["shuffle"] is not None for run in found),
        "differing": {name: [run["verdicts"].get(name) for run in found] for name in differing},
        "requirements": len(first),
        "verdicts": first,
        "each": [{key: value for key, value in run.items() if key not in ("verdicts", "editions")} for run in found],
    }


def _run_all(
    found: list[dict[str, Any]], runs: int, people: int, filters: Filters, keep: Path, services: tuple[str, ...] | None
) -> None:
    """So many runs more, one after the other, on one reference with so many residents."""
    with reference("--people", str(people), "--time-of-day", "12:00", services=services) as run_file:
        for number in range(runs):
            shuffle = f"order {number}" if number % 2 else None
            prepared = prepare(load(run_file, Published()), filters, None, shuffle)
            preflight(prepared).raise_for_failures()
            begun = time.monotonic()
            folder = keep / str(len(found))
            result = start(prepared, folder)
            told = _told(result, shuffle, time.monotonic() - begun)
            editions = {plan.service.name: plan.edition.digest() for plan in prepared.plans}
            found.append({**told, "people": people, "editions": editions})
            sys.stderr.write(f"{people} residents, {number + 1}/{runs}: {told['standing']} in {told['seconds']} s\n")
            if told["verdicts"] != found[0]["verdicts"]:
                sys.stderr.write(f"  it differs from the first run: see {folder}\n")
            elif folder != keep / "0":
                shutil.rmtree(folder)


def _told(result: RunResult, shuffle: str | None, seconds: float) -> dict[str, Any]:
    return {
        "standing": result.standing.value,
        "shuffle": shuffle,
        "exchanges": result.footer["exchanges"],
        "scripts": result.footer["scripts"],
        "seconds": round(seconds, 1),
        "verdicts": {f"{v.service} {v.requirement}": v.verdict.value for v in result.verdicts},
    }


def page(told: dict[str, Any]) -> str:
    """The comparison as a page."""
    differing = [f"- {name}: {', '.join(map(str, verdicts))}" for name, verdicts in told["differing"].items()]
    exchanges = sum(run["exchanges"] for run in told["each"])
    city = f" and one on another with {told['city']} residents" if told["city"] else ""
    what = (
        f"{told['runs'] - bool(told['city'])} runs on one reference with {told['people']} residents{city}, "
        f"{told['shuffled']} of them in another order of scripts; {exchanges} exchanges."
    )
    lines = [
        "# Determinism / 判定の再現性",
        "",
        what,
        "",
        *(f"- {name}: {digest}" for name, digest in told["editions"].items()),
        "",
        f"Of {told['requirements']} verdicts, {len(told['differing'])} differ between any two runs.",
        "",
        *(differing or ["No verdict differs. / 判定の相違はありません。"]),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Compare, and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.determinism", description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--city", type=int, default=100_000, help="residents of the system of the last run; 0: none")
    parser.add_argument("--service", action="append", help="only this one, again for more (default: all together)")
    parser.add_argument("--max-requests", type=int, help="a narrowed run, for a trial")
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parents[1] / "reports")
    options = parser.parse_args()
    services = tuple(options.service) if options.service else None
    filters = Filters(max_requests=options.max_requests)
    keep = Path(tempfile.mkdtemp(prefix="conformance-determinism-"))
    told = compare(options.runs, options.people, options.city, filters, keep, services)
    if not told["differing"]:
        shutil.rmtree(keep)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "determinism.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (options.output / "determinism.md").write_text(page(told), "utf-8")
    sys.stdout.write(page(told))
    return 1 if told["differing"] else 0


if __name__ == "__main__":
    sys.exit(main())
