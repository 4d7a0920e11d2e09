"""TLS with client certificates: `tls_client_auth` (RFC 8705), with an authority made for the test."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.reference.clients import Registration
from conformance.reference.server import Tls

from .conftest import Make

SUBJECT = "CN=clerk,O=City"
Key = ec.EllipticCurvePrivateKey


def name(common: str) -> x509.Name:
    """A subject; RFC 4514 writes it backwards."""
    attributes = [(NameOID.ORGANIZATION_NAME, "City"), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def issue(folder: Path, common: str, issuer: tuple[x509.Name, Key] | None = None) -> tuple[x509.Name, Key]:
    """Writes certificate and key of a name, signed by the issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    by, signer = issuer or (name(common), key)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common))
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    if issuer is None:
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        usage |= dict.fromkeys(("encipher_only", "decipher_only"), False) | {"key_cert_sign": True, "crl_sign": True}
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    certificate = builder.sign(signer, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{common}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{common}.key").write_bytes(private)
    return name(common), key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Certificates of a server and three clients, one of them from another authority."""
    authority = issue(tmp_path, "authority")
    other = issue(tmp_path, "other-authority")
    for common in ("server", "clerk", "viewer"):
        issue(tmp_path, common, authority)
    (tmp_path / "stranger").mkdir()
    issue(tmp_path / "stranger", "clerk", other)
    return tmp_path


def test_client_certificate(make: Make, folder: Path) -> None:
    """Claim: the verified subject is the client. Stimulus: right, another's, none, another authority's, the secret.
    Expected: a token for the first alone."""
    tls = Tls(folder / "server.pem", folder / "server.key", folder / "authority.pem")
    registered = {"clerk": Registration(tls_subject=SUBJECT, method="tls_client_auth")}
    town = make(tls=tls, people=0, registrations=registered)
    origin = town.server.origin.replace("127.0.0.1", "localhost")

    def ask(certificate: Any, **form: Any) -> requests.Response:
        data = {"grant_type": "client_credentials", "client_id": "clerk", **form}
        files = certificate and (str(folder / f"{certificate}.pem"), str(folder / f"{certificate}.key"))
        return requests.post(
            f"{origin}/oauth/token", data=data, cert=files, verify=str(folder / "authority.pem"), timeout=10
        )

    granted = ask("clerk")
    assert granted.status_code == 200, granted.text
    assert ask("viewer").json() == {"error": "invalid_client"}
    assert ask(None).json() == {"error": "invalid_client"}
    assert ask("clerk", client_id="viewer").json() == {"error": "invalid_client"}
    secret = town.reference.clients.by_id["clerk"].secret
    assert ask(None, client_secret=secret).json() == {"error": "invalid_client"}
    with pytest.raises(requests.ConnectionError):
        ask("stranger/clerk")
    headers = {"Authorization": f"Bearer {granted.json()['access_token']}", "Access-Purpose": "tax"}
    url = f"{origin}/resident-registry/v1/residents/x"
    answer = requests.get(url, headers=headers, verify=str(folder / "authority.pem"), timeout=10)
    assert answer.status_code == 404
