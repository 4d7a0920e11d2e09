"""What is wrong with the published documents, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conformance.errors import SuiteError
from conformance.model import Text


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, `file` relative to the folder of the documents. A `warning` does not fail the check."""

    file: str
    place: str
    message: Text
    next_step: str
    kind: Literal["error", "warning"] = "error"


def from_error(error: SuiteError, file: str, root: Path) -> Problem:
    """The problem of a document that cannot be read at all. `file` is the one that was being read."""
    place = error.where.replace(f"{root}/", "").removeprefix(file).strip(", ")
    message = Text(ja=f"文書を読めません: {error.what}", en=f"the document cannot be read: {error.what}")
    return Problem(file, place, message, error.next_step or "correct the document")
