"""Views made from a `run.jsonl`: HTML, JUnit XML, Markdown, CSV, badges, SARIF, OSCAL. None says more than it does."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from conformance.errors import UsageError
from conformance.views import badge, csv_view, html, junit, markdown, oscal, sarif
from conformance.views.run_data import RunData, load

_Files = dict[str, str]

FORMATS: dict[str, Callable[[RunData, str | None], _Files]] = {
    "html": lambda run, docs: {"scorecard.html": html.render(run, docs)},
    "junit": lambda run, _: {"junit.xml": junit.render(run)},
    "markdown": lambda run, _: {f"summary.{language}.md": markdown.render(run, language) for language in ("ja", "en")},
    "csv": lambda run, _: {"requirements.csv": csv_view.render(run)},
    "badge": lambda run, _: {f"badge.{language}.svg": badge.render(run, language) for language in ("ja", "en")},
    "sarif": lambda run, _: {"results.sarif": sarif.render(run)},
    "oscal": lambda run, _: {"assessment-results.oscal.json": oscal.render(run)},
}
EVERY_RUN = ("html", "junit", "markdown", "csv", "badge")
"""What is made of every run; the others are long, for other programs, and made when asked for."""


def write(run_lines_path: Path, out_dir: Path, formats: Collection[str], docs_url: str | None = None) -> list[Path]:
    """Write the views of a run into a folder, which is made where it is not there, and say which files these are.

    `docs_url`: where the site of the documents is, if not where the run file says.
    Raises `UsageError` for a format that does not exist, `ArchiveError` for a file that is not a run.
    """
    unknown = sorted(set(formats) - FORMATS.keys())
    if unknown:
        raise UsageError(f"no such view: {', '.join(unknown)}", next_step=f"Choose from {', '.join(FORMATS)}.")
    run = load(run_lines_path)
    out_dir.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in ((n, t) for kind in FORMATS if kind in formats for n, t in FORMATS[kind](run, docs_url).items()):
        path = out_dir / name
        path.write_bytes(text.encode())
        written.append(path)
    return written
