"""The report: what was found on each server, and what somebody who looked at it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.foreign.findings import Found
from benchmarks.foreign.judgements import Judgement

FORMAT = "conformance-foreign/1"
NOT_LOOKED_AT = "not looked at"


class Looked(msgspec.Struct, frozen=True):
    """A finding with its judgement; without one nobody has looked at it."""

    found: Found
    judgement: Judgement | None


class Tried(msgspec.Struct, frozen=True):
    """One server: what was tried, how much, what came of it."""

    name: str
    title: str
    package: str
    about: str
    exchanges: int
    scripts: int
    standing: str
    passed: int
    failed: int
    findings: tuple[Looked, ...]
    problem: str | None = None
    """Why it was not tried, where it was not."""


class Report(msgspec.Struct, frozen=True):
    """All servers, and the judgements that no finding needs any more."""

    format: str
    suite: str
    servers: tuple[Tried, ...]
    unused: tuple[Judgement, ...]

    @property
    def open(self) -> int:
        """How many findings nobody has looked at."""
        return sum(looked.judgement is None for server in self.servers for looked in server.findings)

    @property
    def holds(self) -> bool:
        """Every server was tried, every finding was looked at, and no judgement is left over."""
        return not (self.open or self.unused or any(server.problem for server in self.servers))


def write(report: Report, folder: Path) -> Iterator[Path]:
    """Write `foreign.json` and `foreign.md`; yields their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("foreign.json", msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"),
        ("foreign.md", page(report).encode()),
    ):
        (folder / name).write_bytes(content)
        yield folder / name


def page(report: Report) -> str:
    """The report for people, in Japanese and English."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from (
        "# 第三者のサーバに対する実行 / On servers that others wrote",
        "",
        "`python -m benchmarks.foreign` が作成します。各サーバを自らの文書で試験し、指摘はすべて人が確認します。",
        "Made by `python -m benchmarks.foreign`. Each server is tried with its own OpenAPI document; every finding was",
        "looked at by hand.",
        "",
        "| サーバ / server | 交信 / exchanges | 合格 / pass | 不合格 / fail | 指摘 / findings | 未確認 / open |",
        "|---|---|---|---|---|---|",
    )
    for server in report.servers:
        unseen = sum(looked.judgement is None for looked in server.findings)
        yield (
            f"| {server.title} (`{server.package}`) | {server.exchanges} | {server.passed} | {server.failed} "
            f"| {sum(looked.found.count for looked in server.findings)} | {unseen} |"
        )
    for server in report.servers:
        yield from _server(server)
    for judgement in report.unused:
        yield f"- 不要になった判断 / no finding needs: {judgement.server} {judgement.requirement} {judgement.operation}"


def _server(server: Tried) -> Iterator[str]:
    yield from ("", f"## {server.title}", "", f"{server.about}")
    if server.problem:
        yield from ("", f"**{server.problem}**")
    by_judgement: dict[tuple[str, Judgement | None], list[Found]] = {}
    for looked in server.findings:
        by_judgement.setdefault((looked.found.requirement, looked.judgement), []).append(looked.found)
    for (requirement, judgement), found in by_judgement.items():
        count = sum(item.count for item in found)
        first = found[0]
        operations = ", ".join(f"`{name}`" for name in dict.fromkeys(item.operation for item in found))
        yield from (
            "",
            f"### {requirement} {first.title.ja} / {first.title.en} ({count})",
            "",
            f"- {operations}",
            f"- {_inert(first.about.message.en)} (`{first.about.script}`)",
            f"- 期待 / expected: {_inert(first.about.expected)}; 実際 / actual: {_inert(first.about.actual)}",
        )
        if judgement is None:
            yield f"- **未確認 / {NOT_LOOKED_AT}**"
        else:
            yield f"- 違反 / breaks: {judgement.breaks}"
            yield f"- 確認 / seen: {judgement.seen}"


def _inert(text: str) -> str:
    """Text of a server as code, so that it makes nothing of the page."""
    return "`" + " ".join(text.replace("`", "'").split())[:300] + "`" if text else "-"
