"""`python -m benchmarks.foreign`: install three servers, try the suite on each, write `foreign.json` and `.md`.

Needs npm, Node and the package registries. Exit code 0: every finding was looked at; 1: some were not, or a judgement
is left over; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.foreign import judgements
from benchmarks.foreign.findings import Found, findings
from benchmarks.foreign.report import FORMAT, Looked, Report, Tried, write
from benchmarks.foreign.servers import SERVERS, Server, ServerError, Started
from conformance import __version__
from conformance.errors import SuiteError
from conformance.foreign import prepare_foreign
from conformance.launch import start
from conformance.model import VerdictKind
from conformance.plan import Filters
from conformance.run_lines import RunResult

ROOT = Path(__file__).resolve().parents[2]
SEED = "foreign"
MOST_REQUESTS = 1200
_TOKEN = "CONFORMANCE_FOREIGN_TOKEN"  # noqa: S105  the name of a variable


def main(arguments: list[str] | None = None) -> int:
    """Tries the servers, writes the report, tells what is open."""
    options = _parser().parse_args(arguments)
    chosen = [server for server in SERVERS if not options.server or server.name in options.server]
    known = judgements.load()
    with tempfile.TemporaryDirectory(prefix="conformance-foreign-") as name:
        folder = options.keep or Path(name)
        tried = [_tried(server, folder.resolve() / server.name, options.max_requests, known) for server in chosen]
    left = judgements.unused(((t.name, [looked.found for looked in t.findings]) for t in tried if not t.problem), known)
    report = Report(FORMAT, __version__, tuple(tried), tuple(left))
    for path in write(report, options.output):
        sys.stdout.write(f"{path}\n")
    _tell(report)
    return 0 if report.holds else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.foreign", description=__doc__)
    names = [server.name for server in SERVERS]
    parser.add_argument("--server", action="append", choices=names, help="only this one; repeat for more")
    parser.add_argument("--output", type=Path, default=ROOT / "reports", metavar="FOLDER", help="default: reports")
    parser.add_argument("--max-requests", type=int, default=MOST_REQUESTS, metavar="N", help="for each server")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="where servers and runs are kept, to be used again; else nowhere"
    )
    return parser


def _tried(server: Server, folder: Path, most: int, known: Sequence[judgements.Judgement]) -> Tried:
    sys.stdout.write(f"{server.title}: {server.package}\n")
    sys.stdout.flush()
    try:
        with server.running(folder) as started:
            result, found = _played(server, started, folder, most)
    except (ServerError, SuiteError) as error:
        return Tried(server.name, server.title, server.package, server.about, 0, 0, "", 0, 0, (), str(error))
    kinds = [verdict.verdict for verdict in result.verdicts]
    return Tried(
        server.name,
        server.title,
        server.package,
        server.about,
        result.footer["exchanges"],
        result.footer["scripts"]["played"],
        str(result.footer["standing"]),
        kinds.count(VerdictKind.PASS),
        kinds.count(VerdictKind.FAIL),
        tuple(Looked(item, judgement) for item, judgement in judgements.judged(server.name, found, known)),
    )


def _played(server: Server, started: Started, folder: Path, most: int) -> tuple[RunResult, list[Found]]:
    if server.token:
        os.environ[_TOKEN] = "any-token-that-a-mock-may-take"
    prepared = prepare_foreign(
        started.document, started.url, Filters(max_requests=most), SEED, _TOKEN if server.token else None
    )
    run = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    return start(prepared, run), findings(run)


def _tell(report: Report) -> None:
    for server in report.servers:
        if server.problem:
            sys.stdout.write(f"{server.title}: {server.problem}\n")
        for looked in server.findings:
            if looked.judgement is None:
                found = looked.found
                sys.stdout.write(
                    f"{server.title}: not looked at: {found.requirement} {found.operation} {found.family}\n"
                )
    for judgement in report.unused:
        sys.stdout.write(f"no finding needs: {judgement.server} {judgement.requirement} {judgement.operation}\n")


if __name__ == "__main__":
    sys.exit(main())
