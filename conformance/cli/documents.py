"""`conformance list`, `explain`, `compile` and `spec check`: the published documents."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from conformance.catalogue.service import Service
    from conformance.model import Requirement

spec = typer.Typer(no_args_is_help=True, help="The published documents.")


def register(app: typer.Typer) -> None:
    """Enter the commands."""
    app.command("list")(list_)
    app.command("explain")(explain)
    app.command("compile")(compile_)
    app.add_typer(spec, name="spec")


def _services(name: str | None) -> list[Service]:
    from conformance.catalogue.service import available, load_service

    return [load_service(each) for each in ([name] if name else list(available()))]


def list_(
    service: Annotated[str | None, typer.Argument(help="A service; all of them without it.")] = None,
    operations: Annotated[bool, typer.Option("--operations", help="List operations instead of requirements.")] = False,
    lang: Annotated[str, typer.Option(help="Language: en or ja.")] = "en",
) -> None:
    """List services, their requirements, or their operations."""
    from conformance.cli.output import console, said

    for item in _services(service):
        console.print(f"[bold]{item.key}[/bold] {said(item.title, lang)}")
        if operations:
            for operation in item.operations.values():
                console.print(f"  {operation.id:28} {operation.method:6} {operation.path}", markup=False)
            continue
        for requirement in item.requirements:
            title = requirement.title.ja if lang == "ja" else requirement.title.en
            console.print(f"  {requirement.id:14} {requirement.level:12} {title}", markup=False, soft_wrap=True)


def explain(
    requirement: Annotated[str, typer.Argument(help="Id of a requirement, such as COM-HTTP-001.", show_default=False)],
    lang: Annotated[str, typer.Option(help="Language: en or ja.")] = "en",
) -> None:
    """Tell all about one requirement: statement, level, condition, source, how it is verified, by which scripts."""
    import difflib

    from conformance.cli.output import console
    from conformance.errors import UsageError

    known: dict[str, tuple[Service, Requirement]] = {}
    for service in _services(None):
        for item in service.requirements:
            known.setdefault(item.id, (service, item))
    if requirement not in known:
        near = difflib.get_close_matches(requirement, known, 3)
        hint = f"; near: {', '.join(near)}" if near else ""
        raise UsageError(f"no requirement '{requirement}'", next_step=f"see 'conformance list'{hint}")
    service, item = known[requirement]
    for name, value in _facts(item, lang):
        console.print(f"[bold]{name:10}[/bold] {value}", soft_wrap=True)
    _scripts(service, item)


def _facts(item: Requirement, lang: str) -> list[tuple[str, str]]:
    from conformance.cli.output import plain, said

    source = item.source
    clause = f", {source.clause}" if source.clause else ""
    condition = item.condition
    when = [
        *(f"body: {', '.join(condition.body_types)}" for _ in [0] if condition.body_types),
        *(f"option: {', '.join(condition.options)}" for _ in [0] if condition.options),
        *("with the upper tester" for _ in [0] if condition.upper_tester),
    ]
    ways = [way.rule or way.scripts or way.workflow or "absence" for way in item.verified_by]
    facts = [
        ("id", item.id),
        ("title", said(item.title, lang)),
        ("statement", said(item.statement, lang)),
        ("level", item.level.value),
        ("applies", "; ".join(when) or "always"),
        ("from", item.effective_from),
        ("source", plain(f"{source.kind}: {source.document}{clause}")),
    ]
    if item.not_tested:
        return [*facts, ("not tested", said(item.not_tested, lang))]
    return [*facts, ("verified by", ", ".join(ways))]


def _scripts(service: Service, item: Requirement) -> None:
    from conformance.cli.output import console, plain
    from conformance.edition_file import load
    from conformance.errors import EditionError

    try:
        scripts = [s for s in load(service.edition_path).scripts if item.id in s.requirements]
    except EditionError:
        return
    console.print(f"[bold]{'scripts':10}[/bold] {len(scripts)} made for it in the edition of {service.key}")
    for script in scripts[:5]:
        console.print(f"           {plain(script.id)}  {plain(script.title)}", soft_wrap=True)
    if item.verified_by and any(way.rule for way in item.verified_by):
        console.print("           and every exchange of every script, by its rule")
    console.print(f"[bold]{'try it':10}[/bold] conformance run --requirement {item.id}")


def compile_(
    service: Annotated[str | None, typer.Argument(help="A service; all of them without it.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say whether the editions are stale.")] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the generated values. [the published one]")] = None,
) -> None:
    """Compile the documents of a service into its edition: the scripts that everybody is tested with."""
    from conformance.cli.output import console, errors
    from conformance.compile.edition import SEED, compile_service
    from conformance.edition_file import encode

    stale = False
    for item in _services(service):
        with errors.status(f"compiling {item.key}") as status:
            edition = compile_service(
                item,
                SEED if seed is None else seed,
                progress=lambda name, count: status.update(f"{name}: {count} scripts"),  # noqa: B023  used at once
            )
        data = encode(edition)
        path = item.edition_path
        same = path.is_file() and path.read_bytes() == data
        if not check and not same:
            path.write_bytes(data)
        stale |= check and not same
        word = "unchanged" if same else "STALE" if check else "written"
        console.print(f"{item.key}: {len(edition.scripts)} scripts, {len(data) // 1024} KiB, {word}")
        console.print(f"  {edition.digest()}", soft_wrap=True)
    if stale:
        errors.print("Next: run 'conformance compile' and commit the edition")
        sys.exit(1)


@spec.command("check")
def spec_check(
    lang: Annotated[str, typer.Option(help="Language: en or ja.")] = "en",
) -> None:
    """Check the published documents against each other; exit code 1 where something is wrong."""
    from conformance.cli.output import console, plain, said
    from conformance.spec_check import check

    problems = check()
    for problem in problems:
        console.print(
            f"[red]{plain(problem.file)}[/red] {plain(problem.place)}: {said(problem.message, lang)}", soft_wrap=True
        )
        console.print(f"  Next: {plain(problem.next_step)}", soft_wrap=True)
    if problems:
        console.print(f"{len(problems)} problems")
        sys.exit(1)
    console.print("The published documents agree with each other.")
