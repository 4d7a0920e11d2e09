"""Values drawn when a script is played: unique in the run, of the right form, and the same again from the same seed."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from itertools import accumulate, count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import identifiers
from conformance.bindings import PlayBindings
from conformance.catalogue.service import available, published_service
from conformance.edition_file import ScriptLines, load
from conformance.errors import UsageError
from conformance.expression import JST, Context, Unresolved
from conformance.judge import RecordedBindings
from conformance.model import Script, Step
from conformance.numbering import Numbering, numbers_drawn

NOW = dt.datetime(2026, 4, 10, 23, 59, 59, 999_999, JST)
PERSONAL = ("individual-number", "resident-code")


class _Tokens:
    """Tokens of each role in turn, numbered; the clerk's last an hour, of the others it is not told."""

    def __init__(self) -> None:
        self._count = count(1)

    def token(self, role: str) -> str:
        return f"token-{role}-{next(self._count)}"

    def lifetime(self, role: str) -> int | None:
        return 3600 if role == "clerk" else None


def bindings(ordinal: int = 0, seed: bytes = b"seed", attempt: int = 0, now: dt.datetime = NOW) -> PlayBindings:
    return PlayBindings(seed, ordinal, now, {"body_code": "131016"}, _Tokens(), attempt=attempt)


@pytest.mark.parametrize("kind", PERSONAL)
def test_fresh_numbers_of_one_run_never_meet(kind: str) -> None:
    """Claim: two scripts never register the same person. Stimulus: 50,000 draws: 5,000 scripts, three attempts of some,
    several keys, numbers with a leading zero among them. Expected: all different, each with a right check digit."""
    drawn = []
    for ordinal in range(5_000):
        for attempt in range(2 if ordinal % 5 else 1):
            made = bindings(ordinal, attempt=attempt)
            drawn += [made.fresh(f"{kind}:0" if key == 0 else kind, str(key), None) for key in range(6)]
    assert len(drawn) > 50_000
    assert len(set(drawn)) == len(drawn)
    assert all(identifiers.is_valid(kind, number) for number in drawn)
    assert {number[0] for number in drawn} == {"0", "9"}


def test_other_fresh_values_differ_between_scripts() -> None:
    """Claim: keys and ids are unique to the run. Stimulus: each kind in 500 scripts. Expected: no value twice."""
    for kind in ("uuid", "idempotency-key", "text:16", "digits:15", "corporate-number"):
        values = {bindings(ordinal).fresh(kind, "k", None) for ordinal in range(500)}
        assert len(values) == 500, kind


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("individual-number", r"9\d{11}"),
        ("individual-number:0", r"0\d{11}"),
        ("resident-code", r"9\d{10}"),
        ("local-government-code", r"\d{6}"),
        ("idempotency-key", r"[A-Za-z0-9_-]{16,64}"),
        ("kana-name", r"[ア-ワ]{10}"),
        ("kana-name:3", r"[ア-ワ]{3}"),
        ("digits", r"\d{8}"),
        ("digits:4", r"\d{4}"),
        ("text", r"[0-9a-f]{12}"),
    ],
)
def test_a_fresh_value_has_its_form(kind: str, form: str) -> None:
    """Claim: a fresh value fits the schema it is made for. Expected: the form, in twenty scripts."""
    for ordinal in range(20):
        assert re.fullmatch(form, bindings(ordinal).fresh(kind, "k", None))
    assert uuid.UUID(bindings().fresh("uuid", "k", None)).version == 4


def test_the_same_key_gives_the_same_value_in_one_script() -> None:
    """Claim: a key names a value. Stimulus: the same key again, another key, the spoilt form. Expected: the same,
    another, and one that differs from the right one in nothing but the check digit."""
    made = bindings()
    for kind in PERSONAL:
        right = made.fresh(kind, "a", None)
        assert made.fresh(kind, "a", None) == right
        assert made.fresh(kind, "b", None) != right
        wrong = made.fresh(kind, "a", "check-digit")
        assert wrong[:-1] == right[:-1]
        assert not identifiers.is_valid(kind, wrong)


def test_the_same_seed_gives_the_same_values() -> None:
    """Claim: a run can be repeated from its seed. Stimulus: the same seed and place, another seed, another attempt.
    Expected: the same, and others."""

    def drawn(made: PlayBindings) -> list[str]:
        return [made.fresh(kind, "k", None) for kind in (*PERSONAL, "uuid", "kana-name")]

    assert drawn(bindings(7)) == drawn(bindings(7))
    for other in (bindings(7, b"other"), bindings(7, attempt=1), bindings(8)):
        assert not set(drawn(bindings(7))) & set(drawn(other))


def test_the_judge_sees_the_values_that_were_played() -> None:
    """Claim: what was bound is kept in the evidence and read back. Stimulus: values, a setting, the moment. Expected:
    the same from the record, and nothing that was never used."""
    made = bindings()
    number, key = made.fresh("individual-number", "a", "check-digit"), made.fresh("uuid", "b", None)
    assert made.config("body_code") == "131016"
    kept = RecordedBindings(made.recorded())
    assert kept.fresh("individual-number", "a", "check-digit") == number
    assert kept.fresh("uuid", "b", None) == key
    assert kept.config("body_code") == "131016"
    assert kept.today == made.today == dt.date(2026, 4, 10)
    assert kept.now == made.now.replace(microsecond=0)
    for ask in (lambda: kept.fresh("uuid", "c", None), lambda: kept.config("other"), lambda: kept.token("clerk")):
        with pytest.raises(Unresolved):
            ask()


def test_today_is_the_day_in_japan() -> None:
    """Claim: dates are those of Japan, also when they are read back. Stimulus: 23:59 there, which is 14:59 in UTC."""
    made = bindings(now=dt.datetime(2026, 4, 10, 15, 30, tzinfo=dt.UTC).astimezone(JST))
    assert made.today == dt.date(2026, 4, 11)
    assert RecordedBindings(made.recorded()).today == made.today


def test_the_first_token_of_a_script_can_be_used_again() -> None:
    """Claim: an expired token can be sent. Stimulus: a role whose token changes. Expected: the old one on demand."""
    made = bindings()
    assert made.token("clerk") == "token-clerk-1"
    assert made.token("clerk") == "token-clerk-2"
    assert made.token("clerk", old=True) == "token-clerk-1"


def test_a_script_may_wait_for_the_end_of_its_tokens() -> None:
    """Claim: `$lifetime` is the longest of its roles' (or half) and some more, and is read back from the evidence.
    Stimulus: an hour told, and nothing told. Expected: the hour, 48 hours; the judge knows both, asks for no third."""
    made = bindings()
    asked = {"$lifetime": ["clerk"], "plus": 60}
    both = {"$lifetime": ["clerk", "viewer"], "plus": 0}
    half = {"$lifetime": ["clerk"], "half": True, "plus": 60}
    for bound in (made, RecordedBindings({"now": NOW.isoformat(), "lifetimes": {"clerk": 3600, "viewer": 172_800}})):
        assert [Context({}, bound, {}).value(template) for template in (asked, both, half)] == [3660, 172_800, 1860]
    assert made.recorded()["lifetimes"] == {"clerk": 3600, "viewer": 172_800}
    with pytest.raises(Unresolved):
        RecordedBindings(made.recorded()).lifetime("tester")


def test_what_nobody_gives_is_an_error_of_ours() -> None:
    """Claim: a document that asks for what is unknown is never the system's failure. Expected: `UsageError`."""
    with pytest.raises(UsageError, match="fresh 'nonsense'"):
        bindings().fresh("nonsense", "k", None)
    with pytest.raises(UsageError, match="nothing_known"):
        bindings().config("nothing_known")


def test_nothing_used_leaves_only_the_moment() -> None:
    """Claim: evidence holds no more than it must. Expected: the moment, to the second."""
    assert bindings().recorded() == {"now": "2026-04-10T23:59:59+09:00"}


def test_the_numbers_of_a_run_are_one_stretch() -> None:
    """Claim: what a run takes of the range of numbers has no gaps, so that two runs hardly ever meet. Stimulus: every
    script of the published editions, once. Expected: each place from 0 on is taken once, and no other; a later attempt
    or sitting, or a script that is not of the editions, takes none of them."""
    editions = [load(published_service(name).edition_path) for name in available()]
    firsts = list(accumulate((len(edition.scripts) for edition in editions), initial=0))
    numbering = Numbering.of(zip(firsts, (edition.scripts for edition in editions), strict=False))

    def places(sitting: int, attempt: int) -> list[int]:
        counts = numbering.counts.items()
        return [numbering.place(script, sitting, attempt, nth) for script, count in counts for nth in range(count)]

    assert len(numbering.counts) == firsts[-1]
    assert sorted(places(0, 0)) == list(range(numbering.total))
    others = [places(sitting, attempt) for sitting, attempt in ((0, 1), (0, 2), (1, 0), (7, 2))]
    others.append([numbering.place(firsts[-1] + beyond, 0, 0, nth) for beyond in range(500) for nth in range(6)])
    every = sum(others, places(0, 0))
    assert len(set(every)) == len(every)
    assert max(every) < 10**9


@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=5), st.sampled_from(["individual-number", "resident-code:0", "uuid"]), max_size=6
        ),
        max_size=6,
    )
)
def test_numbers_that_scripts_draw_are_counted(drawn: list[dict[str, str]]) -> None:
    """Claim: no script draws more numbers of a kind than are counted. Stimulus: scripts with all sorts of keys, each
    used twice. Expected: the greater number of the two kinds, whether scripts are lines of an edition or values."""
    scripts = [
        Script(
            "s",
            "x",
            "f",
            "t",
            (Step("a", "POST", "/", body=[{"$fresh": kind, "key": key} for key, kind in each.items()] * 2),),
        )
        for each in drawn
    ]
    counts = [
        max(list(each.values()).count(kind) for kind in ("individual-number", "resident-code:0")) for each in drawn
    ]
    lines = ScriptLines([msgspec.json.encode(script, order="deterministic") for script in scripts])
    assert numbers_drawn(scripts) == numbers_drawn(lines) == counts
