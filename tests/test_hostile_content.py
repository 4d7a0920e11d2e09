"""What a system sends is inert, however wicked: bodies, ids, texts in every view; memory stays under its bound."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shlex
from pathlib import Path

import msgspec
import pytest
from command_line import started
from exchanges import KNOWLEDGE, exchange
from hostile import Asked, Behaviour, Wire, answer, serving
from hostile_run import PROBLEM, RESIDENT, SECRET, Run, always, runner, with_tokens
from test_cli_errors import RUN_FILE
from test_views_browser import dump

from conformance.archive import EVIDENCE, read_evidence
from conformance.archive import RUN_FILE as RUN_LINES
from conformance.cli import outcome
from conformance.rules.failure import Failure
from conformance.rules.registry import EXCHANGE_RULES
from conformance.seen import Seen


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(tmp_path, monkeypatch)


BODIES = (
    b'{"a":"\xff\xfe"}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", b'{"a":"\\ud800"}',
    b"<html><script>alert(1)</script></html>", b"SELECT FROM " * 5000, b"123456789018 " * 5000, b'{"a":' * 60, b"'a'",
    b'{"a":1e999999}', b'{"a":' + b"9" * 100_000 + b"}", b'{"a":-1e-999999}', b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 300 + b"1" + b"}" * 300, b'{"results":' + b"[{}," * 90 + b"1" + b"]" * 90 + b"}", b"",
    b'{"\\u0000":null,"' + b"k" * 60_000 + b'":{}}',
    b'{"' + b'":0,"'.join(b"%d" % (n // 2) for n in range(50_000)) + b'":0}',
)  # fmt: skip
IMPROPER = 11
"""So many of them, from the first on, are no proper JSON."""


@pytest.mark.parametrize("status", [200, 201, 400, 409])
def test_any_body_is_judged_and_none_breaks_the_run(status: int, run: Run) -> None:
    """Claim: a body is theirs, whatever is in it. Stimulus: no UTF-8, no JSON, numbers out of all range, members twice,
    nesting without end, text made to keep a rule busy, one after the other. Expected: non-conforming, no trouble."""

    async def behave(asked: Asked, wire: Wire) -> None:
        turn.append(1)
        await wire.send(
            answer(status, BODIES[len(turn) % len(BODIES)], "application/json" if status < 300 else PROBLEM)
        )

    turn: list[int] = []
    ended = run(behave, requests=60, max_body_bytes=1_000_000)
    assert (ended.code, ended.troubles) == (1, set())
    assert len(turn) > len(BODIES)


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_what_is_no_proper_json_is_told(number: int) -> None:
    """Claim: RFC 8259 is the measure. Stimulus: each of the bodies. Expected: a failure where it breaks the grammar, no
    failure where it is only more than anybody wants to read."""
    found = exchange("getThing", 200, BODIES[number])
    result = EXCHANGE_RULES["json-encoding"](Seen(found, None), None, KNOWLEDGE)
    duplicated = number == len(BODIES) - 1
    assert isinstance(result, Failure) is (number < IMPROPER or duplicated)


def test_a_body_without_end_and_one_that_is_packed(run: Run) -> None:
    """Claim: nothing endless is read, nothing is unpacked. Stimulus: bodies without end; a gzip bomb. Expected: the
    beginning is kept, what is in them is not judged, and identity was asked for."""
    bomb = gzip.compress(b"0" * 50_000_000)
    packed = run(always(answer(200, bomb, Content_Encoding="gzip")))
    assert all(one.headers["Accept-Encoding"] == "identity" for one in packed.server.received)
    assert packed.code in {1, 3}


def test_long_answers_are_cut_sooner_when_there_are_many(run: Run) -> None:
    """Claim: time and memory are bounded, whatever the system sends. Stimulus: every answer is endless. Expected: those
    after the first few are cut at 256 KiB; what is not seen fails no claim on content."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        while True:
            await wire.send(b'"' + b"x" * 65533 + b'",')

    ended = run(behave, requests=30, max_body_bytes=500_000, connections=2)
    traces = [trace for _, trace in read_evidence(ended.result.folder / EVIDENCE)]
    sizes = [len(e.response.body) for t in traces for e in t.exchanges if e.response and e.response.truncated]
    assert len(sizes) == len(ended.server.received)
    assert set(sizes) == {500_000, 262_144}
    assert sum(size > 262_144 for size in sizes) <= 8
    assert "COM-TXT-007" not in ended.having("fail")


IDS = (
    "",
    ".",
    "..",
    "../../admin",
    "a/b",
    "%2e%2e",
    "\ud800",
    "a\r\nX: y",
    "?q#f",
    "あ",
    7,
    None,
    [],
    {"a": {}},
    "//x",
)


def test_ids_stay_within_their_segment(run: Run) -> None:
    """Claim: an id is one segment of a path, whatever is in it. Stimulus: ids with slashes, dots, escapes, half a
    surrogate pair, line breaks, and such as are no text. Expected: each request is below the base URL at a path of the
    document with one segment for the id; nothing, `.` and `..` are sent to nobody."""

    async def behave(asked: Asked, wire: Wire) -> None:
        turn.append(1)
        body = RESIDENT | {"resident_ids": [IDS[len(turn) % len(IDS)]], "id": IDS[len(turn) % len(IDS)]}
        await wire.send(answer(201 if asked.method == "POST" else 200, json.dumps(body).encode()))

    turn: list[int] = []
    ended = run(behave, requests=90)
    paths = [one.target.partition("?")[0] for one in ended.server.received]
    assert "/v1/move_ins" in paths
    for path in paths:
        parts = path.split("/")
        assert parts[:2] == ["", "v1"]
        assert not {"", ".", ".."} & set(parts[2:])
        assert len(parts) <= 5


RUN_IT = "document.documentElement.dataset.pwned=1"
WICKED = (
    f"<script>{RUN_IT}</script>", f'"><img src=x onerror="{RUN_IT}">', f"</script><svg onload={RUN_IT}>",
    f"javascript:{RUN_IT}", f"' onfocus={RUN_IT} autofocus='",
    "=HYPERLINK(\"http://x\",\"y\")", "\t=1+1", "\r=1+1", "＝1+1", "@SUM(A1)",
    "\x1b[2J\x1b]0;title\x07\x9b31m", "\x00\ufffe\ud800",
    "{{7*7}}", "]]>", "'; rm -rf ~ #", "$(reboot)`reboot`", "\u202egnp.exe", "[bold red]x[/]", "-->", "|x|\n# y",
)  # fmt: skip


FORMULA = tuple("=+-@\t\r＝＋－＠")


def all_wicked() -> Behaviour:
    """A system whose every answer is made of one payload, one after the other: content, members, names, fields."""
    turn: list[int] = []

    async def behave(asked: Asked, wire: Wire) -> None:
        turn.append(1)
        number = len(turn) % len(WICKED)
        payload = WICKED[number]
        body = {
            "type": payload, "title": payload, "status": 400, "code": payload, "detail": payload, "instance": payload,
            "errors": [{"pointer": payload, "code": payload}], payload: payload, "results": [payload], **RESIDENT,
            "resident_ids": [payload],
        }  # fmt: skip
        bare = "".join(c for c in payload if c.isprintable() and ord(c) < 256)
        status = (201, 400, 200, 418, 500)[len(turn) % 5]
        raw = json.dumps(body, ensure_ascii=len(turn) % 3 == 0).encode("utf-8", "surrogatepass")
        fields = {"ETag": f'"{bare}"', "Location": bare, "X-Thing": bare, "Allow": bare}
        await wire.send(answer(status, raw, bare if len(turn) % 7 == 4 else PROBLEM, **fields))

    return behave


def test_nothing_that_is_shown_can_do_harm(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Claim: what a system sends is inert wherever it is shown. Stimulus: scripts, formulas, control characters and
    shell commands in every part of the answers. Expected: no control character on the terminal, no cell that begins as
    a formula does, XML that is XML, commands that a shell takes as they are."""
    ended = run(all_wicked(), requests=80, operations=())
    ended.show()
    for lang in ("ja", "en"):
        outcome.show(ended.result.folder, [ended.result.folder / "scorecard.html"], lang)
    shown = capsys.readouterr().out
    assert not [c for c in shown if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or c in "\u202e\ufffe"]
    rows = list(csv.reader(ended.text("requirements.csv").removeprefix("\ufeff").splitlines(keepends=True)))
    assert len(rows) > 50
    assert not [cell for row in rows for cell in row if cell.lstrip()[:1] in FORMULA and cell.strip()]
    lines = [msgspec.json.decode(line) for line in ended.text(RUN_LINES).rstrip("\n").split("\n")]
    curls = {one["curl"] for line in lines if line["type"] == "verdict" for one in line.get("examples", ())}
    assert len(curls) > 10
    for command in curls:
        assert shlex.split(command)[0] == "curl"
        unquoted = re.sub(r"'[^']*'|\"Authorization: Bearer \$TOKEN\"|\"'\"", "", command)
        assert not set(unquoted) & set('$`;&|<>\n()"')


def test_no_script_of_an_answer_runs_in_a_browser(run: Run, chromium: str, tmp_path: Path) -> None:
    """Claim: the scorecard is inert. Stimulus: a run whose answers hold all payloads, its page opened in a real
    browser. Expected: our own script ran, none of theirs."""
    ended = run(all_wicked(), requests=80, operations=())
    ended.show()
    page = ended.result.folder / "scorecard.html"
    assert "dataset.pwned" in page.read_text("utf-8")
    dom = dump(chromium, page.as_uri(), tmp_path / "profile")
    assert dom.root.get("data-ready") == "true"
    assert "data-pwned" not in dom.root
    assert sum(tag == "script" for tag, _ in dom.elements) == 1


@pytest.mark.parametrize("kind", ["endless", "values", "numbers"])
def test_memory_stays_under_its_bound(kind: str, tmp_path: Path) -> None:
    """Claim: no system can fill the memory. Stimulus: with the limits that a run file has by default, answers without
    end, of 8 MiB of tiny JSON values, of personal numbers only. Expected: less than 300 MiB at the peak."""

    async def behave(asked: Asked, wire: Wire) -> None:
        if kind == "endless":
            await wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while True:
                await wire.send(b"x" * 65536)
        await wire.send(
            answer(200, b"[" + b"[]," * 2_600_000 + b"1]" if kind == "values" else b"123456789018 " * 100_000)
        )

    with serving(with_tokens(behave)) as server:
        text = RUN_FILE.replace("http://127.0.0.1:9", server.url).partition("[limits]")[0]
        (tmp_path / "conformance.toml").write_text(text, "utf-8")
        done = started(
            "run",
            "--no-preflight",
            "--max-requests",
            "9",
            "-o",
            "run",
            folder=tmp_path,
            **SECRET,
        )
    assert done.returncode in {1, 3}, done.stderr
    footer = msgspec.json.decode((tmp_path / "run" / RUN_LINES).read_bytes().splitlines()[-1])
    assert footer["timing"]["peak_memory_mib"] < 300
    assert footer["scripts"]["played"] == footer["scripts"]["planned"]
