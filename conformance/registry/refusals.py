"""Why the registry does not do what it was asked. Each is told to the caller as a problem document (RFC 9457).

| what | refusal |
|---|---|
| nobody is known by the token | `UnauthenticatedError` |
| the role may not do it | `ForbiddenError` |
| it is not there, or not for this caller to see: the two look alike | `NotFoundError` |
| the state does not allow it, or somebody was faster | `ConflictError` |
| what was sent does not fit | `InvalidError` |
| what was sent is more than is taken | `TooLargeError` |
| the disk or the caller's share of it is full | `NoRoomError` |
| it cannot be done just now, or not on this machine as it is | `UnavailableError` |
"""

from __future__ import annotations

from typing import ClassVar

from conformance.errors import SuiteError


class RegistryError(SuiteError):
    """A refusal, with the status and code that the API answers with."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"


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
