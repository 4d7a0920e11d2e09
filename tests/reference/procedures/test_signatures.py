"""Signatures with the simulated cards of the fixtures: what is right, and by which code the rest is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from conformance.reference import dates
from conformance.reference.problems import Problem
from conformance.reference.procedures import rsa
from conformance.reference.procedures.records import Known
from conformance.reference.procedures.service import Procedures

from ..conftest import ROOT, reference
from .office import person

CARDS = json.loads((ROOT / "fixtures" / "cards" / "cards.json").read_text("utf-8"))
FORM = base64.b64decode(CARDS["forms"]["form"]["base64"])
NOON = dates.to_micros("2026-06-10T12:00:00+09:00") or 0


@pytest.fixture(scope="module")
def service() -> Procedures:
    """The service without a server."""
    return reference(people=0).the(Procedures)


def applicant(**address: str) -> Known:
    """The holder of the first card, as the register has them."""
    return Known("2026-06-01", person(), {"town": "本町一丁目", "lot": "2番3号", **address})


def refusal(service: Procedures, signature: dict[str, Any], content: bytes, known: Known) -> str:
    """The code with which a signature is refused; empty for a right one."""
    try:
        service.signatures.check(signature, content, known, NOON)
    except Problem as problem:
        return problem.code
    return ""


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("right", ""),
        ("over_other_form", "signature_invalid"),
        ("over_same_json", "signature_invalid"),
        ("over_digest_text", "signature_invalid"),
        ("by_other_card", "signature_invalid"),
        ("other_person", "certificate_other_person"),
        ("other_issuer", "signature_invalid"),
        ("lapsed", "certificate_expired"),
        ("not_yet_valid", "certificate_expired"),
    ],
)
def test_cards_of_the_fixtures(service: Procedures, name: str, code: str) -> None:
    """Claim: section 8. Stimulus: each signature of the fixtures. Answer: accepted, or the code of the table."""
    assert refusal(service, CARDS["signatures"][name], FORM, applicant()) == code


def test_a_move_makes_the_certificate_that_of_somebody_else(service: Procedures) -> None:
    """Claim: the address of the present copy counts. Stimulus: another lot. Answer: `certificate_other_person`."""
    right = CARDS["signatures"]["right"]
    assert refusal(service, right, FORM, applicant(lot="2番4号")) == "certificate_other_person"


@pytest.mark.parametrize(
    "text", ["AAAA", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"a":1,"a":2}').decode()]
)
def test_a_certificate_that_is_none_is_refused_as_a_signature(service: Procedures, text: str) -> None:
    """Claim: section 8, first row. Stimulus: no JSON, no object, a name twice. Answer: `signature_invalid`."""
    signature = {**CARDS["signatures"]["right"], "certificate": text}
    assert refusal(service, signature, FORM, applicant()) == "signature_invalid"


def test_every_byte_that_a_signature_opens_to_is_compared() -> None:
    """Claim: RFC 8017, 8.2.2. Stimulus: a key whose exponent is 1, and a signature out of range. Answer: refused."""
    issuer = CARDS["issuer"]
    assert rsa.key(issuer["n"], "AQ") is None
    public = rsa.key(issuer["n"], issuer["e"])
    assert public is not None
    assert not rsa.is_right(public, b"\xff" * 256, FORM)
    assert not rsa.is_right(public, rsa.encoded(FORM), FORM)
    assert not rsa.is_right(public, b"", FORM)
