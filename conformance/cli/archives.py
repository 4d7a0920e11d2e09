"""`conformance judge` and `conformance report`: what can be made from a run archive."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from conformance.cli import options
from conformance.cli.runs import FORMATS, ON_REQUEST

_PANEL = "Work with runs / 実行結果"
_ALL = (*FORMATS, *ON_REQUEST)


def register(app: typer.Typer) -> None:
    """Enter the commands."""
    app.command("judge", rich_help_panel=_PANEL)(judge)
    app.command("report", rich_help_panel=_PANEL)(report)


def judge(run: options.Run, lang: options.Language = "en") -> None:
    """Judge the evidence of a run again, offline.

    The same evidence gives the same verdicts on anyone's machine; it is said whether it did. Where the run was
    interrupted, what was played is judged.

    \b
    実行の証跡だけから、通信せずに判定をやり直します。同じ証跡からは同じ判定が得られます。

    \b
    Exit codes: as of 'run'; 2 where the archive was altered or truncated.
    """
    from conformance.archive import read_run
    from conformance.cli import outcome
    from conformance.cli.output import console, said
    from conformance.cli.runs import exit_code
    from conformance.model import Text
    from conformance.session import judge_archive
    from conformance.views import write

    check_folder(run)
    finished = "missing" not in (read_run(run / "run.jsonl")[2] or {"missing": True})
    result, same = judge_archive(run)
    outcome.show(run, write(run / "run.jsonl", run, FORMATS), lang)
    if same:
        said_last = Text("判定は元の記録と1バイトも違いません。", "The verdicts are the same, byte for byte.")
    elif finished:
        said_last = Text(
            "判定が元の記録と異なります。run.jsonl を新しい判定に置き換えました。",
            "The verdicts differ from those in the archive; run.jsonl now holds the new ones.",
        )
    else:
        said_last = Text(
            "この実行は最後まで終わっていません。実行済みの分だけを判定しました。",
            "The run had not come to its end: what was played is judged now.",
        )
    missing = result.footer.get("missing")
    if missing:
        _missing(run, missing, lang)
    console.print(said(said_last, lang), style=None if same else "yellow")
    sys.exit(exit_code(result))


def _missing(run: Path, missing: Mapping[str, int], lang: str) -> None:
    """Say exactly what an unfinished archive does not hold."""
    from conformance.cli.interrupted import command, resumable
    from conformance.cli.output import console, plain, said
    from conformance.model import Text

    what = Text(
        f"実行されていないスクリプトが{missing['scripts']}件あります。書込み途中の{missing['bytes']}バイトは使いません。",
        f"Missing: {missing['scripts']} scripts were not played; {missing['bytes']} bytes of what was being written "
        "when it ended are no whole record, and are left out.",
    )
    console.print(said(what, lang), style="yellow", soft_wrap=True)
    if resumable(run):
        console.print(f"{'次に' if lang == 'ja' else 'Next'}: {plain(command(run))}", soft_wrap=True)


def _formats(incomplete: str) -> list[str]:
    return [name for name in _ALL if name.startswith(incomplete)]


def report(
    run: options.Run,
    format_: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"One of {', '.join(_ALL)}. Repeat for more.  [default: all]",
            autocompletion=_formats,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where they are written.  [default: the run's folder]"),
    ] = None,
    docs_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Site of 'conformance docs' that failures link to.  [default: that of the run file]"
        ),
    ] = None,
) -> None:
    """Write the scorecard of a run in other forms.

    \b
    実行結果から、スコアカードなどの表示形式を作成します。
    """
    from conformance.cli.output import console
    from conformance.errors import UsageError
    from conformance.views import write

    for name in format_ or ():
        if name not in _ALL:
            raise UsageError(f"there is no format '{name}'", next_step=f"choose of: {', '.join(_ALL)}")
    if docs_url is not None and not docs_url.startswith(("http://", "https://")):
        raise UsageError(f"'{docs_url}' is no web address", next_step="give --docs-url https://HOST/PATH")
    check_folder(run)
    for path in write(run / "run.jsonl", output or run, tuple(format_ or _ALL), docs_url):
        console.print(str(path), soft_wrap=True, markup=False)


def check_folder(run: Path) -> None:
    """Raise `ArchiveError` where a folder holds no run."""
    from conformance.errors import ArchiveError

    if not (run / "run.jsonl").is_file():
        raise ArchiveError(
            "is not the folder of a run: it has no run.jsonl",
            where=str(run),
            next_step="give the folder that 'conformance run' told at its end, such as runs/RUN-ID",
        )
