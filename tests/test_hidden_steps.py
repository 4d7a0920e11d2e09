"""Steps that become several: for every role without a privilege, and beside the same step about something unknown."""

from __future__ import annotations

from conformance.catalogue.each_role import lacked, named_for, own_key, referring_to, roles_without
from conformance.catalogue.indistinct import pairs
from conformance.catalogue.service import load_service
from conformance.catalogue.workflows import Workflow

STEP = {
    "stepId": "leave",
    "operationId": "registerMoveOut",
    "x-role": "clerk",
    "x-indistinct": {"hidden": "$steps.home.outputs.r1", "requirement": "X-1", "variants": [{"without": ["head"]}]},
    "parameters": [{"name": "Idempotency-Key", "in": "header", "value": {"$fresh": "idempotency-key", "key": "k"}}],
    "requestBody": {
        "payload": {
            "ids": ["$steps.home.outputs.r1"],
            "from": {"$date": "today-3"},
            "to": {"$date": "today-2"},
            "head": "$steps.home.outputs.r2",
        }
    },
    "successCriteria": [{"condition": "$statusCode == 422"}],
}


def _workflow(name: str) -> Workflow:
    return load_service("resident-registry").workflows[name]


def test_every_role_with_the_scope_and_without_the_privilege_reads() -> None:
    """Claim: what is hidden is looked at by all who must not see it. Stimulus: the roles of the resident registry.
    Expected: clerk and viewer read residents; nobody with the privilege, and nobody who may not read at all."""
    service = load_service("resident-registry")
    found = roles_without(("protections:read",), service.operations["getResident"], service.all_roles)
    assert found == ("clerk", "viewer")
    assert lacked({"each-without": "a"}) == ("a",)
    assert lacked("clerk") == lacked({"other": "a"}) == ()


def test_each_role_has_its_steps_and_its_checks() -> None:
    """Claim: each role is judged by all criteria. Stimulus: a published workflow. Expected: two steps with as many
    checks, the first with the id that the document gives it."""
    workflow = _workflow("protected-household-on-other-days")
    roles = {step.id: step.role for step in workflow.steps if step.id.startswith("tomorrow")}
    assert roles == {"tomorrow": "clerk", "tomorrow-as-viewer": "viewer"}
    rules = {name: [c.rule for c in workflow.checks if c.step == name] for name in roles}
    assert rules["tomorrow"] == rules["tomorrow-as-viewer"] != []


def test_a_role_compares_what_it_was_told_itself() -> None:
    """Claim: steps of one kind refer to each other within a role; all other references stay. Expected: just those of
    steps that were played again are renamed, and what is quoted never."""
    renamed = {"unknown": named_for("unknown", "viewer")}
    template = {"a": {"$e": "$steps.unknown.outputs.x"}, "b": [{"$e": "$steps.home.outputs.y"}]}
    assert referring_to(template, renamed) == {
        "a": {"$e": "$steps.unknown-as-viewer.outputs.x"},
        "b": [{"$e": "$steps.home.outputs.y"}],
    }
    assert referring_to({"$quote": "$steps.unknown.x"}, renamed) == {"$quote": "$steps.unknown.x"}
    assert own_key("idempotency-key", {"$fresh": "idempotency-key", "key": "k"}, "viewer")["key"] == "k-as-viewer"


def test_what_is_hidden_is_sent_beside_what_is_unknown() -> None:
    """Claim: each second mistake is made about both. Stimulus: a step with two dates and one variant. Expected: pairs,
    the unknown one first, that differ in the id alone, each with a key of its own; behind the first pair the unknown
    one once more, so that neither is always sent at an even place."""
    found = pairs(STEP)
    assert found[2]["stepId"] == "leave-between-unknown"
    assert found[2]["requestBody"] == found[0]["requestBody"]
    keys = [step["parameters"][0]["value"]["key"] for step in found]
    assert len(set(keys)) == len(keys)
    fields = found[-1]["successCriteria"][-1]["x-check"]
    assert "$steps.leave-between-unknown.outputs.fields" in fields["expected"]
    assert len(fields["actual"]) + 1 == len(fields["expected"])
    del found[2]
    assert [step["stepId"] for step in found[1::2]] == [
        "leave",
        "leave-again",
        "leave-once-more",
        "leave-at-last",
        "leave-long-ago",
        "leave-ahead",
        "leave-exchanged",
        "leave-variant-1",
    ]
    for unknown, hidden in zip(found[::2], found[1::2], strict=True):
        one, other = (step["requestBody"]["payload"] for step in (unknown, hidden))
        assert {k: v for k, v in one.items() if k != "ids"} == {k: v for k, v in other.items() if k != "ids"}
        assert one["ids"] != other["ids"] == ["$steps.home.outputs.r1"]
    assert "head" not in found[-1]["requestBody"]["payload"]


def test_the_plain_request_is_judged_by_its_own_criteria() -> None:
    """Claim: one mistake fails one requirement: where the plain request is answered otherwise, nothing is compared.
    Expected: status and code of the first pair are preconditions, those of a variant are judged; the step's own
    criteria stand at the first pair only, that about fields at the last."""
    found = pairs(STEP)
    plain, variant = found[1]["successCriteria"], found[-1]["successCriteria"]
    assert plain[0] == {"condition": "$statusCode == 422"}
    assert [c.get("x-requirement") for c in plain] == [None, None, None, "X-1"]
    assert [c.get("x-requirement") for c in variant] == ["X-1"] * 3
    assert [c["x-check"]["rule"] for c in variant] == ["identical", "bodies-equal", "same-fields"]


def test_a_step_without_the_mark_stays_as_it_is() -> None:
    """Claim: nothing else changes. Expected: the same step, alone."""
    plain = {key: value for key, value in STEP.items() if key != "x-indistinct"}
    assert pairs(plain) == [plain]
