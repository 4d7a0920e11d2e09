"""The run as assessment results of OSCAL 1.2.1 (NIST): an observation per requirement, a finding where judged.

| verdict | observation | finding: state, reason |
|---|---|---|
| pass | yes | `satisfied`, `pass` |
| fail | yes | `not-satisfied`, `fail` |
| inconclusive | yes | `not-satisfied`, `other`: it was not shown to be met, which is no failure; the remarks say so |
| waived | yes | as the verdict underneath, with a risk of status `deviation-approved` that gives the reason |
| fail of a recommendation | yes | none, as it does not bind |
| not_applicable, not_tested | yes, with the reason | none |

The same run gives the same bytes: every UUID is made from the run and what it names (RFC 9562, version 5).
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any, Final

from conformance.model import Text, VerdictKind
from conformance.views import translations
from conformance.views.characters import one_line, shorten, visible
from conformance.views.markdown import literal
from conformance.views.run_data import RunData, Service, VerdictLine
from conformance.views.translations import bilingual

VERSION: Final = "1.2.1"
_NAMESPACE: Final = "https://conformance.example/oscal/v1"
"""Of our properties; an address that nobody can own (RFC 2606), as nothing has to be found there."""
_LIMIT: Final = 4_000
_NO_TIME: Final = "1970-01-01T00:00:00+00:00"
_EVIDENCE: Final = "evidence/traces.jsonl.zst"
_REASONS: Final = {VerdictKind.PASS: "pass", VerdictKind.FAIL: "fail"}
_NO_FAILURE: Final = Text(
    "判定できませんでした。満たしていないことを示すものではありません。",
    "It could not be judged, which does not show that it is not met.",
)


def render(run: RunData) -> str:
    """The whole document."""
    return json.dumps({"assessment-results": _Results(run).document()}, ensure_ascii=False, indent=1) + "\n"


class _Results:
    def __init__(self, run: RunData) -> None:
        self.run = run
        self.space = uuid.uuid5(uuid.NAMESPACE_URL, f"{_NAMESPACE}/{run.header.run_id}")
        self.began = _moment(run.header.created)
        self.ended = _moment(run.footer.finished) if run.footer else self.began

    def id(self, kind: str, *names: str) -> str:
        """The UUID of something in this run."""
        return str(uuid.uuid5(self.space, "\n".join((kind, *names))))

    def document(self) -> dict[str, Any]:
        return {
            "uuid": self.id("document"),
            "metadata": self.metadata(),
            "import-ap": {
                "href": f"#{self.id('plan')}",
                "remarks": _line(Text("試験計画は公表された試験版です。", "The plan is the published edition.")),
            },
            "results": [self.result()],
            "back-matter": {"resources": list(self.resources())},
        }

    def metadata(self) -> dict[str, Any]:
        header = self.run.header
        named = [("vendor", header.vendor), ("body", header.body.name if header.body else "")]
        parties = [self.party(kind, name) for kind, name in named if _token(name)]
        found = {
            "title": _line(translations.word("suite")),
            "last-modified": self.ended,
            "version": _token(header.suite) or "–",
            "oscal-version": VERSION,
            "remarks": _line(translations.word("legal")),
        }
        return {**found, "parties": parties} if parties else found

    def party(self, kind: str, name: str) -> dict[str, Any]:
        named = {"type": "organization", "name": _token(name)}
        return {"uuid": self.id("party", kind), **named, "props": [_prop("role", kind)]}

    def result(self) -> dict[str, Any]:
        run = self.run
        risks = list(self.risks())
        about = _line(translations.meaning(run), *translations.banners(run))
        return {
            "uuid": self.id("result"),
            "title": _line(translations.standing_word(run)),
            "description": about,
            "start": self.began,
            "end": self.ended,
            "props": list(self.about()),
            "local-definitions": {"components": [self.component(service) for service in self.services()]},
            "reviewed-controls": {"control-selections": list(self.selections())},
            "observations": [self.observation(line) for line in run.verdicts] or [self.nothing()],
            **({"risks": risks} if risks else {}),
            **({"findings": findings} if (findings := list(self.findings())) else {}),
        }

    def about(self) -> Iterator[dict[str, str]]:
        run, header = self.run, self.run.header
        yield _prop("standing", run.standing)
        yield _prop("complete", str(run.complete).lower())
        yield _prop("partial", str(header.partial).lower())
        yield _prop("coverage", f"{run.coverage.judged}/{run.coverage.applicable}")
        yield _prop("pass-rate", f"{run.pass_rate.passed}/{run.pass_rate.judged}")
        told = (("run", header.run_id), ("seed", header.seed), ("product", header.product))
        code = header.body.code if header.body else ""
        digest = run.footer.evidence if run.footer else ""
        for name, value in (*told, ("body-code", code), ("evidence-digest", digest)):
            if _token(value):
                yield _prop(name, value)

    def services(self) -> list[Service]:
        return list(self.run.header.services)

    def component(self, service: Service) -> dict[str, Any]:
        return {
            "uuid": self.id("service", service.service),
            "type": "service",
            "title": _line(service.title),
            "description": _line(Text(self.run.header.product, self.run.header.product)),
            "props": [_prop("service", service.service), _prop("version", service.version)],
            "status": {"state": "operational"},
        }

    def selections(self) -> Iterator[dict[str, Any]]:
        """Of each service the requirements that were in the run, whether they could be judged or not."""
        for service in self.services():
            own = [line.requirement for line in self.run.verdicts if line.service == service.service]
            controls = [{"control-id": _id(each)} for each in own]
            chosen: dict[str, Any] = {"include-controls": controls} if controls else {"include-all": {}}
            yield {"description": _line(service.title), "props": [_prop("service", service.service)], **chosen}
        if not self.run.header.services:
            yield {"include-all": {}}

    def observation(self, line: VerdictLine) -> dict[str, Any]:
        found: dict[str, Any] = {
            "uuid": self.id("observation", line.service, line.requirement),
            "title": f"{literal(line.requirement)} {_line(line.title)}",
            "description": _line(line.statement),
            "props": list(_facts(line)),
            "methods": ["TEST"],
            "types": ["finding"],
            "subjects": [{"subject-uuid": self.id("service", line.service), "type": "component"}],
            "relevant-evidence": [{"href": _EVIDENCE, "description": _evidence(line)}],
            "collected": self.ended,
        }
        if line.reason:
            found["remarks"] = _line(line.reason)
        if not any(service.service == line.service for service in self.services()):
            del found["subjects"]  # it would name a component that is not there
        return found

    def nothing(self) -> dict[str, Any]:
        text = _line(translations.word("banner_empty"))
        return {
            "uuid": self.id("observation"), "description": text, "methods": ["TEST"], "collected": self.ended,
        }  # fmt: skip

    def findings(self) -> Iterator[dict[str, Any]]:
        for line in self.run.verdicts:
            if line.underneath in {VerdictKind.NOT_APPLICABLE, VerdictKind.NOT_TESTED} or line.observation:
                continue
            yield self.finding(line)

    def finding(self, line: VerdictLine) -> dict[str, Any]:
        title = f"{literal(line.requirement)} {_line(line.title)}"
        names = (line.service, line.requirement)
        status: dict[str, Any] = {
            "state": "satisfied" if line.underneath is VerdictKind.PASS else "not-satisfied",
            "reason": _REASONS.get(line.underneath, "other"),
        }
        if line.underneath is VerdictKind.INCONCLUSIVE:
            status["remarks"] = _line(_NO_FAILURE)
        found: dict[str, Any] = {
            "uuid": self.id("finding", *names),
            "title": title,
            "description": _line(line.statement),
            "props": list(_facts(line)),
            "target": {
                "type": "objective-id",
                "target-id": _id(line.requirement),
                "title": title,
                "props": [_prop("service", line.service)],
                "status": status,
            },
            "related-observations": [{"observation-uuid": self.id("observation", *names)}],
        }
        if line.verdict is VerdictKind.WAIVED:
            found["related-risks"] = [{"risk-uuid": self.id("risk", *names)}]
        return found

    def risks(self) -> Iterator[dict[str, Any]]:
        for line in self.run.having(VerdictKind.WAIVED):
            names = (line.service, line.requirement)
            reason = _line(line.reason or translations.word("reason_none"))
            yield {
                "uuid": self.id("risk", *names),
                "title": f"{literal(line.requirement)} {_line(translations.word('waived'))}",
                "description": _line(translations.word("waived_note")),
                "statement": reason,
                "status": "deviation-approved",
                "related-observations": [{"observation-uuid": self.id("observation", *names)}],
            }

    def resources(self) -> Iterator[dict[str, Any]]:
        links = [
            {"href": f"{service.service}/{service.version}/edition.jsonl.zst", **_hashes(service.edition or "")}
            for service in self.services()
        ]
        plan = {"uuid": self.id("plan"), "title": "Editions", "description": _line(translations.basis(self.run))}
        yield {**plan, "rlinks": links} if links else plan
        digest = self.run.footer.evidence if self.run.footer else ""
        yield {
            "uuid": self.id("evidence"),
            "title": _line(Text("証跡", "Evidence")),
            "rlinks": [{"href": _EVIDENCE, **_hashes(digest)}],
        }


def _facts(line: VerdictLine) -> Iterator[dict[str, str]]:
    yield _prop("service", line.service)
    yield _prop("requirement", line.requirement)
    yield _prop("verdict", line.shown)
    yield _prop("level", line.level.value)
    yield _prop("judged", str(line.judged))
    yield _prop("failed", str(line.failed))
    yield _prop("inconclusive", str(line.inconclusive))
    source = f"{line.source.document} {line.source.clause or ''}"
    if _token(source):
        yield _prop("source", source)
    if line.flaky:
        yield _prop("flaky", "true")


def _evidence(line: VerdictLine) -> str:
    """The first example in its slots, as text that no Markdown reader takes for markup."""
    if not line.examples:
        return _line(translations.named("v", line.shown))
    example = line.examples[0]
    slots = (("expected", example.finding.expected), ("actual", example.finding.actual), ("replay", example.replay))
    told = [f"{_line(translations.word(key))}: {literal(text, _LIMIT)}" for key, text in slots]
    return "\n\n".join([_line(example.finding.message), *told])


def _line(*texts: Text) -> str:
    """Texts in both languages as one line of markup, in which nothing is markup."""
    return literal(" ".join(map(bilingual, texts)), _LIMIT) or "–"


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": _NAMESPACE, "value": _token(value) or "–"}


def _token(text: str) -> str:
    """A string without blanks at its ends, on one line."""
    return shorten(one_line(visible(text)), _LIMIT).strip()


def _moment(stamp: str) -> str:
    """A time that the format takes: as it is, or the beginning of all clocks where it is none."""
    try:
        at = dt.datetime.fromisoformat(stamp)
    except ValueError:
        return _NO_TIME
    return at.isoformat() if at.tzinfo else _NO_TIME


def _id(requirement: str) -> str:
    """The id of a requirement as a token of OSCAL: letters, digits, `.`, `-`, `_`, beginning with a letter or `_`."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in ".-_") else "_" for c in requirement)
    return kept if kept[:1].isalpha() or kept[:1] == "_" else f"_{kept}"


def _hashes(digest: str) -> dict[str, Any]:
    algorithm, _, value = digest.partition(":")
    return {"hashes": [{"algorithm": "SHA-256", "value": value}]} if algorithm == "sha256" and value else {}
