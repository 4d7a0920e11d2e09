"""The wheel: what is in it, and that the command works from any folder with nothing of the checkout in reach."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.command_line import PATIENCE

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout, built without network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new virtual environment with the wheel in it, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, text=True, timeout=PATIENCE)
    (own,) = folder.glob("lib/python*/site-packages")
    # Only the libraries: the .pth file that makes this checkout importable is not read from a folder named here.
    (own / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return programs


def run(programs: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed command in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [programs / "conformance", *arguments], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_the_wheel_holds_documents_and_data(wheel: Path) -> None:
    """Claim: what the suite reads travels with it, and what only makes it does not. Stimulus: the names in the wheel.
    Expected: documents, editions, data, templates, schemas; no makers, no tests, no caches."""
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {name.removeprefix("conformance/_data/") for name in names if name.startswith("conformance/_data/")}
    published = {path.relative_to(ROOT).as_posix() for path in (ROOT / "specs").rglob("*") if path.is_file()}
    assert published <= data
    assert {name for name in data if name.startswith("fixtures/")} == {
        f"fixtures/{name}" for name in ("bodies.json", "characters.json", "dates.json", "national.json", "people.jsonl")
    }
    assert {"conformance/py.typed", "conformance/run.schema.json", "conformance/run_file.schema.json"} <= names
    assert "conformance/views/templates/page.html.j2" in names
    assert {"conformance/registry/exports/document.typ", "conformance/registry/exports/words.txt"} <= names
    assert "conformance/registry/names.txt" in names
    assert "conformance/docs/templates/search.js" in names
    pages = "conformance/registry/pages"
    assert {f"{pages}/static/htmx.min.js", f"{pages}/static/htmx.LICENSE", f"{pages}/templates/pages.css"} <= names
    assert "conformance/spec_new/templates/specs/openapi.yaml.tmpl" in names
    assert not [name for name in names if "__pycache__" in name or "making" in name or name.startswith("tests/")]


def test_the_installed_command_uses_its_own_documents(installed: Path, tmp_path: Path) -> None:
    """Claim: an installed suite needs no checkout. Stimulus: where it finds its documents. Expected: in itself."""
    code = "import conformance.resources as r; print(r.specs_dir()); print(r.fixtures_dir())"
    done = subprocess.run(
        [installed / "python", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert all(str(installed.parent) in line for line in done.stdout.splitlines()), done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--help", "First steps"),
        ("--version", "conformance "),
        ("list", "COM-PAG-001"),
        ("explain RR-MIN-001", "conformance run --requirement RR-MIN-001"),
        ("spec check", "agree with each other"),
    ],
)
def test_the_command_works_in_an_empty_folder(installed: Path, tmp_path: Path, arguments: str, said: str) -> None:
    """Claim: the command works anywhere. Stimulus: commands that need the published documents, in an empty folder.
    Expected: exit code 0, and the folder still empty."""
    done = run(installed, tmp_path, *arguments.split())
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
    assert not list(tmp_path.iterdir())


def test_the_reference_and_a_run_work_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """Claim: the main job works installed. Stimulus: `serve --write-to` and a narrowed run, in an empty folder.
    Expected: it is played, judged, and its scorecard is there."""
    server = subprocess.Popen(
        [installed / "conformance", "serve", "--port", "0", "--people", "100", "--write-to", "here"], cwd=tmp_path,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stderr is not None
        assert "conformance run -f" in server.stderr.readline()
        done = run(
            installed, tmp_path, "run", "-f", "here/conformance.toml", "--requirement", "RR-MIN-001", "-o", "out"
        )
    finally:
        server.terminate()
        server.wait(30)
    assert done.returncode == 3, done.stderr
    assert "Pass 1" in done.stdout
    assert (tmp_path / "out/scorecard.html").is_file()
