"""An advisory for people to read: the same as its page says, in one language."""

from __future__ import annotations

from conformance.model import Source
from conformance.registry.advisories import Advisory
from conformance.registry.advisory_states import NEXT, SENT, AdvisoryState
from conformance.registry.advisory_text import NO_POWER, Found
from conformance.registry.exports.document import Document, Language, Part, Row, Words
from conformance.views.translations import named


def document(advisory: Advisory, lang: Language) -> Document:
    """The document in one language; a draft says that it is one."""
    words, content = Words(lang), advisory.content
    number = words("number", id=advisory.id)
    title = words.said(content.instrument_name)
    return Document(
        lang=lang,
        title=title,
        subject=words("subject", product=content.product, body=content.body.name),
        author=words("registry"),
        number=number,
        made=advisory.issued_at or advisory.changed_at,
        lead=(words("advisory_lead"),),
        banner=_banner(words, advisory),
        parts=tuple(_parts(words, advisory)),
        notice=words.said(NO_POWER),
        footer=f"{title}　{number}",
    )


def _banner(words: Words, advisory: Advisory) -> str:
    if advisory.state in SENT:
        return ""
    return words("dropped" if advisory.state is AdvisoryState.DROPPED else "not_sent")


def _parts(words: Words, advisory: Advisory) -> list[Part]:
    content = advisory.content
    many = len({finding.service for finding in content.findings}) > 1
    found = [
        Part(words("particulars"), rows=tuple(_particulars(words, advisory))),
        Part(words("basis"), (words.said(content.basis),)),
        Part(
            words("findings", number=len(content.findings)),
            parts=tuple(_finding(words, number, each, many) for number, each in enumerate(content.findings, 1)),
        ),
    ]
    return [*found, Part(words("plan"), (content.plan,))] if content.plan else found


def _particulars(words: Words, advisory: Advisory) -> list[Row]:
    content, body = advisory.content, advisory.content.body
    kind = words.said(named("b", body.type))
    rows = [
        words.row("to", words("body_value", name=body.name, code=body.code, type=kind)),
        words.row("vendor", content.vendor),
        words.row("product", content.product),
        words.row("state", words(f"a.{advisory.state}")),
        words.row("next", words.said(NEXT[advisory.state])),
    ]
    if advisory.issued_at is not None:
        rows.append(words.row("issued_at", words.when(advisory.issued_at)))
    rows.append(words.row("answer_by", words.day(advisory.answer_by)))
    if advisory.remedy_by is not None:
        rows.append(words.row("remedy_by", words.day(advisory.remedy_by)))
    return [
        *rows,
        words.row("run_submitted", content.run_id, code=True),
        words.row("evidence_digest", content.evidence, code=True),
        words.row("judged_with", content.judged_with, code=True),
    ]


def _finding(words: Words, number: int, found: Found, many: bool) -> Part:
    name = f"{found.service}/{found.requirement}" if many else found.requirement
    rows = [words.row("statement_of", words.said(found.statement)), words.row("source", _source(words, found.source))]
    if found.message is not None:
        rows.append(words.row("message", words.said(found.message)))
    return Part(
        f"{number}. {name} {words.said(found.title)}",
        rows=(
            *rows,
            words.row("expected", found.expected, code=True),
            words.row("actual", found.actual, code=True),
            words.row("remedy", words.said(found.remedy)),
        ),
    )


def _source(words: Words, source: Source) -> str:
    told = f"{source.document} {source.clause or ''}".strip()
    kind = words.said(named("", f"kind_{source.kind}"))
    return f"{told}（{kind}）" if words.lang == "ja" else f"{told} ({kind})"
