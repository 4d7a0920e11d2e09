"""Runs of an edition that is not the published one: refused, or judged by that edition's own documents."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import msgspec
import pytest

from conformance.archive import RUN_FILE, RunWriter, read_run
from conformance.catalogue.service import load_service, published_service
from conformance.edition_file import Edition, encode
from conformance.edition_file import load as load_edition
from conformance.errors import EditionError
from conformance.registry import editions
from conformance.registry.actors import REGISTRY
from conformance.registry.backup import backup, restore
from conformance.registry.bounds import MIB
from conformance.registry.judged import Judged
from conformance.registry.judging_process import judge
from conformance.registry.kept import NONE, Kept
from conformance.registry.office import Office
from conformance.registry.packing import pack
from conformance.registry.refusals import ConflictError, ForbiddenError, InvalidError
from conformance.registry.store import Database, history
from conformance.resources import specs_dir
from registry.people import World
from registry.steady import Clock

SERVICE, VERSION = "procedures", "1.0"
LAST = dt.date(2027, 3, 31)
OLD_TITLE = "A title of before"


@pytest.fixture(scope="module")
def old_specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Published documents of before: a requirement had another title, and the edition was made of those."""
    root = tmp_path_factory.mktemp("old") / "specs"
    shutil.copytree(specs_dir(), root)
    (requirement,) = (r for r in published_service(SERVICE).requirements if r.id == "COM-PAG-001")
    path = next(p for p in root.glob("common/*/requirements.yaml"))
    text = path.read_text("utf-8")
    assert text.count(requirement.title.en) == 1
    path.write_text(text.replace(requirement.title.en, OLD_TITLE), "utf-8")
    service = load_service(SERVICE, VERSION, root)
    known = load_edition(service.edition_path)
    made = Edition(msgspec.structs.replace(known.header, documents=service.digests), known.scripts)
    service.edition_path.write_bytes(encode(made))
    return root


@pytest.fixture
def old_run(failed_run: Path, old_specs: Path, tmp_path: Path) -> Path:
    """A run as the suite of before has made it."""
    folder = tmp_path / "old-run"
    shutil.copytree(failed_run, folder)
    service = load_service(SERVICE, VERSION, old_specs)
    header, verdicts, footer = read_run(folder / RUN_FILE)
    assert footer is not None
    (entry,) = header["services"]
    entry["edition"], entry["documents"] = load_edition(service.edition_path).digest(), dict(service.digests)
    writer = RunWriter(folder / RUN_FILE)
    for line in (header, *verdicts):
        writer.line(line)
    writer.footer({name: value for name, value in footer.items() if name != "lines"})
    return folder


def judged(run: Path, tmp_path: Path, kept: Kept) -> Judged:
    pack(run, tmp_path / "packed.zip")
    shutil.rmtree(tmp_path / "judging", ignore_errors=True)
    return judge(tmp_path / "packed.zip", tmp_path / "judging", 256 * MIB, 8 * MIB, kept)


def test_a_run_of_an_old_edition_is_refused_until_it_is_accepted(
    office: Office, world: World, clock: Clock, old_specs: Path, old_run: Path, tmp_path: Path
) -> None:
    """Claim: an old edition counts as long as the agency says, and is judged by its own documents. Stimulus: a run of
    one that nobody has kept; kept until a day; the day passes; accepted for longer; ended. Expected: refused with
    reason and remedy; judged, with the requirement's title of before; refused with the day; judged; refused."""
    clock_day = office.today()
    (problem,) = judged(old_run, tmp_path, NONE).problems
    assert (problem.code, bool(problem.remedy.ja)) == ("edition", True)
    digest = editions.keep(office, REGISTRY, old_specs, SERVICE, VERSION, LAST, "vendors are in the middle of it")

    def kept(day: dt.date) -> Kept:
        with office.database.read() as connection:
            return editions.known(connection, office, day)

    found = judged(old_run, tmp_path, kept(clock_day))
    assert found.problems == ()
    assert found.services[0].edition == digest
    (short,) = (s for s in found.short if s.requirement == "COM-PAG-001")
    assert short.title.en == OLD_TITLE
    (problem,) = judged(old_run, tmp_path, kept(LAST + dt.timedelta(days=1))).problems
    assert problem.code == "edition"
    assert LAST.isoformat() in problem.text.en
    with office.database.read() as connection:
        (edition,) = editions.find(connection)
    later = dt.date(2027, 6, 30)
    editions.accept(office, world["approver"], edition.id, later, "one quarter more")
    assert judged(old_run, tmp_path, kept(later)).problems == ()
    editions.accept(office, world["approver"], edition.id, clock_day - dt.timedelta(days=1), "it was wrong")
    assert judged(old_run, tmp_path, kept(clock_day)).problems[0].code == "edition"
    with office.database.read() as connection:
        acts = [(event.act, event.what["until"]) for event in history(connection, "edition", edition.id)]
    assert acts == [("keep edition", "2027-03-31"), ("accept edition", "2027-06-30"), ("accept edition", "2026-11-28")]


def test_a_published_edition_goes_on_to_be_accepted(failed_run: Path, tmp_path: Path) -> None:
    """Claim: older editions change nothing for others. Stimulus: a run of the published edition beside an older one
    that is kept. Expected: it is judged by what is published."""
    found = judged(failed_run, tmp_path, Kept({"sha256:" + "0" * 64: "/nowhere"}))
    assert (found.problems, found.same_bytes) == ((), True)


def test_only_a_whole_edition_is_kept(office: Office, world: World, old_specs: Path, tmp_path: Path) -> None:
    """Claim: what is kept is what was published. Stimulus: documents that are not those of the edition; the published
    edition itself; the same twice; a day that is past or far away; somebody without the right; no reason. Expected:
    each is refused, and nothing is kept or entered."""
    mixed = tmp_path / "mixed"
    shutil.copytree(old_specs, mixed)
    with next(mixed.glob("common/*/requirements.yaml")).open("a") as file:
        file.write("\n# more\n")
    with pytest.raises(EditionError):
        editions.keep(office, REGISTRY, mixed, SERVICE, VERSION, LAST, "x")
    with pytest.raises(ConflictError):
        editions.keep(office, REGISTRY, specs_dir(), SERVICE, VERSION, LAST, "x")
    for day in (dt.date(2026, 11, 28), dt.date(2036, 1, 1)):
        with pytest.raises(InvalidError):
            editions.keep(office, REGISTRY, old_specs, SERVICE, VERSION, day, "x")
    for name in ("vendor", "body", "assessor", "administrator"):
        with pytest.raises(ForbiddenError):
            editions.keep(office, world[name], old_specs, SERVICE, VERSION, LAST, "x")
    assert not (office.folder / "editions").exists()
    editions.keep(office, REGISTRY, old_specs, SERVICE, VERSION, LAST, "x")
    with pytest.raises(ConflictError):
        editions.keep(office, REGISTRY, old_specs, SERVICE, VERSION, LAST, "x")
    with office.database.read() as connection:
        assert len(editions.find(connection)) == 1
    assert len(list((office.folder / "editions").iterdir())) == 1


def test_kept_editions_are_in_a_backup(office: Office, old_specs: Path, tmp_path: Path) -> None:
    """Claim: a restored registry judges as before. Stimulus: a backup with a kept edition, restored. Expected: the
    same documents in their place."""
    digest = editions.keep(office, REGISTRY, old_specs, SERVICE, VERSION, LAST, "x")
    backup(office, tmp_path / "backup.zip")
    other = Office(Database(f"sqlite:///{tmp_path}/restored.sqlite"), tmp_path / "restored")
    restore(other, tmp_path / "backup.zip")
    service = load_service(SERVICE, VERSION, editions.place(other, digest))
    assert load_edition(service.edition_path).digest() == digest
    assert service.requirement_ids["COM-PAG-001"].title.en == OLD_TITLE
