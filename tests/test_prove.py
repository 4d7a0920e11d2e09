"""The proof: what counts as caught, survived and blamed; which scripts are played for a fault; the pages."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from conformance.errors import UsageError
from conformance.model import Text
from conformance.prove.changes import Change, changes
from conformance.prove.misses import misses
from conformance.prove.pages import matrix, render, write
from conformance.prove.proof import Proof, Proved, decode, encode, prove, select, why_stale
from conformance.prove.sources import Module, Scripts, of_changes, without_prose
from conformance.prove.standing import unchanged_since
from conformance.prove.trial import Caught, Trial
from conformance.prove.wire import Difference
from tests.whole_run import ONE


def _caught(requirement: str) -> Caught:
    return Caught(requirement, 1, 2, "違う <b>", "not <script>alert(1)</script>", "1", "2", "script.1", "identical")


def _trial(name: str, breaks: tuple[str, ...], *failed: str, kind: str = "fault") -> Trial:
    return Trial(name, kind, breaks, "One thing is different.", 3, 9, tuple(_caught(item) for item in failed))


def _proved(name: str, *faults: str, tested: bool = True) -> Proved:
    return Proved(name, "common", "paging", "mandatory", Text("題", "title"), tested, faults)


def _proof(*trials: Trial, requirements: tuple[Proved, ...] = (), partial: bool = False) -> Proof:
    return Proof("conformance-proof/1", partial, {}, _trial("reference", (), kind="liberty"), trials, requirements)


@pytest.mark.parametrize(
    ("failed", "survived", "blamed"),
    [
        (("A", "B"), (), ()),
        (("A",), ("B",), ()),
        (("A", "B", "C"), (), ("C",)),
        ((), ("A", "B"), ()),
    ],
)
def test_a_fault_is_proven_when_just_what_it_breaks_fails(
    failed: tuple[str, ...], survived: tuple[str, ...], blamed: tuple[str, ...]
) -> None:
    """Claim: a fault must fail all that it breaks and nothing else. Stimulus: a fault that breaks A and B, with other
    sets of failures. Expected: proven for A and B only, else what survived and what was blamed is told."""
    trial = _trial("fault", ("A", "B"), *failed)
    assert trial.survived == survived
    assert trial.blamed == blamed
    assert trial.proven is (not survived and not blamed)


def test_a_liberty_is_proven_when_nothing_fails_and_nothing_is_left_open() -> None:
    """Claim: a conforming way to differ passes everything. Expected: neither a failure nor an open verdict."""
    assert _trial("free", (), kind="liberty").proven
    assert not _trial("free", (), "A", kind="liberty").proven
    assert not Trial("free", "liberty", (), "", 1, 1, (), ("A",)).proven


def test_a_requirement_without_a_fault_is_told_unless_only_a_sample_was_tried() -> None:
    """Claim: the whole matrix holds only when each tested requirement has a fault. Expected: not without one; a
    sample, and a requirement that is not tested, need none."""
    caught = _trial("fault", ("A",), "A")
    with_one, without, untested = _proved("A", "fault"), _proved("B"), _proved("C", tested=False)
    assert _proof(caught, requirements=(with_one, untested)).holds
    assert not _proof(caught, requirements=(with_one, without)).holds
    assert _proof(caught, requirements=(with_one, without), partial=True).holds
    assert _proof(caught, requirements=(with_one, without)).unproven == (without,)


def test_a_fault_that_is_known_to_be_missed_is_told_as_such_until_it_is_caught() -> None:
    """Claim: what the suite is known to miss is published, and not forgotten once it is mended. Stimulus: a proof
    with a fault that survives, known or not; one that is known and caught. Expected: it holds only where just those
    survive that are known to; the page says what it would take."""
    survives, caught = _trial("survives", ("A",)), _trial("caught", ("A",), "A")
    known = {"survives": "a second token"}
    rows = (_proved("A", "caught"),)
    assert not _proof(survives, caught, requirements=rows).holds
    told = msgspec.structs.replace(_proof(survives, caught, requirements=rows), misses=known)
    assert told.holds
    assert (told.figures()["caught"], told.figures()["faults"], told.figures()["known_misses"]) == (1, 2, 1)
    assert "a second token" in render(told)
    late = msgspec.structs.replace(told, misses={**known, "caught": "nothing"})
    assert not late.holds
    assert late.amiss == (caught,)


def test_a_proof_tells_which_trials_were_judged_on_the_evidence_alone() -> None:
    """Claim: that the evidence says what the wire says is shown of every trial, or it is told of which it is not.
    Stimulus: a trial that was judged on both alike, one with a difference, one on the evidence alone. Expected: the
    last is unwitnessed, the second not proven."""
    alike, alone = _trial("alike", ("A",), "A"), _trial("alone", ("A",), "A")
    alike = msgspec.structs.replace(alike, wire=())
    other = msgspec.structs.replace(alike, name="other", wire=(Difference("script", "A", "fail", "pass"),))
    proof = _proof(alike, other, alone, requirements=(_proved("A", "alike"),))
    assert [trial.name for trial in proof.unwitnessed if trial in proof.trials] == ["alone"]
    assert (alike.proven, other.proven) == (True, False)
    assert proof.figures()["judged_on_the_wire_too"] - proof.figures()["judged_otherwise_there"] == 1


def test_every_known_miss_is_a_fault() -> None:
    """Claim: the list of what is missed is of faults that there are, each with what it would take."""
    faults = {change.name for change in changes().values() if change.kind == "fault"}
    assert misses().keys() <= faults
    assert all(misses().values())


def test_every_fault_has_its_column_and_every_tested_requirement_its_row() -> None:
    """Claim: the picture shows each fault and each tested requirement once. Stimulus: one fault caught, one that
    survived and blamed another. Expected: three kinds of cells, in the place of their requirement."""
    proof = _proof(
        _trial("first", ("A",), "A"), _trial("second", ("B",), "A"), requirements=(_proved("A", "first"), _proved("B"))
    )
    width, height, marks = matrix(proof)
    assert (width, height) == (2, 2)
    assert {(mark.kind, mark.y) for mark in marks} == {("caught", 0), ("survived", 1), ("blamed", 0)}


def test_the_page_shows_what_was_caught_and_lets_nothing_run(tmp_path: Path) -> None:
    """Claim: what systems say is inert on the page. Stimulus: a finding with a script in it. Expected: escaped, and a
    policy that lets no script run; the JSON beside it gives the same proof again."""
    proof = _proof(_trial("fault", ("A",), "A"), requirements=(_proved("A", "fault"),))
    page = render(proof)
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert 'id="fault-fault"' in page
    assert {path.name for path in write(proof, tmp_path)} == {"proof.json", "proof.html"}
    assert decode((tmp_path / "proof.json").read_bytes()) == proof == decode(encode(proof))


def test_changes_are_selected_by_name_requirement_and_sample() -> None:
    """Claim: a proof can be narrowed. Stimulus: names, a requirement, a sample. Expected: just these, the same sample
    for the same seed, an unknown name refused with a next step."""
    known = {
        name: Change(name, "fault" if breaks else "liberty", breaks, "")
        for name, breaks in (("a", ("A",)), ("b", ("A", "B")), ("c", ("C",)), ("d", ()))
    }
    assert [change.name for change in select(known)] == ["a", "b", "c", "d"]
    assert [change.name for change in select(known, faults=("c",), liberties=("d",))] == ["c", "d"]
    assert [change.name for change in select(known, requirements=("A",))] == ["a", "b"]
    assert select(known, sample=2, seed="x") == select(known, sample=2, seed="x")
    assert len(select(known, sample=2)) == 2
    for wrong in ({"faults": ("d",)}, {"requirements": ("Z",)}):
        with pytest.raises(UsageError) as refused:
            select(known, **wrong)  # type: ignore[arg-type]  # one keyword at a time
        assert refused.value.next_step


@pytest.mark.slow
@pytest.mark.parametrize("many", [200, 1])
def test_a_fault_is_tried_on_the_scripts_that_reach_it_and_caught(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    """Claim: the suite catches a planted fault, blames nothing else for it, and replays no script that cannot notice
    it, whether one worker listens to all faults or each to a part. Stimulus: two faults on the real reference.
    Expected: proven, with a fraction of all scripts."""
    monkeypatch.setattr("conformance.prove.proof._MANY", many)
    known = changes()
    proof = prove([known["page-item-skipped"], known["individual-number-unchecked"]], jobs=2, services=ONE)
    assert proof.baseline.proven
    assert all(trial.proven for trial in proof.faults)
    assert all(0 < trial.scripts < proof.baseline.scripts / 10 for trial in proof.faults)
    assert proof.partial
    assert proof.holds


def test_only_what_has_changed_since_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: a trial stands as long as nothing that it depends on has changed. Stimulus: a proof of two faults; then
    one of them made of other text, then another suite. Expected: both stand; then the other one; then none."""
    made_of = {"first": "1", "second": "2"}
    known = {name: Change(name, "fault", (name[0].upper(),), "One thing is different.") for name in made_of}
    proof = msgspec.structs.replace(
        _proof(_trial("first", ("F",), "F"), _trial("second", ("S",), "S")),
        belongs_to={"suite": "s"},
        made_of=dict(made_of),
    )
    monkeypatch.setattr("conformance.prove.sources.common", lambda: {"suite": "s"})
    monkeypatch.setattr("conformance.prove.sources.of_changes", lambda: made_of)
    assert unchanged_since(proof).keys() == {"first", "second"}
    assert why_stale(proof, known) == []
    assert why_stale(proof, known | {"first": Change("first", "fault", ("G",), "")}) == ["first"]
    made_of["second"] = "3"
    assert unchanged_since(proof).keys() == {"first"}
    assert why_stale(proof, known) == ["second"]
    monkeypatch.setattr("conformance.prove.sources.common", lambda: {"suite": "other"})
    assert not unchanged_since(proof)


def test_documents_make_stale_what_plays_their_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: where only workflows, requirements and editions have changed, a trial may stand by the scripts it plays;
    where what programs read of an OpenAPI document has, none may. Stimulus: a proof; another edition, then other texts
    of a document, then more of it. Expected: the trial may stand; then not; the proof as a whole is stale each time."""
    before = {"a/1.0/openapi.yaml": "1", "a/1.0/edition": "1", "a/1.0/workflows.arazzo.yaml": "1"}
    known = {"first": Change("first", "fault", ("F",), "One thing is different.")}
    made_of = {"first": "1"}
    proof = msgspec.structs.replace(_proof(_trial("first", ("F",), "F")), belongs_to=before, made_of=made_of)
    monkeypatch.setattr("conformance.prove.sources.of_changes", lambda: made_of)
    other = before | {"a/1.0/edition": "2", "a/1.0/workflows.arazzo.yaml": "2"}
    monkeypatch.setattr("conformance.prove.sources.common", lambda: other)
    assert unchanged_since(proof).keys() == {"first"}
    assert why_stale(proof, known) == ["a/1.0/edition", "a/1.0/workflows.arazzo.yaml"]
    monkeypatch.setattr("conformance.prove.sources.common", lambda: before | {"a/1.0/openapi.yaml": "2"})
    assert unchanged_since(proof).keys() == {"first"}
    monkeypatch.setattr("conformance.prove.sources.common", lambda: before | {"a/1.0/openapi.yaml without prose": "2"})
    assert not unchanged_since(proof)


def test_what_documents_tell_people_is_no_part_of_a_trial() -> None:
    """Claim: a trial depends on what a program reads of a document. Stimulus: descriptions and summaries, a property of
    that name, an array. Expected: the texts go, the property and all else stay."""
    schema = {"type": "object", "description": "A thing.", "properties": {"description": {"type": "string"}}}
    document = {"paths": {"/a": {"get": {"summary": "Read", "x-summary-ja": "照会", "tags": ["a"]}}}, "all": [schema]}
    assert without_prose(document) == {
        "paths": {"/a": {"get": {"tags": ["a"]}}},
        "all": [{"type": "object", "properties": {"description": {"type": "string"}}}],
    }


def test_scripts_are_known_by_what_they_say() -> None:
    """Claim: the digest of what a trial plays tells one set of scripts from another, in any order. Stimulus: the
    scripts of one service, backwards, and without one. Expected: the same; then another."""
    scripts = Scripts()
    names = scripts.all(("across-services",))
    assert 0 < len(names) < len(scripts.all())
    assert scripts.digest(reversed(names)) == scripts.digest(names) != scripts.digest(names[1:])


_FAULTS = '''"""Two faults."""

from somewhere import FAULTS, first_part, second_part


def _shared(value):
    return value + 1


@FAULTS.add("one", "REQ-1")
def one(reference):
    """How it is described."""
    first_part(_shared(1))


@FAULTS.add("two", "REQ-2", start=("--people", "5"))
def two(reference):
    """Another."""
    second_part(2)
'''


@pytest.mark.parametrize(
    ("was", "becomes", "changed"),
    [
        ("REQ-1", "REQ-9", set()),
        ("How it is described.", "What it does.", set()),
        ("FAULTS, first_part", "FAULTS, added, first_part", set()),
        ("value + 1", "value + 2", {"one"}),
        ("second_part(2)", "second_part(3)", {"two"}),
        ('"5"', '"6"', {"two"}),
        ("from somewhere", "from elsewhere", {"one", "two"}),
    ],
)
def test_a_change_is_made_of_what_it_uses(tmp_path: Path, was: str, becomes: str, changed: set[str]) -> None:
    """Claim: a fault is tried again where its text or what that uses has changed, and not for what it is said to break.
    Stimulus: a module of two faults with one edit. Expected: the text of those that use it is another."""
    made = []
    for number, text in enumerate((_FAULTS, _FAULTS.replace(was, becomes))):
        path = tmp_path / f"{number}.py"
        path.write_text(text, "utf-8")
        module = Module(path, "faults.made_up")
        made.append({name: module.own(name) for name in module.registered})
    assert {name for name in ("one", "two") if made[0][name] != made[1][name]} == changed


def test_every_change_is_known_by_the_files_it_is_made_of() -> None:
    """Claim: no fault or liberty is overlooked when it is asked what has changed. Stimulus: all that the reference
    tells of. Expected: a digest for each, and no other."""
    assert of_changes().keys() == changes().keys()


def test_workers_end_with_the_proof_that_they_work_for(tmp_path: Path) -> None:
    """Claim: a proof that is killed leaves no process behind. Stimulus: SIGKILL to it while its workers are in a run
    that takes the first signal for an interruption. Expected: both are gone soon."""
    command = [sys.executable, str(Path(__file__).with_name("workers_of_a_proof.py")), str(tmp_path)]
    with subprocess.Popen(command) as proof:
        while len(workers := [int(path.name) for path in tmp_path.iterdir()]) < 2 and proof.poll() is None:
            time.sleep(0.1)
        proof.kill()
    assert len(workers) == 2
    for _ in range(300):
        if not any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers):
            break
        time.sleep(0.1)
    else:
        pytest.fail(f"left behind: {workers}")
