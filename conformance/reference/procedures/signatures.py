"""Signatures of submissions and the simulated certificates of cards: section 8 of the document."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from conformance.reference import dates
from conformance.reference.problems import Problem, rule
from conformance.reference.procedures import rsa
from conformance.reference.procedures.records import Known
from conformance.reference.schemas import Schemas
from conformance.reference.strict_json import decode

if TYPE_CHECKING:
    from conformance.reference.procedures.service import Procedures

Json = Mapping[str, Any]

_ISSUER: Final = (
    "mIRf2Rhuc3qi721S38hiD0RpaxndVPS3XJijPJzUGwvRWJs1U4tXIRkqm_VYhAKSi3ZkRyfBGkRrZFqjkZYpN93PmV85ppxU"
    "glS9mytxnMx-tyInPD9ug5pJ6x2Sfs4bcF-V7mgOojgumzGCu9zMEhNUYLjeu7itCxDVny2fmfVYqPTGRvIterM_yKB8aLNK"
    "LIkjWziKQKxJCsMD5VProbGWYLLEYn-_YchC--vgy4LsBYoelIWDdVxM6F0OM8vqpD-sggPFR_TgsPzTOBqKwc1YtWope9To"
    "nRyOkwXQJyo5QVoy-vbYMSu54lqgo8w2bedwEXO2O3aQJIPrepDTPw"
)
"""The issuer of the simulation, from section 8 of the document; nobody else's key."""


class Signatures:
    """Examines a detached signature with the certificate that stands beside it."""

    def __init__(self, service: Procedures) -> None:
        self.certificates = Schemas(service.document).compile({"$ref": "#/components/schemas/CardCertificate"})
        issuer = rsa.key(_ISSUER, "AQAB")
        assert issuer is not None  # noqa: S101  the document names it
        self.issuer = issuer

    def check(self, signature: Json, content: bytes, applicant: Known, now: int) -> None:
        """The signature over the content is the applicant's. In the order of the document. Raises 422."""
        certificate = self.certificate(signature)
        if certificate is None:
            raise invalid("certificate", "発行者の証明書ではありません / Not a certificate of the issuer")
        if not self.is_valid_at(certificate, now):
            raise refused("certificate_expired", "証明書の有効期間外です / The certificate is not valid now")
        if not self.is_of(certificate["holder"], self.holder(applicant)):
            raise refused("certificate_other_person", "申請者の証明書ではありません / Not the applicant's certificate")
        if not self.is_signed(certificate["key"], signature["value"], content):
            raise invalid("value", "申請書の署名ではありません / Not a signature over the form")

    def certificate(self, signature: Json) -> Json | None:
        """The certificate, if it can be read and the issuer signed it."""
        raw = self.bytes_of(signature["certificate"])
        found = None if raw is None else self.read(raw)
        if raw is None or found is None or not self.is_issued(raw, signature["certificate_signature"]):
            return None
        return found

    def read(self, raw: bytes) -> Json | None:
        """What a certificate says; None where it does not fit its schema."""
        try:
            found: Json = decode(raw)
        except Problem:
            return None
        return found if self.certificates.is_valid(found) else None

    def is_issued(self, raw: bytes, signature: str) -> bool:
        """Whether the issuer signed the bytes of a certificate."""
        return self.opens(self.issuer, signature, raw)

    def is_signed(self, key: Json, signature: str, content: bytes) -> bool:
        """Whether the card with this key signed the content."""
        public = rsa.key(key["n"], key["e"])
        return public is not None and self.opens(public, signature, content)

    def opens(self, public: rsa.Key, signature: str, content: bytes) -> bool:
        """Whether a signature in base64 is right."""
        raw = self.bytes_of(signature)
        return raw is not None and rsa.is_right(public, raw, content)

    def bytes_of(self, text: str) -> bytes | None:
        """The bytes of a text in base64; None where it is none."""
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            return None

    def is_valid_at(self, certificate: Json, now: int) -> bool:
        """Whether a certificate is valid at a moment: from its first moment on, before its last."""
        first, last = dates.to_micros(certificate["valid_from"]), dates.to_micros(certificate["valid_until"])
        return first is not None and last is not None and first <= now < last

    def holder(self, known: Known) -> dict[str, Any]:
        """The person as a card would have them now."""
        name = known.person["name"]
        return {
            **{part: name[part] for part in ("family", "given") if part in name},
            "birth_date": known.person["birth_date"]["value"],
            "sex": known.person["sex"],
            "town": known.address["town"],
            "lot": known.address["lot"],
        }

    def is_of(self, holder: Json, person: Json) -> bool:
        """Whether the holder is the person, code point by code point."""
        return dict(holder) == dict(person)


def invalid(member: str, detail: str) -> Problem:
    """422: a signature is not right."""
    return rule("signature_invalid", detail, f"/signature/{member}")


def refused(code: str, detail: str) -> Problem:
    """422: a certificate cannot be used here and now."""
    return rule(code, detail, "/signature/certificate")
