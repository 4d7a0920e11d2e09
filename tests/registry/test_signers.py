"""Keys that are not in a file: on a PKCS#11 token (SoftHSM), and with a program that signs."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import SuiteError, UsageError
from conformance.registry.keys import FileSigner, make, verifies
from conformance.registry.pkcs11_uri import SCHEME, KeyUri, parse
from conformance.registry.signers import MODULE, PIN, CommandSigner, TokenSigner, signer

_MODULES = ("/usr/lib/softhsm/libsofthsm2.so", *map(str, Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")))
_MAKE = """
import sys, pkcs11
from pkcs11 import Attribute, KeyType, Mechanism
from pkcs11.util.ec import encode_named_curve_parameters
token = pkcs11.lib(sys.argv[1]).get_token(token_label="agency")
with token.open(rw=True, user_pin=sys.argv[2]) as session:
    for label, oid in (("sign", "1.3.101.112"), ("other", "1.3.101.112")):
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(oid)}
        parameters = session.create_domain_parameters(KeyType.EC_EDWARDS, curve, local=True)
        parameters.generate_keypair(
            mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label=label, id=label.encode()
        )
    session.generate_keypair(KeyType.RSA, 2048, store=True, label="rsa")
"""


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A module and the PIN of a token `agency` with two Ed25519 keys and one of RSA; skipped where SoftHSM is not
    installed, in CI that fails."""
    module = next((path for path in _MODULES if Path(path).is_file()), None)
    if module is None:
        why = "no PKCS#11 token: install the package softhsm2"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    before, pin = os.environ.get("SOFTHSM2_CONF"), secrets.token_hex(4)
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm.conf")
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "agency", "--so-pin", pin, "--pin", pin],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    # Elsewhere: a module that was loaded before the token was made would not see it.
    subprocess.run([sys.executable, "-c", _MAKE, module, pin], check=True, capture_output=True, timeout=120)
    yield module, pin
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@pytest.fixture
def pin_file(token: tuple[str, str], tmp_path: Path) -> Path:
    path = tmp_path / "pin"
    path.write_text(token[1] + "\n")
    path.chmod(0o600)
    return path


def test_a_key_on_a_token_signs(token: tuple[str, str], pin_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: the private key stays on the token. Stimulus: the key by name and by id, with the PIN of a file and of the
    environment; another key of the same token. Expected: signatures that verify with the public half of that key alone,
    and a PIN that is in nothing that is shown."""
    module, pin = token
    made = signer(f"pkcs11:token=agency;object=sign;type=private?module-path={module}&pin-source=file:{pin_file}")
    assert isinstance(made, TokenSigner)
    monkeypatch.setenv(PIN, pin)
    monkeypatch.setenv(MODULE, module)
    same, other = signer("pkcs11:token=agency;id=%73ign"), signer("pkcs11:token=agency;object=other")
    assert same.public == made.public != other.public
    for content in (b"", b"x" * 1_000_000):
        for _ in range(2):
            assert verifies(made.public, same.sign(content), content)
            assert not verifies(made.public, other.sign(content), content)
    assert pin not in f"{made!r}"


@pytest.mark.parametrize(
    "uri",
    ["token=agency;object=none", "token=nobody;object=sign", "token=agency;object=rsa", "token=agency;id=%00"],
)
def test_a_key_that_is_not_there_is_told(token: tuple[str, str], uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: nothing is signed with a key that was not meant. Stimulus: no such key or token, a key of another kind; a
    wrong PIN. Expected: an error with the next step, in which there is no PIN."""
    module, pin = token
    monkeypatch.setenv(MODULE, module)
    monkeypatch.setenv(PIN, pin)
    with pytest.raises(SuiteError) as caught:
        signer(SCHEME + uri)
    monkeypatch.setenv(PIN, "wrong-" + pin)
    with pytest.raises(SuiteError) as wrong:
        signer("pkcs11:token=agency;object=sign")
    assert caught.value.next_step
    assert pin not in f"{caught.value}{wrong.value}"


def test_a_pin_that_others_may_read_is_refused(
    token: tuple[str, str], pin_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claim: a PIN is a secret. Stimulus: a file that others may read; no PIN at all; no module, one that is none.
    Expected: refused."""
    monkeypatch.delenv(PIN, raising=False)
    monkeypatch.delenv(MODULE, raising=False)
    named = f"pkcs11:token=agency;object=sign?module-path={token[0]}"
    pin_file.chmod(0o644)
    for uri in (
        f"{named}&pin-source=file:{pin_file}",
        named,
        "pkcs11:token=a;object=b",
        f"pkcs11:token=a;object=b?module-path={pin_file}",
    ):
        with pytest.raises(UsageError):
            signer(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "token=a",
        "object=b",
        "token=a;object=b?pin-value=1234",
        "token=a;object=b;pin-value=1234",
        "token=a;token=b;object=c",
        "token=a;object=b;type=public",
        "token=a;object=b;slot-id=1",
        "token=a;object=b?pin-source=|cat",
        "token=a;object=b?pin-source=https://x/pin",
        "token=%zz;object=b",
        "token=%ff;object=b",
        "token=a;object=b?module-name=x",
        "token;object=b",
    ],
)
def test_uris_that_name_no_key_of_ours(uri: str) -> None:
    """Claim: a URI is understood wholly, or refused. Stimulus: attributes that are missing, unknown, doubled, broken;
    a PIN in the URI; a PIN by a command or from elsewhere. Expected: an error that does not repeat a PIN."""
    with pytest.raises(UsageError) as caught:
        parse(SCHEME + uri)
    assert "1234" not in str(caught.value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.binary(min_size=1))
def test_uris_come_back_as_they_were_written(name: str, id_: bytes) -> None:
    """Claim: escapes are read as RFC 7512 writes them. Stimulus: any name and id. Expected: the same."""
    escaped = "".join(f"%{byte:02X}" for byte in name.encode())
    uri = f"pkcs11:token={escaped};id={''.join(f'%{byte:02x}' for byte in id_)}?pin-source=file:///a/b"
    assert parse(uri) == KeyUri(token=name, id=id_, pin_source="/a/b")


_PROGRAM = """
import sys
from pathlib import Path
from conformance.registry.keys import load, public_pem
key = load(Path(sys.argv[1]))
sys.stdout.buffer.write(public_pem(key.public) if sys.argv[-1] == "public" else key.sign(sys.stdin.buffer.read()))
"""


def test_a_program_signs(tmp_path: Path) -> None:
    """Claim: a key service can stand behind the seam. Stimulus: a program that has a key; then another key behind it;
    a program that fails, is none, or says something else. Expected: its signatures; then an error, and no signature."""
    program = tmp_path / "sign.py"
    program.write_text(_PROGRAM)
    key = make(tmp_path / "key.pem")
    made = signer(f"command:{sys.executable} {program} {tmp_path / 'key.pem'}")
    assert isinstance(made, CommandSigner)
    assert made.public == key.public
    assert verifies(key.public, made.sign(b"content"), b"content")
    (tmp_path / "key.pem").unlink()
    make(tmp_path / "key.pem")
    with pytest.raises(SuiteError, match="another key"):
        made.sign(b"content")
    (tmp_path / "key.pem").unlink()
    with pytest.raises(SuiteError, match="did not do"):
        made.sign(b"content")
    for command in ("", "/nowhere", "echo", f"{sys.executable} -c 1"):
        with pytest.raises(SuiteError):
            signer(f"command:{command}")
    assert isinstance(signer(str(_file(tmp_path))), FileSigner)


def _file(folder: Path) -> Path:
    make(folder / "other.pem")
    return folder / "other.pem"
