"""Why the system under test cannot be tested yet, in both languages. Never a verdict."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from conformance.errors import PreflightError
from conformance.model import Text

from .texts import both


class NotReadyError(PreflightError):
    """A `PreflightError` that keeps its two texts: `detail` (what is wrong) and `advice` (what to do next)."""

    def __init__(self, detail: Text, advice: Text, *, where: str = "") -> None:
        super().__init__(both(detail), where=where, next_step=both(advice))
        self.detail = detail
        self.advice = advice


class NotIssuedError(NotReadyError):
    """The token endpoint does not give a further token of a client, which no document asks of it."""


def of_network(error: BaseException, where: str, seconds: float) -> NotReadyError:
    """What a failed connection or request means. `where` is the URL or host without query."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause, where)
        if isinstance(cause, ssl.SSLError):
            return _handshake(cause, where)
        if isinstance(cause, socket.gaierror):
            return NotReadyError(
                Text(ja="ホスト名を解決できません", en="the host name cannot be resolved"),
                Text(
                    ja="実行設定ファイルのURLの綴り、DNS及びVPNの接続を確認してください",
                    en="check the spelling of the URL in the run file, the DNS and whether a VPN is needed",
                ),
                where=where,
            )
        if isinstance(cause, ConnectionRefusedError):
            return NotReadyError(
                Text(ja="接続が拒否されました", en="the connection was refused"),
                Text(
                    ja="システムが起動しているか、URLのポート番号が正しいかを確認してください",
                    en="check that the system is running and that the port in the URL is right",
                ),
                where=where,
            )
        if isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__:
            return too_slow(where, seconds)
    return NotReadyError(
        Text(ja="通信が途中で切れました", en=f"the connection broke ({type(error).__name__})"),
        Text(
            ja="プロキシ、ファイアウォール及びシステムのログを確認してください",
            en="look at proxies, firewalls and the log of the system",
        ),
        where=where,
    )


def too_slow(where: str, seconds: float) -> NotReadyError:
    """No complete answer in time."""
    return NotReadyError(
        Text(ja=f"{seconds:g}秒以内に応答が完了しません", en=f"no complete answer within {seconds:g} seconds"),
        Text(
            ja="経路を確認し、遅いことが正常であれば limits.timeout_seconds を大きくしてください",
            en="check the route; if it is always this slow, raise limits.timeout_seconds",
        ),
        where=where,
    )


def _certificate(error: ssl.SSLCertVerificationError, where: str) -> NotReadyError:
    reason = error.verify_message or "not verified"
    if "ostname mismatch" in reason or "IP address mismatch" in reason:
        return NotReadyError(
            Text(ja="証明書が別のホストのものです", en="the certificate is for another host"),
            Text(
                ja="証明書にあるホスト名をURLに書くか、証明書を発行し直してください",
                en="write the host name of the certificate into the URL, or have the certificate issued again",
            ),
            where=where,
        )
    return NotReadyError(
        Text(ja=f"証明書を検証できません: {reason}", en=f"the certificate cannot be verified: {reason}"),
        Text(
            ja="期限を確認し、独自の認証局であれば [tls] の ca_file に指定してください",
            en="check its dates; if it is from an authority of your own, name that in [tls] ca_file",
        ),
        where=where,
    )


def _handshake(error: ssl.SSLError, where: str) -> NotReadyError:
    reason = (error.reason or "handshake failed").replace("_", " ").lower()
    return NotReadyError(
        Text(ja=f"TLSで接続できません: {reason}", en=f"no TLS connection: {reason}"),
        Text(
            ja="URLが https:// でよいか、TLS 1.2以上か、クライアント証明書([tls])が必要かを確認してください",
            en="check that https:// is right, that TLS 1.2 is offered, and whether it wants a certificate ([tls])",
        ),
        where=where,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that it wraps, innermost first: libraries hide the reason several layers deep."""
    found: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.append(one)
        inner = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting.extend(item for item in inner if isinstance(item, BaseException))
    return reversed(found)
