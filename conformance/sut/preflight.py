"""Preflight: what must be right before the first script is played. What fails here is never a non-conformance.

For each host: name, connection, TLS. For each service: it answers over HTTP, its version where it tells one, its clock.
For each role: a token. For the upper tester, where one is declared: what it can do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from conformance.errors import RunFileError
from conformance.model import Text

from . import reach, service_answer
from .not_ready import NotReadyError
from .preflight_report import Report, Result
from .run_file import RunFile
from .single_call import Reply, call, new_session, place
from .tls import context
from .tokens import TokenSource

__all__ = ["Report", "Result", "run"]


def run(
    run_file: RunFile,
    documents_roles: Mapping[str, Iterable[str]],
    *,
    paths: Mapping[str, str] | None = None,
    tokens: TokenSource | None = None,
    tell: Callable[[Result], None] | None = None,
) -> Report:
    """Look at everything that the run needs.

    `documents_roles`: the roles that the documents of each service name, none for a bare endpoint (`--spec`). `paths`:
    for each service the path of an operation that is read with GET and has no parameters in it. `tell` hears each
    result as it comes. Raises RunFileError only where a file of [tls] is none.
    """
    flight = _Flight(run_file, tokens or TokenSource(run_file), tell)
    flight.hosts()
    for name in run_file.services:
        flight.service(name, (paths or {}).get(name, ""))
    flight.roles(documents_roles)
    flight.upper_tester()
    return Report(tuple(flight.results), flight.clock_ahead, flight.capabilities)


class _Flight:
    """The results so far, and what later looks need of earlier ones."""

    def __init__(self, run_file: RunFile, tokens: TokenSource, tell: Callable[[Result], None] | None) -> None:
        self.results: list[Result] = []
        self.clock_ahead: float | None = None
        self.capabilities: dict[str, Any] | None = None
        self._run_file = run_file
        self._tokens = tokens
        self._tell = tell
        self._tls = context(run_file.tls)
        self._session = new_session(run_file.tls)
        self._lost: set[reach.Origin] = set()

    def hosts(self) -> None:
        """Look at every host of the run file, once."""
        for to in dict.fromkeys(reach.origin(url) for url in _urls(self._run_file)):
            for step, look in (("dns", self._name), ("tcp", self._connection), ("tls", self._encryption)):
                try:
                    found = look(to)
                except NotReadyError as error:
                    self._add(Result.of(step, str(to), error))
                    self._lost.add(to)
                    break
                if found:
                    self._add(found)

    def _name(self, to: reach.Origin) -> Result:
        addresses = reach.resolve_name(to, self._seconds)
        return Result("dns", str(to), True, Text(ja=f"アドレス: {addresses}", en=f"address: {addresses}"))

    def _connection(self, to: reach.Origin) -> Result:
        reach.connect(to, self._seconds)
        return Result("tcp", str(to), True, Text(ja="接続できます", en="accepts connections"))

    def _encryption(self, to: reach.Origin) -> Result | None:
        if to.scheme == "https":
            used = reach.shake_hands(to, self._tls, self._seconds)
            return Result(
                "tls", str(to), True, Text(ja=f"{used}、証明書は有効です", en=f"{used}, certificate verified")
            )
        if to.is_loopback:
            return None
        return Result(
            "tls",
            str(to),
            True,
            Text(ja="暗号化されていません", en="not encrypted: tokens and data can be read on the way"),
            Text(ja="https:// を使ってください", en="use https://"),
            warning=True,
        )

    def service(self, name: str, path: str) -> None:
        """Whether a service answers as one, which version it tells, and its clock."""
        declared = self._run_file.services[name]
        if reach.origin(declared.base_url) in self._lost:
            return
        try:
            reply = self._read(declared.base_url + path)
        except NotReadyError as error:
            self._add(Result.of("service", name, error))
            return
        self._add(service_answer.answers(name, reply))
        version = service_answer.version(name, declared.version, reply)
        if version:
            self._add(version)
        ahead = service_answer.seconds_ahead(reply)
        if ahead is not None:
            self.clock_ahead = ahead
            self._add(service_answer.clock(name, ahead))

    def roles(self, documents_roles: Mapping[str, Iterable[str]]) -> None:
        """Whether there is a token for each role of the run file, and each role that the documents name."""
        configured = self._run_file.auth.roles
        wanted = dict.fromkeys(configured)
        for service, roles in documents_roles.items():
            if service in self._run_file.services:
                wanted |= dict.fromkeys(self._run_file.role(service, role) for role in roles)
        token_url = self._run_file.auth.token_url
        lost = token_url is not None and reach.origin(token_url) in self._lost
        for role in wanted:
            if role not in configured:
                self._add(_without_credentials(role))
            elif configured[role].method == "bearer" or not lost:
                self._add(self._token(role))

    def _token(self, role: str) -> Result:
        try:
            self._tokens.token(role)
        except NotReadyError as error:
            return Result.of("token", role, error)
        except RunFileError as error:
            what = f"{error.where}: {error.what}" if error.where else error.what
            return Result("token", role, False, Text(what, what), Text(error.next_step, error.next_step))
        return Result("token", role, True, Text(ja="トークンを取得しました", en="gets a token"))

    def upper_tester(self) -> None:
        """What the test control interface can do, where one is declared."""
        tester = self._run_file.upper_tester
        if tester is None or reach.origin(tester.base_url) in self._lost:
            return
        url = tester.base_url + "/capabilities"
        try:
            token = self._tokens.token(tester.role) if tester.role else None
            found = service_answer.capabilities(url, self._read(url, token))
        except NotReadyError as error:
            self._add(Result.of("upper-tester", place(url), error))
        except RunFileError:
            return  # the secret of its role is missing, which was told for the role
        else:
            self.capabilities = dict(found)
            offers = ", ".join(sorted(name for name, value in found.items() if value and name.isidentifier())) or "-"
            self._add(Result("upper-tester", place(url), True, Text(ja=f"機能: {offers}", en=f"offers: {offers}")))

    def _read(self, url: str, token: str | None = None) -> Reply:
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        reply = call(self._session, "GET", url, seconds=self._seconds, headers=headers)
        service_answer.refuse_other_server(url, reply)
        return reply

    @property
    def _seconds(self) -> float:
        return self._run_file.limits.timeout_seconds

    def _add(self, result: Result) -> None:
        self.results.append(result)
        if self._tell:
            self._tell(result)


def _urls(run_file: RunFile) -> list[str]:
    urls = [service.base_url for service in run_file.services.values()]
    if run_file.auth.token_url:
        urls.append(run_file.auth.token_url)
    if run_file.upper_tester:
        urls.append(run_file.upper_tester.base_url)
    return urls


def _without_credentials(role: str) -> Result:
    return Result(
        "token",
        role,
        True,
        Text(
            ja="認証情報がないため、この役割を使う試験は判定できません",
            en="no credentials: what needs this role will be inconclusive",
        ),
        Text(ja=f"[auth.roles.{role}] を追加してください", en=f"add [auth.roles.{role}] to the run file"),
        warning=True,
    )
