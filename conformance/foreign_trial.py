"""Finding out how the operations of an unknown system can be called, before anything is judged.

Candidates are played until one succeeds: those that make things first, then what needs their ids. Nothing of this is
evidence. Where it shows that the URL or the token is wrong, that is a matter of configuration, never a verdict.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from urllib.parse import urljoin, urlsplit

from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.compile.calls import ValidCall
from conformance.compile.foreign_calls import Calls
from conformance.compile.foreign_content import without_credentials
from conformance.errors import PreflightError
from conformance.model import Response, Script, Step, Trace
from conformance.play import Player
from conformance.seen import media_type
from conformance.stage import Stage
from conformance.sut.client import Door

_TRIES = 6
_ENOUGH = 2
_MANY = 60
_LOOKS = 5
_SILENT = 4
_HOPELESS = frozenset({401, 403, 405, 410, 501})
"""Statuses that another content will not change."""
_GATEWAY = frozenset({502, 503, 504})
_CALLED = ("POST", "GET", "PUT", "PATCH", "DELETE")


class _NotKept:
    """A recorder that keeps nothing: what is tried is no evidence."""

    def trace(self, trace: Trace) -> Trace:
        return trace

    def learn(self, number: str) -> None:
        return None


@dataclass
class Tried:
    """What was found: the calls of each operation, those that succeed first; which succeeded; the last answers."""

    calls: dict[str, tuple[ValidCall, ...]] = field(default_factory=dict)
    succeeded: set[str] = field(default_factory=set)
    answers: dict[str, Response] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    requests: int = 0


class Trial:
    """Tries the operations of one document on one system."""

    def __init__(self, service: Service, calls: Calls, stage: Stage, door: Door, *, token: bool, most: int) -> None:
        self.service = service
        self.calls = calls
        self.token = token
        self.most = most
        self.result = Tried()
        self._door = door
        self._player = Player(door, stage, _NotKept())
        self._working: dict[str, ValidCall] = {}
        self._played = 0

    async def run(self) -> Tried:
        """Try everything. Raises `PreflightError` where the answers show that this is not the system, or no way in."""
        wanted = [o for o in self.service.operations.values() if o.method in _CALLED]
        async with self._door.open():
            await self._look(wanted)
            for _, group in groupby(sorted(wanted, key=_order), key=_order):
                working = dict(self._working)
                await asyncio.gather(*(self._try(operation, working) for operation in group))
        self._complete(wanted)
        check_answers(self.service, self.result, token=self.token)
        return self.result

    async def _look(self, wanted: list[Operation]) -> None:
        """Whether anything answers at all; secured operations are asked too, without credentials."""
        for operation in [o for o in wanted if o.method == "GET" and "{" not in o.path][:_LOOKS] or wanted[:1]:
            call = self.calls.fallback(operation)
            if call is not None:
                await self._play(operation, (without_credentials(call.call),))
            if len(self.result.troubles) >= _SILENT and not self.result.answers:
                break
        if self.result.troubles and not self.result.answers:
            raise PreflightError(
                f"the endpoint does not answer as an HTTP server ({self.result.troubles[-1]})",
                where="--url",
                next_step="check that the system is running, and that scheme, host and port of --url are right",
            )

    async def _try(self, operation: Operation, working: Mapping[str, ValidCall]) -> None:
        if operation.secured and not self.token:
            return
        found: list[ValidCall] = []
        enough = _ENOUGH if len(self.service.operations) <= _MANY else 1
        for call in self.calls.candidates(operation, working)[:_TRIES]:
            if len(found) >= enough or self.result.requests + 2 * len(call.preamble) + 2 > self.most:
                break
            steps = (*call.preamble, call.call)
            twice = self.calls.makes(operation)
            if await self._play(operation, steps) and (not twice or await self._play(operation, steps)):
                found.append(call)
            elif self._is_hopeless(operation):
                break
        if found:
            self.result.calls[operation.id] = tuple(found)
            self.result.succeeded.add(operation.id)
            self._working[operation.id] = found[0]

    def _is_hopeless(self, operation: Operation) -> bool:
        """Whether the last answer shows that no other content will do."""
        answer = self.result.answers.get(operation.id)
        if answer is None:
            return False
        return answer.status in _HOPELESS or (answer.status == 404 and "{" not in operation.path)

    async def _play(self, operation: Operation, steps: tuple[Step, ...]) -> bool:
        """Whether a call succeeds."""
        self._played += 1
        self.result.requests += len(steps)
        trace = await self._player.script(
            1_000_000 + self._played, Script("trial", self.service.name, "trial", operation.id, steps)
        )
        self.result.troubles += [e.trouble for e in trace.exchanges if e.trouble]
        last = trace.exchanges[-1] if trace.exchanges else None
        if trace.stopped or last is None or last.response is None or len(trace.exchanges) < len(steps):
            return False
        self.result.answers[operation.id] = last.response
        return 200 <= last.response.status < 300

    def _complete(self, wanted: Iterable[Operation]) -> None:
        """Give operations without success a call that needs nothing before it."""
        for operation in wanted:
            if operation.id not in self.result.calls:
                call = self.calls.fallback(operation)
                if call is not None:
                    self.result.calls[operation.id] = (call,)


def _order(operation: Operation) -> tuple[int, int]:
    """First what needs the fewest ids; of these first what makes things, last what deletes them."""
    return operation.path.count("{"), {"POST": 0, "DELETE": 2}.get(operation.method, 1)


def check_answers(service: Service, tried: Tried, *, token: bool) -> None:
    """Raise `PreflightError` where what came back is plainly not the system that the document is about."""
    answers = tried.answers
    statuses = {name: response.status for name, response in answers.items()}
    plain = [statuses[o.id] for o in service.operations.values() if "{" not in o.path and o.id in statuses]
    if not statuses or (tried.succeeded and not _only_pages(service, tried)):
        return
    if plain and all(status in {404, 405} for status in plain):
        raise _wrong(
            f"none of the document's operations is there: each of {len(plain)} was answered 404 or 405",
            "check the path of --url: it takes the place of the document's 'servers'",
        )
    if all(status in _GATEWAY for status in statuses.values()):
        raise _wrong("a gateway answers in place of the system (502, 503 or 504)", "check that the system is running")
    if all(300 <= status < 400 for status in statuses.values()):
        elsewhere = next(iter(answers.values())).header("Location") or "somewhere else"
        raise _wrong(
            f"every answer is a redirect ({_host(elsewhere)}), and none is followed",
            "give --url as the place that it leads to, if that is the system",
        )
    secured = [s for name, s in statuses.items() if service.operations[name].secured]
    if token and secured and all(status == 401 for status in secured):
        raise PreflightError(
            f"every secured operation refuses the token (401, {len(secured)} tried)",
            where="--token-env",
            next_step="check that the variable holds a token that is still valid, and that it is for this system",
        )
    if _only_pages(service, tried):
        raise _wrong(
            "every success is a web page (HTML), which the document does not declare",
            "check --url: a website or a login page answers in place of the system",
        )


def _only_pages(service: Service, tried: Tried) -> bool:
    """Whether everything that looked like a success is HTML, where the document has none."""
    found = [r for name, r in tried.answers.items() if 200 <= r.status < 300 and not _declares_page(service, name)]
    return len(found) > 1 and all(media_type(r.header("Content-Type")) == "text/html" for r in found)


def _declares_page(service: Service, name: str) -> bool:
    kinds = [media_type(k) for a in service.operations[name].answers.values() for k in a.media]
    return not kinds or any(kind in {"text/html", "*/*", "text/*"} for kind in kinds)


def _host(location: str) -> str:
    parts = urlsplit(urljoin("https://the-same-host/", location))
    return f"to {parts.hostname}"[:120]


def _wrong(what: str, next_step: str) -> PreflightError:
    return PreflightError(what, where="--url", next_step=next_step)
