"""The file of an edition: the same scripts give the same bytes, and nothing less or else is taken for them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
import pytest
import zstandard
from exchanges import script, step
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.edition_file import Edition, EditionHeader, decode, encode, load
from conformance.errors import EditionError
from conformance.model import Check, Script

HEADER = EditionHeader("toy", "1.0", 7, {"toy/1.0/openapi.yaml": "sha256:0"}, {"hypothesis": "6"})
CHECK = Check("call", "refused", {"about": {"ja": "型", "en": "type"}}, "COM-VAL-002")
SCRIPTS = tuple(script(CHECK, id=f"getThing.{i}", steps=(step("getThing"),)) for i in range(4))
EDITION = Edition(HEADER, SCRIPTS)
DATA = encode(EDITION)


def refused(data: bytes) -> EditionError:
    with pytest.raises(EditionError) as caught:
        decode(data, "toy/edition")
    assert "conformance compile" in caught.value.next_step
    assert "toy/edition" in str(caught.value)
    return caught.value


def repacked(change: bytes, into: bytes) -> bytes:
    """The file with some of its text replaced."""
    content = zstandard.ZstdDecompressor().decompress(DATA)
    assert change in content
    return zstandard.compress(content.replace(change, into, 1))


def test_an_edition_comes_back_as_it_was() -> None:
    """Claim: header and scripts survive, and the digest by which an edition is named stays. Expected: equal."""
    back = decode(DATA, "x")
    assert back.header == HEADER
    assert tuple(back.scripts) == SCRIPTS
    assert back.digest() == EDITION.digest()
    assert encode(back) == DATA


def test_the_same_scripts_give_the_same_bytes() -> None:
    """Claim: an edition is deterministic. Stimulus: the same content with the keys of its mappings in another order."""
    turned = [
        msgspec.structs.replace(
            s, checks=(Check("call", "refused", {"about": {"en": "type", "ja": "型"}}, "COM-VAL-002"),)
        )
        for s in SCRIPTS
    ]
    assert encode(Edition(HEADER, tuple(turned))) == DATA


def test_another_script_gives_another_digest() -> None:
    """Claim: the digest names the content. Stimulus: one script fewer, another order, another seed."""
    others = (
        Edition(HEADER, SCRIPTS[:3]),
        Edition(HEADER, SCRIPTS[::-1]),
        Edition(msgspec.structs.replace(HEADER, seed=8), SCRIPTS),
    )
    assert len({EDITION.digest(), *(other.digest() for other in others)}) == 4


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(DATA) - 1))
def test_a_truncated_edition_is_refused(length: int) -> None:
    """Claim: truncated is invalid. Stimulus: the file cut anywhere. Expected: `EditionError`, with what to do."""
    refused(DATA[:length])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(DATA) - 1), st.integers(0, 7))
def test_a_damaged_edition_is_refused_or_whole(place: int, bit: int) -> None:
    """Claim: a flipped bit never gives other scripts. Expected: an error, or the very same edition."""
    data = bytearray(DATA)
    data[place] ^= 1 << bit
    with contextlib.suppress(EditionError):
        assert decode(bytes(data), "x").digest() == EDITION.digest()


@pytest.mark.parametrize(
    ("change", "into"),
    [
        (b'"seed":7', b'"seed":8'),
        (b"getThing.2", b"getThing.9"),
        (b'"scripts":4', b'"scripts":3'),
        (b'"sha256":"', b'"sha256":"0'),
    ],
)
def test_an_altered_edition_is_refused(change: bytes, into: bytes) -> None:
    """Claim: header, scripts and footer belong together. Stimulus: one of them changed and packed again."""
    assert "digest does not match" in str(refused(repacked(change, into)))


@pytest.mark.parametrize("data", [b"", b"text", zstandard.compress(b""), zstandard.compress(b"{}\n{}\n")])
def test_what_is_no_edition_is_refused(data: bytes) -> None:
    """Claim: any other file is told as such, with the next step."""
    assert "not a complete edition" in str(refused(data))


def test_an_edition_of_another_format_is_refused() -> None:
    """Claim: an edition of a later suite is not misread. Stimulus: whole and signed, but of format 2."""
    later = encode(Edition(msgspec.structs.replace(HEADER, format="conformance-edition/2"), SCRIPTS))
    assert "conformance-edition/2" in str(refused(later))


def test_a_missing_edition_is_told(tmp_path: Path) -> None:
    """Claim: no edition is no traceback. Expected: the path, and that compiling makes it."""
    with pytest.raises(EditionError, match="there is no edition"):
        load(tmp_path / "edition.jsonl.zst")
    (tmp_path / "edition.jsonl.zst").write_bytes(DATA)
    assert len(load(tmp_path / "edition.jsonl.zst").scripts) == 4


def test_scripts_are_decoded_when_asked_for() -> None:
    """Claim: scripts can be counted, sliced and taken one by one. Expected: as from a tuple."""
    scripts = decode(DATA, "x").scripts
    assert len(scripts) == 4
    assert isinstance(scripts[1], Script)
    assert tuple(scripts[1:3]) == SCRIPTS[1:3]
    assert scripts[-1] == SCRIPTS[-1]
    with pytest.raises(IndexError):
        scripts[4]
