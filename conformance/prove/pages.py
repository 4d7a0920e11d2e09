"""The matrix of a proof as files: JSON for programs, one HTML page for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from conformance.prove.proof import Proof, encode

JSON = "proof.json"


def write(proof: Proof, folder: Path) -> Iterator[Path]:
    """Write the files into a folder; yields their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON).write_bytes(encode(proof))
    yield folder / JSON
