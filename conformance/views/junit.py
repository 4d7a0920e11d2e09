"""The run as JUnit XML: one test case per requirement, so that a CI server shows what it shows for tests.

| verdict | element |
|---|---|
| fail | `failure`, with the slots of the failure as text |
| inconclusive | `error`: never skipped, because nobody looks at what was skipped |
| not_applicable, not_tested, waived | `skipped`, with the reason |
| fail of a recommendation | passes, with the observation as `system-out` |

A run that is incomplete without any inconclusive requirement gets one more test case that says so, as an error.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from conformance.model import Example, VerdictKind
from conformance.views import translations
from conformance.views.characters import one_line, shorten, visible
from conformance.views.run_data import RunData, VerdictLine
from conformance.views.translations import bilingual as _both

WIRE_LIMIT = 4_000


def render(run: RunData) -> str:
    """The whole document, valid XML 1.0 whatever the evidence holds."""
    suites: dict[str, list[ET.Element]] = {service.service: [] for service in run.header.services}
    for line in run.verdicts:
        suites.setdefault(line.service, []).append(_case(line))
    if _silent(run):
        suites.setdefault("run", []).append(_incomplete(run))
    root = ET.Element("testsuites", {"name": one_line(run.header.product) or "conformance"})
    for name, cases in suites.items():
        suite = ET.SubElement(root, "testsuite", {"name": one_line(name), **_totals(cases), **_timing(run)})
        _properties(suite, run)
        suite.extend(cases)
    root.attrib.update(_totals(list(root.iter("testcase"))) | _timing(run))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def failure_text(line: VerdictLine) -> str:
    """A failure in its fixed slots, as plain text in both languages."""
    slots = [f"{_both(line.statement)}", _slot("source", _source(line))]
    if line.reason:
        slots.append(_slot("reason", _both(line.reason)))
    slots += [_slot("closer", _both(note)) for note in translations.notes(line)]
    slots += [_example(example) for example in line.examples]
    slots.append(_slot("same_cause", ", ".join(line.same_cause) or _both(translations.word("none"))))
    counts = {"judged": line.judged, "failed": line.failed, "inconclusive": line.inconclusive}
    slots.append(_slot("counts", _both(translations.word("counts_text", **counts))))
    return visible("\n\n".join(slots))


def _example(example: Example) -> str:
    finding = example.finding
    slots = [
        f"{finding.message.ja}\n{finding.message.en}",
        _slot("expected", finding.expected),
        _slot("actual", finding.actual),
        _slot("preamble", "\n".join(example.preamble)) if example.preamble else "",
        _slot("request", shorten(example.request, WIRE_LIMIT)),
        _slot("response", shorten(example.response, WIRE_LIMIT)),
        _slot("curl", shorten(example.curl, WIRE_LIMIT)),
        _slot("replay", example.replay),
    ]
    return "\n\n".join(slot for slot in slots if slot)


def _slot(key: str, text: str) -> str:
    return f"[{_both(translations.word(key))}]\n{text}"


def _source(line: VerdictLine) -> str:
    kind = _both(translations.word(f"kind_{line.source.kind}"))
    return f"{line.source.document} {line.source.clause or ''} ({kind})"


def _case(line: VerdictLine) -> ET.Element:
    name = one_line(f"{line.requirement} {_both(line.title)}")
    case = ET.Element("testcase", {"classname": one_line(f"{line.service}.{line.area}"), "name": name, "time": "0"})
    message = one_line(_both(line.examples[0].finding.message if line.examples else line.statement))
    if line.flaky:
        message = one_line(f"[{_both(translations.word('flaky'))}] {message}")
    reason = one_line(_both(line.reason or translations.word("reason_none")))
    if line.observation:
        ET.SubElement(case, "system-out").text = f"[{_both(translations.word('observations'))}]\n{failure_text(line)}"
    elif line.verdict is VerdictKind.FAIL:
        ET.SubElement(case, "failure", {"message": message, "type": line.level}).text = failure_text(line)
    elif line.verdict is VerdictKind.INCONCLUSIVE:
        ET.SubElement(case, "error", {"message": reason, "type": line.verdict}).text = failure_text(line)
    elif line.verdict is not VerdictKind.PASS:
        word = _both(translations.named("v", line.verdict))
        if line.verdict is VerdictKind.WAIVED:
            word += f" ({_both(translations.word('underneath'))}: {_both(translations.named('v', line.underneath))})"
        ET.SubElement(case, "skipped", {"message": f"{word}: {reason}"})
    return case


def _silent(run: RunData) -> bool:
    if not run.complete:
        return True
    return run.standing == "incomplete" and not run.header.partial and not run.having(VerdictKind.INCONCLUSIVE)


def _incomplete(run: RunData) -> ET.Element:
    case = ET.Element("testcase", {"classname": "run", "name": "run is complete", "time": "0"})
    key = "sm.incomplete" if run.complete else "banner_cut"
    ET.SubElement(case, "error", {"message": _both(translations.word(key)), "type": "incomplete"})
    return case


def _totals(cases: list[ET.Element]) -> dict[str, str]:
    def number(tag: str) -> str:
        return str(sum(case.find(tag) is not None for case in cases))

    return (
        {"tests": str(len(cases))}
        | {f"{tag}s": number(tag) for tag in ("failure", "error")}
        | {"skipped": number("skipped")}
    )


def _timing(run: RunData) -> dict[str, str]:
    return {"time": f"{run.footer.timing.wall_seconds:.3f}" if run.footer else "0"}


def _properties(suite: ET.Element, run: RunData) -> None:
    header, body = run.header, run.header.body
    editions = {f"edition.{s.service}": s.edition or "" for s in header.services}
    values = {
        "standing": run.standing,
        "complete": str(run.complete).lower(),
        "partial": str(header.partial).lower(),
        "coverage": f"{run.coverage.judged}/{run.coverage.applicable}",
        "pass_rate": f"{run.pass_rate.passed}/{run.pass_rate.judged}",
        "body": f"{body.code} {body.name}" if body else "",
        "run_id": header.run_id,
        "seed": header.seed,
        "suite": header.suite,
    }
    if header.explore and header.explore.seed is not None:
        values["explore_seed"] = header.explore.seed
    properties = ET.SubElement(suite, "properties")
    for name, value in (values | editions).items():
        ET.SubElement(properties, "property", {"name": one_line(name), "value": one_line(value)})
