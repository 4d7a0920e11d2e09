"""Access tokens for the roles of the run file: OAuth 2.0 client credentials (RFC 6749, 4.4).

A client proves who it is by a secret (RFC 6749, 2.3.1), by a signed assertion (RFC 7523), or by a certificate
(RFC 8705). Tokens are kept until shortly before they expire. No secret and no token is ever in a message.
"""

from __future__ import annotations

import base64
import json
import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

import requests

from conformance.model import OtherToken, Text

from .client_assertion import ASSERTION_TYPE, assertion
from .not_ready import NotIssuedError, NotReadyError
from .run_file import Role, RunFile
from .secrets import Secret, SecretReference, resolve
from .single_call import Reply, call, new_session, place

_UNTOLD_LIFE: Final = 300.0
_LONGEST_LIFE: Final = 36_500 * 86_400.0
"""What is told beyond that is taken as that. No clock is put forward as far: such a token is not waited for."""
_MARGIN: Final = 30.0
_PATIENCE: Final = 5.0
"""Seconds until an endpoint is asked again that issues no other token yet."""
_RETRIES: Final = 2
_LONGEST_WAIT: Final = 10.0
_SENDABLE: Final = re.compile(r"[\x21-\x7e]+")
_ERROR_CODE: Final = re.compile(r"[a-z_]{1,40}")
_FORM: Final = Text(
    ja="client_id、秘密の値及び method が認可サーバの登録と一致するか確認してください",
    en="check client_id, secret or key, and method against what the authorization server has registered",
)
_ADVICE: Final = {
    "invalid_client": _FORM,
    "unauthorized_client": Text(
        ja="このクライアントにクライアントクレデンシャルグラントを許可してください",
        en="have the grant client_credentials allowed for this client",
    ),
    "unsupported_grant_type": Text(
        ja="auth.token_url がクライアントクレデンシャルに対応するか確認してください",
        en="check that auth.token_url offers the grant client_credentials",
    ),
    "invalid_scope": Text(
        ja="この役割の scopes を直すか、認可サーバで付与してください",
        en="correct the scopes of this role, or have them granted at the authorization server",
    ),
}


_FIXED: Final = Text(
    ja="実行設定ファイルのトークンは1つだけです", en="the run file gives one token that stays the same"
)
_AGAIN: Final = Text(ja="同じトークンが再び発行されました", en="the same token was issued again")
_REFUSED: Final = Text(ja="別のトークンの発行が拒否されました", en="a further token was refused")
_NOT_NARROWED: Final = Text(
    ja="求めたスコープだけのトークンであることが応答に示されていません",
    en="the answer does not say that the token holds the scopes alone that were asked for",
)


class _Held(NamedTuple):
    """A token: until when it is used without asking for another one, when it ends, the seconds that were told."""

    token: Secret
    until: float
    end: float
    told: int | None = None


_Key = tuple[str, OtherToken | None]


class TokenSource:
    """Gets and keeps the access tokens of a run: one per role, and others where they are asked for. Thread safe.

    An `other` token of a role is one more of the same client: `fresh`, or with some scopes alone (RFC 6749, 3.3 and
    4.4.2). What is not issued once is not asked for again: NotIssuedError, now and later.

    `clock` counts seconds; `on_token` hears of every new token, so that it can be concealed. Raises NotReadyError (a
    PreflightError) where no token is to be had, RunFileError where a secret is missing.
    """

    def __init__(
        self,
        run_file: RunFile,
        session: requests.Session | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_token: Callable[[str], None] | None = None,
    ) -> None:
        self._run_file = run_file
        self._session = session or new_session(run_file.tls)
        self._clock = clock
        self._on_token = on_token
        self._held: dict[_Key, _Held] = {}
        self._not_issued: dict[_Key, Text] = {}
        self._lock = threading.Lock()

    def token(self, role: str, other: OtherToken | None = None) -> str:
        """An access token of a role, fetched when there is none that lasts a little longer."""
        with self._lock:
            return self._current((role, other)).token.reveal()

    def lifetime(self, role: str) -> int | None:
        """How many seconds the usual token of a role lasts, as the endpoint told (RFC 6749, 5.1); None: it did not.

        Raises NotIssuedError for a token of the run file: what was told of it, somebody else was told.
        """
        if self._role(role).method == "bearer":
            raise _not_issued(role, _FIXED)
        with self._lock:
            return self._current((role, None)).told

    def renew(self, role: str, stale: str | None = None, other: OtherToken | None = None) -> str:
        """A new token in place of one that was refused.

        With `stale`, the refused token, one that somebody else has renewed meanwhile is not renewed again.
        """
        with self._lock:
            key = (role, other)
            if stale is not None:
                key = next((k for k, held in self._held.items() if k[0] == role and held.token == Secret(stale)), key)
            held = self._held.get(key)
            if held is None or stale is None or held.token == Secret(stale):
                held = self._fetched(key)
            return held.token.reveal()

    def _current(self, key: _Key) -> _Held:
        held = self._held.get(key)
        return self._fetched(key) if held is None or held.until <= self._clock() else held

    def _fetched(self, key: _Key) -> _Held:
        """A new token, which is kept. Raises NotIssuedError for one that is not another than the usual one."""
        name, other = key
        role = self._role(name)
        if key in self._not_issued:
            raise _not_issued(name, self._not_issued[key])
        usual = None if other is None else self._current((name, None)).token
        try:
            if role.method == "bearer":
                if other is not None:
                    raise _not_issued(name, _FIXED)
                held = _Held(_secret(role.secret), math.inf, math.inf)
            else:
                held = self._issued(key, role)
            if self._on_token:
                self._on_token(held.token.reveal())
            if held.token == usual:
                raise _not_issued(name, _AGAIN)
        except NotIssuedError as error:
            self._not_issued[key] = error.detail
            raise
        self._held[key] = held
        return held

    def _issued(self, key: _Key, role: Role) -> _Held:
        """What the endpoint issues; the usual token from before, where it refuses another one while that lasts."""
        reply, before = self._asked(key, role), self._held.get(key)
        if key[1] is None and _refuses(reply) and before is not None and before.end > self._clock():
            return before._replace(until=min(before.end, self._clock() + _PATIENCE))
        return self._answered(key, reply)

    def _role(self, name: str) -> Role:
        try:
            return self._run_file.auth.roles[name]
        except KeyError:
            known = ", ".join(self._run_file.auth.roles) or "-"
            raise NotReadyError(
                Text(ja=f"役割 {name} の認証情報がありません", en=f"there are no credentials for the role {name}"),
                Text(
                    ja=f"実行設定ファイルに [auth.roles.{name}] を追加してください(現在: {known})",
                    en=f"add [auth.roles.{name}] to the run file; it has {known}",
                ),
                where=f"auth.roles.{name}",
            ) from None

    def _asked(self, key: _Key, role: Role) -> Reply:
        name, other = key
        scopes = role.scopes if other is None or other == "fresh" else other
        url = self._run_file.auth.token_url or ""
        for retry in range(_RETRIES + 1):
            # Built anew each time: an assertion may be used once.
            headers, form = _request(role, url, scopes)
            certificate = (role.certificate.file or "", role.key.file or "") if role.certificate and role.key else None
            seconds = self._run_file.limits.timeout_seconds
            try:
                reply = call(
                    self._session, "POST", url, seconds=seconds, headers=headers, form=form, certificate=certificate
                )
            except NotReadyError as error:
                raise NotReadyError(error.detail, error.advice, where=f"auth.roles.{name}: {error.where}") from None
            if reply.status not in {429, 503} or retry == _RETRIES:
                break
            time.sleep(_wait(reply.headers.get("Retry-After", "")))
        return reply

    def _answered(self, key: _Key, reply: Reply) -> _Held:
        """The token in an answer of the token endpoint (RFC 6749, 5.1 and 5.2)."""
        name, other = key
        where = f"auth.roles.{name}: {place(self._run_file.auth.token_url or '')}"
        answer = _object(reply.body)
        if other is not None and _refuses(reply):
            raise _not_issued(name, _REFUSED)
        if reply.status != 200:
            raise _refused(where, reply, answer)
        token, kind = answer.get("access_token"), answer.get("token_type")
        if not isinstance(token, str) or not _SENDABLE.fullmatch(token):
            raise _not_a_token(where, "access_token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise _not_a_token(where, "token_type Bearer")
        if isinstance(other, tuple) and not _holds_just(answer, other):
            raise _not_issued(name, _NOT_NARROWED)
        told = _seconds(answer.get("expires_in"))
        seconds = _UNTOLD_LIFE if told is None else told
        end = self._clock() + seconds
        return _Held(Secret(token), end - min(_MARGIN, seconds / 5), end, None if told is None else math.ceil(told))


def _seconds(told: Any) -> float | None:
    """A lifetime as an endpoint tells it; some write the number as text. None for what cannot be one."""
    try:
        found = math.nan if isinstance(told, bool) else float(told)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(found, _LONGEST_LIFE) if found >= 0 else None


def _refuses(reply: Reply) -> bool:
    """Whether an endpoint will not issue what was asked for; one that is busy or broken has not said so."""
    return 400 <= reply.status < 500 and reply.status not in {408, 429}


def _holds_just(answer: Mapping[str, Any], scopes: tuple[str, ...]) -> bool:
    """Whether an answer says that its token holds these scopes and no other.

    One that says nothing of them has granted what was asked for (RFC 6749, 5.1). But not every server that knows no
    narrower tokens keeps to that, and it is not the token endpoint that is tested: so nothing is concluded from it.
    """
    told = answer.get("scope")
    return isinstance(told, str) and set(told.split()) == set(scopes)


def _request(role: Role, url: str, scopes: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and form of a token request."""
    headers = {"Accept": "application/json"}
    form = {"grant_type": "client_credentials"}
    if scopes:
        form["scope"] = " ".join(scopes)
    if role.method == "client_secret_basic":
        pair = f"{quote_plus(role.client_id)}:{quote_plus(_secret(role.secret).reveal())}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    elif role.method == "client_secret_post":
        form |= {"client_id": role.client_id, "client_secret": _secret(role.secret).reveal()}
    elif role.method == "tls_client_auth":
        form["client_id"] = role.client_id
    else:
        form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion(role, url)}
    return headers, form


def _secret(reference: SecretReference | None) -> Secret:
    return resolve(reference or SecretReference())


def _wait(said: str) -> float:
    return min(float(said), _LONGEST_WAIT) if said.isdecimal() else 1.0


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _not_issued(role: str, why: Text) -> NotIssuedError:
    advice = Text(
        ja="対応は不要です。これによる試験は判定しません", en="nothing need be done; what needs it is not judged"
    )
    return NotIssuedError(why, advice, where=f"auth.roles.{role}")


def _refused(where: str, reply: Reply, answer: Mapping[str, Any]) -> NotReadyError:
    if 300 <= reply.status < 400:
        return NotReadyError(
            Text(
                ja=f"トークンエンドポイントが別の場所を指しています({reply.status})",
                en=f"the token endpoint redirects (status {reply.status}); credentials are not sent on",
            ),
            Text(
                ja="リダイレクト先が正しければ、そのURLを auth.token_url に書いてください",
                en="write the URL that it redirects to into auth.token_url, if that is the right one",
            ),
            where=where,
        )
    code = answer.get("error")
    known = code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else None
    told = f"{reply.status} {known}" if known else str(reply.status)
    return NotReadyError(
        Text(ja=f"トークンを取得できません({told})", en=f"no token was given (status {told})"),
        _ADVICE.get(known or "", _endpoint_advice(reply.status)),
        where=where,
    )


def _endpoint_advice(status: int) -> Text:
    if status in {401, 403}:
        return _FORM
    return Text(
        ja="auth.token_url がトークンエンドポイントを指すか、認可サーバのログを確認してください",
        en="check that auth.token_url is the token endpoint, and look at the log of the authorization server",
    )


def _not_a_token(where: str, missing: str) -> NotReadyError:
    return NotReadyError(
        Text(ja=f"トークン応答に {missing} がありません", en=f"the answer of the token endpoint has no {missing}"),
        Text(
            ja="auth.token_url が RFC 6749 5.1 の応答を返すか確認してください",
            en="check that auth.token_url answers as RFC 6749, 5.1 says",
        ),
        where=where,
    )
