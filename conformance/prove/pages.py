"""The matrix of a proof as files: JSON for programs, one HTML page for people, in Japanese and English."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from conformance.model import Text
from conformance.prove.proof import Proof, Proved, encode
from conformance.prove.trial import Trial
from conformance.views import html

JSON = "proof.json"
PAGE = "proof.html"
_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = (Path(html.__file__).parent / "templates" / "page.css", _TEMPLATES / "proof.css")
CELL = 4
"""Width and height of a cell of the matrix, in pixels."""


def write(proof: Proof, folder: Path) -> Iterator[Path]:
    """Write the files into a folder; yields their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((JSON, encode(proof)), (PAGE, render(proof).encode())):
        (folder / name).write_bytes(content)
        yield folder / name


@dataclass(frozen=True)
class Mark:
    """One cell of the matrix: where it stands, and whether the fault was caught, survived, or was blamed wrongly."""

    x: int
    y: int
    kind: str
    title: str


def matrix(proof: Proof) -> tuple[int, int, list[Mark]]:
    """Width and height in cells, and the cells that are not empty: a row for a requirement, a column for a fault."""
    rows = {requirement.id: place for place, requirement in enumerate(_rows(proof))}
    faults = sorted(proof.faults, key=lambda fault: (min(rows.get(n, 1 << 20) for n in fault.breaks), fault.name))
    marks = []
    for x, fault in enumerate(faults):
        cells = dict.fromkeys(set(fault.breaks) & fault.failed, "caught")
        cells |= dict.fromkeys(fault.survived, "survived") | dict.fromkeys(fault.blamed, "blamed")
        marks += [Mark(x, rows[name], kind, f"{name} × {fault.name}") for name, kind in cells.items() if name in rows]
    return len(faults), len(rows), marks


def _rows(proof: Proof) -> list[Proved]:
    """The requirements that can fail, in the order of the page."""
    return [requirement for _, _, group in groups(proof) for requirement in group]


def groups(proof: Proof) -> list[tuple[str, str, list[Proved]]]:
    """Tested requirements by service and area: the common part first."""
    tested = [requirement for requirement in proof.requirements if requirement.tested]
    tested.sort(key=lambda r: (r.service != "common", r.service, r.area, r.id))
    return [(*key, list(found)) for key, found in groupby(tested, key=lambda r: (r.service, r.area))]


def render(proof: Proof) -> str:
    """The whole page; nothing in it is loaded from elsewhere, and it reads without script."""
    style = "\n".join(path.read_text("utf-8") for path in _STYLE)
    width, height, marks = matrix(proof)
    by_name: dict[str, Trial] = {trial.name: trial for trial in proof.trials}
    return _template().render(
        proof=proof,
        figures=proof.figures(),
        groups=groups(proof),
        width=width * CELL,
        height=height * CELL,
        cell=CELL,
        marks=marks,
        trial=by_name,
        style=Markup(style),  # noqa: S704  our own files, and the policy names their digest
        policy=f"default-src 'none'; style-src {_digest(style)}; base-uri 'none'; form-action 'none'",
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(b=_both, both=lambda text: _both(text.ja, text.en), text=Text)
    return environment.get_template("proof.html.j2")


def _both(ja: str, en: str) -> Markup:
    """A text in both languages; the page shows one of them."""
    return Markup('<span lang="ja">{}</span><span lang="en">{}</span>').format(escape(ja), escape(en))
