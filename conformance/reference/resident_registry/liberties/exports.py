"""Exports that take their time, and certificates with numbers of another kind."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Call
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Method, replace
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.records import Certificate, Entry, Export
from conformance.reference.resident_registry.service import ResidentRegistry
from conformance.reference.strict_json import encode

if TYPE_CHECKING:
    from conformance.reference.application import Reference


@LIBERTIES.add("slow-exports")
def slow_exports(reference: Reference) -> None:
    """An export is complete a second after it was asked for."""

    def make(write: Method) -> Method:
        async def later(export: Export, entries: list[Entry]) -> None:
            await asyncio.sleep(1)
            await write(export, entries)

        return later

    replace(reference.the(ResidentRegistry).exports, "write", make)


@LIBERTIES.add("exports-at-once")
def exports_at_once(reference: Reference) -> None:
    """An export is complete when its creation is answered."""
    exports = reference.the(ResidentRegistry).exports

    def make(create: Method) -> Method:
        def written(call: Call) -> Any:
            answer = create(call)
            export = next(reversed(exports.made.values()))
            register = reference.the(ResidentRegistry).register
            found = (register.entry_at(resident_id, call.body["as_of"]) for resident_id in export.resident_ids)
            entries = [entry for entry in found if entry is not None]
            lines = [*exports.lines(entries), {"kind": "trailer", "count": len(entries)}]
            export.content = b"".join(encode(line) + b"\n" for line in lines)
            export.count, export.sha256 = len(entries), sha256(export.content).hexdigest()
            answer.body = views.export(export)
            return answer

        return written

    def unwritten(write: Method) -> Method:
        async def nothing(export: Export, entries: list[Entry]) -> None:
            return None

        return nothing

    replace(exports, "create", make)
    replace(exports, "write", unwritten)


@LIBERTIES.add("short-serial-numbers")
def short_serial_numbers(reference: Reference) -> None:
    """Certificates are numbered from one on, across every reset."""
    _numbered(reference, lambda number: str(number))


@LIBERTIES.add("long-serial-numbers")
def long_serial_numbers(reference: Reference) -> None:
    """Certificates have numbers of forty letters, digits and hyphens."""
    _numbered(reference, lambda number: f"Cert-{number:034}Z")


def _numbered(reference: Reference, written: Method) -> None:
    given: list[str] = []

    def make(certificate: Method) -> Method:
        def numbered(call: Call, entries: list[Entry]) -> Certificate:
            made: Certificate = certificate(call, entries)
            given.append(made.id)
            body = {**made.body, "serial_number": written(len(given))}
            return Certificate(made.id, body, made.resident_ids)

        return numbered

    replace(reference.the(ResidentRegistry).certificates, "make", make)
