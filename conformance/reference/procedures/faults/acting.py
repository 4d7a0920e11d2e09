"""What several faults of procedures need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.planting import revise
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def _service(reference: Reference) -> Procedures:
    return reference.the(Procedures)


def _alter(part: object, method: str, change: Any) -> None:
    revise(part, method, lambda original: lambda *given: change(original(*given), *given))
