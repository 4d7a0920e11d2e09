"""Each rule over all exchanges: one exchange on which it holds, one on which it fails, one it does not concern."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from exchanges import KNOWLEDGE, LENIENT, NUMBER, SAFE, WRONG, encoded, exchange, problem, seen, step

import conformance.judge  # noqa: F401  enters all rules into their table
from conformance.catalogue.yaml_reader import read
from conformance.resources import specs_dir
from conformance.rules.failure import Failure, Unclear
from conformance.rules.http import not_judged_because_of
from conformance.rules.internals import disclosed
from conformance.rules.problem import CODES_OF_STATUS, COMMON_CODES
from conformance.rules.registry import EXCHANGE_RULES, exchange_rule
from conformance.seen import Seen

NDJSON = "application/x-ndjson"
THING = {"id": "t-1", "name": "a"}
BARE = {"Cache-Control": "", "X-Content-Type-Options": ""}
ETAG = {"ETag": '"x"'}
PAGED = {"resultset": {"count": 2, "offset": 0, "limit": 2}, "results": [THING, {"id": "t-2", "name": "b"}]}
BACKWARDS = {**PAGED, "results": PAGED["results"][::-1]}
PARTLY_REPLACED = {**PAGED, "results": [{"name": name} for name in ("a", "479564315533", "131230268941", "b")]}
"""Names that look like Individual Numbers: the evidence shows others in their places."""
TWO = {"limit": "2", "offset": "0"}

OTHER = {**THING, "name": "b"}


def again(body: object, **changes: Any) -> Seen:
    """A read of a thing whose first read gave THING with the tag of ETAG; `changes` are those of the second read."""
    first = exchange("getThing", 200, THING, ETAG, identifier="first")
    second = msgspec.structs.replace(exchange("getThing", 200, body, ETAG), **changes)
    return Seen(second, step("getThing"), (first, second))


CASES: dict[str, tuple[Seen, Seen, Seen]] = {
    "status-declared": (seen("getThing", 200, THING), seen("getThing", 202, THING), seen("getThing", 500)),
    "no-server-error": (seen("getThing", 503), seen("getThing", 500), seen("getThing", None)),
    "media-type": (
        seen("getThing", 200, THING),
        seen("getThing", 200, b"<p>", kind="text/html"),
        seen("getThing", 404, problem(404)),
    ),
    "response-schema": (seen("getThing", 200, THING), seen("getThing", 200, {"id": 1, "name": "a"}), seen("open", 200)),
    "undeclared-property": (
        seen("getThing", 200, THING),
        seen("getThing", 200, {**THING, "secret": 1}),
        seen("getThing", 200, {"id": 1, "name": "a", "secret": 1}),
    ),
    "identifier-check-digits": (
        seen("getThing", 200, {**THING, "number": NUMBER}),
        seen("getThing", 200, {**THING, "number": WRONG}),
        seen("getThing", 404, {**THING, "number": WRONG}),
    ),
    "timestamps": (
        seen("getThing", 200, {**THING, "made_at": "2026-04-01T09:00:00.123+09:00"}),
        seen("getThing", 200, {**THING, "made_at": "2026-04-01T00:00:00Z"}),
        seen("getThing", 200),
    ),
    "response-headers": (
        seen("createThing", 201, THING, {"X-Count": "3"}),
        seen("createThing", 201, THING, {"X-Count": "many"}),
        seen("listThings", 200, PAGED),
    ),
    "json-encoding": (
        seen("getThing", 200, THING),
        seen("getThing", 200, b'{"id": "1", "id": "2"}'),
        seen("getThing", 200, b"NaN", kind="text/plain"),
    ),
    "cache-control": (
        seen("getThing", 404, problem(404), {"Cache-Control": "private, No-Store"}),
        seen("getThing", 200, THING, {"Cache-Control": "no-cache"}),
        seen("open", 200, THING, BARE),
    ),
    "nosniff": (seen("getThing", 200, THING), seen("getThing", 304, b"", BARE), seen("open", 200, THING, BARE)),
    "allow-header": (
        seen(None, 405, b"", {"Allow": "GET, POST, OPTIONS"}),
        seen(None, 405, b"", {"Allow": "GET"}),
        seen(None, 404),
    ),
    "www-authenticate": (
        seen("getThing", 401, b"", {"WWW-Authenticate": 'Basic realm="x", bearer'}),
        seen("getThing", 401, b"", {"WWW-Authenticate": "Basic"}),
        seen("getThing", 403),
    ),
    "location-header": (
        seen("createThing", 201, THING, {"Location": "/things/1"}),
        seen("createThing", 201, THING),
        seen("getThing", 200, THING),
    ),
    "location-declared": (
        seen("createThing", 201, THING, {"Location": "/v1/things/1"}),
        seen("createThing", 201, THING, {"Location": "/elsewhere/1"}),
        seen("getThing", 200, THING),
    ),
    "etag-strong": (
        seen("getThing", 200, THING, ETAG),
        seen("getThing", 200, THING, {"ETag": 'W/"x"'}),
        seen("getThing", 304),
    ),
    "problem-media-type": (
        seen("getThing", 404, problem(404)),
        seen("getThing", 404, {}, kind="application/json"),
        seen("getThing", 500, b"<p>", kind="text/html"),
    ),
    "problem-members": (
        seen("getThing", 404, problem(404, errors=[{"pointer": "/a", "code": "x"}])),
        seen("getThing", 404, problem(404, errors=[{"pointer": "/a", "parameter": "a"}])),
        seen("getThing", 200, THING),
    ),
    "etag-of-other-content": (
        again({"name": "a", "id": "t-1"}),
        again(OTHER),
        again(OTHER, role="viewer"),
    ),
    "problem-status": (seen("getThing", 404, problem(404)), seen("getThing", 404, problem(400)), seen("getThing", 200)),
    "problem-code": (
        seen("getThing", 404, problem(404, "not_found")),
        seen("getThing", 404, problem(404, "forbidden")),
        seen("getThing", 404, problem(404, code=7)),  # type: ignore[arg-type]  wrong on purpose
    ),
    "problem-internals": (
        seen("getThing", 404, problem(404)),
        seen("getThing", 500, b'Traceback (most recent call last):\n  File "app.py", line 1', kind="text/plain"),
        seen("getThing", 200, b"Traceback (most recent call last)"),
    ),
    "number-not-echoed": (
        seen("createThing", 422, problem(422), sent={"number": WRONG}),
        seen("createThing", 422, problem(422, detail=f"{WRONG} is wrong"), sent={"number": WRONG}),
        seen("createThing", 201, {**THING, "number": NUMBER}, sent={"number": NUMBER}),
    ),
    "number-not-in-url": (
        seen("createThing", 201, THING, {"Location": "/things/1"}, sent={"number": NUMBER}),
        seen("createThing", 201, THING, {"Location": f"/things/{NUMBER}"}, sent={"number": NUMBER}),
        seen("createThing", 201, THING, sent={"number": NUMBER}),
    ),
    "page-limit": (
        seen("listThings", 200, PAGED, query=TWO),
        seen("listThings", 200, PAGED, query={"limit": "1"}),
        seen("listThings", 200, PAGED),
    ),
    "page-resultset": (
        seen("listThings", 200, PAGED, query=TWO),
        seen("listThings", 200, PAGED, query={"limit": "3"}),
        seen("listThings", 400, problem(400), query=TWO),
    ),
    "page-sorted": (
        seen("listThings", 200, PAGED, query={"sort": "name"}),
        seen("listThings", 200, BACKWARDS, query={"sort": "name"}),
        seen("listThings", 200, PAGED),
    ),
}


def result_of(rule: str, item: Seen, *, strict: bool = True) -> object:
    knowledge, item = KNOWLEDGE if strict else LENIENT, Seen(item.exchange, item.step, item.trace)
    operation = knowledge.operation("toy", item.step.operation if item.step else None)
    return EXCHANGE_RULES[rule](item, operation, knowledge)


def test_every_rule_has_its_three_exchanges() -> None:
    """Claim: no rule is without a test. Expected: the table above names every rule in the table of rules."""
    assert CASES.keys() == EXCHANGE_RULES.keys()


@pytest.mark.parametrize("rule", sorted(CASES))
def test_a_rule_passes_fails_and_keeps_out(rule: str) -> None:
    """Claim: a rule says True of what is right, tells in both languages what is wrong, and nothing of what it is not
    about. Stimulus: the three exchanges of the table."""
    right, wrong, other = CASES[rule]
    assert result_of(rule, right) is True
    failure = result_of(rule, wrong)
    assert isinstance(failure, Failure)
    assert all(failure), failure
    assert failure.message.ja != failure.message.en
    assert result_of(rule, other) is None


def test_one_mistake_in_a_body_is_the_concern_of_one_rule() -> None:
    """Claim: schema, undeclared members, check digits and times are four requirements. Stimulus: one mistake of each
    kind. Expected: exactly one of the four rules fails."""
    kinds = ("response-schema", "undeclared-property", "identifier-check-digits", "timestamps")
    for rule in kinds:
        failing = [name for name in kinds if isinstance(result_of(name, CASES[rule][1]), Failure)]
        assert failing == [rule]


@pytest.mark.parametrize(
    ("rule", "item"),
    [
        ("page-sorted", seen("listThings", 200, BACKWARDS, query={"sort": "-name"})),
        ("page-sorted", seen("listThings", 200, PARTLY_REPLACED, query={"sort": "name"})),
        ("page-resultset", seen("listThings", 200, {**PAGED, "results": []}, query={"limit": "2", "offset": "0"})),
        ("no-server-error", seen(None, 501)),
        ("status-declared", seen("getThing", 429)),
        ("etag-strong", seen("getThing", 200, THING, {"ETag": '"日"'.encode().decode("latin-1")})),
        ("json-encoding", seen("getThing", 200, encoded({"a": {"b": 1}, "b": 1}))),
        ("response-schema", seen("listLines", 200, b'{"id":"1","name":"a"}\n', kind="application/x-ndjson")),
        ("problem-internals", seen("getThing", 404, problem(404, detail="/var/log/x.py"), sent=b"/var/log/x.py")),
        ("allow-header", seen(None, 405, b"", {"Allow": "POST,GET"})),
        ("problem-code", seen(None, 405, problem(405, "method_not_allowed"))),
        (
            "number-not-echoed",
            seen(
                "createThing", 404, problem(404, detail="222222222222"), sent={"number": NUMBER, "id": "222222222222"}
            ),
        ),
        ("json-encoding", seen("listLines", 200, b'{"id":"1"}\r\n\n{"id":"\\u0041"}\n', kind=NDJSON)),
        ("location-declared", seen("createThing", 201, THING, {"Location": "/%761/%74hings/%7e1"})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_conforming_way_to_differ_passes(rule: str, item: Seen) -> None:
    """Claim: what the documents leave free passes. Stimulus: descending order, an empty page, a refused odd method,
    an undeclared 429, any bytes in a tag, a name used at two depths, content in lines, an echoed path, letters of a
    path percent-encoded (RFC 3986, 6.2.2.2)."""
    assert result_of(rule, item) is True


@pytest.mark.parametrize(
    ("rule", "item"),
    [
        ("response-schema", seen("listLines", 200, b'{"id":"1"}\n', kind=NDJSON)),
        ("undeclared-property", seen("listLines", 200, b'{"id":"1","name":"a","row":1}\n', kind=NDJSON)),
        ("undeclared-property", seen("listLines", 200, b'{"count":1,"row":1}\n', kind=NDJSON)),
        ("json-encoding", seen("getThing", 200, b"\xef\xbb\xbf{}")),
        ("json-encoding", seen("getThing", 200, b'{"name": "\xff"}')),
        ("json-encoding", seen("getThing", 200, b"NaN")),
        ("etag-strong", seen("getThing", 200, THING)),
        ("allow-header", seen(None, 405, b"", {"Allow": "GET, POST, DELETE"})),
        ("problem-members", seen("getThing", 404, problem(404, title=""))),
        ("problem-members", seen("getThing", 404, {**problem(404), "status": True})),
        ("problem-members", seen("getThing", 404, [1])),
        ("page-resultset", seen("listThings", 200, {**PAGED, "resultset": {"count": 1, "offset": 0, "limit": 2}})),
        ("problem-code", seen(None, 404, problem(404, "invalid_request"))),
        ("problem-internals", seen("getThing", 404, problem(404, detail='File "/srv/x.py", line 3'))),
        ("json-encoding", seen("getThing", 200, b"", {"Content-Type": "application/json"})),
        ("json-encoding", seen("listLines", 200, b'{"id":"1"}\n{"id":"2"\n', kind=NDJSON)),
        ("json-encoding", seen("listLines", 200, b'{"id":"1"}\n{"id":"2","id":"3"}\n', kind=NDJSON)),
        ("location-header", seen("createThing", 201, THING, {"Location": "/things/a b"})),
        ("location-declared", seen("createThing", 201, THING, {"Location": "/v1%2fthings/1"})),
        ("number-not-in-url", seen("createThing", 404, problem(404, instance=f"/x/{NUMBER}"), sent={"number": NUMBER})),
        ("no-server-error", seen("getThing", 501)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_further_way_to_fall_short_fails(rule: str, item: Seen) -> None:
    """Claim: the rule sees more than its first example. Expected: a failure."""
    assert isinstance(result_of(rule, item), Failure)


def test_tags_of_another_url_a_change_or_a_weak_one_are_not_compared() -> None:
    """Claim: a tag belongs to one URL, and only a strong one stands for one content. Stimulus: the same tag with other
    content at another URL, in the answer to a PUT, written weakly. Expected: nothing is said."""
    made = exchange("getThing", 200, OTHER, ETAG)
    request = msgspec.structs.replace(made.request, url="https://sut.example/v1/things/t-2")
    weak = exchange("getThing", 200, OTHER, {"ETag": 'W/"x"'})
    items = [again(OTHER, request=request), again(OTHER, request=msgspec.structs.replace(made.request, method="PUT"))]
    for item in (*items, again(OTHER, response=weak.response)):
        assert result_of("etag-of-other-content", item) is None


def test_a_document_of_others_is_judged_by_what_it_says_only() -> None:
    """Claim: what this project adds does not bind others. Stimulus: a UTC time, a wrong check digit, a Basic
    challenge, judged without strictness. Expected: no failure."""
    for rule in ("timestamps", "identifier-check-digits", "www-authenticate"):
        assert result_of(rule, CASES[rule][1], strict=False) is True
    named = seen("getThing", 400, {"error": {"name": "SyntaxError", "message": "Unexpected token"}})
    assert result_of("problem-internals", named, strict=False) is True
    told = seen("getThing", 400, {"error": {"message": "SyntaxError: Unexpected token"}})
    assert isinstance(result_of("problem-internals", told, strict=False), Failure)
    assert result_of("page-limit", CASES["page-limit"][1], strict=False) is None


def test_a_server_error_or_too_many_requests_leaves_a_claim_open() -> None:
    """Claim: 5xx has a requirement of its own, and 429 is no answer. Expected: unclear for both, nothing for 200."""
    for status in (500, 503, 429):
        assert isinstance(not_judged_because_of(seen("getThing", status)), Unclear)
    assert not_judged_because_of(seen("getThing", 200, THING, SAFE)) is None


def test_a_rule_cannot_be_entered_twice() -> None:
    """Claim: a name means one rule. Stimulus: a second rule under a name. Expected: refused."""
    with pytest.raises(ValueError, match="there already"):
        exchange_rule("nosniff")(EXCHANGE_RULES["nosniff"])


def test_the_common_codes_are_those_that_are_published() -> None:
    """Claim: the table of codes in the rule is the published catalogue of codes, each with its status."""
    published = read(specs_dir() / "common/1.0/components.yaml")["x-problem-code-catalogue"]
    assert published.keys() == COMMON_CODES
    assert {(entry["status"], code) for code, entry in published.items()} == {
        (status, code) for status, codes in CODES_OF_STATUS.items() for code in codes
    }


@pytest.mark.parametrize(
    "text",
    [
        "java.lang.IllegalStateException: closed",
        "    at Registry.find(/srv/registry/index.js:10:5)",
        "   at Registry.Residents.Find(String id) in C:\\src\\Residents.cs:line 42",
        "KeyError: 'sex'",
        "json.decoder.JSONDecodeError: Expecting value",
        'ERROR: duplicate key value violates unique constraint "residents_pkey"',
        "SELECT id FROM residents",
        "registry/handlers/move_ins.py:88",
        "ORA-00001",
        "at take (https://registry.example/app/takers/take.js:10:5)",
    ],
)
def test_signs_of_the_inside_are_seen(text: str) -> None:
    """Claim: traces, exceptions, files and statements are noticed whatever a system is made with."""
    assert disclosed(f"an answer: {text}") is not None


@pytest.mark.parametrize(
    "text",
    [
        "An error occurred. The exception is a day after 60 days.",
        "Select one from the list; update the notice and set its date.",
        '{"type":"https://service.example/problems/ValidationError","instance":"/app/v1/residents/a.b"}',
        "reasonの長さは1から200まで / Length of reason: 1 to 200",
        "See https://www.city.example/help/errors/registry.php for help.",
        "text/plain and application/json are no media types of this operation",
    ],
)
def test_words_for_people_are_no_sign_of_the_inside(text: str) -> None:
    """Claim: what a problem may say to people, and the URIs in it, are left alone."""
    assert disclosed(text) is None
