"""Families of scripts: catalogues may name those that compiling gives, and no others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import conformance.compile
from conformance.catalogue.service import available, load_service
from conformance.compile.families import FAMILIES, OWN_FAMILIES
from conformance.compile.numbers import CHECKED
from conformance.edition_file import load
from conformance.errors import EditionError

_AREAS = {name.partition(".")[0] for name in FAMILIES}
_NAME = re.compile(rf"(?:{'|'.join(sorted(_AREAS))})\.(?!json$)[a-z0-9-]+")


def _written() -> set[str]:
    """Names of families in the source of the compilers, the table itself left out."""
    folder = Path(next(iter(conformance.compile.__path__)))
    found = {f"identifiers.{kind}" for kind in CHECKED}
    for path in folder.glob("*.py"):
        if path.stem == "families":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
                found.add(node.value)
    return found


def test_the_table_is_what_the_compilers_make() -> None:
    """Claim: a catalogue cannot name a family that nothing makes, and nothing is made that it cannot name. Stimulus:
    the source of the compilers. Expected: the families of the table, and those that are named in another way."""
    assert _written() == FAMILIES | (OWN_FAMILIES & _written())


def test_families_that_are_named_in_another_way_are_not_in_the_table() -> None:
    """Claim: workflows and absences have keys of their own in a catalogue. Expected: no name in both sets."""
    assert not FAMILIES & OWN_FAMILIES


@pytest.mark.parametrize("name", available())
def test_no_published_script_is_of_another_family(name: str) -> None:
    """Claim: the published edition holds known families only, and one for each that a requirement asks for by name
    unless the documents hold nothing that it is about. Expected: no unknown family; most of the known ones there."""
    try:
        service = load_service(name)
        edition = load(service.edition_path)
    except EditionError as error:
        pytest.skip(f"no edition here: {error.what}")
    found = {script.family for script in edition.scripts}
    assert found <= FAMILIES | OWN_FAMILIES
    # What is about several services together has workflows alone.
    assert service.across or len(found & FAMILIES) > len(FAMILIES) / 2
