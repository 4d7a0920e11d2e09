"""The report as Markdown, Japanese and English side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.figures import Aim, Contestant, Figures, Report

_COLUMNS = (
    ("交信 / exchanges", "exchanges", "d"),
    ("所要 / wall s", "wall_seconds", ".2f"),
    ("CPU s", "cpu_seconds", ".2f"),
    ("CPU ms/交信 / each", "cpu_ms_per_exchange", ".3f"),
    ("うち本体 / inner CPU ms", "inner_cpu_ms_per_exchange", ".3f"),
    ("最大メモリ / peak MB", "peak_memory_mb", ".0f"),
    ("サーバCPU / server CPU s", "server_cpu_seconds", ".2f"),
)


def page(report: Report) -> str:
    """The page; made from the report alone."""
    parts = (_head(report), _aims(report), _contestants(report), _stages(report), _findings(report), _method(report))
    return "\n".join(line for part in parts for line in (*part, "")).rstrip("\n") + "\n"


def aim_line(aim: Aim) -> str:
    """One aim in one line."""
    word = {True: "met", False: "NOT met", None: "left open (narrowed run)"}[aim.met]
    return f"{word}: {aim.title.en}: {_reached(aim)}"


def _reached(aim: Aim) -> str:
    if aim.name == "stock":
        return f"1/{1 / aim.figure:.1f}"
    return {"replay": f"{aim.figure:.2f} ×", "wall": f"{aim.figure:.1f} s", "memory": f"{aim.figure:.0f} MB"}[aim.name]


def _head(report: Report) -> Iterator[str]:
    yield "# 性能測定 / Benchmark"
    yield ""
    yield "`python -m benchmarks` が作成したもの。手で編集しない。 / Made by `python -m benchmarks`; not edited by hand."
    yield ""
    yield "![交信1件当たりのクライアントCPU / client CPU per exchange](benchmark.svg)"
    if report.max_requests is not None:
        yield ""
        yield (
            f"**要求数を{report.max_requests}件に絞った試行です。 / "
            f"A trial that was narrowed to {report.max_requests} requests.**"
        )


def _aims(report: Report) -> Iterator[str]:
    yield "## 目標 / Aims"
    yield ""
    yield from _table(("目標 / aim", "実測 / reached", "達成 / met"), "lrl", (_aim_row(aim) for aim in report.aims))


def _aim_row(aim: Aim) -> tuple[str, ...]:
    word = {True: "達成 / met", False: "**未達 / not met**", None: "— (narrowed)"}[aim.met]
    return f"{aim.title.ja}<br>{aim.title.en}", _reached(aim), word


def _contestants(report: Report) -> Iterator[str]:
    yield "## 費用 / Costs"
    yield ""
    yield "反復したものは項目ごとの中央値。 / Medians, figure by figure, where repeated."
    yield ""
    rows = (
        (f"{item.title.ja}<br>{item.title.en}", str(len(item.repetitions)), *_cells(item.median))
        for item in report.contestants
    )
    yield from _table(("", "回 / runs", *(head for head, _, _ in _COLUMNS)), "l" + "r" * 8, rows)
    yield ""
    yield "全反復 / All repetitions (CPU ms/交信, 所要 s / wall s, MB):"
    yield ""
    yield from (_repetitions(item) for item in report.contestants if len(item.repetitions) > 1)


def _repetitions(item: Contestant) -> str:
    each = "; ".join(
        f"{r.cpu_ms_per_exchange:.3f} ms, {r.wall_seconds:.1f} s, {r.peak_memory_mb:.0f} MB" for r in item.repetitions
    )
    return f"- {item.title.en}: {each}"


def _cells(entry: Figures) -> Iterator[str]:
    for _, field, form in _COLUMNS:
        value = getattr(entry, field)
        yield "–" if value is None else format(value, form)


def _stages(report: Report) -> Iterator[str]:
    yield "## 本スイートの内訳 / Where this suite's CPU goes"
    yield ""
    yield "1回の実行を段階ごとに計測。 / One run, timed stage by stage."
    yield ""
    rows = (
        (f"{stage.title.ja} / {stage.title.en}", f"{stage.cpu_seconds:.2f}", f"{stage.ms_per_exchange:.3f}")
        for stage in report.stages
    )
    yield from _table(("段階 / stage", "CPU s", "ms/交信 / each"), "lrr", rows)


def _findings(report: Report) -> Iterator[str]:
    yield "## 報告された内容 / What was reported"
    yield ""
    yield (
        "同じ参照実装に対する報告。参照実装は仕様どおりに動くので、不合格は誤報か、参照実装又は文書の誤りである。 / "
        "On the same reference implementation. It is made to conform, so a failure is a false alarm, or a mistake in the "
        "reference or its documents."
    )
    yield ""
    yield f"Schemathesis: {report.stock.cases} cases, {sum(f.count for f in report.stock.failures)} failures"
    yield ""
    yield from (f"- {f.code} {f.title}: {f.count}" for f in report.stock.failures)
    yield from (f"- ⚠ {warning}" for warning in report.stock.warnings)
    counts = ", ".join(f"{name} {number}" for name, number in report.outcome.verdicts.items())
    again = "yes" if report.outcome.judged_again_the_same else "NO"
    yield ""
    yield f"This suite: {counts}. Judged again, the same byte for byte: {again}."
    if report.outcome.failed:
        yield ""
        yield f"- fail: {', '.join(report.outcome.failed)}"


def _method(report: Report) -> Iterator[str]:
    machine, edition = report.machine, report.edition
    replay = report.contestant("replay").median
    yield "## 方法と環境 / Method and machine"
    yield ""
    yield from (
        f"- {edition.service} {edition.version}, {edition.scripts} scripts, {edition.digest}; suite {report.suite}",
        f"- {report.created}; {report.seconds:.0f} s in all; reference with {report.people} people, a fresh one for each",
        f"- {machine.cores} cores, {machine.system} {machine.architecture}, {machine.python}",
        f"- load average before {machine.load_before}, after {machine.load_after} (the benchmark itself keeps up to 2 busy)",
        "- " + ", ".join(f"{name} {version}" for name, version in machine.libraries.items()),
        f"- the bare replay was answered with the same status in {replay.same_status} of {replay.exchanges} requests",
        "- CPU and peak memory are those of the whole client process (wait4(2)), Python's start included; 'inner' leaves "
        "out start, preflight and views: for the suite play, judge and archive, for the replay sending alone",
        "- exchanges: of the suite, those in its evidence, all judged; of Schemathesis, those that the server answered",
    )


def _table(head: Sequence[str], align: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join(":--" if side == "l" else "--:" for side in align) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"
