"""`conformance judge` and `conformance report`: what can be made from a run archive."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

FORMATS = ("html", "junit", "markdown", "csv", "badge")
RunArgument = Annotated[Path, typer.Argument(help="Folder of a run archive.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Enter the commands."""
    app.command("judge")(judge)
    app.command("report")(report)


def judge(
    run: RunArgument,
    lang: Annotated[str, typer.Option(help="Language of findings: en or ja.")] = "en",
) -> None:
    """Judge the evidence of a run again, without network, and say whether the verdicts are the same.

    Exit code as of 'run'.
    """
    from conformance.cli.output import console, show_result
    from conformance.cli.runs import exit_code
    from conformance.session import judge_archive
    from conformance.views import write

    result, same = judge_archive(run)
    files = write(run / "run.jsonl", run, FORMATS)
    show_result(result, files, lang)
    console.print(
        "The verdicts are the same, byte for byte." if same else "[yellow]The verdicts differ from those in the archive; "
        "run.jsonl now holds the new ones.[/yellow]"
    )
    sys.exit(exit_code(result))


def report(
    run: RunArgument,
    format_: Annotated[list[str] | None, typer.Option("--format", help=f"One of {', '.join(FORMATS)}. [all]")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for the files. [the run's]")] = None,
) -> None:
    """Write the scorecard and its other forms from a run archive."""
    from conformance.cli.output import console
    from conformance.errors import UsageError
    from conformance.views import write

    for name in format_ or ():
        if name not in FORMATS:
            raise UsageError(f"there is no format '{name}'", next_step=f"choose of: {', '.join(FORMATS)}")
    for path in write(run / "run.jsonl", output or run, tuple(format_ or FORMATS)):
        console.print(str(path), soft_wrap=True, markup=False)
