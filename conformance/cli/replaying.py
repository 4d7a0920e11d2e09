"""`conformance replay`: one finding again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.explore.replay import Found, Replayed
    from conformance.launch import Prepared
    from conformance.model import Text


def register(app: typer.Typer) -> None:
    """Enter the command."""
    app.command("replay", rich_help_panel="Test a system / 試験")(replay)


def replay(
    finding: Annotated[
        str,
        typer.Argument(
            metavar="FINDING", help="Script id, or RUN#REQUIREMENT, or the id of a requirement.", show_default=False
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="RUN", help="Folder or id of the run.  [default: the newest in runs/ that fits]"),
    ] = None,
    run_file: options.RunFile = options.RUN_FILE,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Another base URL, for a run with --spec, which has no run file.")
    ] = None,
    lang: options.Language = "en",
) -> None:
    """Play one finding again.

    Takes documents and script from the archive of a run, so that it works on any machine that has the archive and a
    run file. Values that must be unique are drawn anew. Nothing is written.

    \b
    実行結果の記録にある不合格を1つだけ再実行します。記録と実行設定ファイルがあれば、どこでも実行できます。

    \b
    conformance replay COM-PAG-001                   the smallest example of the newest run in which it failed
    conformance replay runs/RUN-ID#COM-PAG-001       of that run

    \b
    Exit codes: 0 it does not fail again, 1 it fails again, 2 wrong usage or configuration, 3 it could not be judged.
    """
    from conformance.explore.replay import find, play

    found = find(finding, run)
    prepared = _prepared(found, run_file, url)
    replayed = play(found, prepared.stage, prepared.door, prepared.redactor)
    _show(found, replayed, lang)
    sys.exit(_exit_code(replayed))


def _prepared(found: Found, run_file: Path, url: str | None) -> Prepared:
    """What reaches the system: the run file, or for a run with --spec what the archive says."""
    import secrets

    from conformance.errors import UsageError
    from conformance.launch import Published, prepared_from
    from conformance.plan import Filters
    from conformance.session import new_seed
    from conformance.sut.run_file import load

    if found.bench.plan.service.strict and url is not None:
        raise UsageError("--url is for a run with --spec", where=str(found.folder), next_step="give --run-file instead")
    loaded = load(run_file, Published()) if found.bench.plan.service.strict else found.reached(url)
    return prepared_from(loaded, [], {"seed": new_seed()}, Filters(), secrets.token_bytes(32))


def _exit_code(replayed: Replayed) -> int:
    from conformance.cli import CONFORMING, INCOMPLETE, NON_CONFORMING

    if replayed.failed:
        return NON_CONFORMING
    return CONFORMING if replayed.judged else INCOMPLETE


def _show(found: Found, replayed: Replayed, lang: str) -> None:
    from conformance.cli.output import console, plain, said
    from conformance.model import Text

    for title, text in ((Text("要求", "request"), replayed.request), (Text("応答", "answer"), replayed.response)):
        console.print(f"[bold]{said(title, lang)}[/]\n{plain(text)}\n", soft_wrap=True)
    finding = replayed.failed[0] if replayed.failed else found.before
    rows = []
    if finding is not None:
        rows = [(Text("要求事項", "requirement"), finding.requirement), (Text("期待", "expected"), finding.expected)]
    if replayed.failed:
        rows.append((Text("実際", "actual"), replayed.failed[0].actual))
        console.print(said(replayed.failed[0].message, lang), soft_wrap=True)
    if not replayed.judged and replayed.trouble:
        rows.append((Text("理由", "why"), replayed.trouble))
    for name, value in rows:
        console.print(f"  [dim]{said(name, lang)}[/] {plain(value)}", soft_wrap=True)
    console.print(said(_outcome(replayed), lang), style="red" if replayed.failed else None, soft_wrap=True)


def _outcome(replayed: Replayed) -> Text:
    from conformance.model import Text

    if replayed.failed:
        return Text("再び不合格となりました。", "It failed again.")
    if replayed.judged:
        return Text("今回は不合格になりませんでした。", "It did not fail this time.")
    return Text("判定できませんでした。", "It could not be judged.")
