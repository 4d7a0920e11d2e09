"""The statement of conformity, verified with nothing but its file and the public key."""

from __future__ import annotations

import base64
import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from conformance.errors import UsageError
from conformance.model import Text
from conformance.registry import keys, revocations
from conformance.registry.dsse import EnvelopeError, canonical, pre_authentication, seal
from conformance.registry.keys import FileSigner, key_id, load, load_public, make
from conformance.registry.statement import OWN, PAYLOAD, Facts, content, sign
from conformance.registry.verifying import Verified, verify
from registry.steady import conforming, failing

SIGNER = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
NOW = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
DIGEST = "sha256:" + "a" * 64
JUDGED = conforming(evidence=DIGEST, run_file=DIGEST)
FACTS = Facts(
    id="5f0c", url="https://registry.example.jp/v1/statements/5f0c", party="first",
    vendor={"id": "v", "name": "髙橋情報"}, product={"id": "p", "name": "住民記録", "version": "1.0", "versionId": "w"},
    body={"code": "131016", "name": "千代田区", "type": "special_ward"},
    conditions=(Text("夜間を除く。", "Not at night."),), waived=(), observations=(), assessor="a", approver="b",
    issued=NOW, until=NOW + dt.timedelta(days=365), archive=DIGEST,
)  # fmt: skip
FILE = sign(content(FACTS, JUDGED), SIGNER).encode()


def payload() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(FILE)["payload"]))
    return found


def with_payload(changed: bytes, **envelope: object) -> bytes:
    """The file with another payload and the old signature."""
    told = {**json.loads(FILE), "payload": base64.b64encode(changed).decode(), **envelope}
    return (json.dumps(told, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


def test_a_statement_is_verified_offline() -> None:
    """Claim: a file and a key are enough. Stimulus: both. Expected: it stands, and says who, what, by what, until
    when, and that it is no certificate in law."""
    found = verify(FILE, SIGNER.public, NOW)
    assert found == Verified(payload(), stands=True, expired=False, ended=None)
    own = found.own
    assert (own["party"], own["vendor"]["name"], own["body"]["name"]) == ("first", "髙橋情報", "千代田区")
    assert own["validity"] == {"issued": "2026-12-01T00:00:00Z", "until": "2027-12-01T00:00:00Z"}
    assert "no certificate in law" in own["about"]["en"]
    assert own["scope"][0]["service"] == "procedures"
    predicate = found.statement["predicate"]
    assert predicate["result"] == "WARNED"
    assert {"sha256": "a" * 64} in [subject["digest"] for subject in found.statement["subject"]]
    assert predicate["configuration"][0]["name"] == "procedures/1.0/edition.jsonl.zst"
    assert len(predicate["passedTests"]) == len(JUDGED.passed)


def test_every_changed_byte_fails() -> None:
    """Claim: no byte of the file is free. Stimulus: each byte in turn with its lowest bit turned, and taken away.
    Expected: an EnvelopeError that names a part, every time."""
    assert len(FILE) > 3000
    for place in range(len(FILE)):
        turned = bytearray(FILE)
        turned[place] ^= 1
        for changed in (bytes(turned), FILE[:place] + FILE[place + 1 :]):
            with pytest.raises(EnvelopeError) as error:
                verify(changed, SIGNER.public, NOW)
            assert error.value.where


@pytest.mark.parametrize("added", [b" ", b"\n", b"{}", b"\0"])
def test_nothing_can_be_added(added: bytes) -> None:
    """Claim: the file is all there is. Stimulus: blanks and more at its end, blanks within it, a second signature, an
    unknown member. Expected: refused."""
    told = json.loads(FILE)
    more = {**told, "signatures": [*told["signatures"], *told["signatures"]]}
    unknown = {**told, "note": "trust me"}
    for changed in (
        FILE + added,
        json.dumps(told, indent=1).encode(),
        json.dumps(more).encode(),
        json.dumps(unknown).encode(),
    ):
        with pytest.raises(EnvelopeError):
            verify(changed, SIGNER.public, NOW)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("body", lambda s: s["predicate"][OWN]["body"].update(code="131024")),
        ("product", lambda s: s["predicate"][OWN]["product"].update(version="2.0")),
        ("validity", lambda s: s["predicate"][OWN]["validity"].update(until="2099-01-01T00:00:00Z")),
        ("conditions", lambda s: s["predicate"][OWN]["conditions"].clear()),
        ("predicate.result", lambda s: s["predicate"].update(result="PASSED")),
        ("predicate.passedTests", lambda s: s["predicate"]["passedTests"].append("x/X-1")),
        ("predicate.configuration", lambda s: s["predicate"]["configuration"].pop()),
        ("subject", lambda s: s["subject"][0]["digest"].update(sha256="b" * 64)),
        ("decision", lambda s: s["predicate"][OWN]["decision"].update(approver="c")),
        ("note", lambda s: s["predicate"][OWN].update(note="x")),
    ],
)
def test_it_is_said_which_part_was_changed(part: str, change: Any) -> None:
    """Claim: a reader is told where to look. Stimulus: one part of the statement is changed. Expected: that part is
    named, and no other."""
    statement = payload()
    change(statement)
    with pytest.raises(EnvelopeError) as error:
        verify(with_payload(canonical(statement)), SIGNER.public, NOW)
    assert error.value.where == f"payload, {part}"


def test_a_wrong_signature_and_a_wrong_key_are_told_apart() -> None:
    """Claim: whoever holds the wrong key is not told of a forgery. Stimulus: another signature; another key; a
    statement signed anew by another key under the name of ours. Expected: the part that does not fit."""
    other = FileSigner(Ed25519PrivateKey.generate())
    told = json.loads(FILE)
    forged = seal(PAYLOAD, canonical(payload()), other)
    signatures = [{"keyid": told["signatures"][0]["keyid"], "sig": json.loads(forged)["signatures"][0]["sig"]}]
    changed = with_payload(canonical(payload()), signatures=signatures)
    for file, public, where in (
        (changed, SIGNER.public, "signatures[0].sig"),
        (FILE, other.public, "signatures[0].keyid"),
        (forged.encode(), SIGNER.public, "signatures[0].keyid"),
    ):
        with pytest.raises(EnvelopeError) as error:
            verify(file, public, NOW)
        assert error.value.where == where


@pytest.mark.parametrize(
    "content_",
    [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"payload":"","payloadType":"x","signatures":[]}', b"x" * (17 << 20)],
)
def test_files_of_any_kind_are_refused_in_order(content_: bytes) -> None:
    """Claim: no file breaks the program. Stimulus: nothing, a list, no text, deep, empty, huge. Expected: refused."""
    with pytest.raises(EnvelopeError):
        verify(content_, SIGNER.public, NOW)


def test_what_is_signed_for_something_else_is_no_statement() -> None:
    """Claim: a signature counts for what it was made for. Stimulus: other content and the list of revocations, signed
    by the same key. Expected: refused."""
    for file in (
        seal(PAYLOAD, b"{}", SIGNER),
        seal(PAYLOAD, canonical({**payload(), "predicateType": "https://example.jp/other"}), SIGNER),
        revocations.sign([], NOW, SIGNER),
    ):
        with pytest.raises(EnvelopeError):
            verify(file.encode(), SIGNER.public, NOW)
    with pytest.raises(EnvelopeError):
        revocations.read(FILE, SIGNER.public)


def test_time_and_revocations_end_a_statement() -> None:
    """Claim: a right signature is not yet a statement that stands. Stimulus: the last second and the next; a list that
    names it, and one that names another; a list that was changed. Expected: stands, expired, ended, stands, refused."""
    last = FACTS.until - dt.timedelta(seconds=1)
    assert verify(FILE, SIGNER.public, last).stands
    assert (found := verify(FILE, SIGNER.public, FACTS.until)).expired
    assert not found.stands
    ended = revocations.Ended("5f0c", "superseded", "2026-12-02T00:00:00Z", "60aa")
    signed = revocations.sign([ended], NOW, SIGNER).encode()
    found = verify(FILE, SIGNER.public, NOW, revocations.read(signed, SIGNER.public))
    assert (found.stands, found.expired, found.ended) == (False, False, ended)
    other = revocations.Revocations("", (revocations.Ended("x", "withdrawn", ""),))
    assert verify(FILE, SIGNER.public, NOW, other).stands
    for place in range(len(signed)):
        turned = bytearray(signed)
        turned[place] ^= 1
        with pytest.raises(EnvelopeError):
            revocations.read(bytes(turned), SIGNER.public)


def test_no_statement_passes_over_a_failure() -> None:
    """Claim: even a mistake of the registry cannot sign a failure away. Stimulus: facts that do not mention what
    failed. Expected: ValueError."""
    with pytest.raises(ValueError, match="COM-PAG-001"):
        content(FACTS, failing(evidence=DIGEST, run_file=DIGEST))


def test_what_is_signed_is_dsse() -> None:
    """Claim: others can verify it. Stimulus: the example of the DSSE protocol. Expected: the bytes that the protocol
    gives for it; the signature of the file is over just these."""
    assert pre_authentication("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    told = json.loads(FILE)
    signed = pre_authentication(told["payloadType"], base64.b64decode(told["payload"]))
    SIGNER.public.verify(base64.b64decode(told["signatures"][0]["sig"]), signed)


def test_keys_are_kept_for_their_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: a private key is nobody else's. Stimulus: a key is made, opened to others, made again, encrypted, read
    without and with the passphrase, replaced by other files. Expected: mode 600; refused; refused; refused; read."""
    path = tmp_path / "key.pem"
    made = make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert key_id(load_public(tmp_path / "key.pem.pub")) == key_id(load(path).public) == key_id(made.public)
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod"):
        load(path)
    with pytest.raises(UsageError, match="already"):
        make(path)
    monkeypatch.setenv(keys.PASSPHRASE, "a passphrase")
    make(tmp_path / "hidden.pem")
    assert b"ENCRYPTED" in (tmp_path / "hidden.pem").read_bytes()
    load(tmp_path / "hidden.pem")
    monkeypatch.delenv(keys.PASSPHRASE)
    with pytest.raises(UsageError, match=keys.PASSPHRASE):
        load(tmp_path / "hidden.pem")
    (tmp_path / "none.pem").write_bytes(b"nothing")
    for read in (load, load_public):
        with pytest.raises(UsageError):
            read(tmp_path / "none.pem" if read is load_public else tmp_path / "key.pem.pub")


def test_verifying_needs_no_database(tmp_path: Path) -> None:
    """Claim: whoever verifies or submits installs no database. Stimulus: `conformance verify` where SQLAlchemy,
    Alembic and psycopg cannot be imported; a registry command there. Expected: 1, as the time of the statement is not
    now or has run out, or 0; the command names the extra."""
    (tmp_path / "s.json").write_bytes(FILE)
    (tmp_path / "pub.pem").write_bytes(keys.public_pem(SIGNER.public))
    program = (
        "import sys, importlib.util\n"
        "for name in ('sqlalchemy', 'alembic', 'psycopg'): sys.modules[name] = None\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, *a: None if n in ('sqlalchemy', 'alembic', 'psycopg') else find(n, *a)\n"
        "from conformance.cli import main; main()"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    done = run("verify", "s.json", "--key", "pub.pem")
    assert done.returncode in {0, 1}, done.stderr
    assert "Signed rightly" in done.stdout
    done = run("registry", "migrate")
    assert done.returncode == 2
    assert "conformance[registry]" in done.stderr
    assert run("submit", "--help").returncode == 0
