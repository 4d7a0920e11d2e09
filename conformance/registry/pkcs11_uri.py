"""PKCS#11 URIs (RFC 7512), as far as they name one key on one token.

Only what is known is taken: an attribute that were passed over could name another key. A PIN is never taken from the
URI itself, which stands on command lines and in logs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from conformance.errors import UsageError

SCHEME: Final = "pkcs11:"
_PATH: Final = frozenset({"token", "serial", "object", "id", "type", "manufacturer", "model"})
_QUERY: Final = frozenset({"module-path", "pin-source"})
_ESCAPES: Final = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True)
class KeyUri:
    """A key on a token; empty where the URI does not say it. `pin_source` is a file."""

    token: str = ""
    serial: bytes = b""
    object: str = ""
    id: bytes = b""
    module: str = ""
    pin_source: str = ""


def parse(uri: str) -> KeyUri:
    """The key that a URI names. Raises `UsageError`, which never repeats the URI: there may be a PIN in it."""
    path, _, query = uri.removeprefix(SCHEME).partition("?")
    found = {**_attributes(path, ";", _PATH), **_attributes(query, "&", _QUERY)}
    if found.get("type", b"private") != b"private":
        raise _refused("its type is not 'private'")
    if not (found.get("token") or found.get("serial")) or not (found.get("object") or found.get("id")):
        raise _refused("it does not say which token and which key")
    source = _text(found.get("pin-source", b""))
    if source.startswith("|") or (":" in source and not source.startswith("file:")):
        raise _refused("its pin-source is no file")
    return KeyUri(
        token=_text(found.get("token", b"")),
        serial=found.get("serial", b""),
        object=_text(found.get("object", b"")),
        id=found.get("id", b""),
        module=_text(found.get("module-path", b"")),
        pin_source=source.removeprefix("file:").removeprefix("//"),
    )


def _attributes(part: str, separator: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for attribute in filter(None, part.split(separator)):
        name, equals, value = attribute.partition("=")
        if name == "pin-value":
            raise _refused("a PIN does not belong on a command line")
        if name not in known or not equals or name in found or not _ESCAPES.fullmatch(value):
            raise _refused(f"it has an attribute that is not known, stands twice, or is malformed: '{name[:40]}'")
        found[name] = unquote_to_bytes(value)
    return found


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise _refused("it is not UTF-8") from None


def _refused(what: str) -> UsageError:
    return UsageError(
        f"the PKCS#11 URI is not one of ours: {what}",
        next_step="give pkcs11:token=NAME;object=NAME?module-path=FILE&pin-source=file:FILE",
    )
