"""CONTRIBUTING.md names only what is there."""

from __future__ import annotations

import re
from pathlib import Path

from command_line import Call

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
BEGUN = {"NAME", "seal_registration", "SR-REC-001"}
"""What the page's own example would make."""


def test_every_command_that_is_named_exists(call: Call) -> None:
    """Claim: the steps can be followed. Stimulus: every `conformance …` of the page. Expected: help names it."""
    known = re.findall(r"^  (\w+)  +\S", call("--help")[1], re.MULTILINE)
    named = re.findall(r"(?:`|^ +)conformance ([a-z]+)", TEXT, re.MULTILINE)
    assert set(named) <= set(known)
    assert {"spec", "compile", "run", "prove", "docs"} <= set(named)
    help_of_spec = call("spec", "--help")[1]
    assert all(f"  {name} " in help_of_spec for name in re.findall(r"`conformance spec ([a-z]+)", TEXT))


def test_every_file_that_is_named_exists() -> None:
    """Claim: the page leads nowhere else. Stimulus: every path between backquotes. Expected: it is there, but for what
    the page's own example makes."""
    for path in re.findall(r"`((?:specs|conformance|tests|fixtures|reports|\.ci)/[\w./-]*)`", TEXT):
        if not any(word in path for word in BEGUN):
            assert (ROOT / path).exists(), path


def test_the_readme_leads_there() -> None:
    """Claim: who wants to contribute finds how. Stimulus: README.md. Expected: a link in both languages."""
    assert (ROOT / "README.md").read_text("utf-8").count("CONTRIBUTING.md") >= 2
