"""How an action is made to lead elsewhere, or to be refused with another code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.planting import Method, revise
from conformance.reference.problems import Problem, conflict
from conformance.reference.procedures.records import RETURNED, Application
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


def way(reference: Reference, ways: dict[tuple[str, str], str | None]) -> None:
    """These actions lead to other statuses; None: they are not possible.

    Where they lead out of a return, its reason goes as it does with a correction: the way is the fault, not what is
    shown at its end.
    """
    lifecycle = reference.the(Procedures).lifecycle

    def make(after: Method) -> Method:
        def other(status: str, action: str) -> str | None:
            found: str | None = after(status, action)
            return ways.get((status, action), found)

        return other

    def making(advance: Method) -> Method:
        def advanced(call: Call, application: Application, status: str, detail: str | None, **changed: Any) -> Any:
            if application.status == RETURNED != status:
                changed = {"return_reason": None, **changed}
            return advance(call, application, status, detail, **changed)

        return advanced

    revise(lifecycle, "after", make)
    revise(lifecycle, "advance", making)


def code_of(reference: Reference, status: str, action: str, code: str) -> None:
    """One action in one status is refused with another code."""

    def make(check: Method) -> Method:
        def other(application: Application, wanted: str) -> str:
            try:
                found: str = check(application, wanted)
            except Problem:
                if (application.status, wanted) == (status, action):
                    raise conflict(code, "この状態ではできません / Not possible in this status") from None
                raise
            return found

        return other

    revise(reference.the(Procedures).lifecycle, "check", make)
