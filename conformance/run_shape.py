"""Whether header and footer of a run are as `run.schema.json` has them: whoever wrote them is not trusted.

What is judged depends on them alone. Verdict lines are not looked at: they are made anew from the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import msgspec

from conformance.errors import ArchiveError

_SCHEMA: Final = Path(__file__).parent / "run.schema.json"
_LONGEST: Final = 200


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    schema = msgspec.json.decode(_SCHEMA.read_bytes())
    wanted = {"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]}
    return jsonschema_rs.Draft202012Validator(wanted, validate_formats=True)


def check_shape(header: Mapping[str, Any], footer: Mapping[str, Any] | None, where: str) -> None:
    """Raise `ArchiveError` where they are not as the suite writes them, saying where and in what."""
    for name, line in (("header", header), ("footer", footer)):
        if line is not None and (error := next(_validator(name).iter_errors(line), None)) is not None:
            place = "/".join(map(str, error.instance_path))
            raise _refused(f"its {name} is not as the suite writes it: {place} {error.message[:_LONGEST]}", where)
    if not isinstance(header["run_file"].get("path", ""), str | None):
        raise _refused("its header is not as the suite writes it: run_file/path is no text", where)


def _refused(what: str, where: str) -> ArchiveError:
    return ArchiveError(what, where=where, next_step="take the run from its source again")
