"""`conformance init`: questions that a person can answer, each answer checked at once, a run file that is right."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from command_line import PROGRAM, Call, started

from conformance.sut.run_file import RunFile, load
from tests.command_line import PATIENCE


def asked(call: Call, *answers: str) -> RunFile:
    """The run file that `init` writes for these answers; questions after the last get their defaults."""
    code, _, err = call("init", answers=answers)
    assert code == 0, err
    return load(Path("conformance.toml"))


def test_init_writes_a_run_file_from_answers(call: Call) -> None:
    """Claim: `init` asks, and what it writes is right. Stimulus: the fewest answers, piped. Expected: a run file that
    loads, with those answers, guesses for the rest, and the name of each secret in what is said next."""
    answers = ("131016", "住民記録", "2026.1", "Example Systems", "", "https://registry.example.jp/v1", "all")
    code, out, err = call("init", answers=answers)
    assert code == 0, err
    run_file = load(Path("conformance.toml"))
    service = run_file.services["resident-registry"]
    assert (run_file.body.name, run_file.product.name, run_file.product.vendor) == (
        "千代田区",
        "住民記録",
        "Example Systems",
    )
    assert service.base_url == "https://registry.example.jp/v1"
    assert "bulk-export" in service.options
    assert urlsplit(run_file.auth.token_url)[1:3] == ("registry.example.jp", "/oauth/token")
    assert set(run_file.auth.roles) == {"clerk", "viewer", "protection_officer", "auditor"}
    assert run_file.upper_tester is None
    for role in run_file.auth.roles.values():
        assert role.secret is not None
        assert str(role.secret.env) in out
    assert "Next: conformance run\n" in out


def test_init_takes_everything_that_can_be_said(call: Call, tmp_path: Path) -> None:
    """Claim: every answer arrives. Stimulus: a ministry, no options with a reason, an upper tester, keys in files, a
    role without client, an authority. Expected: all of it in the run file."""
    run_file = asked(
        call, "ministry", "デジタル庁", "P", "1", "V", "resident-registry", "https://r.example.jp/v1/", "-",
        "planned", "", "", "https://u.example.jp/v1", "private_key_jwt", "https://l.example.jp/token",
        "suite-clerk", "-", "", "", "", "ca.pem",
    )  # fmt: skip
    assert (run_file.body.type, run_file.body.name) == ("ministry", "デジタル庁")
    assert run_file.services["resident-registry"].options_not_supported == {"bulk-export": "planned"}
    assert run_file.upper_tester is not None
    assert (run_file.upper_tester.base_url, run_file.upper_tester.role) == ("https://u.example.jp/v1", "tester")
    assert urlsplit(run_file.auth.token_url)[1:3] == ("l.example.jp", "/token")
    assert set(run_file.auth.roles) == {"clerk", "protection_officer", "auditor", "tester"}
    assert run_file.auth.roles["clerk"].client_id == "suite-clerk"
    assert run_file.auth.roles["clerk"].key is not None
    assert run_file.tls.ca_file == str(tmp_path / "ca.pem")


@pytest.mark.parametrize("method", ["client_secret_jwt", "tls_client_auth", "bearer"])
@pytest.mark.parametrize("place", ["environment", "file"])
def test_init_writes_a_right_run_file_for_every_method(call: Call, method: str, place: str) -> None:
    """Claim: as above. Stimulus: each way of client authentication and each place of secrets. Expected: it loads."""
    lines = ["131016", "P", "1", "V", "", "https://r.example.jp/v1", "all", "", method]
    lines += [] if method == "bearer" else [""]
    lines += [] if method == "tls_client_auth" else [place]
    assert asked(call, *lines).auth.roles["clerk"].method == method


@pytest.mark.parametrize(
    ("typed", "code"), [("１３１０１６", "131016"), ("千代田区", "131016"), ("札幌", "011002"), ("011002", "011002")]
)
def test_init_finds_the_body(call: Call, typed: str, code: str) -> None:
    """Claim: a body is found as people type it. Stimulus: full-width digits, its name, part of its name. Expected: its
    code, and the name told back."""
    assert asked(call, typed, "P", "1", "V", "", "https://r.example.jp/v1").body.code == code


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("131017", "131016 千代田区"),
        ("13101", "131016 千代田区"),
        ("011011", "011002 札幌市"),
        ("131300", "131016 千代田区"),
        ("府中市", "132063 府中市, 342084 府中市"),
        ("1", "six digits"),
        ("Atlantis", "no body"),
        ("", "no body"),
    ],
)
def test_init_suggests_a_body_for_a_wrong_one(call: Call, typed: str, said: str) -> None:
    """Claim: a wrong body code is noticed at once, with the right one. Stimulus: wrong or missing check digit, a ward,
    no such body, an ambiguous name, nonsense. Expected: exit code 2, what is near, and nothing written."""
    code, _, err = call("init", answers=[typed])
    assert code == 2
    assert "answer 1" in err
    assert said in err
    assert "\nNext: " in err
    assert not Path("conformance.toml").exists()


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        (("131016", "P", "1", "V", "taxes"), 5),
        (("131016", "P", "1", "V", "", "registry.example.jp"), 6),
        (("131016", "P", "1", "V", "", "https://user@registry.example.jp/v1"), 6),
        (("131016", "P", "1", "V", "", "https://r.example.jp/v1", "telepathy"), 7),
        (("131016", "P" * 201), 2),
        (("131016", ""), 2),
    ],
)
def test_init_names_the_answer_that_will_not_do(call: Call, lines: tuple[str, ...], number: int) -> None:
    """Claim: each answer is checked at once. Stimulus: an unknown service or option, a URL without scheme or with a
    user, a text too long or empty. Expected: exit code 2 and the number of the answer."""
    code, _, err = call("init", answers=lines)
    assert code == 2
    assert f"answer {number} on standard input" in err


def test_init_refuses_when_nobody_answers(tmp_path: Path) -> None:
    """Claim: in a script without answers, `init` neither waits nor guesses. Stimulus: no terminal, nothing piped.
    Expected: exit code 2, why, what to do."""
    done = started("init", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nobody answers" in done.stderr
    assert "one per line" in done.stderr


def test_init_asks_a_person_again(tmp_path: Path) -> None:
    """Claim: a person may mistype. Stimulus: a terminal, a wrong code and then the right one, and the end of input.
    Expected: the suggestion, the question again, and exit code 2 without a file when the person stops."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "init"], cwd=tmp_path, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    os.close(terminal)
    os.write(controller, b"131017\n131016\n\x04")
    said, _ = process.communicate(timeout=PATIENCE)
    os.close(controller)
    assert process.returncode == 2
    assert "! the check digit is wrong: 131016 千代田区" in said
    assert "= 131016 千代田区" in said
    assert "nothing was written" in said
    assert not (tmp_path / "conformance.toml").exists()


def test_init_replaces_nothing_unasked(call: Call) -> None:
    """Claim: a run file is not lost. Stimulus: `init` where there is one. Expected: exit code 2, the file as it was."""
    Path("conformance.toml").write_text("mine", "utf-8")
    code, _, err = call("init", answers=["131016"])
    assert code == 2
    assert "--force" in err
    assert Path("conformance.toml").read_text("utf-8") == "mine"
