"""What the published edition reaches: the families that must be there for every operation that they are about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service, load_service
from conformance.compile.acceptance import Acceptance
from conformance.edition_file import load
from conformance.model import Script

SERVICE = load_service("resident-registry")
SCRIPTS = load(SERVICE.edition_path).scripts


def _with_path(service: Service, operation: Operation) -> bool:
    return "{" in operation.path


def _with_body(service: Service, operation: Operation) -> bool:
    return bool(operation.body)


def _creating(service: Service, operation: Operation) -> bool:
    return "201" in operation.answers


def _every(service: Service, operation: Operation) -> bool:
    return True


def _operation(script: Script) -> str:
    return script.title.split(" ")[0]


def _requests(script: Script) -> int:
    """How many requests of its family a script has: several where they share their preparation."""
    last = script.steps[-1].id.rpartition("-")
    return int(last[2]) if last[2].isdigit() and f"{last[0]}-1" in {step.id for step in script.steps} else 1


@pytest.mark.parametrize(
    ("family", "about", "least"),
    [
        ("security.no-token", _every, 3),
        ("security.invalid-token", _every, 10),
        ("security.token-in-query", _every, 1),
        ("security.unknown-id", _with_path, 1),
        ("security.wrong-content", _with_body, 3),
        ("location.resolves", _creating, 1),
        ("headers.media-type", _with_body, 8),
        ("headers.equivalent", _every, 3),
        ("text.hostile", _with_body, 13),
        ("text.too-large", _with_body, 1),
        ("parameters.unknown", _every, 3),
    ],
)
def test_a_family_reaches_every_operation_that_it_is_about(
    family: str, about: Callable[[Service, Operation], bool], least: int
) -> None:
    """Claim: what is derived from the documents leaves no operation out. Stimulus: the published edition. Expected:
    at least so many requests of the family for each operation that it is about."""
    counted: dict[str, int] = {}
    for script in SCRIPTS:
        if script.family == family:
            counted[_operation(script)] = counted.get(_operation(script), 0) + _requests(script)
    wanted = {operation.id for operation in SERVICE.operations.values() if about(SERVICE, operation)}
    assert {name for name in wanted if counted.get(name, 0) < least} == set()


def test_a_path_is_asked_for_what_stands_beside_it() -> None:
    """Claim: unknown paths are tried above, below and beside the declared ones. Expected: some of each kind."""
    tried = {script.steps[-1].path for script in SCRIPTS if script.family == "paths.unknown"}
    assert {"/households", "/health", "/residents/{resident_id}/undeclared", "/RESIDENTS", "/residents.json"} <= tried


def test_an_undeclared_method_comes_with_what_it_would_need() -> None:
    """Claim: an implementation that nobody declared does not refuse for a lack. Expected: If-Match, key and content."""
    for script in SCRIPTS:
        step = script.steps[-1]
        if script.family == "methods.undeclared":
            assert {"If-Match", "Idempotency-Key"} <= {name for name, _ in step.headers}
            assert (step.media_type is not None) == (step.method in {"POST", "PUT", "PATCH"})


@pytest.mark.parametrize("name", ["procedures", "resident-registry"])
def test_an_unknown_id_fits_the_schema_of_its_place(name: str) -> None:
    """Claim: nobody fails for a 400 that the document allows. Stimulus: the published scripts with ids that were never
    issued, those drawn in the run included. Expected: each id fits the schema of its parameter, whatever is drawn."""
    service = load_service(name)
    accepts = Acceptance(service).parameter_accepts
    steps = [step for s in load(service.edition_path).scripts if s.family == "identifiers.unknown" for step in s.steps]
    examined = 0
    for step in steps:
        operation = service.operations[step.operation or ""]
        for parameter in operation.parameters:
            value = step.path_params.get(parameter.name)
            if parameter.place != "path" or (isinstance(value, dict) and value.get("$fresh") != "uuid"):
                continue
            drawn = (
                [f"{digit * 8}-0000-4000-8000-{digit * 12}" for digit in "0af9"] if isinstance(value, dict) else [value]
            )
            assert all(accepts(operation, parameter, text) for text in drawn), (step.operation, parameter.name, value)
            examined += 1
    assert examined > 10
