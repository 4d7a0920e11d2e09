"""The layers that `lint-imports` enforces are those of ARCHITECTURE.md, and none is left out."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def _contracts() -> list[dict[str, Any]]:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    return found


def test_the_enforced_layers_are_those_of_the_page() -> None:
    """Claim: the page says what is enforced. Stimulus: the table of ARCHITECTURE.md, the contract in pyproject.toml.
    Expected: the same modules in the same layers, in the same order."""
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rows = [line.split("|")[2] for line in page.splitlines() if line.startswith("| ") and line.count("|") == 4]
    told = [set(re.findall(r"`([a-z_]+)`", row)) for row in rows[1:]]
    enforced = [set(re.findall("[a-z_]+", layer)) for layer in _contracts()[0]["layers"]]
    assert enforced == told


def test_the_reference_is_kept_from_every_module() -> None:
    """Claim: the reference shares nothing with the suite. Stimulus: the contract about it. Expected: it names every
    module of every layer."""
    enforced = {f"conformance.{name}" for layer in _contracts()[0]["layers"] for name in re.findall("[a-z_]+", layer)}
    (contract,) = [each for each in _contracts() if each.get("source_modules") == ["conformance.reference"]]
    assert set(contract["forbidden_modules"]) == enforced
