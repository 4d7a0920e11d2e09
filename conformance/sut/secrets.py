"""Secrets: where they are, and a value that does not show itself.

A run file only says where a secret is (`{env = "NAME"}` or `{file = "path"}`). It is read when it is needed, handed on
as a `Secret`, and opened at the one place where it is used.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from conformance.errors import RunFileError
from conformance.model import Text

from .texts import both

_HIDDEN: Final = "Secret(hidden)"
_LONGEST: Final = 64 * 1024


class Secret:
    """A secret text. Printing, formatting or logging it shows nothing; pickling it is refused."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself. Call it only in the expression that sends or signs."""
        return self._text

    def __repr__(self) -> str:
        return _HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(_HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # secrets are no keys of anything

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


class SecretReference(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a secret is: `env` or `file` (absolute); `where` is its place in the run file, for messages."""

    env: str | None = None
    file: str | None = None
    where: str = ""


def resolve(reference: SecretReference) -> Secret:
    """Read a secret. One line break at its end is dropped, as editors add one. Raises RunFileError."""
    if reference.env is not None:
        return _from_environment(reference.env, reference.where)
    return _from_file(Path(reference.file or ""), reference.where)


def _from_environment(name: str, where: str) -> Secret:
    text = os.environ.get(name, "")
    if text:
        return Secret(text)
    state = ("empty", "空です") if name in os.environ else ("not set", "設定されていません")
    raise RunFileError(
        both(Text(en=f"environment variable {name} is {state[0]}", ja=f"環境変数 {name} が{state[1]}")),
        where=where,
        next_step=both(
            Text(
                en=f"set {name} to the secret before starting the suite, or name another variable or a file",
                ja=f"実行前に {name} に秘密の値を設定するか、別の環境変数又はファイルを指定してください",
            )
        ),
    )


def _from_file(path: Path, where: str) -> Secret:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LONGEST + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _unreadable(path, where, Text(en=reason, ja=reason)) from None
    if len(data) > _LONGEST:
        raise _unreadable(path, where, Text(en="longer than 64 KiB", ja="64 KiBを超えています"))
    try:
        text = data.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise _unreadable(path, where, Text(en="not UTF-8 text", ja="UTF-8の文字列ではありません")) from None
    if not text.strip():
        raise _unreadable(path, where, Text(en="empty", ja="空です"))
    return Secret(text)


def _unreadable(path: Path, where: str, reason: Text) -> RunFileError:
    return RunFileError(
        both(
            Text(
                en=f"the file {path} cannot be used as a secret: {reason.en}",
                ja=f"ファイル {path} を秘密の値として使えません: {reason.ja}",
            )
        ),
        where=where,
        next_step=both(
            Text(
                en="give a readable UTF-8 file with nothing but the secret; relative paths start at the run file",
                ja="秘密の値だけを含むUTF-8のファイルを指定してください(相対パスは実行設定ファイルのフォルダが起点)",
            )
        ),
    )
