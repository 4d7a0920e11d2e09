"""What the first answer of a service tells: whether it is the service at all, its version, its clock."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urljoin

from conformance.model import Text

from .not_ready import NotReadyError
from .preflight_report import Result
from .reach import origin
from .single_call import Reply, place

CLOCK_BOUND: Final = 5.0

_VERSION_HEADERS: Final = ("API-Version", "X-API-Version")
_GATEWAY: Final = frozenset({502, 503, 504})
_HTML: Final = (b"<!doctype html", b"<html", b"<head", b"<body")


def refuse_other_server(url: str, reply: Reply) -> None:
    """Raise NotReadyError for an answer that no API gives: a web page, or a redirect to another host."""
    if 300 <= reply.status < 400 and reply.status != 304:
        try:
            elsewhere = origin(urljoin(url, reply.headers.get("Location", ""))) != origin(url)
        except ValueError:
            elsewhere = True
        if elsewhere:
            raise NotReadyError(
                Text(ja="別のホストにリダイレクトされます", en="redirects to another host, which is not followed"),
                Text(
                    ja="base_url にリダイレクト先(正しい場合)を書くか、ログイン画面を経由しない設定にしてください",
                    en="if that is the right host, write it into base_url; a login page must not stand before it",
                ),
                where=place(url),
            )
    kind = reply.headers.get("Content-Type", "").lower()
    if "html" in kind or reply.body[:200].lstrip().lower().startswith(_HTML):
        raise NotReadyError(
            Text(ja="APIではなくHTMLの画面が応答します", en="answers with a web page (HTML) and not as an API"),
            Text(
                ja="base_url(/v1 で終わるもの)と、途中のプロキシ又はログイン画面を確認してください",
                en="check base_url (it ends in /v1), and whether a proxy or a login page answers in its place",
            ),
            where=place(url),
        )


def answers(name: str, reply: Reply) -> Result:
    """That the service answers; a warning where a gateway says that it does not."""
    if reply.status not in _GATEWAY:
        return Result(
            "service", name, True, Text(ja=f"応答します({reply.status})", en=f"answers (status {reply.status})")
        )
    return Result(
        "service",
        name,
        True,
        Text(ja=f"{reply.status} を返します", en=f"answers with status {reply.status}"),
        Text(
            ja="ゲートウェイの背後でサービスが起動しているか確認してください",
            en="check that the service behind the gateway is running",
        ),
        warning=True,
    )


def version(name: str, declared: str, reply: Reply) -> Result | None:
    """Whether the version that a service tells in a header is the declared one; None where it tells none."""
    told = next((reply.headers[header] for header in _VERSION_HEADERS if header in reply.headers), "")
    if not told or not declared:
        return None
    shown = told[:40] if told.isascii() and told.isprintable() else "?"
    detail = Text(ja=f"版 {shown} と応答しています", en=f"says that it is version {shown}")
    if f"{told.strip().removeprefix('v')}.".startswith(f"{declared}."):
        return Result("version", name, True, detail)
    advice = Text(
        ja=f"実行設定ファイルの version({declared})と base_url を確認してください",
        en=f"check version ({declared}) and base_url in the run file",
    )
    return Result("version", name, True, detail, advice, warning=True)


def seconds_ahead(reply: Reply) -> float | None:
    """How many seconds the clock of the service is before ours, by its Date header (RFC 9110, 6.6.1)."""
    try:
        date = email.utils.parsedate_to_datetime(reply.headers["Date"])
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    # Date counts whole seconds: on average half of one has passed.
    return date.timestamp() + 0.5 - reply.at


def clock(name: str, ahead: float) -> Result:
    """What a difference of clocks means."""
    detail = Text(ja=f"時計の差は {ahead:+.0f} 秒です", en=f"its clock differs by {ahead:+.0f} s")
    if abs(ahead) <= CLOCK_BOUND:
        return Result("clock", name, True, detail)
    advice = Text(
        ja="両方の時計をNTPで合わせてください。日付に関する試験が正しく判定できないことがあります",
        en="set both clocks by NTP: what depends on dates might be judged wrongly",
    )
    return Result("clock", name, True, detail, advice, warning=True)


def capabilities(url: str, reply: Reply) -> Mapping[str, Any]:
    """What an upper tester says that it can do. Raises NotReadyError for anything else."""
    try:
        found = json.loads(reply.body) if reply.status == 200 else None
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and {"clock", "fixture_sets", "reset"} <= found.keys():
        return found
    raise NotReadyError(
        Text(
            ja=f"試験用の制御インタフェースとして応答しません({reply.status})",
            en=f"does not answer as a test control interface (status {reply.status})",
        ),
        Text(
            ja="upper_tester の base_url と role を確認するか、[upper_tester] を削除してください",
            en="check base_url and role of [upper_tester], or remove the table where there is none",
        ),
        where=place(url),
    )
