"""Scripts become traces: values are bound, requests are sent, what happened is kept. No verdict is made here.

Scripts are played side by side, each from its first step to its last; those marked exclusive (they set the system's
clock, say) are played one at a time when all others are done.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import msgspec

from conformance.bindings import PlayBindings
from conformance.condition import holds
from conformance.expression import JST, Context, Unresolved, as_text
from conformance.model import Exchange, Request, Script, Step, Trace
from conformance.seen import Seen
from conformance.sut.client import USER_AGENT, Answer, Door, Sendable

ATTEMPTS = 3
UPPER_TESTER = "upper-tester"
Numbered = tuple[int, Script]
"""A script with its place in the edition."""

_encode = msgspec.json.Encoder().encode


class Tokens(Protocol):
    """Bearer tokens by role, and how to get a new one when an old one has expired."""

    def token(self, role: str) -> str: ...
    def renew_all(self) -> None: ...


class Recorder(Protocol):
    """Takes credentials and personal numbers out of what is kept."""

    def trace(self, trace: Trace) -> Trace: ...
    def learn(self, number: str) -> None: ...


class SystemClock:
    """The clock of the system under test, as far as its Date header told. Japan time."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta(0)

    def now(self) -> dt.datetime:
        """The time there."""
        return dt.datetime.now(JST) + self.ahead


@dataclass(frozen=True)
class Stage:
    """What scripts are played on: base URLs by service, tokens, the clock and the settings of the run file."""

    base_urls: Mapping[str, str]
    tokens: Tokens
    seed: bytes
    config: Mapping[str, Any]
    clock: SystemClock = field(default_factory=SystemClock)
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    clock_reset: Sendable | None = None
    traced: bool = False
    """Whether each request tells its script in a `traceparent` header (W3C Trace Context)."""

    async def restore_clock(self, door: Door) -> None:
        """Set the system's clock back to the real time, so that the next script finds it as it should be."""
        self.tokens.renew_all()
        if self.clock_reset is None:
            return
        headers = (*self.clock_reset.headers, ("Authorization", f"Bearer {self.tokens.token('tester')}"))
        body = _encode({"now": self.clock.now().isoformat(timespec="seconds")})
        await door.exchange(self.clock_reset._replace(headers=headers, body=body))
        self.tokens.renew_all()


class Player:
    """Plays scripts through one door onto one stage."""

    def __init__(self, door: Door, stage: Stage, recorder: Recorder) -> None:
        self.door = door
        self.stage = stage
        self.recorder = recorder

    async def play(self, shared: Iterator[Numbered], exclusive: Iterator[Numbered]) -> AsyncIterator[Trace]:
        """Traces in the order in which they are finished. Scripts come with their places in the edition."""
        async for trace in self._side_by_side(shared):
            yield trace
        for ordinal, script in exclusive:
            yield await self._exclusive(ordinal, script)

    async def _exclusive(self, ordinal: int, script: Script) -> Trace:
        """Play a script that may set the system's clock; put the clock back, whatever happened."""
        try:
            return await self.script(ordinal, script)
        finally:
            if script.upper_tester:
                await self.stage.restore_clock(self.door)

    async def _side_by_side(self, numbered: Iterator[Numbered]) -> AsyncIterator[Trace]:
        done: asyncio.Queue[Trace | Exception | None] = asyncio.Queue(maxsize=64)

        async def work() -> None:
            try:
                for ordinal, script in numbered:
                    await done.put(await self.script(ordinal, script))
            except Exception as error:
                await done.put(error)
            await done.put(None)

        workers = [asyncio.create_task(work()) for _ in range(max(1, self.door.limits.connections))]
        ended = 0
        try:
            while ended < len(workers):
                result = await done.get()
                if isinstance(result, Exception):
                    raise result
                if result is None:
                    ended += 1
                else:
                    yield result
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def script(self, ordinal: int, script: Script) -> Trace:
        """Play one script. Where the network failed, it is played again from its start with fresh values."""
        trace = await self._attempt(ordinal, script, 0)
        for attempt in range(1, ATTEMPTS):
            if not any(exchange.trouble for exchange in trace.exchanges):
                break
            await asyncio.sleep(0.05 * attempt)
            trace = await self._attempt(ordinal, script, attempt)
        return trace

    async def _attempt(self, ordinal: int, script: Script, attempt: int) -> Trace:
        stage = self.stage
        bindings = PlayBindings(
            stage.seed, ordinal, stage.clock.now(), stage.config, stage.tokens.token, attempt=attempt
        )
        outputs = {step.id: step.outputs for step in script.steps}
        context = Context(script.inputs, bindings, outputs, script.calls)
        kept: list[Exchange] = []
        stopped = None
        for _, group in groupby(script.steps, key=lambda step: step.concurrent or step.id):
            steps = list(group)
            try:
                requests = [self._request(script, step, context) for step in steps]
            except Unresolved as missing:
                stopped = f"step {steps[0].id} needs {missing}, which no earlier answer gave"
                break
            kept += await self._answered(script, steps, requests, context)
            if any(step.service == UPPER_TESTER for step in steps):
                stage.tokens.renew_all()
            stopped = _why_stop(script, steps, context)
            if stopped:
                break
        for name, value in bindings.used.items():
            if name.startswith(("individual-number", "resident-code")):
                self.recorder.learn(value)
        return self.recorder.trace(Trace(script.id, tuple(kept), stopped, bindings.recorded()))

    async def _answered(
        self, script: Script, steps: list[Step], requests: list[Sendable], context: Context
    ) -> list[Exchange]:
        """The exchanges of a group of steps; a step that says so is repeated until its criteria hold."""
        for repeat in range(max(step.retry_limit for step in steps) + 1):
            if repeat:
                await asyncio.sleep(max(step.retry_seconds for step in steps))
            answers = await self._send(requests)
            found = [_exchange(*item) for item in zip(steps, requests, answers, strict=True)]
            for step, exchange in zip(steps, found, strict=True):
                if exchange.response is not None:
                    context.messages[step.id] = Seen(exchange, step)
            if _why_stop(script, steps, context) is None:
                break
        return found

    async def _send(self, requests: list[Sendable]) -> list[Answer]:
        if len(requests) == 1:
            return [await self.door.exchange(requests[0])]
        return list(await asyncio.gather(*(self.door.exchange(request) for request in requests)))

    def _request(self, script: Script, step: Step, context: Context) -> Sendable:
        path = step.path
        for name, template in step.path_params.items():
            path = path.replace("{" + name + "}", quote(as_text(context.value(template)), safe=""))
        query = [(name, as_text(item)) for name, template in step.query for item in _many(context.value(template))]
        url = self.stage.base_urls[step.service or script.service].rstrip("/") + path
        if query:
            url += "?" + urlencode(query, quote_via=quote)
        headers = [(name, _header_text(as_text(context.value(value)))) for name, value in step.headers]
        if self.stage.traced:
            headers.append(("traceparent", traceparent(script.id)))
        body = self._body(script, step, context)
        return Sendable(step.method, url, self._headers(step, headers, body, context), body)

    def _headers(
        self, step: Step, headers: list[tuple[str, str]], body: bytes | None, context: Context
    ) -> tuple[tuple[str, str], ...]:
        there = {name.lower() for name, _ in headers}
        if step.authorization is not None:
            value = context.value(step.authorization)
            if value:
                headers.append(("Authorization", as_text(value)))
        elif step.role and step.role != "none" and "authorization" not in there:
            headers.append(("Authorization", f"Bearer {self.stage.tokens.token(step.role)}"))
        if body is not None and step.media_type and "content-type" not in there:
            headers.append(("Content-Type", step.media_type))
        if "accept" not in there:
            headers.append(("Accept", "*/*"))
        headers.append(("User-Agent", USER_AGENT))
        headers.extend(item for item in self.stage.extra_headers.items() if item[0].lower() not in there)
        return tuple(headers)

    def _body(self, script: Script, step: Step, context: Context) -> bytes | None:
        if step.body is msgspec.UNSET:
            return None
        if isinstance(step.body, dict) and "$bytes" in step.body:
            return base64.b64decode(step.body["$bytes"])
        if isinstance(step.body, dict) and "$edited" in step.body:
            return edited(_encode(context.value(step.body["$edited"])), step.body["edits"])
        if isinstance(step.body, dict) and "$padded" in step.body:
            return _encode(context.value(step.body["of"])).ljust(step.body["$padded"])
        return _encode(context.value(step.body))


def edited(data: bytes, edits: list[list[Any]]) -> bytes:
    """A content as it is written wrongly: `cut` so many bytes off its end, `append`, `prepend`, `replace` (base64)."""
    for name, *arguments in edits:
        if name == "cut":
            data = data[: len(data) - arguments[0]]
            continue
        first, *rest = (base64.b64decode(argument) for argument in arguments)
        data = data.replace(first, rest[0]) if rest else data + first if name == "append" else first + data
    return data


def _exchange(step: Step, request: Sendable, answer: Answer) -> Exchange:
    sent = Request(request.method, request.url, request.headers, request.body or b"")
    return Exchange(step.id, sent, answer.response, answer.started, answer.elapsed, step.role, answer.trouble)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _header_text(text: str) -> str:
    """A header value that can be sent: what is not visible ASCII is percent-encoded, as a URL would have it."""
    return text if text.isascii() and text.isprintable() else quote(text, safe=" !#$%&'()*+,-./:;<=>?@[]^_`{|}~\"")


def _why_stop(script: Script, steps: list[Step], context: Context) -> str | None:
    """Why there is no sense in going on: no answer, or a criterion of the workflow that does not hold."""
    names = {step.id for step in steps}
    for step in steps:
        if step.id not in context.messages:
            return f"step {step.id} was not answered"
    for check in script.checks:
        if check.step not in names or check.rule != "criterion":
            continue
        if not holds(check.args, context, context.messages[check.step]):
            status = context.messages[check.step].status
            return f"step {check.step}: '{check.args['condition']}' does not hold (status {status})"
    return None


def traceparent(script: str) -> str:
    """The W3C Trace Context header of the requests of a script: its trace id is made from the script's id."""
    return f"00-{hashlib.sha256(script.encode()).hexdigest()[:32]}-{'1'.zfill(16)}-00"


def run_seed(text: str) -> bytes:
    """The key of all values of a run, from the seed as a person writes it."""
    return hashlib.sha256(text.encode()).digest()
