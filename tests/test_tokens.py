"""Access tokens: five ways to prove who the client is, kept until shortly before they expire, never shown."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from loopback import Answer, Authority, Handler, Received, Server, serving

from conformance.errors import PreflightError, RunFileError
from conformance.launch import RunTokens
from conformance.sut.not_ready import NotIssuedError
from conformance.sut.run_file import Auth, Body, DeclaredService, Limits, Product, Role, RunFile, Tls
from conformance.sut.secrets import SecretReference
from conformance.sut.tokens import TokenSource

SECRET = "s3cret with spaces & 日本 / and a length that HS256 likes"  # noqa: S105  the secret of these tests


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_SECRET", SECRET)


def run_file(url: str, role: Role, tls: Tls | None = None, seconds: float = 2.0) -> RunFile:
    return RunFile(
        body=Body("131016", "千代田区", "special_ward"),
        product=Product("p", "1", "v"),
        services={"x": DeclaredService("1.0", "http://127.0.0.1:9/v1")},
        auth=Auth(f"{url}/oauth/token", {"clerk": role}),
        tls=tls or Tls(),
        limits=Limits(timeout_seconds=seconds),
    )


def by_secret(method: Any = "client_secret_basic", **more: Any) -> Role:
    return Role(method=method, client_id="suite:clerk", secret=SecretReference(env="SUITE_SECRET"), **more)


def issue(**answer: Any) -> Answer:
    """A token endpoint that numbers its tokens."""
    count = iter(range(1, 1000))

    def behave(handler: Handler, received: Received) -> None:
        token = {"access_token": f"token-{next(count)}", "token_type": "Bearer", "expires_in": 3600} | answer
        handler.send(200, json.dumps({name: value for name, value in token.items() if value is not None}).encode())

    return behave


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(issue()) as found:
        yield found


def test_client_secret_basic_sends_the_encoded_pair(server: Server) -> None:
    """Claim: client_secret_basic follows RFC 6749, 2.3.1. Stimulus: a secret with spaces, `&` and Japanese, and scopes.
    Expected: form-encoded before base64, the grant and the scopes in the form, the secret nowhere else."""
    role = by_secret(scopes=("registry:read", "registry:write"))
    assert TokenSource(run_file(server.url, role)).token("clerk") == "token-1"
    received = server.received[0]
    pair = base64.b64decode(received.headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair.startswith("suite%3Aclerk:s3cret+with+spaces+%26+%E6%97%A5")
    assert received.form == {"grant_type": "client_credentials", "scope": "registry:read registry:write"}
    assert received.path == "/oauth/token"


def test_a_token_that_was_fetched_before_the_clock_was_moved_is_fetched_again(server: Server) -> None:
    """Claim: no script is refused with a token that has expired by the system's clock only because the script moved
    it. Stimulus: a token fetched by somebody else than the scripts, such as the preflight; then the clock is moved,
    twice. Expected: each time another token, and the same one as long as the clock is left alone."""
    source = TokenSource(run_file(server.url, by_secret()))
    tokens = RunTokens(source, {"tester-of-clerks": "clerk"})
    assert source.token("clerk") == tokens.token("tester-of-clerks") == "token-1"
    for expected in ("token-2", "token-3"):
        tokens.renew_all()
        assert [tokens.token("tester-of-clerks"), tokens.token("clerk")] == [expected] * 2


def test_client_secret_post_sends_the_pair_in_the_form(server: Server) -> None:
    """Claim: client_secret_post works. Stimulus: it. Expected: id and secret in the form, no Authorization."""
    TokenSource(run_file(server.url, by_secret("client_secret_post"))).token("clerk")
    assert server.received[0].form["client_id"] == "suite:clerk"
    assert server.received[0].form["client_secret"] == SECRET
    assert "Authorization" not in server.received[0].headers


def test_client_secret_jwt_signs_with_the_secret(server: Server) -> None:
    """Claim: client_secret_jwt follows OpenID Connect Core, 9. Stimulus: it, twice. Expected: an HS256 assertion by and
    about the client, for the token endpoint, short-lived, with a new id each time; the secret is not sent."""
    source = TokenSource(run_file(server.url, by_secret("client_secret_jwt")))
    source.token("clerk")
    source.renew("clerk")
    ids = set()
    for received in server.received:
        assert received.form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        decoded = jwt.decode(received.form["client_assertion"], OctKey.import_key(SECRET), algorithms=["HS256"])
        claims = decoded.claims
        assert (claims["iss"], claims["sub"], claims["aud"]) == (*["suite:clerk"] * 2, f"{server.url}/oauth/token")
        assert 0 < claims["exp"] - time.time() <= 300
        ids.add(claims["jti"])
        assert "s3cret" not in repr(received)
    assert len(ids) == 2


def pem(key: Any) -> bytes:
    return bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


KEYS: dict[str, tuple[Callable[[], Any], Any, str | None]] = {
    "ES256": (lambda: ec.generate_private_key(ec.SECP256R1()), ECKey, None),
    "ES384": (lambda: ec.generate_private_key(ec.SECP384R1()), ECKey, None),
    "RS256": (lambda: rsa.generate_private_key(65537, 2048), RSAKey, None),
    "PS256": (lambda: rsa.generate_private_key(65537, 2048), RSAKey, "PS256"),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate, OKPKey, None),
}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # the verifying side, EdDSA (RFC 9864)
@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_private_key_jwt_signs_as_the_key_wants(server: Server, tmp_path: Path, algorithm: str, form: str) -> None:
    """Claim: private_key_jwt works with RSA, EC and Ed25519 keys, PEM and JWK. Stimulus: each. Expected: an assertion
    with the algorithm of the key (or the one that the run file names) and the key id, verified by the public key."""
    make, kind, chosen = KEYS[algorithm]
    text = pem(make())
    key = kind.import_key(text)
    (tmp_path / "key").write_bytes(text if form == "pem" else json.dumps(key.as_dict(private=True)).encode())
    role = Role(
        method="private_key_jwt",
        client_id="suite",
        key=SecretReference(file=str(tmp_path / "key")),
        key_id="key-1",
        audience="https://issuer.example.test",
        algorithm=chosen,
    )
    TokenSource(run_file(server.url, role)).token("clerk")
    sent = server.received[0].form
    decoded = jwt.decode(sent["client_assertion"], kind.import_key(key.as_dict(private=False)), algorithms=[algorithm])
    assert (decoded.header["alg"], decoded.header["kid"]) == (algorithm, "key-1")
    assert decoded.claims["aud"] == "https://issuer.example.test"
    assert "client_secret" not in sent


def test_tls_client_auth_comes_with_the_certificate(tmp_path: Path) -> None:
    """Claim: tls_client_auth follows RFC 8705. Stimulus: an endpoint that wants a certificate. Expected: ours arrives,
    with the client id and no secret."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("suite-clerk")
    role = Role(
        method="tls_client_auth",
        client_id="suite",
        certificate=SecretReference(file=str(certificate)),
        key=SecretReference(file=str(key)),
    )
    with serving(issue(), authority.server_context(asks=True)) as server:
        source = TokenSource(run_file(server.url, role, Tls(ca_file=str(authority.file))))
        assert source.token("clerk") == "token-1"
        assert server.received[0].peer == ((("commonName", "suite-clerk"),),)
        assert server.received[0].form == {"grant_type": "client_credentials", "client_id": "suite"}


def test_a_bearer_token_is_taken_as_it_is() -> None:
    """Claim: a token may be given. Stimulus: method bearer. Expected: the secret is the token; nothing is called."""
    role = Role(method="bearer", secret=SecretReference(env="SUITE_SECRET"))
    assert TokenSource(run_file("http://127.0.0.1:9", role)).token("clerk") == SECRET


def test_nobody_knows_how_long_a_given_token_lasts() -> None:
    """Claim: no system fails because a token of the run file lasts longer than one whose end is not told. Stimulus:
    the lifetime of such a token. Expected: what waits for its end is not judged."""
    role = Role(method="bearer", secret=SecretReference(env="SUITE_SECRET"))
    with pytest.raises(NotIssuedError):
        TokenSource(run_file("http://127.0.0.1:9", role)).lifetime("clerk")


def test_a_token_is_kept_until_shortly_before_it_expires(server: Server) -> None:
    """Claim: the token endpoint is not asked for every request, and no expired token is used. Stimulus: a clock that
    goes on. Expected: one call for the first 59 minutes, another one after."""
    now = [0.0]
    heard: list[str] = []
    source = TokenSource(run_file(server.url, by_secret()), clock=lambda: now[0], on_token=heard.append)
    assert [source.token("clerk") for now[0] in (0.0, 1800.0, 3540.0, 3571.0, 3600.0)] == ["token-1"] * 3 + [
        "token-2"
    ] * 2
    assert heard == ["token-1", "token-2"]


def test_a_token_is_used_to_its_end_where_no_other_is_issued_before() -> None:
    """Claim: a token endpoint may issue one token at a time. Stimulus: one that refuses a second token within the hour
    of the first; asked shortly before its end, again at once, as when a clock was moved, and after its end. Expected:
    the token that lasts, the endpoint being left alone for seconds; then the next one. Before the first: an error."""
    now = [0.0]

    def behave(handler: Handler, received: Received) -> None:
        if len(asked) and now[0] < 3600:
            handler.send(400, b'{"error": "invalid_request"}')
        else:
            asked.append(now[0])
            told = {"access_token": f"token-{len(asked)}", "token_type": "Bearer", "expires_in": 3600}
            handler.send(200, json.dumps(told).encode())

    asked: list[float] = []
    with serving(behave) as server:
        source = TokenSource(run_file(server.url, by_secret()), clock=lambda: now[0])
        assert [source.token("clerk") for now[0] in (0.0, 3580.0, 3581.0)] == ["token-1"] * 3
        assert len(server.received) == 2
        assert source.renew("clerk") == "token-1" == source.renew("clerk", "token-1")
        assert [source.token("clerk") for now[0] in (3600.0, 3700.0)] == ["token-2"] * 2
        now[0] = 10.0
        with pytest.raises(PreflightError):
            TokenSource(run_file(server.url, by_secret())).token("clerk")


def test_a_broken_token_endpoint_is_not_taken_for_one_that_issues_no_other_token() -> None:
    """Claim: when a clock was moved, an old token may have ended there, and what is sent with it is refused rightly.
    Stimulus: an endpoint that breaks after the first token. Expected: an error, and not the old token."""
    statuses = iter([200, 500])

    def behave(handler: Handler, received: Received) -> None:
        handler.send(next(statuses), b'{"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}')

    with serving(behave) as server:
        source = TokenSource(run_file(server.url, by_secret()))
        assert source.token("clerk") == "token-1"
        with pytest.raises(PreflightError):
            source.renew("clerk")


@pytest.mark.parametrize(
    ("life", "told"),
    [
        *((None, None), ("soon", None), (True, None), ("60", 60), (59.5, 60), (0, 0), (-5, None), ([], None)),
        *((1e12, 3_153_600_000), ("Infinity", 3_153_600_000)),
    ],
)
def test_a_strange_lifetime_does_no_harm(life: Any, told: int | None) -> None:
    """Claim: expires_in may be missing or wrong. Stimulus: such. Expected: a token, and what was told where it can be
    a number of seconds."""
    with serving(issue(expires_in=life)) as server:
        source = TokenSource(run_file(server.url, by_secret()))
        assert source.token("clerk") == "token-1"
        assert source.lifetime("clerk") == told


def test_a_refused_token_is_renewed_once_for_all(server: Server) -> None:
    """Claim: many requests that are refused at the same moment renew a token once. Stimulus: eight threads that renew
    the same stale token. Expected: two calls in all, one new token for everybody."""
    source = TokenSource(run_file(server.url, by_secret()))
    stale = source.token("clerk")
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(source.renew("clerk", stale))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {"token-2"}
    assert len(server.received) == 2
    assert source.renew("clerk") == "token-3"


def test_a_busy_token_endpoint_is_waited_for() -> None:
    """Claim: 429 with Retry-After is obeyed. Stimulus: one, then a token. Expected: the token."""
    answers = iter([(429, b"{}"), (200, b'{"access_token": "t", "token_type": "bearer"}')])

    def behave(handler: Handler, received: Received) -> None:
        status, body = next(answers)
        handler.send(status, body, Retry_After="0")

    with serving(behave) as server:
        assert TokenSource(run_file(server.url, by_secret())).token("clerk") == "t"


def reflect(handler: Handler, received: Received) -> None:
    told = {"error": "invalid_client", "error_description": f"{received.form} {received.headers} {SECRET}"}
    handler.send(401, json.dumps(told).encode())


def drip(handler: Handler, received: Received) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def drip_headers(handler: Handler, received: Received) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        handler.wfile.write(b"X-%d: y\r\n" % number)
        time.sleep(0.05)


def endless(handler: Handler, received: Received) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(10_000):
        handler.wfile.write(b'{"access_token": "' * 1000)


def answering(status: int, body: bytes, **headers: str) -> Answer:
    return lambda handler, received: handler.send(status, body, **headers)


@pytest.mark.parametrize(
    ("behave", "what", "advice"),
    [
        (reflect, "401 invalid_client", "client_id"),
        (answering(400, b'{"error": "invalid_scope"}'), "invalid_scope", "scopes"),
        (answering(400, b'{"error": "unauthorized_client"}'), "unauthorized_client", "client_credentials"),
        (answering(400, b'{"error": "<script>alert(1)</script>"}'), "(status 400)", "token endpoint"),
        (answering(404, b"<html>"), "(status 404)", "token endpoint"),
        (answering(302, b"", Location="http://127.0.0.1:9/steal"), "redirects", "auth.token_url"),
        (answering(200, b"[" * 100_000), "no access_token", "RFC 6749"),
        (answering(200, b"\xff\xfe"), "no access_token", "RFC 6749"),
        (answering(200, b'{"access_token": 1, "token_type": "Bearer"}'), "no access_token", "RFC 6749"),
        (answering(200, b'{"access_token": "a\\r\\nX: y", "token_type": "Bearer"}'), "no access_token", "RFC 6749"),
        (answering(200, b'{"access_token": "abc", "token_type": "DPoP"}'), "token_type", "RFC 6749"),
        (endless, "no access_token", "RFC 6749"),
        (drip, "within 0.5 seconds", "timeout_seconds"),
        (drip_headers, "within 0.5 seconds", "timeout_seconds"),
        (lambda handler, received: handler.connection.shutdown(socket.SHUT_RDWR), "broke", "log"),
    ],
)
def test_what_is_no_token_is_told_with_a_next_step(behave: Answer, what: str, advice: str) -> None:
    """Claim: whatever the token endpoint does, the answer is a PreflightError with a next step, and never shows a
    secret. Stimulus: refusals, a redirect, nonsense, endless and slow answers, a closed connection. Expected: that."""
    with serving(behave) as server:
        with pytest.raises(PreflightError) as caught:
            TokenSource(run_file(server.url, by_secret("client_secret_post"), seconds=0.5)).token("clerk")
        assert len(server.received) == 1
    assert what in caught.value.what
    assert advice in caught.value.next_step
    assert caught.value.where.startswith("auth.roles.clerk: http://127.0.0.1")
    assert "s3cret" not in str(caught.value)
    assert "script" not in str(caught.value)


def test_nobody_at_home_is_told() -> None:
    """Claim: a token endpoint that is not there is told. Stimulus: a closed port. Expected: refused, check the port."""
    with pytest.raises(PreflightError, match="refused") as caught:
        TokenSource(run_file("http://127.0.0.1:9", by_secret())).token("clerk")
    assert "port" in caught.value.next_step


def test_an_unknown_role_is_told() -> None:
    """Claim: a role without credentials is told. Stimulus: one that is not in the run file. Expected: which table to
    add."""
    with pytest.raises(PreflightError) as caught:
        TokenSource(run_file("http://127.0.0.1:9", by_secret())).token("auditor")
    assert "[auth.roles.auditor]" in caught.value.next_step


@pytest.mark.parametrize(
    "text", [b"hunter2", b"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----", b"{}"]
)
def test_what_is_no_private_key_is_told_and_not_shown(tmp_path: Path, text: bytes) -> None:
    """Claim: a wrong key file is a configuration error. Stimulus: text, broken PEM, an empty JWK. Expected:
    RunFileError with the place and a next step, without the content."""
    (tmp_path / "key").write_bytes(text)
    reference = SecretReference(file=str(tmp_path / "key"), where="f.toml:7: auth.roles.clerk.key")
    with pytest.raises(RunFileError) as caught:
        TokenSource(
            run_file("http://127.0.0.1:9", Role(method="private_key_jwt", client_id="suite", key=reference))
        ).token("clerk")
    assert caught.value.where == reference.where
    assert caught.value.next_step
    assert "hunter2" not in str(caught.value)


def test_a_public_key_does_not_sign(tmp_path: Path) -> None:
    """Claim: the public half in place of the private is told. Stimulus: a public key. Expected: RunFileError."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    (tmp_path / "key").write_bytes(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    role = Role(method="private_key_jwt", client_id="suite", key=SecretReference(file=str(tmp_path / "key")))
    with pytest.raises(RunFileError, match="not a private key"):
        TokenSource(run_file("http://127.0.0.1:9", role)).token("clerk")


def test_the_surroundings_are_not_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: proxies and .netrc of the machine do not change what is sent. Stimulus: a proxy that is not there.
    Expected: the token all the same."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert TokenSource(run_file(server.url, by_secret())).token("clerk") == "token-1"
