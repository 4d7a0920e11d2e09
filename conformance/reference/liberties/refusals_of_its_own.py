"""What a conforming system may do when it refuses: wording, places, keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Request
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace, rewrite
from conformance.reference.problems import Problem

if TYPE_CHECKING:
    from conformance.reference.application import Reference


Document = dict[str, Any]


@LIBERTIES.add("unknown-members-by-their-object")
def unknown_members_by_their_object(reference: Reference) -> None:
    """A member that the document does not have is named by the object that has it, as a JSON Schema validator does."""

    def lacking(error: Document) -> Document:
        if error["code"] == "unknown" and "pointer" in error:
            return {**error, "pointer": error["pointer"].rpartition("/")[0]}
        return error

    _errors(reference, lacking)


@LIBERTIES.add("help-in-details")
def help_in_details(reference: Reference) -> None:
    """The detail of a problem names the page on which it is explained, and whom to call."""

    def helpful(request: Request, answer: Answer) -> Answer:
        if answer.media_type == "application/problem+json":
            page = "https://help.registry.example/guide/problems.php?lang=ja"
            answer.body = {**answer.body, "detail": f"詳しくは {page} を御覧ください。電話 03-0000-0000"}
        return answer

    rewrite(reference, helpful)


@LIBERTIES.add("refusals-bind-their-keys")
def refusals_bind_their_keys(reference: Reference) -> None:
    """A refusal by a business rule is kept with its key, so that another content under it is 422 afterwards."""
    refused: dict[tuple[str, ...], tuple[object, Problem]] = {}

    def performing(perform: Method) -> Method:
        def kept(handler: Any, call: Call) -> Answer:
            if call.key is None:
                return perform(handler, call)  # type: ignore[no-any-return]
            store = reference.idempotency
            place, asked = store.place(call), (store.thing(call), store.digest(call))
            if place in refused:
                store.abandon(call)
                if refused[place][0] != asked:
                    raise Problem(422, "idempotency_key_reused")
                raise refused[place][1]
            try:
                return perform(handler, call)  # type: ignore[no-any-return]
            except Problem as problem:
                if not call.withheld:
                    refused[place] = asked, problem
                raise

        return kept

    replace(reference.pipeline, "perform", performing)


@LIBERTIES.add("all-refusals-kept")
def all_refusals_kept(reference: Reference) -> None:
    """Whatever a POST was answered with from 400 on, but for want of access, is given again to the same request."""
    refused: dict[tuple[object, ...], Problem] = {}

    def make(carry_out: Method) -> Method:
        def kept(service: Any, call: Call) -> Answer:
            if call.key is None:
                return carry_out(service, call)  # type: ignore[no-any-return]
            store = reference.idempotency
            place = (*store.place(call), *store.thing(call), store.digest(call))
            if place in refused:
                raise refused[place]
            try:
                return carry_out(service, call)  # type: ignore[no-any-return]
            except Problem as problem:
                if not call.withheld:
                    refused[place] = problem
                raise

        return kept

    replace(reference.pipeline, "carry_out", make)


def _errors(reference: Reference, change: Callable[[Document], Document]) -> None:
    def changed(request: Request, answer: Answer) -> Answer:
        if answer.media_type == "application/problem+json" and "errors" in answer.body:
            answer.body = {**answer.body, "errors": [change(error) for error in answer.body["errors"]]}
        return answer

    rewrite(reference, changed)
