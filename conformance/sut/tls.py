"""TLS as the run file wants it: whom to trust, with which certificate to come. Always verified, TLS 1.2 at least."""

from __future__ import annotations

import ssl
from pathlib import Path

from conformance.errors import RunFileError
from conformance.model import Text

from .run_file import Tls
from .texts import both


def context(tls: Tls) -> ssl.SSLContext:
    """The context for every connection to the system under test. Raises RunFileError for files that are none."""
    _readable(tls.ca_file, "tls.ca_file")
    try:
        made = ssl.create_default_context(cafile=tls.ca_file)
    except (ssl.SSLError, OSError) as error:
        raise _refused("tls.ca_file", tls.ca_file, error) from None
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.certificate:
        load_certificate(made, tls.certificate, tls.key, "tls.certificate")
    return made


def load_certificate(to: ssl.SSLContext, certificate: str, key: str | None, where: str) -> None:
    """Add a certificate of ours with its key. Raises RunFileError."""
    _readable(certificate, where)
    _readable(key, where)
    try:
        # Without a password function OpenSSL would ask on the terminal for that of an encrypted key.
        to.load_cert_chain(certificate, key, password=lambda: b"")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise _refused(where, certificate, error) from None


def trusted(tls: Tls) -> str | bool:
    """What `requests` is to verify with: the run file's authority, else the system's, else the one that it brings."""
    if tls.ca_file:
        return tls.ca_file
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return paths.cafile
    has_entries = paths.capath and any(Path(paths.capath).iterdir())
    return paths.capath if has_entries and paths.capath else True


def _readable(file: str | None, where: str) -> None:
    if file is None:
        return
    try:
        with Path(file).open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise _refused(where, file, error) from None


def _refused(where: str, file: str | None, error: Exception) -> RunFileError:
    reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or type(error).__name__
    return RunFileError(
        both(Text(ja=f"{file} を使えません: {reason}", en=f"{file} cannot be used: {reason}")),
        where=where,
        next_step=both(
            Text(
                ja="PEM形式の証明書と、対応する暗号化されていない秘密鍵を指定してください",
                en="give PEM files: a certificate, and the key that belongs to it, not encrypted",
            )
        ),
    )
