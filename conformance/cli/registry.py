"""`conformance registry …`: the agency's registry. It needs the extra `registry`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conformance.cli.registry_editions import edition
from conformance.cli.registry_fresh import fresh_run
from conformance.cli.registry_office import DATABASE as _DATABASE
from conformance.cli.registry_office import FOLDER as _FOLDER
from conformance.cli.registry_office import Database, Folder
from conformance.cli.registry_office import office as _office

_PANEL = "The agency / 機関"
registry = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The agency's registry. / 登録簿")
account = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who may come in. / アカウント")


def register(app: typer.Typer) -> None:
    """Enter the commands."""
    registry.command("migrate")(migrate)
    registry.command("serve")(serve)
    registry.command("key")(key)
    registry.command("fresh-run")(fresh_run)
    registry.command("remind")(remind)
    registry.command("backup")(backup)
    registry.command("restore")(restore)
    account.command("add")(add_account)
    account.command("disable")(disable_account)
    registry.add_typer(account, name="account")
    registry.add_typer(edition, name="edition")
    app.add_typer(registry, name="registry", rich_help_panel=_PANEL)


def migrate(database: Database = _DATABASE) -> None:
    """Make or renew the tables, and enter all bodies. Run it before 'serve', and after each update.

    \b
    表を作成又は更新し、すべての団体を登録します。起動の前と更新の後に実行してください。
    """
    from conformance.cli.output import console

    office = _office(database, Path())  # before what needs the extra is read
    from conformance.registry.bodies import enter_bodies
    from conformance.registry.store.migrating import migrate as bring

    console.print(f"revision {bring(office.database)}, {enter_bodies(office)} bodies entered or changed")


def serve(
    database: Database = _DATABASE,
    folder: Folder = _FOLDER,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Key to sign with: a file of 'registry key', a pkcs11: URI (RFC 7512), or command:PROGRAM / 署名鍵.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port; 0 takes any free one.")] = 8090,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Address by which others reach it; statements name it.")
    ] = None,
    room: Annotated[
        int, typer.Option(min=1, metavar="GIB", help="Room for archives; nothing more is taken then / 保存の上限.")
    ] = 1024,
    issuer: Annotated[
        str | None, typer.Option(metavar="URL", help="OpenID provider whose tokens are accepted beside local ones.")
    ] = None,
    audience: Annotated[str, typer.Option(metavar="NAME", help="What its tokens for us are for.")] = "conformance",
    jwks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its keys, where it cannot be reached from here.")
    ] = None,
) -> None:
    """Serve the registry's pages and API, and judge what is submitted, until interrupted.

    It speaks plain HTTP: put a server with TLS before it where it is reached from elsewhere. Statements and advisories
    as PDF need a Japanese font on this machine (Debian: fonts-noto-cjk), and lead to --url by their QR code.

    \b
    登録簿のページとAPIを起動し、提出された試験結果を判定します(中断するまで動き続けます)。TLSは前段のサーバで行ってください。
    PDFの作成には日本語フォント(Debianではfonts-noto-cjk)が必要です。QRコードは--urlの住所を示します。
    """
    from conformance.cli.output import console, plain

    office = _office(database, folder)  # before what needs the extra is read
    from dataclasses import replace

    from conformance.registry.api.oidc import DiscoveredKeys, Provider, keys_of_file
    from conformance.registry.serving import serve as run
    from conformance.registry.signers import signer

    provider = Provider(issuer, audience, keys_of_file(jwks) if jwks else DiscoveredKeys(issuer)) if issuer else None
    office = replace(
        office,
        url=(url or f"http://{host}:{port}").rstrip("/"),
        signer=signer(key) if key is not None else None,
        bounds=replace(office.bounds, kept=room << 30),
    )
    run(office, host, port, provider, lambda address: console.print(f"registry at {plain(address)}", soft_wrap=True))


def key(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key is written.")],
) -> None:
    """Make a key to sign with. The public half, for everybody, is written beside it as FILE.pub.

    \b
    署名鍵を作成します。公開鍵は FILE.pub に書き出します。
    """
    from conformance.cli.output import console, plain
    from conformance.registry.keys import key_id, make

    console.print(f"key {key_id(make(output).public)}")
    console.print(f"Next: publish {plain(str(output))}.pub", soft_wrap=True)


def add_account(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose account it is.")],
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="vendor, body, assessor, approver or administrator / 役割.")
    ],
    vendor: Annotated[str | None, typer.Option(metavar="ID", help="The vendor, for one of it.")] = None,
    body: Annotated[str | None, typer.Option(metavar="CODE", help="The body, for one of it.")] = None,
    issuer: Annotated[str | None, typer.Option(metavar="URL", help="OpenID provider, in place of a token.")] = None,
    subject: Annotated[str | None, typer.Option(metavar="TEXT", help="Whom the provider names.")] = None,
    database: Database = _DATABASE,
) -> None:
    """Make an account, on the machine of the registry. Its token is shown once.

    \b
    アカウントを作成します。トークンは一度だけ表示します。
    """
    from conformance.errors import UsageError

    office = _office(database, Path())
    from conformance.registry.accounts import LOCAL, Wanted
    from conformance.registry.accounts import add_account as add
    from conformance.registry.actors import REGISTRY, Role

    if role not in set(Role):
        raise UsageError(f"there is no role '{role}'", next_step="see --help for all of them")
    made, token = add(office, REGISTRY, Wanted(name, Role(role), vendor, body, issuer or LOCAL, subject))
    typer.echo(f"account {made}")
    if token:
        typer.echo(f"token {token}")


def disable_account(
    account_id: Annotated[str, typer.Argument(metavar="ID", help="The account.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why / 理由.")],
    database: Database = _DATABASE,
) -> None:
    """Let an account in no more.

    \b
    アカウントを停止します。
    """
    office = _office(database, Path())
    from conformance.registry.accounts import disable_account as disable
    from conformance.registry.actors import REGISTRY

    disable(office, REGISTRY, account_id, why)


def remind(database: Database = _DATABASE) -> None:
    """Note which advisories are due within a week, and escalate those whose day has passed. For a timer (cron).

    'serve' does the same every few seconds; this is for where it does not run all the time.

    \b
    回答・改善の期限が近い勧告・助言を記録し、期限を過ぎたものを上申済みにします(cronなどからの定期実行用)。
    """
    from conformance.cli.output import console

    office = _office(database, Path())
    from conformance.registry.advisories import watch_dates
    from conformance.registry.statements import expire
    from conformance.registry.store.migrating import check

    check(office.database)
    ended, noted = expire(office), watch_dates(office)
    console.print(f"{noted.reminded} due soon, {noted.escalated} escalated, {ended} statements expired")


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The zip file to be written.")],
    database: Database = _DATABASE,
    folder: Folder = _FOLDER,
) -> None:
    """Write everything into one file, while the registry runs. The private key is not in it.

    \b
    登録簿の全内容を1つのファイルに保存します(稼働中でもできます)。署名鍵は含みません。
    """
    from conformance.cli.output import console

    office = _office(database, folder)
    from conformance.registry.backup import backup as write

    rows = write(office, target)
    console.print(f"{sum(rows.values())} rows, {rows['runs']} runs, {rows['events']} events")


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A file of 'backup'.")],
    database: Database = _DATABASE,
    folder: Folder = _FOLDER,
) -> None:
    """Fill an empty database and an empty folder from a backup, whichever kind of database it was made of.

    \b
    保存したファイルから、空のデータベースとフォルダに復元します。
    """
    from conformance.cli.output import console

    office = _office(database, folder)
    from conformance.registry.backup import restore as fill

    rows = fill(office, source)
    console.print(f"{sum(rows.values())} rows, {rows['runs']} runs, {rows['events']} events")
