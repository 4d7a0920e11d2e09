"""Observations of many traces become one verdict per requirement, whatever the order in which they come."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from conformance.model import (
    Example,
    Exchange,
    Finding,
    Observation,
    Outcome,
    Requirement,
    Script,
    Text,
    Trace,
    Verdict,
    VerdictKind,
)

EXAMPLES = 3
_SHOWN = 8000


@dataclass
class _Count:
    judged: int = 0
    failed: int = 0
    inconclusive: int = 0
    operations: dict[str, list[int]] = field(default_factory=dict)
    scripts: set[str] = field(default_factory=set)
    kept: list[tuple[tuple[int, int, str], Example]] = field(default_factory=list)


class Tally:
    """Counts what the judge observes. Memory is bounded: the smallest examples are kept, nothing else of a trace."""

    def __init__(self, replay: Callable[[str], str]) -> None:
        self._counts: dict[str, _Count] = {}
        self._figures = {"judged": 0, "fail": 0}
        self._replay = replay

    def add(self, script: Script, trace: Trace, observations: Iterable[Observation]) -> None:
        """Take what was observed on one trace."""
        subject = script.steps[-1].operation
        for item in observations:
            count = self._counts.get(item.requirement)
            if count is None:
                count = self._counts[item.requirement] = _Count()
            if item.outcome is Outcome.INCONCLUSIVE:
                count.inconclusive += 1
            else:
                self._figures["judged"] += not count.judged
                count.judged += 1
            failed = item.outcome is Outcome.FAIL
            self._figures["fail"] += failed and not count.failed
            count.failed += failed
            operation = (item.finding.operation if item.finding else None) or subject
            if operation and item.outcome is not Outcome.INCONCLUSIVE:
                pair = count.operations.setdefault(operation, [0, 0])
                pair[0] += 1
                pair[1] += failed
            if item.finding is not None:
                if failed:
                    count.scripts.add(script.id)
                self._keep(count, script, trace, item.finding, failed)

    def _keep(self, count: _Count, script: Script, trace: Trace, finding: Finding, failed: bool) -> None:
        place = next((i for i, e in enumerate(trace.exchanges) if e.step == finding.step), len(trace.exchanges) - 1)
        size = sum(len(e.request.body) + len(e.request.url) for e in trace.exchanges[: place + 1])
        rank = (0 if failed else 1, (place + 1) * 10_000 + min(size, 9_999), script.id)
        if len(count.kept) >= EXAMPLES and rank >= count.kept[-1][0]:
            return
        count.kept.append((rank, example(finding, trace, place, self._replay(script.id))))
        count.kept.sort(key=lambda item: item[0])
        del count.kept[EXAMPLES:]

    def failing(self) -> frozenset[str]:
        """Requirements that failed so far."""
        return frozenset(name for name, count in self._counts.items() if count.failed)

    def findings(self, requirement: str) -> tuple[Finding, ...]:
        """The findings that are kept of a requirement that failed, the smallest example first."""
        count = self._counts.get(requirement, _Count())
        return tuple(kept.finding for rank, kept in count.kept if rank[0] == 0)

    def figures(self) -> Mapping[str, int]:
        """Number of requirements by the verdict they have so far."""
        failed = self._figures["fail"]
        return {"fail": failed, "pass": self._figures["judged"] - failed}

    def __contains__(self, requirement: object) -> bool:
        """Whether anything was observed of a requirement."""
        return requirement in self._counts

    def verdict(self, requirement: Requirement, service: str, open_reason: Text) -> Verdict:
        """The verdict of a requirement that applies; `open_reason` is said where no trace was judged."""
        count = self._counts.get(requirement.id, _Count())
        reason = None
        if count.failed:
            kind = VerdictKind.FAIL
        elif count.inconclusive:
            kind, reason = VerdictKind.INCONCLUSIVE, _partly_open(count)
        elif count.judged:
            kind = VerdictKind.PASS
        else:
            kind, reason = VerdictKind.INCONCLUSIVE, open_reason
        examples = tuple(kept for rank, kept in count.kept if rank[0] == 0 or not count.failed)
        return Verdict(
            requirement=requirement.id,
            service=service,
            verdict=kind,
            level=requirement.level,
            judged=count.judged,
            failed=count.failed,
            inconclusive=count.inconclusive,
            reason=reason,
            examples=examples,
            operations={name: (pair[0], pair[1]) for name, pair in sorted(count.operations.items())},
            same_cause=self._same_cause(requirement.id, count),
        )

    def _same_cause(self, requirement: str, count: _Count) -> tuple[str, ...]:
        """Other requirements that failed in a script in which this one failed."""
        if not count.scripts:
            return ()
        return tuple(
            sorted(
                name
                for name, other in self._counts.items()
                if name != requirement and not count.scripts.isdisjoint(other.scripts)
            )
        )


def _partly_open(count: _Count) -> Text:
    first = count.kept[0][1].finding.message if count.kept else Text("", "")
    total = count.judged + count.inconclusive
    return Text(
        ja=f"{total}件中{count.inconclusive}件を判定できませんでした。例: {first.ja}",
        en=f"{count.inconclusive} of {total} could not be judged. For example: {first.en}",
    )


def example(finding: Finding, trace: Trace, place: int, replay: str) -> Example:
    """A finding with its exchange as text, a curl command, and what was done before it."""
    if not trace.exchanges:
        return Example(finding, "", "", "", replay)
    exchange = trace.exchanges[max(place, 0)]
    before = tuple(
        f"{e.request.method} {e.request.url} -> {e.response.status if e.response else e.trouble}"
        for e in trace.exchanges[: max(place, 0)]
    )
    return Example(finding, request_text(exchange), response_text(exchange), curl(exchange), replay, before)


def _body_text(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return f"({len(body)} bytes that are not UTF-8: {body[:200]!r})"
    if len(text) <= _SHOWN:
        with contextlib.suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\n… ({len(text)} characters)"


def request_text(exchange: Exchange) -> str:
    """The request as a person reads it."""
    request = exchange.request
    lines = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers)]
    return "\n".join([*lines, "", _body_text(request.body)] if request.body else lines)


def response_text(exchange: Exchange) -> str:
    """The response as a person reads it, or why there is none."""
    response = exchange.response
    if response is None:
        return f"({exchange.trouble or 'no answer'})"
    lines = [f"{response.http_version} {response.status}", *(f"{name}: {value}" for name, value in response.headers)]
    return "\n".join([*lines, "", _body_text(response.body)] if response.body else lines)


def curl(exchange: Exchange) -> str:
    """A curl command that sends the request again; the token is to be put in by the reader."""
    request = exchange.request
    parts = ["curl", "-sS", "-i", "-X", request.method]
    for name, value in request.headers:
        if name.lower() == "authorization":
            scheme = value.partition(" ")[0]
            parts += ["-H", f"Authorization: {scheme} $TOKEN"]
        elif name.lower() not in {"user-agent"}:
            parts += ["-H", f"{name}: {value}"]
    if request.body and len(request.body) <= _SHOWN:
        parts += ["--data-binary", request.body.decode("utf-8", "backslashreplace")]
    quoted = " ".join(shlex.quote(part) for part in [*parts, request.url])
    return quoted.replace("'Authorization: Bearer $TOKEN'", '"Authorization: Bearer $TOKEN"')
