"""Preflight: what keeps a run from beginning is told with a next step, and is never a verdict."""

from __future__ import annotations

import email.utils
import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from loopback import Answer, Authority, Handler, Received, serving

from conformance.errors import PreflightError, RunFileError
from conformance.sut.preflight import Report, Result, run
from conformance.sut.run_file import (
    Auth,
    Body,
    DeclaredService,
    Limits,
    Product,
    Role,
    RunFile,
    Tls,
    UpperTester,
    at_endpoint,
)
from conformance.sut.secrets import SecretReference

CAPABILITIES = {"clock": True, "fixture_sets": ["small"], "reset": False}


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_SECRET", "s3cret-s3cret")


def system(handler: Handler, received: Received) -> None:
    """A system that is as it should be."""
    if received.path == "/oauth/token":
        handler.send(200, b'{"access_token": "t0ken", "token_type": "Bearer", "expires_in": 600}')
    elif received.path == "/tester/capabilities":
        right = received.headers.get("Authorization") == "Bearer t0ken"
        handler.send(200 if right else 401, json.dumps(CAPABILITIES if right else {}).encode())
    else:
        handler.send(401, b'{"title": "Unauthorized"}', "application/problem+json", WWW_Authenticate="Bearer")


def run_file(url: str, tls: Tls | None = None, roles: tuple[str, ...] = ("clerk",), **changes: Any) -> RunFile:
    role = Role(method="client_secret_basic", client_id="suite", secret=SecretReference(env="SUITE_SECRET"))
    values: dict[str, Any] = {
        "body": Body("131016", "千代田区", "special_ward"),
        "product": Product("p", "1", "v"),
        "services": {"resident-registry": DeclaredService("1.0", f"{url}/v1")},
        "auth": Auth(f"{url}/oauth/token", dict.fromkeys(roles, role)),
        "tls": tls or Tls(),
        "limits": Limits(timeout_seconds=0.5),
    }
    return RunFile(**values | changes)


ROLES = {"resident-registry": ("clerk",)}
PATHS = {"resident-registry": "/residents"}


def found(report: Report, name: str) -> Result:
    return next(result for result in report.results if result.name == name)


def looked(answer: Answer) -> Report:
    with serving(answer) as server:
        return run(run_file(server.url, auth=Auth()), {}, paths=PATHS)


def test_a_system_as_it_should_be_is_ready() -> None:
    """Claim: a right system passes preflight. Stimulus: one with upper tester. Expected: every result is ok, without
    warnings, in both languages; each host was looked at once; the service was asked without a token."""
    with serving(system) as server:
        told: list[Result] = []
        tester = UpperTester(f"{server.url}/tester", "clerk")
        report = run(run_file(server.url, upper_tester=tester), ROLES, paths=PATHS, tell=told.append)
        asked = next(received for received in server.received if received.path == "/v1/residents")
    assert report.ok
    assert not report.warnings
    assert [result.name for result in report.results] == ["dns", "tcp", "service", "clock", "token", "upper-tester"]
    assert all(result.detail.ja and result.detail.en for result in report.results)
    assert told == list(report.results)
    assert report.capabilities == CAPABILITIES
    assert "Authorization" not in asked.headers
    report.raise_for_failures()


def test_a_bare_endpoint_needs_no_roles() -> None:
    """Claim: `--spec` mode has no roles. Stimulus: a run file made for a URL. Expected: ready, no token asked."""
    with serving(system) as server:
        report = run(at_endpoint(f"{server.url}/api", "petstore"), {})
        assert [received.path for received in server.received] == ["/api"]
    assert report.ok


def test_a_closed_port_is_told_once() -> None:
    """Claim: an endpoint that is not there is one clear error. Stimulus: a port where nobody listens, used by service,
    token endpoint and upper tester. Expected: tcp fails with a next step; nothing else is tried at that host."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    report = run(run_file(url, upper_tester=UpperTester(f"{url}/tester", "clerk")), ROLES)
    assert [(result.name, result.ok) for result in report.results] == [("dns", True), ("tcp", False)]
    assert report.failures[0].next_step is not None
    assert "port" in report.failures[0].next_step.en
    with pytest.raises(PreflightError, match="refused"):
        report.raise_for_failures()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".test"])
def test_an_unknown_host_is_told(host: str) -> None:
    """Claim: a misspelt host is told. Stimulus: a name that cannot exist (RFC 6761), one that is too long for DNS.
    Expected: dns fails, with advice on spelling."""
    report = run(run_file(f"http://{host}"), ROLES)
    assert [(result.name, result.ok) for result in report.results] == [("dns", False)]
    assert "spelling" in str(report.failures[0].next_step)


def web_page(handler: Handler, received: Received) -> None:
    handler.send(200, b"<!DOCTYPE html><html><script>alert(1)</script></html>", "text/html; charset=utf-8")


def web_page_as_json(handler: Handler, received: Received) -> None:
    handler.send(200, b"\n <html><body>Login</body></html>")


def redirect_elsewhere(handler: Handler, received: Received) -> None:
    handler.send(302, b"", Location="https://login.example.test/?next=/v1")


def redirect_to_nonsense(handler: Handler, received: Received) -> None:
    handler.send(301, b"", Location="http://[::1")


def slow(handler: Handler, received: Received) -> None:
    time.sleep(1.2)
    handler.send(200, b"{}")


def half(handler: Handler, received: Received) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


def no_http(handler: Handler, received: Received) -> None:
    handler.wfile.write(b"220 mail.example.test ESMTP\r\n")
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("answer", "what", "advice"),
    [
        (web_page, "web page", "base_url"),
        (web_page_as_json, "web page", "base_url"),
        (redirect_elsewhere, "redirects to another host", "base_url"),
        (redirect_to_nonsense, "redirects to another host", "base_url"),
        (slow, "within 0.5 seconds", "timeout_seconds"),
        (half, "broke", "log"),
        (no_http, "broke", "log"),
    ],
)
def test_what_is_no_service_is_told(answer: Answer, what: str, advice: str) -> None:
    """Claim: what answers must be the service. Stimulus: HTML, redirects elsewhere, a slow answer, half of one, another
    protocol. Expected: the service fails with a next step in both languages, and nothing of the page is repeated."""
    report = looked(answer)
    result = found(report, "service")
    assert not result.ok
    assert what in result.detail.en
    assert result.next_step is not None
    assert advice in result.next_step.en
    assert result.next_step.ja
    assert "script" not in str(result)


@pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 404, 405, 418, 500])
def test_any_answer_of_http_is_an_answer(status: int) -> None:
    """Claim: preflight does not judge. Stimulus: any status with JSON. Expected: the service is ok."""
    report = looked(lambda handler, received: handler.send(status, b"" if status == 204 else b"{}"))
    assert found(report, "service").ok
    assert report.ok


def test_a_redirect_on_the_same_host_is_an_answer() -> None:
    """Claim: a redirect on one host is not followed, and no obstacle. Stimulus: a slash. Expected: ok, one call."""
    with serving(lambda handler, received: handler.send(308, b"", Location="/v1/residents/")) as server:
        report = run(run_file(server.url, auth=Auth()), {}, paths=PATHS)
        assert len(server.received) == 1
    assert report.ok


def test_a_gateway_without_service_is_a_warning() -> None:
    """Claim: 503 may pass. Stimulus: it. Expected: ok with a warning and a next step."""
    result = found(looked(lambda handler, received: handler.send(503, b"{}")), "service")
    assert result.ok
    assert result.warning
    assert result.next_step is not None


@pytest.mark.parametrize(("ahead", "warned"), [(0, False), (4, False), (-4, False), (7, True), (-3600, True)])
def test_a_wrong_clock_is_a_warning(ahead: int, warned: bool) -> None:
    """Claim: clocks may differ by 5 s. Stimulus: Date headers. Expected: a warning beyond, and the difference."""

    def answer(handler: Handler, received: Received) -> None:
        handler.send(200, b"{}", Date=email.utils.formatdate(time.time() + ahead, usegmt=True))

    report = looked(answer)
    assert report.ok
    assert bool(report.warnings) == warned
    assert report.clock_ahead == pytest.approx(ahead, abs=1.5)


@pytest.mark.parametrize("date", ["yesterday", "Tue, 99 Nov 2026 99:99:99 GMT", ""])
def test_a_date_that_is_none_is_passed_over(date: str) -> None:
    """Claim: a bad Date header is no obstacle. Stimulus: such. Expected: no result about the clock."""
    report = looked(lambda handler, received: handler.send(200, b"{}", Date=date))
    assert report.ok
    assert report.clock_ahead is None


@pytest.mark.parametrize(
    ("told", "warned"), [("1.0", False), ("1.0.3", False), ("v1.0", False), ("1.01", True), ("2.0", True)]
)
def test_another_version_is_a_warning(told: str, warned: bool) -> None:
    """Claim: a service that tells its version must tell the declared one. Stimulus: API-Version headers. Expected: a
    warning where it is another."""
    report = looked(lambda handler, received: handler.send(200, b"{}", API_Version=told))
    assert found(report, "version").warning == warned


def test_a_role_without_token_is_a_failure() -> None:
    """Claim: credentials are checked before the run. Stimulus: a refused client; a secret that is missing. Expected:
    one failure for each role, with a next step, without the secret."""

    def answer(handler: Handler, received: Received) -> None:
        if received.path == "/oauth/token":
            handler.send(401, b'{"error": "invalid_client"}')
        else:
            system(handler, received)

    missing = Role(method="bearer", secret=SecretReference(env="SUITE_NOT_SET", where="f:3"))
    with serving(answer) as server:
        right = run_file(server.url)
        roles = right.auth.roles | {"viewer": missing}
        report = run(run_file(server.url, auth=Auth(right.auth.token_url, roles)), ROLES)
    assert [(result.name, result.about) for result in report.failures] == [("token", "clerk"), ("token", "viewer")]
    assert "client_id" in str(report.failures[0].next_step)
    assert "SUITE_NOT_SET" in report.failures[1].detail.en
    assert "s3cret" not in str(report)
    with pytest.raises(PreflightError, match="and 1 more"):
        report.raise_for_failures()


def test_a_documented_role_without_credentials_is_a_warning() -> None:
    """Claim: a run without one of the documents' roles may begin, and what that means is told. Stimulus: a role that
    the run file lacks. Expected: a warning that names the table to add."""
    with serving(system) as server:
        report = run(run_file(server.url), {"resident-registry": ("clerk", "auditor"), "other": ("nobody",)})
    assert report.ok
    assert [(result.name, result.about) for result in report.warnings] == [("token", "auditor")]
    assert "[auth.roles.auditor]" in str(report.warnings[0].next_step)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"[" * 100_000, b"\xff"])
def test_what_is_no_upper_tester_is_told(body: bytes) -> None:
    """Claim: a declared upper tester must be one. Stimulus: other answers. Expected: a failure with a next step."""
    with serving(lambda handler, received: handler.send(200, body)) as server:
        report = run(run_file(server.url, auth=Auth(), upper_tester=UpperTester(f"{server.url}/tester")), {})
    assert [result.name for result in report.failures] == ["upper-tester"]
    assert report.capabilities is None


def test_tls_with_the_right_certificate_is_ready(tmp_path: Path) -> None:
    """Claim: an authority of one's own can be named. Stimulus: its certificate in ca_file. Expected: ready."""
    authority = Authority(tmp_path)
    with serving(system, authority.server_context()) as server:
        report = run(run_file(server.url, Tls(ca_file=str(authority.file))), ROLES)
    assert report.ok
    assert "verified" in found(report, "tls").detail.en


@pytest.mark.parametrize(
    ("host", "days", "trusted", "what", "advice"),
    [
        ("other.example.test", 1, True, "for another host", "host name"),
        ("127.0.0.2", 1, True, "for another host", "host name"),
        ("127.0.0.1", -1, True, "expired", "dates"),
        ("127.0.0.1", 1, False, "cannot be verified", "ca_file"),
    ],
)
def test_a_wrong_certificate_is_told(
    tmp_path: Path, host: str, days: int, trusted: bool, what: str, advice: str
) -> None:
    """Claim: TLS is always verified. Stimulus: a certificate of another host, an expired one, one of an unknown
    authority. Expected: tls fails with the reason and a next step; nothing is sent to that host."""
    authority = Authority(tmp_path)
    tls = Tls(ca_file=str(authority.file)) if trusted else Tls()
    with serving(system, authority.server_context(host, days)) as server:
        report = run(run_file(server.url, tls), ROLES)
        assert not server.received
    assert [result.name for result in report.failures] == ["tls"]
    assert what in report.failures[0].detail.en
    assert report.failures[0].next_step is not None
    assert advice in report.failures[0].next_step.en


def test_https_where_http_is_spoken_is_told() -> None:
    """Claim: the wrong scheme is told. Stimulus: https:// to a server without TLS. Expected: tls fails, with advice."""
    with serving(system) as server:
        report = run(run_file(server.url.replace("http:", "https:")), ROLES)
    assert [result.name for result in report.failures] == ["tls"]
    assert "https://" in str(report.failures[0].next_step)


def test_a_system_that_wants_our_certificate_gets_it(tmp_path: Path) -> None:
    """Claim: client certificates of [tls] are used everywhere. Stimulus: a server that wants one. Expected: ready with
    it; without it a failure with a next step."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("suite")
    ours = Tls(str(authority.file), str(certificate), str(key))
    with serving(system, authority.server_context(asks=True)) as server:
        assert run(run_file(server.url, ours), ROLES).ok
        without = run(run_file(server.url, Tls(ca_file=str(authority.file))), ROLES)
    assert not without.ok
    assert all(result.next_step for result in without.failures)


def test_wrong_tls_files_are_a_mistake_in_the_run_file(tmp_path: Path) -> None:
    """Claim: files of [tls] are checked. Stimulus: none, text, another certificate's key, an encrypted key. Expected:
    RunFileError that names the file; nobody is asked for a password."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("one")
    _, other_key = authority.issue("other")
    (tmp_path / "text.pem").write_text("no certificate")
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        serialization.load_pem_private_key(key.read_bytes(), None).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        )
    )
    for tls in (
        Tls(ca_file=str(tmp_path / "none.pem")),
        Tls(ca_file=str(tmp_path / "text.pem")),
        Tls(None, str(certificate), str(other_key)),
        Tls(None, str(certificate), str(locked)),
        Tls(None, str(certificate), str(tmp_path / "none.key")),
    ):
        with pytest.raises(RunFileError, match=r"\.(pem|key) cannot be used") as caught:
            run(run_file("http://127.0.0.1:9", tls), ROLES)
        assert caught.value.where.startswith("tls.")
        assert caught.value.next_step


def test_an_answer_after_interim_ones_is_read() -> None:
    """Claim: interim answers are read past (RFC 9110, 15.2). Stimulus: a 103 before every answer. Expected: ready."""

    def hinting(handler: Handler, received: Received) -> None:
        handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
        system(handler, received)

    with serving(hinting) as server:
        report = run(run_file(server.url), ROLES, paths=PATHS)
    assert report.ok
