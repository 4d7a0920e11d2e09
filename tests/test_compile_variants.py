"""What the compilers derive from one valid call: every place, every member of an array, every remainder."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from conformance.catalogue.service import load_service
from conformance.edition_file import load
from conformance.errors import EditionError
from conformance.model import Script

TEXTS = {"𠮷": "COM-TXT-008", "葛\U000e0100": "COM-TXT-009", "か\u3099": "COM-TXT-010"}


@pytest.fixture(scope="module")
def families() -> dict[str, list[Script]]:
    """The scripts of the published edition by family."""
    try:
        edition = load(load_service("resident-registry").edition_path)
    except EditionError as error:
        pytest.skip(f"no edition here: {error.what}")
    found: dict[str, list[Script]] = {}
    for script in edition.scripts:
        found.setdefault(script.family, []).append(script)
    return found


def _titles(scripts: Iterable[Script]) -> str:
    return "\n".join(script.title for script in scripts)


def test_a_long_text_is_judged_for_the_requirement_about_its_characters(families: dict[str, list[Script]]) -> None:
    """Claim: a text that does not come back fails the requirement about its own characters, and no other. Stimulus:
    texts at their limit. Expected: each kept check names the requirement of its characters."""
    judged = set()
    for script in families["text.length-code-points"]:
        for check in script.checks:
            if check.rule == "text-kept":
                piece = next(piece for piece in TEXTS if check.args["text"].startswith(piece))
                assert check.requirement == TEXTS[piece]
                judged.add(piece)
    assert judged == TEXTS.keys()


def test_numbers_of_every_member_are_spoilt(families: dict[str, list[Script]]) -> None:
    """Claim: a system that checks the first member only is found out. Expected: wrong numbers in a second member, and
    every wrong digit of one number."""
    titles = _titles(families["identifiers.individual-number"])
    assert "/members/1/individual_number" in titles
    assert sum(f"digit {digit}" in titles for digit in "0123456789") == 9


def test_a_refusal_of_a_number_has_its_code(families: dict[str, list[Script]]) -> None:
    """Claim: the sentence asks for status and code. Expected: each script about check digits claims both."""
    for script in families["identifiers.resident-code"]:
        assert {check.rule for check in script.checks if check.requirement} == {"answer", "identical"}


def test_a_key_is_reused_with_each_place_changed(families: dict[str, list[Script]]) -> None:
    """Claim: a system that compares a part of the content is found out. Expected: many places of a move-in."""
    bodies = [repr(script.steps[-1].body) for script in families["idempotency.reused"] if "registerMoveIn" in script.id]
    assert len(set(bodies)) > 8


def test_the_client_of_the_valid_call_comes_second_with_a_key(families: dict[str, list[Script]]) -> None:
    """Claim: that another client may not make the call at all is no failure of keys. Expected: that client goes first,
    as a precondition; the claim is about the client of the valid call, with the same key."""
    for script in families["idempotency.other-client"]:
        other, own = script.steps[-2:]
        assert (other.operation, other.headers) == (own.operation, own.headers)
        assert other.role != own.role
        assert [check.requirement for check in script.checks if check.step == other.id] == [None]
        assert [check.requirement for check in script.checks if check.step == own.id] == ["COM-IDM-006"]


def test_ids_that_were_never_issued_are_valid_by_the_document() -> None:
    """Claim: who examines a path by the document first answers 400 to what is no name there, and does right. Stimulus:
    the operations about an attachment, whose name begins with a letter. Expected: no UUID, which may begin with a
    digit, and still names that were never issued."""
    service = load_service("procedures")
    try:
        scripts = load(service.edition_path).scripts
    except EditionError as error:
        pytest.skip(f"no edition here: {error.what}")
    sent = [
        script.steps[-1].path_params["attachment_name"]
        for script in scripts
        if script.family == "identifiers.unknown" and "attachment_name" in script.steps[-1].path_params
    ]
    assert sent
    assert all(isinstance(name, str) for name in sent)


def test_members_stand_twice_in_objects_inside(families: dict[str, list[Script]]) -> None:
    """Claim: a reader that looks at the outermost object only is found out. Expected: duplicates further inside."""
    titles = _titles(families["text.duplicate-keys"])
    assert "(/)" in titles
    assert "(/members/0/name)" in titles
    assert "once escaped" in titles


def test_races_are_played_alone(families: dict[str, list[Script]]) -> None:
    """Claim: requests of one moment do not wait for connections behind other scripts. Expected: all played alone."""
    for scripts in families.values():
        for script in scripts:
            assert script.exclusive or not any(step.concurrent for step in script.steps)


def test_a_page_may_begin_at_the_very_end(families: dict[str, list[Script]]) -> None:
    """Claim: at the count there is nothing more, as beyond it. Expected: an offset taken from the count just read."""
    assert "offset=count" in _titles(families["paging.beyond-end"])


def test_texts_are_no_numbers_out_of_range(families: dict[str, list[Script]]) -> None:
    """Claim: what is no number at all is the concern of parameters, not of the range. Expected: integers only."""
    for script in families["paging.out-of-range"]:
        sent = dict(script.steps[-1].query)
        assert any(str(sent.get(name, "")).lstrip("-").isdecimal() for name in ("limit", "offset"))
