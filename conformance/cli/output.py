"""What a person sees on the terminal: progress while it runs, then what was found and what to do about it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from conformance.errors import PreflightError

if TYPE_CHECKING:
    from conformance.launch import Prepared
    from conformance.model import Finding, Text, Verdict
    from conformance.session import Progress as RunProgress
    from conformance.session import RunResult

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
_COLOURS = {
    "conforming": "green",
    "conforming-with-observations": "green",
    "incomplete": "yellow",
    "non-conforming": "red",
}
SHOWN_FINDINGS = 12


def said(text: Text, lang: str) -> str:
    """A text in one language, safe for the terminal."""
    return plain(text.ja if lang == "ja" else text.en)


def plain(text: str) -> str:
    """Text without control characters, so that nothing a system answers can drive the terminal; markup is escaped."""
    return escape("".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text))


@contextlib.contextmanager
def progress_of(prepared: Prepared) -> Iterator[Callable[[RunProgress], None]]:
    """A progress bar with live counts; plain lines now and then where there is no terminal."""
    total = sum(len(plan.scripts) for plan in prepared.plans)
    if not errors.is_terminal:
        yield _lines(total)
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("scripts", total=total, counts="")

        def update(state: RunProgress) -> None:
            if state.done % 10 == 0 or state.done == state.total:
                counts = f"{state.exchanges} exchanges, {state.passed} passed, [red]{state.failed} failed[/red]"
                bar.update(task, completed=state.done, counts=counts)

        yield update


def _lines(total: int) -> Callable[[RunProgress], None]:
    step = max(1, total // 5)

    def update(state: RunProgress) -> None:
        if state.done % step == 0 or state.done == total:
            errors.print(f"{state.done}/{total} scripts, {state.exchanges} exchanges, {state.failed} requirements failed")

    return update


def show_preflight(report: Any, lang: str) -> None:
    """Tell what preflight found; raises `PreflightError` where the run cannot begin."""
    failed = [check for check in report.checks if not check.ok and not check.warning]
    for check in report.checks:
        if not check.ok:
            mark = "[yellow]warning[/yellow]" if check.warning else "[red]preflight[/red]"
            errors.print(f"{mark} {plain(check.name)}: {said(check.detail, lang)}")
    if failed:
        first = failed[0]
        raise PreflightError(
            f"the run cannot begin: {len(failed)} of {len(report.checks)} checks failed",
            where="preflight",
            next_step=first.next_step.ja if lang == "ja" else first.next_step.en,
        )


def show_result(result: RunResult, files: list[Path], lang: str) -> None:
    """The outcome: findings first, figures, standing, and where the scorecard is."""
    verdicts = {kind: [v for v in result.verdicts if v.verdict.value == kind] for kind in ("fail", "inconclusive")}
    for verdict in verdicts["fail"][:SHOWN_FINDINGS]:
        _finding(verdict, lang)
    _rest(len(verdicts["fail"]) - SHOWN_FINDINGS)
    for verdict in verdicts["inconclusive"][:SHOWN_FINDINGS]:
        reason = said(verdict.reason, lang) if verdict.reason else ""
        console.print(f"[yellow]inconclusive[/yellow] [bold]{verdict.requirement}[/bold] {reason}")
    _rest(len(verdicts["inconclusive"]) - SHOWN_FINDINGS)
    console.print(_figures(result))
    colour = _COLOURS[result.standing.value]
    console.print(f"Standing: [bold {colour}]{result.standing.value}[/bold {colour}]  {_meaning(result, lang)}")
    pages = [path for path in files if path.suffix == ".html"]
    if pages:
        console.print(f"Scorecard: {plain(str(pages[0]))}", soft_wrap=True)
    console.print(f"Archive:   {plain(str(result.folder))}", soft_wrap=True)


def _meaning(result: RunResult, lang: str) -> str:
    from conformance.scorecard import MEANING

    return said(MEANING[result.standing], lang)


def _rest(number: int) -> None:
    if number > 0:
        console.print(f"… and {number} more: see the scorecard")


def _finding(verdict: Verdict, lang: str) -> None:
    console.print(
        f"[red]fail[/red] [bold]{verdict.requirement}[/bold] ({verdict.level}) {verdict.failed} of {verdict.judged} traces"
    )
    if verdict.examples:
        finding: Finding = verdict.examples[0].finding
        console.print(f"  {said(finding.message, lang)}", soft_wrap=True)
        console.print(f"  expected: {plain(finding.expected)}", soft_wrap=True)
        console.print(f"  actual:   {plain(finding.actual)}", soft_wrap=True)
        console.print(f"  at:       {plain(finding.method)} {plain(finding.url)}", soft_wrap=True)
        console.print(f"  again:    {plain(verdict.examples[0].replay)}", soft_wrap=True)
    console.print(f"  more:     conformance explain {verdict.requirement}", soft_wrap=True)


def _figures(result: RunResult) -> Table:
    footer = result.footer
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    counts = footer["verdicts"]
    table.add_row("requirements", ", ".join(f"{number} {kind}" for kind, number in counts.items() if number))
    coverage, rate = footer["coverage"], footer["pass_rate"]
    table.add_row("coverage", f"{coverage['judged']} judged of {coverage['applicable']} applicable")
    table.add_row("pass rate", f"{rate['passed']} passed of {rate['judged']} judged")
    timing = footer.get("timing", {})
    seconds = f" in {timing['wall_seconds']:.1f} s" if "wall_seconds" in timing else ""
    played = footer["scripts"]
    table.add_row("exchanges", f"{footer['exchanges']} in {played['played']} of {played['planned']} scripts{seconds}")
    return table
