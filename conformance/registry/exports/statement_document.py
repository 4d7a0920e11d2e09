"""The statement of conformity for people to read: what the signed file says, and whether it stands."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from conformance.catalogue.service import available, published_service
from conformance.model import Text
from conformance.registry.exports.document import Code, Document, Language, Part, Row, Words
from conformance.registry.statement import OWN
from conformance.registry.statements import Statement, StatementState
from conformance.views.translations import named

_DIGESTS: Final = ("evidence_digest", "run_digest", "archive_digest")
"""Of the three subjects, in the order in which a statement has them."""


@dataclass(frozen=True)
class Stated:
    """A statement, what was signed, and whether it stands. `titles` are those of requirements, by service and id."""

    statement: Statement
    content: Mapping[str, Any]
    stands: StatementState
    titles: Mapping[tuple[str, str], Text]

    @property
    def own(self) -> Mapping[str, Any]:
        """Our part of what was signed."""
        found: Mapping[str, Any] = self.content["predicate"][OWN]
        return found


def signed(envelope: str) -> dict[str, Any]:
    """What was signed in an envelope that the registry itself has written."""
    payload = base64.b64decode(msgspec.json.decode(envelope)["payload"])
    return msgspec.json.decode(payload, type=dict[str, Any])


def document(stated: Stated, url: str, lang: Language) -> Document:
    """The document in one language. `url`: of the registry, which the QR code leads to."""
    words, own, made = Words(lang), stated.own, stated.statement
    product = f"{own['product']['name']} {own['product']['version']}"
    number = words("number", id=made.id)
    leads = (("lead", True), ("lead_waived", own["waived"]), ("lead_conditions", own["conditions"]))
    return Document(
        lang=lang,
        title=words("statement"),
        subject=words("subject", product=product, body=own["body"]["name"]),
        author=words("registry"),
        number=number,
        made=made.issued_at,
        lead=tuple(words(key) for key, told in leads if told),
        banner=_banner(words, stated),
        parts=tuple(_parts(words, stated, product, url)),
        notice=words.said(own["about"]),
        footer=f"{words('statement')}　{number}",
        qr=Code(f"{url}/statements/{made.id}", words("qr_statement")),
    )


def _banner(words: Words, stated: Stated) -> str:
    made = stated.statement
    if stated.stands is StatementState.VALID:
        return ""
    at = made.valid_until if stated.stands is StatementState.EXPIRED else made.changed_at
    return words(f"ended_{stated.stands}", at=words.when(at), newer=made.superseded_by or "")


def _parts(words: Words, stated: Stated, product: str, url: str) -> list[Part]:
    own, made = stated.own, stated.statement
    found = [
        Part(words("stated"), rows=tuple(_particulars(words, own, made, product))),
        Part(words("scope"), parts=tuple(_service(words, stated, entry) for entry in own["scope"])),
        Part(words("conditions"), rows=_conditions(words, own)),
        _waived(words, stated),
    ]
    if own["observations"]:
        told = tuple(Row(_name(entry), _title(words, stated, entry)) for entry in own["observations"])
        found.append(Part(words("observations"), (words("observations_note"),), told))
    return [*found, _results(words, stated), _evidence(words, stated), _verification(words, made, url)]


def _particulars(words: Words, own: Mapping[str, Any], made: Statement, product: str) -> list[Row]:
    body = own["body"]
    kind = words.said(named("b", body["type"]))
    return [
        words.row("vendor", own["vendor"]["name"]),
        words.row("product", product),
        words.row("body", words("body_value", name=body["name"], code=body["code"], type=kind)),
        words.row("party", words(f"party_{own['party']}")),
        words.row("issued", words.when(made.issued_at)),
        words.row("until", words.when(made.valid_until)),
        words.row("assessor", own["decision"]["assessor"], code=True),
        words.row("approver", own["decision"]["approver"], code=True),
    ]


def _service(words: Words, stated: Stated, entry: Mapping[str, Any]) -> Part:
    edition = f"{entry['service']}/{entry['version']}/edition.jsonl.zst"
    configured = next(c for c in stated.content["predicate"]["configuration"] if c["name"] == edition)
    title = _service_title(words, entry["service"], entry["version"])
    return Part(
        f"{title} ({entry['service']})",
        rows=(
            words.row("version", entry["version"]),
            words.row("edition", _digest(configured["digest"]), code=True),
            words.row("scripts", f"{configured['annotations']['scripts']:,}"),
            words.row("tested_as", words.said(named("b", entry["bodyType"]))),
            words.row("options", ", ".join(entry["options"]) or words("none")),
            words.row("upper_tester", words("yes" if entry["upperTester"] else "no")),
            words.row("day", words.day(dt.date.fromisoformat(entry["day"]))),
        ),
    )


def _service_title(words: Words, service: str, version: str) -> str:
    """As the published documents have it; the name alone once they are published here no more."""
    if version not in available().get(service, ()):
        return service
    return words.said(published_service(service, version).title)


def _conditions(words: Words, own: Mapping[str, Any]) -> tuple[Row, ...]:
    told = [words.said(condition) for condition in own["conditions"]]
    if not told:
        return (words.row("conditions", words("none")),)
    return tuple(Row(words("condition_n", number=n), text) for n, text in enumerate(told, 1))


def _waived(words: Words, stated: Stated) -> Part:
    entries = stated.own["waived"]
    if not entries:
        return Part(words("waived"), rows=(words.row("waived", words("none")),))
    parts = tuple(
        Part(
            f"{_name(entry)} {_title(words, stated, entry)}",
            rows=(
                words.row("verdict", words.said(named("v", entry["verdict"]))),
                words.row("reason", words.said(entry["reason"])),
                words.row("condition", words.said(entry["condition"])),
                words.row("period", _period(words, entry)),
                words.row("waiver", entry["waiver"], code=True),
            ),
        )
        for entry in entries
    )
    return Part(words("waived"), (words("waived_note"),), parts=parts)


def _period(words: Words, entry: Mapping[str, Any]) -> str:
    first, last = (words.day(dt.date.fromisoformat(entry[key])) for key in ("from", "until"))
    return words("period_value", first=first, last=last)


def _name(entry: Mapping[str, Any]) -> str:
    return f"{entry['service']}/{entry['requirement']}"


def _title(words: Words, stated: Stated, entry: Mapping[str, Any]) -> str:
    found = stated.titles.get((entry["service"], entry["requirement"]))
    return words.said(found) if found else ""


def _results(words: Words, stated: Stated) -> Part:
    own, run = stated.own, stated.own["run"]
    return Part(
        words("results"),
        rows=(
            words.row("passed", f"{len(stated.content['predicate']['passedTests']):,}"),
            words.row("standing", words.said(named("s", run["standing"]))),
            words.row("exchanges", f"{run['exchanges']:,}"),
            words.row("run", run["id"], code=True),
            words.row("seed", run["seed"], code=True),
            words.row("judged_with", own["judgedWith"], code=True),
        ),
    )


def _evidence(words: Words, stated: Stated) -> Part:
    subjects = zip(_DIGESTS, stated.content["subject"], strict=True)
    return Part(
        words("evidence"), rows=tuple(words.row(key, _digest(each["digest"]), code=True) for key, each in subjects)
    )


def _digest(told: Mapping[str, str]) -> str:
    return ", ".join(f"{algorithm}:{value}" for algorithm, value in told.items())


def _verification(words: Words, made: Statement, url: str) -> Part:
    return Part(
        words("verify"),
        (words("verify_note"),),
        (
            words.row("key", made.key_id, code=True),
            words.row("page", f"{url}/statements/{made.id}", code=True),
            words.row("file", f"{url}/v1/statements/{made.id}/file", code=True),
            words.row("revocations", f"{url}/v1/revocations", code=True),
        ),
    )
