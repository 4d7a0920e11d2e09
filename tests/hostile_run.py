"""Whole runs against hostile servers: a few scripts are played and judged, and what must always hold is looked at."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hostile import Asked, Behaviour, Hostile, Wire, answer, serving
from test_cli_errors import RUN_FILE

from conformance import views
from conformance.archive import EVIDENCE, read_evidence
from conformance.archive import RUN_FILE as RUN_LINES
from conformance.cli.runs import FORMATS, exit_code
from conformance.judge import MISTAKE_OF_OURS
from conformance.launch import Prepared, Published, prepare, start
from conformance.plan import Filters
from conformance.run_lines import Bench, RunResult, replay_command, verdicts_of
from conformance.sut.run_file import load

PROBLEM = "application/problem+json"
SECRET = {"CLI_TEST_SECRET": "secret-of-the-clerk"}
OPERATIONS = ("registerMoveIn", "getResident", "searchResidents")


@dataclass
class Ended:
    """A run that has ended: its result, what the system received without requests for tokens, and all texts."""

    result: RunResult
    server: Hostile
    tokens: int

    @property
    def code(self) -> int:
        return exit_code(self.result)

    def having(self, verdict: str) -> set[str]:
        return {v.requirement for v in self.result.verdicts if v.verdict.value == verdict}

    @property
    def troubles(self) -> set[str]:
        traces = [trace for _, trace in read_evidence(self.result.folder / EVIDENCE)]
        return {exchange.trouble for trace in traces for exchange in trace.exchanges if exchange.trouble}

    def show(self) -> None:
        """Write all views; the one in XML must be XML."""
        views.write(self.result.folder / RUN_LINES, self.result.folder, FORMATS)
        ET.fromstring(self.text("junit.xml"))  # noqa: S314  our own

    def text(self, name: str) -> str:
        return (self.result.folder / name).read_text("utf-8")


Run = Callable[..., Ended]


def with_tokens(behave: Behaviour, *, life: float = 3600) -> Behaviour:
    """A system with a token endpoint: each token is another one."""
    count = iter(range(1_000_000))

    async def both(asked: Asked, wire: Wire) -> None:
        if asked.target == "/token":
            token = {"access_token": f"access-token-{next(count):04}", "token_type": "Bearer", "expires_in": life}
            await wire.send(answer(body=json.dumps(token).encode()))
        else:
            await behave(asked, wire)

    return both


def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Plays a few scripts of the resident registry, judges, writes all views, and looks at what must always hold."""
    monkeypatch.setenv(*next(iter(SECRET.items())))

    def played(
        behave: Behaviour,
        *,
        requests: int = 12,
        operations: tuple[str, ...] = OPERATIONS,
        life: float = 3600,
        **limits: Any,
    ) -> Ended:
        with serving(with_tokens(behave, life=life)) as server:
            given = {"timeout_seconds": 2.0, "max_body_bytes": 65536, "wait_seconds": 0.1, **limits}
            told = "".join(f"{name} = {value}\n" for name, value in given.items())
            text = RUN_FILE.replace("http://127.0.0.1:9", server.url).partition("[limits]\n")[0] + "[limits]\n" + told
            path = tmp_path / "conformance.toml"
            path.write_text(text, "utf-8")
            prepared = prepare(load(path, Published()), Filters(operations=operations, max_requests=requests), "seed")
            result = start(prepared, tmp_path / "run")
        tokens = sum(one.target == "/token" for one in server.received)
        server.received = [one for one in server.received if one.target != "/token"]
        return checked(prepared, Ended(result, server, tokens))

    return played


def checked(prepared: Prepared, ended: Ended) -> Ended:
    """What holds after every run, whatever the system did: all was played, and the evidence gives the same verdicts."""
    result = ended.result
    assert result.footer["scripts"]["played"] == result.footer["scripts"]["planned"] > 0
    assert MISTAKE_OF_OURS not in ended.text(RUN_LINES)
    bench = Bench.of(prepared.plans[0], replay_command(prepared.header))
    for _, trace in read_evidence(result.folder / EVIDENCE):
        bench.take(trace)
    assert tuple(verdicts_of(bench, prepared.filters)) == result.verdicts
    return ended


def always(raw: bytes, *, close: bool = False) -> Behaviour:
    """The same to every request."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(raw)
        if close:
            wire.close()

    return behave


RESIDENT = {"resident_ids": ["r-1"], "household_id": "h-1", "id": "n-1", "recorded_at": "2026-04-01T00:00:00+09:00"}
