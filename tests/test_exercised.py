"""What of the documents a run exercised, counted from its exchanges."""

from __future__ import annotations

import json

import pytest

from conformance.catalogue.service import Service, load_service
from conformance.exercised import Exercised
from conformance.exercised.declared import places
from conformance.model import Exchange, Request, Response, Step
from conformance.seen import Seen

BASE = "http://127.0.0.1/v1"


@pytest.fixture(scope="module")
def service() -> Service:
    """The published registry."""
    return load_service("resident-registry")


def seen(service: Service, operation: str, status: int, *, sent: object = None, came: object = None) -> Seen:
    """One exchange of an operation, as it would be recorded."""
    declared = service.operations[operation]
    body = b"" if sent is None else json.dumps(sent).encode()
    request = Request(declared.method, BASE + declared.path.replace("{resident_id}", "r-1"), (), body)
    kind = "application/json" if status < 400 else "application/problem+json"
    answer = Response(status, (("Content-Type", kind),), b"" if came is None else json.dumps(came).encode())
    step = Step("call", declared.method, declared.path, operation=operation)
    return Seen(Exchange("call", request, answer, 0.0, 0.0, "clerk"), step)


def test_nothing_is_exercised_before_anything_was_sent(service: Service) -> None:
    """Claim: figures start at nothing, and everything declared is left out. Stimulus: no trace."""
    exercised = Exercised(service)
    assert all(part == 0 < whole for part, whole in exercised.figures().values())
    assert len(exercised.left_out()["operations"]) == len(service.operations)


def test_a_refused_request_exercises_the_constraint_that_it_breaks_and_no_property(service: Service) -> None:
    """Claim: a constraint counts when a refused request breaks it. Stimulus: a reason of 201 characters, answered 400.
    Expected: its maxLength, the code of the error; no property, no operation."""
    exercised = Exercised(service)
    before = exercised.left_out()
    sent = {"notification_id": "n-1", "reason": "x" * 201}
    exercised.add([seen(service, "cancelNotification", 400, sent=sent, came={"code": "invalid_request"})])
    after = exercised.left_out()
    assert set(before["constraints"]) - set(after["constraints"]) == {"cancelNotification /reason maxLength"}
    assert set(before["codes"]) - set(after["codes"]) == {"cancelNotification 400 invalid_request"}
    assert before["properties"] == after["properties"]
    assert before["operations"] == after["operations"]


def test_a_link_is_exercised_by_a_later_request_that_carries_its_value(service: Service) -> None:
    """Claim: following a link means to take its value. Stimulus: a resident read; its history asked with the same id,
    and with another. Expected: the link counts for the first only."""
    answered = seen(service, "getResident", 200, came={"id": "r-1"})
    other = seen(service, "getResident", 200, came={"id": "r-2"})
    follows = seen(service, "listResidentHistory", 200, came={})
    for first, found in ((answered, 1), (other, 0)):
        exercised = Exercised(service)
        exercised.add([first, follows])
        assert exercised.figures()["links"][0] == found


def test_places_of_a_schema_are_those_of_all_its_branches() -> None:
    """Claim: whatever a schema allows is counted. Stimulus: a union, a list, a map, a reference to itself."""
    document = {"components": {"schemas": {"Node": {"properties": {"next": {"$ref": "#/components/schemas/Node"}}}}}}
    schema = {
        "oneOf": [{"properties": {"a": {"type": "string", "minLength": 1}}}, {"required": ["b"]}],
        "properties": {
            "list": {"items": {"enum": [1]}},
            "map": {"additionalProperties": {"format": "date"}},
            "node": {"$ref": "#/components/schemas/Node"},
        },
    }
    found = places(document, schema)
    assert found["/a"] == {"type", "minLength"}
    assert found[""] == {"required b"}
    assert found["/list/*"] == {"enum"}
    assert found["/map/*"] == {"format"}
    assert "/node/next/next" in found
