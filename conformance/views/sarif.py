"""The run as SARIF 2.1.0 (OASIS), for what shows findings: a rule and a result per requirement of a service.

| verdict | kind, level |
|---|---|
| fail | `fail`, `error`; of a recommendation `note` |
| inconclusive | `open` |
| pass | `pass` |
| waived | as the verdict underneath, with an accepted suppression that gives the reason |
| not_applicable | `notApplicable` |
| not_tested | `informational`: SARIF has no word for what nobody looked at |

A place in a file there is none: a result names the service, and the operation where it is known.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from conformance.model import Level, VerdictKind
from conformance.views import translations
from conformance.views.characters import one_line, shorten, visible
from conformance.views.run_data import RunData, VerdictLine
from conformance.views.translations import bilingual

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LIMIT: Final = 4_000
_KINDS: Final = {
    VerdictKind.PASS: "pass",
    VerdictKind.FAIL: "fail",
    VerdictKind.INCONCLUSIVE: "open",
    VerdictKind.NOT_APPLICABLE: "notApplicable",
    VerdictKind.NOT_TESTED: "informational",
}


def render(run: RunData) -> str:
    """The whole log, with one run."""
    rules = {_rule_id(line): number for number, line in enumerate(run.verdicts)}
    driver = {
        "name": "conformance",
        "version": run.header.suite,
        "rules": [_rule(line) for line in run.verdicts],
    }
    told: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"conformance/{one_line(run.header.run_id)}"},
        "invocations": [{"executionSuccessful": run.complete}],
        "results": [_result(line, rules[_rule_id(line)]) for line in run.verdicts],
        "properties": _about(run),
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [told]}
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _about(run: RunData) -> dict[str, Any]:
    return {
        "standing": run.standing,
        "complete": run.complete,
        "partial": run.header.partial,
        "coverage": f"{run.coverage.judged}/{run.coverage.applicable}",
        "passRate": f"{run.pass_rate.passed}/{run.pass_rate.judged}",
        "product": one_line(run.header.product),
        "seed": one_line(run.header.seed),
    }


def _rule_id(line: VerdictLine) -> str:
    return one_line(f"{line.service}/{line.requirement}")


def _rule(line: VerdictLine) -> dict[str, Any]:
    return {
        "id": _rule_id(line),
        "shortDescription": _message(bilingual(line.title)),
        "fullDescription": _message(bilingual(line.statement)),
        "properties": {
            "level": line.level.value,
            "source": one_line(f"{line.source.document} {line.source.clause or ''}"),
            "tags": [one_line(line.service), one_line(line.area)],
        },
    }


def _result(line: VerdictLine, rule: int) -> dict[str, Any]:
    kind = line.underneath
    binds = line.level is not Level.RECOMMENDED
    level = "none" if kind is not VerdictKind.FAIL else "error" if binds else "note"
    found: dict[str, Any] = {
        "ruleId": _rule_id(line),
        "ruleIndex": rule,
        "kind": _KINDS[kind],
        "level": level,
        "message": _message(_told(line)),
        "locations": [{"logicalLocations": _places(line)}],
        "partialFingerprints": {"requirement/v1": hashlib.sha256(_rule_id(line).encode()).hexdigest()},
        "properties": {"verdict": line.shown, "flaky": bool(line.flaky)},
    }
    if line.verdict is VerdictKind.WAIVED:
        reason = visible(bilingual(line.reason or translations.word("reason_none")))
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return found


def _told(line: VerdictLine) -> str:
    if line.examples:
        finding = line.examples[0].finding
        expected, actual = translations.word("expected"), translations.word("actual")
        slots = (
            bilingual(finding.message),
            f"[{bilingual(expected)}] {shorten(finding.expected, _LIMIT)}",
            f"[{bilingual(actual)}] {shorten(finding.actual, _LIMIT)}",
            line.examples[0].replay,
        )
        return "\n".join(slots)
    return bilingual(line.reason or translations.named("v", line.verdict))


def _places(line: VerdictLine) -> list[dict[str, str]]:
    operation = line.examples[0].finding.operation if line.examples else None
    name = operation or line.service
    full = f"{line.service}/{operation}" if operation else line.service
    kind = "function" if operation else "module"
    return [{"name": one_line(name), "fullyQualifiedName": one_line(full), "kind": kind}]


def _message(text: str) -> dict[str, str]:
    """Plain text: no placeholders (SARIF 3.11.5) and no links (3.11.6), whatever the evidence holds."""
    told = visible(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")
    return {"text": told or "–"}
