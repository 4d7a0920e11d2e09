"""`conformance registry fresh-run`: an assessor has a system tested once more, and submits what comes of it."""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.registry.client import Client

TOKEN: Final = "CONFORMANCE_REGISTRY_TOKEN"  # noqa: S105  the name of the variable, not what is in it
_PLAYED: Final = frozenset({0, 1})
_GRACE_SECONDS: Final = 60
_EVERY_SECONDS: Final = 2
_MEMORY: Final = 8 << 30
_FILE: Final = 4 << 30


def fresh_run(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the submitted run that is to be confirmed.")],
    run_file: Annotated[Path, typer.Option(metavar="FILE", help="The agency's own run file for the system.")],
    registry: Annotated[str, typer.Option(envvar="CONFORMANCE_REGISTRY", metavar="URL", help="The registry / 登録簿.")],
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the fresh run is kept.")],
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help=f"File with the token.  [default: the variable {TOKEN}]")
    ] = None,
    minutes: Annotated[int, typer.Option(min=1, metavar="N", help="The run is ended then / 時間の上限.")] = 240,
    lang: options.Language = "en",
) -> None:
    """Test a system once more, with a new seed, and submit it to confirm a run that was submitted.

    The run is made by a process of its own, with bounds on time, memory and files. It comes in as evidence of a third
    party, for the same version in the same body, and is compared with the run that it is to confirm.

    \b
    提出された試験結果を確認するため、新しいシードで再試験を行い、第三者の証跡として提出して比較します。
    """
    from conformance.cli.output import console, plain, said
    from conformance.cli.submitting import token_of
    from conformance.errors import UsageError
    from conformance.model import Text
    from conformance.registry.client import Client

    if output.exists():
        raise UsageError("is there already", where=str(output), next_step="name another folder")
    client = Client(registry, token_of(token_file))
    if client.ask("GET", "/me").get("role") != "assessor":
        raise UsageError("this is for an assessor", next_step="use an assessor's token")
    known = client.ask("GET", f"/runs/{run}")
    _play(run_file, output, minutes * 60)
    made = client.submit(output, str(known["body_code"]), str(known["version_id"]), lambda sent, size: None)
    client.ask("POST", f"/runs/{run}/fresh-runs", json={"run_id": made})
    console.print(said(Text(f"提出しました: {made}", f"Submitted: {made}"), lang), soft_wrap=True)
    found = _compared(client, run, made)
    if found is None:
        late = Text("判定はまだ終わっていません。", "It has not been judged yet: ask for the comparison later.")
        console.print(said(late, lang), soft_wrap=True)
        return
    same = Text(f"同じ判定: {found['same']}件", f"Judged alike: {found['same']} requirements")
    console.print(said(same, lang), soft_wrap=True)
    for each in found["differences"]:
        row = f"{each['service']} {each['requirement']}: {each['first'] or '-'} → {each['second'] or '-'}"
        console.print(plain(row), soft_wrap=True, style="yellow")


def _play(run_file: Path, output: Path, seconds: float) -> None:
    """Make the run. Raises `UsageError`, `ArchiveError` where none came of it that could be judged to its end."""
    from conformance.archive import RUN_FILE, read_run
    from conformance.errors import UsageError

    program = [sys.executable, "-c", "from conformance.cli import main; main()"]
    command = [*program, "run", "--run-file", str(run_file), "--output", str(output)]
    # The token of the registry is none of the system's business.
    environment = {name: value for name, value in os.environ.items() if name != TOKEN}
    child = subprocess.Popen(  # noqa: S603  our own program
        [*command, "--seed", secrets.token_hex(16)], env=environment, start_new_session=True, preexec_fn=_bound
    )
    try:
        code = child.wait(seconds)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        _end(child)
        raise UsageError(
            "the run took longer than it may, and was ended", where=str(output), next_step="give it more --minutes"
        ) from None
    # 1 is also how an interpreter ends that could not even start.
    if code not in _PLAYED or read_run(output / RUN_FILE)[2] is None:
        raise UsageError(
            f"the run did not come to its end (exit code {code}), and was not submitted",
            where=str(output),
            next_step="see what it said; begin again with another folder",
        )


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE, _FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end(child: subprocess.Popen[bytes]) -> None:
    """In order first, so that the system's clock is put back; then at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_SECONDS)
            return
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _compared(client: Client, run: str, made: str) -> dict[str, Any] | None:
    """The comparison, as soon as the registry has judged the run; None where that takes too long."""
    for _ in range(_GRACE_SECONDS * 10 // _EVERY_SECONDS):
        items = client.ask("GET", f"/runs/{run}/fresh-runs")["items"]
        (found,) = (item for item in items if item["run_id"] == made)
        if found["comparison"] is not None:
            return dict(found["comparison"])
        time.sleep(_EVERY_SECONDS)
    return None
