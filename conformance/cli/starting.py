"""`conformance init`, `serve` and `demo`: the first steps."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from conformance.cli.runs import RUN_FILE, OutputOption


def register(app: typer.Typer) -> None:
    """Enter the commands."""
    app.command("init")(init)
    app.command("serve", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(serve)
    app.command("demo")(demo)


def init(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the run file is written.")] = RUN_FILE,
    force: Annotated[bool, typer.Option("--force", help="Replace a run file that is there.")] = False,
) -> None:
    """Write a commented run file by asking a few questions."""
    from conformance.cli.asking import ask
    from conformance.cli.output import console
    from conformance.errors import UsageError
    from conformance.sut.run_file_text import template

    if output.exists() and not force:
        raise UsageError(f"{output} is there already", next_step="give --force to replace it, or --output another file")
    output.write_text(template(ask()), "utf-8")
    console.print(f"Wrote {output}. Next: set the secrets that it names, then 'conformance run -f {output}'")


def serve(context: typer.Context) -> None:
    """Start the reference implementation on loopback, with synthetic people. Options: --help-reference.

    Options are handed on: --port, --people, --body, --no-upper-tester, --credentials-out FILE, --fault NAME, …
    """
    arguments = ["--help" if argument == "--help-reference" else argument for argument in context.args]
    os.execv(sys.executable, [sys.executable, "-m", "conformance.reference", *arguments])  # noqa: S606  our own program


def demo(
    output: OutputOption = None,
    people: Annotated[int, typer.Option(help="Synthetic people in the reference implementation.")] = 2000,
    fault: Annotated[list[str] | None, typer.Option(help="Plant this fault (see 'serve --help-reference').")] = None,
    lang: Annotated[str, typer.Option(help="Language: en or ja.")] = "en",
) -> None:
    """Start the reference implementation, run the whole suite against it, write the scorecard, stop it again."""
    from conformance.cli.output import errors
    from conformance.cli.runs import check_first, exit_code, play
    from conformance.demonstration import reference
    from conformance.launch import prepare, published
    from conformance.plan import Filters
    from conformance.sut.run_file import load

    options = [word for name in fault or () for word in ("--fault", name)]
    with reference("--people", str(people), *options) as run_file:
        errors.print("The reference implementation runs; the suite begins.")
        prepared = prepare(load(run_file, published()), Filters())
        check_first(prepared, lang)
        result = play(prepared, output or Path("runs") / prepared.run_id, lang)
    sys.exit(exit_code(result))
