"""`conformance submit` and `conformance verify`: what vendors and readers have to do with the agency."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.model import Text
    from conformance.registry.verifying import Verified

_PANEL = "The agency / 機関"
_TOKEN: Final = "CONFORMANCE_REGISTRY_TOKEN"  # noqa: S105  the name of the variable, not what is in it
_LONGEST: Final = 17 << 20


def register(app: typer.Typer) -> None:
    """Enter the commands."""
    app.command("submit", rich_help_panel=_PANEL)(submit)
    app.command("verify", rich_help_panel=_PANEL)(verify)


def submit(
    run: options.Run,
    registry: Annotated[str, typer.Option(envvar="CONFORMANCE_REGISTRY", metavar="URL", help="The registry / 登録簿.")],
    version: Annotated[str, typer.Option(metavar="ID", help="Id of the product's version in the registry / 製品の版.")],
    body: Annotated[
        str | None, typer.Option(metavar="CODE", help="The body.  [default: that of the run] / 団体コード")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help=f"File with the token.  [default: the variable {_TOKEN}]")
    ] = None,
    lang: options.Language = "en",
) -> None:
    """Submit a run to the agency's registry.

    What is sent is the lines and the evidence of the run. The registry judges the evidence again by itself. What broke
    off is gone on with.

    \b
    試験結果を登録簿に提出します。登録簿は証跡から判定をやり直します。
    """
    from conformance.archive import read_run
    from conformance.cli.archives import check_folder
    from conformance.cli.output import console, errors, said
    from conformance.model import Text
    from conformance.registry.client import Client

    check_folder(run)
    token = token_of(token_file)
    code = body or str((read_run(run / "run.jsonl")[0].get("body") or {}).get("code", ""))

    def tell(sent: int, size: int) -> None:
        errors.print(f"{sent}/{size} bytes", soft_wrap=True)

    made = Client(registry, token).submit(run, code, version, tell)
    console.print(said(Text(f"提出しました: {made}", f"Submitted: {made}"), lang), soft_wrap=True)
    following = Text(
        "登録簿が証跡を判定し、担当者が審査します。", "The registry judges the evidence; people review it then."
    )
    console.print(said(following, lang), soft_wrap=True)


def token_of(file: Path | None) -> str:
    """The token of a file, or of the environment. Raises `UsageError` where there is none."""
    from conformance.errors import UsageError

    token = file.read_text("utf-8").strip() if file else os.environ.get(_TOKEN, "")
    if not token or not token.isascii() or not token.isprintable():
        raise UsageError("there is no token", next_step=f"set {_TOKEN}, or give --token-file")
    return token


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Signed statement of conformity.", show_default=False)],
    key: Annotated[Path, typer.Option(metavar="PUB", help="The agency's public key (PEM) / 機関の公開鍵.")],
    revocations: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The registry's list of statements that stand no more.")
    ] = None,
    lang: options.Language = "en",
) -> None:
    """Verify a statement of conformity, offline.

    It is looked whether every byte is as it was signed, whether its time has not run out, and, where a list of
    revocations is given, whether it is on it.

    \b
    適合の表明を、通信せずに検証します。1バイトでも変わっていれば、どの部分かを示して失敗します。

    \b
    Exit codes: 0 it stands, 1 it has ended, 2 it is not as it was signed.
    """
    import datetime as dt

    from conformance.registry import revocations as listed
    from conformance.registry.keys import load_public
    from conformance.registry.verifying import verify as look

    public = load_public(key)
    known = listed.read(_bytes(revocations), public) if revocations else None
    found = look(_bytes(file), public, dt.datetime.now(dt.UTC), known)
    _show(found, lang, known.issued if known else None)
    sys.exit(0 if found.stands else 1)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LONGEST)


def _show(found: Verified, lang: str, as_of: str | None) -> None:
    from conformance.cli.output import console, plain, said
    from conformance.model import Text

    own = found.own
    scope = ", ".join(f"{entry['service']}/{entry['version']}" for entry in own["scope"])
    rows = (
        (Text("製品", "product"), f"{own['vendor']['name']}: {own['product']['name']} {own['product']['version']}"),
        (Text("団体", "body"), f"{own['body']['name']} ({own['body']['code']})"),
        (Text("範囲", "scope"), scope),
        (Text("当事者", "party"), own["party"]),
        (Text("結果", "result"), found.statement["predicate"]["result"]),
        (Text("有効期限", "valid until"), own["validity"]["until"]),
        *((Text("条件", "condition"), condition[lang]) for condition in own["conditions"]),
        *(
            (Text("経過措置", "waived"), f"{waived['requirement']} ({waived['verdict']}) {waived['reason'][lang]}")
            for waived in own["waived"]
        ),
    )
    for label, value in rows:
        console.print(f"[bold]{said(label, lang)}[/] {plain(str(value))}", soft_wrap=True)
    console.print(plain(own["about"][lang]), soft_wrap=True)
    console.print(said(_standing(found, as_of), lang), soft_wrap=True, style="green" if found.stands else "red")


def _standing(found: Verified, as_of: str | None) -> Text:
    from conformance.model import Text

    if found.ended is not None:
        return Text(
            f"署名は正しいですが、{found.ended.since}に失効しました({found.ended.state})。",
            f"Signed rightly, but it has stood no more since {found.ended.since} ({found.ended.state}).",
        )
    if found.expired:
        return Text("署名は正しいですが、有効期限を過ぎています。", "Signed rightly, but its time has run out.")
    if as_of is None:
        return Text(
            "署名は正しく、有効期限内です。失効の有無は、登録簿の失効一覧(--revocations)で確認してください。",
            "Signed rightly, and its time has not run out. Whether it was revoked only the registry's list can tell "
            "(--revocations).",
        )
    return Text(
        f"署名は正しく、有効期限内で、{as_of}現在の失効一覧にありません。",
        f"Signed rightly, its time has not run out, and it is not on the list of revocations as of {as_of}.",
    )
