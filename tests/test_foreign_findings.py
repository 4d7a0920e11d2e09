"""The suite on servers of others: findings are matched with what somebody who looked at them wrote down."""

from __future__ import annotations

from benchmarks.foreign.findings import Found
from benchmarks.foreign.judgements import Judgement, judged, load, unused
from benchmarks.foreign.report import FORMAT, NOT_LOOKED_AT, Looked, Report, Tried, page
from benchmarks.foreign.servers import SERVERS
from conformance.model import Finding, Text


def _found(requirement: str = "COM-ERR-003", operation: str = "getThing", family: str = "schema.type") -> Found:
    finding = Finding(
        requirement, f"{operation}.{family}.0", "call", "rule", Text("違う", "differs"), "`400`", "<b>", None
    )
    return Found(requirement, Text("題", "title"), operation, family, 3, finding)


def _report(judgement: Judgement | None, left: tuple[Judgement, ...] = ()) -> Report:
    looked = (Looked(_found(), judgement),)
    tried = Tried("prism", "Prism", "prism@1", "A mock server.", 9, 3, "non-conforming", 2, 1, looked)
    return Report(FORMAT, "0", (tried,), left)


JUDGEMENT = Judgement("prism", "COM-ERR-003", "RFC 9457, 3.1.2", "status 422 in an answer of 400", operation="get*")


def test_a_finding_has_the_judgement_that_is_about_it() -> None:
    """Claim: a judgement is about one server, one requirement, and the operations and families that it names.
    Stimulus: findings that differ in one of these. Expected: none for them."""
    for server, item, right in (
        ("prism", _found(), True),
        ("other", _found(), False),
        ("prism", _found("COM-ERR-001"), False),
        ("prism", _found(operation="putThing"), False),
    ):
        ((_, judgement),) = judged(server, [item], [JUDGEMENT])
        assert (judgement is JUDGEMENT) is right


def test_a_judgement_that_no_finding_needs_is_told() -> None:
    """Claim: judgements do not outlive their findings. Stimulus: with its finding, without, its server not tried."""
    assert unused([("prism", [_found()])], [JUDGEMENT]) == []
    assert unused([("prism", [])], [JUDGEMENT]) == [JUDGEMENT]
    assert unused([("other", [])], [JUDGEMENT]) == []


def test_a_report_holds_when_everything_was_looked_at() -> None:
    """Claim: what nobody has looked at is told on the page. Expected: the words, and no page that lets text through."""
    assert _report(JUDGEMENT).holds
    assert not _report(None).holds
    assert not _report(JUDGEMENT, (JUDGEMENT,)).holds
    assert NOT_LOOKED_AT in page(_report(None))
    assert NOT_LOOKED_AT not in page(_report(JUDGEMENT)).partition("## Prism")[2]
    assert "`<b>`" in page(_report(None))


def test_the_judgements_are_about_servers_that_are_tried() -> None:
    """Claim: the data file can be read, and names known servers. Expected: each with both sentences."""
    names = {server.name for server in SERVERS}
    for judgement in load():
        assert judgement.server in names
        assert judgement.breaks
        assert judgement.seen
