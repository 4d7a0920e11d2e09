"""`conformance run`: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from conformance.launch import Prepared
    from conformance.session import RunResult

RUN_FILE = Path("conformance.toml")
RunFileOption = Annotated[Path, typer.Option("--run-file", "-f", help="Run file (see 'conformance init').")]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Folder of the run archive. [runs/RUN-ID]")]


def register(app: typer.Typer) -> None:
    """Enter the command."""
    app.command("run")(run)


def run(
    run_file: RunFileOption = RUN_FILE,
    output: OutputOption = None,
    service: Annotated[list[str] | None, typer.Option(help="Only this service (may be repeated).")] = None,
    requirement: Annotated[list[str] | None, typer.Option(help="Only this requirement (may be repeated).")] = None,
    operation: Annotated[list[str] | None, typer.Option(help="Only this operation (may be repeated).")] = None,
    script: Annotated[list[str] | None, typer.Option(help="Only this script, to play a finding again.")] = None,
    max_requests: Annotated[int | None, typer.Option(min=1, help="Send no more requests than this.")] = None,
    seed: Annotated[str | None, typer.Option(help="Seed of the values drawn for this run. [a new one]")] = None,
    spec: Annotated[Path | None, typer.Option(help="Any OpenAPI 3.0 or 3.1 document, instead of a run file.")] = None,
    url: Annotated[str | None, typer.Option(help="Base URL for --spec.")] = None,
    token_env: Annotated[str | None, typer.Option(help="Environment variable with a bearer token, for --spec.")] = None,
    preflight: Annotated[bool, typer.Option(help="Check first that the system can be reached and lets us in.")] = True,
    lang: Annotated[str, typer.Option(help="Language of findings on the terminal: en or ja.")] = "en",
) -> None:
    """Test a system: play the published edition against it, judge the evidence, write the scorecard.

    Exit code: 0 conforming, 1 non-conforming, 2 usage or configuration, 3 incomplete.
    """
    from conformance.errors import UsageError
    from conformance.launch import prepare, published
    from conformance.plan import Filters
    from conformance.sut.run_file import load

    filters = Filters(
        services=tuple(service or ()),
        requirements=tuple(requirement or ()),
        operations=tuple(operation or ()),
        scripts=tuple(script or ()),
        max_requests=max_requests,
    )
    if (spec is None) != (url is None):
        raise UsageError("--spec and --url go together", next_step="give both, or neither and a run file")
    if spec is not None and url is not None:
        from conformance.foreign import prepare_foreign

        prepared = prepare_foreign(spec, url, filters, seed, token_env)
    else:
        prepared = prepare(load(run_file, published()), filters, seed)
        if preflight:
            check_first(prepared, lang)
    result = play(prepared, output or Path("runs") / prepared.run_id, lang)
    sys.exit(exit_code(result))


def check_first(prepared: Prepared, lang: str) -> None:
    """Preflight; what fails here is a configuration error with a next step, never a verdict."""
    from conformance.cli.output import show_preflight
    from conformance.launch import preflight

    show_preflight(preflight(prepared), lang)


def play(prepared: Prepared, folder: Path, lang: str) -> RunResult:
    """Play, judge, write the views, and tell the outcome."""
    from conformance.cli.output import progress_of, show_result
    from conformance.launch import start
    from conformance.views import write

    with progress_of(prepared) as update:
        result = start(prepared, folder, update)
    files = write(folder / "run.jsonl", folder, ("html", "junit", "markdown", "csv", "badge"))
    show_result(result, files, lang)
    return result


def exit_code(result: RunResult) -> int:
    """The exit code for a standing."""
    from conformance.cli import CONFORMING, INCOMPLETE, NON_CONFORMING
    from conformance.scorecard import Standing

    return {Standing.NON_CONFORMING: NON_CONFORMING, Standing.INCOMPLETE: INCOMPLETE}.get(result.standing, CONFORMING)
