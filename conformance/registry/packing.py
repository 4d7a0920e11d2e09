"""Makes the archive that is submitted of the folder of a run: the same bytes for the same run."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import Final

from conformance.archive import EVIDENCE, RUN_FILE
from conformance.errors import ArchiveError
from conformance.registry.unpacking import WANTED

_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)


def pack(run: Path, target: Path) -> None:
    """Write a zip file with what a run is judged from. Raises `ArchiveError` for a folder that holds no run."""
    for name in (RUN_FILE, EVIDENCE):
        if not (run / name).is_file():
            raise ArchiveError(
                f"is not the folder of a run: it has no {name}",
                where=str(run),
                next_step="give a folder such as runs/ID",
            )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name in WANTED:
            if not (run / name).is_file():
                continue
            member = zipfile.ZipInfo(name, _FIRST_DAY)
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_STORED if name.endswith(".zst") else zipfile.ZIP_DEFLATED
            with (run / name).open("rb") as source, file.open(member, "w") as out:
                shutil.copyfileobj(source, out, 1 << 20)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, with the name of the algorithm."""
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
