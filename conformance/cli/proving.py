"""`conformance prove`: the suite on the reference with one planted fault at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import CONFORMING, NON_CONFORMING, options

if TYPE_CHECKING:
    from conformance.prove.proof import Proof
    from conformance.prove.trial import Trial

_SHOWN = 400


def register(app: typer.Typer) -> None:
    """Enter the command."""
    app.command("prove", rich_help_panel="Trust / 信頼性")(prove)


def prove(
    fault: Annotated[list[str] | None, typer.Option("--fault", metavar="NAME", help="Only this fault.")] = None,
    liberty: Annotated[list[str] | None, typer.Option("--liberty", metavar="NAME", help="Only this liberty.")] = None,
    requirement: Annotated[
        list[str] | None,
        typer.Option(
            "--requirement", "-r", metavar="ID", help="Only faults that break it.", autocompletion=options.requirements
        ),
    ] = None,
    service: Annotated[
        list[str] | None, typer.Option("--service", "-s", metavar="NAME", help="Only scripts of this service.")
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Only so many changes, drawn by --seed.")] = None,
    seed: Annotated[str, typer.Option(help="What the sample is drawn by.")] = "sample",
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="How many at a time.  [default: cores]")
    ] = None,
    all_scripts: Annotated[
        bool, typer.Option("--all-scripts", help="Play every script for every fault, not only those that reach it.")
    ] = False,
    wire: Annotated[
        bool, typer.Option("--wire", help="Judge every trace as it came, too: the evidence must say the same.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="Tell the faults and liberties, and end.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Write the matrix there, as JSON and HTML.")
    ] = None,
    since: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A proof.json; what has not changed since is not tried again.")
    ] = None,
    lang: options.Language = "en",
) -> None:
    """Prove that the suite catches faults and leaves conforming systems in peace.

    Starts the reference implementation with one planted fault (or liberty) at a time and runs the suite on it. Each
    fault must fail the requirements that it breaks and no other; no liberty may fail any.
    Exit codes: 0 proven, 1 not proven, 2 wrong usage.

    \b
    参照実装に故意の誤りを一つずつ入れ、その誤りだけが検出されることを証明します。
    """
    from conformance.prove.changes import changes
    from conformance.prove.proof import decode, select
    from conformance.prove.proof import prove as carried_out

    known = changes()
    wanted = select(
        known,
        faults=tuple(fault or ()),
        liberties=tuple(liberty or ()),
        requirements=tuple(requirement or ()),
        sample=sample,
        seed=seed,
    )
    if listed:
        _list(wanted)
        return
    before = decode(since.read_bytes()) if since else None
    with _progress(len(wanted)) as tell:
        proof = carried_out(
            wanted, jobs=jobs or os.cpu_count() or 1, everything=all_scripts, wire=wire, tell=tell, before=before,
            services=tuple(service or ()),
        )  # fmt: skip
    _tell(proof, lang, in_full=len(wanted) <= 3)
    if output is not None:
        _write(proof, output)
    raise typer.Exit(CONFORMING if proof.holds else NON_CONFORMING)


def _list(wanted: object) -> None:
    from conformance.cli.output import console, plain

    for change in wanted:  # type: ignore[attr-defined]  # a list of changes, whose module is imported late
        breaks = f" breaks {', '.join(change.breaks)}:" if change.breaks else ":"
        console.print(f"{change.kind:7} [bold]{change.name}[/]{breaks} {plain(change.description)}", soft_wrap=True)


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[int, int, Trial], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from conformance.cli.output import errors

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("baseline", total=total)

        def tell(done: int, of: int, trial: Trial) -> None:
            bar.update(task, completed=done, description=trial.name)
            if not trial.proven or not errors.is_terminal:
                mark = "[green]ok[/]" if trial.proven else "[red]NOT AS IT MUST BE[/]"
                counts = f"{trial.scripts} scripts, {len(trial.caught)} requirements failed"
                errors.print(f"{done}/{of} {trial.kind} {trial.name}: {mark} ({counts})", soft_wrap=True)

        yield tell


def _tell(proof: Proof, lang: str, *, in_full: bool) -> None:
    from conformance.cli.output import console, plain

    if not proof.baseline.proven:
        failing = ", ".join(sorted({*proof.baseline.failed, *proof.baseline.inconclusive}))
        console.print(f"[red]The reference itself does not pass[/]: {failing}", soft_wrap=True)
    for trial in proof.trials if in_full else proof.amiss:
        _tell_trial(trial, lang)
        if trial.name in proof.misses:
            known = f"known not to be caught precisely; what it would take: {plain(proof.misses[trial.name])}"
            console.print(f"  {known}", soft_wrap=True)
    figures = proof.figures()
    console.print(
        f"{figures['caught']} of {figures['faults']} faults caught, {figures['precisely']} of them precisely; "
        f"{figures['left_in_peace']} of {figures['liberties']} liberties left in peace; "
        f"{figures['exchanges']} exchanges",
        soft_wrap=True,
    )
    if figures["judged_on_the_wire_too"]:
        same = figures["judged_on_the_wire_too"] - figures["judged_otherwise_there"]
        console.print(f"on {same} of {figures['judged_on_the_wire_too']} the evidence says what the wire says")
    if not proof.partial:
        console.print(f"{figures['proven']} of {figures['requirements']} requirements have a fault that they catch")
        if proof.unproven:
            console.print(f"[red]without one[/]: {', '.join(r.id for r in proof.unproven)}", soft_wrap=True)


def _tell_trial(trial: Trial, lang: str) -> None:
    from conformance.cli.output import console, plain

    console.print(f"[bold]{trial.kind} {trial.name}[/]: {plain(trial.description)}", soft_wrap=True)
    if trial.kind == "fault" and not trial.scripts:
        console.print("  no script reaches what it changes", soft_wrap=True)
    for name in trial.survived:
        console.print(f"  [red]survived[/] {name}: it did not fail", soft_wrap=True)
    for item in trial.caught:
        mark = "[red]blamed wrongly[/]" if item.requirement in trial.blamed else "[green]caught[/]"
        sentence = item.ja if lang == "ja" else item.en
        count = f"{item.failed} of {item.judged} traces"
        console.print(f"  {mark} {item.requirement} ({count}): {plain(sentence)}", soft_wrap=True)
        console.print(f"    expected {plain(item.expected[:_SHOWN])}", soft_wrap=True)
        console.print(f"    actual   {plain(item.actual[:_SHOWN])}", soft_wrap=True)
        console.print(f"    script   {item.script} ({item.rule}, {item.operation})", soft_wrap=True)
    for difference in trial.wire or ():
        console.print(
            f"  [red]not as on the wire[/] {difference.requirement}: {difference.wire} there, {difference.evidence} on "
            f"the evidence (script {difference.script})",
            soft_wrap=True,
        )
    if trial.inconclusive:
        console.print(f"  inconclusive: {', '.join(trial.inconclusive)}", soft_wrap=True)


def _write(proof: Proof, folder: Path) -> None:
    from conformance.cli.output import console
    from conformance.prove.pages import write

    for path in write(proof, folder):
        console.print(str(path), soft_wrap=True)
