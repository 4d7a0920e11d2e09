"""`conformance list`, `explain`, `docs`, `compile` and `spec check`: the published documents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.catalogue.service import Service
    from conformance.model import Requirement, Text

_PANEL = "The published documents / 公表文書"
_SCRIPTS_SHOWN = 5
_WIDTH = 12
_LABELS = {
    "id": "番号", "title": "題名", "statement": "内容", "level": "レベル", "applies": "適用条件",
    "in force": "適用開始",
    "source": "根拠", "area": "分野", "not tested": "未試験の理由", "judged by": "判定方法", "scripts": "スクリプト",
    "test it": "試験方法",
}  # fmt: skip
spec = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check the published documents.")


def register(app: typer.Typer) -> None:
    """Enter the commands."""
    app.command("list", rich_help_panel=_PANEL)(list_)
    app.command("explain", rich_help_panel=_PANEL)(explain)
    app.command("docs", rich_help_panel=_PANEL)(docs)
    app.command("compile", rich_help_panel=_PANEL)(compile_)
    app.add_typer(spec, name="spec", rich_help_panel=_PANEL)


def _services(name: str | None) -> list[Service]:
    from conformance.catalogue.service import available, load_service

    return [load_service(each) for each in ([name] if name else list(available()))]


def list_(
    service: options.Service = None,
    operations: Annotated[bool, typer.Option("--operations", help="List operations, not requirements.")] = False,
    lang: options.Language = "en",
) -> None:
    """List the requirements or operations of services.

    \b
    サービスごとの要求事項又は操作の一覧を表示します。
    """
    from conformance.cli.output import console, said

    for item in _services(service):
        console.print(f"[bold]{item.key}[/] {said(item.title, lang)}", soft_wrap=True)
        if operations:
            for operation in item.operations.values():
                line = f"  {operation.id:26} {operation.method:6} {operation.path}"
                console.print(line, markup=False, soft_wrap=True)
            continue
        for requirement in item.requirements:
            name = f"  {requirement.id:12} {requirement.level:11}"
            mark = "  (not tested)" if requirement.not_tested else ""
            console.print(f"{name} {said(requirement.title, lang)}{mark}", soft_wrap=True)


def explain(
    requirement: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Id of a requirement, such as COM-HTTP-001.",
            autocompletion=options.requirements,
            show_default=False,
        ),
    ],
    lang: options.Language = "en",
) -> None:
    """Tell all about one requirement.

    What it asks, how binding it is, when it applies, where it comes from, how it is judged, and how to test it alone.

    \b
    要求事項の内容、レベル、適用条件、根拠、判定方法を表示します。
    """
    import difflib

    from conformance.cli.output import console, plain, said
    from conformance.errors import UsageError

    known: dict[str, tuple[Service, Requirement]] = {}
    for service in _services(None):
        for item in service.requirements:
            known.setdefault(item.id, (service, item))
    if requirement.upper() not in known:
        near = difflib.get_close_matches(requirement.upper(), known, 3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise UsageError(f"there is no requirement '{requirement}'", next_step=f"'conformance list' has all{hint}")
    service, item = known[requirement.upper()]
    for name, value in _facts(service, item):
        text = plain(value) if isinstance(value, str) else said(value, lang)
        console.print(f"[bold]{_label(name, lang)}[/] {text}", soft_wrap=True)
    _scripts(service, item, lang)


def _label(name: str, lang: str) -> str:
    from rich.cells import set_cell_size

    return set_cell_size(_LABELS[name] if lang == "ja" else name, _WIDTH)


def _facts(service: Service, item: Requirement) -> list[tuple[str, str | Text]]:
    from conformance.views.translations import applies

    source = item.source
    facts: list[tuple[str, str | Text]] = [
        ("id", item.id),
        ("title", item.title),
        ("statement", item.statement),
        ("level", item.level.value),
        ("applies", applies(item.condition)),
        ("in force", item.effective_from),
        ("source", f"{source.kind}: {source.document}" + (f", {source.clause}" if source.clause else "")),
        ("area", service.areas.get(item.area, item.area)),
    ]
    if item.not_tested:
        return [*facts, ("not tested", item.not_tested)]
    ways = [
        f"rule {way.rule} on every exchange" if way.rule
        else f"scripts {way.scripts}" if way.scripts
        else f"workflow {way.workflow}" if way.workflow
        else "absence of " + ", ".join(f"{absent.method} {absent.path}" for absent in way.absent)
        for way in item.verified_by
    ]  # fmt: skip
    return [*facts, ("judged by", "; ".join(dict.fromkeys(ways)))]


def _scripts(service: Service, item: Requirement, lang: str) -> None:
    from conformance.cli.output import console, plain
    from conformance.edition_file import load
    from conformance.errors import EditionError

    if item.not_tested:
        return
    try:
        scripts = [script for script in load(service.edition_path).scripts if item.id in script.requirements]
    except EditionError:
        scripts = []
    if scripts:
        console.print(f"[bold]{_label('scripts', lang)}[/] {len(scripts)} in the edition of {service.key}, among them")
    for script in scripts[:_SCRIPTS_SHOWN]:
        console.print(f"{'':{_WIDTH}} {plain(script.id)}  {plain(script.title)}", soft_wrap=True)
    console.print(f"[bold]{_label('test it', lang)}[/] conformance run --requirement {item.id}")


def docs(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the site is written.")] = Path(
        "site"
    ),
    proof: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Report of a proof.  [default: reports/proof/proof.json of the checkout]"),
    ] = None,
    drafts: Annotated[
        bool, typer.Option("--drafts", help="With versions that are not published yet, marked as drafts.")
    ] = False,
) -> None:
    """Write the published documents as a site.

    A page per service, a page per requirement whose address never changes, and a search. It needs no server and no
    network: the pages can be opened as files, or put on any web server.

    \b
    公表文書を、検索できるサイト(HTML)として書き出します。サーバも通信も要りません。
    """
    from conformance.cli.output import console, plain
    from conformance.docs import build, read, write
    from conformance.resources import specs_dir

    root = specs_dir()
    published = root.parent / "reports" / "proof" / "proof.json"
    site = read(root, proof or (published if published.is_file() else None), drafts=drafts)
    first = write(build(site), output)
    console.print(f"{len(site.chapters)} documents, {len(site.requirements)} requirements", soft_wrap=True)
    console.print(f"Next: open {plain(str(first))}", soft_wrap=True)


def compile_(
    service: options.Service = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit code 1 where one is stale.")] = False,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Seed of the generated values.  [default: the published one]")
    ] = None,
) -> None:
    """Compile documents into the scripts all play.

    For who maintains the documents: a system is tested with the edition that is published beside them.

    \b
    公表文書から試験スクリプト(版)を生成します。
    """
    from conformance.cli.output import compiling, console, errors
    from conformance.compile.edition import SEED, SOURCES, compile_service
    from conformance.edition_file import encode

    stale = False
    for item in _services(service):
        with compiling(item.key, len(SOURCES)) as update:
            edition = compile_service(item, SEED if seed is None else seed, progress=update)
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


@spec.command("new")
def spec_new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the service, such as seal-registration.", show_default=False)
    ],
    title_ja: Annotated[str | None, typer.Option(metavar="TEXT", help="What it is called in Japanese.")] = None,
    title_en: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What it is called in English.  [default: made from NAME]")
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(metavar="XX", help="What ids of its requirements begin with.  [default: from NAME]")
    ] = None,
    reference: Annotated[
        bool, typer.Option(help="Also begin the service in the reference implementation, with faults and liberties.")
    ] = True,
) -> None:
    """Begin a new service with documents and a reference that work at once.

    In a checkout: writes specs/NAME/1.0, as a draft, and conformance/reference/NAME. Nothing that is there is changed,
    but for the list of requirement ids.

    \b
    新しいサービスの文書と参照実装の雛形を作成します(そのまま検査に合格し、動作します)。
    """
    import datetime as dt

    from conformance.cli.output import console, plain
    from conformance.errors import UsageError
    from conformance.expression import JST
    from conformance.resources import specs_dir
    from conformance.spec_new import begin, beginning

    specs = specs_dir()
    package = specs.parent / "conformance" / "reference"
    if not package.is_dir():
        raise UsageError(
            "a service is begun in a checkout of this project, not in an installed package",
            where=str(specs),
            next_step="run it there, as CONTRIBUTING.md says",
        )
    day = dt.datetime.now(JST).date()
    given = beginning(name, specs, day, title_ja=title_ja, title_en=title_en, prefix=prefix)
    for path in begin(given, specs, package if reference else None):
        console.print(plain(str(path.relative_to(specs.parent))), soft_wrap=True)
    draft = f"specs/{name}/1.0/DRAFT.md"
    console.print("Next: conformance spec check", soft_wrap=True)
    console.print(
        f"Next: remove {draft}; conformance compile {name}; conformance serve --write-to reference", soft_wrap=True
    )
    console.print("Next: CONTRIBUTING.md says how a service is made from there", soft_wrap=True)


@spec.command("check")
def spec_check(
    lang: options.Language = "en",
    add_ids: Annotated[bool, typer.Option("--add-ids", help="First enter new ids in requirement-ids.txt.")] = False,
) -> None:
    """Check that the published documents are right in themselves and agree with each other.

    \b
    公表文書が正しく、互いに矛盾しないことを確認します。

    \b
    Exit code: 1 where something is wrong; warnings do not count.
    """
    from conformance.cli.output import console, plain, said
    from conformance.resources import specs_dir
    from conformance.spec_check import add_ids as enter_new_ids
    from conformance.spec_check import check

    if add_ids:
        enter_new_ids(specs_dir())
    problems = check()
    for problem in problems:
        colour = "red" if problem.kind == "error" else "yellow"
        where = f"{plain(problem.file)}: {plain(problem.place)}"
        console.print(f"[{colour}]{problem.kind}[/] {where}: {said(problem.message, lang)}", soft_wrap=True)
        console.print(f"  Next: {plain(problem.next_step)}", soft_wrap=True)
    wrong = sum(problem.kind == "error" for problem in problems)
    if wrong:
        console.print(f"{wrong} to correct")
        sys.exit(1)
    console.print("The published documents agree with each other.")
