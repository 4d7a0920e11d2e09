"""The page: self-contained, accessible in its structure, complete in both languages, and deaf to what is in the run."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import views_data

from conformance.views import html, run_data, translations

CSS = (Path(html.__file__).parent / "templates" / "page.css").read_text(encoding="utf-8")
Attributes = dict[str, str | None]


class Page(HTMLParser):
    """The elements of a page in order, the text, and what stands in script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.text = ""
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside in self.raw:
            self.raw[self._inside].append(data)
            self._inside = ""
        else:
            self.text += data

    def values(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.elements if name in attributes]


def page(lines: list[views_data.Line], folder: Path) -> Page:
    return Page(html.render(run_data.load(views_data.write(lines, folder / "run.jsonl"))))


def two_services() -> list[views_data.Line]:
    """A run of two services that share the common requirements, one of them against a national standard."""
    lines = views_data.run()
    other = lines[0]["services"][0] | {"service": "seal-registration", "profile": "standard"}
    lines[0]["services"].append(other)
    lines[1:-1] += [line | {"service": "seal-registration"} for line in lines[1:40]]
    return lines


@pytest.mark.parametrize("hostile", [False, True])
def test_the_page_asks_for_nothing_and_runs_nothing_but_its_own(tmp_path: Path, hostile: bool) -> None:
    """Stimulus: markup in every text and key. Answer: one script, one style, no handler, no address but fragments."""
    lines = views_data.run()
    found = page(views_data.hostile(lines) if hostile else lines, tmp_path)
    tags = [tag for tag, _ in found.elements]
    assert (tags.count("script"), tags.count("style"), tags.count("img"), tags.count("link")) == (1, 1, 0, 0)
    names = {name for _, attributes in found.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")} | (names & {"style", "src", "srcset", "action"})
    assert all(address.startswith("#") for address in found.values("href"))
    assert not re.search(r"url\(|@import|@font-face", CSS)


def test_the_policy_names_the_page_s_own_style_and_script(tmp_path: Path) -> None:
    """Claim: the digests of the Content-Security-Policy are those of what is in the page, and nothing else may run."""
    found = page(views_data.run(), tmp_path)
    policy = next(a["content"] or "" for tag, a in found.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for kind, texts in found.raw.items():
        digest = base64.b64encode(hashlib.sha256(texts[0].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("lines", [views_data.run(), two_services(), views_data.hostile(views_data.run())])
def test_every_name_is_unique_and_every_reference_leads_somewhere(tmp_path: Path, lines: list[views_data.Line]) -> None:
    """Claim: permanent links, labels and icons hold together, with two services and with hostile ids too."""
    found = page(lines, tmp_path)
    ids = found.values("id")
    assert len(ids) == len(set(ids))
    wanted = [address[1:] for address in found.values("href")] + found.values("for") + found.values("data-copy")
    wanted += [name for names in found.values("aria-labelledby") for name in names.split()]
    assert set(wanted) <= set(ids)


def test_every_requirement_has_its_permanent_link(tmp_path: Path) -> None:
    """Claim: `#COM-VAL-001` is there; of a second service it is `#service.COM-VAL-001`."""
    ids = page(two_services(), tmp_path).values("id")
    assert {line["requirement"] for line in views_data.run()[1:-1]} <= set(ids)
    assert "seal-registration.COM-HTTP-001" in ids


def test_each_text_is_there_in_both_languages(tmp_path: Path) -> None:
    """Claim: as many Japanese as English spans, and controls carry both."""
    found = page(views_data.run(), tmp_path)
    spans = [attributes.get("lang") for tag, attributes in found.elements if tag == "span"]
    assert spans.count("ja") == spans.count("en") > 500
    assert len(found.values("data-ja")) == len(found.values("data-en")) > 10


def test_an_area_has_the_title_that_the_run_gives_it(tmp_path: Path) -> None:
    """Claim: the run alone titles its areas. Stimulus: all but one have a title. Answer: it is shown, else the name."""
    text = html.render(run_data.load(views_data.write(views_data.run(), tmp_path / "run.jsonl")))
    assert '<span lang="ja">分野paging</span><span lang="en">Area paging</span>' in text
    assert '<option value="paging" data-ja="分野paging" data-en="Area paging">' in text
    assert '<option value="http" data-ja="http" data-en="http">' in text


def test_a_failure_is_told_in_the_fixed_slots(tmp_path: Path) -> None:
    """Claim: sentence, clause, expected and actual, example, curl, replay, same cause, in this order (DESIGN)."""
    text = page(views_data.run(), tmp_path).text
    card = text[text.index("公開文書にないプロパティ") :]
    keys = ("source", "expected", "actual", "request", "response", "curl", "replay", "same_cause")
    at = 0
    for key in keys:
        at = card.index(translations.word(key).en, at)


def test_failures_come_before_the_charts_and_the_complete_list(tmp_path: Path) -> None:
    """Claim: the reader meets what to act on first."""
    ids = page(views_data.run(), tmp_path).values("id")
    order = ["standing", "basis", "failures", "observations", "inconclusive", "chart", "exercised", "all", "about"]
    assert [name for name in ids if name in order] == order


@pytest.mark.parametrize("profile", ["project", "standard", "derived"])
def test_the_page_says_whether_it_is_a_national_standard(tmp_path: Path, profile: str) -> None:
    """Claim: nobody takes the project's own profile for a national standard."""
    lines = views_data.run()
    lines[0]["services"][0]["profile"] = profile
    assert translations.word(f"basis_{profile}").ja in page(lines, tmp_path).text
    assert translations.word("basis_mixed").en in page(two_services(), tmp_path).text


def test_a_percentage_never_stands_alone(tmp_path: Path) -> None:
    """Claim: before each percentage stands the fraction that it is made of; only all is 100 %."""
    text = page(views_data.run(), tmp_path).text
    shares = [found.start() for found in re.finditer(r"\d %", text)]
    assert len(shares) == 10
    assert all(re.search(r"[\d,]+ / [\d,]+\s*[\d.]*$", text[:at]) for at in shares)
    assert (html.percent(9999, 10000), html.percent(3, 3), html.percent(0, 0)) == ("99.9 %", "100.0 %", "–")


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        (views_data.run(footer=False), {"banner_cut"}),
        (views_data.run(partial=True), {"banner_partial"}),
        (views_data.run()[:1], {"banner_cut", "banner_empty"}),
        (views_data.run(), set()),
    ],
)
def test_what_limits_the_result_is_said_at_the_top(
    tmp_path: Path, lines: list[views_data.Line], keys: set[str]
) -> None:
    """Claim: partial, unfinished and empty runs carry a banner in both languages; a whole one carries none."""
    text = page(lines, tmp_path).text
    for key in (key for key in translations.WORDS if key.startswith("banner_") and key != "banner_altered"):
        word = translations.word(key)
        assert (word.ja in text, word.en in text) == (key in keys, key in keys), key


def test_a_partial_run_never_claims_that_every_requirement_was_judged(tmp_path: Path) -> None:
    """Stimulus: a narrowed run in which all passed. Answer: it speaks of what was tested only."""
    lines = [line for line in views_data.run(partial=True, failing=False) if line.get("verdict") != "inconclusive"]
    lines[-1] |= {"standing": "conforming", "verdicts": lines[-1]["verdicts"] | {"inconclusive": 0}}
    text = page(lines, tmp_path).text
    assert translations.word("sm.partial").en in text
    assert translations.word("sm.conforming").en not in text


def test_very_long_evidence_is_shortened_and_says_so() -> None:
    """Claim: a body of a megabyte does not make the page unreadable."""
    assert html.evidence("x" * 1_000_000).endswith("… (+980,000)")


def _luminance(colour: str) -> float:
    full = colour if len(colour) == 7 else "#" + "".join(c * 2 for c in colour[1:])
    parts = [int(full[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_has_enough_contrast(scheme: int) -> None:
    """Claim: at least 4.5 to 1 for each colour of text on each ground that it stands on (WCAG 2.2, 1.4.3)."""
    block = re.findall(r":root \{([^}]+)\}", CSS)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", block))
    kinds = ("pass", "fail", "inconclusive", "observation", "waived", "not_tested", "not_applicable")
    pairs = [(text, ground) for text in ("ink", "quiet", "accent", *kinds) for ground in ("paper", "ground")]
    pairs += [(kind, f"{kind}-soft") for kind in kinds] + [("ink", f"{kind}-soft") for kind in kinds]
    for text, ground in pairs:
        high, low = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
