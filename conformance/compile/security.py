"""Scripts from security declarations: every operation with no token, wrong tokens, and each role (RFC 6750)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench
from conformance.compile.calls import ValidCall
from conformance.compile.draft import acceptance, alone, changed, exact, with_header, with_query
from conformance.compile.twice import as_owner, refers
from conformance.model import Check, Script, Step

_CLAIMED: dict[str, tuple[tuple[str, Any], ...]] = {
    "X-Forwarded-User, X-Forwarded-For": (("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-User", "clerk")),
    "X-Access-Token, Cookie": (("X-Access-Token", "clerk"), ("Cookie", {"$cookies": "session=clerk"})),
}
"""Headers by which a gateway tells who calls, and which anybody may send: they are no credentials (common part, 4)."""
_FORGED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjbGVyayIsInNjb3BlIjoicmVnaXN0cnk6cmVhZCJ9."
"""A token that claims everything and is signed by nobody (`alg: none`)."""


def scripts(bench: Bench) -> Iterator[Script]:
    """Each secured operation against each way of not being allowed, and each role against what it may do."""
    for operation in bench.operations():
        if not operation.secured:
            continue
        yield from _no_token(bench, operation)
        yield from _wrong_tokens(bench, operation)
        yield from _token_in_query(bench, operation)
        yield from _token_elsewhere(bench, operation)
        yield from _roles(bench, operation)
        yield from _narrowed(bench, operation)
        yield from _scheme(bench, operation)
        yield from _unknown_ids(bench, operation)
        yield from _wrong_content(bench, operation)


def _no_token(bench: Bench, operation: Operation) -> Iterator[Script]:
    family = "security.no-token"
    if not bench.drafter.wanted(family, operation.id):
        return
    for call in bench.calls[operation.id][:2]:
        step = changed(call.call, authorization="", role=None)
        text = {"ja": "トークンなし", "en": "no token"}
        checks = bench.drafter.checks(family, operation.id, step.id, exact((401,), text))
        yield bench.drafter.script(family, f"{operation.id} without a token", call, (step,), checks)
    for title, headers in _CLAIMED.items():
        call = bench.call(operation)
        step = changed(call.call, authorization="", role=None, headers=(*call.call.headers, *headers))
        steps, before = _visited(operation, call.call) if "Cookie" in title else ((), ())
        text = {"ja": f"トークンなし({title})", "en": f"no token, but {title}"}
        checks = (*before, *bench.drafter.checks(family, operation.id, step.id, exact((401,), text)))
        yield bench.drafter.script(
            family, f"{operation.id} without a token, with {title}", call, (*steps, step), checks
        )


def _visited(operation: Operation, step: Step) -> tuple[tuple[Step, ...], tuple[Check, ...]]:
    """For a read, the read itself with its token first: its answer may begin a session, which is no token."""
    if operation.method != "GET":
        return (), ()
    first = changed(step, id=f"{step.id}-before", outputs={})
    done = {"condition": "$statusCode >= 200 && $statusCode < 300"}
    return (first,), (Check(first.id, "criterion", done),)


def _wrong_tokens(bench: Bench, operation: Operation) -> Iterator[Script]:
    family = "security.invalid-token"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    role = call.call.role or "none"
    right = {"$token": role}
    variants = {
        "unknown": "Bearer not-a-token-of-this-system",
        "empty": "Bearer ",
        "unsigned": f"Bearer {_FORGED}",
        "tampered": {"$join": ["Bearer ", {"$apply": "tampered", "to": right}]},
        "another scheme": {"$join": ["Basic ", right]},
        "no scheme": right,
        "one sign too many": {"$join": ["Bearer ", right, "A"]},
        "broken off": {"$join": ["Bearer ", {"$apply": "broken-off", "to": right}]},
        "other letter case": {"$join": ["Bearer ", {"$apply": "swapcase", "to": right}]},
        "twice": {"$join": ["Bearer ", right, " ", right]},
    }
    for name, value in variants.items():
        step = changed(call.call, authorization=value)
        text = {"ja": f"無効なトークン({name})", "en": f"an invalid token ({name})"}
        checks = bench.drafter.checks(family, operation.id, step.id, exact((401,), text))
        yield bench.drafter.script(family, f"{operation.id} with a token: {name}", call, (step,), checks)


def _token_in_query(bench: Bench, operation: Operation) -> Iterator[Script]:
    family = "security.token-in-query"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    step = with_query(changed(call.call, authorization=""), "access_token", {"$token": call.call.role or "none"})
    # Who does not ask for a token refuses the undeclared parameter (400), and not for want of a token.
    text = {"ja": "URLに置かれたトークン", "en": "a token in the URL"}
    checks = bench.drafter.checks(family, operation.id, step.id, exact((401, 400), text))
    yield bench.drafter.script(family, f"{operation.id} with a token in the URL", call, (step,), checks)


def _token_elsewhere(bench: Bench, operation: Operation) -> Iterator[Script]:
    """A valid token in cookies and in other fields: it counts in `Authorization` alone."""
    family = "security.token-elsewhere"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    token: dict[str, Any] = {"$token": call.call.role or "none"}
    bearer = {"$join": ["Bearer ", token]}
    others = (
        ("X-Access-Token", token),
        ("X-Auth-Token", token),
        ("X-Authorization", bearer),
        ("Proxy-Authorization", bearer),
        ("Cookie", {"$join": ["access_token=", token, "; token=", token]}),
    )
    step = changed(call.call, authorization="", role=None, headers=(*call.call.headers, *others))
    text = {"ja": "他のヘッダー又はCookieに置かれたトークン", "en": "a token in other header fields and cookies"}
    checks = bench.drafter.checks(family, operation.id, step.id, exact((401,), text))
    yield bench.drafter.script(family, f"{operation.id} with {text['en']}", call, (step,), checks)


def _scheme(bench: Bench, operation: Operation) -> Iterator[Script]:
    """The scheme of the credentials in small letters (RFC 9110, 11.1: letter case means nothing in it)."""
    family = "security.sufficient-scope"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    step = changed(call.call, authorization={"$join": ["bearer ", {"$token": call.call.role or "none"}]})
    text = {"ja": "小文字で書いた方式bearer", "en": "the scheme bearer in small letters"}
    checks = bench.drafter.checks(family, operation.id, step.id, acceptance(text))
    yield bench.drafter.script(family, f"{operation.id} with {text['en']}", call, (step,), checks)


def _roles(bench: Bench, operation: Operation) -> Iterator[Script]:
    needed = set(operation.scopes)
    for role, scopes in bench.service.roles.items():
        allowed = needed <= set(scopes)
        family = "security.sufficient-scope" if allowed else "security.insufficient-scope"
        if not bench.drafter.wanted(family, operation.id):
            continue
        for call in bench.calls[operation.id][:2]:
            step = changed(call.call, role=role)
            call = as_owner(call, role) if allowed and operation.raw.get("x-owned") else call
            text = {"ja": f"役割 {role}", "en": f"the role {role}"}
            expected = acceptance(text) if allowed else exact((403,), text)
            checks = bench.drafter.checks(family, operation.id, step.id, expected)
            yield bench.drafter.script(family, f"{operation.id} as {role}", call, (step,), checks)


def _narrowed(bench: Bench, operation: Operation) -> Iterator[Script]:
    """A token of the right client that holds another scope of its role alone: what the token holds counts.

    One scope for all, as far as it goes, so that few tokens are asked for; of another service only where there is none
    of this one, because a token endpoint may know those of its own services alone.
    """
    family = "security.narrowed-scope"
    if not bench.drafter.wanted(family, operation.id):
        return
    call = bench.first(operation)
    scope = other_scope(bench, operation, call)
    if scope is None or not operation.scopes:
        return
    step = changed(call.call, token=(scope,))
    text = {"ja": f"スコープが{scope}だけのトークン", "en": f"a token of the scope {scope} alone"}
    checks = bench.drafter.checks(family, operation.id, step.id, exact((403,), text))
    first = tuple(check for check in checks if check.rule == "refused")
    # A token that is not known any more says nothing of scopes: that it should be has a requirement of its own.
    known = Check(step.id, "not-status", {"forbidden": [401], "about": text})
    rest = tuple(check for check in checks if check not in first)
    yield bench.drafter.script(family, f"{operation.id} with {text['en']}", call, (step,), (*first, known, *rest))
    yield from _enough(bench, operation, call)


def other_scope(bench: Bench, operation: Operation, call: ValidCall) -> str | None:
    """A scope of the caller's role that the operation does not require, of this service where there is one."""
    here = {scope for each in bench.operations() for scope in each.scopes}
    others = [scope for scope in bench.service.roles.get(call.call.role or "", ()) if scope not in operation.scopes]
    return min(others, key=lambda name: name not in here, default=None)


def _enough(bench: Bench, operation: Operation, call: ValidCall) -> Iterator[Script]:
    """A token of the right client that holds the scopes of the operation alone is enough, whatever its role has."""
    family = "security.sufficient-scope"
    if not bench.drafter.wanted(family, operation.id):
        return
    step = changed(call.call, token=tuple(operation.scopes))
    text = {"ja": "操作のスコープだけのトークン", "en": "a token of the operation's scopes alone"}
    checks = bench.drafter.checks(family, operation.id, step.id, acceptance(text))
    known = Check(step.id, "not-status", {"forbidden": [401], "about": text})
    yield bench.drafter.script(family, f"{operation.id} with {text['en']}", call, (step,), (known, *checks))


def _unknown_ids(bench: Bench, operation: Operation) -> Iterator[Script]:
    """Where the path names a thing that does not exist, a caller without the scope is not told so."""
    family = "security.unknown-id"
    names = [parameter.name for parameter in operation.parameters if parameter.place == "path"]
    if not names or not bench.drafter.wanted(family, operation.id):
        return
    call = alone(bench.first(operation))
    step = changed(call.call, path_params={name: {"$fresh": "uuid", "key": f"unknown {name}"} for name in names})
    if_match = any(name.lower() == "if-match" for name, _ in step.headers)
    step = with_header(step, "If-Match", "*") if if_match else step
    step = changed(step, query=tuple((name, value) for name, value in step.query if not refers(value)))
    step = changed(step, body=_ANYTHING) if operation.body else step
    for role, scopes in bench.service.roles.items():
        if set(operation.scopes) <= set(scopes):
            continue
        text = {
            "ja": f"権限のない役割 {role} と存在しないid",
            "en": f"an unknown id, the role {role} without the scope",
        }
        checks = bench.drafter.checks(family, operation.id, step.id, exact((403,), text))
        wrong = changed(step, role=role)
        yield bench.drafter.script(family, f"{operation.id} of an unknown id as {role}", call, (wrong,), checks)


_ANYTHING: dict[str, Any] = {"undeclared_property": 1}
"""A content that no closed schema takes."""
_WRONG_CONTENTS: dict[str, Any] = {
    "no member": {},
    "an undeclared property": _ANYTHING,
    "malformed JSON": {"$bytes": base64.b64encode(b'{"a":').decode("ascii")},
}


def _wrong_content(bench: Bench, operation: Operation) -> Iterator[Script]:
    """Who does not say who they are, or may not do it, is not told what is wrong with what they sent."""
    if not operation.body:
        return
    call = alone(bench.first(operation))
    fresh = {name: {"$fresh": "uuid", "key": f"unknown {name}"} for name in call.call.path_params}
    headers = tuple(item for item in call.call.headers if item[0].lower() != "if-match")
    unable = next((r for r, scopes in bench.service.roles.items() if not set(operation.scopes) <= set(scopes)), None)
    callers: list[tuple[str, str | None, int, str, str]] = [
        ("security.wrong-content", None, 401, "認証情報がなく", "no credentials")
    ]
    if unable is not None:
        callers.append(("security.scope-before-content", unable, 403, f"役割 {unable} で", f"the role {unable}"))
    for family, role, status, ja, en in callers:
        if not bench.drafter.wanted(family, operation.id):
            continue
        for title, body in _WRONG_CONTENTS.items():
            step = changed(
                call.call,
                body=body,
                path_params=fresh,
                headers=headers,
                authorization=None if role else "",
                role=role,
                media_type=next(iter(operation.body)),
            )
            text = {"ja": f"{ja}、本文が不正({title})", "en": f"{en} and a wrong body ({title})"}
            checks = bench.drafter.checks(family, operation.id, step.id, exact((status,), text))
            yield bench.drafter.script(family, f"{operation.id} by {en}: {title}", call, (step,), checks)
