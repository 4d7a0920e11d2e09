"""Who is eligible, whom typed members mean, and whose account it is: rules without a server."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.reference.benefit_payments.accounts import comparable, readings
from conformance.reference.benefit_payments.matching import match
from conformance.reference.benefit_payments.service import BenefitPayments

from ..conftest import reference
from .office import person

BASE = "2026-04-27"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def service() -> BenefitPayments:
    """The service without a server."""
    return reference(people=20).the(BenefitPayments)


@pytest.mark.parametrize(
    ("changes", "eligible"),
    [
        ({"birth_date": {"value": BASE, "unknown": False}}, True),
        ({"birth_date": {"value": "2026-04-28", "unknown": False}}, False),
        ({"birth_date": {"value": "2026-A2-00", "unknown": True, "notation": "令和8年春"}}, True),
        ({"status": "deceased", "ceased_on": BASE}, True),
        ({"status": "deceased", "ceased_on": "2026-04-26"}, False),
        ({"status": "moved_out", "ceased_on": BASE}, True),
        ({"status": "moved_out", "ceased_on": "2026-04-26"}, False),
        ({"status": "active", "ceased_on": "2026-05-10"}, True),
        ({"status": "cancelled"}, False),
        ({"protected": True}, True),
    ],
)
def test_the_base_date_decides_who_is_eligible(service: BenefitPayments, changes: Json, eligible: bool) -> None:
    """Claim: section 3. Stimulus: birth, death, move-out on the base date and beside it. Answer: in or out."""
    assert service.eligibility.is_eligible(person(**changes), BASE) is eligible


def test_every_seed_fits_the_rules(service: BenefitPayments) -> None:
    """Claim: what is there at the start keeps the rules. Answer: copies with one head, claims with the right amount."""
    books = service.books
    assert books.copies
    assert books.claims
    for copy in books.copies.values():
        service.copies.check_head(books.programmes[copy.programme_id], copy.household)
    for claim in books.claims.values():
        assert claim.claimant_id in service.eligibility.claimants(claim.party)
        assert claim.amount == service.eligibility.amount(claim.party, len(claim.members))
        assert not service.accounts.review(claim)


def _typed(known: Json, **changes: Any) -> Json:
    name = known["name"]
    return {"family": name["family"], "given": name["given"], "birth_date": known["birth_date"]["value"], **changes}


def test_typed_members_mean_the_persons_that_come_out_even() -> None:
    """Claim: a matching that meets the rule counts. Stimulus: one typed member fits two persons, another only one.

    Answer: the first gives way, whatever the order; a person too many, too few, or typed twice comes out uneven.
    """
    reduced = {"family": "吉田", "given": "花子"}
    both = person(name={"family": "𠮷田", "given": "花子", "family_kana": "ヨシダ", "reduced": reduced})
    plain = person(name={"family": "吉田", "given": "花子", "family_kana": "ヨシダ"})
    either, only = _typed(both, **reduced), _typed(both)
    assert match([either, only], [both, plain], []) == [1, 0]
    assert match([only, either], [both, plain], []) == [0, 1]
    assert match([either], [both, plain], []) is None
    assert match([either, only, only], [both, plain], []) is None
    assert match([only, only], [both, plain], []) is None


def test_who_belongs_to_another_party_may_be_typed_or_not() -> None:
    """Claim: persons of other parties are left out. Stimulus: typed, not typed, typed twice. Answer: in, in, out."""
    own, other = person(), person(birth_date={"value": "2001-01-01", "unknown": False})
    assert match([_typed(own)], [own], [other]) == [0]
    assert match([_typed(other), _typed(own)], [own], [other]) == [1]
    assert match([_typed(own), _typed(other), _typed(other)], [own], [other]) is None


@pytest.mark.parametrize(
    "changes",
    [{"family": "吉田"}, {"given": "花"}, {"birth_date": "1990-04-02"}, {"given": None}],
)
def test_one_code_point_of_another_makes_no_match(changes: Json) -> None:
    """Claim: code point by code point, absent matches absent only. Stimulus: one part differs. Answer: no match."""
    known = person()
    typed = {name: value for name, value in {**_typed(known), **changes}.items() if value is not None}
    assert match([typed], [known], []) is None


@pytest.mark.parametrize(
    ("kana", "holder"),
    [
        ("サトウ タロウ", "ｻﾄｳ ﾀﾛｳ"),
        ("キョウコ", "ｷﾖｳｺ"),
        ("ガッパ", "ｶﾞﾂﾊﾟ"),
        ("ジョージ", "ｼﾞﾖ-ｼﾞ"),
        ("ヴァヰヱヵヶヮ", "ｳﾞｱｲｴｶｹﾜ"),
        ("ヷヸヹヺ", "ﾜﾞｲﾞｴﾞｦﾞ"),
        ("ジャン・ポール", "ｼﾞﾔﾝ ﾎﾟ-ﾙ"),
        ("O'NEIL-SATO, ANN", "ONEIL-SATO ANN"),
    ],
)
def test_a_reading_compares_with_a_holder(kana: str, holder: str) -> None:
    """Claim: section 6. Stimulus: voiced marks, small kana, long marks, old kana, signs. Answer: equal; else not."""
    assert comparable(kana) == comparable(holder)
    assert comparable(kana) != comparable(holder + "ﾝ")


def test_a_holder_is_the_claimant_by_reading_or_by_roman_letters() -> None:
    """Claim: either form serves. Stimulus: a name with both, and one without a given name."""
    name = {"family": "SMITH", "family_kana": "スミス", "given_kana": "アン", "roman": "SMITH ANN"}
    assert readings(name) == ["ｽﾐｽｱﾝ", "SMITHANN"]
    assert readings({"family": "スカルノ", "family_kana": "スカルノ"}) == ["ｽｶﾙﾉ"]
