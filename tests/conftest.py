"""What tests of the command line share."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import hypothesis
import pytest
from command_line import Call

from conformance.cli import main

# No test may depend on how busy a machine is; in CI, not on chance either: what is drawn anew is drawn by people.
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",
)
hypothesis.settings.load_profile("patient")
_LAST = ("registry", "test_views")
"""Many short tests: they fill what the long ones leave of the workers' time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast files first, then those that need whole runs, then the rest: no worker is left alone with a long one."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def place(item: pytest.Item) -> int:
        if item.path in slow:
            return 1
        return 2 if any(part.startswith(_LAST) for part in item.path.parts) else 0

    items.sort(key=place)


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs the command line in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)
    for name in ("CONFORMANCE_LANG", "CONFORMANCE_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, answers: Sequence[str] = ()) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{answer}\n" for answer in answers)))
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser; without one these tests are skipped, in CI (`CI=true`) they fail."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    if found:
        return found
    why = f"no browser: install one of {', '.join(names)}"
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)
