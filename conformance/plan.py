"""What a run will play and judge: the scripts that fit this system, the requirements that apply, the filters."""

from __future__ import annotations

import difflib
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.catalogue.requirements import Situation, applicable, why_not_applicable
from conformance.catalogue.service import Service
from conformance.catalogue.workflows import UPPER_TESTER
from conformance.edition_file import Edition
from conformance.errors import UsageError
from conformance.model import Requirement, Script, Text
from conformance.rules.registry import has_occasion


@dataclass(frozen=True)
class Filters:
    """How a run is narrowed; anything set here makes it partial."""

    services: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    max_requests: int | None = None

    @property
    def partial(self) -> bool:
        """Whether anything narrows the run."""
        return bool(self.services or self.requirements or self.operations or self.scripts or self.max_requests)

    def among(self, services: int) -> Filters:
        """What narrows each of so many services: of a number of requests each has its share."""
        if self.max_requests is None or services < 2:
            return self
        return replace(self, max_requests=self.max_requests // services)


@dataclass(frozen=True)
class Plan:
    """The plan for one service. `chosen` are places of scripts in the edition, `ordinals` the same by script id."""

    service: Service
    edition: Edition
    situation: Situation
    applicable: frozenset[str]
    ordinals: Mapping[str, int]
    exclusive: frozenset[int]
    requests: int
    roles: frozenset[str] = frozenset()
    unreachable: Mapping[str, Text] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    first: int = 0
    """The number of its first script among those of all services of a run: what is drawn for scripts goes by it."""

    def __len__(self) -> int:
        """How many scripts will be played."""
        return len(self.ordinals)

    def scripts(self) -> Iterator[tuple[int, Script]]:
        """Number and script of each one that may be played beside others, decoded as it is asked for."""
        for ordinal in self.ordinals.values():
            if ordinal not in self.exclusive:
                yield self.first + ordinal, self.edition.scripts[ordinal]

    def exclusive_scripts(self) -> Iterator[tuple[int, Script]]:
        """Number and script of each one that must be played alone."""
        for ordinal in self.ordinals.values():
            if ordinal in self.exclusive:
                yield self.first + ordinal, self.edition.scripts[ordinal]

    def shuffled(self, seed: str) -> Plan:
        """The same plan in another order, which must make no difference."""
        order = list(self.ordinals.items())
        random.Random(seed).shuffle(order)  # noqa: S311  no secret
        return replace(self, ordinals=dict(order))

    def without(self, played: Collection[str]) -> Plan:
        """The plan of what is left when these scripts have been played."""
        left = {name: ordinal for name, ordinal in self.ordinals.items() if name not in played}
        return replace(self, ordinals=left, exclusive=self.exclusive & frozenset(left.values()))

    def script(self, identifier: str) -> Script | None:
        """A planned script by its id."""
        ordinal = self.ordinals.get(identifier)
        return None if ordinal is None else self.edition.scripts[ordinal]


def services_of(script: Script) -> frozenset[str]:
    """The services that a script calls, the test control interface left out."""
    return frozenset(step.service or script.service for step in script.steps) - {UPPER_TESTER}


def roles_of(script: Script) -> frozenset[str]:
    """The roles without which a script cannot be played."""
    found = {step.role for step in script.steps if step.role and step.role != "none"}
    for step in script.steps:
        found.update(_token_roles(step.authorization))
        for _, value in step.query:
            found.update(_token_roles(value))
    return frozenset(found)


def _token_roles(template: Any) -> Iterator[str]:
    if isinstance(template, dict):
        if "$token" in template:
            yield template["$token"]
        for value in template.values():
            yield from _token_roles(value)
    elif isinstance(template, list):
        for value in template:
            yield from _token_roles(value)


def make_plan(
    service: Service,
    edition: Edition,
    situation: Situation,
    roles: Collection[str],
    filters: Filters,
    first: int = 0,
) -> Plan:
    """The plan for one service. What a filter names and another service has, finds nothing here: `check_filters`."""
    applies = applicable(service.requirements, situation)
    if filters.requirements:
        applies &= frozenset(filters.requirements)
    watched = _watched(service, applies) if filters.requirements else []
    scripts = frozenset(filters.scripts)
    unreachable: dict[str, Text] = {}
    chosen: dict[str, int] = {}
    exclusive: set[int] = set()
    present: set[str] = set()
    sent = 0
    for ordinal, script in enumerate(edition.scripts):
        present.update(script.requirements)
        if scripts and script.id not in scripts:
            continue
        if not set(script.options) <= situation.options or not services_of(script) <= situation.services:
            continue
        if not _wanted(script, filters, scripts, applies, watched):
            continue
        reason = _why_unreachable(script, situation, roles)
        if reason is not None:
            unreachable.update({name: reason for name in script.requirements if name in applies})
            continue
        sent += len(script.steps)
        if filters.max_requests is not None and sent > filters.max_requests:
            sent -= len(script.steps)
            if sent == filters.max_requests:
                break
            continue  # a shorter one behind it may fit
        chosen[script.id] = ordinal
        if script.exclusive:
            exclusive.add(ordinal)
    return Plan(
        service=service,
        edition=edition,
        situation=situation,
        applicable=applies,
        ordinals=chosen,
        exclusive=frozenset(exclusive),
        requests=sent,
        roles=frozenset(roles),
        unreachable=unreachable,
        present=frozenset(present),
        first=first,
    )


def _watched(service: Service, applies: frozenset[str]) -> list[frozenset[str]]:
    """The operations (none: all of them) whose every exchange is looked at for a requirement that was asked for."""
    ways = (way for name in sorted(applies) for way in service.requirement_ids[name].verified_by)
    return [frozenset(way.operations) for way in ways if way.rule]


def _wanted(
    script: Script,
    filters: Filters,
    scripts: frozenset[str],
    applies: frozenset[str],
    watched: Collection[frozenset[str]],
) -> bool:
    if scripts and script.id not in scripts:
        return False
    if filters.operations and not any(step.operation in filters.operations for step in script.steps[-1:]):
        return False
    if any(not only or any(step.operation in only for step in script.steps) for only in watched):
        return True
    if filters.requirements and not applies.intersection(script.requirements):
        return False
    return not script.requirements or bool(applies.intersection(script.requirements))


def _why_unreachable(script: Script, situation: Situation, roles: Collection[str]) -> Text | None:
    if script.upper_tester and not situation.upper_tester:
        return Text(
            ja="試験用の時計操作(upper tester)が提供されていないため判定できません。",
            en="It needs the test control interface (upper tester), which the run file does not give.",
        )
    missing = sorted(roles_of(script) - set(roles))
    if missing:
        return Text(
            ja=f"役割 {', '.join(missing)} の資格情報が与えられていません(実行設定ファイル又は --token-env)。",
            en=f"No credentials are given for the role {', '.join(missing)} (run file, or --token-env).",
        )
    return None


def check_filters(tested: Collection[tuple[Service, Edition]], filters: Filters) -> None:
    """Raises `UsageError` where a filter names what none of the services has."""
    scripts = {script.id for _, edition in tested for script in edition.scripts} if filters.scripts else set()
    for kind, wanted, known in (
        ("requirement", filters.requirements, {name for service, _ in tested for name in service.requirement_ids}),
        ("operation", filters.operations, {name for service, _ in tested for name in service.operations}),
        ("script", filters.scripts, scripts),
    ):
        for name in wanted:
            if name not in known:
                near = sorted(known, key=lambda other: _distance(name, other))[:3]
                where = ", ".join(service.key for service, _ in tested)
                raise UsageError(
                    f"no {kind} '{name}' in {where}", next_step=f"see 'conformance list'; near: {', '.join(near)}"
                )


def _distance(left: str, right: str) -> tuple[int, str]:
    return (-int(1000 * difflib.SequenceMatcher(None, left, right).ratio()), right)


def suits(script: Script, plan: Plan, filters: Filters) -> bool:
    """Whether a script that is not of the edition may be played in this run, and whether the filters let it through."""
    situation = plan.situation
    if not set(script.options) <= situation.options or not services_of(script) <= situation.services:
        return False
    watched = _watched(plan.service, plan.applicable) if filters.requirements else []
    if not _wanted(script, replace(filters, scripts=()), frozenset(), plan.applicable, watched):
        return False
    return _why_unreachable(script, situation, plan.roles) is None


def why_not_judged(requirement: Requirement, plan: Plan, filters: Filters) -> tuple[str, Text] | None:
    """Verdict and reason of a requirement that this run does not judge at all, or None."""
    if filters.requirements and requirement.id not in filters.requirements:
        return "skip", Text("", "")
    if requirement.not_tested is not None:
        return "not_tested", requirement.not_tested
    reason = why_not_applicable(requirement, plan.situation)
    if reason is not None:
        return "not_applicable", reason
    by_rule = any(way.rule and has_occasion(way.rule, plan.service) for way in requirement.verified_by)
    if not by_rule and requirement.id not in plan.present:
        return "not_applicable", Text(
            ja="このサービスの文書には、この要件の対象となるものがありません。",
            en="The documents of this service hold nothing that this requirement is about.",
        )
    return None


def open_reason(requirement: Requirement, plan: Plan) -> Text:
    """Why a requirement that applies has no judged trace."""
    if requirement.id in plan.unreachable:
        return plan.unreachable[requirement.id]
    return Text(ja="判定できる応答が得られませんでした。", en="No answer was received on which it could be judged.")
