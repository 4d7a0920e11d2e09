"""The report as files, read back, and whether it is stale."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from benchmarks.figures import Report
from benchmarks.measuring import edition
from benchmarks.page import aim_line, page
from benchmarks.picture import picture
from conformance import __version__

JSON, PAGE, PICTURE = "benchmark.json", "benchmark.md", "benchmark.svg"


def files(report: Report) -> dict[str, str]:
    """The text of each file of a report."""
    content = json.dumps(msgspec.to_builtins(report), ensure_ascii=False, indent=2) + "\n"
    return {JSON: content, PAGE: page(report), PICTURE: picture(report)}


def write(report: Report, folder: Path) -> list[Path]:
    """Write all files of a report."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in files(report).items():
        paths.append(folder / name)
        paths[-1].write_text(text, "utf-8")
    return paths


def summary(report: Report) -> str:
    """The aims, as they are told on the terminal."""
    return "".join(f"{aim_line(aim)}\n" for aim in report.aims)


def why_stale(folder: Path) -> list[str]:
    """Why the report in a folder is not that of this suite and edition; nothing where it is. Raises `EditionError`."""
    try:
        report = msgspec.json.decode((folder / JSON).read_bytes(), type=Report)
    except FileNotFoundError:
        return [f"there is no {JSON}"]
    except msgspec.DecodeError as error:
        return [f"{JSON} is not a report of this form: {error}"]
    reasons = []
    if report.suite != __version__:
        reasons.append(f"the report is of version {report.suite} of the suite; this is {__version__}")
    if report.edition != edition():
        reasons.append(f"the report is of another edition: {report.edition.digest}, not {edition().digest}")
    if report.max_requests is not None:
        reasons.append("the report is of a narrowed run")
    for name, text in files(report).items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            reasons.append(f"{name} is not what {JSON} gives")
    return reasons
