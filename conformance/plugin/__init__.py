"""The pytest plugin: `pytest -p conformance.plugin --run-file conformance.toml`, one item per applicable requirement.

The id of an item is `RUN-FILE::SERVICE::REQUIREMENT`; its marks are the requirement's level and area. The suite is run
once, when the first item is set up: for the whole session, and under pytest-xdist for all workers.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from conformance import __version__

if TYPE_CHECKING:
    from conformance.plugin.single_run import SingleRun

_LEVELS: Final = ("mandatory", "optional", "prohibited", "recommended")
_SHARED: Final = "conformance_shared_folder"
_BASE: Final = "conformance_base_folder"
RUN_KEY: Final[pytest.StashKey[SingleRun]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("conformance", "conformance of a municipal system with the published standard")
    group.addoption(
        "--run-file", metavar="FILE", help="test the system of this run file ('conformance init' writes one)"
    )
    group.addoption("--run-output", metavar="FOLDER", help="where the run is kept (default: runs/RUN-ID)")
    group.addoption("--run-seed", metavar="TEXT", help="seed of the values that are drawn (default: a new one)")


def pytest_configure(config: pytest.Config) -> None:
    """Add the run file to what is collected. Raises `pytest.UsageError` where there is none."""
    name = config.getoption("--run-file")
    if name is None:
        return
    from conformance.plugin.single_run import SingleRun

    path = (config.invocation_params.dir / name).absolute()
    if not path.is_file():
        raise pytest.UsageError(f"--run-file: {path} is not there\nNext: 'conformance init' writes a run file")
    given = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    if not any((config.invocation_params.dir / each.partition("::")[0]).absolute() == path for each in given):
        given = [*given, str(path)]
    config.args = given
    for level in _LEVELS:
        config.addinivalue_line("markers", f"{level}: requirements of this level")
    worker: dict[str, Any] = getattr(config, "workerinput", {})
    config.stash[RUN_KEY] = SingleRun(
        path,
        output=config.getoption("--run-output"),
        seed=config.getoption("--run-seed"),
        base=Path(worker.get(_BASE, config.invocation_params.dir)),
        shared=Path(worker[_SHARED]) if _SHARED in worker else None,
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give each xdist worker the folder in which they find the one run."""
    run = node.config.stash.get(RUN_KEY, None)
    if run is None:
        return
    if run.shared is None:
        run.shared = Path(tempfile.mkdtemp(prefix="conformance-"))
        node.config.add_cleanup(lambda: shutil.rmtree(run.shared, ignore_errors=True))
    node.workerinput[_SHARED] = str(run.shared)
    node.workerinput[_BASE] = str(run.base)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what is tested."""
    run = config.stash.get(RUN_KEY, None)
    return None if run is None else f"conformance: {__version__}, run file {run.run_file}"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the run file."""
    run = parent.config.stash.get(RUN_KEY, None)
    if run is None or file_path.absolute() != run.run_file:
        return None
    from conformance.plugin.items import RunFileNode

    node: pytest.Collector = RunFileNode.from_parent(parent, path=file_path)
    return node


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what the run came to, and where its scorecard is."""
    run = config.stash.get(RUN_KEY, None)
    lines = [] if run is None else run.summary()
    if lines:
        terminalreporter.section("conformance")
        for line in lines:
            terminalreporter.write_line(line)
