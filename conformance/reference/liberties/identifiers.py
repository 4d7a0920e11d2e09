"""Identifiers, entity tags and tokens of another shape."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from uuid import UUID

from conformance.reference.calls import Answer, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace, rewrite

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("uuids")
def uuids(reference: Reference) -> None:
    """Ids are UUIDs."""
    _shaped(reference, lambda raw: str(UUID(bytes=raw[:16], version=4)))


@LIBERTIES.add("capital-ids")
def capital_ids(reference: Reference) -> None:
    """Ids are in capitals and digits, as ULIDs are."""
    _shaped(reference, lambda raw: base64.b32encode(raw[:15]).decode("ascii"))


@LIBERTIES.add("long-numeric-ids")
def long_numeric_ids(reference: Reference) -> None:
    """Ids are numbers of 48 digits."""
    _shaped(reference, lambda raw: str(int.from_bytes(raw)).zfill(49)[-48:])


@LIBERTIES.add("numeric-ids-of-eighteen-digits")
def numeric_ids(reference: Reference) -> None:
    """Ids are numbers of eighteen digits, as those of distributed counters are."""
    _shaped(reference, lambda raw: str(10**17 + int.from_bytes(raw[:8]) % (9 * 10**17)))


@LIBERTIES.add("numeric-ids-of-twelve-digits")
def short_numeric_ids(reference: Reference) -> None:
    """Ids are numbers of twelve digits, as long as an Individual Number."""
    _shaped(reference, lambda raw: str(10**11 + int.from_bytes(raw[:8]) % (9 * 10**11)))


@LIBERTIES.add("ids-with-every-character")
def ids_with_every_character(reference: Reference) -> None:
    """Ids are of the greatest length and hold every character that is allowed beside letters and digits."""
    _shaped(
        reference, lambda raw: "R.-_~..--" + base64.urlsafe_b64encode(raw * 3).decode("ascii").strip("=")[:54] + "~"
    )


@LIBERTIES.add("ids-that-differ-in-case")
def ids_that_differ_in_case(reference: Reference) -> None:
    """Ids are letters of both cases, and end in a dot."""
    _shaped(reference, lambda raw: f"r{_base64(raw)}.")


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").strip("=")


def _shaped(reference: Reference, written: Method) -> None:
    """Writes ids by a function, also those of the residents who are there from the start."""
    replace(reference.ids, "written", lambda _: written)
    reference.reset()


@LIBERTIES.add("tags-of-every-character")
def tags_of_every_character(reference: Reference) -> None:
    """Entity tags are as long as may be, and hold commas, backslashes, asterisks and what looks like other tags."""
    _tagged(
        reference, lambda tag: ('"W/,*\\' + "'" + tag.strip('"') + ",!#$%&()+-./:;<=>?@[]^`{|}~").ljust(128, "x") + '"'
    )


@LIBERTIES.add("short-tags")
def short_tags(reference: Reference) -> None:
    """Entity tags are numbers of a few digits, as versions are."""
    known: dict[str, str] = {}
    _tagged(reference, lambda tag: known.setdefault(tag, f'"{len(known)}"'))


def _tagged(reference: Reference, shape: Method) -> None:
    """Has entity tags go out in a shape that a function gives them, and compared in it."""

    def shaped(request: Request, answer: Answer) -> Answer:
        answer.headers = [(name, shape(value) if name == "ETag" else value) for name, value in answer.headers]
        return answer

    def make(matches: Method) -> Method:
        def compared(field: str, current: str | None, *, strong: bool) -> bool:
            return bool(matches(field, None if current is None else shape(current), strong=strong))

        return compared

    rewrite(reference, shaped)
    replace(reference.pipeline.preconditions, "matches", make)


@LIBERTIES.add("long-tokens")
def long_tokens(reference: Reference) -> None:
    """Access tokens have 3,000 characters, of every kind that RFC 6750 allows."""

    def make(issue: Method) -> Method:
        def long(client: Any, scopes: frozenset[str]) -> str:
            token = str(issue(client, scopes))
            grants = reference.tokens._grants
            grants[f"-._~+/{token.ljust(2992, 'z')}=="] = grants.pop(token)
            return f"-._~+/{token.ljust(2992, 'z')}=="

        return long

    replace(reference.tokens, "issue", make)


@LIBERTIES.add("tokens-for-a-short-time")
def tokens_for_a_short_time(reference: Reference) -> None:
    """Access tokens last for five seconds."""
    reference.tokens.lifetime = 5


@LIBERTIES.add("bare-token-answer")
def bare_token_answer(reference: Reference) -> None:
    """The token endpoint tells nothing that it need not: no lifetime, no scope; and writes the type in lower case."""

    def make(grant: Method) -> Method:
        def bare(request: Request, form: Any) -> dict[str, Any]:
            return {"access_token": grant(request, form)["access_token"], "token_type": "bearer"}

        return bare

    replace(reference.token_endpoint, "grant", make)


@LIBERTIES.add("talkative-token-answer")
def talkative_token_answer(reference: Reference) -> None:
    """The token endpoint tells more than it need, which a client ignores (RFC 6749, 5.1)."""

    def make(grant: Method) -> Method:
        def more(request: Request, form: Any) -> dict[str, Any]:
            return {**grant(request, form), "issued_token_type": "x", "ext_expires_in": 7200, "claims": {"a": [None]}}

        return more

    replace(reference.token_endpoint, "grant", make)
