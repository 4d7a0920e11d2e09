"""Traces and a catalogue give verdicts. Pure: no network, no clock, no random source, no order of arrival.

A requirement of one trace: fail over inconclusive over pass; of a run: the same over all traces. A precondition that
does not hold leaves what comes after it open; the first failed criterion of a workflow ends it. Where no token is
issued such as a step needs, nothing is said of that step and what comes after it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.condition import holds
from conformance.errors import SuiteError
from conformance.expression import JST, MISSING, Context, Unresolved
from conformance.model import Check, Finding, Observation, Outcome, Script, Step, Text, Trace
from conformance.rules.claims import OPTIONAL_ARGUMENTS, judge_claim, unresolved
from conformance.rules.failure import Failure, Result, Unclear, shown
from conformance.rules.http import not_judged_because_of, unreadable
from conformance.rules.knowledge import Knowledge
from conformance.rules.registry import EXCHANGE_RULES, REACHES, TRACE_RULES, ExchangeRule
from conformance.seen import Seen, look

WORKFLOW = "workflow"
_Rule = tuple[ExchangeRule, str, str]
"""A rule, its name, and the requirement that it judges."""
_MOST_KEPT = 4096
"""Pairs of operation and status whose rules are kept at a time."""
MISTAKE_OF_OURS = "That is a mistake of the suite, not of the system."
_OF_CONTENT = frozenset({"sha256"})
"""Claims that read the body of their answer without an argument that names it."""
_STEP = re.compile(r"\$steps\.([^.}\s]+)\.")
_RANK = {Outcome.PASS: 0, Outcome.INCONCLUSIVE: 1, Outcome.FAIL: 2}


class NotBound(Unresolved):
    """A check asks for a value that was never bound when the script was played: our mistake, not the system's."""


class RecordedBindings:
    """The values that were bound when a trace was played, read back from it."""

    def __init__(self, bound: Mapping[str, Any]) -> None:
        self._bound = bound
        self.now = dt.datetime.fromisoformat(bound["now"]) if "now" in bound else dt.datetime.fromtimestamp(0, JST)
        self.today = dt.date.fromisoformat(bound["today"]) if "today" in bound else self.now.date()

    def fresh(self, kind: str, key: str, wrong: str | None) -> str:
        """A value that was fresh then. Raises `NotBound` where it was never used."""
        name = f"{kind} {key} {wrong or ''}"
        if name not in self._bound.get("fresh", {}):
            raise NotBound(f"$fresh {kind} {key}")
        return str(self._bound["fresh"][name])

    def config(self, name: str) -> Any:
        """What the run file said. Raises `NotBound` where it was never asked."""
        if name not in self._bound.get("config", {}):
            raise NotBound(f"$config {name}")
        return self._bound["config"][name]

    def lifetime(self, role: str) -> int:
        """How many seconds a token lasted. Raises `NotBound` where it was never asked."""
        if role not in self._bound.get("lifetimes", {}):
            raise NotBound(f"$lifetime {role}")
        return int(self._bound["lifetimes"][role])

    def token(self, role: str, *, old: bool = False) -> str:
        """Tokens are never in evidence."""
        raise NotBound(f"$token {role}")


class Judge:
    """Judges traces of one service for the requirements that apply."""

    def __init__(self, service: Service, applicable: frozenset[str]) -> None:
        self.service = service
        self.applicable = applicable
        self.knowledge = Knowledge(service)
        self._rules: dict[tuple[str | None, int], tuple[_Rule, ...]] = {}
        self._of_traces = {name: asked for name in TRACE_RULES if (asked := self._asked(name))}

    def _asked(self, rule: str) -> frozenset[str]:
        """The requirements that apply and that a rule over a trace judges."""
        return frozenset(
            requirement.id
            for requirement in self.service.requirements
            if requirement.id in self.applicable and any(way.rule == rule for way in requirement.verified_by)
        )

    def _rules_for(self, operation: Operation | None, status: int) -> tuple[_Rule, ...]:
        """The rules that may have something to say of an answer, for each requirement that applies."""
        key = (operation.id if operation else None, status)
        if key not in self._rules:
            if len(self._rules) >= _MOST_KEPT:
                self._rules.clear()
            self._rules[key] = tuple(self._fitting(operation, status))
        return self._rules[key]

    def _fitting(self, operation: Operation | None, status: int) -> Iterator[_Rule]:
        for requirement in self.service.requirements:
            if requirement.id not in self.applicable:
                continue
            for way in requirement.verified_by:
                if way.rule not in EXCHANGE_RULES or (
                    way.operations and (not operation or operation.id not in way.operations)
                ):
                    continue
                reach = REACHES[way.rule]
                if status in reach.statuses and (operation is not None or not reach.of_operations):
                    yield EXCHANGE_RULES[way.rule], way.rule, requirement.id

    def judge(self, script: Script, trace: Trace, seen: Sequence[Seen] | None = None) -> list[Observation]:
        """What one trace says, one observation per requirement, in order of requirement id.

        `seen` saves looking at the trace again where somebody else has looked at it (`seen.look`).
        """
        seen = look(script, trace) if seen is None else seen
        found: dict[str, Observation] = {}
        for item in seen:
            self._by_rules(script, item, found)
        for name, asked in self._of_traces.items():
            self._by_trace(script, name, asked, seen, found)
        self._by_checks(script, trace, {item.exchange.step: item for item in seen}, found)
        return [found[name] for name in sorted(found)]

    def _by_rules(self, script: Script, seen: Seen, found: dict[str, Observation]) -> None:
        if seen.response is None or seen.step is None:
            return
        if seen.step.service is not None and seen.step.service != self.service.name:
            return
        operation = self.knowledge.operation(seen.step.service, seen.step.operation)
        for rule, name, requirement in self._rules_for(operation, seen.response.status):
            try:
                result = rule(seen, operation, self.knowledge)
            except Exception as error:
                result = _gave_up(name, error)
            if result is True:
                if requirement not in found:
                    found[requirement] = Observation(requirement, script.id, Outcome.PASS)
            elif result is not None:
                _keep(found, _observed(requirement, script, name, result, seen))

    def _by_trace(
        self, script: Script, name: str, asked: frozenset[str], seen: Sequence[Seen], found: dict[str, Observation]
    ) -> None:
        try:
            for requirement, item, result in TRACE_RULES[name](seen, self.knowledge):
                if requirement in asked and (result is not True or requirement not in found):
                    _keep(found, _observed(requirement, script, name, result, item))
        except Exception as error:
            for requirement in sorted(asked) if seen else ():
                _keep(found, _observed(requirement, script, name, _gave_up(name, error), seen[0]))

    def _by_checks(self, script: Script, trace: Trace, seen: Mapping[str, Seen], found: dict[str, Observation]) -> None:
        context = _context(script, trace)
        context.messages.update({name: item for name, item in seen.items() if item.response is not None})
        for position, check in enumerate(script.checks):
            item = seen.get(check.step)
            if item is None and trace.not_issued:
                return
            if item is None or item.response is None:
                reason = (item.exchange.trouble if item else None) or trace.stopped or "the step was not played"
                self._leave_open(script, script.checks[position:], _stopped(reason), found)
                return
            if check.requirement is not None and check.requirement not in self.applicable:
                continue
            try:
                result = _checked(check, context, item)
            except Exception as error:
                result = _gave_up(check.rule, error)
            if isinstance(result, Failure):
                result = _fairly(result, check, context)
            if result is None:
                continue
            if check.requirement is None:
                if result is not True:
                    self._leave_open(script, script.checks[position:], _unmet(check, item), found)
                    return
                continue
            _keep(found, _observed(check.requirement, script, check.rule, result, item))
            if isinstance(result, Failure) and script.family == WORKFLOW:
                self._leave_open(script, script.checks[position + 1 :], _after(check), found)
                return

    def _leave_open(self, script: Script, checks: Iterable[Check], reason: Text, found: dict[str, Observation]) -> None:
        for check in checks:
            requirement = check.requirement
            if requirement is None or requirement not in self.applicable:
                continue
            kept = found.get(requirement)
            if kept is not None and kept.outcome is Outcome.FAIL:
                continue
            finding = Finding(requirement, script.id, check.step, check.rule, reason, "", "")
            _keep(found, Observation(requirement, script.id, Outcome.INCONCLUSIVE, finding))


def _context(script: Script, trace: Trace) -> Context:
    outputs = {step.id: step.outputs for step in script.steps}
    return Context(script.inputs, RecordedBindings(trace.bound), outputs, script.calls)


def _checked(check: Check, context: Context, seen: Seen) -> Result:
    if check.rule == "criterion":
        unclear = not_judged_because_of(seen)
        if unclear is not None:
            return unclear
        if holds(check.args, context, seen):
            return True
        return Failure(
            "ワークフローの基準を満たしません。",
            "A criterion of the workflow is not met.",
            check.args["condition"],
            _told(seen),
        )
    args: dict[str, Any] = {}
    for name, template in check.args.items():
        try:
            args[name] = context.value(template, seen)
        except NotBound as missing:
            return Unclear(
                f"判定に必要な値({missing})が実行時に使われていません。",
                f"A value that is needed to judge it ({missing}) was not used when the script was played.",
            )
        except Unresolved as missing:
            if name in OPTIONAL_ARGUMENTS and check.rule in {"absent", "present"}:
                args[name] = MISSING
            else:
                return _spoilt(context, seen) or unresolved(check.rule, str(missing))
    try:
        return judge_claim(check.rule, args, seen)
    except (TypeError, AttributeError):
        return Failure(
            "判定に必要な項目の型が異なります。",
            "A member that is needed to judge the answer has another type.",
            shown(check.args),
            shown(args),
        )


def _gave_up(rule: str, error: Exception) -> Unclear:
    """A rule that breaks off is a mistake of ours: it leaves the requirement open, and the run goes on."""
    if isinstance(error, SuiteError):
        raise error
    kind = type(error).__name__
    return Unclear(
        f"規則 {rule} が判定できませんでした({kind})。これは本スイートの誤りです。",
        f"The rule {rule} gave up ({kind}). {MISTAKE_OF_OURS}",
    )


def _fairly(result: Failure, check: Check, context: Context) -> Result:
    """A failure that may come from what was not read of an answer, or from one that is not judged, is none."""
    for name in _steps_in(check.args):
        message = context.messages.get(name)
        unclear = not_judged_because_of(message) if isinstance(message, Seen) else None
        if unclear is not None:
            return unclear
    unread = next((m.unread for m in context.messages.values() if isinstance(m, Seen) and m.unread), None)
    if unread is None or not (check.rule in _OF_CONTENT or _speaks_of_content(check.args)):
        return result
    return Unclear(
        f"応答の全体を見ていないため判定できません: {unread.ja}。", f"Not judged on an answer of which {unread.en}."
    )


def _steps_in(args: Any) -> list[str]:
    """The steps whose answers the arguments of a check refer to, in order."""
    return list(dict.fromkeys(_STEP.findall(str(args))))


def _speaks_of_content(args: Any) -> bool:
    told = str(args)
    return "body" in told or "outputs" in told or "$jsonpath" in told


def _spoilt(context: Context, seen: Seen) -> Unclear | None:
    """Why a value is missing for which this answer is not to blame: it, or one before it, failed or cannot be read."""
    for message in (seen, *context.messages.values()):
        if isinstance(message, Seen) and (reason := not_judged_because_of(message) or unreadable(message)):
            return reason
    return None


def _told(seen: Seen) -> str:
    body = seen.response.body.decode("utf-8", "replace") if seen.response else ""
    return f"status {seen.status}; {shown(body)}" if body else f"status {seen.status}"


def _observed(requirement: str, script: Script, rule: str, result: Result, seen: Seen) -> Observation:
    if result is True:
        return Observation(requirement, script.id, Outcome.PASS)
    step: Step | None = seen.step
    if isinstance(result, Unclear):
        text, expected, actual, outcome = Text(result.ja, result.en), "", _told(seen), Outcome.INCONCLUSIVE
    elif isinstance(result, Failure):
        text, expected, actual, outcome = result.message, result.expected, result.actual, Outcome.FAIL
    else:
        raise TypeError(f"{rule} gave {result!r}")
    if script.purpose is not None:
        text = Text(ja=f"{script.purpose.ja} {text.ja}", en=f"{script.purpose.en} {text.en}")
    finding = Finding(
        requirement=requirement,
        script=script.id,
        step=seen.exchange.step,
        rule=rule,
        message=text,
        expected=expected,
        actual=actual,
        operation=step.operation if step else None,
        method=seen.method,
        url=seen.url,
        status=seen.status,
    )
    return Observation(requirement, script.id, outcome, finding)


def _keep(found: dict[str, Observation], new: Observation) -> None:
    kept = found.get(new.requirement)
    if kept is None or _RANK[new.outcome] > _RANK[kept.outcome]:
        found[new.requirement] = new


def _stopped(reason: str) -> Text:
    return Text(
        ja=f"手順を最後まで実行できませんでした: {reason}", en=f"The script could not be played to its end: {reason}"
    )


def _unmet(check: Check, seen: Seen) -> Text:
    what = check.args.get("condition", check.rule)
    return Text(
        ja=f"前提となる手順 {check.step} が期待どおりではありません({what}; 応答 {_told(seen)})。",
        en=f"The preparing step {check.step} did not go as expected ({what}; answer {_told(seen)}).",
    )


def _after(check: Check) -> Text:
    return Text(
        ja=f"先行する要件 {check.requirement} が不適合のため判定していません。",
        en=f"Not judged, because {check.requirement} failed before it in the same workflow.",
    )
