"""Judges one archive in a process of its own, with bounds on memory and time: evidence is made by others.

`python -m conformance.registry.judging_process ARCHIVE FOLDER MEMORY CPU UNPACKED RUN_FILE` writes `judged.json` and
`run.jsonl` into the folder. What goes wrong with the archive is a problem in `judged.json`; what goes wrong with us is
an exit code.
"""

from __future__ import annotations

import contextlib
import resource
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import zstandard

from conformance import __version__, frames
from conformance.archive import EVIDENCE, RUN_FILE, read_run
from conformance.catalogue.service import Service
from conformance.errors import ArchiveError, DocumentError, EditionError, UsageError
from conformance.extras import EXPLORED
from conformance.model import Source, Verdict, VerdictKind
from conformance.registry.judged import Difference, Judged, Shortfall, Tested
from conformance.registry.judged_by import services_of
from conformance.registry.judging import EDITIONS
from conformance.registry.kept import NONE, Kept
from conformance.registry.packing import digest_of
from conformance.registry.problems import found_in, problem
from conformance.registry.unpacking import unpack
from conformance.run_lines import RunResult
from conformance.run_shape import check_shape
from conformance.session import judge_archive

JUDGED = "judged.json"


def main(arguments: list[str]) -> None:
    """Judge, and write what it came to."""
    archive, folder = Path(arguments[0]), Path(arguments[1])
    memory, seconds, unpacked, run_file = map(int, arguments[2:6])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))  # so that the time is told from a kill
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (unpacked, unpacked))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kept = msgspec.json.decode((folder / EDITIONS).read_bytes(), type=Kept)
    judged = judge(archive, folder / "run", unpacked, run_file, kept)
    (folder / JUDGED).write_bytes(msgspec.json.encode(judged))


def judge(archive: Path, folder: Path, unpacked: int, run_file: int, kept: Kept = NONE) -> Judged:
    """Unpack and judge an archive into a folder that is not there yet; `unpacked`, `run_file` are bytes at most."""
    folder.mkdir()
    try:
        unpack(archive, folder, {RUN_FILE: run_file, EVIDENCE: unpacked, EXPLORED: unpacked})
        _bounded(folder / EVIDENCE, unpacked)
        _bounded(folder / EXPLORED, unpacked)
        header, claimed, footer = read_run(folder / RUN_FILE)
        check_shape(header, footer, RUN_FILE)
        services = services_of(header, folder, kept)
        _consistent(header, services)
        result, same = judge_archive(folder)
        return _told(header, claimed, footer, result, same, services)
    except (ArchiveError, UsageError, DocumentError, EditionError) as error:
        _raise_for_memory(error)
        if isinstance(error, ArchiveError):
            return Judged(__version__, problems=(found_in(error),))
        return Judged(__version__, problems=(problem("documents", what=error.what),))
    except (
        msgspec.MsgspecError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
        OverflowError,
    ) as error:
        _raise_for_memory(error)
        return Judged(__version__, problems=(problem("unreadable", what=type(error).__name__),))


_NO_MEMORY: Final[Mapping[type[BaseException], tuple[str, ...]]] = {
    zlib.error: ("Error -4 ",),  # Z_MEM_ERROR
    zstandard.ZstdError: ("not enough memory",),
}
"""What libraries say that have an error of their own for it."""


def _raise_for_memory(error: BaseException) -> None:
    """Raise `MemoryError` where an error came from that: nothing is wrong with the archive then but its size."""
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, MemoryError) or any(told in str(chain) for told in _NO_MEMORY.get(type(chain), ())):
            raise MemoryError from error
        chain = chain.__cause__ or chain.__context__


def _consistent(header: Mapping[str, Any], services: Mapping[str, Service]) -> None:
    """Raise `ArchiveError` where the situations in the header are not those of one run, as the suite writes them.

    They decide what applies: what one service leaves out there would not be asked of it.
    """
    entries = header["services"]
    names = [entry["service"] for entry in entries]
    own = [e for e in entries if not services[e["service"]].across]
    declared = {entry["service"] for entry in own}
    options = {option for entry in own for option in entry["situation"]["options"]}
    if len(set(names)) != len(names):
        raise ArchiveError("the header names a service twice")
    for entry in entries:
        situation = entry["situation"]
        offered = set(situation["options"])
        if set(situation["services"]) != declared or (entry not in own and offered != options):
            raise ArchiveError(f"the header tells another situation of {entry['service']} than of the run")


def _bounded(path: Path, most: int) -> None:
    """Raise `ArchiveError` where evidence would be more than is taken once all its frames are opened."""
    total = 0
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        try:
            for first, last in frames.frames(file):
                total += len(frames.content(file, first, last))
                if total > most:
                    raise ArchiveError(f"the evidence is longer than {most} bytes when it is unpacked")
        except zstandard.ZstdError as error:
            raise ArchiveError(f"the evidence is damaged ({error})") from None


def _told(
    header: Mapping[str, Any],
    claimed: list[dict[str, Any]],
    footer: Mapping[str, Any] | None,
    result: RunResult,
    same: bool,
    services: Mapping[str, Service],
) -> Judged:
    lines = {(v.service, v.requirement): v for v in result.verdicts}
    return Judged(
        __version__,
        standing=result.standing.value,
        claimed=str(footer["standing"]) if footer else "incomplete",
        run_id=str(header["run_id"]),
        seed=str(header["seed"]),
        created=str(header["created"]),
        vendor=str(header["vendor"]),
        product=str(header["product"]),
        body_code=str(header["body"]["code"]),
        body_name=str(header["body"]["name"]),
        narrowed=bool(header["partial"]) or any(header["filters"].values()),
        finished=footer is not None and "missing" not in result.footer,
        same_bytes=same,
        exchanges=int(result.footer["exchanges"]),
        evidence=str(result.footer["evidence"]),
        run_file=digest_of(result.folder / RUN_FILE),
        services=tuple(_tested(entry) for entry in header["services"]),
        passed=tuple(key for key, v in lines.items() if v.verdict is VerdictKind.PASS),
        short=tuple(
            _short(v, services[v.service])
            for v in result.verdicts
            if v.verdict in {VerdictKind.FAIL, VerdictKind.INCONCLUSIVE}
        ),
        differences=tuple(_differences(claimed, lines)),
    )


def _tested(entry: Mapping[str, Any]) -> Tested:
    situation = entry["situation"]
    return Tested(
        service=entry["service"],
        version=entry["version"],
        edition=entry["edition"],
        documents=dict(sorted(entry["documents"].items())),
        options=tuple(situation["options"]),
        upper_tester=situation["upper_tester"],
        body_type=situation["body_type"],
        day=situation["day"],
        scripts=entry["scripts"],
    )


def _short(verdict: Verdict, service: Service) -> Shortfall:
    requirement = service.requirement_ids[verdict.requirement]
    finding = verdict.examples[0].finding if verdict.examples else None
    return Shortfall(
        service=verdict.service,
        requirement=verdict.requirement,
        verdict=verdict.verdict,
        level=verdict.level,
        title=requirement.title,
        statement=requirement.statement,
        source=Source(requirement.source.kind, requirement.source.document, requirement.source.clause),
        reason=verdict.reason,
        message=finding.message if finding else None,
        expected=finding.expected[:_LONGEST] if finding else "",
        actual=finding.actual[:_LONGEST] if finding else "",
        operation=(finding.operation or "") if finding else "",
    )


_LONGEST = 1000


def _differences(claimed: list[dict[str, Any]], lines: Mapping[tuple[str, str], Verdict]) -> Iterator[Difference]:
    told = {(str(c.get("service")), str(c.get("requirement"))): str(c.get("verdict")) for c in claimed}
    for service, requirement in sorted(told.keys() | lines.keys()):
        own = lines.get((service, requirement))
        before, now = told.get((service, requirement)), own.verdict.value if own else None
        if before != now:
            yield Difference(service, requirement, before, now)


if __name__ == "__main__":
    main(sys.argv[1:])
