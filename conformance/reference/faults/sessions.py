"""Faults of tokens as sessions: what a browser or a database makes of them."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from conformance.reference.calls import Answer, Caller, Request
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, revise, rewrite
from conformance.reference.tokens import Grant

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_COOKIE: Final = "session="


def _session(token: str) -> str:
    return blake2b(token.encode(), digest_size=16).hexdigest()


@FAULTS.add("session-cookie-in-place-of-a-token", "COM-SEC-001")
def session_cookie_in_place_of_a_token(reference: Reference) -> None:
    """The answer to a read begins a session, by whose cookie further requests are served without a token."""
    tokens = reference.tokens

    def begin(request: Request, answer: Answer) -> Answer:
        lines = request.all("authorization")
        if request.method != "GET" or answer.status != 200 or len(lines) != 1:
            return answer
        field = f"{_COOKIE}{_session(lines[0].split()[-1])}; Path=/; HttpOnly; SameSite=Strict"
        return Answer(
            answer.status, answer.body, [*answer.headers, ("Set-Cookie", field)], answer.media_type, answer.names
        )

    def make(caller: Method) -> Method:
        def by_session(request: Request) -> Caller:
            cookies = [c.strip() for line in request.all("cookie") for c in line.split(";")]
            asked = {c.removeprefix(_COOKIE) for c in cookies if c.startswith(_COOKIE)}
            if asked and not request.all("authorization"):
                for token, grant in tokens._grants.items():
                    if _session(token) in asked and not tokens.expired(grant):
                        return grant.caller
            found: Caller = caller(request)
            return found

        return by_session

    rewrite(reference, begin)
    revise(tokens, "caller", make)


@FAULTS.add("token-prolonged-by-its-use", "COM-SEC-011")
def token_prolonged_by_its_use(reference: Reference) -> None:
    """A token lasts for its lifetime from its last use on, and not from its issue on."""
    clock, used = reference.clock, dict[int, tuple[Grant, int]]()

    def make(expired: Method) -> Method:
        def prolonged(grant: Grant) -> bool:
            now = clock.micros() // 1_000_000
            last = used.get(id(grant), (grant, grant.expires - reference.tokens.lifetime))[1]
            over = bool(expired(grant)) and now >= last + reference.tokens.lifetime
            if not over:
                used[id(grant)] = (grant, now)
            return over

        return prolonged

    revise(reference.tokens, "expired", make)
