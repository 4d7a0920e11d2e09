"""`conformance demo`, `init` and `serve`: the first steps."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from conformance.cli import options

_PANEL = "First steps / はじめに"
Faults = Annotated[
    list[str] | None,
    typer.Option("--fault", metavar="NAME", help="Plant this fault in the reference. Repeat for more."),
]


def register(app: typer.Typer) -> None:
    """Enter the commands."""
    app.command("demo", rich_help_panel=_PANEL)(demo)
    app.command("init", rich_help_panel=_PANEL)(init)
    handed_on = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("serve", rich_help_panel=_PANEL, context_settings=handed_on)(serve)


def demo(
    output: options.Output = None,
    people: Annotated[
        int, typer.Option(min=20, max=2000, metavar="N", help="Synthetic people in the reference.")
    ] = 2000,
    fault: Faults = None,
    service: Annotated[
        list[str] | None, typer.Option("--service", "-s", metavar="NAME", help="Test this one. Repeat for more.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Test every service, and what they do together, in one run.")
    ] = False,
    lang: options.Language = "en",
) -> None:
    """Try it: test the reference implementation.

    Starts the reference implementation on this machine, runs the whole suite of the resident registry (or of the
    services given) against it, writes the scorecard, and stops it again. Nothing has to be set up.

    \b
    参照実装を起動し、住民記録(又は指定したサービス)の全試験を実行し、スコアカードを作成します。準備は不要です。

    \b
    Exit codes: as of 'run'.
    """
    from conformance.cli.output import errors, said
    from conformance.cli.runs import exit_code, from_run_file, play
    from conformance.demonstration import reference
    from conformance.errors import UsageError
    from conformance.launch import Published
    from conformance.model import Text
    from conformance.plan import Filters

    planted = [word for name in fault or () for word in ("--fault", name)]
    known = tuple(Published())
    wanted = known if everything else tuple(service or (options.FIRST_SERVICE,))
    if unknown := set(wanted).difference(known):
        raise UsageError(f"no service '{min(unknown)}'", next_step=f"choose of: {', '.join(known)}")
    with reference("--people", str(people), *planted, services=wanted) as run_file:
        begun = Text(
            "参照実装を起動しました。試験を始めます。",
            "The reference implementation runs on this machine; the suite begins.",
        )
        errors.print(said(begun, lang))
        prepared = from_run_file(run_file, Filters(), None, lang)
        result = play(prepared, output or Path("runs") / prepared.run_id, lang, lasting=False)
    sys.exit(exit_code(result))


def init(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where the run file is written.")
    ] = options.RUN_FILE,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a run file by asking a few questions.

    The run file says who is tested and how the system is reached. Secrets are never asked for, only the names of the
    environment variables or files that hold them. Every question has a default or an example; answers may be piped,
    one per line.

    \b
    質問に答えると、実行設定ファイルを作成します。秘密の値は尋ねません。
    """
    from conformance.cli.asking import ask, secrets_of
    from conformance.cli.output import console, plain
    from conformance.errors import UsageError
    from conformance.launch import Published
    from conformance.sut.run_file import load
    from conformance.sut.run_file_text import template

    if output.exists() and not force:
        raise UsageError("is there already", where=str(output), next_step="give --force, or --output another file")
    answers = ask()
    output.write_text(template(answers), "utf-8")
    load(output, Published())
    console.print(f"Wrote {plain(str(output))}: every line of it is explained there.", soft_wrap=True)
    for line in secrets_of(answers):
        console.print(f"Next: {plain(line)}", soft_wrap=True)
    chosen = "" if output == options.RUN_FILE else f" -f {output}"
    console.print(f"Next: conformance run{plain(chosen)}", soft_wrap=True)


def serve(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Port on 127.0.0.1; 0 takes any free one.")
    ] = 8080,
    people: Annotated[int, typer.Option(min=0, metavar="N", help="Synthetic residents.")] = 200,
    body: Annotated[str, typer.Option(metavar="CODE", help="Local government code of the municipality.")] = "131016",
    fault: Faults = None,
    write_to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write a run file that reaches it, with the secrets in files beside it."),
    ] = None,
) -> None:
    """Start the reference implementation.

    It serves on loopback until it is interrupted, with synthetic people and a token endpoint, and prints one line of
    JSON that says where. Options that are not listed here are handed on to it; 'python -m conformance.reference --help'
    lists them all (TLS, other kinds of token, without upper tester, without an option of the standard, liberties).

    \b
    参照実装を合成データとともに起動します(中断するまで動き続けます)。

    \b
    conformance serve --write-to reference                   here
    conformance run -f reference/conformance.toml            in another terminal
    """
    planted = [word for name in fault or () for word in ("--fault", name)]
    given = ["--port", str(port), "--people", str(people), "--body", body, *planted, *context.args]
    if write_to is None:
        os.execv(sys.executable, [sys.executable, "-m", "conformance.reference", *given])  # noqa: S606  our own program
    from conformance.cli.output import errors, plain
    from conformance.demonstration import serving

    with serving(write_to, *given) as (process, run_file):
        errors.print(f"Next, in another terminal: conformance run -f {plain(str(run_file))}", soft_wrap=True)
        sys.exit(process.wait())
