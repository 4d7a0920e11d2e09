"""Makes `reports/reference/`: the scorecard of the reference implementation, from a whole run.

python reports/make.py            plays the edition and writes the report
python reports/make.py --check    says whether the report belongs to the editions published now (exit code 1: stale)
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from conformance.archive import RUN_FILE, read_run
from conformance.catalogue.service import load_service
from conformance.demonstration import reference
from conformance.edition_file import load as load_edition
from conformance.launch import preflight, prepare, published, start
from conformance.plan import Filters
from conformance.sut.run_file import load
from conformance.views import FORMATS, write

FOLDER = Path(__file__).parent / "reference"


def main() -> int:
    """Make the report, or look whether it is stale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    return check() if parser.parse_args().check else make()


def make() -> int:
    """Play the whole edition against the reference; keep the verdicts and the pages, not the evidence."""
    with tempfile.TemporaryDirectory() as name, reference("--people", "2000") as run_file:
        prepared = prepare(load(run_file, published()), Filters())
        preflight(prepared).raise_for_failures()
        result = start(prepared, Path(name) / "run")
        FOLDER.mkdir(exist_ok=True)
        shutil.copyfile(result.folder / RUN_FILE, FOLDER / RUN_FILE)
    for path in write(FOLDER / RUN_FILE, FOLDER, FORMATS):
        sys.stdout.write(f"{path.relative_to(FOLDER.parent.parent)}\n")
    sys.stdout.write(f"{result.standing.value}\n")
    return 0 if result.standing.value.startswith("conforming") else 1


def check() -> int:
    """Compare the editions of the report with the published ones."""
    header, _, footer = read_run(FOLDER / RUN_FILE)
    stale = [
        entry["service"]
        for entry in header["services"]
        if entry["edition"] != load_edition(load_service(entry["service"], entry["version"]).edition_path).digest()
    ]
    if stale or footer is None:
        sys.stdout.write(f"reports/reference is stale ({', '.join(stale)}). Next: python reports/make.py\n")
        return 1
    sys.stdout.write("reports/reference belongs to the published editions\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
