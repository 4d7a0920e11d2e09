"""The pytest plugin, as a vendor's CI uses it: pytest in a process of its own, a real server on a socket."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance.demonstration import reference
from tests.command_line import PATIENCE
from tests.whole_run import ONE

NOBODY = "http://127.0.0.1:9"
RUN_FILE = f"""\
format = "conformance-run-file/1"
environment = "test"
[body]
code = "131016"
[product]
name = "Product"
version = "1"
vendor = "Vendor"
[services.resident-registry]
version = "1.0"
base_url = "{NOBODY}/v1"
options = ["household-certificate"]
"""


@pytest.fixture(scope="module")
def run_file() -> Iterator[Path]:
    """The run file of a reference that runs for all tests of this module."""
    with reference("--people", "200", services=ONE) as path:
        yield path


@pytest.fixture
def offline(tmp_path: Path) -> Path:
    """A run file whose system nobody serves."""
    path = tmp_path / "conformance.toml"
    path.write_text(RUN_FILE, "utf-8")
    return path


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Pytest with the plugin, in a folder. Without CI, in which pytest tells each error twice, in full."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_") and name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:schemathesis", "-p", "conformance.plugin", *arguments], cwd=folder,
        env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def collected(folder: Path, *arguments: str) -> list[str]:
    """Node ids that pytest would run."""
    done = run_pytest(folder, "--collect-only", "-q", *arguments)
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_one_item_for_each_requirement_that_applies(tmp_path: Path, offline: Path) -> None:
    """Claim: the items are the requirements. Stimulus: collection alone, no system there. Expected: ids that end in the
    requirement's id, each once; none that does not apply (an option that is not declared) or is not tested."""
    found = collected(tmp_path, "--run-file", offline.name)
    names = [item.rpartition("::")[2] for item in found]
    assert len(names) == len(set(names)) > 100
    assert all(item.startswith("conformance.toml::resident-registry::") for item in found)
    assert {"COM-PAG-001", "RR-MIN-001", "RR-CRT-001"} <= set(names)
    assert not {"RR-EXP-001", "COM-AUD-011", "COM-HTTP-016"} & set(names)


def test_items_are_selected_by_node_id_keyword_and_mark(tmp_path: Path, offline: Path) -> None:
    """Claim: pytest's own ways of selecting work. Stimulus: a node id, `-k`, `-m` with level and area, strict markers.
    Expected: just those."""
    chosen = "conformance.toml::resident-registry::RR-MIN-001"
    assert collected(tmp_path, "--run-file", offline.name, chosen) == [chosen]
    assert collected(tmp_path, "--run-file", offline.name, "-k", "RR-MIN-001") == [chosen]
    marks = "move-ins or (prohibited and security)"
    marked = collected(tmp_path, "--run-file", offline.name, "--strict-markers", "-m", marks)
    assert chosen in marked
    assert {re.sub("[0-9]", "", item.rpartition("::")[2]) for item in marked} == {"RR-MIN-", "COM-SEC-"}


def test_own_tests_run_beside_it(tmp_path: Path, offline: Path) -> None:
    """Claim: a vendor's tests and the suite go together, and without `--run-file` the plugin does nothing. Stimulus: a
    test file, with and without a run file. Expected: both, and the test alone."""
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n", "utf-8")
    both = collected(tmp_path, "--run-file", offline.name, "test_own.py")
    assert both[0] == "test_own.py::test_own"
    assert len(both) > 100
    assert collected(tmp_path) == ["test_own.py::test_own"]


def test_a_requirement_that_is_met_passes(tmp_path: Path, run_file: Path) -> None:
    """Claim: the suite runs once, narrowed to what was selected, and its verdict is the item's. Stimulus: two quick
    requirements on the reference. Expected: both pass; one run, of these two; the summary says where its scorecard
    is."""
    done = run_pytest(tmp_path, "--run-file", str(run_file), "-k", "RR-MIN-001 or RR-MIN-002")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    (run,) = (tmp_path / "runs").iterdir()
    verdicts = re.findall(r'"requirement":"([A-Z0-9-]+)","service"', (run / "run.jsonl").read_text("utf-8"))
    assert verdicts == ["RR-MIN-001", "RR-MIN-002"]
    assert f"scorecard: {run / 'scorecard.html'}" in done.stdout
    assert "partial run" in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_failure_is_told_in_its_slots_and_in_junit(tmp_path: Path, workers: tuple[str, ...]) -> None:
    """Claim: the finding is the failure's text. Stimulus: the reference with a fault, the requirement that it breaks
    and one that it does not, in one process and with two workers. Expected: one failed with its slots and without a
    traceback, one passed; one run; in the XML the same text, and properties with verdict and counts."""
    with reference("--people", "200", "--fault", "late-a-day-early", services=ONE) as faulty:
        done = run_pytest(
            tmp_path, "--run-file", str(faulty), "-k", "RR-MIN-001 or RR-MIN-010", "--junitxml", "x.xml", *workers
        )
    assert done.returncode == 1, done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert "Traceback" not in done.stdout
    for slot in ("Source]", "Expected]", "Actual]", "Request]", "Response]", "conformance replay "):
        assert slot in done.stdout
    assert len(list((tmp_path / "runs").iterdir())) == 1
    cases = {case.get("name"): case for case in ET.parse(tmp_path / "x.xml").iter("testcase")}  # noqa: S314  our own file
    failure = cases["RR-MIN-010"].find("failure")
    assert failure is not None
    assert "Expected]" in (failure.text or "")
    properties = {p.get("name"): p.get("value") for p in cases["RR-MIN-010"].iter("property")}
    assert properties["verdict"] == "fail"
    assert properties["level"] == "mandatory"
    assert int(properties["failed"] or 0) >= 1
    assert cases["RR-MIN-001"].find("failure") is None


def test_what_could_not_be_judged_fails_as_inconclusive(tmp_path: Path) -> None:
    """Claim: what nobody judged is not green. Stimulus: a requirement about time, a system without test control
    interface. Expected: the item fails under the heading `inconclusive`, with the reason."""
    with reference("--people", "200", "--no-upper-tester", services=ONE) as run_file:
        done = run_pytest(tmp_path, "--run-file", str(run_file), "-k", "RR-MOU-003")
    assert done.returncode == 1, done.stdout
    assert re.search(r"^inconclusive: .*upper tester", done.stdout, re.MULTILINE)


def test_an_observation_does_not_fail(tmp_path: Path, offline: Path) -> None:
    """Claim: a recommendation that is not followed is reported, not failed. Stimulus: such a verdict. Expected: the
    item passes, with the observation in its report."""
    (tmp_path / "conftest.py").write_text(
        "import msgspec\n"
        "from conformance.plugin.single_run import SingleRun\n"
        "from conformance.views.run_data import VerdictLine\n"
        "text = {'ja': '推奨', 'en': 'It is recommended.'}\n"
        "line = {'type': 'verdict', 'requirement': 'COM-AUD-010', 'service': 'resident-registry', 'verdict': 'fail',\n"
        "        'level': 'recommended', 'area': 'audit', 'title': text, 'statement': text, 'judged': 1, 'failed': 1,\n"
        "        'source': {'kind': 'profile', 'document': 'Profile'}}\n"
        "SingleRun.verdict = lambda *_: msgspec.convert(line, VerdictLine)\n",
        "utf-8",
    )
    done = run_pytest(tmp_path, "--run-file", offline.name, "-k", "COM-AUD-010", "-rP")
    assert done.returncode == 0, done.stdout
    assert "observation" in done.stdout
    assert "It is recommended." in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_trouble_of_the_suite_is_one_error(tmp_path: Path, offline: Path, workers: tuple[str, ...]) -> None:
    """Claim: what keeps the suite from running is told once and clearly. Stimulus: nobody at the endpoint, three
    requirements. Expected: one error with a next step, the others skipped, no traceback, no success."""
    done = run_pytest(tmp_path, "--run-file", offline.name, "-k", "RR-MIN-001 or RR-MIN-002 or RR-MIN-003", *workers)
    assert done.returncode == 1, done.stdout
    assert "2 skipped" in done.stdout
    assert "1 error" in done.stdout
    assert done.stdout.count("the suite could not run: ") == 1
    assert "Next: " in done.stdout
    assert "Traceback" not in done.stdout
    assert "test_plugin" not in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_wrong_run_file_is_one_error(tmp_path: Path, offline: Path, workers: tuple[str, ...]) -> None:
    """Claim: a wrong run file is told with its line. Stimulus: a wrong check digit. Expected: no test ran, one error
    with file, line, key and next step."""
    offline.write_text(RUN_FILE.replace("131016", "131017"), "utf-8")
    done = run_pytest(tmp_path, "--run-file", offline.name, *workers)
    assert done.returncode != 0
    assert "conformance.toml:4: body.code" in done.stdout
    assert "Next: " in done.stdout
    assert "1 error" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_missing_run_file_is_wrong_usage(tmp_path: Path) -> None:
    """Claim: a typing error in the name is told as such. Stimulus: a run file that is not there. Expected: pytest's
    exit code for wrong usage, and how to make one."""
    done = run_pytest(tmp_path, "--run-file", "nosuch.toml")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "conformance init" in done.stderr


@pytest.mark.slow
def test_the_whole_suite_with_two_workers(tmp_path: Path, run_file: Path) -> None:
    """Claim: the whole suite runs under xdist, once. Stimulus: all requirements, two workers. Expected: all pass, one
    run, no shared folder left."""
    done = run_pytest(tmp_path, "--run-file", str(run_file), "-n", "2", "-q")
    assert done.returncode == 0, done.stdout[-3000:]
    (run,) = (tmp_path / "runs").iterdir()
    assert f"scorecard: {run / 'scorecard.html'}" in done.stdout
