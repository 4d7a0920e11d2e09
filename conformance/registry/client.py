"""Submits a run to a registry: packs it, sends it in pieces, goes on where it broke off."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from conformance.errors import SuiteError, UsageError
from conformance.registry.packing import digest_of, pack

_TIMEOUT: Final = 60
_TRIES: Final = 5
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class SubmissionError(SuiteError):
    """The registry did not take a run, or could not be reached."""


class Client:
    """One registry, and the token it knows us by. The token goes nowhere else: redirects are not followed."""

    def __init__(self, url: str, token: str, pause: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UsageError("is no web address", where=url, next_step="give https://HOST")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise UsageError("would send the token for everybody to read", where=url, next_step="give an https address")
        self._base = url.rstrip("/") + "/v1"
        self._session = requests.Session()
        self._session.trust_env = False  # no password file may put another token in the place of ours
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._pause = pause

    def ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """What the registry answers, as JSON. Raises `SubmissionError` with its reason."""
        try:
            answer = self._session.request(method, self._base + path, timeout=_TIMEOUT, allow_redirects=False, **more)
        except requests.RequestException as error:
            raise _UnreachedError(f"cannot be reached ({type(error).__name__})", where=self._base) from None
        if answer.status_code >= 500:
            raise _UnreachedError(f"answers {answer.status_code}", where=self._base)
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise SubmissionError(
                f"answers {answer.status_code} and no JSON", where=self._base, next_step="check that it is a registry"
            )
        if not answer.ok:
            raise SubmissionError(
                str(told.get("detail") or told.get("title") or answer.status_code),
                where=f"registry, {answer.status_code}",
            )
        return told

    def submit(self, run: Path, body_code: str, version_id: str, tell: Callable[[int, int], None]) -> str:
        """Submit the folder of a run; the id that the registry gives it. `tell` is told bytes sent, of all.

        Raises `ArchiveError` for a folder that holds no run, `SubmissionError`.
        """
        with tempfile.TemporaryDirectory(prefix="conformance-submit-") as folder:
            archive = Path(folder) / "run.zip"
            pack(run, archive)
            size = archive.stat().st_size
            new = {"body_code": body_code, "version_id": version_id, "size": size, "digest": digest_of(archive)}
            upload = self._again(lambda: self.ask("POST", "/uploads", json=new))
            path = f"/uploads/{upload['id']}"
            self._send(archive, path, upload, tell)
            return str(self._again(lambda: self.ask("POST", f"{path}/completion", json={}))["id"])

    def _send(self, archive: Path, path: str, upload: Mapping[str, Any], tell: Callable[[int, int], None]) -> None:
        size, received, stalled = archive.stat().st_size, int(upload["received"]), 0
        with archive.open("rb") as file:
            while received < size:
                file.seek(received)
                before = received
                received = self._piece(path, received, file.read(int(upload["chunk"])))
                stalled = 0 if received > before else stalled + 1
                if stalled == _TRIES:
                    raise SubmissionError(
                        f"takes nothing after byte {received}", where=self._base, next_step="try again later"
                    )
                if stalled:
                    self._pause(2.0**stalled)
                tell(received, size)

    def _piece(self, path: str, offset: int, piece: bytes) -> int:
        """Send one piece; how much has arrived then. What broke off is asked for before it is sent again."""
        headers = {"Content-Type": "application/octet-stream", "Upload-Offset": str(offset)}
        try:
            return int(self.ask("PATCH", path, data=piece, headers=headers)["received"])
        except _UnreachedError:
            return int(self._again(lambda: self.ask("GET", path))["received"])

    def _again(self, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        for number in range(_TRIES):
            try:
                return act()
            except _UnreachedError as error:
                if number == _TRIES - 1:
                    raise SubmissionError(error.what, where=error.where, next_step="try again later") from None
                self._pause(2.0**number)
        raise AssertionError  # the last try returns or raises


class _UnreachedError(SuiteError):
    """Nothing came back, or the registry itself failed: it may be tried again."""
