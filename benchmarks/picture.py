"""The report as one picture: client CPU per exchange, and what the suite's share of it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from benchmarks.figures import Report

WIDTH, LEFT, RIGHT = 860, 300, 90
_SCALE = WIDTH - LEFT - RIGHT
_BAR, _STEP, _TOP = 22, 46, 66
_COLOURS = {"stock": "#9c5b4b", "suite": "#1f6f6b", "replay": "#8a94a0", "door": "#8a94a0", "judge": "#6f9e9b"}
_STAGE_COLOURS = ("#b9c4cc", "#9fb0ba", "#8a94a0", "#1f6f6b", "#4f8f6b", "#a9b665", "#d39a3c", "#c06c4a", "#7b6d8d")


def picture(report: Report) -> str:
    """An SVG; made from the report alone."""
    rows = len(report.contestants)
    split = _TOP + rows * _STEP + 50
    height = split + 70 + 24 * ((len(report.stages) + 1) // 2) + 16
    body = [*_bars(report), *_split(report, split)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">\n'
        "<title>交信1件当たりのクライアントCPU / Client CPU per exchange</title>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _text(x: float, y: float, text: str, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#1d2730"{extra}>{escape(text)}</text>'


def _rect(x: float, y: float, width: float, colour: str, height: float = _BAR) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height}" fill="{colour}"/>'


def _bars(report: Report) -> Iterator[str]:
    most = max(item.median.cpu_ms_per_exchange for item in report.contestants)
    yield _text(16, 28, "交信1件当たりのクライアントCPU(ミリ秒、プロセス全体)", ' font-weight="600"')
    yield _text(16, 46, "Client CPU per exchange (milliseconds, the whole process)")
    for number, item in enumerate(report.contestants):
        y = _TOP + number * _STEP
        figure = item.median.cpu_ms_per_exchange
        yield _text(16, y + 10, item.title.ja)
        yield _text(16, y + 26, item.title.en, ' font-size="11"')
        yield _rect(LEFT, y, _SCALE * figure / most, _COLOURS[item.name])
        yield _text(LEFT + _SCALE * figure / most + 8, y + 16, f"{figure:.2f}")


def _split(report: Report, top: float) -> Iterator[str]:
    total = sum(stage.ms_per_exchange for stage in report.stages) or 1
    width = WIDTH - 32
    yield _text(16, top - 14, f"本スイートの内訳 / What this suite's {total:.2f} ms are made of", ' font-weight="600"')
    x = 16.0
    for stage, colour in zip(report.stages, _STAGE_COLOURS, strict=True):
        part = width * stage.ms_per_exchange / total
        yield _rect(x, top, part, colour, 30)
        x += part
    for number, (stage, colour) in enumerate(zip(report.stages, _STAGE_COLOURS, strict=True)):
        column, row = divmod(number, (len(report.stages) + 1) // 2)
        x, y = 16 + column * (width / 2), top + 50 + row * 24
        yield _rect(x, y, 12, colour, 12)
        label = f"{stage.title.ja} / {stage.title.en}: {stage.ms_per_exchange:.3f}"
        yield _text(x + 18, y + 11, label, ' font-size="11.5"')
