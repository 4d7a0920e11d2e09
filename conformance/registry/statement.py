"""The statement of conformity: an in-toto Statement v1 with the test-result predicate v0.1, in a DSSE envelope.

in-toto Attestation Framework: https://in-toto.io/Statement/v1, https://in-toto.io/attestation/test-result/v0.1.
What these two have no place for stands under one property whose name is a URI, as the framework has it for extensions.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from conformance.model import Text
from conformance.registry.dsse import canonical, seal
from conformance.registry.judged import Judged
from conformance.registry.keys import Signer

PAYLOAD: Final = "application/vnd.in-toto+json"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
TEST_RESULT: Final = "https://in-toto.io/attestation/test-result/v0.1"
OWN: Final = "https://conformance.example/statement/v1"
"""Names our part; an address that nobody can own (RFC 2606), as nothing has to be found there."""
PARTS: Final = "parts"

WHAT_IT_IS: Final = Text(
    "本書は、公表された要件に対する試験結果についての適合の表明です。法令に基づく認証ではなく、システムを利用する団体の責任を代わるものでもありません。",
    "This states conformity with published requirements, on the result of a test. It is no certificate in law, and "
    "takes no responsibility from the body that uses the system.",
)


@dataclass(frozen=True)
class Facts:
    """What a statement says, beside what was judged."""

    id: str
    url: str
    """Of the page that tells whether it still stands."""
    party: str
    vendor: Mapping[str, str]
    product: Mapping[str, str]
    body: Mapping[str, str]
    conditions: tuple[Text, ...]
    waived: tuple[Mapping[str, Any], ...]
    observations: tuple[Mapping[str, str], ...]
    assessor: str
    approver: str
    issued: dt.datetime
    until: dt.datetime
    archive: str


def content(facts: Facts, judged: Judged) -> dict[str, Any]:
    """The statement as JSON. Raises `ValueError` where anything failed that is neither waived nor a recommendation."""
    _nothing_left_open(facts, judged)
    warned = sorted({f"{w['service']}/{w['requirement']}" for w in (*facts.waived, *facts.observations)})
    predicate: dict[str, Any] = {
        "result": "WARNED" if warned or facts.conditions else "PASSED",
        "configuration": _configuration(judged),
        "url": facts.url,
        "passedTests": sorted(f"{service}/{requirement}" for service, requirement in judged.passed),
        "warnedTests": warned,
        "failedTests": [],
        OWN: _own(facts, judged),
    }
    made = {
        "_type": STATEMENT,
        "subject": [
            {"name": "evidence/traces.jsonl.zst", "digest": _digest(judged.evidence)},
            {"name": "run.jsonl", "digest": _digest(judged.run_file)},
            {"name": "archive.zip", "digest": _digest(facts.archive)},
        ],
        "predicateType": TEST_RESULT,
        "predicate": predicate,
    }
    predicate[OWN][PARTS] = parts(made)
    return made


def _nothing_left_open(facts: Facts, judged: Judged) -> None:
    told = {(w["service"], w["requirement"]) for w in (*facts.waived, *facts.observations)}
    open_ = [short.requirement for short in judged.short if (short.service, short.requirement) not in told]
    if open_ or judged.problems:
        raise ValueError(f"a statement cannot pass over {open_ or judged.problems}")


def _configuration(judged: Judged) -> list[dict[str, Any]]:
    """Editions, then documents; what several services share stands there once."""
    editions: list[dict[str, Any]] = [
        {
            "name": f"{tested.service}/{tested.version}/edition.jsonl.zst",
            "digest": _digest(tested.edition),
            "annotations": {"scripts": tested.scripts},
        }
        for tested in judged.services
    ]
    documents = {name: told for tested in judged.services for name, told in tested.documents.items()}
    return [*editions, *({"name": name, "digest": _digest(told)} for name, told in sorted(documents.items()))]


def _own(facts: Facts, judged: Judged) -> dict[str, Any]:
    return {
        "id": facts.id,
        "about": msgspec.to_builtins(WHAT_IT_IS),
        "party": facts.party,
        "vendor": dict(facts.vendor),
        "product": dict(facts.product),
        "body": dict(facts.body),
        "scope": [
            {
                "service": tested.service,
                "version": tested.version,
                "options": list(tested.options),
                "upperTester": tested.upper_tester,
                "bodyType": tested.body_type,
                "day": tested.day,
            }
            for tested in judged.services
        ],
        "run": {
            "id": judged.run_id,
            "seed": judged.seed,
            "created": judged.created,
            "exchanges": judged.exchanges,
            "standing": judged.standing,
        },
        "judgedWith": f"conformance {judged.suite}",
        "conditions": msgspec.to_builtins(facts.conditions),
        "waived": [dict(entry) for entry in facts.waived],
        "observations": [dict(entry) for entry in facts.observations],
        "decision": {"assessor": facts.assessor, "approver": facts.approver},
        "validity": {"issued": moment(facts.issued), "until": moment(facts.until)},
    }


def moment(at: dt.datetime) -> str:
    """RFC 3339, in UTC, to the second."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(told: str) -> dict[str, str]:
    algorithm, _, value = told.partition(":")
    return {algorithm: value}


def parts(statement: Mapping[str, Any]) -> dict[str, str]:
    """A short digest of each part, so that where a byte was changed it can be said in which; it proves nothing else."""
    predicate = statement["predicate"]
    own = {name: value for name, value in predicate[OWN].items() if name != PARTS}
    everything = {
        **{name: value for name, value in statement.items() if name != "predicate"},
        **{f"predicate.{name}": value for name, value in predicate.items() if name != OWN},
        **own,
    }
    return {name: hashlib.sha256(canonical(value)).hexdigest()[:16] for name, value in sorted(everything.items())}


def sign(statement: Mapping[str, Any], signer: Signer) -> str:
    """The file of a statement."""
    return seal(PAYLOAD, canonical(statement), signer)
