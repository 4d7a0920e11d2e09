"""Takes the few files that a run is judged from out of an archive that anybody may have made.

Only names that are on a list are ever written, so no name can lead out of the folder. Documents and editions in an
archive are left where they are: the registry judges by its own. Every byte that comes out is counted as it comes.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from conformance.archive import EVIDENCE, RUN_FILE
from conformance.errors import ArchiveError
from conformance.extras import EXPLORED

WANTED: Final = (RUN_FILE, EVIDENCE, EXPLORED)
_MOST_MEMBERS: Final = 2000
_PIECE: Final = 1 << 20
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def unpack(archive: Path, folder: Path, limits: dict[str, int]) -> None:
    """Write what a run is judged from into an empty folder; `limits` are bytes for each of `WANTED`.

    Raises `ArchiveError` for anything that is not the archive of one run.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            found = _members(file)
            for name in WANTED:
                if name in found:
                    _write(file, found[name], folder / name, limits[name])
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        raise _refused(f"is no readable zip file ({type(error).__name__})") from None


def _members(file: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by name. All are looked at, also those that are not taken out: none may be there to mislead."""
    listed = file.infolist()
    if len(listed) > _MOST_MEMBERS:
        raise _refused(f"has {len(listed)} members")
    found: dict[str, zipfile.ZipInfo] = {}
    for member in listed:
        name = member.filename
        path = PurePosixPath(name)
        if name.startswith("/") or "\\" in name or ":" in name or "\0" in name or ".." in path.parts:
            raise _refused("names a file outside of its folder")
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise _refused("has a member that is no ordinary file")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
            raise _refused("has a member that is encrypted, or packed in an unusual way")
        if str(path) in found:
            raise _refused("has two members of one name")
        found[str(path)] = member
    missing = [name for name in (RUN_FILE, EVIDENCE) if name not in found]
    if missing:
        raise _refused(f"has no {missing[0]}")
    return found


def _write(file: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, limit: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    left = limit
    with file.open(member) as source, target.open("xb") as out:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise _refused(f"has a member that is longer than {limit} bytes when it is unpacked")
            out.write(piece)


def _refused(what: str) -> ArchiveError:
    return ArchiveError(
        f"the archive {what}", next_step="send the folder of a run as it is, with 'conformance submit RUN'"
    )
