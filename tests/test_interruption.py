"""Ctrl-C, a full disk, a lost network: a run stops in order, says so, and goes on where it stopped."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import errno
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from command_line import PROGRAM, Call

from conformance.archive import EVIDENCE, JOURNAL, RUN_FILE, evidence_lines, read_run
from conformance.demonstration import reference
from conformance.errors import ArchiveError, SuiteError, UsageError
from conformance.interruption import Memory, StoppedError, place
from conformance.launch import Prepared, Published, preflight, prepare, start
from conformance.plan import Filters
from conformance.resumption import resumption, set_clock_right
from conformance.session import judge_archive
from conformance.sut.personal_numbers import PersonalNumbers
from conformance.sut.run_file import load
from tests.command_line import PATIENCE
from tests.whole_run import ONE

pytestmark = pytest.mark.slow
NARROW = Filters(max_requests=400)


@pytest.fixture(scope="module")
def town() -> Iterator[Path]:
    """The run file of a reference that outlives the runs."""
    with reference("--people", "200", services=ONE) as run_file:
        yield run_file


class StopHereError(Exception):
    """Ends a run in the middle, as a kill would, but for the writer that is closed."""


def broken_off(run_file: Path, folder: Path, after: int = 60, filters: Filters = NARROW) -> Prepared:
    """A run that ended after so many scripts."""
    prepared = prepare(load(run_file, Published()), filters)
    preflight(prepared).raise_for_failures()

    def stop(state: object) -> None:
        if state.done >= after:  # type: ignore[attr-defined]
            raise StopHereError

    with pytest.raises(StopHereError):
        start(prepared, folder, stop)
    return prepared


def gone_on_with(folder: Path, run_file: Path | None = None) -> dict[str, object]:
    """The footer of the run after it was resumed."""
    prepared = resumption(folder, run_file)
    set_clock_right(prepared)
    start(prepared, folder)
    footer = read_run(folder / RUN_FILE)[2]
    assert footer is not None
    return footer


def refused(folder: Path, run_file: Path | None = None) -> SuiteError:
    with pytest.raises((UsageError, ArchiveError)) as caught:
        resumption(folder, run_file)
    assert caught.value.next_step
    return caught.value


def test_a_resumed_run_plays_only_what_is_left(town: Path, tmp_path: Path) -> None:
    """Claim: nothing is played twice, and the header says that the run was resumed. Stimulus: a run broken off in the
    middle. Expected: the first traces unchanged, each script once, one entry in the header, judged again the same."""
    folder = tmp_path / "run"
    broken_off(town, folder)
    before = [line.data for line in evidence_lines(folder / EVIDENCE)]
    assert before
    footer = gone_on_with(folder)
    after = [line.data for line in evidence_lines(folder / EVIDENCE)]
    assert after[: len(before)] == before
    assert footer["scripts"] == {"planned": len(after), "played": len(after), "troubled": 0}
    header = read_run(folder / RUN_FILE)[0]
    created = [json.loads(line) for line in (folder / "created.jsonl").read_text("utf-8").splitlines()]
    assert len(created) == sum(footer["created"].values()) > 10  # type: ignore[attr-defined]  # counts by service
    assert {"registerMoveIn"} <= {entry["operation"] for entry in created}
    assert [set(entry) for entry in header["resumed"]] == [{"at", "cut_bytes"}]
    assert judge_archive(folder)[1]


def test_numbers_are_replaced_alike_before_and_after(town: Path, tmp_path: Path) -> None:
    """Claim: the mapping of personal numbers lasts over interruptions, and its key is not in the archive. Stimulus: a
    resumed run. Expected: the same replacement for a number, the numbers of before known again, no key in any file."""
    folder = tmp_path / "run"
    first = broken_off(town, folder)
    kept = b"".join(line.data for line in evidence_lines(folder / EVIDENCE))
    replacements = re.findall(rb'individual_number[\\\\]*":[\\\\]*"([0-9]{12})[^0-9]', kept)
    original = PersonalNumbers(first.key).original(replacements[0]).decode()
    parted = f"{original[:4]}-{original[4:8]}-{original[8:]}"
    memory = place(folder)
    assert memory.stat().st_mode & 0o777 == 0o600
    assert memory.parent == folder.parent
    prepared = resumption(folder)
    assert prepared.redactor.number(original) == first.redactor.number(original)
    start(prepared, folder)
    assert prepared.redactor.text(parted) != parted  # a number with parted digits is replaced only when it is known
    for path in folder.rglob("*"):
        if path.is_file():
            assert first.key not in path.read_bytes()
            assert first.key.hex().encode() not in path.read_bytes()


def test_an_unfinished_archive_says_what_is_missing(town: Path, tmp_path: Path, call: Call) -> None:
    """Claim: judging an unfinished archive judges what there is, and says exactly what is not. Stimulus: a run broken
    off, its last record torn. Expected: exit code 1 or 3, scripts and bytes told with the command that goes on; after
    that it can still be resumed to its end."""
    folder = tmp_path / "run"
    broken_off(town, folder)
    with (folder / EVIDENCE).open("ab") as file:
        file.write(b"\x28\xb5\x2f\xfd\x04")
    played = len(list(evidence_lines(folder / EVIDENCE)))
    code, out, _ = call("judge", str(folder))
    assert code == 3
    found = re.search(r"Missing: (\d+) scripts were not played; (\d+) bytes", out)
    assert found
    planned = int(found[1]) + played
    assert int(found[2]) == 5
    assert f"conformance run --resume {folder}" in out
    footer = gone_on_with(folder)
    assert footer["scripts"] == {"planned": planned, "played": planned, "troubled": 0}
    assert read_run(folder / RUN_FILE)[0]["resumed"][0]["cut_bytes"] == 5
    assert "missing" not in footer


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_in_order_and_prints_how_to_go_on(town: Path, tmp_path: Path, signal_: signal.Signals) -> None:
    """Claim: an interrupted run says what was done, and the printed command goes on. Stimulus: the command line as a
    process, interrupted once something was kept; then its own advice. Expected: 130; the run comes to its end."""
    folder = tmp_path / "my run"
    command = [*PROGRAM, "run", "-f", str(town), "-o", str(folder), "--max-requests", "3000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    journal = (folder / EVIDENCE).with_name(JOURNAL)
    while process.poll() is None and not (journal.exists() and journal.stat().st_size):
        time.sleep(0.005)
    process.send_signal(signal_)
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, told
    counted = re.search(r"(\d+) of (\d+) scripts were played \((\d+) exchanges\); all of them are kept", told)
    assert counted
    assert len(list(evidence_lines(folder / EVIDENCE))) == int(counted[1])
    advice = re.search(r"Next: conformance (run --resume .+)", told)
    assert advice
    again = subprocess.run(
        [*PROGRAM, *shlex.split(advice[1])], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=PATIENCE
    )
    assert again.returncode == 3, again.stderr
    footer = read_run(folder / RUN_FILE)[2]
    assert footer
    assert footer["scripts"] == {"planned": int(counted[2]), "played": int(counted[2]), "troubled": 0}


@pytest.mark.parametrize("when", ["evidence", "verdicts"])
def test_a_full_disk_is_told_and_can_be_gone_on_with(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Claim: a full disk loses nothing and is told with the next step. Stimulus: no room for the next trace, or for
    the verdicts. Expected: `StoppedError` of our side; resumed with room, the run comes to its end."""
    folder = tmp_path / "run"
    prepared = prepare(load(town, Published()), NARROW)
    (plan,) = prepared.plans
    preflight(prepared).raise_for_failures()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill(state: object) -> None:
        if state.done == 50 and when == "evidence":  # type: ignore[attr-defined]
            monkeypatch.setattr(os, "write", full)
        if state.done == state.total and when == "verdicts":  # type: ignore[attr-defined]
            monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(StoppedError, match="No space left") as caught:
        start(prepared, folder, fill)
    monkeypatch.undo()
    assert caught.value.exit_code == 2
    assert "room" in caught.value.next_step
    assert read_run(folder / RUN_FILE)[2] is None
    kept = len(list(evidence_lines(folder / EVIDENCE)))
    assert kept >= 50
    footer = gone_on_with(folder)
    assert footer["scripts"] == {"planned": len(plan), "played": len(plan), "troubled": 0}


class Wire:
    """A TCP forwarder that may be cut."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.whole = True
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listening.accept()
                if not self.whole:
                    near.close()
                    continue
                far = socket.create_connection(self.target)
                self.open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(one, other), daemon=True).start()

    def cut(self) -> None:
        """Break every connection, and let none through."""
        self.whole = False
        for one in self.open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop accepting."""
        self.cut()
        self.listening.close()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wired(town: Path, tmp_path: Path) -> Iterator[tuple[Wire, Path]]:
    """A wire to the reference, and a run file that leads through it."""
    text = town.read_text("utf-8")
    origin = urlsplit(re.search(r'token_url = "([^"]+)"', text)[1])  # type: ignore[index]
    wire = Wire((origin.hostname or "", origin.port or 0))
    run_file = tmp_path / "conformance.toml"
    run_file.write_text(text.replace(origin.netloc, f"127.0.0.1:{wire.port}"), "utf-8")
    yield wire, run_file
    wire.close()


def test_a_lost_network_stops_the_run_in_order(wired: tuple[Wire, Path], tmp_path: Path) -> None:
    """Claim: a lost network fails no requirement, and does not make the rest of the run senseless. Stimulus: every
    connection cut in the middle, later mended. Expected: `StoppedError` with exit code 3 soon after; resumed, every
    script is played, those that had trouble too, none troubled at the end."""
    wire, run_file = wired
    folder = tmp_path / "run"
    prepared = prepare(load(run_file, Published()), NARROW)
    (plan,) = prepared.plans
    preflight(prepared).raise_for_failures()

    def cut(state: object) -> None:
        if state.done == 40:  # type: ignore[attr-defined]
            wire.cut()

    with pytest.raises(StoppedError, match="cannot be reached") as caught:
        start(prepared, folder, cut)
    assert caught.value.exit_code == 3
    result, _ = judge_archive(folder)
    assert not [v for v in result.verdicts if v.verdict.value == "fail"]
    wire.whole = True
    footer = gone_on_with(folder)
    assert footer["scripts"] == {"planned": len(plan), "played": len(plan), "troubled": 0}


def test_a_run_that_ended_with_trouble_plays_just_that_again(wired: tuple[Wire, Path], tmp_path: Path) -> None:
    """Claim: a few broken scripts need no new run. Stimulus: the wire cut for the last scripts. Expected: the run ends
    with trouble and keeps its memory; resumed, only those are played again."""
    wire, run_file = wired
    folder = tmp_path / "run"
    prepared = prepare(load(run_file, Published()), NARROW)
    (plan,) = prepared.plans
    preflight(prepared).raise_for_failures()

    def cut(state: object) -> None:
        if state.total - state.done == 8:  # type: ignore[attr-defined]
            wire.cut()

    result = start(prepared, folder, cut)
    assert 0 < result.footer["scripts"]["troubled"] <= 8
    assert place(folder).exists()
    wire.whole = True
    footer = gone_on_with(folder)
    assert footer["scripts"] == {"planned": len(plan), "played": len(plan), "troubled": 0}
    assert not place(folder).exists()


def _other_document(folder: Path) -> None:
    path = folder / "spec" / "common" / "1.0" / "requirements.yaml"
    path.write_text(path.read_text("utf-8") + "\n# altered\n", "utf-8")


def _other_edition(folder: Path) -> None:
    edition = next(folder.rglob("edition.jsonl.zst"))
    edition.write_bytes(edition.read_bytes()[:-20])


def _other_suite(folder: Path) -> None:
    path = folder / RUN_FILE
    header = json.loads(path.read_text("utf-8").splitlines()[0])
    path.write_text(json.dumps({**header, "suite": "0.0.1"}) + "\n", "utf-8")


def _no_memory(folder: Path) -> None:
    place(folder).unlink()


def _memory_of_another(folder: Path) -> None:
    path = place(folder)
    path.write_text(path.read_text("utf-8").replace('"run_id":"', '"run_id":"x'), "utf-8")


def _no_run(folder: Path) -> None:
    (folder / RUN_FILE).unlink()


@pytest.fixture(scope="module")
def unfinished_run(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was broken off."""
    folder = tmp_path_factory.mktemp("unfinished") / "run"
    broken_off(town, folder)
    return folder


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_other_document, "document"),
        (_other_edition, "edition"),
        (_other_suite, "version 0.0.1 of the suite"),
        (_no_memory, "cannot be resumed without this file"),
        (_memory_of_another, "belongs to the run"),
        (_no_run, "no run was begun here"),
    ],
)
def test_what_has_changed_since_is_refused(
    unfinished_run: Path, tmp_path: Path, change: Callable[[Path], None], told: str
) -> None:
    """Claim: a run goes on as it began or not at all. Stimulus: one thing changed since. Expected: refused in words
    that name it, with a next step."""
    folder = tmp_path / "run"
    shutil.copytree(unfinished_run, folder)
    shutil.copy(place(unfinished_run), place(folder))
    change(folder)
    with pytest.raises(SuiteError) as caught:
        resumption(folder)
    assert told in str(caught.value)
    assert caught.value.next_step


def test_another_run_file_is_refused(unfinished_run: Path, town: Path, tmp_path: Path) -> None:
    """Claim: the run file is the one that the run began with. Stimulus: one with another product; the same one in
    another place. Expected: the first refused with the part that differs, the second taken."""
    other = town.with_name("other.toml")
    other.write_text(town.read_text("utf-8").replace('vendor = "conformance"', 'vendor = "other"'), "utf-8")
    assert "these parts differ: product" in str(refused(unfinished_run, other))
    moved = town.with_name("moved.toml")
    shutil.copy(town, moved)
    prepared = resumption(unfinished_run, moved)
    assert prepared.memory is not None
    prepared.memory.close()


def test_a_run_is_played_by_one_process_at_a_time(unfinished_run: Path) -> None:
    """Claim: two processes never write one archive. Stimulus: resumed while its lock is held. Expected: refused."""
    held = Memory.of(unfinished_run, read_run(unfinished_run / RUN_FILE)[0]["run_id"])
    assert "another process" in str(refused(unfinished_run))
    held.close()


def test_nothing_else_can_be_chosen_with_resume(call: Call) -> None:
    """Claim: a resumed run cannot be narrowed or reseeded. Stimulus: --resume with --seed. Expected: exit code 2, the
    option named."""
    code, _, err = call("run", "--resume", "runs/x", "--seed", "y")
    assert code == 2
    assert "--seed" in err


def test_the_clock_is_set_right_before_a_run_goes_on(town: Path, tmp_path: Path) -> None:
    """Claim: a script that was cut off while it had set the system's clock changes nothing after it. Stimulus: the
    clock set to another year; then resumed. Expected: preflight finds the clock right, the run ends untroubled."""
    folder = tmp_path / "run"
    prepared = broken_off(town, folder)
    assert prepared.stage.clock_reset is not None
    ahead = prepared.stage.clock.ahead

    async def move() -> None:
        prepared.stage.clock.ahead = dt.timedelta(days=400)
        async with prepared.door.open():
            await prepared.stage.restore_clock(prepared.door)

    asyncio.run(move())
    prepared.stage.clock.ahead = ahead
    again = resumption(folder)
    set_clock_right(again)
    assert not preflight(again).failures
    assert start(again, folder).footer["scripts"]["troubled"] == 0
