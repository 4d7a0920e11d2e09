"""Wrong use of the command line: one clear paragraph with a next step, exit code 2, never a traceback or a verdict."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from command_line import Call
from loopback import Answer, Handler, Received, serving

RUN_FILE = """\
format = "conformance-run-file/1"
environment = "test"
[body]
code = "131016"
[product]
name = "Product"
version = "1"
vendor = "Vendor"
[services.resident-registry]
version = "1.0"
base_url = "http://127.0.0.1:9/v1"
options = []
[auth]
token_url = "http://127.0.0.1:9/token"
[auth.roles.clerk]
method = "client_secret_basic"
client_id = "clerk"
secret = { env = "CLI_TEST_SECRET" }
[limits]
timeout_seconds = 0.5
max_body_bytes = 65536
"""
SECRET, TOKEN = "s3cret-of-the-clerk", "t0ken-of-the-clerk"


@pytest.fixture
def call(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line, with a secret that must not appear in anything it prints."""
    monkeypatch.setenv("CLI_TEST_SECRET", SECRET)

    def run(*arguments: str, answers: Sequence[str] = ()) -> tuple[int, str, str]:
        code, out, err = call(*arguments, answers=answers)
        assert SECRET not in out + err
        assert TOKEN not in out + err
        assert "Traceback" not in out + err
        return code, out, err

    return run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "Usage: conformance"),
        ("nosuch", "No such command 'nosuch'"),
        ("exlpain", "Did you mean 'explain'"),
        ("run --nosuch", "No such option: --nosuch"),
        ("run --max-requests 0", "greater than or equal to 1"),
        ("run --max-requests many", "'--max-requests'"),
        ("run --lang fr", "'en', 'ja'"),
        ("report", "Missing argument 'RUN'"),
        ("serve --port 70000", "'--port'"),
    ],
)
def test_wrong_usage_is_exit_code_2(call: Call, arguments: str, said: str) -> None:
    """Claim: usage that the parser refuses is never taken for a verdict. Stimulus: commands and options that do not
    exist or do not fit. Expected: exit code 2, what is wrong, and how to get help."""
    code, _, err = call(*arguments.split())
    assert code == 2
    assert said in err
    assert "conformance" in err
    assert "-h" in err


@pytest.mark.parametrize(
    ("old", "new", "where", "next_step"),
    [
        ("vendor", "vender", "conformance.toml:8: product.vender", "did you mean vendor?"),
        ('"131016"', "131016", "conformance.toml:4: body.code: wrong type", "a string in quotes"),
        ('"131016"', '"131017"', "conformance.toml:4: body.code", "131016"),
        ('"131016"', '"011011"', "conformance.toml:4: body.code: 011011 is a ward", "011002"),
        ("services.resident-registry", "services.residents-registry", "conformance.toml:9", "resident-registry?"),
        ('"1.0"', '"9.0"', "conformance.toml:10", "published: 1.0"),
        ("[]", '["telepathy"]', "conformance.toml:12", "bulk-export"),
        ("[body]", "[body", "conformance.toml:3: not TOML", "correct this line"),
        ('environment = "test"', 'environment = "production"', "conformance.toml:2", "test environment"),
        ('{ env = "CLI_TEST_SECRET" }', f'"{SECRET}"', "conformance.toml:18", "env"),
        ("http://127.0.0.1:9/v1", "ftp://127.0.0.1/v1", "conformance.toml:11", "http://"),
    ],
)
def test_wrong_run_file_names_line_key_and_next_step(
    call: Call, old: str, new: str, where: str, next_step: str
) -> None:
    """Claim: a mistake in the run file is found by its line. Stimulus: one mistake. Expected: exit code 2, file, line
    and key, and what to write."""
    Path("conformance.toml").write_text(RUN_FILE.replace(old, new, 1), "utf-8")
    code, _, err = call("run")
    assert code == 2
    assert err.startswith(f"error: {where}")
    told, _, advice = err.partition("\nNext: ")
    assert told
    assert next_step in advice


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("run", "conformance init"),
        ("run -f .", "conformance init"),
        ("run --spec openapi.yaml", "base URL"),
        ("run --url http://127.0.0.1:9", "the document"),
        ("judge nowhere", "runs/RUN-ID"),
        ("judge .", "runs/RUN-ID"),
        ("report nowhere", "runs/RUN-ID"),
        ("report . --format pdf", "html, junit, markdown, csv, badge"),
        ("explain COM-HTP-001", "COM-HTTP-001"),
        ("list nosuch", "resident-registry"),
        ("compile nosuch", "resident-registry"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(call: Call, arguments: str, said: str) -> None:
    """Claim: a name that does not exist is answered with those that do. Stimulus: no run file, folders that are no
    run, unknown format, requirement and service, half of a pair of options. Expected: exit code 2 and a next step."""
    code, _, err = call(*arguments.split())
    assert code == 2
    assert "error: " in err
    assert said in err.partition("\nNext: ")[2]


@pytest.mark.parametrize(
    ("option", "value", "near"),
    [
        ("--requirement", "COM-VAL-999", "COM-VAL-00"),
        ("--operation", "getResidents", "getResident"),
        ("--service", "tax", "resident-registry"),
        ("--script", "nosuch", "near: "),
    ],
)
def test_an_unknown_filter_plays_nothing(call: Call, option: str, value: str, near: str) -> None:
    """Claim: a narrowing that fits nothing is wrong usage, not an empty success. Stimulus: an unknown name. Expected:
    exit code 2 with near names, before anything is sent."""
    Path("conformance.toml").write_text(RUN_FILE, "utf-8")
    code, _, err = call("run", option, value)
    assert code == 2
    assert near in err.partition("\nNext: ")[2]


def test_a_missing_secret_is_told_by_its_name(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: a missing secret is configuration. Stimulus: the environment variable is not set. Expected: exit code 2,
    its name and the line that wants it."""
    monkeypatch.delenv("CLI_TEST_SECRET")
    with serving(lambda handler, _: handler.send(200, b"{}")) as server:
        Path("conformance.toml").write_text(RUN_FILE.replace("http://127.0.0.1:9", server.url), "utf-8")
        code, _, err = call("run")
    assert code == 2
    assert "CLI_TEST_SECRET" in err
    assert "conformance.toml:18" in err
    assert "Next: " in err


def _html(handler: Handler, _: Received) -> None:
    handler.send(200, b"<html>please log in</html>", "text/html")


def _slow(handler: Handler, _: Received) -> None:
    time.sleep(2)
    handler.send(200, b"{}")


def _redirect(handler: Handler, _: Received) -> None:
    handler.send(302, b"", Location="http://elsewhere.example/login")


def _half(handler: Handler, _: Received) -> None:
    handler.send_response_only(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"half":')
    handler.close_connection = True


def _nothing(handler: Handler, _: Received) -> None:
    handler.close_connection = True


def _with_tokens(answer: Answer) -> Answer:
    token = json.dumps({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}).encode()

    def either(handler: Handler, received: Received) -> None:
        if received.path == "/token":
            handler.send(200, token)
        else:
            answer(handler, received)

    return either


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_html, "web page"),
        (_slow, "timeout_seconds"),
        (_redirect, "redirects"),
        (_half, "broke"),
        (_nothing, "broke"),
    ],
)
def test_an_endpoint_that_is_not_the_system_is_configuration(call: Call, answer: Answer, said: str) -> None:
    """Claim: what stands in the way of a run is never a non-conformance. Stimulus: an endpoint that answers a login
    page, too late, with a redirect, half, or nothing. Expected: exit code 2, what it is, a next step, and no run."""
    with serving(_with_tokens(answer)) as server:
        Path("conformance.toml").write_text(RUN_FILE.replace("http://127.0.0.1:9", server.url), "utf-8")
        code, out, err = call("run")
    assert code == 2
    assert out == ""
    assert said in err
    assert "\nNext: " in err
    assert not Path("runs").exists()


def test_nobody_at_the_endpoint(call: Call) -> None:
    """Claim: as above. Stimulus: a port on which nobody listens. Expected: exit code 2, the address, a next step."""
    Path("conformance.toml").write_text(RUN_FILE, "utf-8")
    code, _, err = call("run")
    assert code == 2
    assert "127.0.0.1:9: the connection was refused" in err
    assert "\nNext: " in err


@pytest.mark.parametrize("answer", [_slow, _half, _nothing])
def test_trouble_in_the_middle_of_a_run_fails_nothing(call: Call, answer: Answer) -> None:
    """Claim: the network's trouble is no verdict of the system. Stimulus: a run (without preflight) against a system
    that breaks every connection. Expected: exit code 3, nothing failed, what happened is kept and told."""
    with serving(_with_tokens(answer)) as server:
        Path("conformance.toml").write_text(RUN_FILE.replace("http://127.0.0.1:9", server.url), "utf-8")
        code, out, _ = call("run", "--no-preflight", "--max-requests", "8", "-o", "run")
    assert code == 3
    assert "Fail" not in out
    assert "network trouble" in out
    assert Path("run/evidence/traces.jsonl.zst").stat().st_size > 0


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello\n", id="no-json"),
        pytest.param(b"\xff\xfe\x00", id="no-text"),
        pytest.param(b"{}\n", id="no-header"),
        pytest.param(b"[]\n", id="list"),
        pytest.param(b'{"type":"header","format":"conformance-run/99"}\n', id="other-format"),
    ],
)
@pytest.mark.parametrize("command", ["judge", "report"])
def test_what_is_no_archive_is_refused(call: Call, command: str, content: bytes) -> None:
    """Claim: only a run is judged or shown. Stimulus: a run.jsonl that is empty, no JSON, no text, of another format.
    Expected: exit code 2, the file, a next step, and the file as it was."""
    Path("run").mkdir()
    Path("run/run.jsonl").write_bytes(content)
    code, _, err = call(command, "run")
    assert code == 2
    assert "run/run.jsonl" in err
    assert "\nNext: " in err
    assert Path("run/run.jsonl").read_bytes() == content


def test_the_suite_s_own_failure_is_no_verdict(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: a fault of the suite is never the system's. Stimulus: the suite breaks inside. Expected: exit code 2,
    not 1; it is said that it is ours, and how to report it."""

    def broken() -> None:
        raise RuntimeError("this should not happen")

    monkeypatch.setattr("conformance.launch.Published", broken)
    code, _, err = call("run")
    assert code == 2
    assert "the suite itself failed: RuntimeError" in err
    assert "says nothing about the system" in err


def test_a_place_that_cannot_be_written_is_told(call: Call) -> None:
    """Claim: errors of the operating system are told in one paragraph. Stimulus: output below a file. Expected: exit
    code 2, the path, a next step."""
    Path("file").write_text("", "utf-8")
    Path("conformance.toml").write_text(RUN_FILE, "utf-8")
    code, _, err = call("run", "--no-preflight", "--max-requests", "1", "-o", "file/run")
    assert code == 2
    assert "file/run" in err
    assert "\nNext: " in err
