"""`conformance registry edition …`: older editions that the agency keeps, and accepts until a day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from conformance.cli import registry_office as shared

edition = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Older editions that are accepted. / 旧版")


@edition.command("add")
def add(
    specs: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="As specs/, or the folder spec of a run made with it.")
    ],
    service: Annotated[str, typer.Option(metavar="NAME", help="The service / サービス.")],
    version: Annotated[str, typer.Option(metavar="VERSION", help="The version of its specification / 仕様の版.")],
    until: Annotated[dt.datetime, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Last day / 受付の最終日.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why / 理由.")],
    database: shared.Database = shared.DATABASE,
    folder: shared.Folder = shared.FOLDER,
) -> None:
    """Keep an older edition, and accept runs of it until a day; they are judged by its own documents.

    \b
    旧版の文書を保存し、期限まで旧版による試験結果を受け付けます。判定にはその版の文書を用います。
    """
    from conformance.cli.output import console

    office = shared.office(database, folder)
    from conformance.registry.actors import REGISTRY
    from conformance.registry.editions import keep

    console.print(f"edition {keep(office, REGISTRY, specs, service, version, until.date(), why)}", soft_wrap=True)


@edition.command("list")
def show(database: shared.Database = shared.DATABASE) -> None:
    """Show the editions of which runs are accepted.

    \b
    受け付ける版を表示します。
    """
    office = shared.office(database, Path())
    from conformance.registry.editions import find, published

    for each in published():
        typer.echo(f"{each.service}/{each.version} {each.digest}")
    with office.database.read() as connection:
        for older in find(connection):
            typer.echo(f"{older.service}/{older.version} {older.digest} until {older.accepted_until} ({older.id})")
