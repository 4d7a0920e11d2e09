"""Zip files that anybody may have made."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from conformance.archive import EVIDENCE, RUN_FILE
from conformance.errors import ArchiveError
from conformance.registry.bounds import MIB
from conformance.registry.packing import digest_of, pack
from conformance.registry.unpacking import unpack

LIMITS = dict.fromkeys((RUN_FILE, EVIDENCE, "explored.jsonl.zst"), 10 * MIB)


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    """A zip file with these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def link(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.external_attr = (stat.S_IFLNK | 0o777) << 16
    return found


RUN = ((RUN_FILE, b"{}"), (EVIDENCE, b""))


@pytest.mark.parametrize(
    "extra", ["../out", "/etc/out", "a/../../out", "..\\out", "C:out", "a\\..\\out", "spec/../../../out"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, extra: str) -> None:
    """Claim: an archive writes nothing but the files of a run. Stimulus: a member whose name leads out. Expected:
    refused, and nothing was written."""
    archive = zipped(tmp_path / "a.zip", *RUN, (extra, b"x"))
    with pytest.raises(ArchiveError, match="outside"):
        unpack(archive, tmp_path / "deep" / "into", LIMITS)
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip"}


def test_only_the_files_of_a_run_are_taken_out(tmp_path: Path) -> None:
    """Claim: the registry judges by its own documents. Stimulus: an archive with a `spec` folder and scorecards.
    Expected: they stay in it."""
    archive = zipped(tmp_path / "a.zip", *RUN, ("spec/common/1.0/requirements.yaml", b"!!python"), ("x.html", b""))
    unpack(archive, tmp_path / "out", LIMITS)
    assert {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()} == {
        RUN_FILE, EVIDENCE,
    }  # fmt: skip


def test_zip_bombs_and_odd_members_are_refused(tmp_path: Path) -> None:
    """Claim: every byte that comes out is counted, whatever the archive says of itself. Stimulus: a member of 20 MiB
    of zeros, the same with a size of 1 in its header, two members of one name, a link, too many members, no run file,
    no zip file, a cut one. Expected: ArchiveError, and never more on disk than the limit and one piece."""
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = zipped(tmp_path / "twice.zip", *RUN, (RUN_FILE, b"other"))
    bomb = zipped(tmp_path / "bomb.zip", (RUN_FILE, bytes(20 * MIB)), RUN[1])
    lying = bytearray(bomb.read_bytes())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", lying, lying.index(mark) + place, 1)
    (tmp_path / "lying.zip").write_bytes(lying)
    (tmp_path / "none.zip").write_bytes(b"nothing")
    whole = zipped(tmp_path / "whole.zip", *RUN).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    zipped(tmp_path / "link.zip", RUN[1], (link(RUN_FILE), b"/etc/passwd"))
    zipped(tmp_path / "many.zip", *RUN, *((f"n{n}", b"") for n in range(2000)))
    zipped(tmp_path / "short.zip", RUN[0])
    for number, archive in enumerate([*sorted(tmp_path.glob("*.zip"))]):
        if archive.name == "whole.zip":
            continue
        out = tmp_path / f"out{number}"
        with pytest.raises(ArchiveError):
            unpack(archive, out, LIMITS)
        assert sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) <= 11 * MIB, archive.name
    assert twice.is_file()


def test_the_same_run_is_packed_to_the_same_bytes(failed_run: Path, tmp_path: Path) -> None:
    """Claim: an archive has one digest. Stimulus: packed twice. Expected: equal; documents are not in it."""
    for name in ("a.zip", "b.zip"):
        pack(failed_run, tmp_path / name)
    assert digest_of(tmp_path / "a.zip") == digest_of(tmp_path / "b.zip")
    assert zipfile.ZipFile(tmp_path / "a.zip").namelist() == [RUN_FILE, EVIDENCE]
    with pytest.raises(ArchiveError):
        pack(tmp_path, tmp_path / "c.zip")
