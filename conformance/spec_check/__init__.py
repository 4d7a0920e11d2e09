"""`conformance spec check`: whether the published documents are right in themselves and agree with each other.

Each module checks one concern and is a function from all that is published to problems.
"""

from __future__ import annotations

from pathlib import Path

from conformance.resources import specs_dir
from conformance.spec_check.catalogues import catalogue_problems
from conformance.spec_check.declared import declared_problems
from conformance.spec_check.editions import edition_problems
from conformance.spec_check.examples import example_problems
from conformance.spec_check.operations import operation_problems
from conformance.spec_check.payloads import payload_problems
from conformance.spec_check.problem import Problem
from conformance.spec_check.published import read_published
from conformance.spec_check.requirement_ids import add_ids, id_problems
from conformance.spec_check.steps import step_problems
from conformance.spec_check.taking_back import taking_back_problems
from conformance.spec_check.workflows import workflow_problems

__all__ = ["Problem", "add_ids", "check"]
_PARTS = (
    operation_problems,
    taking_back_problems,
    declared_problems,
    example_problems,
    catalogue_problems,
    id_problems,
    workflow_problems,
    step_problems,
    payload_problems,
    edition_problems,
)


def check(root: Path | None = None) -> list[Problem]:
    """All problems of the documents under a folder (without one: those published here), errors before warnings."""
    published = read_published((root or specs_dir()).resolve())
    found = [*published.problems, *(problem for part in _PARTS for problem in part(published))]
    return sorted(dict.fromkeys(found), key=lambda p: (p.kind, p.file, p.place, p.message.en))
