"""Ids of requirements are published once and for ever: `requirement-ids.txt` lists all that were ever given.

An id leaves its catalogue only by an entry `{id, reason: {ja, en}}` under `withdrawn:` of that catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.model import Text
from conformance.spec_check.problem import Problem
from conformance.spec_check.published import Published, read_published

FILE = "requirement-ids.txt"
COMMAND = "conformance spec check --add-ids"


def id_problems(published: Published) -> Iterator[Problem]:
    """Ids that were published and are gone, ids that are new, and withdrawn ids that are used again."""
    listed = _listed(published.root)
    withdrawn = _withdrawn(published)
    if listed != sorted(set(listed)):
        message = Text(
            ja="IDの一覧が整列していないか、重複があります。", en="the list is not sorted, or has an id twice."
        )
        yield Problem(FILE, "", message, f"run: {COMMAND}")
    gone = set(listed) - published.requirements.keys() - withdrawn.keys()
    for name in sorted(gone) if not published.problems else ():
        message = Text(
            ja=f"公表済みの {name} が要件一覧にありません。",
            en=f"{name} was published, and is in no catalogue any more.",
        )
        yield Problem(FILE, name, message, "put it back, or list it with a reason under 'withdrawn:' of its catalogue")
    for file, catalogue in published.catalogues.items():
        for requirement in catalogue.requirements:
            if requirement.id not in listed:
                message = Text(ja="公表済みIDの一覧にありません。", en=f"is not in {FILE} yet.")
                yield Problem(file, requirement.id, message, f"run: {COMMAND}")
    for name, (file, told) in withdrawn.items():
        if name in published.requirements:
            message = Text(ja="廃止したIDが再び使われています。", en="was withdrawn, and is used again.")
            yield Problem(file, name, message, "give the new requirement a new id")
        if not told:
            message = Text(ja="廃止の理由が両言語でありません。", en="is withdrawn without a reason in both languages.")
            yield Problem(file, name, message, "write reason: {ja, en}")


def _listed(root: Path) -> list[str]:
    path = root / FILE
    return path.read_text("utf-8").split() if path.is_file() else []


def _withdrawn(published: Published) -> dict[str, tuple[str, bool]]:
    """Withdrawn ids with the catalogue that says so, and whether it says why."""
    found = {}
    for file, raw in published.raw_catalogues.items():
        for entry in raw.get("withdrawn") or ():
            reason = entry.get("reason") or {}
            found[str(entry.get("id"))] = (file, bool(reason.get("ja") and reason.get("en")))
    return found


def add_ids(root: Path) -> list[str]:
    """Write the ids that are new into the list of published ids, and return them. Nothing is ever taken out."""
    return enter(root, read_published(root.resolve()).requirements)


def enter(root: Path, names: Iterable[str]) -> list[str]:
    """Write the ids that are not there yet into the list of published ids, and return them."""
    listed = set(_listed(root))
    new = sorted(set(names) - listed)
    text = "".join(f"{name}\n" for name in sorted(listed | set(new)))
    (root / FILE).write_text(text, encoding="utf-8")
    return new
