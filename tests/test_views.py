"""The views say what the run says, in their own format, and nothing that the run holds can act in them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
import views_data

import conformance
from conformance import views
from conformance.errors import ArchiveError, UsageError
from conformance.views import badge, characters, csv_view, junit, markdown, run_data, translations

SCHEMA = json.loads((Path(conformance.__file__).parent / "run.schema.json").read_text(encoding="utf-8"))
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def loaded(lines: list[views_data.Line], folder: Path) -> run_data.RunData:
    return run_data.load(views_data.write(lines, folder / "run.jsonl"))


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  a document that we have just made ourselves


@pytest.fixture
def run(tmp_path: Path) -> run_data.RunData:
    return loaded(views_data.run(), tmp_path)


def test_every_line_of_a_run_is_described_by_the_schema() -> None:
    """Claim: the schema is valid 2020-12, accepts each line of the sample, and is closed to anything more."""
    jsonschema_rs.meta.validate(SCHEMA)
    validator = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
    for line in views_data.run() + views_data.run(partial=True):
        validator.validate(line)
        assert not validator.is_valid(line | {"surprise": 1}), line["type"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"verdict": "maybe"}, "no such verdict"),
        ({"verdict": "pass", "judged": 0}, "nothing passes without a judged trace"),
        ({"verdict": "inconclusive"}, "inconclusive needs a reason"),
        ({"operations": {"getResident": [1]}}, "a pair has two numbers"),
        ({"requirement": "<script>"}, "not an id"),
    ],
)
def test_the_schema_refuses_a_verdict_that_makes_no_sense(change: views_data.Line, why: str) -> None:
    """Claim: what no suite may write is not valid."""
    line = next(line for line in views_data.run() if line.get("verdict") == "pass")
    assert not jsonschema_rs.Draft202012Validator(SCHEMA).is_valid(line | change), why


def test_a_complete_run_keeps_its_figures(run: run_data.RunData) -> None:
    """Claim: standing, coverage and pass rate are the footer's, the counts those of the lines."""
    assert run.complete
    assert run.consistent
    assert run.standing == "non-conforming"
    assert (run.coverage.judged, run.coverage.applicable) == (105, 107)
    assert (run.pass_rate.passed, run.pass_rate.judged) == (100, 105)
    assert len(run.verdicts) == sum(run.shown.values()) == 112
    assert [line.level for line in run.failures] == ["mandatory", "mandatory", "mandatory", "optional"]


def test_a_run_without_footer_is_not_complete(tmp_path: Path) -> None:
    """Claim: whatever its verdicts say, it is incomplete, and each view says so."""
    run = loaded(views_data.run(footer=False), tmp_path)
    assert (run.complete, run.standing) == (False, "incomplete")
    assert "この実行は完了していません" in markdown.render(run, "ja")
    assert "Incomplete" in badge.render(run, "en")
    assert parsed(junit.render(run)).find(".//testcase[@name='run is complete']/error") is not None
    assert "banner" in views.html.render(run)


def test_a_line_cut_in_writing_counts_as_a_missing_footer(tmp_path: Path) -> None:
    """Stimulus: the file ends in the middle of the footer. Answer: the run loads, incomplete."""
    path = views_data.write(views_data.run(), tmp_path / "run.jsonl")
    path.write_bytes(path.read_bytes()[:-100])
    assert not run_data.load(path).complete


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not the header"),
        ('{"type":"verdict"}\n', "run.jsonl:1"),
        ('{"type":"header","format":"x/9","suite":"9","created":"","seed":"","run_id":""}\n', "suite 9"),
        ("not json\n{}\n", "run.jsonl:1"),
        ('"\ud800"\n', "run.jsonl:1"),
    ],
)
def test_what_is_not_a_run_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    """Claim: an error with file and line, and a next step; never a traceback of another kind."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(ArchiveError, match=re.escape(said)) as caught:
        run_data.load(path)
    assert caught.value.next_step


def test_a_run_that_contradicts_itself_is_refused_or_marked(tmp_path: Path) -> None:
    """Claim: lines after the footer and doubled verdicts are refused; wrong counts in the footer get a banner."""
    lines = views_data.run()
    for wrong in ([*lines, lines[1]], [*lines[:2], *lines[1:]], [lines[0], *lines]):
        with pytest.raises(ArchiveError):
            loaded(wrong, tmp_path)
    lines[-1]["verdicts"] = {"pass": 112}
    run = loaded(lines, tmp_path)
    assert translations.word("banner_altered") in translations.banners(run)


def test_a_missing_file_and_an_unknown_format_are_told_apart(tmp_path: Path) -> None:
    """Claim: `ArchiveError` names the file, `UsageError` lists the formats."""
    with pytest.raises(ArchiveError, match="nothing"):
        views.write(tmp_path / "nothing.jsonl", tmp_path, ["html"])
    with pytest.raises(UsageError, match="junit"):
        views.write(tmp_path / "nothing.jsonl", tmp_path, ["pdf"])


def test_write_makes_each_view_and_the_same_bytes_again(tmp_path: Path) -> None:
    """Claim: a view depends on the run alone."""
    path = views_data.write(views_data.run(), tmp_path / "run.jsonl")
    first = views.write(path, tmp_path / "a" / "b", list(views.FORMATS))
    again = views.write(path, tmp_path / "c", list(views.FORMATS))
    assert [p.name for p in first] == [
        "scorecard.html", "junit.xml", "summary.ja.md", "summary.en.md", "requirements.csv", "badge.ja.svg",
        "badge.en.svg", "results.sarif", "assessment-results.oscal.json",
    ]  # fmt: skip
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]


def test_no_view_holds_a_hidden_character(tmp_path: Path) -> None:
    """Stimulus: direction overrides and control characters in every text. Answer: written out in every view."""
    path = views_data.write(views_data.hostile(views_data.run()), tmp_path / "run.jsonl")
    for written in views.write(path, tmp_path / "out", list(views.FORMATS)):
        text = written.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
        assert not HIDDEN.search(text), written.name
        assert "⟦U+202E⟧" in text or written.suffix == ".svg", written.name


def test_junit_has_one_case_per_requirement_and_nothing_is_green_that_is_not(run: run_data.RunData) -> None:
    """Claim: fail is failure, inconclusive is error, the rest is skipped with its reason, an observation passes."""
    root = parsed(junit.render(run))
    cases = {case.get("name", "").split()[0]: case for case in root.iter("testcase")}
    assert len(cases) == 112
    tags = Counter(child.tag for case in cases.values() for child in case)
    assert tags == {"failure": 4, "error": 2, "skipped": 5, "system-out": 1}
    assert (root.get("failures"), root.get("errors"), root.get("skipped")) == ("4", "2", "5")
    assert cases["COM-VAL-001"].get("classname") == "resident-registry.validation"
    assert all(case[0].get("message") for case in cases.values() if len(case) and case[0].tag != "system-out")


def test_a_failure_is_told_in_its_slots_in_order(run: run_data.RunData) -> None:
    """Claim: sentence, clause, expected, actual, example, curl, replay, same cause (DESIGN)."""
    text = junit.failure_text(run.failures[0])
    keys = ("source", "expected", "actual", "request", "response", "curl", "replay", "same_cause")
    places = [text.index(f"[{translations.word(key).ja} / ") for key in keys]
    assert places == sorted(places)
    assert "without being refused" not in text
    assert run.failures[0].examples[0].replay in text


def test_junit_stays_valid_xml_whatever_it_is_told(tmp_path: Path) -> None:
    """Stimulus: controls, `]]>`, tags in every text. Answer: it parses, with as many cases."""
    root = parsed(junit.render(loaded(views_data.hostile(views_data.run()), tmp_path)))
    assert len(list(root.iter("testcase"))) == 112
    assert {element.tag for element in root.iter()} <= {
        "testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped", "system-out",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\n@x", "-cmd|' /C calc'!A0"]
)
def test_no_cell_of_the_csv_is_a_formula(text: str) -> None:
    """Claim: CWE-1236: a cell that begins like a formula gets an apostrophe."""
    assert str(csv_view.cell(text)).startswith("'")


def test_the_csv_has_a_row_per_requirement_and_opens_in_a_spreadsheet(run: run_data.RunData) -> None:
    """Claim: UTF-8 with byte order mark, CRLF, a header, numbers as numbers."""
    text = csv_view.render(run)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 112
    assert tuple(rows[0]) == csv_view.COLUMNS
    failed = next(row for row in rows if row["requirement"] == "COM-VAL-001")
    assert (failed["verdict"], failed["judged"], failed["operations_failed"]) == ("fail", "123", "registerMoveIn")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_markdown_is_short_and_names_each_failure(run: run_data.RunData, language: str) -> None:
    """Claim: it fits a CI summary, gives both figures as fractions, and no percentage alone."""
    text = markdown.render(run, language)
    assert len(text.splitlines()) < 80
    assert all(line.requirement in text for line in run.failures)
    assert "105 / 107" in text
    assert "100 / 105" in text
    assert "%" not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>&", "&lt;b&gt;&amp;"),
        ("![x](http://a.example)", r"\!\[x\](http\://a.example)"),
        ("a | b\n# c", r"a \| b \# c"),
        ("1. x", r"1\. x"),
        ("- x", r"\- x"),
        ("www.a.example", r"www\.a.example"),
    ],
)
def test_markdown_shows_hostile_text_as_it_is(text: str, shown: str) -> None:
    """Claim: no markup, HTML, link or image comes out of a text from the run."""
    assert markdown.literal(text) == shown
    assert markdown.command("a ``b`` `c").startswith("``` ")


@pytest.mark.parametrize(("language", "words"), [("ja", "不適合"), ("en", "Non-conforming")])
def test_the_badge_says_the_standing_in_words(tmp_path: Path, language: str, words: str) -> None:
    """Claim: words, an accessible title, and `partial` in the same breath; hostile text stays text."""
    for lines in (views_data.run(partial=True), views_data.hostile(views_data.run(partial=True))):
        root = parsed(badge.render(loaded(lines, tmp_path), language))
        space = "{http://www.w3.org/2000/svg}"
        assert root.findtext(f"{space}title") == root.get("aria-label")
        assert words in (root.findall(f".//{space}text")[1].text or "")
        assert re.search("一部|partial", root.get("aria-label") or "")
        assert not root.findall(f".//{space}script")


def test_the_words_are_complete_in_both_languages() -> None:
    """Claim: no word is missing in a language, doubled, or left over."""
    folder = Path(views.__file__).parent
    keys = [line.split(" |")[0] for line in (folder / "templates/words.txt").read_text(encoding="utf-8").splitlines()]
    assert not [key for key, number in Counter(keys).items() if number > 1]
    assert all(text.ja and text.en for text in translations.WORDS.values())
    files = [*folder.glob("*.py"), *folder.glob("templates/*.j2")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    exercised = SCHEMA["$defs"]["footer"]["properties"]["exercised"]["additionalProperties"]["properties"]
    assert exercised.keys() <= translations.WORDS.keys()
    built = {f"{key}_of" for key in ("coverage", "pass_rate")} | exercised.keys()
    plain = [key for key in translations.WORDS if not re.search(r"\.|^(kind|profile|basis)_", key) and key not in built]
    assert not [key for key in plain if not re.search(rf"""["']{key}["']""", source)]


def test_characters_that_look_alike_are_told_apart() -> None:
    """Claim: variation selectors, compatibility ideographs and combining marks carry a note; plain text none."""
    noted = [note for _, note in characters.pieces("\ufa19 葛\U000e0100 か\u3099 神 が 𠮷 ア") if note]
    assert noted == ["U+FA19", "VS17", "U+3099"]
    assert characters.visible("a\r\nb\rc\u202e\t") == "a\nb⟦U+000D⟧c⟦U+202E⟧\t"
    assert "".join(part for part, _ in characters.pieces("x\ufa19y")) == "x\ufa19y"
