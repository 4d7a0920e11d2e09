"""The command `conformance`. Each command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from conformance.errors import SuiteError

CONFORMING, NON_CONFORMING, USAGE, INCOMPLETE = 0, 1, 2, 3
"""Exit codes. What goes wrong on our side is never 1."""
_INTERRUPTED = 130
_DEBUG = "CONFORMANCE_DEBUG"


class Commands(TyperGroup):
    """The commands under headings, in the order of a newcomer's first day."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section for each heading."""
        sections: dict[str, list[tuple[str, str]]] = {}
        longest = max(len(name) for name in self.commands)
        width = formatter.width - 6 - longest
        for name in self.list_commands(ctx):
            command = self.commands[name]
            heading = getattr(command, "rich_help_panel", None) or "Commands"
            sections.setdefault(heading, []).append((name.ljust(longest), command.get_short_help_str(width)))
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)


app = typer.Typer(
    name="conformance",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich takes longer to import than help takes to read
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from conformance import __version__

        typer.echo(f"conformance {__version__}")
        raise typer.Exit


@app.callback(epilog="First steps: conformance demo; then conformance init and conformance run.")
def conformance(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version of the suite.")
    ] = False,
) -> None:
    """Tells whether a municipal system does what the published standard says.

    自治体システムが公開された標準どおりに動くかを試験します。

    \b
    Exit codes: 0 conforming, 1 non-conforming, 2 wrong usage or configuration, 3 incomplete.
    終了コード: 0 適合、1 不適合、2 使い方又は設定の誤り、3 判定未了。
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with one of the exit codes; whatever goes wrong is told in one paragraph."""
    from conformance.cli import (
        archives,
        clearing,
        documents,
        proving,
        registry,
        replaying,
        runs,
        starting,
        submitting,
    )

    known = (starting, runs, replaying, clearing, archives, documents, proving, submitting, registry)
    for module in known if not app.registered_commands else ():
        module.register(app)
    _keep_caches_apart()
    try:
        code = app(args=arguments, prog_name="conformance", standalone_mode=False)
    except SuiteError as error:
        _leave(f"error: {error}", USAGE)
    except typer.TyperException as error:  # wrong usage, as typer tells it
        error.show()  # type: ignore[attr-defined]  # every exception of a command line has it
        sys.exit(USAGE)
    except (typer.Abort, KeyboardInterrupt):
        _leave("\ninterrupted", _INTERRUPTED)
    except OSError as error:
        _leave(f"error: {error.filename or 'the operating system'}: {error.strerror or error}\n{_FILES}", USAGE)
    except Exception as error:
        if _DEBUG in os.environ:
            import traceback

            traceback.print_exc()
        _leave(f"error: the suite itself failed: {type(error).__name__}: {error}\n{_OURS}", USAGE)
    if code == _INTERRUPTED:  # typer has caught the interrupt
        _leave("interrupted", _INTERRUPTED)
    sys.exit(code if isinstance(code, int) else CONFORMING)


def _keep_caches_apart() -> None:
    """Hypothesis keeps tables where it is started; the folder of a user is for the user's files."""
    with contextlib.suppress(RuntimeError):  # nobody's home is known
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(caches / "conformance" / "hypothesis"))


_FILES = "Next: check that the file or folder is there, that it may be read or written, and that the disk has room"
_OURS = (
    "This is a fault of the suite and says nothing about the system under test.\n"
    f"Next: run it again with {_DEBUG}=1 in the environment, and report what it prints"
)


def _leave(message: str, code: int) -> NoReturn:
    shown = "".join(c if c.isprintable() or c in "\n\u3000" else f"\\x{ord(c):02x}" for c in message)
    sys.stderr.write(shown + "\n")
    sys.exit(code)
