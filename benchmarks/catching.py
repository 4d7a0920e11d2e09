"""`python -m benchmarks.catching`: the same planted faults for stock Schemathesis and for this suite.

The faults are drawn from those that break a requirement of the one service that is measured, and are not planted in
another one; a few of what is common can be seen in other services alone, and are in neither's reach. Stock Schemathesis
runs with all its checks, its default number of examples, and ten times that for a part of the faults (it costs ten times
as much). It has caught a fault when it reports a kind of failure on an operation that it does not report of the
reference without the fault, with the same seed. The suite plays its whole edition.
Writes `reports/catching.json` and `reports/catching.md`; `--check` says whether they are of this edition.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from benchmarks import contestants
from benchmarks.contestants import ROOT, SEED
from benchmarks.figures import Edition
from benchmarks.measuring import edition
from benchmarks.served import SERVICE, served, server_cost
from conformance.archive import RUN_FILE, read_run
from conformance.catalogue.service import available, published_service
from conformance.prove.changes import Change, changes

FOLDER = ROOT / "reports"
JSON, PAGE = "catching.json", "catching.md"
PEOPLE = 200
DEFAULT_EXAMPLES = 100
"""What Schemathesis 4.32 takes where nothing is said."""


class Try(msgspec.Struct, frozen=True):
    """One tester on one fault: whether it noticed, by what, and what that took."""

    caught: bool
    by: tuple[str, ...]
    requests: int
    cpu_seconds: float


class Row(msgspec.Struct, frozen=True):
    """One fault."""

    fault: str
    description: str
    suite: Try
    stock: Try
    stock_tenfold: Try | None = None


class Report(msgspec.Struct, frozen=True):
    """All faults that were tried, drawn by a seed from those that break a requirement of the service."""

    edition: Edition
    faults: int
    seed: str
    rows: tuple[Row, ...]


def main() -> int:
    """0: written, or not stale; 1: stale."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.catching", description=__doc__)
    parser.add_argument("--faults", type=int, default=24, metavar="N", help="how many faults (default: 24)")
    parser.add_argument("--tenfold", type=int, default=6, metavar="N", help="of those with ten times the examples")
    parser.add_argument("--seed", default="catching", help="what the faults are drawn by")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where the report is stale")
    options = parser.parse_args()
    if options.check:
        return _check()
    report = measure(options.faults, options.tenfold, options.seed)
    (FOLDER / JSON).write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    (FOLDER / PAGE).write_text(page(report), "utf-8")
    sys.stdout.write(page(report))
    return 0


def measure(count: int, tenfold: int, seed: str) -> Report:
    """Try a drawn part of the faults that break a requirement of the service."""
    known = breaking(SERVICE, changes().values())
    drawn = random.Random(seed).sample(known, min(count, len(known)))  # noqa: S311  no secret
    with (
        tempfile.TemporaryDirectory(prefix="conformance-catching-") as name,
        ThreadPoolExecutor(os.cpu_count() or 1) as pool,
    ):
        folder = Path(name)
        usual = pool.submit(stock, folder / "usual", (), DEFAULT_EXAMPLES)
        usual_tenfold = pool.submit(stock, folder / "usual-10", (), 10 * DEFAULT_EXAMPLES) if tenfold else None
        plain = usual.result()
        plain_tenfold = usual_tenfold.result() if usual_tenfold else None
        jobs = [
            (
                change,
                pool.submit(suite, folder / f"suite-{place}", change),
                pool.submit(stock, folder / f"stock-{place}", _planted(change), DEFAULT_EXAMPLES, plain.by),
                pool.submit(stock, folder / f"ten-{place}", _planted(change), 10 * DEFAULT_EXAMPLES, plain_tenfold.by)
                if plain_tenfold and place < tenfold
                else None,
            )
            for place, change in enumerate(drawn)
        ]
        rows: list[Row] = []
        for change, ours, theirs, ten in jobs:
            tenfold_result = ten.result() if ten else None
            rows.append(Row(change.name, change.description, ours.result(), theirs.result(), tenfold_result))
            sys.stderr.write(f"{len(rows)}/{len(jobs)} {change.name}\n")
    return Report(edition(), len(known), seed, tuple(rows))


def breaking(service: str, known: Iterable[Change]) -> list[Change]:
    """The faults of a requirement that the service has, but for those that are planted in another service."""
    required = published_service(service).requirement_ids.keys()
    others = {name.replace("-", "_") for name in available() if name != service}
    return [
        change
        for change in known
        if change.kind == "fault"
        and not required.isdisjoint(change.breaks)
        and others.isdisjoint(change.concern.split("."))
    ]


def _planted(change: Change) -> tuple[str, ...]:
    return ("--fault", change.name)


def suite(folder: Path, change: Change) -> Try:
    """The whole edition against the reference with a fault."""
    with served(folder, PEOPLE, *_planted(change)) as run_file:
        archive = folder / "run"
        command = [contestants.program("conformance"), "run", "--run-file", str(run_file), "--output", str(archive)]
        cost, _ = contestants.measured([*command, "--service", SERVICE, "--seed", SEED], folder, folder, fine=(0, 1, 3))
    failed = tuple(v["requirement"] for v in read_run(archive / RUN_FILE)[1] if v["verdict"] == "fail")
    return Try(bool(failed), failed, server_cost(folder).requests, cost.cpu_seconds)


def stock(folder: Path, planted: Sequence[str], examples: int, usual: tuple[str, ...] = ()) -> Try:
    """`schemathesis run` on the reference with what is planted; `usual` is what it says without."""
    empty = folder / "work"
    with served(folder, PEOPLE, *planted) as run_file:
        empty.mkdir()
        told = contestants.prepared(run_file, empty)
        command = [
            *(contestants.program("schemathesis"), "run", contestants.DOCUMENT, "--url", told["url"], "--seed", SEED),
            *("--no-color", "--checks", "all", "--max-examples", str(examples)),
            *("--header", f"Authorization: Bearer {told['token']}", "--report", "json", "--report-json-path", "r.json"),
        ]
        cost, _ = contestants.measured(command, folder, empty, fine=(0, 1))
    report = json.loads((empty / "r.json").read_text("utf-8"))
    found = sorted({f"{f['code']} {place}" for f in report["failures"] for place in f["operations"]})
    new = tuple(entry for entry in found if entry not in usual)
    return Try(bool(new), new, server_cost(folder).requests - 1, cost.cpu_seconds)


def page(report: Report) -> str:
    """The report in words, Japanese and English."""
    tried = len(report.rows)
    ten = [row.stock_tenfold for row in report.rows if row.stock_tenfold]
    lines = [
        "# 検出した不具合の比較 / Faults caught, side by side",
        "",
        "`python -m benchmarks.catching` が作成したもの。手で編集しない。 / Made by that command; not edited by hand.",
        "",
        f"`{SERVICE}`の要件を破る不具合{report.faults}件から種 `{report.seed}` で{tried}件を抽出(共通の要件の一部は他のサービスにのみ現れる)。標準のSchemathesisは全検査を用い、"
        f"職員のトークン1つで同じ文書を試験する。 / {tried} of {report.faults} planted faults that "
        f"break a requirement of `{SERVICE}`, drawn by the seed `{report.seed}`; what is common may show in another service "
        f"alone. Stock Schemathesis tests the same document with all its "
        f"checks and one token, a clerk's.",
        "",
        "| 試験 / tester | 検出 / caught | 要求数 / requests | CPU s |",
        "|:--|--:|--:|--:|",
        _line("本スイート(版全体) / this suite (the whole edition)", [row.suite for row in report.rows]),
        _line("標準のSchemathesis / stock Schemathesis, default examples", [row.stock for row in report.rows]),
        *([_line("同、例を10倍 / the same, ten times the examples", ten)] if ten else []),
        "",
        "| 不具合 / fault | 本スイート / this suite | 標準 / stock | 10倍 / tenfold |",
        "|:--|:--|:--|:--|",
        *(
            f"| {row.fault}<br>{row.description} | {_told(row.suite)} | {_told(row.stock)} |"
            f" {_told(row.stock_tenfold) if row.stock_tenfold else '–'} |"
            for row in report.rows
        ),
        "",
        f"{report.edition.service} {report.edition.version}, {report.edition.digest}",
        "",
    ]
    return "\n".join(lines)


def _line(name: str, tries: Sequence[Try]) -> str:
    caught = sum(item.caught for item in tries)
    requests, cpu = sum(item.requests for item in tries), sum(item.cpu_seconds for item in tries)
    return f"| {name} | {caught} / {len(tries)} | {requests:,} | {cpu:,.1f} |"


def _told(tried: Try) -> str:
    return ", ".join(tried.by[:4]) + (" …" if len(tried.by) > 4 else "") if tried.caught else "**–**"


def _check() -> int:
    path = FOLDER / JSON
    report = msgspec.json.decode(path.read_bytes(), type=Report) if path.is_file() else None
    if report is None or report.edition != edition() or (FOLDER / PAGE).read_text("utf-8") != page(report):
        sys.stdout.write("reports/catching.* is stale. Next: python -m benchmarks.catching\n")
        return 1
    sys.stdout.write("reports/catching.* belongs to the published edition\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
