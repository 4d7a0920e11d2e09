"""What a run must remember so that it can be resumed, and how it stops before its end.

The key of the mapping of personal numbers must be the same after resuming, and nobody who receives the archive may have
it. So it stands in a file *beside* the archive (`RUN-ID.resume`), which only its owner can read, and which is removed
when the run has come to its end. The same file is the lock that keeps two processes from playing one run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from conformance.errors import SuiteError, UsageError

SUFFIX: Final = ".resume"
FORMAT: Final = "conformance-resume/1"


class StoppedError(SuiteError):
    """A run stopped before its end, in order: all that was played is kept. `ours`: the cause is on this machine."""

    def __init__(self, what: str, *, next_step: str, ours: bool) -> None:
        super().__init__(what, next_step=next_step)
        self.ours = ours

    @property
    def exit_code(self) -> int:
        """2 where it is for this machine to be put right, 3 where the system could not be judged to the end."""
        return 2 if self.ours else 3


class Remembered(msgspec.Struct, frozen=True):
    """The content of the file. `ahead`: seconds by which the system's clock goes before ours."""

    run_id: str
    key: bytes
    ahead: float = 0.0
    run_file: str = ""
    format: str = FORMAT

    def __repr__(self) -> str:
        return f"Remembered({self.run_id})"


class Memory:
    """The file beside a run's folder, held locked for as long as the run goes on in this process."""

    def __init__(self, path: Path, content: Remembered, descriptor: int | None) -> None:
        self.path = path
        self.content = content
        self._descriptor = descriptor

    @classmethod
    def begin(cls, folder: Path, content: Remembered) -> Memory:
        """Write it for a new run. Where no file may be made there, the run cannot be resumed (`lasting`)."""
        path = place(folder)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        except PermissionError:
            return cls(path, content, None)
        os.fchmod(descriptor, 0o600)
        _lock(descriptor, folder)
        data = memoryview(msgspec.json.encode(content))
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
        return cls(path, content, descriptor)

    @classmethod
    def of(cls, folder: Path, run_id: str) -> Memory:
        """Read it to resume a run. Raises `UsageError` where it is not there, or the run goes on elsewhere."""
        path = place(folder)
        try:
            descriptor = os.open(path, os.O_RDWR)
        except OSError as error:
            raise _lost(path, error.strerror or "it cannot be read") from None
        _lock(descriptor, folder)
        try:
            content = msgspec.json.decode(os.read(descriptor, 65536), type=Remembered)
        except (msgspec.DecodeError, UnicodeDecodeError):
            os.close(descriptor)
            raise _lost(path, "it is not whole") from None
        if content.run_id != run_id or content.format != FORMAT:
            os.close(descriptor)
            raise _lost(path, f"it belongs to the run {content.run_id}")
        return cls(path, content, descriptor)

    @property
    def lasting(self) -> bool:
        """Whether the run can be resumed with it."""
        return self._descriptor is not None and self.path.exists()

    def forget(self) -> None:
        """Remove it: the run has come to its end."""
        if self._descriptor is not None:
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def place(folder: Path) -> Path:
    """Where the memory of a run is: beside its folder, so that it does not travel with the archive."""
    whole = folder.resolve()
    return whole.with_name(whole.name + SUFFIX)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise UsageError(
            "this run goes on in another process", where=str(folder), next_step="wait for its end, or stop it first"
        ) from None


def _lost(path: Path, why: str) -> UsageError:
    return UsageError(
        f"the run cannot be resumed without this file, which holds how personal numbers are replaced: {why}",
        where=str(path),
        next_step="begin the run anew; 'conformance judge' judges what was played",
    )


@contextlib.contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """SIGTERM ends this process as the interrupt key does, in order."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells have it for what they start in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
