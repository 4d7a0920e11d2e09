"""Archives that somebody has made up: whatever stands in them, it is a clear error, or it is judged."""

from __future__ import annotations

import contextlib
import copy
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from exchanges import exchange, trace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whole_run import run_reference

from conformance.archive import EVIDENCE, FORMAT, RunWriter, decode_trace, encode_trace, evidence_lines, read_run
from conformance.edition_file import decode as decode_edition
from conformance.errors import ArchiveError, EditionError, SuiteError
from conformance.extras import read_extras
from conformance.json_lines import LineError, decode
from conformance.plan import Filters
from conformance.run_shape import check_shape
from conformance.session import judge_archive, open_archive
from conformance.views.run_data import load

HOSTILE_JSON = {
    "deep list": b"[" * 100_000 + b"]" * 100_000,
    "deep list, cut": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "hardly too deep": b'{"a":' + b"[" * 70 + b"]" * 70 + b"}",
    "number beyond a double": b'{"a":1e999}',
    "number of many digits": b'{"a":' + b"9" * 10_000 + b"}",
    "number beyond 64 bits": b'{"a":99999999999999999999999}',
    "not a number": b'{"a":NaN}',
    "infinity": b'{"a":-Infinity}',
    "invalid UTF-8": b'{"a":"\xff\xfe"}',
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "half a surrogate pair": b'{"a":"\\ud800"}',
    "the other half": b'{"a":"\\udc00"}',
    "surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "key twice": b'{"a":1,"a":2}',
    "key twice, spelled otherwise": b'{"a":1,"\\u0061":2}',
    "key twice, within": b'{"b":[{"a":1,"a":1}]}',
    "no object": b"[1]",
    "byte order mark": b"\xef\xbb\xbf{}",
    "two values": b"{}{}",
    "nothing closed": b'{"a":"',
    "NUL": b'{"a":"\x00"}',
}


def frame(*lines: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(b"".join(line + b"\n" for line in lines))


@pytest.mark.parametrize("name", HOSTILE_JSON)
def test_json_that_means_no_good_is_a_clear_error_in_every_file(tmp_path: Path, name: str) -> None:
    """Claim: no JSON breaks a reader of an archive off. Stimulus: deep, huge, broken, ambiguous JSON as a line of each
    file of an archive. Expected: an error with place and next step."""
    line = HOSTILE_JSON[name]
    run = tmp_path / "run.jsonl"
    for content in (line + b"\n", msgspec.json.encode({"type": "header", "format": FORMAT}) + b"\n" + line + b"\n"):
        run.write_bytes(content)
        for read in (read_run, load):
            with pytest.raises(ArchiveError) as caught:
                read(run)
            assert caught.value.next_step
            assert len(str(caught.value)) < 1000
    for file, reader in (("traces.zst", evidence_lines), ("explored.zst", read_extras)):
        (tmp_path / file).write_bytes(frame(line))
        with pytest.raises(ArchiveError) as caught:
            list(reader(tmp_path / file))
        assert caught.value.next_step
    with pytest.raises(EditionError):
        decode_edition(frame(line, line), "edition")


def test_a_frame_that_says_it_is_huge_is_not_made_room_for() -> None:
    """Claim: an edition in an archive is no bomb. Stimulus: a frame that claims a terabyte. Expected: an error."""
    bomb = b"\x28\xb5\x2f\xfd\xe0" + (1 << 40).to_bytes(8, "little") + b"\x01\x00\x00"
    with pytest.raises(EditionError, match="longer than any of ours"):
        decode_edition(bomb, "edition")


def test_what_we_write_is_what_is_read() -> None:
    """Claim: strictness refuses nothing of ours. Stimulus: a trace with values of all kinds, numbers of many digits
    that a system has answered with among them. Expected: the same trace."""
    bound = {"config": {"日本": [1.5, 10**30, True, None, '\u2028\u007f/\\"', {"": {}}]}, "now": "2026-04-01T09:00:00Z"}
    made = trace(exchange("getThing", 200, {"id": "\U0001f5fe", "n": 10**30}), bound=bound)
    assert decode_trace(encode_trace("toy", made)) == ("toy", made)


@pytest.mark.parametrize(
    "bound",
    [{"now": "soon"}, {"fresh": {"uuid k ": 1}}, {"config": []}, {"lifetimes": 3600}, {"lifetimes": {"clerk": "1h"}}],
)
def test_values_of_another_shape_than_we_bind_are_refused(bound: Any) -> None:
    """Claim: what is read back of a script's values is of the shape in which it is written. Stimulus: a moment, a fresh
    value, settings and lifetimes of another shape. Expected: no trace."""
    with pytest.raises(ValueError, match=r"Expected|isoformat"):
        decode_trace(encode_trace("toy", trace(exchange("getThing", 200, {}), bound=bound)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, st.data())
def test_a_line_is_read_as_json_is_or_refused(value: Any, data: st.DataObject) -> None:
    """Claim: the strict reader is a JSON reader. Stimulus: any value as json and as msgspec write it; then with a byte
    put in another's place. Expected: the value; then a value or the one kind of error."""
    decoder = msgspec.json.Decoder(Any)
    for line in (json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), json.dumps(value).encode()):
        with contextlib.suppress(LineError):
            assert decode(line, decoder) == msgspec.json.decode(line)
        place = data.draw(st.integers(0, len(line) - 1))
        with contextlib.suppress(LineError):
            decode(line[:place] + data.draw(st.binary(min_size=1, max_size=1)) + line[place + 1 :], decoder)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small real run."""
    folder = tmp_path_factory.mktemp("real") / "run"
    filters = Filters(requirements=("COM-PAG-001",))
    run_reference(folder, filters=filters, services=("procedures",))
    return folder


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at a place; `...` takes it away."""
    made = copy.deepcopy(value)
    *before, last = path
    holder = made
    for step in before:
        holder = holder[step]
    if new is ...:
        del holder[last]
    else:
        holder[last] = new
    return made


HOSTILE_VALUES = [None, True, 0, -1, 10**18, 1.5, "", "../../etc/passwd", "2026-02-30", [], {}, [[]], {"a": {}}, ...]


def write(folder: Path, header: Any, verdicts: list[dict[str, Any]], footer: Any) -> None:
    """A `run.jsonl` whose digests are right, whatever it says."""
    writer = RunWriter(folder / "run.jsonl")
    for line in (header, *verdicts):
        writer.line(line)
    writer.footer({name: value for name, value in footer.items() if name not in {"type", "lines"}})


def test_a_header_that_is_made_up_is_a_clear_error_or_judged(real: Path) -> None:
    """Claim: nothing in a header or footer breaks judging off. Stimulus: each value of both replaced by others, one at
    a time; digests are right. Expected: a shape that is refused, or one that the archive is opened by."""
    header, _, footer = read_run(real / "run.jsonl")
    assert footer is not None
    check_shape(header, footer, "x")
    refused = taken = 0
    for line, other in ((header, footer), (footer, header)):
        for place in places(line)[1:]:
            for new in HOSTILE_VALUES:
                made = changed(line, place, new)
                head, foot = (made, other) if line is header else (other, made)
                refused += 1
                with contextlib.suppress(ArchiveError):
                    check_shape(head, foot, "x")
                    refused, taken = refused - 1, taken + 1
    assert refused > taken > 0


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_an_archive_with_a_made_up_header_is_opened_or_refused(
    real: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Claim: what the shape lets through breaks nothing later. Stimulus: a value of a service's entry, of the filters
    or of the run's own replaced. Expected: it is judged, or refused with an error of ours."""
    folder = tmp_path_factory.mktemp("made") / "run"
    shutil.copytree(real, folder)
    header, verdicts, footer = read_run(real / "run.jsonl")
    wanted = [place for place in places(header) if place and place[0] in {"services", "filters", "created", "run_file"}]
    made = changed(header, data.draw(st.sampled_from(wanted)), data.draw(st.sampled_from(HOSTILE_VALUES)))
    write(folder, made, verdicts, footer)
    with contextlib.suppress(SuiteError):
        open_archive(folder)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_evidence_that_is_made_up_is_judged_or_refused(real: Path, data: st.DataObject) -> None:
    """Claim: nothing in a trace breaks judging off. Stimulus: a value anywhere in a real line of evidence replaced.
    Expected: it is judged, or refused as damage."""
    lines, benches = _opened(real)
    value = msgspec.json.decode(data.draw(st.sampled_from(lines)))
    place = data.draw(st.sampled_from(places(value)[1:]))
    line = msgspec.json.encode(changed(value, place, data.draw(st.sampled_from(HOSTILE_VALUES) | json_values)))
    try:
        service, made = decode_trace(line)
        if service in benches:
            benches[service].take(made)
    except (SuiteError, ValueError, OverflowError):
        pass


_known: dict[Path, Any] = {}


def _opened(real: Path) -> Any:
    if real not in _known:
        _known[real] = ([line.data for line in evidence_lines(real / EVIDENCE)], open_archive(real)[1])
    return _known[real]


def test_evidence_on_a_service_that_the_header_does_not_name(real: Path, tmp_path: Path) -> None:
    """Claim: evidence belongs to what the header names. Stimulus: a trace on another service, the digest made right.
    Expected: an error that names it."""
    folder = tmp_path / "run"
    shutil.copytree(real, folder)
    lines = [line.data for line in evidence_lines(real / EVIDENCE)]
    stranger = encode_trace("stranger", trace(script="x"))
    (folder / EVIDENCE).write_bytes(frame(*lines, stranger))
    header, verdicts, footer = read_run(real / "run.jsonl")
    assert footer is not None
    from conformance.archive import evidence_digest

    write(folder, header, verdicts, {**footer, "evidence": evidence_digest(folder / EVIDENCE)})
    with pytest.raises(ArchiveError, match="stranger"):
        judge_archive(folder)
