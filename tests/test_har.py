"""Exchanges as HTTP Archive 1.2 entries: nothing of what matters is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from exchanges import exchange
from hypothesis import given
from hypothesis import strategies as st

from conformance.har import from_entry, log, to_entry
from conformance.model import Exchange, Request, Response

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
headers = st.lists(st.tuples(text, text), max_size=4).map(tuple)
bodies = st.binary(max_size=40) | text.map(str.encode) | st.sampled_from([b"\xef\xbb\xbf{}", b"\xff", b"aGk=", b"\r\n"])
responses = st.none() | st.builds(
    Response, st.integers(100, 599), headers, bodies, st.booleans(), st.sampled_from(["HTTP/1.1", "HTTP/1.0"])
)
exchanges = st.builds(
    Exchange,
    step=text,
    request=st.builds(Request, st.sampled_from(["GET", "PROPFIND"]), text.map("https://x/".__add__), headers, bodies),
    response=responses,
    started=st.integers(0, 4_000_000_000_000).map(lambda ms: ms / 1000),
    elapsed=st.integers(0, 60_000_000).map(lambda us: us / 1_000_000),
    role=st.none() | text,
    trouble=st.none() | text,
)  # fmt: skip


@given(exchanges)
def test_an_exchange_comes_back_as_it_was(item: Exchange) -> None:
    """Claim: evidence is what happened, byte for byte. Stimulus: any method, headers, body (text, binary, a byte order
    mark, base64 by chance), with and without an answer, through JSON. Expected: the same exchange."""
    entry = json.loads(json.dumps(to_entry(item)))
    back = from_entry(entry)
    assert abs(back.started - item.started) < 0.002
    assert abs(back.elapsed - item.elapsed) < 1e-6
    assert (back.step, back.request, back.response) == (item.step, item.request, item.response)
    assert (back.role, back.trouble) == (item.role, item.trouble)


@given(exchanges)
def test_writing_again_what_was_read_gives_the_same(item: Exchange) -> None:
    """Claim: judged again, evidence gives the same bytes. Stimulus: write, read, write. Expected: the same entry."""
    entry = to_entry(item)
    assert to_entry(from_entry(entry)) == entry


def test_an_entry_has_what_har_asks_for() -> None:
    """Claim: browsers and other tools can open it. Stimulus: an exchange with and one without an answer. Expected: the
    members that HAR 1.2 requires; a missing answer has status 0."""
    wanted = {
        "request": {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"},
        "response": {
            "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize",
            "bodySize",
        },
    }  # fmt: skip
    for item in (exchange("getThing", 404, {"a": "日"}), exchange("getThing", None, trouble="no answer")):
        entry = to_entry(item)
        assert entry.keys() >= {"startedDateTime", "time", "request", "response", "cache", "timings"}
        assert all(entry[side].keys() >= members for side, members in wanted.items())
        assert entry["startedDateTime"].endswith("Z")
    assert to_entry(exchange("getThing", None))["response"]["status"] == 0
    assert to_entry(exchange("getThing", 404))["response"]["statusText"] == "Not Found"


@pytest.mark.parametrize(
    ("status", "header", "redirect"), [(302, "/there", "/there"), (201, "/there", ""), (304, "", "")]
)
def test_only_a_redirection_has_a_redirect_url(status: int, header: str, redirect: str) -> None:
    """Claim: `redirectURL` is the Location of a 3xx, and of nothing else."""
    entry = to_entry(exchange("getThing", status, b"", {"Location": header}))
    assert entry["response"]["redirectURL"] == redirect


def test_a_log_holds_all_entries_in_order() -> None:
    """Claim: a HAR file can be made of any exchanges. Expected: version 1.2, our name, the entries as they came."""
    made: dict[str, Any] = log([exchange("getThing", 200), exchange("open", 200)], "1")["log"]
    assert made["version"] == "1.2"
    assert made["creator"]["name"] == "conformance"
    assert [e["request"]["url"].rpartition("/")[2] for e in made["entries"]] == ["{thing_id}", "open"]
