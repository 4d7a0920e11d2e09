"""A run on any OpenAPI document and endpoint: `conformance run --spec FILE --url URL`.

The document is published into a folder of its own like one of ours, with the common requirements that hold for any;
its operations are tried out; an edition is compiled from what was found. From there on it is a run like every other,
and its archive holds all that judging it again needs.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import secrets
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from conformance.catalogue.foreign import EXERCISED, ForeignDocument, load_foreign, publish
from conformance.catalogue.requirements import Situation
from conformance.catalogue.service import Service, load_service
from conformance.compile.edition import SEED
from conformance.compile.foreign_calls import Calls
from conformance.compile.foreign_content import TOKEN
from conformance.compile.foreign_edition import Compiled, compile_foreign
from conformance.compile.foreign_values import Values
from conformance.edition_file import encode
from conformance.edition_file import load as load_edition
from conformance.errors import UsageError
from conformance.expression import JST
from conformance.foreign_trial import Trial, Tried
from conformance.launch import Prepared, RunTokens, conceal
from conformance.model import Text
from conformance.plan import Filters, Plan, check_filters, make_plan
from conformance.play import run_seed
from conformance.run_lines import header_of
from conformance.session import new_seed
from conformance.stage import Stage
from conformance.sut import reach, tls
from conformance.sut.client import Door
from conformance.sut.redaction import Redactor
from conformance.sut.run_file import Auth, Product, Role, RunFile, at_endpoint, without_secrets
from conformance.sut.secrets import SecretReference
from conformance.sut.tokens import TokenSource

MOST_REQUESTS = 3000
"""Requests of a run at most, unless `--max-requests` allows more: those of the trial, and those that are judged."""
_TOLD = 8
SHORTEST_TOKEN = 8
_TRIAL_CONNECTIONS = 4
_TRIAL_WAIT = 3.0
"""Seconds that the trial waits where the system asks it to (429, 503); it may go without an answer."""


@dataclass(frozen=True)
class PreparedForeign(Prepared):
    """A prepared run with the folder of its document (gone when this is gone), and what the person should know."""

    work: tempfile.TemporaryDirectory[str]
    notes: tuple[Text, ...]


def prepare_foreign(
    spec: Path, url: str, filters: Filters, seed: str | None = None, token_env: str | None = None
) -> PreparedForeign:
    """Everything for a run on the document `spec` at `url`, which is tried out here (the only network before the run).

    Raises `DocumentError`, `UsageError`, `RunFileError`, `PreflightError`, each with a next step.
    """
    if filters.services:
        raise UsageError("--service does not go with --spec", next_step="leave it out: the document is one service")
    base = _checked_url(url)
    foreign = load_foreign(spec)
    run_file = _run_file(foreign, base, token_env)
    key = secrets.token_bytes(32)
    redactor = Redactor(key)
    tokens = TokenSource(run_file, on_token=lambda token: conceal(redactor, token))
    if token_env is not None:
        _check_token(foreign, tokens.token(TOKEN))
    _reach(run_file, base)
    work = tempfile.TemporaryDirectory(prefix="conformance-")
    try:
        publish(foreign, Path(work.name))
        service = load_service(foreign.name, foreign.version, Path(work.name), strict=False)
        chosen = seed or new_seed()
        stage = Stage(
            base_urls={service.name: base},
            tokens=RunTokens(tokens, {}),
            seed=run_seed(chosen),
            config={},
        )
        token = token_env is not None
        bound = filters.max_requests or MOST_REQUESTS
        tried, compiled = _tried_and_compiled(service, stage, run_file, bound, token=token)
        notes = _notes(foreign, service, tried, compiled, token=token)
        plan, filters = _plan(service, filters, token=token)
    except BaseException:
        work.cleanup()
        raise
    header = header_of([plan], stage.base_urls, chosen, without_secrets(run_file), filters, dt.datetime.now(JST))
    header["body"] = None
    door = Door(run_file.limits, tls.context(run_file.tls), urls=[base])
    return PreparedForeign(run_file, [plan], stage, door, redactor, header, filters, tokens, key, work, notes)


def _tried_and_compiled(
    service: Service, stage: Stage, run_file: RunFile, bound: int, *, token: bool
) -> tuple[Tried, Compiled]:
    """Try the operations out, and write the edition that is made of what was found. `bound`: requests of both."""
    values = Values(service.document, SEED)
    gentle = msgspec.structs.replace(run_file.limits, wait_seconds=_TRIAL_WAIT, connections=_TRIAL_CONNECTIONS)
    most = max(10, min(max(bound // 5, 4 * len(service.operations)), bound // 3))
    door = Door(gentle, tls.context(run_file.tls), urls=stage.base_urls.values())
    tried = asyncio.run(Trial(service, Calls(service, values), stage, door, token=token, most=most).run())
    compiled = compile_foreign(service, values, tried.calls, SEED, max(1, bound - tried.requests))
    service.edition_path.write_bytes(encode(compiled.edition))
    return tried, compiled


def _plan(service: Service, filters: Filters, *, token: bool) -> tuple[Plan, Filters]:
    """The plan, and the filters that narrow it: a number of requests above ours widens the run instead."""
    if filters.max_requests is not None and filters.max_requests >= MOST_REQUESTS:
        filters = replace(filters, max_requests=None)
    situation = Situation(
        "", frozenset(), upper_tester=False, day=dt.datetime.now(JST).date(), services=frozenset({service.name})
    )
    edition = load_edition(service.edition_path)
    check_filters([(service, edition)], filters)
    return make_plan(service, edition, situation, {TOKEN} if token else set(), filters), filters


def _check_token(foreign: ForeignDocument, token: str) -> None:
    """Raise `UsageError` for a token that could not be told from other text in the evidence, and so would be kept."""
    schemes = foreign.document["components"]["securitySchemes"].values()
    if len(token) < SHORTEST_TOKEN and any(scheme.get("type") == "apiKey" for scheme in schemes):
        raise UsageError(
            f"the token has fewer than {SHORTEST_TOKEN} characters, too few to keep it out of the evidence",
            where="--token-env",
            next_step="give the test system a longer key",
        )


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or re.search(r"\s", url):
        raise UsageError("is not a URL of an HTTP server", where="--url", next_step="give http(s)://host[:port][/path]")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            "holds user information, a query or a fragment", where="--url",
            next_step="give scheme, host and path only; a token goes into a variable that --token-env names",
        )  # fmt: skip
    return url.rstrip("/")


def _run_file(foreign: ForeignDocument, base: str, token_env: str | None) -> RunFile:
    run_file = at_endpoint(base, foreign.name)
    declared = msgspec.structs.replace(run_file.services[foreign.name], version=foreign.version)
    roles = {}
    if token_env is not None:
        roles[TOKEN] = Role(method="bearer", secret=SecretReference(env=token_env, where="--token-env"))
    return msgspec.structs.replace(
        run_file,
        product=Product(foreign.title, foreign.document["info"]["version"], ""),
        services={foreign.name: declared},
        auth=Auth(roles=roles),
    )


def _reach(run_file: RunFile, base: str) -> None:
    """Raise `PreflightError` where name, connection or TLS fail."""
    to, seconds = reach.origin(base), run_file.limits.timeout_seconds
    reach.resolve_name(to, seconds)
    reach.connect(to, seconds)
    if to.scheme == "https":
        reach.shake_hands(to, tls.context(run_file.tls), seconds)


def _notes(
    foreign: ForeignDocument, service: Service, tried: Tried, compiled: Compiled, *, token: bool
) -> tuple[Text, ...]:
    """What the person should know before reading the verdicts."""
    notes = list(foreign.notes[:_TOLD])
    unsaid = foreign.unsaid + len(foreign.notes[_TOLD:])
    if unsaid:
        notes.append(
            Text(ja=f"文書についての注記がほかに{unsaid}件あります。", en=f"and {unsaid} more notes on the document.")
        )
    called = [o for o in service.operations.values() if o.id in tried.calls]
    silent = [o.id for o in called if o.id not in tried.succeeded and not (o.secured and not token)]
    never = [o.id for o in service.operations.values() if o.method.lower() in EXERCISED and o.id not in tried.calls]
    locked = [o.id for o in called if o.secured and not token]
    notes.append(
        Text(
            ja=f"判定の前に{tried.requests}件の要求で呼出し方を調べました。証拠には含みません。",
            en=f"{tried.requests} requests were sent first to find out how operations are called; they are not judged.",
        )
    )
    for names, ja, en in (
        (
            never,
            "文書から有効な要求を作れないため試験しません",
            "no valid request could be made from the document, so not tested",
        ),
        (
            silent,
            "成功する呼出しが見つからず、判定できることが限られます",
            "no call was found that succeeds, so little can be said of",
        ),
        (
            locked,
            "--token-env がないため、資格情報なしでのみ呼び出します",
            "without --token-env, called without credentials only",
        ),
    ):
        if names:
            shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
            notes.append(Text(ja=f"{ja}({len(names)}件): {shown}", en=f"{en} ({len(names)}): {shown}"))
    if compiled.cut or compiled.left_out:
        notes.append(
            Text(
                ja=f"要求数の上限のため、{compiled.cut}件の操作の試験を減らし、{compiled.left_out}件は試験しません。"
                "--max-requests で増やせます。",
                en=f"within the bound of requests {compiled.cut} operations are tested less than they could be, and "
                f"{compiled.left_out} not at all; --max-requests allows more.",
            )
        )
    return tuple(notes)
