"""The table of rules over every exchange. A rule is a pure function; its name is what a catalogue's `rule:` says."""

from __future__ import annotations

from collections.abc import Callable

from conformance.catalogue.operations import Operation
from conformance.rules.failure import Result
from conformance.rules.knowledge import Knowledge
from conformance.seen import Seen

ExchangeRule = Callable[[Seen, Operation | None, Knowledge], Result]
EXCHANGE_RULES: dict[str, ExchangeRule] = {}


def exchange_rule(name: str) -> Callable[[ExchangeRule], ExchangeRule]:
    """Enter a function into the table under the name that catalogues use."""

    def enter(function: ExchangeRule) -> ExchangeRule:
        if name in EXCHANGE_RULES:
            raise ValueError(f"rule {name} is there already")
        EXCHANGE_RULES[name] = function
        return function

    return enter
