"""The tables of rules over every exchange. A rule is a pure function; its name is what a catalogue's `rule:` says.

A rule says of which answers it may have something to say, so that it is not asked of the others: most rules are about
a few statuses, and there are many exchanges. A rule over a whole trace is asked once for each; which requirement it
speaks of, the documents say beside what they declare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service
from conformance.rules.failure import Result
from conformance.rules.knowledge import Knowledge
from conformance.seen import Seen

ExchangeRule = Callable[[Seen, Operation | None, Knowledge], Result]
EXCHANGE_RULES: dict[str, ExchangeRule] = {}
Said = tuple[str, Seen, Result]
"""What a rule over a trace says: of which requirement, on which exchange, and what."""
TraceRule = Callable[[Sequence[Seen], Knowledge], Iterator[Said]]
TRACE_RULES: dict[str, TraceRule] = {}
EVERY_STATUS = range(100, 1000)
SUCCESSES, REFUSALS, ERRORS = range(200, 300), range(400, 500), range(400, 1000)


class Reach(NamedTuple):
    """The answers that a rule may judge: of which statuses, and whether only of a known operation.

    `occasion` says whether the documents of a service hold anything that the rule is about; without it they do.
    """

    statuses: range
    of_operations: bool
    occasion: Callable[[Service], bool] | None = None


REACHES: dict[str, Reach] = {}


def exchange_rule(
    name: str,
    statuses: range = EVERY_STATUS,
    *,
    of_operations: bool = False,
    occasion: Callable[[Service], bool] | None = None,
) -> Callable[[ExchangeRule], ExchangeRule]:
    """Enter a function into the table under the name that catalogues use. Outside its reach it must give None."""

    def enter(function: ExchangeRule) -> ExchangeRule:
        _claim_name(name)
        EXCHANGE_RULES[name] = function
        REACHES[name] = Reach(statuses, of_operations, occasion)
        return function

    return enter


def trace_rule(name: str, *, occasion: Callable[[Service], bool]) -> Callable[[TraceRule], TraceRule]:
    """Enter a function over the exchanges of a trace into the table under the name that catalogues use."""

    def enter(function: TraceRule) -> TraceRule:
        _claim_name(name)
        TRACE_RULES[name] = function
        REACHES[name] = Reach(EVERY_STATUS, True, occasion)
        return function

    return enter


def _claim_name(name: str) -> None:
    if name in REACHES:
        raise ValueError(f"rule {name} is there already")


def has_occasion(rule: str, service: Service) -> bool:
    """Whether the documents of a service hold anything that a rule is about."""
    reach = REACHES.get(rule)
    return reach is None or reach.occasion is None or reach.occasion(service)
