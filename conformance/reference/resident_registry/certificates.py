"""Certificates of residence (住民票の写し): issueCertificate, getCertificate. What is issued never changes."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any

from conformance.reference.calls import Answer, Call, Handler
from conformance.reference.clock import timestamp
from conformance.reference.problems import not_found, rule
from conformance.reference.resident_registry.records import ACTIVE, Certificate, Entry, Json
from conformance.reference.resident_registry.rules import not_active

if TYPE_CHECKING:
    from conformance.reference.resident_registry.service import ResidentRegistry

OPTION = "household-certificate"


class Certificates:
    """Issues certificates of what is recorded for today, and keeps them as issued."""

    def __init__(self, registry: ResidentRegistry) -> None:
        self.registry = registry
        self.issued: dict[str, Certificate] = {}

    def clear(self) -> None:
        """Forgets all certificates."""
        self.issued.clear()

    def handlers(self) -> dict[str, Handler]:
        """The operations of this family."""
        return {
            "issueCertificate": Handler(perform=lambda call: self.issue(call)),
            "getCertificate": Handler(perform=lambda call: self.read(call), locate=lambda call: self.locate(call)),
        }

    def issue(self, call: Call) -> Answer:
        """A certificate of one resident, or of everybody visible in the resident's household."""
        entry = self.registry.visibility.in_body(call, call.body["resident_id"], "/resident_id")
        household = call.body["kind"] == "household"
        if household and OPTION in self.registry.reference.settings.without_options:
            raise rule("unprocessable", "世帯全員の証明書は交付していません / Not offered", "/kind")
        self.check_active(entry)
        certificate = self.make(call, self.household(call, entry) if household else [entry])
        self.issued[certificate.id] = certificate
        call.subjects[:] = certificate.resident_ids
        location = f"{self.registry.base}/certificates/{certificate.id}"
        return Answer(201, certificate.body, [("Location", location)], names=certificate.resident_ids)

    def check_active(self, entry: Entry) -> None:
        """Certified is who is resident today. Raises 409."""
        if entry.status != ACTIVE:
            raise not_active("/resident_id")

    def household(self, call: Call, entry: Entry) -> list[Entry]:
        """Everybody visible in the resident's household today."""
        return self.registry.visibility.of(call, self.registry.register.members(entry.household_id))

    def serial(self, identifier: str, entries: list[Entry]) -> str:
        """The serial number of the next certificate."""
        return f"{len(self.issued) + 1:06}-{token_hex(3)}"

    def make(self, call: Call, entries: list[Entry]) -> Certificate:
        """The certificate with its body as it will always be."""
        identifier = self.registry.reference.ids.new()
        body = {
            "id": identifier,
            "serial_number": self.serial(identifier, entries),
            "issued_at": timestamp(call.now),
            "kind": call.body["kind"],
            "valid_on": self.registry.register.today,
            "residents": [self.line(call, entry) for entry in entries],
        }
        return Certificate(identifier, body, tuple(entry.id for entry in entries))

    def line(self, call: Call, entry: Entry) -> dict[str, Any]:
        """One resident on a certificate; the numbers stand there when they are asked for, and only then."""
        asked = {
            name: getattr(entry, name)
            for name in ("individual_number", "resident_code")
            if call.body.get(f"include_{name}", False)
        }
        shown = ("name", "birth_date", "sex", "nationality", "address", "relationship", "became_resident_on")
        return {"resident_id": entry.id, **{name: getattr(entry, name) for name in shown}, **asked}

    def locate(self, call: Call) -> None:
        """The certificate, if nobody on it is hidden now."""
        found = self.issued.get(call.path["certificate_id"])
        if found is None:
            raise not_found()
        if any(self.registry.visibility.hides(call, resident_id) for resident_id in found.resident_ids):
            self.registry.visibility.withhold(call, found.resident_ids)
            raise not_found()
        call.target = found

    def read(self, call: Call) -> Answer:
        """The certificate as issued."""
        call.subjects[:] = call.target.resident_ids
        return Answer(200, self.shown(call.target))

    def shown(self, certificate: Certificate) -> Json:
        """The certificate as JSON: as it was issued."""
        return certificate.body
