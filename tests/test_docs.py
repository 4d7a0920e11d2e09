"""The site of the documents: whole, linked, searchable, in both languages, and deaf to what the documents say."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import spec_tree
import views_data
from command_line import started
from test_views_browser import dump

from conformance import docs
from conformance.catalogue.requirements import load_catalogue
from conformance.catalogue.service import DRAFT
from conformance.docs import proven, site
from conformance.errors import UsageError
from conformance.prove.changes import Change
from conformance.resources import specs_dir
from conformance.views import html, run_data

PLANTED = {"things-forgotten": Change("things-forgotten", "fault", ("TOY-THI-001",), "Forgets a thing.")}
Files = dict[str, str]


class Page(HTMLParser):
    """The elements of a page, its ids and links, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str, tag: str = "") -> list[str]:
        return [a[name] or "" for t, a in self.elements if name in a and (not tag or t == tag)]


@cache
def _published() -> tuple[docs.Site, Files]:
    report = specs_dir().parent / "reports" / "proof" / "proof.json"
    found = docs.read(specs_dir(), report)
    return found, docs.build(found)


@pytest.fixture
def published() -> tuple[docs.Site, Files]:
    """The site of what is published, made once."""
    return _published()


@cache
def _page(name: str) -> Page:
    return Page(_published()[1][name])


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference with one fault, without starting one."""
    monkeypatch.setattr(proven, "changes", lambda: PLANTED)


def small(
    root: Path, files: dict[str, Any] | None = None, *, report: Path | None = None, drafts: bool = False
) -> Files:
    """The site of the small set of documents."""
    spec_tree.write(root, files or spec_tree.tree())
    return docs.build(docs.read(root, report, drafts=drafts))


def test_every_requirement_has_a_page_with_all_that_is_known_of_it(published: tuple[docs.Site, Files]) -> None:
    """Claim: an engineer can read a requirement on one page. Stimulus: all published ids. Expected: a page under
    the id, with the statement in both languages, the source, and every fault that proves it."""
    found, files = published
    ids = {r.id for path in specs_dir().glob("*/*/requirements.yaml") for r in load_catalogue(path).requirements
           if not (path.parent / DRAFT).is_file()}  # fmt: skip
    assert ids == set(found.requirements)
    assert {f"requirements/{name}.html" for name in ids} <= files.keys()
    for name, (_, requirement) in found.requirements.items():
        text = " ".join(_page(f"requirements/{name}.html").text.split())
        for said in (requirement.statement.ja, requirement.statement.en, requirement.source.document):
            assert " ".join(said.split()) in text, name
        assert all(fault.name in text for fault in found.proven.faults.get(name, ())), name


def test_every_link_leads_to_a_page_and_a_place_that_are_there(published: tuple[docs.Site, Files]) -> None:
    """Claim: nothing leads astray. Stimulus: every relative address of every page. Expected: the file is made, and
    has the place that is named; what leads elsewhere is an https address, and no page names an id twice."""
    _, files = published
    ids = {name: _page(name).values("id") for name in files if name.endswith(".html")}
    for name, own in ids.items():
        assert len(own) == len(set(own)), name
        addresses = {*_page(name).values("href"), *_page(name).values("src")}
        for address in addresses:
            parts = urlsplit(address)
            if parts.scheme:
                assert parts.scheme == "https", (name, address)
                continue
            target = name
            if parts.path:
                target = _resolved(name, parts.path)
                assert target in files, (name, address)
            if parts.fragment:
                assert unquote(parts.fragment) in ids[target], (name, address)


def _resolved(page: str, path: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def test_the_search_knows_all_there_is(published: tuple[docs.Site, Files]) -> None:
    """Claim: what is published can be found. Stimulus: the embedded index. Expected: every requirement with both
    titles, every operation, every type of data, each with an address that is there."""
    found, files = published
    index = json.loads(re.findall(r"^const INDEX = (.*);$", files["assets/search.js"], re.MULTILINE)[0])
    names = {(kind, name) for kind, _, name, *_ in index}
    assert {name for kind, name in names if kind == "requirement"} == set(found.requirements)
    for chapter in found.chapters:
        assert {("operation", name) for name in chapter.operations} <= names
        assert {("schema", name) for name in chapter.document.get("components", {}).get("schemas", {})} <= names
    for _, address, *_ in index:
        page, _, place = address.partition("#")
        assert not place or place in _page(page).values("id"), address
    titles = {name: (ja, en) for kind, _, name, ja, en, *_ in index if kind == "requirement"}
    assert all(titles[n] == (r.title.ja, r.title.en) for n, (_, r) in found.requirements.items())


def test_the_words_are_there_in_both_languages(published: tuple[docs.Site, Files]) -> None:
    """Claim: the site reads in Japanese and in English. Stimulus: the words of the site and every page. Expected: no
    word lacks a language, and as many texts in one language as in the other stand on a page."""
    assert all(text.ja and text.en for text in site.WORDS.values())
    _, files = published
    for name in (name for name in files if name.endswith(".html")):
        spans = [attributes.get("lang") for tag, attributes in _page(name).elements if tag == "span"]
        assert spans.count("ja") == spans.count("en") > 5, name


def test_a_page_asks_for_nothing_from_elsewhere(published: tuple[docs.Site, Files]) -> None:
    """Claim: the site works without a network. Stimulus: what every page loads. Expected: the two assets of the
    site, under a policy that allows nothing else; no picture, no frame, no style within."""
    _, files = published
    for name in (name for name in files if name.endswith(".html")):
        page = _page(name)
        loaded = {_resolved(name, value) for value in [*page.values("src"), *page.values("href", "link")]}
        assert loaded <= {"assets/site.css", "assets/site.js", "assets/search.js"}, name
        assert not {"img", "iframe", "style", "object", "embed"} & {tag for tag, _ in page.elements}, name
        policy = page.values("content", "meta")[0]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def _poisoned(value: Any, key: str = "") -> Any:
    """Payloads in every text that is for people; names that documents refer to by stay."""
    if isinstance(value, dict):
        return {name: _poisoned(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_poisoned(item, key) for item in value]
    if isinstance(value, str) and key in {"ja", "en", "summary", "x-summary-ja", "description", "title", "document"}:
        return value + "".join(views_data.PAYLOADS) + f"[a]({views_data.PAYLOADS[-1]}) ![b](https://example.jp/x)"
    return value


@pytest.mark.usefixtures("planted")
def test_script_like_texts_stay_texts(tmp_path: Path) -> None:
    """Claim: documents run nothing. Stimulus: scripts, handlers, links and pictures in every text. Expected: the
    pages have the elements that they have without, and nothing leads to a script."""
    plain, poisoned = small(tmp_path / "plain"), small(tmp_path / "poisoned", _poisoned(spec_tree.tree()))
    assert plain.keys() == poisoned.keys()
    for name in (name for name in plain if name.endswith(".html")):
        before, after = Page(plain[name]), Page(poisoned[name])
        assert after.values("src") == before.values("src"), name
        for tag in ("script", "img", "svg"):
            assert [t for t, _ in after.elements].count(tag) == [t for t, _ in before.elements].count(tag), name
        assert not [a for _, a in after.elements if any(key.startswith("on") for key in a)], name
        assert not [h for h in after.values("href") if urlsplit(h).scheme not in {"", "https"}], name
        assert "\u202e" not in poisoned[name], name
    assert "\u202e" not in poisoned["assets/search.js"]


@pytest.mark.usefixtures("planted")
def test_the_site_works_from_files_in_a_browser(chromium: str, tmp_path: Path) -> None:
    """Claim: no server is needed. Stimulus: payloads in every text, the first page opened as a file with a search in
    its address, then the page of a requirement in English. Expected: the search finds, the language is as asked,
    links take it along, and nothing of the documents has run."""
    docs.write(small(tmp_path / "specs", _poisoned(spec_tree.tree())), tmp_path / "site")
    first = dump(chromium, (tmp_path / "site" / "index.html").as_uri() + "?q=getThing&lang=en", tmp_path / "profile")
    assert first.root.get("data-ready") == "true"
    assert first.root.get("lang") == "en"
    found = [a["href"] or "" for tag, a in first.elements if tag == "a" and a.get("class") == "id"]
    assert any("services/toy-1.0.html?lang=en#getThing" in address for address in found)
    page = tmp_path / "site" / "requirements" / "TOY-THI-001.html"
    second = dump(chromium, page.as_uri() + "?lang=en", tmp_path / "profile")
    assert second.root.get("lang") == "en"
    assert any("toy-1.0.html?lang=en" in (a.get("href") or "") for tag, a in second.elements if tag == "a")
    assert not [dom for dom in (first, second) if views_data.PWNED in dom.root]


@pytest.mark.usefixtures("planted")
def test_what_a_report_says_of_a_fault_is_told(tmp_path: Path) -> None:
    """Claim: a requirement is called proven only where the report shows it. Stimulus: no report; a report in which the
    fault is caught; one in which it is not, about other documents. Expected: no report, caught with what the suite
    found, not caught with a warning."""
    page = "requirements/TOY-THI-001.html"
    without = small(tmp_path)[page]
    assert "things-forgotten" in without
    assert "no report" in without
    caught = small(tmp_path, report=_report(tmp_path / "a.json", caught=True))[page]
    assert "A thing is gone" in caught
    missed = small(tmp_path, report=_report(tmp_path / "b.json", caught=False, other=True))[page]
    assert "not caught" in missed
    assert "earlier state of the documents" in missed


def _report(path: Path, *, caught: bool, other: bool = False) -> Path:
    found = {
        "requirement": "TOY-THI-001", "failed": 1, "judged": 1, "ja": "消えました", "en": "A thing is gone",
        "expected": "200", "actual": "404", "script": "s", "rule": "identical",
    }  # fmt: skip
    trial = {"kind": "fault", "breaks": ["TOY-THI-001"], "description": "d", "scripts": 1, "exchanges": 1}
    content = {
        "format": "conformance-proof/1",
        "partial": False,
        "belongs_to": {"toy/1.0/openapi.yaml": "sha256:other"} if other else {},
        "baseline": {**trial, "name": "reference", "kind": "liberty", "breaks": [], "caught": []},
        "trials": [{**trial, "name": "things-forgotten", "caught": [found] if caught else []}],
        "requirements": [],
    }
    path.write_text(json.dumps(content), "utf-8")
    return path


@pytest.mark.usefixtures("planted")
def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    """Claim: the site is never made from something else. Stimulus: a file that is no report. Expected: a usage error
    with a next step."""
    (tmp_path / "x.json").write_text("[]", "utf-8")
    with pytest.raises(UsageError, match="not the report of a proof") as raised:
        small(tmp_path, report=tmp_path / "x.json")
    assert "conformance prove" in raised.value.next_step


@pytest.mark.usefixtures("planted")
def test_drafts_are_left_out_or_called_so(tmp_path: Path) -> None:
    """Claim: nobody takes a draft for published. Stimulus: a second version that is a draft. Expected: it is not there;
    asked for, its pages say what it is."""
    draft = {name.replace("/1.0/", "/2.0/"): content for name, content in spec_tree.tree().items() if "toy/" in name}
    files = {**spec_tree.tree(), **draft, "toy/2.0/DRAFT.md": "not yet"}
    assert "services/toy-2.0.html" not in small(tmp_path, files)
    asked = small(tmp_path, files, drafts=True)
    assert "This is a draft" in asked["services/toy-2.0.html"]
    assert "This is a draft" not in asked["services/toy-1.0.html"]


@pytest.mark.usefixtures("planted")
def test_the_link_of_a_withdrawn_requirement_still_leads_somewhere(tmp_path: Path) -> None:
    """Claim: links by id are for ever. Stimulus: an id that its catalogue lists as withdrawn. Expected: a page that
    says so, with the reason in both languages."""
    files = spec_tree.tree()
    files[spec_tree.REQUIREMENTS]["withdrawn"] = [{"id": "TOY-OLD-001", "reason": {"ja": "重複", "en": "a duplicate"}}]
    page = small(tmp_path, files)["requirements/TOY-OLD-001.html"]
    assert "重複" in page
    assert "a duplicate" in page


@pytest.mark.usefixtures("planted")
def test_the_same_documents_give_the_same_site(tmp_path: Path) -> None:
    """Claim: the site can be published by anyone. Stimulus: the same documents twice. Expected: the same bytes."""
    assert small(tmp_path) == small(tmp_path)


@pytest.mark.parametrize(
    ("run_file", "given", "expected"),
    [
        (None, None, ""),
        ("https://docs.example.jp/x", None, "https://docs.example.jp/x/requirements/"),
        ("https://docs.example.jp/x", "http://other.example/", "http://other.example/requirements/"),
        ("javascript:alert(1)//https://a", None, ""),
        (["https://a.example"], None, ""),
    ],
)
def test_the_scorecard_links_to_the_site_where_it_is_known(
    tmp_path: Path, run_file: Any, given: str | None, expected: str
) -> None:
    """Claim: a failure leads to its requirement. Stimulus: an address in the run file, one that is given, none, and
    such as are no web address. Expected: a link for every failure, or none at all."""
    lines = views_data.run()
    if run_file is not None:
        lines[0]["run_file"] = {**lines[0].get("run_file", {}), "documentation": run_file}
    run = run_data.load(views_data.write(lines, tmp_path / "run.jsonl"))
    links = [a["href"] or "" for _, a in Page(html.render(run, given)).elements if a.get("class") == "documented"]
    if not expected:
        assert not links
        return
    assert {f"{expected}{line.requirement}.html" for line in run.failures} <= set(links)


def test_the_command_writes_the_site(tmp_path: Path) -> None:
    """Claim: one command makes the site. Stimulus: `conformance docs`. Expected: the first page, and a next step."""
    done = started("docs", "--output", str(tmp_path / "site"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "index.html").is_file()
    assert "Next: open" in done.stdout
