"""Scripts for the audit trail: every valid call, and every refused read, leaves the entry that it must leave.

The documents say whom a valid call is about (`x-subjects` of its workflow), and which operation lists the trail
(`x-audit-trail`: the parameter that narrows it to one subject). These scripts are played alone: a search of somebody
else at the same moment would leave entries about the same people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench
from conformance.compile.calls import ValidCall
from conformance.compile.draft import Expectation, changed, with_header
from conformance.compile.places import is_special
from conformance.compile.repetition import with_unknown_id
from conformance.compile.twice import refers
from conformance.model import Check, Script, Step

PURPOSE = "Access-Purpose"
_ENTRIES = {"$jsonpath": "$.results[*]", "of": {"$e": "$response.body"}}
_IDS = {"$jsonpath": "$.results[*].id", "of": {"$e": "$response.body"}}
_DONE = "$statusCode >= 200 && $statusCode < 300"
_REFUSED = "$statusCode >= 400 && $statusCode < 500"


@dataclass(frozen=True)
class _Trail:
    """The operation that lists the trail, the parameter for the subject, and a role that may call it.

    `things` are the path parameters that name something of which a refused request leaves an entry, too.
    """

    operation: Operation
    parameter: str
    role: str
    things: frozenset[str]

    def step(self, name: str, service: str, subject: Any, outputs: Mapping[str, Any]) -> Step:
        """One look at the entries of a subject."""
        return Step(
            id=name,
            method=self.operation.method,
            path=self.operation.path,
            operation=self.operation.id,
            service=service,
            role=self.role,
            query=((self.parameter, subject), ("limit", "100")),
            outputs=dict(outputs),
        )


def scripts(bench: Bench) -> Iterator[Script]:
    """For every valid call that is about somebody: the call once, not modified, without the scope, and in vain."""
    trail = _trail(bench)
    if trail is None:
        return
    for operation in bench.operations():
        for call in _variants(bench, operation):
            for subject in call.subjects:
                yield from _carried_out(bench, trail, operation, call, subject)
                if any(name.lower() == "etag" for name in _headers(operation)) and operation.method == "GET":
                    yield from _not_modified(bench, trail, operation, call, subject)
            for subject in call.subjects[:1]:
                yield from _failed(bench, trail, operation, call, subject)
            for number, subject in enumerate(call.subjects):
                yield from _refused(bench, trail, operation, call, subject, every_role=number == 0)


def _trail(bench: Bench) -> _Trail | None:
    for operation in bench.service.operations.values():
        parameter = operation.raw.get("x-audit-trail")
        needed = set(operation.scopes)
        roles = [role for role, scopes in bench.service.roles.items() if needed <= set(scopes)]
        if parameter and roles:
            return _Trail(operation, parameter, roles[0], frozenset(operation.raw.get("x-audit-refused", ())))
    return None


def _variants(bench: Bench, operation: Operation) -> Iterator[ValidCall]:
    """The first valid call of each way to call the operation."""
    known: set[str] = set()
    for call in bench.calls[operation.id]:
        if call.workflow not in known:
            known.add(call.workflow)
            yield call


def _headers(operation: Operation) -> tuple[str, ...]:
    answer = operation.answers.get("200")
    return tuple(answer.headers) if answer else ()


def _purposeful(operation: Operation, step: Step) -> tuple[Step, dict[str, Any]]:
    """The step with a purpose of its own, and the member that its entry must have; a change states none."""
    if operation.parameter(PURPOSE, "header") is None:
        return step, {}
    # As long as it may be: a prefix of it is no purpose that was stated.
    purpose = {"$join": ["audit-of-the-longest-", {"$fresh": "text:11", "key": "purpose"}]}
    return with_header(step, PURPOSE, purpose), {"purpose": purpose}


def _around(bench: Bench, trail: _Trail, step: Step, subject: Any) -> tuple[tuple[Step, ...], Step, dict[str, Any]]:
    """The trail before and after a step, and the arguments that claims about what was added take."""
    created = _of_the_answer(subject)
    outputs = {**step.outputs, "status": {"$e": "$statusCode"}, **({"subject": subject} if created else {})}
    step = changed(step, outputs=outputs)
    before = trail.step("trail-before", bench.service.name, subject, {"ids": _IDS})
    named = {"$e": f"$steps.{step.id}.outputs.subject"} if created else subject
    after = trail.step("trail-after", bench.service.name, named, {})
    known: Any = [] if created else {"$e": "$steps.trail-before.outputs.ids"}
    steps = (step,) if created else (before, step)
    return steps, after, {"entries": _ENTRIES, "before": known}


def _script(
    bench: Bench, operation: Operation, call: ValidCall, family: str, title: str, steps: tuple[Step, ...],
    condition: str, claims: list[tuple[str, Expectation]],
) -> Iterator[Script]:  # fmt: skip
    sent, after = steps[-2], steps[-1]
    before = [Check(sent.id, "criterion", {"condition": condition})]
    before += [Check(step.id, "criterion", {"condition": _DONE}) for step in steps if step is not sent]
    checks = [
        check for name, expected in claims for check in bench.drafter.checks(name, operation.id, after.id, expected)
    ]
    if checks:
        yield bench.drafter.script(family, title, replace(call, exclusive=True), steps, (*before, *checks))


def _carried_out(bench: Bench, trail: _Trail, operation: Operation, call: ValidCall, subject: Any) -> Iterator[Script]:
    """One entry for one call; it says what was done, by whom, what for and how it ended."""
    step, purpose = _purposeful(operation, call.call)
    family = "audit.read" if purpose else "audit.change"
    yield from _of_one(bench, trail, operation, call, subject, (step, purpose, family, _DONE))


def _not_modified(bench: Bench, trail: _Trail, operation: Operation, call: ValidCall, subject: Any) -> Iterator[Script]:
    """A read that is answered with 304 shows that the copy is right: it is a read like any other."""
    step, purpose = _purposeful(operation, with_header(call.call, "If-None-Match", "*"))
    yield from _of_one(bench, trail, operation, call, subject, (step, purpose, "audit.read", "$statusCode == 304"))


def _of_one(
    bench: Bench, trail: _Trail, operation: Operation, call: ValidCall, subject: Any,
    how: tuple[Step, dict[str, Any], str, str],
) -> Iterator[Script]:  # fmt: skip
    step, purpose, family, condition = how
    steps, after, args = _around(bench, trail, step, subject)
    sent = steps[-1]
    about = {"ja": f"{operation.id} の成功", "en": f"a success of {operation.id}"}
    result = {"operation": operation.id, "outcome": "success", "status": {"$e": f"$steps.{sent.id}.outputs.status"}}
    claims = [
        (family, Expectation("audited-once", {**args, "about": about})),
        ("audit.result", Expectation("audited-as", {**args, "expected": result})),
        ("audit.role", Expectation("audited-as", {**args, "expected": {"role": sent.role}})),
    ]
    if purpose:
        claims.append(("audit.purpose", Expectation("audited-as", {**args, "expected": purpose})))
    claims += _actor(call, sent, args)
    title = f"{operation.id} is audited ({call.workflow}, {condition})"
    yield from _script(bench, operation, call, family, title, (*steps, after), condition, claims)


def _family_of_refusal(trail: _Trail, operation: Operation, call: ValidCall, subject: Any) -> str | None:
    """The family of a refused request whose path names somebody, or something that is about somebody."""
    if subject in call.call.path_params.values():
        return "audit.refused" if operation.method == "GET" else "audit.refused-change"
    there = any(name in trail.things and refers(value) for name, value in call.call.path_params.items())
    return "audit.refused-thing" if there and not _of_the_answer(subject) else None


def _of_the_answer(subject: Any) -> bool:
    return isinstance(subject, dict) and str(subject.get("$e", "")).startswith("$response.")


def _refused(
    bench: Bench, trail: _Trail, operation: Operation, call: ValidCall, subject: Any, *, every_role: bool
) -> Iterator[Script]:
    """A request whose path names somebody, by a role that may not: refused, and audited as such."""
    family = _family_of_refusal(trail, operation, call, subject)
    if family is None:
        return
    needed = set(operation.scopes)
    unable = [role for role, scopes in bench.service.roles.items() if not needed <= set(scopes)]
    if every_role and unable:
        yield from _refused_without_purpose(bench, trail, operation, call, subject, (family, unable[0]))
    for role in unable if every_role else unable[:1]:
        step, purpose = _purposeful(operation, changed(call.call, role=role))
        steps, after, args = _around(bench, trail, step, subject)
        about = {"ja": f"{role} による {operation.id} の拒否", "en": f"{operation.id} refused to {role}"}
        result = {"operation": operation.id, "outcome": "refused", "status": 403}
        claims = [
            (family, Expectation("audited-once", {**args, "about": about, "outcome": "refused"})),
            ("audit.result", Expectation("audited-as", {**args, "expected": result})),
            *_actor(call, step, args),
        ]
        if purpose:
            claims.append(("audit.purpose", Expectation("audited-as", {**args, "expected": purpose})))
        title = f"{operation.id} refused to {role} is audited"
        yield from _script(bench, operation, call, family, title, (*steps, after), "$statusCode == 403", claims)


def _refused_without_purpose(
    bench: Bench, trail: _Trail, operation: Operation, call: ValidCall, subject: Any, how: tuple[str, str]
) -> Iterator[Script]:
    """The scope is examined before the headers: what is refused is audited whatever it states as its purpose.

    What it states must not stand in the entry when it has not the form: that the answer fits its schema is judged of
    every answer.
    """
    if operation.parameter(PURPOSE, "header") is None:
        return
    family, role = how
    plain = changed(call.call, role=role)
    stated = with_header(plain, PURPOSE, "A Purpose, of No Form")
    silent = with_header(plain, PURPOSE, None)
    for step, en in ((stated, "with a purpose of no form"), (silent, "without a purpose")):
        steps, after, args = _around(bench, trail, step, subject)
        about = {"ja": f"{role} による {operation.id} の拒否", "en": f"{operation.id} refused to {role}"}
        claims = [(family, Expectation("audited-once", {**args, "about": about, "outcome": "refused"}))]
        title = f"{operation.id} refused to {role} {en} is audited"
        yield from _script(bench, operation, call, family, title, (*steps, after), "$statusCode == 403", claims)


def _failed(bench: Bench, trail: _Trail, operation: Operation, call: ValidCall, subject: Any) -> Iterator[Script]:
    """A request that fails for another reason than who sent it leaves no entry about anybody."""
    family = "audit.failed"
    if _of_the_answer(subject) or not bench.drafter.wanted(family, operation.id):
        return
    for step, condition, en in _failures(bench, operation, call):
        before = trail.step("trail-before", bench.service.name, subject, {"ids": _IDS})
        after = trail.step("trail-after", bench.service.name, subject, {})
        args = {"actual": _IDS, "expected": {"$e": "$steps.trail-before.outputs.ids"}}
        claims = [(family, Expectation("same-members", args))]
        steps = (before, changed(step, outputs={}), after)
        title = f"{operation.id} that fails is not audited ({call.workflow}, {en})"
        yield from _script(bench, operation, call, family, title, steps, condition, claims)


def _failures(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[tuple[Step, str, str]]:
    if any(name.lower() == "if-match" for name, _ in call.call.headers):
        yield (
            with_header(call.call, "If-Match", '"no-tag-of-anything"'),
            "$statusCode == 412",
            "an If-Match that does not hold",
        )
    template = bench.template(call)
    if isinstance(template, dict) and not is_special(template):
        wrong = {**template, "undeclared_property": 1}
        if not bench.accepts(operation, wrong):
            yield changed(call.call, body=wrong), "$statusCode == 400", "an undeclared property"
        unknown = with_unknown_id(bench, operation, template)
        if unknown is not None:
            yield changed(call.call, body=unknown), _REFUSED, "an unknown id in the content"


def _actor(call: ValidCall, sent: Step, args: dict[str, Any]) -> Iterator[tuple[str, Expectation]]:
    """The actor of the entry beside those of earlier ones: of the same client, and of another one."""
    if not args["before"]:
        return
    earlier = [step for step in call.preamble if step.operation and step.operation != sent.operation]
    for same in (True, False):
        first = next((step for step in earlier if (step.role == sent.role) is same), None)
        by = {step.role for step in earlier if first is not None and step.operation == first.operation}
        if first is not None and len(by) == 1:
            told = {**args, "operation": first.operation, "same": same}
            yield "audit.actor", Expectation("audited-actor", told)
