"""The page in a real browser: nothing injected runs, the switch, the filter and the permanent links work."""

from __future__ import annotations

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
import views_data

from conformance import views
from tests.command_line import PATIENCE

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
    "--virtual-time-budget=3000",
)  # fmt: skip
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


@pytest.fixture(scope="module")
def scorecards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of the sample run, and of the same run with a payload in every text."""
    pages = {}
    for name, lines in {"plain": views_data.run(), "hostile": views_data.hostile(views_data.run())}.items():
        folder = tmp_path_factory.mktemp(name)
        path = views_data.write(lines, folder / "run.jsonl")
        pages[name] = views.write(path, folder, ["html"])[0]
    return pages


class Dom(HTMLParser):
    """What the browser made of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.title = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "title" and not self.title:
            self.title = data

    @property
    def root(self) -> dict[str, str | None]:
        return next(attributes for tag, attributes in self.elements if tag == "html")

    def rows(self) -> list[str]:
        """The requirements that the list shows."""
        found = [attributes for _, attributes in self.elements if "data-requirement" in attributes]
        return [attributes["data-requirement"] or "" for attributes in found if "hidden" not in attributes]

    def open_after(self, name: str) -> bool:
        """Whether the first details element after the one with this id is open."""
        at = next(n for n, (_, attributes) in enumerate(self.elements) if attributes.get("id") == name)
        return "open" in next(attributes for tag, attributes in self.elements[at:] if tag == "details")


def dump(chromium: str, address: str, profile: Path, *flags: str) -> Dom:
    """The document as it is after its scripts have run."""
    command = [chromium, *FLAGS, *flags, f"--user-data-dir={profile}", "--dump-dom", address]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
    return Dom(done.stdout.decode())


def driven(page: Path, script: str) -> Path:
    """A copy of a page without its policy, with a script of ours at the end that plays the reader."""
    text = POLICY.sub("", page.read_text(encoding="utf-8"))
    copy = page.with_name("driven.html")
    played = f"<script>addEventListener('load', async () => {{ {script} }})</script></body>"
    copy.write_text(text.replace("</body>", played), encoding="utf-8")
    return copy


def test_nothing_from_the_run_is_ever_run(chromium: str, scorecards: dict[str, Path], tmp_path: Path) -> None:
    """Stimulus: scripts and handlers in every text of the run. Answer: ours ran, none of theirs."""
    dom = dump(chromium, scorecards["hostile"].as_uri(), tmp_path)
    assert dom.root.get("data-ready") == "true"
    assert views_data.PWNED not in dom.root
    assert sum(tag == "script" for tag, _ in dom.elements) == 1


@pytest.mark.parametrize("policy", [True, False])
def test_even_unescaped_markup_is_stopped_by_the_policy(
    chromium: str, scorecards: dict[str, Path], tmp_path: Path, policy: bool
) -> None:
    """Stimulus: payloads put into the page unescaped. Answer: they don't run; without the policy they would."""
    text = scorecards["plain"].read_text(encoding="utf-8").replace("</main>", "".join(views_data.PAYLOADS) + "</main>")
    broken = tmp_path / "broken.html"
    broken.write_text(text if policy else POLICY.sub("", text), encoding="utf-8")
    dom = dump(chromium, broken.as_uri(), tmp_path / "profile")
    assert (views_data.PWNED in dom.root) is not policy


@pytest.mark.parametrize(
    ("query", "preferred", "language"),
    [
        ("?lang=en", "ja", "en"),
        ("?lang=ja", "en", "ja"),
        ("", "en-GB", "en"),
        ("", "fr", "ja"),
        ("#lang=en", "ja", "en"),
    ],
)
def test_the_language_is_the_asked_one_or_the_reader_s(
    chromium: str, scorecards: dict[str, Path], tmp_path: Path, query: str, preferred: str, language: str
) -> None:
    """Claim: the address decides, then the browser's preference, then Japanese; title and switch follow."""
    dom = dump(chromium, scorecards["plain"].as_uri() + query, tmp_path, f"--accept-lang={preferred}")
    assert (dom.root.get("lang"), dom.root.get("data-lang")) == (language, language)
    assert ("不適合" in dom.title) == (language == "ja")


def test_a_link_carries_filter_and_requirement(chromium: str, scorecards: dict[str, Path], tmp_path: Path) -> None:
    """Stimulus: an address with a filter. Answer: only what matches is shown; a named requirement is open."""
    page = scorecards["plain"].as_uri()
    assert len(dump(chromium, f"{page}?verdict=fail", tmp_path).rows()) == 4
    narrowed = dump(chromium, f"{page}?q=ETag&level=mandatory&area=conditional", tmp_path).rows()
    assert narrowed
    assert all(name.startswith("COM-CON-") for name in narrowed)
    named = dump(chromium, f"{page}?verdict=fail#COM-HTTP-001", tmp_path)
    assert named.open_after("COM-HTTP-001")
    assert len(named.rows()) == 112, "the filter that hides it is cleared"
    assert dump(chromium, f"{page}#resident-registry.COM-TXT-002", tmp_path).open_after("COM-TXT-002")


def test_a_reader_can_switch_filter_and_open(chromium: str, scorecards: dict[str, Path], tmp_path: Path) -> None:
    """Stimulus: choose English, type into the filter, open all evidence. Answer: shown, and kept in the address."""
    script = """
      document.getElementById('language-en').click();
      const text = document.querySelector('#filter [name=q]');
      text.value = 'COM-VAL';
      text.dispatchEvent(new Event('input', { bubbles: true }));
      document.getElementById('open-all').click();
      const root = document.documentElement;
      root.dataset.query = location.search;
      root.dataset.count = document.getElementById('matches').textContent;
      root.dataset.closed = document.querySelectorAll('#failures details.evidence:not([open])').length;
      root.dataset.foreign = [...document.querySelectorAll('span[lang=ja]')].filter((e) => e.checkVisibility()).length;
      root.dataset.requests = performance.getEntriesByType('resource').length;
    """
    dom = dump(chromium, driven(scorecards["plain"], script).as_uri() + "?lang=ja", tmp_path)
    assert dom.root["lang"] == "en"
    assert dom.root["data-query"] == "?lang=en&q=COM-VAL"
    assert dom.root["data-count"] == f"{len(dom.rows())} of 112"
    assert (dom.root["data-closed"], dom.root["data-foreign"], dom.root["data-requests"]) == ("0", "0", "0")


@pytest.mark.parametrize("kind", ["plain", "hostile"])
def test_nothing_is_wider_than_a_phone(chromium: str, scorecards: dict[str, Path], tmp_path: Path, kind: str) -> None:
    """Stimulus: 390 px, all evidence open, also with endless words. Answer: no sideways scrolling."""
    script = """
      document.querySelectorAll('details').forEach((e) => { e.open = true; });
      const wide = [...document.querySelectorAll('body *')]
        .filter((e) => e.checkVisibility() && !e.closest('.unseen, thead') && e.getBoundingClientRect().right > 391)
        .map((e) => e.tagName + '.' + e.getAttribute('class')).slice(0, 5);
      parent.postMessage([innerWidth, document.documentElement.scrollWidth, ...wide].join(' '), '*');
    """
    frame = tmp_path / "phone.html"
    source = driven(scorecards[kind], script).as_uri()
    frame.write_text(
        "<!doctype html><script>onmessage = (e) => { document.documentElement.dataset.width = e.data; }</script>"
        f'<iframe src="{source}" style="width:390px;height:800px;border:0"></iframe>',
        encoding="utf-8",
    )
    assert dump(chromium, frame.as_uri(), tmp_path / "profile").root["data-width"] == "390 390"
