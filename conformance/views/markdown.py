"""A short summary in Markdown, for the summary page of a CI job. One language per file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conformance.model import Text, VerdictKind
from conformance.views import translations
from conformance.views.characters import one_line, shorten
from conformance.views.run_data import RunData, VerdictLine
from conformance.views.translations import spoken

MOST_FAILURES = 20
MOST_OTHERS = 10
_SPECIAL = re.compile(r"[\\`*_\[\]#|~@!$]|:(?=[^\s\d])")
_MARKS = {"conforming": "✅", "conforming-with-observations": "✅", "incomplete": "⚠️", "non-conforming": "❌"}


def render(run: RunData, language: str) -> str:
    """The summary in `ja` or `en`: standing, who, figures, failures, what could not be judged."""
    return "\n\n".join(_Summary(run, language).parts()) + "\n"


def literal(text: str, limit: int = 300) -> str:
    """A text that Markdown shows as it is: one line, no markup, no HTML, no link."""
    flat = shorten(one_line(text), limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = _SPECIAL.sub(lambda found: f"\\{found[0]}", flat)
    escaped = re.sub(r"(?i)\bwww\.", lambda found: f"{found[0][:-1]}\\.", escaped)
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", escaped)


def command(text: str) -> str:
    """A command as a code span, whatever backquotes are in it."""
    flat = one_line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", flat)), default=0))
    return f"{fence} {flat} {fence}" if "`" in flat else f"{fence}{flat}{fence}"


class _Summary:
    def __init__(self, run: RunData, language: str) -> None:
        self.run = run
        self.language = language

    def parts(self) -> Iterator[str]:
        run, mark = self.run, _MARKS[self.run.standing]
        yield f"## {mark} {self.word('suite')}: {self.say(translations.standing_word(run))}"
        yield self.sentence(translations.meaning(run))
        for banner in translations.banners(run):
            yield f"> **{self.sentence(banner)}**"
        yield self.who()
        yield self.figures()
        yield from self.section("failures", run.failures, MOST_FAILURES)
        yield from self.section("observations", run.observations, MOST_OTHERS)
        yield from self.section("inconclusive", run.having(VerdictKind.INCONCLUSIVE), MOST_OTHERS)
        steps = "\n".join(f"{n}. {self.sentence(step)}" for n, step in enumerate(translations.next_steps(run), 1))
        yield f"### {self.word('next')}\n\n{steps}"
        yield f"{self.sentence(translations.basis(run))} {self.word('legal')}"

    def say(self, text: Text) -> str:
        return literal(spoken(text, self.language))

    def sentence(self, text: Text) -> str:
        """A sentence of our own, in which backquotes mark commands."""
        return spoken(text, self.language)

    def word(self, key: str) -> str:
        return spoken(translations.word(key), self.language)

    def who(self) -> str:
        header = self.run.header
        body = f"{header.body.name} ({header.body.code})" if header.body else "–"
        rows = [("body", body), ("product", header.product or "–")]
        rows += [("service", f"{spoken(s.title, self.language)} {s.version}") for s in header.services]
        rows += [("created", spoken(translations.moment(header.created), self.language)), ("seed", header.seed)]
        explored = translations.explored(self.run)
        rows += [("explored", spoken(explored, self.language))] if explored else []
        return self.table(("", ""), ((self.word(key), literal(value)) for key, value in rows))

    def figures(self) -> str:
        coverage, rate = self.run.coverage, self.run.pass_rate
        rows = [
            (f"{self.word('coverage')} ({self.word('coverage_of')})", f"{coverage.judged} / {coverage.applicable}"),
            (f"{self.word('pass_rate')} ({self.word('pass_rate_of')})", f"{rate.passed} / {rate.judged}"),
        ]
        rows += [(self.word(f"v.{kind}"), str(number)) for kind, number in self.run.shown.items() if number]
        return self.table((self.word("figures"), ""), rows)

    def table(self, head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
        return "\n".join([f"| {head[0]} | {head[1]} |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])

    def section(self, key: str, lines: tuple[VerdictLine, ...], most: int) -> Iterator[str]:
        if not lines:
            return
        shown = [self.item(line) for line in lines[:most]]
        if len(lines) > most:
            shown.append(f"- … (+{len(lines) - most})")
        yield f"### {self.word(key)} ({len(lines)})\n\n" + "\n".join(shown)

    def item(self, line: VerdictLine) -> str:
        level = self.say(translations.named("l", line.level))
        marks = f"{level}, {self.word('flaky')}" if line.flaky else level
        head = f"- **{literal(line.requirement)}** {self.say(line.title)} ({marks})"
        if line.verdict is VerdictKind.INCONCLUSIVE:
            return f"{head}: {self.say(line.reason or translations.word('reason_none'))}"
        if not line.examples:
            return head
        finding = line.examples[0].finding
        slots = [("expected", literal(finding.expected)), ("actual", literal(finding.actual))]
        slots.append(("replay", command(line.examples[0].replay)))
        slots += [("closer", self.say(note)) for note in translations.notes(line)]
        details = [f"  - {self.word(key)}: {value}" for key, value in slots]
        return "\n".join([f"{head}<br>{self.say(finding.message)}", *details])
