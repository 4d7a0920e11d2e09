"""Why the registry does not do what it was asked. Each is told to the caller as a problem document (RFC 9457).

Each says in both languages what is wrong and what to do: pages show the one of their reader, documents and the command
line the English one.

| what | refusal |
|---|---|
| nobody is known by the token | `UnauthenticatedError` |
| the role may not do it | `ForbiddenError` |
| it is not there, or not for this caller to see: the two look alike | `NotFoundError` |
| the state does not allow it, or somebody was faster | `ConflictError` |
| the request is not as the document has it | `MalformedError`, `MediaTypeError`, `MalformedJsonError` |
| what was sent does not fit | `InvalidError` |
| what was sent is more than is taken | `TooLargeError` |
| the disk or the caller's share of it is full | `NoRoomError` |
| it cannot be done just now, or not on this machine as it is | `UnavailableError` |
"""

from __future__ import annotations

from typing import ClassVar, Final

from conformance.errors import SuiteError
from conformance.model import Text


class RegistryError(SuiteError):
    """A refusal, with the status and code that the API answers with."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, what: Text, *, where: str = "", next_step: Text | None = None) -> None:
        super().__init__(what.en, where=where, next_step=next_step.en if next_step else "")
        self.text = what
        self.remedy = next_step


class UnauthenticatedError(RegistryError):
    """No account is known by what was presented."""

    status = 401
    code = "unauthenticated"


class ForbiddenError(RegistryError):
    """The role of the account may not do this."""

    status = 403
    code = "forbidden"


class NotFoundError(RegistryError):
    """There is no such thing, as far as this account may know."""

    status = 404
    code = "not_found"


class ConflictError(RegistryError):
    """The present state does not allow it."""

    status = 409
    code = "conflict"


class MalformedError(RegistryError):
    """A request that does not fit the document."""

    status = 400
    code = "invalid_request"


class MalformedJsonError(MalformedError):
    """A content that is to be JSON and is none."""

    code = "malformed_json"


class MediaTypeError(MalformedError):
    """A content of another kind than is taken."""

    status = 415
    code = "unsupported_media_type"


class TooLargeError(RegistryError):
    """More than is taken."""

    status = 413
    code = "payload_too_large"


class InvalidError(RegistryError):
    """A value does not fit."""

    status = 422
    code = "unprocessable"


class NoRoomError(RegistryError):
    """Nothing more is taken now: what is kept must stay bounded."""

    status = 507
    code = "insufficient_storage"


class UnavailableError(RegistryError):
    """It cannot be done now; later, or once the operator has done the next step, it can."""

    status = 503
    code = "service_unavailable"


def none_such(ja: str, en: str, plural: str = "") -> NotFoundError:
    """The refusal for one of the things that there is a list of, with the words for them."""
    return NotFoundError(
        Text(f"該当する{ja}がないか、閲覧できません。", f"there is no such {en}"),
        next_step=Text(f"{ja}の一覧で確認してください。", f"look it up in the list of {plural or f'{en}s'}"),
    )


READ_AGAIN: Final = Text("最新の状態を確認し、改めて判断してください。", "read it again, and decide on what it is now")
"""The next step where the state is not, or no longer, what somebody took it for."""
AGAIN_LATER: Final = Text("しばらくしてからもう一度お試しください。", "try again in a while")
"""The next step where nothing but time is needed."""
