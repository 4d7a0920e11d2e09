"""Claims about the simulated cards in `fixtures/cards`: current, and right or wrong as their names say."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.resources import fixtures_dir
from tests.command_line import PATIENCE

CARDS = json.loads((fixtures_dir() / "cards" / "cards.json").read_text("utf-8"))


def _right(key: dict[str, str], signature: str, content: bytes) -> bool:
    number = int.from_bytes(base64.urlsafe_b64decode(key["n"] + "=="), "big")
    try:
        RSAPublicNumbers(65537, number).public_key().verify(base64.b64decode(signature), content, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _both(signature: dict[str, Any], of: str = "form") -> tuple[bool, bool]:
    certificate = base64.b64decode(signature["certificate"])
    form = base64.b64decode(CARDS["forms"][of]["base64"])
    return (
        _right(CARDS["issuer"], signature["certificate_signature"], certificate),
        _right(json.loads(certificate)["key"], signature["value"], form),
    )


def test_the_file_is_current() -> None:
    """The file is what the command makes: `--check` finds nothing to say."""
    command = [sys.executable, str(fixtures_dir() / "cards" / "make.py"), "--check"]
    assert subprocess.run(command, check=False, timeout=PATIENCE).returncode == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("right", (True, True)),
        ("over_other_form", (True, False)),
        ("over_same_json", (True, False)),
        ("over_digest_text", (True, False)),
        ("by_other_card", (True, False)),
        ("other_person", (True, True)),
        ("other_issuer", (False, True)),
        ("lapsed", (True, True)),
        ("not_yet_valid", (True, True)),
        ("without_given", (True, True)),
        ("until_noon", (True, True)),
        ("from_noon", (True, True)),
    ],
)
def test_signatures_are_what_their_names_say(name: str, expected: tuple[bool, bool]) -> None:
    """Another library finds the issuer's and the card's signature right exactly where the name says so."""
    assert _both(CARDS["signatures"][name]) == expected


def test_what_needs_no_signature_has_one_of_its_own() -> None:
    """The signature over the form of the procedure that requires none is right for that form, and for no other."""
    signature = CARDS["signatures"]["unasked"]
    assert (_both(signature, "unasked"), _both(signature)) == ((True, True), (True, False))


@pytest.mark.parametrize("name", ["for_another", "by_subject"])
def test_applicant_and_subject_can_both_sign(name: str) -> None:
    """Whose card it is decides, and nothing else: both signatures over the form about another person are right."""
    assert _both(CARDS["signatures"][name], "for_another") == (True, True)


def test_a_form_that_repeats_nothing_of_the_register_has_a_signature_of_its_own() -> None:
    """The form `bare` is the form without `register`; its signature is right for it, and for no other."""
    bare, form = (json.loads(base64.b64decode(CARDS["forms"][name]["base64"])) for name in ("bare", "form"))
    assert bare == {name: value for name, value in form.items() if name != "register"}
    signature = CARDS["signatures"]["bare"]
    assert (_both(signature, "bare"), _both(signature)) == ((True, True), (True, False))


def test_one_card_lapses_when_the_other_begins() -> None:
    """`until_noon` ends amid a day, at the moment at which `from_noon` begins."""
    ends, begins = (
        json.loads(base64.b64decode(CARDS["signatures"][name]["certificate"])) for name in ("until_noon", "from_noon")
    )
    assert ends["valid_until"] == begins["valid_from"] == "2030-04-01T12:00:00+09:00"


def test_a_card_without_a_given_name_differs_in_that_only() -> None:
    """Of the certificate without a given name everything else is that of the holder of the card."""
    certificate = json.loads(base64.b64decode(CARDS["signatures"]["without_given"]["certificate"]))
    assert {**certificate["holder"], "given": "花子"} == CARDS["holders"]["a"]
