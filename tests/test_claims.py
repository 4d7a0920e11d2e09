"""What scripts claim of an answer: each claim with arguments under which it holds, and others under which it fails."""

from __future__ import annotations

import ast
import hashlib
import inspect
from pathlib import Path
from typing import Any

import pytest
from exchanges import problem, seen

from conformance.expression import MISSING
from conformance.rules import claims, fields, paging, trail, values
from conformance.rules.claims import CLAIMS, judge_claim, unresolved
from conformance.rules.failure import Failure, Unclear
from conformance.seen import Seen
from conformance.spec_check.claim_arguments import ARGUMENTS, wrong_arguments

CODE = "invalid_request"
OK = seen("getThing", 200, {"id": "t-1", "name": "a"})
BAD = seen(
    "getThing", 400, problem(400, errors=[{"pointer": "/name", "code": "x"}, {"parameter": "Limit", "code": "x"}])
)
AA = {"unless-same": ["a", "A"]}
RACE = {
    "answers": [{"status": 201, "body": {"a": 1}}, {"status": 409, "body": {"code": "busy"}}],
    "code": "busy",
}
_READ = {"operation": "read", "status": 200}
TRAIL = {"entries": [{"id": "e-1", "actor": "a", **_READ}, {"id": "e-2", "actor": "a", **_READ}], "before": ["e-1"]}
BY_READ = {**TRAIL, "operation": "read"}
TWO = {**TRAIL, "before": []}
ABOUT = {"about": {"ja": "参照", "en": "a read"}}
AB = {"actual": {"a": 1, "b": 2}, "expected": {"a": 1, "b": 3}}
AT_12, AT_120, AT_121 = (f"2026-04-01T09:00:00.{part}+09:00" for part in ("12", "120000", "121"))
COMPOSED, DECOMPOSED = "が", "か\u3099"

FIELDS = {"actual": [["a", "b"], ["a"]], "expected": [["a"]]}
TOLD = {"actual": [["a", "b"], ["b"]], "expected": [["a"]]}
NARROWED = {"value": "a", **ABOUT}

CASES: list[tuple[str, dict[str, Any], dict[str, Any], Seen, Seen]] = [
    ("refused", {}, {}, BAD, OK),
    ("status", {"allowed": [400]}, {"allowed": [422]}, BAD, BAD),
    ("answer", {"allowed": [200, 201]}, {"allowed": [304]}, OK, OK),
    ("answer-if-different", {**AA, "allowed": [400]}, {**AA, "allowed": [404]}, BAD, BAD),
    ("answer-if-different", {"unless-same": ["7", "7"], "allowed": [404]}, {**AA, "allowed": [404]}, OK, BAD),
    ("one-success", {**RACE, "final": {"a": 1}}, {**RACE, "final": {"a": 2}}, OK, OK),
    ("same-fields", FIELDS, TOLD, OK, OK),
    ("same-fields", {"actual": [["a"]], "expected": [["a", "date"]]}, {**TOLD, "actual": [["b"]]}, OK, OK),
    ("narrowed", {"members": ["a", ["b", "a"]], **NARROWED}, {"members": ["a", "b"], **NARROWED}, OK, OK),
    ("narrowed", {"members": [], **NARROWED}, {"members": [["b"]], **NARROWED}, OK, OK),
    ("not-status", {"forbidden": [403]}, {"forbidden": [200]}, OK, OK),
    ("accepted", {}, {}, OK, BAD),
    ("names-place", {"pointer": "/name"}, {"pointer": "/id"}, BAD, BAD),
    ("names-place", {"pointer": "/name/family", "object": True}, {"pointer": "/name/family"}, BAD, BAD),
    ("names-place", {"pointer": "/name"}, {"pointer": "/nam", "object": True}, BAD, BAD),
    ("names-place", {"parameter": "limit"}, {"parameter": "offset"}, BAD, BAD),
    ("bodies-equal", {**AB, "except": ["b"]}, AB, OK, OK),
    ("identical", {"actual": [{"a": 1}], "expected": [{"a": 1}]}, {"actual": True, "expected": 1}, OK, OK),
    ("identical", {"actual": COMPOSED, "expected": COMPOSED}, {"actual": COMPOSED, "expected": DECOMPOSED}, OK, OK),
    ("identical", {"actual": [AT_120], "expected": [AT_12]}, {"actual": AT_12, "expected": AT_121}, OK, OK),
    ("same-members", {"actual": [AT_12], "expected": [AT_120]}, {"actual": [AT_12], "expected": [AT_121]}, OK, OK),
    ("ordered", {"values": [AT_120, AT_12, AT_121]}, {"values": [AT_12, AT_120], "strict": True}, OK, OK),
    ("not-before", {"actual": AT_12, "limit": AT_120}, {"actual": AT_12, "limit": AT_121}, OK, OK),
    ("identical-if-done", {"done": 409, "actual": 1, "expected": 2}, {"done": 201, "actual": 1, "expected": 2}, OK, OK),
    ("code-at-status", {"at": 422, "unexpected": CODE}, {"at": 400, "unexpected": CODE}, BAD, BAD),
    ("different", {"actual": "a", "unexpected": "A"}, {"actual": "a", "unexpected": "a"}, OK, OK),
    ("one-of", {"actual": 1, "allowed": [2, 1]}, {"actual": 1, "allowed": [True, "1"]}, OK, OK),
    ("contains", {"collection": [{"a": 1}], "value": {"a": 1}}, {"collection": ["A"], "value": "a"}, OK, OK),
    ("lacks", {"collection": ["A"], "value": "a"}, {"collection": ["a"], "value": "a"}, OK, OK),
    ("count", {"collection": [1, 1], "expected": 2}, {"collection": [], "expected": 1}, OK, OK),
    ("same-members", {"actual": [2, 1], "expected": [1, 2]}, {"actual": [1, 1], "expected": [1]}, OK, OK),
    ("multiset", {"actual": [200, 412], "expected": [412, 200]}, {"actual": [1, 1], "expected": [1, 2]}, OK, OK),
    ("disjoint", {"collections": [[1, 2], [3]]}, {"collections": [[1], [2, 1]]}, OK, OK),
    ("partition", {"parts": [[1], [2]], "whole": [2, 1]}, {"parts": [[1], [1]], "whole": [1, 2]}, OK, OK),
    ("covers", {"parts": [[1, 2], [2]], "whole": [2, 1]}, {"parts": [[1]], "whole": [1, 2]}, OK, OK),
    ("sha256", {"expected": hashlib.sha256(b"x").hexdigest()}, {"expected": "0"}, seen("open", 200, b"x"), OK),
    ("ordered", {"values": [1, 1, 2]}, {"values": [1, 1], "strict": True}, OK, OK),
    ("ordered", {"values": ["b", "a"], "direction": "descending"}, {"values": ["b", "a"]}, OK, OK),
    ("absent-text", {"in": {"a": ["b"]}, "text": "c"}, {"in": {"a": [DECOMPOSED]}, "text": DECOMPOSED}, OK, OK),
    ("text-kept", {"in": {"a": ["x", DECOMPOSED]}, "text": DECOMPOSED}, {"in": [COMPOSED], "text": DECOMPOSED}, OK, OK),
    ("present", {"actual": ""}, {"actual": None}, OK, OK),
    ("absent", {"actual": MISSING}, {"actual": None}, OK, OK),
    ("not-before", {"actual": "2026-04-02", "limit": "2026-04-02"}, {"actual": 1, "limit": 2}, OK, OK),
    ("matches", {"actual": "abc", "pattern": "[a-c]+"}, {"actual": "abc\n", "pattern": "[a-c]+"}, OK, OK),
    ("audited-once", {**TRAIL, **ABOUT}, {**TWO, **ABOUT}, OK, OK),
    ("audited-once", {**TRAIL, **ABOUT}, {**TRAIL, **ABOUT, "outcome": "refused"}, OK, OK),
    ("audited-as", {**TRAIL, "expected": _READ}, {**TRAIL, "expected": {"status": 304}}, OK, OK),
    ("audited-actor", {**BY_READ, "same": True}, {**BY_READ, "same": False}, OK, OK),
    ("exactly-one", {"values": [200, 412], "of": 200}, {"values": [200, 200], "of": 200}, OK, OK),
]  # fmt: skip


def test_every_claim_is_tested() -> None:
    """Claim: the table above names each claim there is."""
    assert {case[0] for case in CASES} == CLAIMS.keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_claim_holds_and_fails(case: tuple[str, dict[str, Any], dict[str, Any], Seen, Seen]) -> None:
    """Claim: exact comparison, to the code point and the JSON type. Stimulus: arguments that fit, arguments that do
    not. Expected: True, and a failure told in both languages with what was expected and what was there."""
    rule, right, wrong, on_right, on_wrong = case
    assert judge_claim(rule, right, on_right) is True
    failure = judge_claim(rule, wrong, on_wrong)
    assert isinstance(failure, Failure)
    assert failure.ja
    assert failure.en
    assert failure.expected
    assert failure.actual


@pytest.mark.parametrize(
    ("rule", "args", "item"),
    [
        ("status", {"allowed": [422]}, OK),
        ("names-place", {"pointer": "/name"}, OK),
        ("audited-as", {**TRAIL, "before": ["e-1", "e-2"], "expected": _READ}, OK),
        ("audited-actor", {**TWO, "operation": "read", "same": True}, OK),
    ],
)
def test_a_claim_that_another_requirement_is_about_says_nothing(rule: str, args: dict[str, Any], item: Seen) -> None:
    """Claim: one fault fails one requirement. Stimulus: an acceptance, where the claim is about the kind of refusal.
    Expected: no result."""
    assert judge_claim(rule, args, item) is None


@pytest.mark.parametrize("status", [500, 503, 429])
@pytest.mark.parametrize("rule", sorted(CLAIMS))
def test_no_claim_is_judged_on_a_server_error(rule: str, status: int) -> None:
    """Claim: 5xx and 429 leave every claim open, whatever its arguments. Expected: unclear."""
    assert isinstance(judge_claim(rule, {}, seen("getThing", status)), Unclear)


def test_texts_that_look_alike_are_told_by_their_code_points() -> None:
    """Claim: a reader sees what differs. Stimulus: the composed for the decomposed form. Expected: both in U+ form."""
    failure = judge_claim("identical", {"actual": COMPOSED, "expected": DECOMPOSED}, OK)
    assert isinstance(failure, Failure)
    assert "U+304B U+3099" in failure.expected
    assert "U+304C" in failure.actual


def test_an_argument_that_is_not_there_is_a_failure_of_the_answer() -> None:
    """Claim: an answer without the member that is judged falls short. Expected: a failure that names the member."""
    failure = unresolved("identical", "$response.body#/id")
    assert isinstance(failure, Failure)
    assert failure.expected == "$response.body#/id"


def _reads(function: ast.FunctionDef) -> tuple[set[str], set[str]]:
    """Names that a claim takes from `args`: by `args[name]`, and by `args.get(name)` or `name in args`."""
    needed, optional = set(), set()
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "args":
            if isinstance(node.slice, ast.Constant):
                needed.add(str(node.slice.value))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "args.get":
            optional.add(str(ast.literal_eval(node.args[0])))
    return needed, optional


def test_the_table_of_arguments_is_what_the_claims_read() -> None:
    """Claim: spec check asks for the arguments that the code reads. Stimulus: the source of the claims. Expected: the
    same names; `names-place` chooses between two."""
    trees = [
        ast.parse(Path(inspect.getfile(module)).read_text("utf-8"))
        for module in (claims, fields, paging, trail, values)
    ]
    functions = {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert ARGUMENTS.keys() == CLAIMS.keys()
    for name, function in CLAIMS.items():
        if name == "names-place":
            continue
        needed, optional = _reads(functions[function.__name__])
        if name == "answer-if-different":
            needed, optional = needed | {"allowed"}, {"about"}
        assert ARGUMENTS[name].required == needed, name
        assert ARGUMENTS[name].optional == optional - needed, name


def test_wrong_arguments_are_named() -> None:
    """Claim: what is missing and what is unknown is told. Expected: both names, or nothing for right ones."""
    assert (
        wrong_arguments("identical", frozenset({"actual", "expcted"}))
        == "'expected' is missing, 'expcted' is not known"
    )
    assert wrong_arguments("identical", frozenset({"actual", "expected"})) is None
