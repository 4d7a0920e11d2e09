"""The command line as a newcomer uses it: help, first steps, a run on the reference, and what can be made of it."""

from __future__ import annotations

import filecmp
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import PROGRAM, Call, started

from conformance import __version__
from conformance.cli import app, main
from conformance.demonstration import reference
from tests.command_line import PATIENCE
from tests.whole_run import ONE

COMMANDS = (
    "demo", "init", "serve", "run", "replay", "clean", "judge", "report", "list", "explain", "docs", "compile",
    "spec", "prove", "submit", "verify", "registry",
)  # fmt: skip
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


@pytest.fixture(scope="module")
def run_file() -> Iterator[Path]:
    """The run file of a reference that runs for all tests of this module."""
    with reference("--people", "200", services=ONE) as path:
        yield path


# Help


def test_help_names_every_command_under_a_heading(call: Call) -> None:
    """Claim: help shows where to start. Stimulus: `--help`. Expected: exit code 0, every command in the order of first
    use, headings in both languages, the exit codes."""
    code, out, _ = call("--help")
    assert code == 0
    assert re.findall(r"^  (\w+)  +\S", out, re.MULTILINE) == list(COMMANDS)
    assert "First steps / はじめに:" in out
    assert "Exit codes: 0 conforming, 1 non-conforming, 2 wrong usage or configuration, 3 incomplete." in out


@pytest.mark.parametrize(
    "command", [*[name for name in COMMANDS if name not in {"spec", "registry"}], "spec check", "registry serve"]
)
def test_help_of_a_command_is_in_both_languages(call: Call, command: str) -> None:
    """Claim: each command tells what it is for. Stimulus: its `--help`. Expected: exit code 0, a sentence in English
    and one in Japanese, every option with a text."""
    code, out, _ = call(*command.split(), "--help")
    assert code == 0
    assert JAPANESE.search(out)
    options = out.partition("Options:")[2].replace("\n                ", " ")
    assert all(re.search(r"  \S.*  \S", line) for line in options.splitlines() if line.startswith("  -"))


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    """Claim: help is quick. Stimulus: `--help` in a new process. Expected: none of the libraries that take long to
    import is imported for it."""
    code = (
        "import sys\nfrom conformance.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([n for n in ('rich', 'msgspec', 'yaml', 'jsonschema_rs', 'httptools', 'schemathesis', 'hypothesis',"
        " 'pytest', 'requests', 'jinja2', 'conformance.model', 'conformance.launch') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version(call: Call) -> None:
    """Claim: the suite tells its version. Stimulus: `--version`. Expected: name and version."""
    assert call("--version")[:2] == (0, f"conformance {__version__}\n")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("conformance explain COM-PAG-00", "COM-PAG-001"),
        ("conformance run --requirement RR-MIN-01", "RR-MIN-010"),
        ("conformance run --operation getRes", "getResident"),
        ("conformance run --service res", "resident-registry"),
        ("conformance list re", "resident-registry"),
        ("conformance report run --format ju", "junit"),
    ],
)
def test_the_shell_completes_ids(tmp_path: Path, words: str, offered: str) -> None:
    """Claim: ids need not be typed. Stimulus: the tab key after the beginning of one, as bash hands it on. Expected:
    the ids that begin so."""
    done = started(
        folder=tmp_path, _CONFORMANCE_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1)
    )
    assert offered in done.stdout.split()


# Documents


def test_list_names_every_requirement_and_operation(call: Call) -> None:
    """Claim: everything that is tested can be listed. Stimulus: `list`, in Japanese, and `list --operations`. Expected:
    ids with level and title; operations with method and path."""
    assert re.search(r"^  COM-PAG-001 +mandatory +\S", call("list")[1], re.MULTILINE)
    assert JAPANESE.search(call("list", "--lang", "ja")[1])
    assert re.search(r"^  getResident +GET +/residents/\{resident_id\}$", call("list", "--operations")[1], re.MULTILINE)


def test_explain_tells_all_about_a_requirement(call: Call) -> None:
    """Claim: a requirement can be understood without reading YAML. Stimulus: `explain` with an id in small letters.
    Expected: statement, level, condition, source, how it is judged, its scripts, and how to test it alone."""
    code, out, _ = call("explain", "com-val-001")
    assert code == 0
    for word in (
        "statement",
        "level",
        "applies",
        "source",
        "judged by",
        "scripts",
        "conformance run --requirement COM-VAL-001",
    ):
        assert word in out


# run, judge, report


def test_a_narrowed_run_says_that_it_is_partial(call: Call, run_file: Path) -> None:
    """Claim: a part of the suite gives no conformity. Stimulus: one requirement on the reference. Expected: exit code
    3, that requirement passed and nothing else judged, `partial` in the same breath as the standing, the scorecard."""
    code, out, err = call("run", "-f", str(run_file), "--requirement", "RR-MIN-001", "-o", "kept")
    assert code == 3, out + err
    assert re.search(r"^requirements +Pass 1$", out, re.MULTILINE)
    assert "(partial run)" in out
    assert Path("kept/scorecard.html").is_file()
    assert "kept/scorecard.html" in out
    assert "scripts" in err


def test_a_requirement_about_every_exchange_can_be_tested_alone(call: Call, run_file: Path) -> None:
    """Claim: narrowing to a requirement plays what it is judged on. Stimulus: one that is judged by a rule over all
    exchanges, and few requests. Expected: it is judged on each script played."""
    code, out, err = call(
        "run", "-f", str(run_file), "--requirement", "COM-HTTP-002", "--max-requests", "80", "-o", "kept"
    )
    assert code == 3, out + err
    assert re.search(r"^requirements +Pass 1$", out, re.MULTILINE)


def test_judge_gives_the_same_bytes_offline(call: Call, run_file: Path) -> None:
    """Claim: verdicts come from evidence alone. Stimulus: `judge` on a copy of a run. Expected: the same exit code, the
    same run.jsonl byte for byte, and that it is said."""
    code, _, _ = call("run", "-f", str(run_file), "--operation", "getHousehold", "-o", "first")
    shutil.copytree("first", "second")
    again, out, _ = call("judge", "second")
    assert again == code == 3
    assert "The verdicts are the same, byte for byte." in out
    assert filecmp.cmp("first/run.jsonl", "second/run.jsonl", shallow=False)


def test_report_writes_what_is_asked_for(call: Call, run_file: Path) -> None:
    """Claim: a run can be shown in other forms later. Stimulus: two formats into another folder. Expected: their files
    and no others, each path on a line."""
    call("run", "-f", str(run_file), "--requirement", "RR-MIN-001", "-o", "kept")
    code, out, _ = call("report", "kept", "--format", "junit", "--format", "csv", "-o", "shown")
    assert code == 0
    assert sorted(out.split()) == ["shown/junit.xml", "shown/requirements.csv"]
    assert sorted(path.name for path in Path("shown").iterdir()) == ["junit.xml", "requirements.csv"]


def test_a_run_is_not_written_over_another(call: Call, run_file: Path) -> None:
    """Claim: no evidence is lost or mixed. Stimulus: the folder of an earlier run as output. Expected: exit code 2."""
    call("run", "-f", str(run_file), "--requirement", "RR-MIN-001", "-o", "kept")
    before = Path("kept/run.jsonl").read_bytes()
    code, _, err = call("run", "-f", str(run_file), "--requirement", "RR-MIN-001", "-o", "kept")
    assert code == 2
    assert "holds a run already" in err
    assert Path("kept/run.jsonl").read_bytes() == before


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_failure_is_told_in_its_slots(call: Call, lang: str) -> None:
    """Claim: a finding can be acted on. Stimulus: the reference with a fault, one requirement. Expected: exit code 1;
    what is wrong, expected, actual, request, the command to play it again, the source; what to read next."""
    with reference("--people", "200", "--fault", "late-a-day-early", services=ONE) as faulty:
        code, out, err = call("run", "-f", str(faulty), "--requirement", "RR-MIN-010", "--lang", lang)
        assert code == 1, out + err
        slots = {
            "en": ("expected", "actual", "request", "again", "source"),
            "ja": ("期待", "実際", "要求", "再実行", "根拠"),
        }
        assert all(re.search(rf"^  {slot} +\S", out, re.MULTILINE) for slot in slots[lang])
        assert "conformance explain RR-MIN-010" in out
        again = re.search(r"conformance (replay \S+ --run \S+) --run-file conformance.toml", out)
        assert again
        code, out, err = call(*shlex.split(again[1]), "--run-file", str(faulty))
        assert code == 1, out + err
        for secret in faulty.parent.glob("*.secret"):
            assert secret.read_text("utf-8") not in out + err


def test_an_interrupted_run_can_be_judged(tmp_path: Path, run_file: Path) -> None:
    """Claim: what was played is kept. Stimulus: a whole run, interrupted after its first scripts. Expected: exit code
    130, not one of a verdict; the folder is told; judging it says that the run is incomplete."""
    process = subprocess.Popen(
        [*PROGRAM, "run", "-f", str(run_file), "-o", "cut"], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    evidence = tmp_path / "cut/evidence/traces.jsonl.zst"
    deadline = time.monotonic() + PATIENCE
    while not (evidence.is_file() and evidence.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "conformance judge cut" in err
    judged = started("judge", "cut", folder=tmp_path)
    assert judged.returncode == 3, judged.stderr
    assert "what was played is judged now" in judged.stdout


# serve, demo


def test_serve_writes_a_run_file_that_reaches_it(tmp_path: Path) -> None:
    """Claim: the reference can be tried by hand. Stimulus: `serve --write-to`, then a narrowed run with what it wrote,
    then SIGTERM. Expected: the run passes; the reference ends with its starter."""
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", "--people", "50", "--write-to", "here"], cwd=tmp_path,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert "conformance run -f" in process.stderr.readline()
        written = tmp_path / "here/conformance.toml"
        run = started("run", "-f", str(written), "--requirement", "RR-MIN-001", "-o", "run", folder=tmp_path)
        assert run.returncode == 3, run.stderr
        assert all(path.stat().st_mode & 0o077 == 0 for path in written.parent.glob("*.secret"))
    finally:
        process.terminate()
        process.wait(30)
    refused = started("run", "-f", str(written), "--requirement", "RR-MIN-001", folder=tmp_path)
    assert refused.returncode == 2
    assert "refused" in refused.stderr


@pytest.mark.slow
def test_demo_needs_nothing_and_conforms(tmp_path: Path) -> None:
    """Claim: one command shows the whole. Stimulus: `demo` in an empty folder. Expected: exit code 0, the standing, and
    a scorecard where it says."""
    done = started("demo", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Conforming" in done.stdout
    page = re.search(r"^scorecard +(\S+)$", done.stdout, re.MULTILINE)
    assert page
    assert (tmp_path / page[1]).is_file()


def test_every_option_has_a_help_text() -> None:
    """Claim: nothing is undocumented. Stimulus: every parameter of every command. Expected: a text."""
    from typer.main import get_command

    with pytest.raises(SystemExit):
        main(["--version"])
    root = get_command(app)
    commands = dict(root.commands)  # type: ignore[attr-defined]  # a group has them
    for name, command in commands.items():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"
