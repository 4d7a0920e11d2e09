"""The command `conformance`. Each command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import sys

import typer

from conformance.errors import SuiteError

app = typer.Typer(
    name="conformance",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Tells whether a municipal system does what the published standard says. "
    "自治体システムが公開された標準どおりに動くかを試験します。",
    epilog="First steps: [bold]conformance demo[/bold], then [bold]conformance init[/bold] and "
    "[bold]conformance run[/bold].",
)

CONFORMING, NON_CONFORMING, USAGE, INCOMPLETE = 0, 1, 2, 3
"""Exit codes."""


def main() -> None:
    """Run the command line; our own errors become one paragraph with a next step and exit code 2."""
    from conformance.cli import archives, documents, runs, starting

    for module in (runs, archives, documents, starting):
        module.register(app)
    try:
        app()
    except SuiteError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        sys.exit(130)
