"""Archives on their way in: in pieces, each at an offset, so that a broken connection costs one piece.

A piece is on disk when it is answered. An upload becomes a run in one transaction, after its digest was compared; until
then it is no record of anything, and is cleared away when it is not gone on with.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from conformance.model import Text
from conformance.registry.actors import PARTY, REGISTRY, Act, Actor, Role
from conformance.registry.bodies import body
from conformance.registry.holdings import version
from conformance.registry.office import Office, new_id
from conformance.registry.packing import digest_of
from conformance.registry.refusals import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NoRoomError,
    NotFoundError,
    TooLargeError,
)
from conformance.registry.states import RunState
from conformance.registry.store import record, tables

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Upload:
    """An upload: `received` of `size` bytes; `run_id` once it has become a run."""

    id: str
    account_id: str
    body_code: str
    version_id: str
    size: int
    digest: str
    created_at: dt.datetime
    run_id: str | None
    received: int = 0


def archive_path(office: Office, digest: str) -> Path:
    """Where the archive with this digest is kept."""
    plain = digest.removeprefix("sha256:")
    return office.folder / "archives" / plain[:2] / f"{plain}.zip"


def _part(office: Office, upload_id: str) -> Path:
    return office.folder / "uploads" / f"{upload_id}.part"


def begin(office: Office, actor: Actor, body_code: str, version_id: str, size: int, digest: str) -> Upload:
    """Begin an upload for a version in a body; one of the same archive that is not finished is gone on with.

    Raises `ForbiddenError` for somebody else's version or body, `InvalidError`, `TooLargeError`, `NoRoomError`.
    """
    actor.require(Act.SUBMIT)
    if not _DIGEST.fullmatch(digest):
        raise InvalidError(
            Text("ダイジェストの形式ではありません。", "is no digest"),
            where="digest",
            next_step=Text("`sha256:`に続けて16進数64桁を指定してください。", "give sha256: and 64 hexadecimal digits"),
        )
    if not 0 < size <= office.bounds.archive:
        raise TooLargeError(
            Text(f"{size}バイトの記録は受け付けられません。", f"an archive of {size} bytes is not taken"),
            next_step=Text(
                f"{office.bounds.archive}バイト以内で送信してください。", f"send at most {office.bounds.archive} bytes"
            ),
        )
    made, now = new_id(), office.now()
    with office.database.write() as connection:
        _own(connection, actor, body_code, version_id)
        _one_at_a_time(connection, "begin")  # each counts what the others have begun
        values = {"body_code": body_code, "version_id": version_id, "size": size, "digest": digest}
        if (known := _unfinished(connection, actor, values)) is not None:
            return read(office, actor, known)
        _room(connection, office, actor, size)
        connection.execute(
            sa.insert(tables.uploads).values(id=made, account_id=actor.account, created_at=now, **values)
        )
        record(connection, now, actor, "begin upload", ("upload", made), what=values)
    return read(office, actor, made)


def _own(connection: sa.Connection, actor: Actor, body_code: str, version_id: str) -> None:
    found = version(connection, version_id)
    body(connection, body_code)
    if actor.role is Role.VENDOR and found.vendor_id != actor.vendor:
        raise ForbiddenError(
            Text("他の事業者の製品の版です。", "the version is another vendor's"),
            next_step=Text("自らの製品の版を指定して提出してください。", "submit for a version of your own"),
        )
    if actor.role is Role.BODY and body_code != actor.body:
        raise ForbiddenError(
            Text("所属と異なる団体です。", "the body is another one"),
            next_step=Text("所属する団体を指定して提出してください。", "submit for your own body"),
        )


def _unfinished(connection: sa.Connection, actor: Actor, values: Mapping[str, Any]) -> str | None:
    table = tables.uploads
    same = [table.c[name] == value for name, value in values.items()]
    chosen = sa.select(table.c.id).where(table.c.account_id == actor.account, table.c.run_id.is_(None), *same)
    found: str | None = connection.execute(chosen.order_by(table.c.created_at)).scalar()
    return found


def _room(connection: sa.Connection, office: Office, actor: Actor, size: int) -> None:
    table, bounds = tables.uploads, office.bounds
    own = sa.select(sa.func.count()).where(table.c.account_id == actor.account, table.c.run_id.is_(None))
    if connection.execute(own).scalar_one() >= bounds.open_uploads:
        raise NoRoomError(
            Text(
                f"このアカウントには、完了していない送信が{bounds.open_uploads}件あります。",
                f"{bounds.open_uploads} uploads of this account are not finished yet",
            ),
            next_step=Text(
                f"いずれかを完了してください。続きを送信しないものは、{bounds.upload_days}日後に打ち切ります。",
                f"finish one of them; what is not gone on with ends after {bounds.upload_days} days",
            ),
        )
    waiting = connection.execute(
        sa.select(sa.func.coalesce(sa.func.sum(table.c.size), 0)).where(table.c.run_id.is_(None))
    )
    kept = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(tables.runs.c.size), 0)))
    if int(waiting.scalar_one()) + int(kept.scalar_one()) + size > bounds.kept:
        raise NoRoomError(
            Text(
                f"登録簿が保管する記録は合計{bounds.kept}バイトまでで、さらに{size}バイトを受け取る空きがありません。",
                f"the registry keeps at most {bounds.kept} bytes of archives, and has no room for {size} more",
            ),
            next_step=Text(
                "機関に連絡し、容量を増やすよう依頼してください。", "write to the agency, which can give it more room"
            ),
        )


def read(office: Office, actor: Actor, upload_id: str) -> Upload:
    """An upload of one's own. Raises `NotFoundError`."""
    with office.database.read() as connection:
        row = connection.execute(sa.select(tables.uploads).where(tables.uploads.c.id == upload_id)).first()
    if row is None or row.account_id != actor.account:
        raise NotFoundError(
            Text("該当する送信がないか、閲覧できません。", "there is no such upload"),
            next_step=Text("新しい送信を始めてください。", "begin one"),
        )
    part = _part(office, upload_id)
    received = part.stat().st_size if part.exists() else row.size if row.run_id else 0
    return Upload(**row._mapping, received=received)


def _read(run_id: str) -> Text:
    return Text(f"試験結果 {run_id} を確認してください。", f"read run {run_id}")


def _go_on(received: int) -> Text:
    return Text(f"位置{received}から送信を続けてください。", f"go on at byte {received}")


def append(office: Office, actor: Actor, upload_id: str, offset: int, piece: bytes) -> Upload:
    """Take the next piece; it is on disk when this returns.

    Raises `ConflictError` where it is not the next one, `TooLargeError` where it is too long or goes beyond the end.
    """
    upload = read(office, actor, upload_id)
    if upload.run_id is not None:
        raise ConflictError(
            Text("この送信は、既に試験結果として提出されています。", "the upload has become a run"),
            next_step=_read(upload.run_id),
        )
    if len(piece) > office.bounds.chunk or offset + len(piece) > upload.size:
        raise TooLargeError(
            Text(
                "送信された部分が長すぎるか、申告された大きさを超えています。",
                "the piece is too long, or goes beyond the size that was told",
            ),
            next_step=Text(
                f"1回につき{office.bounds.chunk}バイト以内、合計{upload.size}バイトを送信してください。",
                f"send at most {office.bounds.chunk} bytes in one piece, {upload.size} in all",
            ),
        )
    with _locked(_part(office, upload_id)) as descriptor:
        received = os.fstat(descriptor).st_size
        if offset != received:
            raise ConflictError(
                Text(
                    f"次に受け付けるのは位置{received}（バイト）からで、位置{offset}からではありません。",
                    f"byte {received} comes next, not byte {offset}",
                ),
                next_step=_go_on(received),
            )
        _write(descriptor, offset, piece)
    return read(office, actor, upload_id)


_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def _write(descriptor: int, offset: int, piece: bytes) -> None:
    """Write a piece, or nothing of it. Raises `NoRoomError` where the disk is full."""
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except OSError as error:
        os.ftruncate(descriptor, offset)
        if error.errno not in _FULL:
            raise
        raise NoRoomError(
            Text(
                "登録簿のディスクに空きがなく、この部分は保管されませんでした。",
                "the registry's disk is full, and nothing of this piece was kept",
            ),
            next_step=Text(
                "機関に連絡し、空きができてから同じ送信を続けてください。",
                "write to the agency, and go on with the same upload when there is room",
            ),
        ) from None


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """A file that nobody else writes to meanwhile, in this process or another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    except BlockingIOError:
        raise ConflictError(
            Text("別の部分を受信しています。", "another piece is being taken"),
            next_step=Text(
                "どこまで受信したかを確認し、その続きを送信してください。", "ask how far it is, and go on there"
            ),
        ) from None
    finally:
        os.close(descriptor)


def finish(office: Office, actor: Actor, upload_id: str) -> str:
    """Make the upload a run, and give its id. To ask again gives the same run.

    Raises `ConflictError` where bytes are missing or the digest is another one, or this archive was submitted before.
    """
    upload = read(office, actor, upload_id)
    if upload.run_id is not None:
        return upload.run_id
    part, kept = _part(office, upload_id), archive_path(office, upload.digest)
    if upload.received != upload.size:
        raise ConflictError(
            Text(
                f"{upload.size}バイトのうち{upload.received}バイトだけを受信しています。",
                f"{upload.received} of {upload.size} bytes have arrived",
            ),
            next_step=_go_on(upload.received),
        )
    if digest_of(part) != upload.digest:
        raise ConflictError(
            Text(
                "受信した内容のダイジェストが、申告されたものと異なります。",
                "what has arrived has another digest than was told",
            ),
            next_step=Text(
                "新しい送信を始め、記録の全体を送り直してください。", "begin another upload, with the whole archive"
            ),
        )
    _keep(part, kept)
    run_id = _enter(office, actor, upload)
    part.unlink(missing_ok=True)
    return run_id


def _keep(part: Path, kept: Path) -> None:
    """The same file under its lasting name; it goes on to have the other one until the run is entered."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.link(part, kept)
    folder = os.open(kept.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _enter(office: Office, actor: Actor, upload: Upload) -> str:
    made, now, runs = new_id(), office.now(), tables.runs
    with office.database.write() as connection:
        mine = sa.update(tables.uploads).where(tables.uploads.c.id == upload.id, tables.uploads.c.run_id.is_(None))
        if connection.execute(mine.values(run_id=made)).rowcount != 1:
            raise ConflictError(
                Text("この送信は、別の要求によって完了処理中です。", "the upload is being finished by another request"),
                next_step=Text("もう一度要求してください。", "ask again"),
            )
        _one_at_a_time(connection, upload.digest)
        vendor_id = version(connection, upload.version_id).vendor_id
        before = sa.select(runs.c.id).where(
            runs.c.archive == upload.digest, runs.c.vendor_id == vendor_id, runs.c.state != RunState.REFUSED
        )
        if (known := connection.execute(before).scalar()) is not None:
            raise ConflictError(
                Text("この記録は既に提出されています。", "this archive has been submitted before"),
                next_step=_read(known),
            )
        party = PARTY[actor.role].value
        connection.execute(
            sa.insert(runs).values(
                id=made,
                account_id=actor.account,
                vendor_id=vendor_id,
                version_id=upload.version_id,
                body_code=upload.body_code,
                party=party,
                state=RunState.SUBMITTED,
                archive=upload.digest,
                size=upload.size,
                submitted_at=now,
                changed_at=now,
            )
        )
        what = {"archive": upload.digest, "size": upload.size, "party": party}
        record(connection, now, actor, "submit", ("run", made), what=what)
    return made


def _one_at_a_time(connection: sa.Connection, what: str) -> None:
    """Let those who do the same at once come one after the other; SQLite has but one writer anyway."""
    if connection.dialect.name == "postgresql":
        number = int(hashlib.sha256(what.encode()).hexdigest()[:15], 16)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.cast(number, sa.BigInteger))))


def clear(office: Office) -> int:
    """Let go of uploads that nobody went on with; how many these were."""
    now, table = office.now(), tables.uploads
    before = now - dt.timedelta(days=office.bounds.upload_days)
    with office.database.write() as connection:
        old = sa.select(table.c.id).where(table.c.run_id.is_(None), table.c.created_at < before)
        gone = list(connection.execute(old).scalars())
        for upload_id in gone:
            connection.execute(sa.delete(table).where(table.c.id == upload_id))
            record(connection, now, REGISTRY, "clear upload", ("upload", upload_id))
    for upload_id in gone:
        _part(office, upload_id).unlink(missing_ok=True)
    return len(gone)
