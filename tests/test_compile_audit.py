"""Scripts for the audit trail: what is looked at before and after a call, and what is claimed of what was added."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from conformance.catalogue.service import load_service
from conformance.edition_file import load
from conformance.errors import EditionError
from conformance.model import Check, Script


@pytest.fixture(scope="module")
def scripts() -> dict[str, list[Script]]:
    """The scripts about the audit trail in the published edition, by family."""
    try:
        edition = load(load_service("resident-registry").edition_path)
    except EditionError as error:
        pytest.skip(f"no edition here: {error.what}")
    found: dict[str, list[Script]] = {}
    for script in edition.scripts:
        if script.family.startswith("audit."):
            found.setdefault(script.family, []).append(script)
    return found


def _claims(checks: Iterable[Check]) -> set[str]:
    return {check.rule for check in checks if check.requirement}


def test_every_operation_about_persons_is_audited(scripts: dict[str, list[Script]]) -> None:
    """Claim: no read and no change is left out. Stimulus: the edition. Expected: a script for every operation whose
    valid call is said to be about somebody."""
    audited = {script.steps[-2].operation for family in ("audit.read", "audit.change") for script in scripts[family]}
    service = load_service("resident-registry")
    assert audited == {w.valid_call for w in service.workflows.values() if w.subjects}
    assert {"searchResidents", "lookUpResident", "getCertificate", "correctResident", "registerDeath"} <= audited


def test_each_is_played_alone_and_looked_at_afterwards(scripts: dict[str, list[Script]]) -> None:
    """Claim: nobody else's search counts. Expected: played alone, the trail read last, one entry claimed of it; of a
    request that failed for another reason than its sender no further entry."""
    assert scripts["audit.failed"]
    for name, family in scripts.items():
        for script in family:
            assert script.exclusive
            assert script.steps[-1].operation == "listAuditEntries"
            assert ("same-members" if name == "audit.failed" else "audited-once") in _claims(script.checks)


def test_every_role_without_the_scope_is_refused_once(scripts: dict[str, list[Script]]) -> None:
    """Claim: a refusal is audited whoever is refused. Expected: an auditor and a tester for the read of a resident, and
    for that of a protection those who read residents too."""
    refused = {(script.steps[-2].operation, script.steps[-2].role) for script in scripts["audit.refused"]}
    assert {("getResident", "auditor"), ("getResident", "tester"), ("getProtection", "viewer")} <= refused
