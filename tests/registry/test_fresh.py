"""Fresh runs: noted by an assessor, of the same system, compared with what they confirm."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from command_line import Call

from conformance.cli import registry_fresh
from conformance.demonstration import reference
from conformance.errors import UsageError
from conformance.registry import fresh, runs
from conformance.registry.api.application import application
from conformance.registry.office import Office
from conformance.registry.refusals import ConflictError, ForbiddenError, NotFoundError
from conformance.registry.serving import Worker
from conformance.registry.store import history
from registry.people import World
from registry.steady import SteadyJudge, conforming, failing
from registry.submitted import submitted
from tests.serving import served


def judged_as(office: Office, judged: object) -> None:
    assert isinstance(office.judge, SteadyJudge)
    office.judge.judged = judged  # type: ignore[assignment]  # the tests give what the judge gives


def test_a_fresh_run_is_compared_with_what_it_confirms(office: Office, world: World) -> None:
    """Claim: what a vendor's run says is not taken for the system. Stimulus: a conforming run of the vendor, and
    a fresh one with another seed that fails a requirement. Expected: both standings and seeds, and that
    requirement, for whoever may see the runs; who noted it is an event."""
    run = submitted(office, world)
    judged_as(office, failing(seed="2"))
    made = submitted(office, world, "assessor")
    fresh.note(office, world["assessor"], run, made)
    for name in ("assessor", "approver", "vendor"):
        with office.database.read() as connection:
            (found,) = fresh.of_run(connection, world[name], run)
        assert found.comparison is not None
        assert (found.run_id, found.comparison.first_seed, found.comparison.second_seed) == (made, "1", "2")
        assert (found.comparison.first_standing, found.comparison.second_standing) == ("conforming", "non-conforming")
        (difference,) = found.comparison.differences
        assert (difference.requirement, difference.first, difference.second) == ("COM-PAG-001", "pass", "fail")
        assert found.comparison.same == len(conforming().passed) - 1
        assert found.comparison.other_editions == ()
    with office.database.read() as connection:
        assert history(connection, "run", run)[-1].act == "run afresh"


def test_only_a_run_of_the_agency_on_the_same_system_is_a_fresh_one(office: Office, world: World) -> None:
    """Claim: nothing else is taken for a confirmation. Stimulus: the run itself, one of the vendor, of another version
    or of before; one that is noted already; by others than an assessor. Expected: refused, and nothing is noted."""
    before = submitted(office, world, "assessor")
    run = submitted(office, world)
    own, other = submitted(office, world), submitted(office, world, "assessor", world.other_version)
    for each in (run, own, other):
        with pytest.raises(ConflictError):
            fresh.note(office, world["assessor"], run, each)
    made = submitted(office, world, "assessor")
    for name in ("vendor", "body", "approver", "administrator"):
        with pytest.raises(ForbiddenError):
            fresh.note(office, world[name], run, made)
    with pytest.raises(NotFoundError):
        fresh.note(office, world["assessor"], run, "none")
    fresh.note(office, world["assessor"], run, made)
    with pytest.raises(ConflictError):
        fresh.note(office, world["assessor"], run, made)
    with office.database.read() as connection:
        assert [f.run_id for f in fresh.of_run(connection, world["assessor"], run)] == [made]
        with pytest.raises(NotFoundError):
            fresh.of_run(connection, world["other vendor"], run)
    assert before != made


def test_what_was_tested_by_another_edition_is_told() -> None:
    """Claim: two runs are compared as what they are. Stimulus: runs of two editions, one with a requirement more.
    Expected: the service is named; the requirement is judged by one of them only."""
    first = conforming()
    (tested,) = first.services
    newer = msgspec.structs.replace(tested, edition="sha256:" + "3" * 64)
    second = conforming(services=(newer,), passed=first.passed[1:])
    found = fresh.compare(first, second)
    assert found.other_editions == (tested.service,)
    assert [(d.first, d.second) for d in found.differences] == [("pass", "")]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_an_assessor_has_a_fresh_run_made(
    office: Office, world: World, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claim: it is one command. Stimulus: `registry fresh-run` on a run, where playing it gives the folder of a run; as
    a vendor; into a folder that is there. Expected: the fresh run is submitted for the same version and body by a third
    party, noted, and compared; the others are refused before anything is played."""
    run = submitted(office, world)
    judged_as(office, failing(seed="2"))
    played: list[Path] = []

    def play(run_file: Path, output: Path, seconds: float) -> None:
        played.append(run_file)
        (output / "evidence").mkdir(parents=True)
        for name in ("run.jsonl", "evidence/traces.jsonl.zst"):
            (output / name).write_text("of a fresh run")

    monkeypatch.setattr(registry_fresh, "_play", play)
    with served(application(office)) as api, Worker(office):

        def command(name: str, folder: str) -> tuple[int, str]:
            monkeypatch.setenv(registry_fresh.TOKEN, world.tokens[name])
            arguments = ("fresh-run", run, "--run-file", "agency.toml", "--registry", api, "--output", folder)
            code, out, err = call("registry", *arguments)
            return code, out + err

        for name, folder, told in (("vendor", "new", "for an assessor"), ("assessor", ".", "is there already")):
            code, said = command(name, folder)
            assert (code, told in said) == (2, True), said
        assert played == []
        code, said = command("assessor", "new")
    assert code == 0, said
    with office.database.read() as connection:
        (found,) = fresh.of_run(connection, world["assessor"], run)
        made, first = (runs.read(connection, world["assessor"], each) for each in (found.run_id, run))
    assert (made.party, made.version_id, made.body_code) == ("third", first.version_id, first.body_code)
    assert found.run_id in said
    assert "COM-PAG-001: pass → fail" in said
    assert world.tokens["assessor"] not in said


def test_a_fresh_run_is_bounded(tmp_path: Path) -> None:
    """Claim: a fresh run ends, whatever the system does. Stimulus: a real run that is given no time; a run file that is
    not there. Expected: it is ended, and nothing is there to be submitted; both say what to do."""
    with reference("--people", "20", services=("procedures",)) as run_file, pytest.raises(UsageError, match="longer"):
        registry_fresh._play(run_file, tmp_path / "run", 0.5)
    with pytest.raises(UsageError, match="exit code 2"):
        registry_fresh._play(tmp_path / "none.toml", tmp_path / "other", 60)
