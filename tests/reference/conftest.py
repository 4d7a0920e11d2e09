"""One server for the tests that leave clock and settings alone, and a maker of servers for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.reference.application import Reference, Settings
from conformance.reference.hosted import services
from conformance.reference.server import RunningServer

from .api import Api
from .contract import Contract

ROOT = Path(__file__).resolve().parents[2]

Make = Callable[..., Api]


@pytest.fixture(scope="session")
def contracts() -> dict[str, Contract]:
    """The published documents of all that is hosted, the resident registry first."""
    hosted = [service.name for service in services() if service.name != "resident-registry"]
    names = ("resident-registry", "upper-tester", *hosted)
    return {name: Contract(ROOT / "specs" / name / "1.0" / "openapi.yaml") for name in names}


def reference(**settings: Any) -> Reference:
    """A reference on the published documents and fixtures."""
    return Reference(Settings(ROOT / "specs", ROOT / "fixtures", **settings))


@pytest.fixture(scope="session")
def api(contracts: dict[str, Contract]) -> Iterator[Api]:
    """A client of one server that all tests share; they make the residents that they need."""
    with RunningServer(reference()) as server:
        yield Api(server, contracts)


@pytest.fixture
def make(contracts: dict[str, Contract]) -> Iterator[Make]:
    """Makes a server of its own: keyword arguments are settings, `plant` is applied to the reference."""
    servers: list[RunningServer] = []

    def start(plant: Callable[[Reference], None] | None = None, tls: Any = None, **settings: Any) -> Api:
        made = reference(**settings)
        if plant is not None:
            plant(made)
        servers.append(RunningServer(made, tls=tls))
        return Api(servers[-1], contracts)

    yield start
    for server in servers:
        server.end()


@pytest.fixture
def own(make: Make) -> Api:
    """A client of a server that this test has for itself."""
    return make(people=20)
