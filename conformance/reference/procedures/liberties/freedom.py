"""What the document of the procedures leaves open."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.procedures.records import Application
from conformance.reference.procedures.service import Procedures

if TYPE_CHECKING:
    from conformance.reference.application import Reference


Json = dict[str, Any]


@LIBERTIES.add("received-a-little-before")
def received_a_little_before(reference: Reference) -> None:
    """`received_at` is a little before the moment of the event."""
    submissions, lifecycle = reference.the(Procedures).submissions, reference.the(Procedures).lifecycle

    def make(moment: Method) -> Method:
        return lambda now, last: max(reference.clock.micros(), moment(now, last))

    replace(lifecycle, "moment", make)

    def receiving(receipt: Method) -> Method:
        def earlier(call: Call, application: Application) -> Json:
            found: Json = receipt(call, application)
            return {**found, "received_at": found["received_at"] - 300} if "received_at" in found else found

        return earlier

    replace(submissions, "receipt", receiving)


@LIBERTIES.add("procedures-examined-from-the-back")
def procedures_examined_from_the_back(reference: Reference) -> None:
    """A procedure is examined from the back: its use, its names, its window; an attachment by its digest first."""
    service = reference.the(Procedures)
    catalogue, attachments = service.catalogue, service.attachments

    def make(check_window: Method) -> Method:
        def last(procedure: Any) -> None:
            before = service.store.procedures.get(procedure.code)
            if before is not None:
                catalogue.check_use(before, procedure)
            catalogue.check_names(procedure)
            check_window(procedure)

        return last

    def attaching(put: Method) -> Method:
        def digest_first(call: Call) -> Answer:
            attachments.check_digest(call)
            answer: Answer = put(call)
            return answer

        return digest_first

    replace(catalogue, "check_window", make)
    replace(attachments, "put", attaching)


@LIBERTIES.add("decided-a-little-before")
def decided_a_little_before(reference: Reference) -> None:
    """`decided_at` of a decision is a little before the moment of its event."""
    reviews, lifecycle = reference.the(Procedures).reviews, reference.the(Procedures).lifecycle

    def make(moment: Method) -> Method:
        return lambda now, last: max(reference.clock.micros(), moment(now, last))

    replace(lifecycle, "moment", make)

    def deciding(decision: Method) -> Method:
        def earlier(*arguments: Any) -> Any:
            found = decision(*arguments)
            return dataclasses.replace(found, decided_at=found.decided_at - 1)

        return earlier

    replace(reviews, "decision", deciding)
