"""What a run came to, on the terminal: findings first, then figures, standing, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.cells import set_cell_size

from conformance.cli.output import console, plain, said
from conformance.model import Finding, Text, VerdictKind
from conformance.views import translations
from conformance.views.characters import shorten
from conformance.views.run_data import RunData, VerdictLine, load

SHOWN = 12
_LONGEST = 400
_COLOURS = {
    "conforming": "green",
    "conforming-with-observations": "green",
    "incomplete": "yellow",
    "non-conforming": "red",
}
_KINDS = {
    "fail": ("red", Text("不合格", "fail")),
    "observation": ("yellow", Text("観察事項", "observation")),
    "inconclusive": ("yellow", Text("判定不能", "inconclusive")),
}


def show(folder: Path, files: Iterable[Path], lang: str) -> None:
    """Tell the outcome of the run in a folder, and where its views are. Raises `ArchiveError`."""
    run = load(folder / "run.jsonl")
    for lines in (run.failures, run.observations, run.having(VerdictKind.INCONCLUSIVE)):
        for line in lines[:SHOWN]:
            _verdict(line, lang)
        if len(lines) > SHOWN:
            more = len(lines) - SHOWN
            console.print(said(Text(f"ほか{more}件: スコアカード参照", f"and {more} more: see the scorecard"), lang))
        if lines:
            console.print()
    _figures(run, lang)
    standing = said(translations.standing_word(run), lang)
    meaning = said(translations.meaning(run), lang)
    console.print(f"[bold {_COLOURS[run.standing]}]{standing}[/]  {meaning}", soft_wrap=True)
    for sentence in translations.banners(run):
        console.print(f"[yellow]{said(sentence, lang)}[/]", soft_wrap=True)
    _places(run, folder, files, lang)


def _verdict(line: VerdictLine, lang: str) -> None:
    colour, word = _KINDS[line.shown]
    console.print(
        f"[{colour}]{said(word, lang)}[/] [bold]{line.requirement}[/] {said(line.title, lang)} ({line.level.value})",
        soft_wrap=True,
    )
    if line.verdict is VerdictKind.INCONCLUSIVE:
        reason = line.reason or translations.word("reason_none")
        _row(Text("理由", "why"), said(Text(shorten(reason.ja, _LONGEST), shorten(reason.en, _LONGEST)), lang), lang)
        return
    if line.examples:
        example = line.examples[0]
        finding: Finding = example.finding
        console.print(f"  {said(finding.message, lang)}", soft_wrap=True)
        _row(Text("期待", "expected"), plain(shorten(finding.expected, _LONGEST)), lang)
        _row(Text("実際", "actual"), plain(shorten(finding.actual, _LONGEST)), lang)
        _row(Text("要求", "request"), plain(f"{finding.method} {finding.url}"), lang)
        _row(Text("再実行", "again"), plain(example.replay), lang)
        for note in translations.notes(line):
            console.print(f"  {said(note, lang)}", style="yellow" if line.flaky else None, soft_wrap=True)
    clause = plain(f"{line.source.document} {line.source.clause or ''}".strip())
    _row(Text("根拠", "source"), clause, lang)
    if line.same_cause:
        _row(Text("同時", "also"), ", ".join(line.same_cause[:6]), lang)


def _row(name: Text, value: str, lang: str) -> None:
    if value:
        console.print(f"  [dim]{set_cell_size(said(name, lang), 8)}[/] {value}", soft_wrap=True)


def _figures(run: RunData, lang: str) -> None:
    shown = [(number, said(translations.named("v", kind), lang)) for kind, number in run.shown.items() if number]
    rows = [(Text("要求事項", "requirements"), ", ".join(f"{word} {number}" for number, word in shown) or "0")]
    judged, passed = run.coverage, run.pass_rate
    rows.append((Text("判定済み", "judged"), f"{judged.judged} / {judged.applicable}"))
    rows.append((Text("合格", "passed"), f"{passed.passed} / {passed.judged}"))
    if run.footer:
        scripts, seconds = run.footer.scripts, run.footer.timing.wall_seconds
        rows.append((Text("スクリプト", "scripts"), f"{scripts.played} / {scripts.planned}"))
        rows.append((Text("通信", "exchanges"), f"{run.footer.exchanges}" + (f" ({seconds:.1f} s)" if seconds else "")))
        if scripts.troubled:
            count = Text(
                f"スクリプト{scripts.troubled}件(判定しません)", f"in {scripts.troubled} scripts, which fails nothing"
            )
            rows.append((Text("通信障害", "network trouble"), said(count, lang)))
    explored = translations.explored(run)
    if explored is not None:
        rows.append((Text("探索", "explored"), said(explored, lang)))
    for name, value in rows:
        console.print(f"{set_cell_size(said(name, lang), 15)}  {value}", soft_wrap=True)


def _places(run: RunData, folder: Path, files: Iterable[Path], lang: str) -> None:
    page = next((path for path in files if path.suffix == ".html"), None)
    rows = [(Text("スコアカード", "scorecard"), str(page) if page else ""), (Text("記録", "archive"), str(folder))]
    for name, value in rows:
        if value:
            console.print(f"{set_cell_size(said(name, lang), 15)}  {plain(value)}", soft_wrap=True)
    for step in _next(run, page):
        console.print(f"{'次に' if lang == 'ja' else 'Next'}: {said(step, lang)}", soft_wrap=True)


def _next(run: RunData, page: Path | None) -> list[Text]:
    first = next(iter(run.failures or run.having(VerdictKind.INCONCLUSIVE)), None)
    steps = []
    if first is not None:
        steps.append(
            Text(
                f"スコアカードを開いてください。要求事項の説明は 'conformance explain {first.requirement}'",
                f"open the scorecard; 'conformance explain {first.requirement}' tells what is asked",
            )
        )
    if run.complete and run.header.partial:
        steps.append(translations.word("n.partial"))
    elif run.standing.startswith("conforming"):
        steps.append(translations.word(f"n.{run.standing}"))
    return steps or [Text(f"{page or '記録'} を開いてください。", f"open {page or 'the archive'}")]
