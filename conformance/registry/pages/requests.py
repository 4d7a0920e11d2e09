"""Out of an HTTP request: the language, the session, and a form, if it comes from one of our own pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from conformance.model import Text
from conformance.registry.office import Office
from conformance.registry.pages import sessions
from conformance.registry.pages.visits import LANGUAGES
from conformance.registry.refusals import ForbiddenError, InvalidError, MediaTypeError, TooLargeError

_LONGEST: Final = 256 * 1024
_FIELDS: Final = 200
_FORM: Final = "application/x-www-form-urlencoded"
LANGUAGE: Final = "language"
_AGAIN: Final = Text(
    "ページを開き直し、そのページのフォームから送信してください。", "open the page again, and send the form from there"
)


class ForeignFormError(ForbiddenError):
    """A form that was not sent from one of our pages in this session."""

    code: ClassVar[str] = "foreign_form"


def secure(office: Office) -> bool:
    """Whether visitors reach us by https, so that cookies never go another way."""
    return urlsplit(office.url).scheme == "https"


def cookie_name(office: Office) -> str:
    """Of the session. With the prefix a browser takes it from this very host by https only (RFC 6265bis)."""
    return "__Host-session" if secure(office) else "session"


def session_of(office: Office, request: Request) -> str | None:
    """What the browser says its session is; nobody has looked at it yet."""
    return request.cookies.get(cookie_name(office)) or None


def language(request: Request) -> str:
    """What was asked for, else what was chosen before, else what the browser prefers, else Japanese."""
    for told in (request.query_params.get("lang"), request.cookies.get(LANGUAGE)):
        if told in LANGUAGES:
            return str(told)
    preferred = sorted(map(_preference, request.headers.get("accept-language", "").split(",")), reverse=True)
    return next((name for weight, name in preferred if name in LANGUAGES and weight > 0), "ja")


def _preference(told: str) -> tuple[float, str]:
    name, _, weight = told.strip().partition(";")
    try:
        found = float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        found = 0.0
    return found, name.strip()[:2].lower()


async def form_of(office: Office, request: Request) -> dict[str, str]:
    """The fields of a form of ours. Raises `ForeignFormError`, `MediaTypeError`, `TooLargeError`, `InvalidError`."""
    _from_here(office, request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise MediaTypeError(Text("フォームの形式ではありません。", "is no form"), next_step=_AGAIN)
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > _LONGEST:
            raise TooLargeError(
                Text(f"フォームの内容が{_LONGEST}バイトを超えています。", f"the form is longer than {_LONGEST} bytes"),
                next_step=Text("短くしてください。", "write less"),
            )
    try:
        pairs = parse_qsl(
            content.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict", encoding="utf-8"
        )
    except ValueError:
        raise InvalidError(
            Text("フォームの内容を読み取れません。", "the form cannot be read"), next_step=_AGAIN
        ) from None
    if len({name for name, _ in pairs}) != len(pairs):
        raise InvalidError(
            Text("フォームに同じ項目が2回あります。", "a field of the form is there twice"), next_step=_AGAIN
        )
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def _from_here(office: Office, request: Request) -> None:
    """Refuse what another site's page sends. Every browser of today says with a form where it comes from.

    Where visitors come by https, that is the office's own address and nothing else: a page that somebody put into a
    plain connection bears the same host.
    """
    told = request.headers.getlist("origin")
    origin = urlsplit(told[0]) if len(told) == 1 else None
    own = urlsplit(office.url)
    here = origin is not None and (
        (origin.scheme, origin.netloc) == (own.scheme, own.netloc)
        or (not secure(office) and origin.scheme == "http" and origin.netloc == request.headers.get("host"))
    )
    if not here or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise ForeignFormError(
            Text("この登録簿から送信されたフォームではありません。", "the form does not come from this registry"),
            next_step=_AGAIN,
        )


def of_session(session: str, form: Mapping[str, str]) -> None:
    """Raise `ForeignFormError` for a form that does not bear the token of the session."""
    if not sessions.bears(session, form.get("form_token", "")):
        raise ForeignFormError(
            Text("別のサインインで開いたページのフォームです。", "the form is of another session"), next_step=_AGAIN
        )


def local(address: str) -> str:
    """An address within this registry, as where to go after signing in; the start page for any other."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\", "/v1/", "/sign-"))
    return address if plain and address.isprintable() and "\\" not in address else "/"
