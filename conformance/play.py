"""Scripts become traces: values are bound, requests are sent, what happened is kept. No verdict is made here.

A request whose token had ended is sent once more with a new one. A script that met trouble, several of whose requests
at once met the end of their token, or that could not be prepared because a value it drew is taken, is played again from
its start with fresh values, within a bound.

Scripts are played side by side, each from its first step to its last; those marked exclusive (they set the system's
clock, say) are played one at a time when all others are done.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import msgspec

from conformance.bindings import PlayBindings
from conformance.condition import holds
from conformance.errors import PreflightError
from conformance.expression import Context, Unresolved, as_text
from conformance.model import Exchange, Request, Response, Script, Step, Trace
from conformance.numbering import MOST_ATTEMPTS, PERSONAL
from conformance.seen import Seen
from conformance.stage import Stage
from conformance.sut.client import USER_AGENT, Answer, Door, Sendable
from conformance.sut.not_ready import NotIssuedError

ATTEMPTS = 3
_MOST_IN_VAIN = 5
"""How often a role's token is renewed without that being of any use, before refusals are taken as they are."""
_MOST_TAKEN = 20
"""How many scripts of a run are played again because a value is taken: a system has few of those that are drawn."""
_CONFLICT = 409
UPPER_TESTER = "upper-tester"
Numbered = tuple[int, Script]
"""A script with its place in the edition."""

_encode = msgspec.json.Encoder().encode


class Recorder(Protocol):
    """Takes credentials and personal numbers out of what is kept."""

    def trace(self, trace: Trace) -> Trace: ...
    def learn(self, number: str) -> None: ...


@dataclass(frozen=True)
class Attempt:
    """A script as it was played once: what happened, and what speaks for playing it again.

    `refused` are the tokens that the system took for expired, with their roles. `taken`: a preparing step was refused
    because of what the system holds already, so that nothing was found out about what the script is for.
    """

    trace: Trace
    refused: Mapping[str, str] = field(default_factory=dict)
    taken: bool = False


@dataclass(frozen=True)
class _Stop:
    """Why a script goes no further; `taken` as in `Attempt`, `not_issued` as in `Trace`."""

    reason: str
    taken: bool = False
    not_issued: bool = False


class Player:
    """Plays scripts through one door onto one stage."""

    def __init__(self, door: Door, stage: Stage, recorder: Recorder) -> None:
        self.door = door
        self.stage = stage
        self.recorder = recorder
        self._served: set[str] = set()
        self._in_vain: Counter[str] = Counter()
        self._taken = 0

    async def play(self, shared: Iterator[Numbered], exclusive: Iterator[Numbered]) -> AsyncIterator[Trace]:
        """Traces in the order in which they are finished. Scripts come with their places in the edition."""
        async for trace in self._side_by_side(shared):
            yield trace
        for ordinal, script in exclusive:
            yield await self.alone(ordinal, script)

    async def alone(self, ordinal: int, script: Script) -> Trace:
        """Play one script that may set the system's clock; put the clock back, whatever happened."""
        try:
            return await self.script(ordinal, script)
        finally:
            if script.upper_tester:
                with contextlib.suppress(PreflightError):  # no token just now: the next script tries again
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
        """Play one script. Where the network failed, midnight came, a token expired or a value is taken, begin again.

        Values are drawn afresh then: dates that were counted from yesterday mean something else today.
        """
        renewed: set[str] = set()
        earlier: tuple[Exchange, ...] = ()
        for number in range(MOST_ATTEMPTS):
            began = self.stage.clock.now()
            attempt = await self._attempt(ordinal, script, number)
            trace = attempt.trace
            if not await self._again(number, began, attempt):
                break
            renewed.update(attempt.refused.values())
            earlier += (*trace.earlier, *trace.exchanges)
        self._in_vain.update(renewed & set(attempt.refused.values()))
        return msgspec.structs.replace(trace, earlier=(*earlier, *trace.earlier)) if earlier else trace

    async def _again(self, number: int, began: dt.datetime, attempt: Attempt) -> bool:
        """Whether a script begins again after its attempt with that number; waits for what it takes.

        A token may end at any time, and more than once: only a script that meets that in every attempt is left so.
        """
        more = number + 1 < ATTEMPTS
        if self.stage.clock.turned(began):
            await self.stage.clock.settled()
            return more
        if any(exchange.trouble for exchange in attempt.trace.exchanges):
            await asyncio.sleep(0.05 * (number + 1))
            return more
        if attempt.refused and number + 1 < MOST_ATTEMPTS:
            return await self._renewed(attempt.refused)
        if attempt.taken and more and self._taken < _MOST_TAKEN:
            self._taken += 1
            return True
        return False

    def _note(self, step: Step, request: Sendable, response: Response, refused: dict[str, str] | None) -> None:
        """Note whether a token of ours served, or is refused after it had served: then it has ended."""
        if not _with_our_token(step):
            return
        if response.status != 401:
            self._served.add(_bearer(request))
        elif refused is not None and self._has_ended(step, request, response):
            refused[_bearer(request)] = step.role or ""

    def _has_ended(self, step: Step, request: Sendable, response: Response | None) -> bool:
        """Whether a token of ours is refused after it had served. One that never served is the system's to explain."""
        refused = response is not None and response.status == 401 and _with_our_token(step)
        return refused and _bearer(request) in self._served and self._in_vain[step.role or ""] < _MOST_IN_VAIN

    async def _lasting(
        self, script: Script, step: Step, sent: tuple[Sendable, Answer], context: Context, aside: list[Exchange]
    ) -> tuple[Sendable, Answer]:
        """Request and answer of a step; where its token has ended, those with a new one.

        A token may end at any time (common part, section 6), and what is refused for that is not carried out. One that
        serves again at once had not ended: then the refusal is the system's answer. What was sent besides is put aside.
        """
        request, answer = sent
        if not self._has_ended(step, request, answer.response):
            return sent
        again = await self.door.exchange(request)
        aside.append(_exchange(step, request, again))
        if again.response is None or again.response.status != 401:
            return sent
        role = step.role or ""
        try:
            known = await asyncio.to_thread(self.stage.tokens.renewed, role, _bearer(request))
            anew = self._request(script, step, context) if known else request
        except PreflightError:
            return sent
        found = await self.door.exchange(anew) if known else answer
        if found.response is not None and found.response.status == 401:
            self._in_vain[role] += 1
        if known:
            aside.append(_exchange(step, request, answer))
        return anew, found

    async def _renewed(self, refused: Mapping[str, str]) -> bool:
        """Whether there is a new token in place of one that was refused."""
        renewed = [await asyncio.to_thread(self.stage.tokens.renewed, role, token) for token, role in refused.items()]
        return any(renewed)

    async def _attempt(self, ordinal: int, script: Script, attempt: int) -> Attempt:
        """Play a script once."""
        stage = self.stage
        refused: dict[str, str] = {}
        bindings = PlayBindings(
            stage.seed,
            ordinal,
            stage.clock.now(),
            stage.config,
            stage.tokens,
            attempt=attempt,
            sitting=stage.sitting,
            numbering=stage.numbering,
        )
        outputs = {step.id: step.outputs for step in script.steps}
        context = Context(script.inputs, bindings, outputs, script.calls)
        kept: list[Exchange] = []
        aside: list[Exchange] = []
        stopped: _Stop | None = None
        for _, group in groupby(script.steps, key=lambda step: step.concurrent or step.id):
            steps = list(group)
            try:
                requests = [self._request(script, step, context) for step in steps]
            except Unresolved as missing:
                stopped = _Stop(f"step {steps[0].id} needs {missing}, which no earlier answer gave")
                break
            except PreflightError as error:
                why = f"step {steps[0].id} needs a token: {error.where}: {error.what}"
                stopped = _Stop(why, not_issued=isinstance(error, NotIssuedError))
                break
            except (ValueError, TypeError, ArithmeticError, RecursionError) as error:  # UnicodeError is a ValueError
                kind = type(error).__name__
                stopped = _Stop(f"step {steps[0].id} cannot be sent with what earlier answers gave ({kind})")
                break
            kept += await self._answered(script, steps, requests, context, refused, aside)
            if any(step.service == UPPER_TESTER for step in steps):
                stage.tokens.renew_all()
            stopped = _why_stop(script, steps, context)
            if stopped:
                break
        for name, value in bindings.used.items():
            if name.startswith(tuple(PERSONAL)):
                self.recorder.learn(value)
        trace = Trace(
            script.id,
            tuple(kept),
            stopped.reason if stopped else None,
            bindings.recorded(),
            tuple(aside),
            not_issued=stopped is not None and stopped.not_issued,
        )
        taken = stopped is not None and stopped.taken and bool(bindings.used)
        return Attempt(self.recorder.trace(trace), refused, taken)

    async def _answered(
        self, script: Script, steps: list[Step], requests: list[Sendable], context: Context, refused: dict[str, str],
        aside: list[Exchange],
    ) -> list[Exchange]:  # fmt: skip
        """The exchanges of a group of steps; a step that says so is repeated until its criteria hold."""
        # Where a script is about several tokens of one client, the end of one is what it looks for.
        alone = len(steps) == 1 and all(step.token is None for step in script.steps)
        for repeat in range(max(step.retry_limit for step in steps) + 1):
            if repeat:
                await asyncio.sleep(max(step.retry_seconds for step in steps))
            answers = await self._send(requests)
            if alone:
                sent = await self._lasting(script, steps[0], (requests[0], answers[0]), context, aside)
                requests, answers = [sent[0]], [sent[1]]
            found = [_exchange(*item) for item in zip(steps, requests, answers, strict=True)]
            for step, request, exchange in zip(steps, requests, found, strict=True):
                if exchange.response is not None:
                    self._note(step, request, exchange.response, None if alone else refused)
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
            path = path.replace("{" + name + "}", _segment(name, template, context))
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
            headers.append(("Authorization", f"Bearer {self.stage.tokens.token(step.role, step.token)}"))
        if body is not None and step.media_type and "content-type" not in there:
            headers.append(("Content-Type", step.media_type))
        if "accept" not in there:
            headers.append(("Accept", "*/*"))
        if "accept-encoding" not in there:
            # Without the field a system may choose any coding (RFC 9110, 12.5.3).
            headers.append(("Accept-Encoding", "identity"))
        headers.append(("User-Agent", USER_AGENT))
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
    """A content as it is written otherwise: `cut` so many bytes off its end, `append`, `prepend`, `replace` (base64).

    `reverse` writes the members of every object in reverse order. It reads JSON, so it comes before what spoils that.
    """
    for name, *arguments in edits:
        if name == "cut":
            data = data[: len(data) - arguments[0]]
            continue
        if name == "reverse":
            data = _encode(_reversed(msgspec.json.decode(data)))
            continue
        first, *rest = (base64.b64decode(argument) for argument in arguments)
        data = data.replace(first, rest[0]) if rest else data + first if name == "append" else first + data
    return data


def _reversed(value: Any) -> Any:
    """The value with the members of its objects in reverse order; arrays are as they were, as their order counts."""
    if isinstance(value, dict):
        return {name: _reversed(value[name]) for name in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


def _with_our_token(step: Step) -> bool:
    """Whether a step has the token of its role, however the scheme is written, and not one that its script is about."""
    usual = {"$join": ["bearer ", {"$token": step.role}]}
    return step.role is not None and step.role != "none" and step.authorization in (None, usual)


def _bearer(request: Sendable) -> str:
    return next((value[7:] for name, value in request.headers if name == "Authorization"), "")


def _exchange(step: Step, request: Sendable, answer: Answer) -> Exchange:
    sent = Request(request.method, request.url, request.headers, request.body or b"")
    return Exchange(step.id, sent, answer.response, answer.started, answer.elapsed, step.role, answer.trouble)


def _segment(name: str, template: Any, context: Context) -> str:
    """A path parameter as it stands in the URL: one segment, whatever is in it.

    Nothing, `.` and `..` would lead to another resource (RFC 3986, 3.3). A script may ask for that; an answer may not.
    """
    text = as_text(context.value(template))
    if text in {"", ".", ".."} and not isinstance(template, str):
        raise Unresolved(f"a {name} that can stand in a path, and not '{text}'")
    return quote(text, safe="")


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _header_text(text: str) -> str:
    """A header value that can be sent: what is not visible ASCII is percent-encoded, as a URL would have it."""
    return text if text.isascii() and text.isprintable() else quote(text, safe=" !#$%&'()*+,-./:;<=>?@[]^_`{|}~\"")


def _why_stop(script: Script, steps: list[Step], context: Context) -> _Stop | None:
    """Why there is no sense in going on: no answer, or a criterion of the workflow that does not hold."""
    names = {step.id for step in steps}
    for step in steps:
        if step.id not in context.messages:
            return _Stop(f"step {step.id} was not answered")
    for check in script.checks:
        if check.step not in names or check.rule != "criterion":
            continue
        message = context.messages[check.step]
        if not holds(check.args, context, message):
            judged = any(other.requirement is not None for other in script.checks if other.step in names)
            reason = f"step {check.step}: '{check.args['condition']}' does not hold (status {message.status})"
            return _Stop(reason, taken=message.status == _CONFLICT and not judged)
    return None


def traceparent(script: str) -> str:
    """The W3C Trace Context header of the requests of a script: its trace id is made from the script's id."""
    return f"00-{hashlib.sha256(script.encode()).hexdigest()[:32]}-{'1'.zfill(16)}-00"


def run_seed(text: str) -> bytes:
    """The key of all values of a run, from the seed as a person writes it."""
    return hashlib.sha256(text.encode()).digest()
