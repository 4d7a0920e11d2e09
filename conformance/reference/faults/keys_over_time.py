"""Faults of what all services share: idempotency."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call
from conformance.reference.faults.registry import FAULTS
from conformance.reference.planting import Method, replace

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@FAULTS.add("keys-of-the-last-hundred", "COM-IDM-003")
def keys_of_the_last_hundred(reference: Reference) -> None:
    """Of each client the last hundred keys are kept, however short ago the others were used."""
    used: dict[str, OrderedDict[Any, None]] = {}

    def make(begin: Method) -> Method:
        def begun(call: Call) -> Answer | None:
            place = reference.idempotency.place(call)
            keys = used.setdefault(call.caller.client, OrderedDict())
            keys[place] = None
            if len(keys) > 100:
                oldest, _ = keys.popitem(last=False)
                reference.idempotency._kept.pop(oldest, None)
            return begin(call)  # type: ignore[no-any-return]

        return begun

    replace(reference.idempotency, "begin", make)


@FAULTS.add("long-keys-cut", "COM-IDM-010")
def long_keys_cut(reference: Reference) -> None:
    """Of an Idempotency-Key the first 40 characters are kept and compared."""

    def make(place: Method) -> Method:
        def cut(call: Call) -> tuple[str, ...]:
            *of, key = place(call)
            return (*of, key[:40])

        return cut

    replace(reference.idempotency, "place", make)


@FAULTS.add("keys-elsewhere-for-an-hour", "COM-IDM-008")
def keys_elsewhere_for_an_hour(reference: Reference) -> None:
    """The keys of operations below a path with an id are kept for an hour."""

    def make(kept: Method) -> Method:
        def found(call: Call) -> Any:
            it = kept(call)
            return None if it is not None and call.path and call.now - it.since > 3_600_000_000 else it

        return found

    replace(reference.idempotency, "kept", make, concerns=lambda call: bool(call.path))


@FAULTS.add("large-answers-not-kept", "COM-IDM-003", "COM-IDM-004")
def large_answers_not_kept(reference: Reference) -> None:
    """An answer of more than 2,000 bytes is too large to be kept: its repetition is a request of its own."""
    from conformance.reference.strict_json import encode

    def make(finish: Method) -> Method:
        def finished(call: Call, answer: Answer) -> None:
            if len(encode(answer.body)) > 2000:
                reference.idempotency.abandon(call)
            else:
                finish(call, answer)

        return finished

    replace(reference.idempotency, "finish", make)


@FAULTS.add("third-repetition-is-new", "COM-IDM-005")
def third_repetition_is_new(reference: Reference) -> None:
    """A kept answer is given twice again; the third repetition is carried out."""
    given: dict[Any, int] = {}

    def make(begin: Method) -> Method:
        def begun(call: Call) -> Answer | None:
            found: Answer | None = begin(call)
            place = reference.idempotency.place(call)
            if found is not None:
                given[place] = given.get(place, 0) + 1
                if given[place] > 2:
                    del reference.idempotency._kept[place]
                    return begin(call)  # type: ignore[no-any-return]
            return found

        return begun

    replace(reference.idempotency, "begin", make)
