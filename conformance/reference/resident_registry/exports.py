"""Bulk export (一括出力): createExport, getExport, getExportContent."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.problems import conflict, not_found
from conformance.reference.resident_registry import views
from conformance.reference.resident_registry.records import ACTIVE, Entry, Export
from conformance.reference.strict_json import encode

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry

AT_ONCE: Final = 500
"""Residents written before other requests get their turn."""


class Exports:
    """Writes the residents of a day to lines of JSON, in the background."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry
        self.made: dict[str, Export] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def clear(self) -> None:
        """Forgets all exports."""
        self.made.clear()

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "createExport": Handler(perform=lambda call: self.create(call)),
            "getExport": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
            "getExportContent": Handler(perform=lambda call: self.content(call), locate=lambda call: self.locate(call)),
        }

    def create(self, call: Call) -> Answer:
        """Decides whom the export holds, and starts to write."""
        as_of = call.body["as_of"]
        entries = self.named(call, as_of) if "resident_ids" in call.body else self.everybody(call, as_of)
        export = Export(self.registry.reference.ids.new(), call.now, tuple(entry.id for entry in entries))
        self.made[export.id] = export
        writing = asyncio.get_running_loop().create_task(self.write(export, entries))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
        call.subjects[:] = call.body.get("resident_ids", ())
        location = f"{self.registry.base}/exports/{export.id}"
        return Answer(202, views.export(export), [("Location", location)], names=tuple(call.subjects))

    def named(self, call: Call, as_of: str) -> list[Entry]:
        """The residents named, whatever their status, as far as they were registered on the day."""
        for place, resident_id in enumerate(call.body["resident_ids"]):
            self.registry.visibility.in_body(call, resident_id, f"/resident_ids/{place}")
        found = (self.registry.register.entry_at(resident_id, as_of) for resident_id in call.body["resident_ids"])
        return [entry for entry in found if entry is not None]

    def everybody(self, call: Call, as_of: str) -> list[Entry]:
        """Everybody visible who is active on the day."""
        register, hidden = self.registry.register, self.registry.visibility.hidden_ids(call)
        found = (register.entry_at(resident_id, as_of) for resident_id in register.histories)
        return [entry for entry in found if entry is not None and entry.status == ACTIVE and entry.id not in hidden]

    async def write(self, export: Export, entries: list[Entry]) -> None:
        """Writes the content a piece at a time; entries are frozen, so that later changes do not reach it."""
        content = bytearray()
        for start in range(0, len(entries), AT_ONCE):
            for line in self.lines(entries[start : start + AT_ONCE]):
                content += encode(line) + b"\n"
            await asyncio.sleep(0)
        content += encode(self.trailer(len(entries))) + b"\n"
        export.count, export.sha256 = len(entries), self.digest(bytes(content))
        export.content = bytes(content)

    def trailer(self, count: int) -> dict[str, object]:
        """The last line."""
        return {"kind": "trailer", "count": count}

    def digest(self, content: bytes) -> str:
        """The digest that is stated of the content."""
        return sha256(content).hexdigest()

    def lines(self, entries: list[Entry]) -> list[dict[str, object]]:
        """The lines of some residents."""
        return [{"kind": "resident", **views.resident(entry)} for entry in entries]

    def locate(self, call: Call) -> None:
        """The export, if nobody in it is hidden now."""
        found = self.made.get(call.path["export_id"])
        if found is None:
            raise not_found()
        hidden = self.registry.visibility.hidden_ids(call).intersection(found.resident_ids)
        if hidden:
            self.registry.visibility.withhold(call, sorted(hidden))
            raise not_found()
        call.target = found

    def read(self, call: Call) -> Answer:
        """The state of the export."""
        return Answer(200, views.export(call.target))

    def content(self, call: Call) -> Answer:
        """The lines; 409 until they are all written."""
        export: Export = call.target
        if export.content is None:
            raise conflict("not_ready", "出力が完了していません / The export is not complete")
        call.subjects[:] = export.resident_ids
        return Answer(200, export.content, media_type="application/x-ndjson")
