"""A new service is begun: what is written is right, and works at once, without another line anywhere."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import PROGRAM, Call

from conformance.catalogue.service import DRAFT, load_service
from conformance.errors import UsageError
from conformance.model import Text
from conformance.resources import specs_dir
from conformance.spec_check import check
from conformance.spec_new import Beginning, begin, beginning
from tests.command_line import PATIENCE

ROOT = Path(__file__).resolve().parents[1]
NAME, TODAY = "seal-registration", dt.date(2026, 4, 1)
FAULTS = ("event-date-shifted", "tomorrow-accepted", "oldest-first")


def inside(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line of a copy of the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=tree, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which a service was begun."""
    copy = tmp_path_factory.mktemp("checkout")
    for folder in ("conformance", "specs", "fixtures"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    done = inside(copy, "spec", "new", NAME, "--title-ja", "印鑑登録サービス")
    assert done.returncode == 0, done.stderr
    assert "Next: conformance spec check" in done.stdout
    return copy


def test_the_documents_are_right_as_they_are_begun(tree: Path, tmp_path: Path) -> None:
    """Claim: the starting point passes every check of the documents. Stimulus: `spec check` of all, right after.
    Expected: nothing is said of the new service, and its ids are listed."""
    for folder in ("common", "upper-tester", NAME):  # the others have nothing to do with it
        shutil.copytree(tree / "specs" / folder, tmp_path / folder)
    shutil.copy(tree / "specs" / "requirement-ids.txt", tmp_path)
    problems = [problem for problem in check(tmp_path) if problem.file.startswith(NAME)]
    assert not problems
    assert {"SR-REC-001", "SR-REC-002", "SR-REC-003"} <= set((tree / "specs/requirement-ids.txt").read_text().split())
    assert (tree / "specs" / NAME / "1.0" / DRAFT).is_file()


def test_a_service_adds_its_scopes_to_the_common_roles(tree: Path) -> None:
    """Claim: a new service needs no change of the common part. Stimulus: its roles, and those of another service.
    Expected: the clerk of the one holds its scopes too, the clerk of the other does not."""
    root = tree / "specs"
    own = load_service(NAME, "1.0", root)
    assert {f"{NAME}:read", f"{NAME}:write"} <= set(own.roles["clerk"])
    assert set(own.roles) == {"approver", "clerk", "tester", "viewer"}
    assert f"{NAME}:read" not in load_service("resident-registry", "1.0", root).all_roles["clerk"]


@contextlib.contextmanager
def served(tree: Path, folder: Path, *arguments: str) -> Iterator[Path]:
    """The reference of a copy, and a run file that names the new service alone; stopped by its own handle."""
    command = [*PROGRAM, "serve", "--port", "0", "--people", "20", "--write-to", str(folder), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    with subprocess.Popen(command, cwd=tree, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as it:
        try:
            assert it.stderr
            assert b"conformance run" in (it.stderr.readline())
            path = folder / "conformance.toml"
            text = path.read_text("utf-8")
            others = re.compile(rf"^\[services\.(?!{NAME}\]).*\n(?:[^\[].*\n)*", re.MULTILINE)
            path.write_text(others.sub("", text), "utf-8")
            yield path
        finally:
            it.terminate()


def test_it_conforms_at_once_and_its_faults_are_caught(tree: Path, tmp_path: Path) -> None:
    """Claim: documents, reference, faults and liberties fit together as they are begun. Stimulus: the draft published,
    compiled, served and tested; then with the liberty and every fault. Expected: conforming; what the faults name
    fails, and nothing else."""
    (tree / "specs" / NAME / "1.0" / DRAFT).unlink()
    compiled = inside(tree, "compile", NAME)
    assert compiled.returncode == 0, compiled.stderr
    with served(tree, tmp_path / "right") as run_file:
        done = inside(tree, "run", "-f", str(run_file), "-o", str(tmp_path / "run-right"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Conforming" in done.stdout
    planted = ("--liberty", "members-in-another-order"), *(("--fault", name) for name in FAULTS)
    changes = [word for kind, name in planted for word in (kind, f"{NAME}-{name}")]
    with served(tree, tmp_path / "wrong", *changes) as run_file:
        done = inside(tree, "run", "-f", str(run_file), "-o", str(tmp_path / "run-wrong"))
    assert re.findall(r"^fail (\S+)", done.stdout, re.MULTILINE) == ["SR-REC-001", "SR-REC-002", "SR-REC-003"]


@pytest.mark.parametrize("name", ["ab", "tax-collection", "zoning-permits"])
def test_the_reference_is_written_as_the_project_is(tmp_path: Path, name: str) -> None:
    """Claim: what is begun passes the project's own checks, whatever the name. Stimulus: names from both ends of the
    alphabet, linted and formatted. Expected: nothing to correct."""
    (tmp_path / "specs" / "common").mkdir(parents=True)
    reference = tmp_path / "conformance" / "reference"
    begin(Beginning(name, Text("表題", 'A "title": here'), "ZZ", TODAY), tmp_path / "specs", reference)
    for given in (["check"], ["format", "--check"]):
        ours = ["--config", str(ROOT / "pyproject.toml")]
        if given == ["check"]:
            ours += ["--config", 'lint.isort.known-first-party = ["conformance"]']
        command = [sys.executable, "-m", "ruff", *given, *ours, str(reference)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "prefix", "why"),
    [
        ("Seal", None, "cannot name a service"),
        ("../evil", None, "cannot name a service"),
        ("seal_registration", None, "cannot name a service"),
        ("x" * 31, None, "cannot name a service"),
        ("seal-", None, "cannot name a service"),
        ("", None, "cannot name a service"),
        ("seal", "sr", "no id can begin with"),
        ("seal", "COM", "begin with COM"),
        ("road-repairs", "RR", "begin with RR"),
    ],
)
def test_odd_names_are_refused(name: str, prefix: str | None, why: str) -> None:
    """Claim: nothing is written under a name that cannot be. Stimulus: names and prefixes of another form, or taken.
    Expected: a usage error with a next step."""
    with pytest.raises(UsageError, match=why) as raised:
        beginning(name, specs_dir(), TODAY, prefix=prefix)
    assert raised.value.next_step


@pytest.mark.parametrize(
    ("name", "where"), [("resident-registry", "specs/resident-registry"), ("faults", "reference/faults"),
                        ("clock", "reference/clock.py"), ("common", "specs/common")],
)  # fmt: skip
def test_what_is_there_is_never_written_over(tmp_path: Path, name: str, where: str) -> None:
    """Claim: a beginning destroys nothing. Stimulus: the name of a service, and of modules of the reference. Expected:
    a usage error that says where it is, and no file written."""
    for folder in ("specs/common", "specs/resident-registry", "reference/faults"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "reference" / "clock.py").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="there already") as raised:
        begin(Beginning(name, Text("a", "a"), "ZZ", TODAY), tmp_path / "specs", tmp_path / "reference")
    assert raised.value.where.endswith(where)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_refuses_a_name_that_is_there(call: Call) -> None:
    """Claim: the command tells what to do. Stimulus: the name of a published service. Expected: exit code 2, the place,
    a next step."""
    code, _, err = call("spec", "new", "resident-registry", "--prefix", "ZZZ")
    assert code == 2
    assert "there already" in err
    assert "Next" in err
