"""`python -m benchmarks`: measure, and write `benchmark.json`, `.md`, `.svg`; `--check` tells if they are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import written
from benchmarks.contestants import ROOT, ContestantError
from benchmarks.measuring import measure
from conformance.errors import SuiteError


def main(arguments: list[str] | None = None) -> int:
    """0: written, or not stale; 1: stale (`--check`); 2: a contestant did not do its work."""
    options = _parser().parse_args(arguments)
    try:
        if options.check:
            return _check(options.output)
        report = measure(options.max_requests, options.repeat, options.people)
    except (ContestantError, SuiteError) as error:
        sys.stderr.write(f"benchmark: {error}\n")
        return 2
    for path in written.write(report, options.output):
        sys.stdout.write(f"{path}\n")
    sys.stdout.write(written.summary(report))
    return 0


def _check(folder: Path) -> int:
    reasons = written.why_stale(folder)
    for reason in reasons:
        sys.stderr.write(f"benchmark: {reason}\n")
    if reasons:
        sys.stderr.write("Next: python -m benchmarks\n")
    return 1 if reasons else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="only tell whether the report is of this suite and edition"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "reports", metavar="FOLDER", help="default: reports")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="runs of suite and replay (default: 3)")
    parser.add_argument(
        "--people", type=int, default=2000, metavar="N", help="as in 'conformance demo' (default: 2000)"
    )
    parser.add_argument("--max-requests", type=int, metavar="N", help="narrow everything; the aims are then left open")
    return parser


if __name__ == "__main__":
    sys.exit(main())
