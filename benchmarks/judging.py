"""The report made from what was measured: stages, aims, and whether each aim is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.figures import Aim, Contestant, Figures, Stage, per_exchange
from conformance.model import Text

STOCK_SHARE = 1 / 40
REPLAY_TIMES = 2.0
RUN_SECONDS = 15.0
PEAK_MB = 300.0

TITLES = {
    "stock": Text(ja="標準のSchemathesis(全フェーズ、既定値)", en="stock Schemathesis (all phases, defaults)"),
    "suite": Text(ja="本スイート(conformance run)", en="this suite (conformance run)"),
    "replay": Text(ja="再送のみ(aiohttp)", en="bare replay (aiohttp)"),
    "door": Text(ja="再送のみ(本スイートの通信部)", en="bare replay (the suite's door)"),
    "judge": Text(ja="再判定のみ(conformance judge)", en="judging again (conformance judge)"),
}
_STAGES = {
    "start": Text(ja="起動、文書と版の読込み、計画", en="start, documents, edition, plan"),
    "preflight": Text(ja="事前確認", en="preflight"),
    "http": Text(ja="HTTP通信(再送のみの値)", en="HTTP (as the bare replay)"),
    "templates": Text(ja="値の束縛、手順の進行、交信の保持", en="binding values, stepping, keeping"),
    "redact": Text(ja="秘匿化", en="redaction"),
    "write": Text(ja="証跡の書込み", en="writing evidence"),
    "judge": Text(ja="判定", en="judging"),
    "count": Text(ja="集計", en="counting"),
    "scorecard": Text(ja="スコアカードと表示形式、終了", en="scorecard and views, exit"),
}


def stages(told: Mapping[str, Any], suite: Figures, replay: Figures) -> tuple[Stage, ...]:
    """The stages of a run. HTTP is what the bare replay took for as many exchanges; the last one is what is left."""
    seconds: dict[str, float] = dict(told["cpu_seconds"])
    exchanges = told["exchanges"]
    http = (replay.inner_cpu_ms_per_exchange or 0) * exchanges / 1000
    parts = {
        "start": seconds["prepare"],
        "preflight": seconds["preflight"],
        "http": http,
        "templates": max(0.0, seconds["play"] - http),
        **{name: seconds[name] for name in ("redact", "write", "judge", "count")},
    }
    parts["scorecard"] = max(0.0, suite.cpu_seconds - sum(parts.values()))
    return tuple(
        Stage(name, title, round(parts[name], 3), per_exchange(parts[name], exchanges))
        for name, title in _STAGES.items()
    )


def aims(contestants: Sequence[Contestant], *, narrowed: bool) -> tuple[Aim, ...]:
    """The aims with the figures reached. Where there is a choice, the figure is the one that is worse for the suite."""
    of = {contestant.name: contestant for contestant in contestants}
    suite, replay = of["suite"].median, of["door"].median
    peak = max(item.peak_memory_mb for item in of["suite"].repetitions)
    found = (
        ("stock", STOCK_SHARE, suite.cpu_ms_per_exchange / of["stock"].median.cpu_ms_per_exchange),
        ("replay", REPLAY_TIMES, suite.cpu_ms_per_exchange / max(0.001, replay.cpu_ms_per_exchange)),
        ("wall", RUN_SECONDS, suite.wall_seconds),
        ("memory", PEAK_MB, peak),
    )
    return tuple(
        Aim(name, _AIMS[name], round(limit, 4), round(figure, 4), None if narrowed else figure <= limit)
        for name, limit, figure in found
    )


_AIMS = {
    "stock": Text(
        ja="判定した交信1件当たりのクライアントCPUが、標準のSchemathesisの1/40以下(どちらもプロセス全体)",
        en="client CPU per judged exchange at most 1/40 of stock Schemathesis' (both: the whole process)",
    ),
    "replay": Text(
        ja="判定した交信1件当たりのクライアントCPUが、同じ通信部による再送のみの2倍以下(どちらもプロセス全体)",
        en="client CPU per judged exchange at most twice a bare replay's through the same client (both: whole process)",
    ),
    "wall": Text(ja="版全体の実行が15秒未満", en="a full run of the edition in under 15 s"),
    "memory": Text(ja="最大メモリが300 MB未満(全反復の最大値)", en="peak memory under 300 MB (highest of all runs)"),
}
