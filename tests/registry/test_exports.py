"""Statements and advisories as PDF: what they say, that nothing in them acts, and that making them stays bounded."""

from __future__ import annotations

import datetime as dt
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.model import Text
from conformance.registry import advisories, runs, statements
from conformance.registry.advisories import Advisory
from conformance.registry.advisory_states import AdvisoryState
from conformance.registry.exports import advisory_document, statement_document
from conformance.registry.exports.document import Code, Document, Language, Part, Row
from conformance.registry.exports.statement_document import Stated, signed
from conformance.registry.exports.typesetting import NO_FONT, Limits, Places, typeset
from conformance.registry.exports.typesetting_process import japanese
from conformance.registry.office import Office
from conformance.registry.refusals import UnavailableError
from registry.asking import Asking
from registry.pdf import Pdf
from registry.people import World
from registry.stated import stated
from registry.steady import Clock, conforming, failing
from registry.test_advisories import approved, issued, judged_as

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
LANGUAGES: tuple[Language, ...] = ("ja", "en")
CONDITION = Text("次の改版までに直すこと。", "To be put right with the next release.")


def read(office: Office, statement: str) -> Stated:
    with office.database.read() as connection:
        found = statements.read(connection, statement)
        short = runs.judgement(connection, found.run_id).judged.short
    titles = {(each.service, each.requirement): each.title for each in short}
    return Stated(found, signed(found.envelope), found.stands(office.now()), titles)


def with_everything(office: Office, world: World) -> Stated:
    """A statement with a condition and a waiver."""
    approved(office, world)
    judged_as(office, failing())
    return read(office, stated(office, world, CONDITION))


def advised(office: Office, world: World) -> Advisory:
    made = issued(office, world)
    with office.database.read() as connection:
        return advisories.read(connection, world["approver"], made)


@on_sqlite
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_statement_says_all_of_it_in_each_language(office: Office, world: World, lang: Language) -> None:
    """Claim: whoever holds the paper knows what is stated of what, how far, and until when. Stimulus: a statement with
    a condition and a waiver. Expected: parties, product, body, edition, digests, condition, waiver with its verdict
    underneath, validity, key, what it is not; title, language and date are set; A4; all fonts embedded."""
    found = with_everything(office, world)
    pdf = Pdf(typeset(statement_document.document(found, office.url, lang)))
    own, text = found.own, pdf.text()
    digests = [value for each in found.content["subject"] for value in each["digest"].values()]
    waived = own["waived"][0]
    for told in (
        found.statement.id, found.statement.key_id, *digests, own["vendor"]["name"], own["product"]["version"],
        "千代田区", "131016", own["run"]["id"], "COM-PAG-001", waived["reason"][lang], waived["condition"][lang],
        waived["waiver"], getattr(CONDITION, lang), failing().services[0].edition,
        *({"ja": ("不合格", "法令に基づく認証ではなく", "第一者", "満たしていないか", "2027年1月1日"),
           "en": ("Fail", "It is no certificate in law", "First party", "are excepted", "1 January 2027")}[lang]),
    ):  # fmt: skip
        assert told.replace(" ", "") in text.replace(" ", ""), told
    assert pdf.about["Title"] == {"ja": "適合の表明", "en": "Statement of conformity"}[lang]
    assert pdf.about["CreationDate"].startswith("D:20261129030000")
    assert f"/Lang({lang})".encode() in pdf.content.replace(b"/Lang (", b"/Lang(")
    assert b"/StructTreeRoot" in pdf.content
    assert [round(side) for side in pdf.pages[0].get_size()] == [595, 842]
    fonts = pdf.fonts()
    assert fonts
    assert all(fonts.values())


@on_sqlite
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_code_leads_to_the_page_that_tells_whether_it_stands(office: Office, world: World, lang: Language) -> None:
    """Claim: paper can be checked with a telephone. Stimulus: the first page, made a picture, and read by another
    program. Expected: one code, with the address of the public page."""
    judged_as(office, conforming())
    found = read(office, stated(office, world))
    pdf = Pdf(typeset(statement_document.document(found, office.url, lang)))
    assert pdf.codes() == [f"https://registry.example.jp/statements/{found.statement.id}"]


@on_sqlite
def test_a_statement_that_stands_no_more_says_so(office: Office, world: World, clock: Clock) -> None:
    """Claim: paper that is printed today does not say what is no longer so. Stimulus: one statement superseded by
    another, that one withdrawn, and a third a year later. Expected: each says which, and the first names the newer."""
    judged_as(office, conforming())
    first = stated(office, world)
    second = stated(office, world)
    statements.withdraw(office, world["approver"], second, "wrong")
    third = stated(office, world)
    assert banner(office, third) == ""
    assert second in banner(office, first)
    assert "newer" in banner(office, first)
    assert "withdrawn" in banner(office, second)
    clock.forward(days=365)
    assert "run out" in banner(office, third)


def banner(office: Office, statement: str) -> str:
    return statement_document.document(read(office, statement), office.url, "en").banner


@on_sqlite
@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_advisory_says_all_of_it_in_each_language(office: Office, world: World, lang: Language) -> None:
    """Claim: body and vendor know what was found and what to do. Stimulus: an issued advisory. Expected: to whom,
    instrument, basis, clause, expected, actual, remedy, date; that it is no exercise of power by itself."""
    found = advised(office, world)
    text = Pdf(typeset(advisory_document.document(found, lang))).text().replace(" ", "")
    short = failing().short[0]
    for told in (
        found.id, "千代田区", getattr(short.title, lang), getattr(short.statement, lang), short.source.document,
        found.content.evidence, found.run_id,
        *({"ja": ("技術的助言", "2026年12月28日", "法的な権限の行使ではありません", "発出済み"),
           "en": ("Technical advice", "28 December 2026", "no exercise of legal power", "Issued")}[lang]),
    ):  # fmt: skip
        assert told.replace(" ", "") in text, told


@on_sqlite
def test_a_draft_says_that_it_is_one(office: Office, world: World) -> None:
    """Claim: nobody takes a draft for what was sent. Stimulus: an advisory in each state. Expected: a banner in the
    three in which it was not sent, and in no other; every state has a word."""
    found = advised(office, world)
    for state in AdvisoryState:
        document = advisory_document.document(replace(found, state=state), "en")
        assert bool(document.banner) is (state in {"drafted", "approved", "dropped"})
        assert any(row.label == "State" and row.value for row in document.parts[0].rows)


HOSTILE = (
    '#set page(fill: red) #panic() #read("/etc/passwd") #image("x") $x^2$ \\ \\u{0} `code` ```raw``` *b* _i_ <label> '
    "@reference // /* c */ [x](javascript:y) \"q\" 'q' --- ~ = h\n- item {{ 7 * 7 }} <script>alert(1)</script> &amp; %s"
)
ODD = "葛\U000e0100城市 𠮷野家 \U0001f600 مرحبا עברית \u202eabc\u202c \x00\x1b[31m\u200b \ud800 e\u0301"
LONG = "x" * 10_000


def hostile(text: str) -> Document:
    """A document with a text in every place that there is."""
    rows = (Row(text, text), Row(text, text, code=True))
    inner = Part(text, (text,), rows)
    moment = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
    return Document(
        "ja", text, text, text, text, moment, (text, text), text, (Part(text, (text,), rows, (inner,)),), text, text,
        Code("https://registry.example.jp/statements/x", text),
    )  # fmt: skip


def test_what_comes_from_the_database_is_never_markup() -> None:
    """Claim: a text is set as it is. Stimulus: commands of the typesetter, of TeX, HTML and Markdown in every place.
    Expected: they stand there to be read, as often as they were put there; no page is red."""
    pdf = Pdf(typeset(hostile(HOSTILE)))
    text = pdf.text().replace(" ", "")
    for told in ("#setpage(fill:red)", '#read("/etc/passwd")', "$x^2$", "`code`", "*b*_i_<label>@reference", "{{7*7}}"):
        assert text.count(told) >= 12, told
    image = pdf.pages[0].render()
    corner = bytes(memoryview(image.buffer).cast("B")[:3])
    assert corner == b"\xff\xff\xff"


@pytest.mark.parametrize("text", [ODD, LONG, "「" * 10_000, "っ」" * 5_000, "مرحبا" * 2_000, ""])
def test_no_text_is_lost_or_runs_off_the_page(text: str) -> None:
    """Claim: whatever is written can be read. Stimulus: variants, characters beyond the first plane, text from right to
    left, what hides or turns text round, half a surrogate pair; ten thousand characters without a blank. Expected: a
    document; nothing beyond the edge; what hides is written out; what is too long says how much was left out."""
    pdf = Pdf(typeset(hostile(text)))
    assert pdf.outside() == []
    told = pdf.text()
    if text == ODD:
        for part in ("城市", "𠮷野家", "U+202E", "U+0000", "U+001B", "U+200B", "U+D800"):
            assert part in told
    elif text:
        assert told.count("6,000") >= 6
        assert told.count("9,700") >= 4


@on_sqlite
def test_the_same_statement_gives_the_same_bytes(office: Office, world: World, clock: Clock) -> None:
    """Claim: a copy can be told from a change. Stimulus: the same statement set twice, by two processes, on two days.
    Expected: equal."""
    judged_as(office, conforming())
    made = stated(office, world)
    first = typeset(statement_document.document(read(office, made), office.url, "ja"), places=Places())
    clock.forward(days=3)
    assert typeset(statement_document.document(read(office, made), office.url, "ja"), places=Places()) == first


def test_what_takes_too_much_is_refused() -> None:
    """Claim: one document cannot take the machine. Stimulus: less memory than the typesetter needs; a result larger
    than is taken. Expected: UnavailableError each time, which says what to take instead."""
    document = hostile("x")
    for limits in (Limits(memory=96 << 20), Limits(size=100)):
        with pytest.raises(UnavailableError):
            typeset(document, limits)


def test_those_who_come_after_too_many_are_told_so() -> None:
    """Claim: many who ask at once keep nobody else from the registry. Stimulus: all places taken. Expected:
    UnavailableError at once; when a place is free again, a document."""
    places, taken, free = Places(working=1, waiting=0), threading.Event(), threading.Event()

    def hold() -> None:
        with places.taken():
            taken.set()
            free.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(60)
    try:
        with pytest.raises(UnavailableError, match="too many"):
            typeset(hostile("one"), places=places)
    finally:
        free.set()
        holder.join()
    assert typeset(hostile("one"), places=places).startswith(b"%PDF-")


def test_without_a_japanese_font_the_next_step_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Claim: no document with empty boxes leaves the registry. Stimulus: families without a Japanese one; with one of
    another foundry; a typesetter that has found none. Expected: None; that one for both; an error that names a
    package."""
    assert japanese(["DejaVu Sans Mono", "Noto Sans CJK KR"]) is None
    assert japanese(["IPAexMincho"]) == {"mincho": ["IPAexMincho"], "gothic": ["IPAexMincho"]}
    without = tmp_path / "typesetter"
    without.write_text(f"#!/bin/sh\nexit {NO_FONT}\n")
    without.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(without))
    with pytest.raises(UnavailableError, match="fonts-noto-cjk"):
        typeset(hostile("no font"), places=Places())


@on_sqlite
def test_a_statement_is_to_be_had_by_everybody(office: Office, world: World, api: str) -> None:
    """Claim: the document is as public as the statement. Stimulus: nobody in particular asks for it in both languages,
    in a third, with a parameter that is none, for another one. Expected: PDF to be saved; 400; 400; 404."""
    judged_as(office, conforming())
    path = f"/statements/{stated(office, world)}/statement.pdf"
    for lang in LANGUAGES:
        answer = Asking(api)("GET", f"{path}?lang={lang}")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert f".{lang}.pdf" in answer.headers["Content-Disposition"]
        assert answer.content.startswith(b"%PDF-")
    assert Asking(api)("GET", f"{path}?lang=fr").status_code == 400
    assert Asking(api)("GET", f"{path}?colour=red").status_code == 400
    assert Asking(api)("GET", "/statements/none/statement.pdf").status_code == 404
