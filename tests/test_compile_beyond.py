"""What the compilers derive beyond the usual form of a call: late repetitions, odd headers, escapes, sizes."""

from __future__ import annotations

import json
from functools import cache

import pytest

from conformance.catalogue.service import Service, load_service
from conformance.compile import (
    audit,
    conditional,
    greatest,
    many,
    parameters,
    precedence,
    protocol,
    repetition,
    security,
    text,
)
from conformance.compile.bench import Bench
from conformance.compile.edition import SEED, Source
from conformance.compile.idempotency import scripts as keys
from conformance.expression import FUNCTIONS
from conformance.model import Script

NAME = "benefit-payments"


@cache
def _bench() -> Bench:
    return Bench(load_service(NAME), SEED)


@cache
def _made(source: Source, family: str) -> tuple[Script, ...]:
    return tuple(script for script in source(_bench()) if script.family == family)


def _headers(script: Script, name: str) -> list[object]:
    return [value for key, value in script.steps[-1].headers if key == name]


def test_a_tag_is_asked_for_in_long_lists_and_field_lines() -> None:
    """Claim: who reads the first tags or the first line only is found out. Expected: a list of more than twenty tags
    and two lines of If-None-Match, the current tag last, both to be answered 304."""
    found = [_headers(script, "If-None-Match") for script in _made(conditional.scripts, "conditional.not-modified")]
    assert any(len(lines) == 2 and lines[0] == '"another-tag"' for lines in found)
    assert any(json.dumps(lines).count("another-tag") > 20 for lines in found)


def test_a_condition_by_date_is_none() -> None:
    """Claim: a date does not take the place of a tag. Expected: reads with If-Modified-Since and changes with
    If-Unmodified-Since, both without a tag."""
    reads = _made(conditional.scripts, "conditional.modified")
    changes = _made(conditional.scripts, "conditional.missing")
    assert any(_headers(s, "If-Modified-Since") and not _headers(s, "If-None-Match") for s in reads)
    assert any(_headers(s, "If-Unmodified-Since") and not _headers(s, "If-Match") for s in changes)


@pytest.mark.parametrize("tag", ['"abC-1"', '"12345"', 'W/"x"'])
def test_a_tag_in_other_letters_is_another_tag(tag: str) -> None:
    """Claim: nothing is claimed of a tag that is the right one after all. Stimulus: tags with and without letters.
    Expected: another tag, in quotation marks."""
    for name in ("swapped-case-etag", "longer-etag"):
        other = FUNCTIONS[name](tag)
        assert other.startswith('"')
        assert other.endswith('"')
        assert other != tag.removeprefix("W/")


def test_every_operation_is_called_with_headers_that_mean_nothing() -> None:
    """Claim: unknown headers are ignored. Expected: for each operation two calls that must be accepted."""
    made = _made(protocol.scripts, "headers.unknown")
    assert len(made) == 2 * len(list(_bench().operations()))
    assert all({"X-Undeclared-Header", "Range", "X-HTTP-Method"} & {n for n, _ in s.steps[-1].headers} for s in made)
    assert {check.requirement for s in made for check in s.checks if check.requirement} == {"COM-HTTP-018"}


def test_a_session_is_no_token() -> None:
    """Claim: what an answer has set is no credential. Expected: each read once more without its token, with all cookies
    that were set before."""
    made = [s for s in _made(security.scripts, "security.no-token") if s.steps[-1].headers[-1:] == (_COOKIES,)]
    reads = [s for s in made if s.steps[-1].method == "GET"]
    assert reads
    assert all(s.steps[-2].path == s.steps[-1].path and s.steps[-2].authorization is None for s in reads)


_COOKIES = ("Cookie", {"$cookies": "session=clerk"})


def test_a_token_stands_everywhere_but_where_it_counts() -> None:
    """Claim: a token counts in Authorization alone. Expected: no such field, and the token in others and in cookies."""
    for script in _made(security.scripts, "security.token-elsewhere"):
        step = script.steps[-1]
        assert step.authorization == ""
        assert {"Cookie", "X-Access-Token", "X-Authorization"} <= {name for name, _ in step.headers}


def test_a_limit_in_other_digits_is_no_number() -> None:
    """Claim: what Python takes for a number is none in a URL. Expected: full-width digits and underscores refused, as
    what is no number; a number out of range stays with the requirement about that."""
    made = _made(parameters.scripts, "paging.not-a-number")
    values = {value for s in made for name, value in s.steps[-1].query if name == "limit"}
    assert {"２０", "1_0", "x", ""} <= values
    assert not {"0", "101"} & values
    assert {c.requirement for s in made for c in s.checks if c.rule == "refused"} == {"COM-PAG-011"}


def test_a_text_is_sent_in_escapes_alone() -> None:
    """Claim: an escape is the character that it names, in a member's name too. Expected: supplementary characters as
    two escapes, and the answer compared with the text itself; contents with escaped names, to be accepted."""
    made = _made(text.scripts, "text.escaped")
    names = [script for script in made if script.title.endswith("in the names of its members")]
    assert 0 < len(names) < len(made)
    for script in names:
        assert [check.rule for check in script.checks if check.requirement] == ["accepted"]
    for script in made:
        if script in names:
            continue
        assert any(isinstance(step.body, dict) and "$edited" in step.body for step in script.steps)
        assert {check.rule for check in script.checks if check.requirement == "COM-TXT-015"} == {
            "accepted",
            "text-kept",
        }


def test_members_are_sent_in_another_order() -> None:
    """Claim: the order of members means nothing, whatever the operation. Expected: for each way to call an operation
    whose content has several members, its valid content reversed, to be accepted."""
    made = _made(text.scripts, "text.members-reversed")
    ways = {
        (o.id, call.workflow)
        for o in _bench().operations()
        for call in _bench().calls[o.id]
        if len(_bench().template(call) or ()) > 1
    }
    assert len(made) >= len(ways) > 10
    assert {s.steps[-1].operation for s in made} >= {operation for operation, _ in ways}
    for script in made:
        assert script.steps[-1].body["edits"] == [["reverse"]]
        assert [(c.rule, c.requirement) for c in script.checks if c.requirement] == [("accepted", "COM-TXT-016")]


def test_contents_that_hardly_differ_are_other_contents() -> None:
    """Claim: contents are compared whole and with letter case. Expected: two that differ in the case of a letter, and
    two that begin with the same KiB."""
    made = _made(keys, "idempotency.reused")
    pairs = [[step.body for step in script.steps[-2:]] for script in made]
    cases = [pair for pair in pairs if json.dumps(pair[0]) != json.dumps(pair[1])]
    assert any(json.dumps(a).lower() == json.dumps(b).lower() for a, b in cases)
    assert any("$edited" in a and "$edited" in b for a, b in cases)


def test_a_key_of_the_greatest_length_is_compared_to_its_end() -> None:
    """Claim: a key of 64 characters is kept whole. Expected: 26 characters, a fresh key of 36, and an ending of 2."""
    made = _made(keys, "idempotency.near-key")
    parts = [
        value["$join"] for s in made for _, value in s.steps[-1].headers if isinstance(value, dict) and "$join" in value
    ]
    assert {len(before) + 36 + len(ending) for before, _, ending in parts} == {38, 64}


def test_each_key_is_repeated_a_day_later() -> None:
    """Claim: keys are kept for a day, whatever the operation. Expected: for each operation with a key one script with
    the clock put forward between the two, played alone, that needs the test control interface."""
    made = _made(repetition.scripts, "idempotency.kept")
    assert {s.steps[-1].operation for s in made} == {
        o.id for o in _bench().operations() if o.parameter("Idempotency-Key", "header")
    }
    assert all(s.exclusive and s.upper_tester and s.steps[-2].operation == "advanceClock" for s in made)


def test_a_key_is_repeated_after_many_others() -> None:
    """Claim: how many keys a client uses does not matter. Expected: more than a hundred different keys in between."""
    (script,) = _made(repetition.scripts, "idempotency.after-many")
    sent = [json.dumps(v) for step in script.steps for name, v in step.headers if name == "Idempotency-Key"]
    assert sent[0] == sent[-1]
    assert len(set(sent)) > 100


def test_what_becomes_of_a_refused_key_is_free() -> None:
    """Claim: only an answer that succeeded has to come again. Expected: the claim depends on the second answer."""
    for script in _made(repetition.scripts, "idempotency.after-refusal"):
        claims = [check for check in script.checks if check.requirement]
        assert {check.rule for check in claims} == {"identical-if-done"}


def test_a_list_grows_beyond_a_hundred() -> None:
    """Claim: what stands behind the hundredth item is counted and shown. Expected: a hundred more things made, then the
    first hundred and the page behind them."""
    (script,) = _made(many.scripts, "paging.many")
    assert len(script.steps) > 102
    assert [dict(step.query)["offset"] for step in script.steps[-2:]] == ["0", "100"]


def test_an_error_in_the_twelfth_item_is_named() -> None:
    """Claim: an index of two digits is named whole. Expected: a pointer with the index 11 that has to be named."""
    made = _made(greatest.scripts, "schema.type")
    assert any("/11/" in str(check.args.get("pointer")) for s in made for check in s.checks)


def test_the_greatest_content_is_one_by_the_document() -> None:
    """Claim: nobody fails for a content that the document does not allow. Stimulus: the greatest contents of two
    services. Expected: each is accepted by the schema, and grows only by items that need nothing of their own."""
    for service in (load_service(NAME), load_service("resident-registry")):
        assert _greatest_contents(service) > 3


def _greatest_contents(service: Service) -> int:
    bench = _bench() if service.name == NAME else Bench(service, SEED)
    found = 0
    for operation in bench.operations():
        if bench.body_schema(operation) is None:
            continue
        large = greatest.greatest(bench, operation, bench.first(operation))
        if large is not None:
            assert bench.accepts(operation, large)
            found += 1
    return found


def test_the_earlier_of_two_mistakes_is_sent_alone_first() -> None:
    """Claim: one fault fails one requirement. Expected: the earlier mistake alone, with a key of its own, has to be
    answered with the very status that is then asked for of both."""
    for family in ("precedence.headers", "precedence.syntax", "precedence.existence"):
        made = _made(precedence.scripts, family)
        assert made
        for script in made:
            alone, both = script.steps[-2:]
            asked = next(check for check in script.checks if check.requirement == "COM-ERR-008")
            before = next(check for check in script.checks if check.step == alone.id)
            assert asked.step == both.id
            assert before.args["condition"] == f"$statusCode == {asked.args['allowed'][0]}"
            keys_of = [dict(step.headers).get("Idempotency-Key") for step in (alone, both)]
            assert keys_of == [None, None] or keys_of[0] != keys_of[1]


def test_one_key_serves_for_all_operations_of_a_role() -> None:
    """Claim: whichever two operations share their keys, one of them is found out. Expected: one script for each role
    with several operations, in which all of them have the same key, and all but the first must be carried out."""
    made = _made(keys, "idempotency.other-operation")
    assert made
    for script in made:
        asked = [check for check in script.checks if check.requirement == "COM-IDM-009"]
        steps = {step.id: step for step in script.steps}
        used = {json.dumps(dict(steps[check.step].headers)["Idempotency-Key"]) for check in asked}
        assert len(used) == 1
        assert {check.rule for check in asked} == {"accepted"}
        first = [s for s in script.steps if json.dumps(dict(s.headers).get("Idempotency-Key")) in used]
        assert len(first) == len(asked) + 1


def test_a_request_that_fails_is_looked_for_in_the_trail() -> None:
    """Claim: a failure leaves no entry. Expected: a tag that does not hold, an undeclared property, an unknown id; the
    trail before and after, with the same entries."""
    made = _made(audit.scripts, "audit.failed")
    assert made
    for script in made:
        assert [script.steps[-3].id, script.steps[-1].id] == ["trail-before", "trail-after"]
        assert [check.rule for check in script.checks if check.requirement] == ["same-members"]
