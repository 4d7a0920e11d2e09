"""The door to the system under test, against raw bytes: what is an answer, what is trouble, and that none mix."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from hostile import Asked, Wire, always, answer, asked, get, serving
from loopback import Authority

from conformance.sut.client import Answer, Door
from conformance.sut.run_file import Limits

OK = answer(body=b'{"a":1}')
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nLate: 1\r\n\r\n"


def _said(found: Answer) -> tuple[int, bytes]:
    assert found.response is not None, found.trouble
    return found.response.status, found.response.body


@pytest.mark.parametrize(
    ("raw", "method", "expected"),
    [
        (OK, "GET", (200, b'{"a":1}')),
        (CHUNKED, "GET", (200, b"abcde")),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", "GET", (200, b"until the end")),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", "GET", (200, b"ab")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK, "POST", (200, b'{"a":1}')),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n", "HEAD", (200, b"")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "DELETE", (204, b"")),
        (b"HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 1\r\n\r\na", "GET", (200, b"a")),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 70\r\n\r\n", "GET", (304, b"")),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "PROPFIND", (200, b"")),
        (b"HTTP/1.1 299 \xe3\x81\x82\r\nContent-Length: 0\r\n\r\n", "TRACE", (299, b"")),
    ],
)
@pytest.mark.parametrize("dripped", [False, True])
def test_proper_answers_are_read_however_they_are_cut(
    raw: bytes, method: str, expected: tuple[int, bytes], dripped: bool
) -> None:
    """Claim: an answer of any form is read. Stimulus: whole, and byte by byte. Expected: its status and content."""
    pieces = [raw[n : n + 1] for n in range(len(raw))] if dripped else [raw]
    with serving(always(*pieces, close=True, pause=0.0005 if dripped else 0)) as server:
        (found,) = asked(get(server.url + "/x", method))
    assert _said(found) == expected


def test_fields_are_kept_as_they_came() -> None:
    """Claim: evidence is raw. Stimulus: duplicates, odd case, bytes outside of ASCII, an empty value, interim and
    trailer fields beside them. Expected: the fields of the answer itself, in their order, and nothing else."""
    head = b"HTTP/1.1 200 OK\r\nX-b: 1\r\nx-A:  two  \r\nX-b: 3\r\nName: \xe3\x81\x82\r\nNone:\r\n"
    raw = b"HTTP/1.1 103 E\r\nX-b: 0\r\n\r\n" + head + CHUNKED.partition(b"\r\n")[2]
    with serving(always(raw)) as server:
        (found,) = asked(get(server.url))
    assert found.response
    assert found.response.headers == (
        ("X-b", "1"), ("x-A", "two"), ("X-b", "3"), ("Name", "ã\x81\x82"), ("None", ""),
        ("Transfer-Encoding", "chunked"),
    )  # fmt: skip
    assert found.response.http_version == "HTTP/1.1"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nabc", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nabc", "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "transfer coding"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc", "middle of the body"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "chunk size"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "middle of the body"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "middle of the body"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "middle of the header"),
        (b"", "before an answer came"),
        (OK + b"more", "more came"),
        (OK + OK, "more came"),
        (b"HTTP/1.1 204 X\r\nContent-Length: 3\r\n\r\nabc", "more came"),
        (b"HTTP/1.1 101 X\r\nUpgrade: y\r\nConnection: upgrade\r\n\r\n", "101"),
        (b"SSH-2.0-OpenSSH_9\r\n", "no proper HTTP"),
        (b"HTTP/1.1 200 OK\r\nA: b\x00c\r\n\r\n", "no proper HTTP"),
        (b"HTTP/1.1 200 OK\nA: b\n\n", "no proper HTTP"),
        (b"HTTP/1.1 100 X\r\n\r\n" * 20_000, "longer than is read"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 1_000_000 + b"\r\n\r\n", "longer than is read"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: bcdefgh\r\n" * 100_000 + b"\r\n", "longer than is read"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"e" * 1_000_000 + b"\r\na\r\n0\r\n", "longer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + b"a" * 1_000_000 + b"\r\n\r\n", "longer"),
    ],
)  # fmt: skip
def test_an_answer_whose_end_is_in_doubt_is_trouble(raw: bytes, told: str) -> None:
    """Claim: no answer is guessed at (RFC 9112, 6.3). Stimulus: such bytes, then a proper answer to the next request.
    Expected: trouble that says what is wrong; the next request gets its own answer, on another connection."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(OK if asked.target == "/next" else raw)
        if asked.target != "/next":
            wire.close()

    with serving(behave) as server:
        first, second = asked(get(server.url + "/first", "POST"), get(server.url + "/next"))
    assert told in (first.trouble or "")
    assert _said(second) == (200, b'{"a":1}')
    assert [one.connection for one in server.received] == [0, 1]


def test_what_comes_unasked_answers_nothing() -> None:
    """Claim: answers never mix. Stimulus: a second answer, sent a moment after the first. Expected: the next request
    goes out on a new connection and gets its own."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(answer(body=asked.target.encode()))
        await asyncio.sleep(0.03)
        await wire.send(answer(body=b"smuggled"))

    with serving(behave) as server:
        found = asked(*(get(f"{server.url}/{n}") for n in range(3)), between=0.1)
    assert [_said(one)[1] for one in found] == [b"/0", b"/1", b"/2"]
    assert server.connections == 3


def test_a_body_longer_than_the_bound_is_cut() -> None:
    """Claim: nothing endless is read. Stimulus: a body without end. Expected: as much as is allowed, marked as cut."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await wire.send(b"x" * 65536)

    with serving(behave) as server:
        (found,) = asked(get(server.url), max_body_bytes=100_000, timeout_seconds=5.0)
    assert found.response
    assert (len(found.response.body), found.response.truncated) == (100_000, True)


@pytest.mark.parametrize("pieces", [(b"HTTP/1.1 200 OK\r\nA: ", b"a"), (b"HTTP/1.1 200 OK\r\n\r\n", b"b")])
def test_what_drips_in_is_given_up(pieces: tuple[bytes, bytes]) -> None:
    """Claim: an exchange is bounded as a whole. Stimulus: a byte now and then. Expected: trouble, in time."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(pieces[0])
        while True:
            await wire.send(pieces[1], pause=0.02)

    with serving(behave) as server:
        (found,) = asked(get(server.url), timeout_seconds=0.2)
    assert found.trouble == "no complete answer within 0.2 seconds"


def test_connections_are_kept_and_bounded() -> None:
    """Claim: the run file's limit holds, and connections are used again. Stimulus: 40 requests at once, 4 allowed.
    Expected: all answered, each with its own answer, over 4 connections."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await asyncio.sleep(0.002)
        await wire.send(answer(body=asked.body))

    with serving(behave) as server:
        requests = [get(server.url, "PUT", b"%d" % n) for n in range(40)]
        found = asked(*requests, together=True, connections=4)
    assert [_said(one)[1] for one in found] == [b"%d" % n for n in range(40)]
    assert server.connections == server.open_at_once == 4


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_what_does_no_harm_is_sent_again(method: str) -> None:
    """Claim: nothing is carried out twice by us. Stimulus: a kept connection that is closed as the second request
    comes. Expected: a GET is sent once more; of a POST the trouble is told."""

    async def behave(asked: Asked, wire: Wire) -> None:
        if asked.number == 0:
            await wire.send(OK)
        else:
            wire.reset()

    with serving(behave) as server:
        _, second = asked(get(server.url, method), get(server.url, method))
    assert len(server.received) == (3 if method == "GET" else 2)
    if method == "GET":
        assert _said(second)[0] == 200
    else:
        assert second.trouble == "the connection was closed before an answer came"


def test_an_answer_may_come_before_the_request_is_whole() -> None:
    """Claim: a refusal is heard. Stimulus: 8 MB of body to a server that answers 413 after the head, reads on for a
    moment and closes. Expected: the 413; the next request takes another connection."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(answer(413 if asked.method == "PUT" else 200, b"no"))
        if asked.method == "PUT":
            await wire.reader.read(100_000)
            await asyncio.sleep(0.1)
            wire.close()

    with serving(behave, whole=False) as server:
        first, second = asked(get(server.url, "PUT", b"x" * 8_000_000), get(server.url))
    assert (_said(first), _said(second)) == ((413, b"no"), (200, b"no"))
    assert server.connections == 2


def test_who_refuses_a_long_request_by_its_head_is_heard() -> None:
    """Claim: what is still being sent destroys no answer (RFC 9112, 9.6). Stimulus: 1 MB of body, ten times; the server
    answers 413 after the head and closes at once, reading nothing. Expected: ten times the 413."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(answer(413, b"no"))
        wire.close()

    with serving(behave, whole=False) as server:
        found = asked(*[get(server.url, "PUT", b"x" * 1_000_000)] * 10)
    assert [_said(one) for one in found] == [(413, b"no")] * 10


def test_a_large_request_arrives_whole() -> None:
    """Claim: bodies are sent as they are. Stimulus: 3 MB to a server that echoes them. Expected: the same bytes."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(answer(body=asked.body))

    content = bytes(range(256)) * 12_000
    with serving(behave) as server:
        first, second = asked(get(server.url, "POST", content), get(server.url, "POST", b"small"), timeout_seconds=5.0)
    assert _said(first)[1] == content
    assert _said(second)[1] == b"small"
    assert server.connections == 1


def test_a_cancelled_exchange_leaves_nothing_behind() -> None:
    """Claim: answers never mix. Stimulus: an exchange that is cancelled while its answer is on the way, then another.
    Expected: the second gets its own answer."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await asyncio.sleep(0.05 if asked.target == "/slow" else 0)
        await wire.send(answer(body=asked.target.encode()))

    async def play(url: str) -> Answer:
        async with Door(Limits(connections=1, timeout_seconds=1.0)).open() as door:
            await door.exchange(get(url + "/before"))
            slow = asyncio.create_task(door.exchange(get(url + "/slow")))
            waiting = asyncio.create_task(door.exchange(get(url + "/waiting")))
            await asyncio.sleep(0.02)
            slow.cancel()
            waiting.cancel()
            await asyncio.gather(slow, waiting, return_exceptions=True)
            return await door.exchange(get(url + "/after"))

    with serving(behave) as server:
        assert _said(asyncio.run(play(server.url))) == (200, b"/after")


def test_time_that_we_lost_ourselves_is_not_the_system_s() -> None:
    """Claim: trouble is the system's, not ours. Stimulus: the process does not get to run for longer than the time of
    an exchange while the answer is there. Expected: the answer."""
    import time

    async def play(url: str) -> Answer:
        async with Door(Limits(timeout_seconds=0.3)).open() as door:
            task = asyncio.create_task(door.exchange(get(url)))
            await asyncio.sleep(0.05)
            time.sleep(0.6)  # noqa: ASYNC251  what is tested
            return await task

    with serving(always(OK, pause=0.1)) as server:
        assert _said(asyncio.run(play(server.url))) == (200, b'{"a":1}')


def test_only_hosts_of_the_run_file_are_ever_contacted() -> None:
    """Claim: credentials go nowhere else. Stimulus: URLs on other hosts, in spellings that look like the right one.
    Expected: trouble, and nothing arrives there."""
    with serving(always(OK)) as own, serving(always(OK)) as other:
        port = other.url.rpartition(":")[2]
        strange = [
            other.url + "/x", own.url + "@" + other.url.removeprefix("http://") + "/x", f"http://localhost:{port}/",
            f"http://own:x@127.0.0.1:{port}/", other.url + "?" + own.url, own.url.replace("http", "https") + "/",
        ]  # fmt: skip
        found = asked(get(own.url + "/base/x"), *map(get, strange), urls=[own.url + "/base"])
    assert _said(found[0])[0] == 200
    assert all("run file does not name" in (one.trouble or "") for one in found[1:])
    assert len(own.received) == 1
    assert other.connections == 0


@pytest.mark.parametrize(
    "request_",
    [
        get("/x", Name="a\r\nInjected: 1"), get("/x", Name="a\nb"), get("/x", "GET /y HTTP/1.1\r\nA:"), get("/a b"),
        get("/a\r\n"), get("/あ"), get("/x", "G T"), get("/x", Name="a\0b"),
    ],
)  # fmt: skip
def test_no_request_can_hold_another(request_: object) -> None:
    """Claim: our own messages are proper. Stimulus: line breaks and the like in a method, URL, field. Expected:
    trouble, and nothing is sent."""
    with serving(always(OK)) as server:
        (found,) = asked(request_._replace(url=server.url + request_.url))  # type: ignore[attr-defined]
    assert found.trouble
    assert not server.received


def test_what_is_sent() -> None:
    """Claim: a script decides what is sent, the door how. Stimulus: fields that a script gives, also such that tell how
    a message is framed. Expected: all arrive but those; a length where content may be; Host as the URL has it."""
    with serving(always(OK)) as server:
        asked(
            get(
                server.url + "/a%20b?q=%2F#part", "POST", b"abc", X_One="1", Content_Length="99", Transfer_Encoding="x"
            ),
            get(server.url + "/x", "DELETE", Host="elsewhere"),
        )
    first, second = (one.raw.decode() for one in server.received)
    host = server.url.removeprefix("http://")
    assert first == f"POST /a%20b?q=%2F HTTP/1.1\r\nHost: {host}\r\nX-One: 1\r\nContent-Length: 3\r\n\r\n"
    assert second == "DELETE /x HTTP/1.1\r\nHost: elsewhere\r\nContent-Length: 0\r\n\r\n"


def test_tls_with_the_right_certificate(tmp_path: Path) -> None:
    """Claim: TLS works, and connections are kept. Stimulus: a certificate of our authority, content delimited by
    length and by the end of the session. Expected: the answers."""
    authority = Authority(tmp_path)
    context = ssl.create_default_context(cafile=str(authority.file))
    with serving(always(OK), authority.server_context()) as server:
        found = asked(get(server.url), get(server.url), tls=context)
    assert [_said(one) for one in found] == [(200, b'{"a":1}')] * 2
    assert server.connections == 1
    ended = always(b"HTTP/1.1 200 OK\r\n\r\nuntil the end", close=True)
    with serving(ended, authority.server_context()) as server:
        assert _said(asked(get(server.url), tls=context)[0]) == (200, b"until the end")


@pytest.mark.parametrize("raw", [b"HTTP/1.1 200 OK\r\n\r\ncut", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"])
def test_tls_that_is_broken_off_is_no_end(raw: bytes, tmp_path: Path) -> None:
    """Claim: whoever cuts the line cannot cut an answer (RFC 9112, 9.8). Stimulus: the connection ends without the TLS
    session having ended, in the middle of a body. Expected: trouble."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(raw, pause=0.02)
        wire.writer.transport.abort()

    authority = Authority(tmp_path)
    with serving(behave, authority.server_context()) as server:
        (found,) = asked(get(server.url), tls=ssl.create_default_context(cafile=str(authority.file)))
    assert found.trouble


@pytest.mark.parametrize(("host", "days"), [("other.example", 1), ("127.0.0.2", 1), ("127.0.0.1", -1)])
def test_tls_with_a_wrong_certificate(host: str, days: int, tmp_path: Path) -> None:
    """Claim: nothing is said to a stranger. Stimulus: a certificate for another host, an expired one, one of an unknown
    authority. Expected: trouble that says so; no request arrives."""
    authority = Authority(tmp_path)
    context = ssl.create_default_context(cafile=str(authority.file))
    with serving(always(OK), authority.server_context(host, days)) as server:
        known = asked(get(server.url), tls=context)[0].trouble or ""
        unknown = asked(get(server.url))[0].trouble or ""
    assert ("another host" if days > 0 else "expired") in known
    assert "cannot be verified" in unknown or "another host" in unknown
    assert not server.received


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://nothing.invalid/", "ftp://x/", "http://:1/", "x"])
def test_where_nobody_is(url: str) -> None:
    """Claim: trouble is told in words. Stimulus: nobody listens; no such name; no such URL. Expected: trouble."""
    assert asked(get(url))[0].trouble


@pytest.mark.parametrize(
    ("said", "waits"),
    [("1", True), ("Mon, 01 Jan 2001 00:00:00 GMT", True), ("0", True), ("3600", False), ("9" * 400, False),
     ("Fri, 01 Jan 2100 00:00:00 GMT", False), ("Fri, 99 Jan 99999 00:00:00 GMT", True), ("-5", True), ("soon", True),
     ("²", True), ("", True)],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_to_wait_is_waited_for_within_a_bound(said: str, waits: bool, status: int) -> None:
    """Claim: Retry-After is obeyed (RFC 9110, 10.2.3), seconds and dates, as long as the run file lets us; without a
    sensible one a short pause is made. Stimulus: one refusal, then an answer. Expected: the answer, or the refusal."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(answer(status, Retry_After=said) if len(server.received) == 1 else OK)

    with serving(behave) as server:
        (found,) = asked(get(server.url), wait_seconds=1.2)
    assert _said(found)[0] == (200 if waits else status)


@pytest.mark.parametrize(("said", "wait_seconds", "again"), [("0", 0.05, True), ("", 0.05, True), ("0", 0, False)])
def test_a_bound_below_the_first_pause_is_used_to_its_end(said: str, wait_seconds: float, again: bool) -> None:
    """Claim: the run file's bound is what is waited, be it shorter than the pause that is usual. Stimulus: one 503
    with a Retry-After of nothing, or without one. Expected: asked once more, but for a bound of no time at all."""

    async def behave(asked: Asked, wire: Wire) -> None:
        await wire.send(answer(503, Retry_After=said) if len(server.received) == 1 else OK)

    with serving(behave) as server:
        (found,) = asked(get(server.url), wait_seconds=wait_seconds)
    assert _said(found)[0] == (200 if again else 503)
