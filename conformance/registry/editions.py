"""Older editions: the agency keeps their documents, and accepts runs of them until a day.

What is published with this version of the suite is always accepted. A run of another edition is judged by the documents
of that edition, as they were kept by whoever keeps the machine; never by those that come with the run.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import tempfile
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa

from conformance.catalogue.service import EDITION_FILE, Service, available, load_service, published_service
from conformance.edition_file import load as load_edition
from conformance.errors import EditionError
from conformance.model import Text
from conformance.registry.actors import Act, Actor
from conformance.registry.kept import Kept
from conformance.registry.office import Office, new_id, words
from conformance.registry.refusals import ConflictError, InvalidError, none_such
from conformance.registry.store import record, tables
from conformance.registry.store.database import one_changed

_LONGEST: Final = dt.timedelta(days=3 * 366)


class Edition(msgspec.Struct, frozen=True):
    """An older edition that is kept; runs are accepted that come in on `accepted_until` or before."""

    id: str
    digest: str
    service: str
    version: str
    accepted_until: dt.date
    kept_at: dt.datetime
    changed_at: dt.datetime


class Published(msgspec.Struct, frozen=True):
    """An edition of this version of the suite."""

    digest: str
    service: str
    version: str


def place(office: Office, digest: str) -> Path:
    """The folder with the documents of a kept edition, as `specs/` has them."""
    return office.folder / "editions" / digest.removeprefix("sha256:")


def published() -> list[Published]:
    """All editions of this version of the suite."""
    found = [published_service(name, version) for name, versions in available().items() for version in versions]
    return [Published(load_edition(s.edition_path).digest(), s.name, s.version) for s in found]


def keep(office: Office, actor: Actor, specs: Path, service: str, version: str, until: dt.date, why: str) -> str:
    """Keep an edition from a folder such as `specs/`, and accept runs of it until a day; its digest.

    Raises `ForbiddenError`, `InvalidError`, `ConflictError`; `DocumentError`, `EditionError`, `UsageError` for a folder
    that does not hold it whole.
    """
    actor.require(Act.ACCEPT_EDITION)
    _check_day(office, until)
    found = load_service(service, version, specs)
    digest = _checked(found)
    if digest in {each.digest for each in published()}:
        raise ConflictError(
            Text(
                "この試験版は公表されており、そのまま受け付けています。",
                "this edition is published, and accepted as such",
            ),
            next_step=Text("何もする必要はありません。", "there is nothing to do"),
        )
    _copy(found, specs, place(office, digest))
    made, now = new_id(), office.now()
    with office.database.write() as connection:
        connection.execute(
            sa.insert(tables.editions).values(
                id=made,
                digest=digest,
                service=service,
                version=version,
                accepted_until=until,
                kept_at=now,
                changed_at=now,
            )
        )
        what = {"digest": digest, "service": service, "version": version, "until": until.isoformat()}
        record(connection, now, actor, "keep edition", ("edition", made), words(why, "why"), what)
    return digest


def _checked(service: Service) -> str:
    """The digest of a service's edition. Raises `EditionError` where it is not that of the documents beside it."""
    edition = load_edition(service.edition_path)
    if edition.header.documents != service.digests:
        raise EditionError(
            "is not the edition of the documents beside it",
            where=str(service.edition_path),
            next_step="give the folder of documents as it was published, or that of a run that was made with it",
        )
    return edition.digest()


def _copy(service: Service, specs: Path, target: Path) -> None:
    """Copy what belongs to an edition, and nothing else; it is in its place whole, or is not there."""
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="keeping-", dir=target.parent))
    try:
        for name in (*service.digests, f"{service.key}/{EDITION_FILE}"):
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(specs / name, part / name)
        _checked(load_service(service.name, service.version, part))
        with contextlib.suppress(OSError):  # somebody else has kept the same meanwhile
            part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def accept(office: Office, actor: Actor, edition_id: str, until: dt.date, why: str) -> None:
    """Accept runs of a kept edition until another day. Raises `ForbiddenError`, `NotFoundError`, `InvalidError`."""
    actor.require(Act.ACCEPT_EDITION)
    _check_day(office, until, ending=True)
    table, now = tables.editions, office.now()
    with office.database.write() as connection:
        row = connection.execute(sa.select(table).where(table.c.id == edition_id)).first()
        if row is None:
            raise none_such("試験版", "edition")
        change = sa.update(table).where(table.c.id == edition_id, table.c.accepted_until == row.accepted_until)
        one_changed(connection.execute(change.values(accepted_until=until, changed_at=now)))
        what = {"before": row.accepted_until.isoformat(), "until": until.isoformat()}
        record(connection, now, actor, Act.ACCEPT_EDITION, ("edition", edition_id), words(why, "why"), what)


def _check_day(office: Office, until: dt.date, *, ending: bool = False) -> None:
    """One that is kept is accepted for a while to come; one that is there already may end yesterday."""
    first = office.today() - dt.timedelta(days=1 if ending else 0)
    if not first <= until <= office.today() + _LONGEST:
        raise InvalidError(
            Text("過去の日か、3年より先の日です。", "is past, or more than three years away"),
            where="until",
            next_step=Text("今後3年以内の日を指定してください。", "give a day in between"),
        )


def find(connection: sa.Connection) -> list[Edition]:
    """All older editions that are kept."""
    table = tables.editions
    chosen = sa.select(table).order_by(table.c.service, table.c.version, table.c.kept_at, table.c.id)
    return [Edition(*row) for row in connection.execute(chosen)]


def known(connection: sa.Connection, office: Office, day: dt.date) -> Kept:
    """Which older editions a run that came in on a day may be of."""
    found = find(connection)
    return Kept(
        {each.digest: str(place(office, each.digest)) for each in found if day <= each.accepted_until},
        {each.digest: each.accepted_until.isoformat() for each in found if day > each.accepted_until},
    )
