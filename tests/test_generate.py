"""Generation: values depend on schema, seed and label, and on nothing else that the program has loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.command_line import PATIENCE

_DRAW = """
import sys
for path in sys.argv[1:]:
    sys.path.insert(0, path)
    __import__("loaded_by_the_way")
from conformance.compile.generate import Generator
document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
schema = {"type": "object", "required": ["n", "t"], "properties": {"n": {"type": "integer"}, "t": {"type": "string"}}}
print(Generator(document, 7).values(schema, 60, "label"))
"""


def _drawn(*paths: str) -> str:
    command = [sys.executable, "-c", _DRAW, *paths]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


def test_constants_of_other_source_files_do_not_get_into_an_edition(tmp_path: Path) -> None:
    """Claim: an edition depends on documents and seed alone. Stimulus: the same draw, once in a process that has
    loaded a module of somebody's own full of rare numbers and texts. Expected: the same values, none of them rare."""
    numbers = ", ".join(str(7_000_000_000 + 13 * place) for place in range(400))
    texts = ", ".join(f'"rare text {place}"' for place in range(400))
    (tmp_path / "loaded_by_the_way.py").write_text(f"NUMBERS = [{numbers}]\nTEXTS = [{texts}]\n", "utf-8")
    plain = _drawn()
    assert _drawn(str(tmp_path)) == plain
    assert "rare text" not in plain
