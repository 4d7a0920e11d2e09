"""Whom typed members mean, where several of them agree in everything."""

from __future__ import annotations

from conformance.reference.benefit_payments.matching import match


def _person(family: str, reduced: str | None = None) -> dict[str, object]:
    name: dict[str, object] = {"family": family, "given": "葵"}
    if reduced is not None:
        name["reduced"] = {"family": reduced, "given": "葵"}
    return {"name": name, "birth_date": {"value": "1999-09-09", "unknown": False}}


def _typed(family: str) -> dict[str, object]:
    return {"family": family, "given": "葵", "birth_date": "1999-09-09"}


def test_typed_members_that_agree_match_in_the_order_of_the_copy() -> None:
    """Claim: equal typed members mean the persons in the order of the copy (section 4).

    Stimulus: three equal persons, typed three times with another person between. Expected: the first typed member is
    the first person, the last one the last.
    """
    persons = [_person("佐藤"), _person("佐藤"), _person("髙橋"), _person("佐藤")]
    assert match([_typed("佐藤"), _typed("髙橋"), _typed("佐藤"), _typed("佐藤")], persons, []) == [0, 2, 1, 3]


def test_one_of_several_matchings_counts() -> None:
    """Claim: where several matchings are possible one that meets the rule counts (section 4).

    Stimulus: the first typed member could mean both persons, the second one of them only. Expected: both are matched.
    """
    persons = [_person("髙橋", "高橋"), _person("高橋")]
    assert match([_typed("高橋"), _typed("髙橋")], persons, []) == [1, 0]
