"""How strictly base64 is read."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("unused-bits-refused")
def unused_bits_refused(reference: Reference) -> None:
    """Base64 of a signature whose unused last bits are not zero is refused (RFC 4648, 3.5)."""

    def make(bytes_of: Method) -> Method:
        def strict(text: str) -> bytes | None:
            found: bytes | None = bytes_of(text)
            return found if found is not None and base64.b64encode(found).decode("ascii") == text else None

        return strict

    replace(reference.the(Procedures).signatures, "bytes_of", make)
