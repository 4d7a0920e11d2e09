"""`conformance run`: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.explore.bounds import Bounds
    from conformance.launch import Prepared
    from conformance.plan import Filters
    from conformance.run_lines import RunResult

FORMATS = ("html", "junit", "markdown", "csv", "badge")
"""Made of every run."""
ON_REQUEST = ("sarif", "oscal")
"""Made by `report`: for other programs, and long."""


def register(app: typer.Typer) -> None:
    """Enter the command."""
    app.command("run", rich_help_panel="Test a system / 試験")(run)


def run(
    context: typer.Context,
    run_file: options.RunFile = options.RUN_FILE,
    output: options.Output = None,
    service: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Narrow to this service. Repeat for more.", autocompletion=options.services),
    ] = None,
    requirement: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Narrow to this requirement.", autocompletion=options.requirements),
    ] = None,
    operation: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Narrow to this operation.", autocompletion=options.operations),
    ] = None,
    script: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Narrow to this script: play a finding again.")
    ] = None,
    max_requests: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Send no more requests than this.")
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Seed of the values that are drawn.  [default: the run file's, or a new one]"
        ),
    ] = None,
    shuffle: Annotated[
        str | None, typer.Option(metavar="SEED", help="Play the scripts in another order, which changes no verdict.")
    ] = None,
    spec: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Any OpenAPI 3.0 or 3.1 document, in place of a run file; needs --url."),
    ] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Base URL of the endpoint, for --spec.")] = None,
    token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Environment variable with a bearer token, for --spec.")
    ] = None,
    preflight: Annotated[
        bool, typer.Option(help="Look first whether the system can be reached and lets us in.")
    ] = True,
    explore_seconds: Annotated[
        float, typer.Option(min=0, metavar="N", help="Search live with fresh values for so long; 0: not at all.")
    ] = 0,
    explore_examples: Annotated[
        int, typer.Option(min=0, metavar="N", help="Search live with so many scripts; 0: not at all.")
    ] = 0,
    explore_seed: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Seed of the live search.  [default: a new one]")
    ] = None,
    shrink_plays: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Plays that may be spent on making failures small.  [default: 200]"),
    ] = None,
    no_shrink: Annotated[
        bool, typer.Option("--no-shrink", help="Neither play failures again nor make them small.")
    ] = False,
    clean_up: Annotated[
        bool, typer.Option("--clean-up", help="Take back afterwards what was created, as 'conformance clean' does.")
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with the interrupted run in this folder; nothing is played twice."),
    ] = None,
    lang: options.Language = "en",
) -> None:
    """Test a system and write its scorecard.

    Plays the published scripts against the system that the run file names, judges the evidence, and writes the
    scorecard into the folder of the run. The system must be a test environment: data is created, changed and cancelled.

    \b
    実行設定ファイルのシステムを試験し、スコアカードを作成します。試験環境でのみ実行してください。

    \b
    conformance run                                    all of it, with ./conformance.toml
    conformance run --requirement COM-PAG-001          one requirement
    conformance run --spec openapi.yaml --url URL      another document, without run file
    conformance run --explore-seconds 60               and then search beyond the published scripts
    conformance run --clean-up                         and take back what was created
    conformance run --resume runs/RUN-ID               go on with a run that was interrupted

    \b
    Exit codes: 0 conforming, 1 non-conforming, 2 wrong usage or configuration (or this machine cannot go on), 3
    incomplete (or the system was lost on the way), 130 interrupted.
    """
    from conformance.plan import Filters

    if resume is not None:
        sys.exit(_resumed(context, resume, lang, preflight=preflight, clean_up=clean_up))

    filters = Filters(
        services=tuple(service or ()),
        requirements=tuple(requirement or ()),
        operations=tuple(operation or ()),
        scripts=tuple(script or ()),
        max_requests=max_requests,
    )
    bounds = _bounds(filters, explore_seed, explore_examples, explore_seconds, 0 if no_shrink else shrink_plays)
    if spec is not None or url is not None or token_env is not None:
        _not_with_spec(bounds)
        prepared: Prepared = _foreign(spec, url, token_env, filters, seed, lang)
    else:
        prepared = from_run_file(run_file, filters, seed, lang, preflight=preflight, shuffle=shuffle)
    folder = output or Path("runs") / prepared.run_id
    sys.exit(_ended(prepared, folder, play(prepared, folder, lang, bounds), lang, clean_up=clean_up))


def _bounds(filters: Filters, seed: str | None, examples: int, seconds: float, plays: int | None) -> Bounds:
    """How far the run goes beyond its scripts; not at all where the number of requests is bounded."""
    from conformance.errors import UsageError
    from conformance.explore.bounds import SHRINK_PLAYS, Bounds
    from conformance.session import new_seed

    if filters.max_requests is not None and (examples or seconds):
        raise UsageError("--max-requests does not go with live search", next_step="leave one of them out")
    if filters.max_requests is not None:
        plays = 0
    return Bounds(seed or new_seed(), examples, seconds, SHRINK_PLAYS if plays is None else plays)


def _not_with_spec(bounds: Bounds) -> None:
    from conformance.errors import UsageError

    if bounds.searches:
        raise UsageError(
            "live search needs published documents with workflows, which --spec does not give",
            next_step="leave the --explore options out, or give a run file",
        )


def _foreign(
    spec: Path | None, url: str | None, token_env: str | None, filters: Filters, seed: str | None, lang: str
) -> Prepared:
    """What a run on somebody else's document needs; what could not be prepared is told."""
    from conformance.cli.output import errors, said
    from conformance.errors import UsageError

    if spec is None or url is None:
        raise UsageError(
            "--spec and --url go together, and --token-env goes with them",
            next_step="give the document and the base URL of the endpoint, or none of the three and a run file",
        )
    from conformance.foreign import prepare_foreign

    with errors.status("trying out the operations of the document"):
        prepared = prepare_foreign(spec, url, filters, seed, token_env)
    for note in prepared.notes:
        errors.print(said(note, lang), soft_wrap=True)
    return prepared


def from_run_file(
    path: Path, filters: Filters, seed: str | None, lang: str, *, preflight: bool = True, shuffle: str | None = None
) -> Prepared:
    """What a run needs, with the system looked at first: what fails there is configuration, never a verdict."""
    from conformance.cli.output import show_preflight
    from conformance.launch import Published, prepare
    from conformance.launch import preflight as look
    from conformance.sut.run_file import load

    prepared = prepare(load(path, Published()), filters, seed, shuffle)
    if preflight:
        show_preflight(look(prepared), lang)
    return prepared


def _ended(prepared: Prepared, folder: Path, result: RunResult, lang: str, *, clean_up: bool) -> int:
    """The exit code of a run that has come to its end; what it created is taken back before, where that is wanted."""
    from conformance.cli import clearing

    if clean_up:
        clearing.clean_up(prepared, folder, lang)
    return exit_code(result)


def _resumed(context: typer.Context, folder: Path, lang: str, *, preflight: bool, clean_up: bool) -> int:
    """Go on with a run; the command line may only say where its run file is now."""
    from conformance.cli.output import show_preflight
    from conformance.errors import UsageError
    from conformance.explore.bounds import Bounds
    from conformance.launch import preflight as look
    from conformance.resumption import resumption, set_clock_right

    sources = {name: context.get_parameter_source(name) for name in context.params}
    given = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
    if given - _WITH_RESUME:
        raise UsageError(
            "--resume goes on with a run as it was begun, so nothing else can be chosen",
            next_step=f"leave out {', '.join(sorted('--' + name.replace('_', '-') for name in given - _WITH_RESUME))}",
        )
    prepared = resumption(folder, context.params["run_file"] if "run_file" in given else None)
    if prepared.run_file.path and preflight:
        set_clock_right(prepared)
        show_preflight(look(prepared), lang)
    result = play(prepared, folder, lang, Bounds.of(prepared.header))
    return _ended(prepared, folder, result, lang, clean_up=clean_up)


_WITH_RESUME = frozenset({"resume", "run_file", "preflight", "lang", "clean_up"})


def play(
    prepared: Prepared, folder: Path, lang: str, bounds: Bounds | None = None, *, lasting: bool = True
) -> RunResult:
    """Play, judge, write the views, and tell the outcome. Raises `UsageError` where the folder holds a run.

    What stops it before its end is told with the command that goes on with it (not where the system is gone by then).
    """
    from conformance.cli import outcome
    from conformance.cli.interrupted import Ticker, left_behind, tell
    from conformance.cli.output import progress_of
    from conformance.errors import UsageError
    from conformance.explore.beyond import Exploration
    from conformance.explore.bounds import Bounds
    from conformance.interruption import StoppedError, place
    from conformance.launch import start
    from conformance.views import write

    if prepared.memory is None and (folder / "run.jsonl").exists():
        raise UsageError(
            "this folder holds a run already",
            where=str(folder),
            next_step=f"give --output another folder, or go on with it: conformance run --resume {folder}",
        )
    ticker = Ticker()
    beyond = Exploration(bounds or Bounds(), prepared.filters)
    try:
        with progress_of(prepared) as update:
            result = start(prepared, folder, ticker.passing(update), beyond=beyond)
    except (StoppedError, KeyboardInterrupt) as error:
        if not lasting:
            place(folder).unlink(missing_ok=True)
        tell(folder, ticker, error, lang)
        if isinstance(error, KeyboardInterrupt):
            raise
        sys.exit(error.exit_code)
    files = write(folder / "run.jsonl", folder, FORMATS)
    outcome.show(folder, files, lang)
    left_behind(folder, lang)
    return result


def exit_code(result: RunResult) -> int:
    """The exit code for a standing."""
    from conformance.cli import CONFORMING, INCOMPLETE, NON_CONFORMING
    from conformance.scorecard import Standing

    return {Standing.NON_CONFORMING: NON_CONFORMING, Standing.INCOMPLETE: INCOMPLETE}.get(result.standing, CONFORMING)
