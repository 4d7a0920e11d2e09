"""Which access tokens the token endpoint issues: a second one of a client, or one of narrower scope, is its choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.calls import Request
from conformance.reference.clients import Client
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.oauth import Form, OAuthError
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("one-token-until-it-expires")
def one_token_until_it_expires(reference: Reference) -> None:
    """A client that asks again is given the token that it has, until that one expires."""
    tokens = reference.tokens
    issued: dict[tuple[str, frozenset[str]], tuple[str, int]] = {}

    def make(issue: Method) -> Method:
        def again(client: Client, scopes: frozenset[str]) -> str:
            now = tokens.clock.micros() // 1_000_000
            token, until = issued.get((client.id, scopes), ("", 0))
            # A clock that was set back must not give a token that is no longer known as one in force.
            if not now < until <= now + tokens.lifetime:
                token, until = issue(client, scopes), now + tokens.lifetime
                issued[client.id, scopes] = token, until
            return token

        return again

    replace(tokens, "issue", make)


@LIBERTIES.add("no-other-token-while-one-lasts")
def no_other_token_while_one_lasts(reference: Reference) -> None:
    """A client that has a token is refused another one, until that one has expired."""
    tokens = reference.tokens
    lasting: dict[str, int] = {}

    def make(issue: Method) -> Method:
        def once(client: Client, scopes: frozenset[str]) -> str:
            now = tokens.clock.micros() // 1_000_000
            if now < lasting.get(client.id, 0) <= now + tokens.lifetime:
                raise OAuthError("invalid_request")
            lasting[client.id] = now + tokens.lifetime
            token: str = issue(client, scopes)
            return token

        return once

    replace(tokens, "issue", make)


@LIBERTIES.add("no-narrower-tokens")
def no_narrower_tokens(reference: Reference) -> None:
    """A client that asks for some of its scopes is given all of them, and told so."""
    given: dict[str, frozenset[str]] = {}

    def issuing(issue: Method) -> Method:
        def widely(client: Client, _: frozenset[str]) -> str:
            token: str = issue(client, client.scopes)
            given[token] = client.scopes
            return token

        return widely

    def granting(grant: Method) -> Method:
        def told(request: Request, form: Form) -> dict[str, str | int]:
            answer = grant(request, form)
            return {**answer, "scope": " ".join(sorted(given.pop(answer["access_token"])))}

        return told

    replace(reference.tokens, "issue", issuing)
    replace(reference.token_endpoint, "grant", granting)


@LIBERTIES.add("narrower-tokens-refused")
def narrower_tokens_refused(reference: Reference) -> None:
    """A client that asks for some of its scopes alone is refused."""

    def make(issue: Method) -> Method:
        def whole(client: Client, scopes: frozenset[str]) -> str:
            if scopes != client.scopes:
                raise OAuthError("invalid_scope")
            return issue(client, scopes)  # type: ignore[no-any-return]

        return whole

    replace(reference.tokens, "issue", make)


@LIBERTIES.add("scopes-untold")
def scopes_untold(reference: Reference) -> None:
    """The answer of the token endpoint does not name scopes, as these are just what was asked for."""

    def make(grant: Method) -> Method:
        def silent(request: Request, form: Form) -> dict[str, str | int]:
            return {name: value for name, value in grant(request, form).items() if name != "scope"}

        return silent

    replace(reference.token_endpoint, "grant", make)


@LIBERTIES.add("token-good-for-a-moment-more")
def token_good_for_a_moment_more(reference: Reference) -> None:
    """A token is still good for a minute after its end, as clocks differ."""

    def make(expired: Method) -> Method:
        return lambda grant: expired(grant) and reference.clock.micros() // 1_000_000 >= grant.expires + 60

    replace(reference.tokens, "expired", make)


@LIBERTIES.add("tokens-for-a-month")
def tokens_for_a_month(reference: Reference) -> None:
    """Access tokens last for thirty days, as the token endpoint tells."""
    reference.tokens.lifetime = 30 * 86_400


@LIBERTIES.add("what-is-left-of-a-token-told")
def what_is_left_of_a_token_told(reference: Reference) -> None:
    """A client that asks again is given the token that it has, and told for how long it is still good."""
    tokens = reference.tokens
    issued: dict[str, tuple[str, int]] = {}

    def make(grant: Method) -> Method:
        def again(request: Request, form: Form) -> dict[str, str | int]:
            answer = grant(request, form)
            caller = tokens._grants[answer["access_token"]].caller
            key = f"{caller.client} {form.get('scope')}"
            now = tokens.clock.micros() // 1_000_000
            token, until = issued.get(key, ("", 0))
            # A clock that was set back must not give a token that is no longer known as one in force.
            if not now < until <= now + tokens.lifetime:
                token, until = answer["access_token"], now + tokens.lifetime
                issued[key] = token, until
            return {**answer, "access_token": token, "expires_in": until - now}

        return again

    replace(reference.token_endpoint, "grant", make)
