"""Observations become one verdict per requirement: fail over inconclusive over pass, in whatever order they come."""

from __future__ import annotations

import shlex

import msgspec
import pytest
from exchanges import exchange, requirement, script, trace
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.model import Exchange, Finding, Level, Observation, Outcome, Text, VerdictKind
from conformance.tally import EXAMPLES, Tally, curl, request_text, response_text

OPEN = Text("未判定", "open")
REQUIREMENT = requirement("COM-VAL-001")
OTHER = requirement("COM-VAL-002")


def tally() -> Tally:
    return Tally(lambda name: f"replay {name}")


def observed(outcome: Outcome, number: int, name: str = "COM-VAL-001", operation: str | None = None) -> Observation:
    finding = Finding(name, f"s.{number}", "call", "refused", Text("理由", f"reason {number}"), "a", "b", operation)
    return Observation(name, f"s.{number}", outcome, None if outcome is Outcome.PASS else finding)


def add(counts: Tally, number: int, *observations: Observation, size: int = 1) -> None:
    item = exchange("getThing", 200, sent={"x": "y" * size})
    counts.add(script(id=f"s.{number}"), trace(item, script=f"s.{number}"), observations)


@pytest.mark.parametrize(
    ("outcomes", "kind"),
    [
        ([], VerdictKind.INCONCLUSIVE),
        ([Outcome.PASS], VerdictKind.PASS),
        ([Outcome.PASS, Outcome.INCONCLUSIVE], VerdictKind.INCONCLUSIVE),
        ([Outcome.INCONCLUSIVE, Outcome.FAIL, Outcome.PASS], VerdictKind.FAIL),
    ],
)
def test_a_verdict_is_rolled_up(outcomes: list[Outcome], kind: VerdictKind) -> None:
    """Claim: fail over inconclusive over pass, and nothing judged is never a pass. Expected: kind and counts."""
    counts = tally()
    for number, outcome in enumerate(outcomes):
        add(counts, number, observed(outcome, number))
    verdict = counts.verdict(REQUIREMENT, "toy", OPEN)
    assert verdict.verdict is kind
    assert verdict.judged == sum(o is not Outcome.INCONCLUSIVE for o in outcomes)
    assert verdict.failed == outcomes.count(Outcome.FAIL)
    assert verdict.inconclusive == outcomes.count(Outcome.INCONCLUSIVE)
    assert (verdict.reason is not None) == (kind is VerdictKind.INCONCLUSIVE)


def test_a_reason_says_how_much_is_open_and_why() -> None:
    """Claim: an inconclusive verdict explains itself. Expected: the reason given where nothing came; else the share and
    an example."""
    counts = tally()
    assert counts.verdict(REQUIREMENT, "toy", OPEN).reason == OPEN
    add(counts, 1, observed(Outcome.PASS, 1))
    add(counts, 2, observed(Outcome.INCONCLUSIVE, 2))
    reason = counts.verdict(REQUIREMENT, "toy", OPEN).reason
    assert reason is not None
    assert reason.en == "1 of 2 could not be judged. For example: reason 2"
    assert "2件中1件" in reason.ja


outcomes = st.sampled_from([Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE])
entries = st.lists(
    st.tuples(outcomes, outcomes, st.sampled_from(["getThing", "open", None]), st.integers(1, 40)), max_size=9
)


@settings(deadline=None)
@given(entries.flatmap(lambda items: st.tuples(st.just(items), st.permutations(range(len(items))))))
def test_the_order_of_traces_does_not_matter(
    drawn: tuple[list[tuple[Outcome, Outcome, str | None, int]], list[int]],
) -> None:
    """Claim: traces are finished in any order, and the verdict is the same, byte for byte. Stimulus: any observations
    of two requirements, in two orders. Expected: equal verdicts, examples too."""
    items, order = drawn
    results = []
    for numbers in (range(len(items)), order):
        counts = tally()
        for number in numbers:
            first, second, operation, size = items[number]
            one = observed(first, number, operation=operation)
            add(counts, number, one, observed(second, number, "COM-VAL-002"), size=size)
        verdicts = [counts.verdict(each, "toy", OPEN) for each in (REQUIREMENT, OTHER)]
        results.append((msgspec.json.encode(verdicts), counts.failing(), counts.figures()))
    assert results[0] == results[1]


def test_the_smallest_examples_are_kept() -> None:
    """Claim: memory is bounded, and a person sees the smallest failing requests. Stimulus: ten failures, the largest
    first, and one trace that stayed open. Expected: the smallest of the failures, in order."""
    counts = tally()
    for number in range(10):
        add(counts, number, observed(Outcome.FAIL, number), size=1000 - 50 * number)
    add(counts, 10, observed(Outcome.INCONCLUSIVE, 10))
    examples = counts.verdict(REQUIREMENT, "toy", OPEN).examples
    assert [example.finding.script for example in examples] == ["s.9", "s.8", "s.7"][:EXAMPLES]
    assert examples[0].replay == "replay s.9"


def test_operations_are_counted_where_they_were_judged() -> None:
    """Claim: the finding's operation counts, else that of the last step; what stayed open counts for none."""
    counts = tally()
    add(counts, 1, observed(Outcome.FAIL, 1, operation="open"))
    add(counts, 2, observed(Outcome.PASS, 2))
    add(counts, 3, observed(Outcome.INCONCLUSIVE, 3))
    assert counts.verdict(REQUIREMENT, "toy", OPEN).operations == {"getThing": (1, 0), "open": (1, 1)}


def test_what_failed_in_the_same_script_is_named() -> None:
    """Claim: one cause may fail several requirements, which are told together. Stimulus: two that fail in one script,
    a third that fails in another. Expected: the two name each other only."""
    counts = tally()
    add(counts, 1, observed(Outcome.FAIL, 1), observed(Outcome.FAIL, 1, "COM-VAL-002"))
    add(counts, 2, observed(Outcome.FAIL, 2, "COM-VAL-003"))
    assert counts.verdict(REQUIREMENT, "toy", OPEN).same_cause == ("COM-VAL-002",)
    assert counts.verdict(requirement("COM-VAL-003"), "toy", OPEN).same_cause == ()
    assert counts.failing() == {"COM-VAL-001", "COM-VAL-002", "COM-VAL-003"}


def test_an_example_tells_what_was_done_before() -> None:
    """Claim: a failure in the third step shows the two before it. Expected: method, URL and status of each."""
    counts = tally()
    steps = [exchange("open", 200, identifier="a"), exchange("open", None, identifier="b", trouble="timeout")]
    whole = trace(*steps, exchange("getThing", 404, identifier="call"), script="s.1")
    counts.add(script(id="s.1"), whole, [observed(Outcome.FAIL, 1)])
    example = counts.verdict(REQUIREMENT, "toy", OPEN).examples[0]
    assert example.preamble == ("GET https://sut.example/v1/open -> 200", "GET https://sut.example/v1/open -> timeout")
    assert example.response.startswith("HTTP/1.1 404")


def test_a_verdict_keeps_the_level() -> None:
    """Claim: a recommendation that fails is a fail of a recommendation. Expected: its level stands in the verdict."""
    counts = tally()
    add(counts, 1, observed(Outcome.FAIL, 1))
    kept = requirement("COM-VAL-001", level=Level.RECOMMENDED)
    assert counts.verdict(kept, "toy", OPEN).level is Level.RECOMMENDED


def _with_header(name: str, value: str) -> Exchange:
    item = exchange("createThing", 400, {"a": "日"}, sent={"name": "it's $HOME `id`"})
    request = msgspec.structs.replace(item.request, headers=((name, value), ("User-Agent", "suite")))
    return msgspec.structs.replace(item, request=request)


def test_the_curl_command_sends_the_same_request_without_the_token() -> None:
    """Claim: a person can repeat a failure by copying one line, and no shell reads anything in it but $TOKEN.
    Stimulus: quotes, dollar signs and backquotes in the content. Expected: the same content after the shell's reading;
    the scheme of the authorization, never the credential."""
    line = curl(_with_header("Authorization", "Bearer secret-token"))
    words = shlex.split(line)
    assert words[-1] == "https://sut.example/v1/things"
    assert words[words.index("--data-binary") + 1] == '{"name": "it\'s $HOME `id`"}'
    assert '"Authorization: Bearer $TOKEN"' in line
    assert "secret-token" not in line
    assert "User-Agent" not in line


def test_requests_and_responses_are_shown_as_text() -> None:
    """Claim: contents are readable. Stimulus: JSON, bytes that are no text, a very long text, no answer. Expected:
    indented JSON in full characters, a note of the bytes, a cut with the length, the reason."""
    assert '"a": "日"' in response_text(exchange("getThing", 200, {"a": "日"}))
    assert "3 bytes that are not UTF-8" in response_text(exchange("getThing", 200, b"\xff\xfe\xfd"))
    assert "(20000 characters)" in response_text(exchange("getThing", 200, b"x" * 20_000))
    assert response_text(exchange("getThing", None, trouble="timeout")) == "(timeout)"
    assert request_text(exchange("getThing", 200)).startswith("GET https://sut.example/v1/things/{thing_id}")
