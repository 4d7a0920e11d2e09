"""Claims about the audit trail: which entries one request left, and what they say.

`entries` are those of one subject after the request, `before` the ids of those that were there before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.rules.claims import claim
from conformance.rules.failure import Failure, Result, shown
from conformance.seen import Seen


def _left(entries: Any, before: Any) -> list[Mapping[str, Any]]:
    """The entries that the request left."""
    return [entry for entry in entries if isinstance(entry, dict) and entry.get("id") not in before]


@claim("audited-once")
def audited_once(args: Mapping[str, Any], seen: Seen) -> Result:
    """The request left exactly one entry (with the `outcome` given)."""
    left = [
        entry for entry in _left(args["entries"], args["before"]) if args.get("outcome") in (None, entry.get("outcome"))
    ]
    if len(left) == 1:
        return True
    about = args["about"]
    return Failure(
        f"監査記録がちょうど1件ではありません: {about['ja']}",
        f"There is not exactly one audit entry: {about['en']}",
        "1 entry",
        f"{len(left)} entries: {shown(left)}" if left else "no entry",
    )


@claim("audited-as")
def audited_as(args: Mapping[str, Any], seen: Seen) -> Result:
    """The entries that the request left have the members `expected`; where there is none, nothing is said."""
    left = _left(args["entries"], args["before"])
    wrong = [
        (name, value, entry.get(name))
        for entry in left
        for name, value in args["expected"].items()
        if entry.get(name) != value or isinstance(entry.get(name), bool)
    ]
    if not wrong:
        return True if left else None
    name, value, found = wrong[0]
    return Failure(
        f"監査記録の {name} が要求と異なります。",
        f"The {name} of the audit entry is not that of the request.",
        shown(value),
        shown(found),
    )


@claim("audited-actor")
def audited_actor(args: Mapping[str, Any], seen: Seen) -> Result:
    """The entries left have the actor of an earlier entry of `operation` (`same`), or another one (not `same`)."""
    left = _left(args["entries"], args["before"])
    earlier = [
        entry
        for entry in args["entries"]
        if entry.get("id") in args["before"] and entry.get("operation") == args["operation"]
    ]
    if not left or not earlier:
        return None
    actor = earlier[0].get("actor")
    wrong = [entry.get("actor") for entry in left if (entry.get("actor") == actor) is not args["same"]]
    if not wrong:
        return True
    if args["same"]:
        return Failure(
            "同じ利用者の監査記録の操作者が異なります。",
            "The audit entries of one client have two actors.",
            shown(actor),
            shown(wrong[0]),
        )
    return Failure(
        "異なる利用者の監査記録の操作者が同じです。",
        "The audit entries of two clients have one and the same actor.",
        f"another actor than {shown(actor)}",
        shown(wrong[0]),
    )
