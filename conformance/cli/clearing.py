"""`conformance clean`, and `conformance run --clean-up`: what a run has created is taken back."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.clearing import Outcome
    from conformance.launch import Prepared
    from conformance.model import Text


def register(app: typer.Typer) -> None:
    """Enter the command."""
    app.command("clean", rich_help_panel="Test a system / 試験")(clean)


def clean(run: options.Run, run_file: options.RunFile = options.RUN_FILE, lang: options.Language = "en") -> None:
    """Take back what a run has created in the system.

    Sends one request for each thing that created.jsonl lists and for which the documents give a way, newest first,
    within the limits of the run file. What became of each is in cleared.jsonl. It can be interrupted, and run again to
    go on with what is left. Verdicts and evidence stay as they are.

    \b
    試験がシステムに作成したものを、文書に方法がある限り、新しいものから順に取り消します。結果はcleared.jsonlに残ります。

    \b
    Exit codes: 0 nothing is left that could be taken back, 2 wrong usage or configuration, 3 some of it is left.
    """
    from conformance.cli.archives import check_folder
    from conformance.cli.output import show_preflight
    from conformance.launch import preflight

    check_folder(run)
    prepared = _prepared(run, run_file)
    if prepared.run_file.path:
        show_preflight(preflight(prepared), lang)
    sys.exit(_cleared(prepared, run, run_file, lang, own=False))


def clean_up(prepared: Prepared, folder: Path, lang: str) -> None:
    """Take back what a run has created, now that it has come to its end; it changes no exit code."""
    _cleared(prepared, folder, Path(prepared.run_file.path), lang, own=True)


def _prepared(run: Path, run_file: Path) -> Prepared:
    """What reaches the system of a run: the run file, or for a run with --spec what the archive says."""
    import secrets

    import msgspec

    from conformance.catalogue.service import published_service
    from conformance.clearing import same_system
    from conformance.launch import Published, prepared_from
    from conformance.session import open_archive
    from conformance.sut.run_file import RunFile, load

    header, benches, filters, _ = open_archive(run, published_service)
    told = header["run_file"]
    loaded = load(run_file, Published()) if told["path"] else msgspec.convert(told, RunFile)
    plans = [bench.plan for bench in benches.values()]
    prepared = prepared_from(loaded, plans, header, filters, secrets.token_bytes(32))
    same_system(run, header, prepared.stage.base_urls)
    return prepared


def _cleared(prepared: Prepared, folder: Path, run_file: Path, lang: str, *, own: bool) -> int:
    """Take back and tell; the exit code of `clean`."""
    from conformance.clearing import clear
    from conformance.cli import CONFORMING, INCOMPLETE
    from conformance.cli.output import clearing, errors, said
    from conformance.interruption import StoppedError

    again = _command(folder, run_file)
    try:
        with clearing() as tell:
            counts = clear(folder, prepared.stage, prepared.door, prepared.redactor, own=own, tell=tell)
    except (StoppedError, KeyboardInterrupt) as error:
        errors.print(said(_stopped(error, again), lang), soft_wrap=True)
        if isinstance(error, KeyboardInterrupt):
            raise
        return INCOMPLETE
    _show(counts, folder, again, lang)
    return CONFORMING if all(outcome.settled for outcome in counts) else INCOMPLETE


def _stopped(error: BaseException, again: str) -> Text:
    from conformance.errors import SuiteError
    from conformance.model import Text

    why = error.what if isinstance(error, SuiteError) else ""
    return Text(
        f"取消しを中断しました。{why}\n済んだものは記録されています。\n次に: {again}",
        f"Taking back has stopped. {why}\nWhat is done is kept.\nNext: {again}",
    )


def _command(folder: Path, run_file: Path) -> str:
    import shlex

    reached = "" if run_file in (options.RUN_FILE, Path()) else f" -f {shlex.quote(str(run_file))}"
    return f"conformance clean {shlex.quote(str(folder))}{reached}"


def _show(counts: Mapping[Outcome, int], folder: Path, again: str, lang: str) -> None:
    """One line with the figures, one with the next step."""
    from rich.cells import set_cell_size

    from conformance.clearing import CLEARED, Outcome
    from conformance.cli.output import console, plain, said
    from conformance.model import Text

    names = {
        Outcome.TAKEN_BACK: Text("取消し", "taken back"),
        Outcome.BEFORE: Text("取消し済み", "taken back before"),
        Outcome.REFUSED: Text("拒否", "refused"),
        Outcome.NOT_ANSWERED: Text("応答なし", "not answered"),
        Outcome.NOT_KNOWN: Text("取消しに必要な値が不明", "not known how any more"),
        Outcome.NO_WAY: Text("文書に取消方法なし", "no way given by the documents"),
    }
    shown = ", ".join(f"{said(names[outcome], lang)} {counts[outcome]}" for outcome in Outcome if counts.get(outcome))
    total = sum(counts.values())
    told = Text(
        f"{total}件作成" + (f": {shown}" if shown else ""), f"{total} created" + (f": {shown}" if shown else "")
    )
    console.print(f"{set_cell_size(said(Text('片付け', 'clean-up'), lang), 15)}  {said(told, lang)}", soft_wrap=True)
    listed = plain(str(folder / CLEARED))
    if not all(outcome.settled for outcome in counts):
        step = Text(f"理由は{listed}。もう一度試すには: {again}", f"see why in {listed}; to try it again: {again}")
    elif counts.get(Outcome.NO_WAY):
        step = Text(
            f"残るものは{listed}にあります。必要なら試験環境の機能で消してください。",
            f"what stays is listed in {listed}; clear it with the means of the test environment if it is in the way",
        )
    else:
        step = Text("システムに残したものはありません。", "nothing; all that the run created is taken back")
    console.print(f"{'次に' if lang == 'ja' else 'Next'}: {said(step, lang)}", soft_wrap=True)
