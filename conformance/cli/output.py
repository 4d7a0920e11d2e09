"""The terminal while something runs: two consoles, texts made safe for them, progress, preflight."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from conformance.cli import USAGE
from conformance.views.characters import visible

if TYPE_CHECKING:
    from conformance.launch import Prepared
    from conformance.model import Text
    from conformance.session import Progress as RunProgress
    from conformance.sut.preflight_report import Report


class _Terminal(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Whoever read has gone; that must not look like the exit code of a non-conforming system."""
        self.quiet = True
        sys.stdout = None  # there is nobody to flush it to
        sys.exit(USAGE)


console = _Terminal(highlight=False)
errors = _Terminal(stderr=True, highlight=False)


def said(text: Text, lang: str) -> str:
    """A text in one language, safe for the terminal."""
    return plain(text.ja if lang == "ja" else text.en)


def plain(text: str) -> str:
    """Text with hidden characters written out, so that no answer can drive the terminal; markup is escaped."""
    return escape(visible(text))


@contextlib.contextmanager
def progress_of(prepared: Prepared) -> Iterator[Callable[[RunProgress], None]]:
    """A progress bar with live counts; plain lines now and then where there is no terminal."""
    total = sum(len(plan) for plan in prepared.plans)
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
                bar.update(task, completed=state.done, total=state.total, counts=counts)

        yield update


def _lines(total: int) -> Callable[[RunProgress], None]:
    step = max(1, total // 5)

    def update(state: RunProgress) -> None:
        if state.done % step == 0 or state.done == total:
            counts = f"{state.exchanges} exchanges, {state.passed} requirements passed, {state.failed} failed"
            errors.print(f"{state.done}/{state.total} scripts, {counts}", soft_wrap=True)

    return update


@contextlib.contextmanager
def clearing() -> Iterator[Callable[[int, int], None]]:
    """A progress bar over what is taken back, which is told how many of how many are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("taking back", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextlib.contextmanager
def compiling(name: str, sources: int) -> Iterator[Callable[[str, int], None]]:
    """A progress bar over the sources of scripts of one edition, which is told the source in work and a count."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[counts]}"), TimeElapsedColumn())
    seen: list[str] = []
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(f"compiling {name}", total=sources, counts="")

        def update(source: str, count: int) -> None:
            if source not in seen:
                seen.append(source)
            bar.update(task, completed=len(seen) - 1, counts=f"{source}: {count} scripts")

        yield update


def show_preflight(report: Report, lang: str) -> None:
    """Tell what preflight found that is worth knowing. Raises `PreflightError` where the run cannot begin."""
    for result in report.failures[1:] if report.failures else report.warnings:
        mark = "[yellow]warning[/]" if result.ok else "[red]error[/]"
        errors.print(f"{mark} {plain(f'{result.name} {result.about}')}: {said(result.detail, lang)}", soft_wrap=True)
        if result.next_step:
            errors.print(f"  {'次に' if lang == 'ja' else 'Next'}: {said(result.next_step, lang)}", soft_wrap=True)
    report.raise_for_failures()
