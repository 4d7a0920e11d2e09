"""The contestants: each a command in a process of its own, on a reference of its own, with what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.figures import Cost, Figures, figures
from benchmarks.served import SERVICE, served, server_cost
from benchmarks.stock_outcome import outcome
from conformance.archive import RUN_FILE, read_run

ROOT = Path(__file__).resolve().parents[1]
SEED = "1"
DOCUMENT = "openapi.json"
_PREPARE_STOCK = """
import json, sys
from pathlib import Path
from conformance.catalogue.service import load_service
from conformance.launch import Published
from conformance.sut.run_file import load
from conformance.sut.tokens import TokenSource
run_file = load(Path(sys.argv[1]), Published())
declared = run_file.services[sys.argv[2]]
document = load_service(sys.argv[2], declared.version).document
Path(sys.argv[3]).write_text(json.dumps(document, ensure_ascii=False), "utf-8")
print(json.dumps({"url": declared.base_url, "token": TokenSource(run_file).token("clerk")}))
"""
_NARROW_STOCK = ("--phases", "examples", "--include-operation-id", "getResident")


@dataclass(frozen=True)
class Arena:
    """Where contestants work (a folder of its own outside of the checkout), and what is the same for all of them."""

    folder: Path
    people: int
    max_requests: int | None

    def of(self, name: str) -> Path:
        """The folder of one contestant."""
        return self.folder / name


class ContestantError(Exception):
    """A contestant did not do its work; the message ends with what it said."""


def measured(command: Sequence[str], folder: Path, cwd: Path, fine: Sequence[int] = (0,)) -> tuple[Cost, str]:
    """Cost and output of a command. Raises `ContestantError` where it leaves with another exit code than those."""
    target = folder / "cost.json"
    launcher = [sys.executable, str(ROOT / "benchmarks" / "measured.py"), str(target)]
    done = subprocess.run([*launcher, *command], cwd=cwd, env=_environment(), capture_output=True, text=True)  # noqa: S603  our own commands
    if done.returncode != 0:
        raise ContestantError(done.stderr[-2000:])
    cost = msgspec.json.decode(target.read_bytes(), type=Cost)
    if cost.exit_code not in fine:
        raise ContestantError(f"exit code {cost.exit_code}: {done.stdout[-1000:]}\n{done.stderr[-2000:]}")
    return cost, done.stdout


def _environment() -> dict[str, str]:
    """Without settings of Schemathesis: its defaults are what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SCHEMATHESIS", "HYPOTHESIS"))}


def program(name: str) -> str:
    """The path of a program that is installed beside this Python."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def _ours(module: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{module}", *(str(argument) for argument in arguments)]


def suite(arena: Arena, name: str) -> tuple[Figures, Path]:
    """`conformance run`, the whole edition. Figures, and the archive that it left."""
    folder, archive = arena.of(name), arena.of(name) / "run"
    with served(folder, arena.people) as run_file:
        command = [program("conformance"), "run", "--run-file", str(run_file), "--output", str(archive), "--seed", SEED]
        if arena.max_requests is not None:
            command += ["--max-requests", str(arena.max_requests)]
        cost, _ = measured(command, folder, folder, fine=(0, 1, 3))
    footer = footer_of(archive)
    timing, server = footer["timing"], server_cost(folder)
    inner = (timing["wall_seconds"], timing["client_cpu_seconds"])
    return figures(cost, footer["exchanges"], inner, (server.requests, server.cpu_seconds)), archive


def footer_of(archive: Path) -> dict[str, Any]:
    """The footer of a run. Raises `ContestantError` where there is none."""
    _, _, footer = read_run(archive / RUN_FILE)
    if footer is None:
        raise ContestantError("the run has no footer: it was not completed")
    return footer


def replay(arena: Arena, name: str, client: str, archive: Path) -> Figures:
    """The requests of an archive again, with nothing around them."""
    folder = arena.of(name)
    with served(folder, arena.people) as run_file:
        cost, said = measured(_ours("replay", client, run_file, archive), folder, ROOT)
    told, server = json.loads(said), server_cost(folder)
    inner = (told["wall_seconds"], told["cpu_seconds"])
    return figures(cost, told["exchanges"], inner, (server.requests, server.cpu_seconds), told["same_status"])


def prepared(run_file: Path, folder: Path) -> dict[str, str]:
    """Writes the document into a folder; the base URL, and a token of the clerk."""
    done = subprocess.run(  # noqa: S603  our own program; apart, so that this process stays small
        [sys.executable, "-c", _PREPARE_STOCK, str(run_file), SERVICE, str(folder / DOCUMENT)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told: dict[str, str] = json.loads(done.stdout)
    return told


def stock(arena: Arena, name: str) -> tuple[Figures, str]:
    """`schemathesis run` with its defaults and a token, in an empty folder. Figures, and what it said.

    Its exchanges are what the server answered, without the request for the token.
    """
    folder, empty = arena.of(name), arena.of(name) / "work"
    with served(folder, arena.people) as run_file:
        empty.mkdir()
        told = prepared(run_file, empty)
        command = [
            *(program("schemathesis"), "run", DOCUMENT, "--url", told["url"], "--seed", SEED, "--no-color"),
            *("--header", f"Authorization: Bearer {told['token']}"),
            *(_NARROW_STOCK if arena.max_requests is not None else ()),
        ]
        cost, said = measured(command, folder, empty, fine=(0, 1))
    server = server_cost(folder)
    if outcome(said).cases == 0:
        raise ContestantError(f"Schemathesis tested nothing: {said[-1000:]}")
    return figures(cost, server.requests - 1, server=(server.requests, server.cpu_seconds)), said


def judge(arena: Arena, name: str, archive: Path) -> tuple[Figures, bool]:
    """`conformance judge` on an archive. Figures, and whether the verdicts came out the same, byte for byte."""
    folder = arena.of(name)
    folder.mkdir(parents=True)
    before = (archive / RUN_FILE).read_bytes()
    cost, _ = measured([program("conformance"), "judge", str(archive)], folder, folder, fine=(0, 1, 3))
    return figures(cost, footer_of(archive)["exchanges"]), before == (archive / RUN_FILE).read_bytes()


def stages(arena: Arena, name: str) -> dict[str, Any]:
    """A run with the CPU seconds of each stage."""
    folder = arena.of(name)
    limit = [] if arena.max_requests is None else [str(arena.max_requests)]
    with served(folder, arena.people) as run_file:
        _, said = measured(_ours("stages", run_file, folder / "run", *limit), folder, ROOT)
    told: dict[str, Any] = json.loads(said)
    return told
