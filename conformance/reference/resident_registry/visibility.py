"""Who may see whom: a person under active protection is, to all others, a person who does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from conformance.reference.calls import Call
from conformance.reference.problems import Problem, not_found, rule
from conformance.reference.resident_registry.records import Entry, Protection

if TYPE_CHECKING:
    from conformance.reference.resident_registry.register import Register

PRIVILEGE: Final = "protections:read"


class Visibility:
    """Decides by protection and scope, and marks what was withheld for the audit trail."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.protections: dict[str, Protection] = {}

    def active_on(self, protection: Protection, day: str) -> bool:
        """A protection is active on its first day, on its last day, and between them."""
        return protection.first <= day <= protection.last

    def is_protected(self, resident_id: str) -> bool:
        """Whether the resident is under active protection today."""
        protection = self.protections.get(resident_id)
        return protection is not None and self.active_on(protection, self.register.today)

    def privileged(self, call: Call) -> bool:
        """Whether the caller may see protected persons."""
        return PRIVILEGE in call.caller.scopes

    def hides(self, call: Call, resident_id: str) -> bool:
        """Whether the resident has to be kept from the caller."""
        return not self.privileged(call) and self.is_protected(resident_id)

    def hidden_ids(self, call: Call) -> frozenset[str]:
        """All residents who have to be kept from the caller."""
        if self.privileged(call):
            return frozenset()
        return frozenset(resident_id for resident_id in self.protections if self.is_protected(resident_id))

    def of(self, call: Call, entries: Iterable[Entry]) -> list[Entry]:
        """The entries that the caller may see."""
        return [entry for entry in entries if not self.hides(call, entry.id)]

    def withhold(self, call: Call, resident_ids: Iterable[str]) -> None:
        """Marks the call as one that is refused because some of these persons are hidden."""
        call.subjects[:] = [resident_id for resident_id in resident_ids if self.hides(call, resident_id)]
        call.withheld = True

    def in_path(self, call: Call) -> Entry:
        """The present entry of the resident whom the path names. Raises 404."""
        entry = self.register.known(call.path["resident_id"])
        if entry is None:
            raise not_found()
        if self.hides(call, entry.id):
            self.withhold(call, [entry.id])
            raise not_found()
        call.subjects[:] = [entry.id]
        return entry

    def in_body(self, call: Call, resident_id: str, pointer: str) -> Entry:
        """The present entry of a resident whom the body names. Raises 422 `unknown_resident`."""
        entry = self.register.known(resident_id)
        if entry is None:
            raise unknown_resident(pointer)
        if self.hides(call, resident_id):
            self.withhold(call, [entry.id])
            raise unknown_resident(pointer)
        return entry


def unknown_resident(pointer: str) -> Problem:
    """422, the same for somebody who never was and somebody who is hidden."""
    return rule("unknown_resident", "該当する住民がいません / There is no such resident", pointer)
