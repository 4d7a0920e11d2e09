"""Makes what is published here from whole runs against the reference implementation.

python reports/make.py                 plays the edition, proves the suite, writes reports and the figures in README.md
python reports/make.py reference       only the scorecard of the reference (also: proof)
python reports/make.py --check         says whether the reports belong to what is published now (exit code 1: stale)
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from conformance.archive import RUN_FILE, read_run
from conformance.catalogue.service import load_service
from conformance.demonstration import reference
from conformance.edition_file import load as load_edition
from conformance.launch import Published, preflight, prepare, start
from conformance.plan import Filters
from conformance.prove.changes import changes
from conformance.prove.misses import misses
from conformance.prove.pages import JSON
from conformance.prove.pages import write as write_proof
from conformance.prove.proof import Proof, decode, prove, why_stale
from conformance.prove.trial import Trial
from conformance.sut.run_file import load
from conformance.views import EVERY_RUN, write

ROOT = Path(__file__).parent.parent
REFERENCE, PROOF, README = ROOT / "reports/reference", ROOT / "reports/proof", ROOT / "README.md"
_FIGURES = re.compile(r"(?s)(?<=<!-- proof: figures -->\n).*?(?=<!-- /proof -->)")


def main() -> int:
    """Make the reports, or look whether they are stale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", metavar="REPORT", help=f"{', '.join(_REPORTS)} (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    if unknown := set(options.which) - _REPORTS.keys():
        parser.error(f"no such report: {', '.join(sorted(unknown))}; choose from {', '.join(_REPORTS)}")
    results = [_REPORTS[name][options.check]() for name in options.which or _REPORTS]
    return max(results)


def make_scorecard() -> int:
    """Play the whole edition against the reference; keep the verdicts and the pages, not the evidence."""
    with tempfile.TemporaryDirectory() as name, reference("--people", "2000") as run_file:
        prepared = prepare(load(run_file, Published()), Filters())
        preflight(prepared).raise_for_failures()
        result = start(prepared, Path(name) / "run")
        REFERENCE.mkdir(exist_ok=True)
        shutil.copyfile(result.folder / RUN_FILE, REFERENCE / RUN_FILE)
    _say(*write(REFERENCE / RUN_FILE, REFERENCE, EVERY_RUN))
    sys.stdout.write(f"{result.standing.value}\n")
    return 0 if result.standing.value.startswith("conforming") else 1


def check_scorecard() -> int:
    """Compare the editions of the report with the published ones."""
    header, _, footer = read_run(REFERENCE / RUN_FILE)
    stale = [
        entry["service"]
        for entry in header["services"]
        if entry["edition"] != load_edition(load_service(entry["service"], entry["version"]).edition_path).digest()
    ]
    if footer is None:
        stale.append("no footer")
    return _told("reference", stale)


def make_proof() -> int:
    """Try every fault and every liberty that has changed; write the matrix, and its figures into README.md."""
    path = PROOF / JSON
    before = decode(path.read_bytes()) if path.is_file() else None
    jobs = os.cpu_count() or 1
    proof = prove(changes().values(), jobs=jobs, tell=_tell, before=before, keep=_publish, wire=True)
    _publish(proof)
    sys.stdout.write(f"{proof.figures()}\n")
    return 0 if proof.holds else 1


def _publish(proof: Proof) -> None:
    """Write what there is, as far as it is: an interrupted proof goes on from there."""
    _say(*write_proof(proof, PROOF))
    README.write_text(_FIGURES.sub(lambda _: sentences(proof), README.read_text("utf-8")), "utf-8")


def check_proof() -> int:
    """Compare what the proof was made with, and the figures in README.md, with what is there now; and look whether it
    holds: nothing left out, every change as it must be, every binding requirement with a fault of its own, the same
    verdicts from the evidence as from the wire.
    """
    proof = decode((PROOF / JSON).read_bytes())
    stale = why_stale(proof, changes())
    told = _FIGURES.findall(README.read_text("utf-8"))
    if not told or any(text != sentences(proof) for text in told):
        stale.append("README.md")
    for trial in proof.amiss:
        sys.stdout.write(f"not as it must be: {trial.kind} {trial.name}\n")
    for trial in proof.unwitnessed:
        sys.stdout.write(f"judged on the evidence alone: {trial.kind} {trial.name}\n")
    holds = proof.holds and not proof.partial and not proof.unwitnessed
    if not holds:
        sys.stdout.write("the proof does not hold: see reports/proof/proof.html\n")
    return max(_told("proof", stale), int(not holds))


def sentences(proof: Proof) -> str:
    """The figures of a proof, as README.md has them."""
    f = proof.figures()
    part = (
        f"- Only a part has been tried so far: {len(proof.trials)} of {len(changes())} changes. / "
        f"{len(changes())}件の変更のうち{len(proof.trials)}件のみを試した途中の結果です。\n"
    )
    known = (
        f"- {f['known_misses']} {'fault is' if f['known_misses'] == 1 else 'faults are'} known not to be caught "
        f"precisely; the page says what it would take. / "
        f"検出できない又は正確に検出できないことを把握している不具合{f['known_misses']}件は、対応案とともに公表しています。\n"
        if f["known_misses"]
        else ""
    )
    return (
        f"{part if proof.partial else ''}"
        f"- {f['caught']} of {f['faults']} planted faults are caught, {f['precisely']} of them precisely: what they "
        f"break fails, and nothing else.\n"
        f"{known}"
        f"- {f['proven']} of {f['requirements']} binding requirements that are tested catch a fault of their own.\n"
        f"- {f['left_in_peace']} of {f['liberties']} liberties pass everything.\n"
        f"- In {f['judged_on_the_wire_too'] - f['judged_otherwise_there']} of {len(proof.trials) + 1} trials the "
        f"evidence that is kept, without personal numbers and credentials, says the same of every trace as what came "
        f"over the wire.\n"
        f"- 植えた不具合{f['faults']}件中{f['caught']}件を検出(うち{f['precisely']}件は無関係の要件を不合格にしない)。"
        f"試験する要件{f['requirements']}件中{f['proven']}件が自らの不具合を検出。"
        f"許される違い{f['liberties']}件中{f['left_in_peace']}件がすべて合格。"
        f"個人番号等を置き換えた証跡による判定は、{len(proof.trials) + 1}件中"
        f"{f['judged_on_the_wire_too'] - f['judged_otherwise_there']}件の試行で、通信そのものによる判定とすべて一致。\n"
    )


def _tell(done: int, of: int, trial: Trial) -> None:
    if trial.proven is (trial.name in misses()) or done % 20 == 0 or done == of:
        sys.stdout.write(
            f"{done}/{of} {trial.name}{': not as it must be' if trial.proven is (trial.name in misses()) else ''}\n"
        )


def _say(*paths: Path) -> None:
    for path in paths:
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")


def _told(name: str, stale: list[str]) -> int:
    if stale:
        sys.stdout.write(f"reports/{name} is stale ({', '.join(stale)}). Next: python reports/make.py {name}\n")
        return 1
    sys.stdout.write(f"reports/{name} belongs to what is published\n")
    return 0


_REPORTS: dict[str, tuple[Callable[[], int], Callable[[], int]]] = {
    "reference": (make_scorecard, check_scorecard),
    "proof": (make_proof, check_proof),
}
"""How each report is made, and how it is checked."""


if __name__ == "__main__":
    sys.exit(main())
