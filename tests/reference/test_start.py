"""Starting it: the command, its independence of the suite, what it says of unusable documents."""

import ast
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from conformance.reference.application import Reference, Settings
from conformance.reference.documents import DocumentProblem, load

from .conftest import ROOT

COMMAND = [sys.executable, "-m", "conformance.reference", "--port", "0", "--people", "20"]


def test_imports_nothing_of_the_suite() -> None:
    """Claim: it shares no code with the suite. Stimulus: every import. Expected: only its own and libraries."""
    for path in (ROOT / "conformance" / "reference").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith("conformance") or name.startswith("conformance.reference"), (path, name)
            assert not (isinstance(node, ast.ImportFrom) and node.level), path


def test_command(tmp_path: Path) -> None:
    """Claim: it starts, says where, writes credentials, stops. Stimulus: the command.

    Expected: a token, exit code 0.
    """
    file = tmp_path / "credentials.json"
    command = [*COMMAND, "--credentials-out", str(file), "--fault", "allow-missing", "--liberty", "extra-headers"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as process,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(process.kill)  # whatever fails here, it does not outlive the test
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        known = json.loads(file.read_text("utf-8"))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert set(known["roles"]) >= {"clerk", "clerk-2", "viewer", "protection_officer", "auditor", "tester"}
        clerk = known["roles"]["clerk"]
        assert clerk["method"] == "client_secret_basic"
        auth, data = (clerk["client_id"], clerk["secret"]), {"grant_type": "client_credentials"}
        token = requests.post(known["token_url"], data=data, auth=auth, timeout=10).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Access-Purpose": "tax"}
        url = told["services"]["resident-registry"]
        assert requests.get(f"{url}/residents/x", headers=headers, timeout=10).headers["X-Request-Id"]
        assert "Allow" not in requests.delete(f"{url}/residents", timeout=10).headers
        process.send_signal(signal.SIGINT)
        assert process.wait(10) in (0, -signal.SIGINT, 130)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--specs", "nowhere"],
        ["--fixtures", "nowhere"],
        ["--body", "130001"],
        ["--fault", "nothing"],
        ["--tls-subject", "nobody=CN=x"],
        ["--public-key", f"clerk={Path(__file__)}"],
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    """Claim: wrong usage is told in one line. Stimulus: each. Expected: exit code 2, no traceback."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=20
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


@pytest.mark.parametrize(
    "text",
    [
        "openapi: 3.1.0\npaths: {/x: {get: {$ref: '#/nowhere'}}}",
        "openapi: 3.1.0\npaths: {/x: {get: {$ref: './missing.yaml#/a'}}}",
        "- a",
        "a: [",
    ],
)
def test_unusable_document(tmp_path: Path, text: str) -> None:
    """Claim: an unusable document is named. Stimulus: dangling references, no mapping. Expected: DocumentProblem."""
    path = tmp_path / "openapi.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(DocumentProblem):
        load(path)


def test_references_are_resolved(tmp_path: Path) -> None:
    """Claim: schemas of other files become components. Stimulus: the same name twice, recursion.

    Expected: both kept.
    """
    (tmp_path / "common.yaml").write_text(
        "components: {schemas: {A: {type: string}, Tree: {properties: {next: {$ref: '#/components/schemas/Tree'}}}}}",
        "utf-8",
    )
    (tmp_path / "openapi.yaml").write_text(
        "components: {schemas: {A: {type: integer}, B: {$ref: './common.yaml#/components/schemas/A'},"
        " C: {$ref: './common.yaml#/components/schemas/Tree'}}}\npaths: {}",
        "utf-8",
    )
    schemas = load(tmp_path / "openapi.yaml")["components"]["schemas"]
    other = schemas["B"]["$ref"].rsplit("/", 1)[1]
    assert (schemas["A"], schemas[other]) == ({"type": "integer"}, {"type": "string"})
    assert schemas["Tree"]["properties"]["next"] == {"$ref": "#/components/schemas/Tree"}


def test_document_with_other_operations(tmp_path: Path) -> None:
    """Claim: document and handlers belong together. Stimulus: an operation less. Expected: DocumentProblem."""
    for path in (ROOT / "specs").glob("*/1.0/[oc]*.yaml"):
        name = path.relative_to(ROOT / "specs")
        text = path.read_text("utf-8").replace("operationId: registerDeath\n", "operationId: other\n")
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(DocumentProblem, match="registerDeath"):
        Reference(Settings(tmp_path, ROOT / "fixtures"))
