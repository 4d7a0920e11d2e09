"""Copies, forms and claims: what is accepted, what is refused, what repeats itself."""

from __future__ import annotations

from typing import Any

import pytest

from ..api import Api
from ..town import day
from .office import account, claim, decide, household, ledger, person, programme

Json = dict[str, Any]


def typed(*people: Json) -> list[Json]:
    """Members as they are typed."""
    names = [(known["name"], known["birth_date"]["value"]) for known in people]
    return [{"family": name["family"], "given": name["given"], "birth_date": birth} for name, birth in names]


def test_a_party_claims_once_over_either_channel(api: Api) -> None:
    """Claim: one live claim for a party. Stimulus: by post, then online and by post; after a rejection, again."""
    home = household(api, programme(api)["id"])
    first = home.claim()
    online = {"programme_id": home.programme_id, "claimant_id": home.ids[0], "members": typed(*home.people)}
    online["account"] = account()
    assert api.code("fileOnlineClaim", "applicant", body=online) == (409, "already_claimed")
    assert api.code("enterPostalClaim", body=home.form()) == (409, "already_claimed")
    decide(api, first["id"], "rejected", reason="本人確認書類がない")
    filed = api.json("fileOnlineClaim", "applicant", body=online)
    assert (filed["member_count"], filed["amount"]) == (2, 200_000)
    assert api.code("getOnlineClaim", "other_applicant", path={"claim_id": filed["id"]}) == (404, "not_found")
    assert claim(api, first["id"])["status"] == "rejected"


def test_the_same_form_gives_the_same_claim(api: Api) -> None:
    """Claim: an equal content is no second claim. Stimulus: entered twice under two keys, the second time approved."""
    home = household(api, programme(api)["id"])
    form = home.form(opted_out_ids=[home.ids[1]])
    first = api.call("enterPostalClaim", body=form, expect=201).json()
    decide(api, first["id"])
    again = api.call("enterPostalClaim", body=form, expect=200).json()
    assert (again["id"], again["status"], again["amount"]) == (first["id"], "approved", 100_000)
    assert ledger(api, home.programme_id)["approved_amount"] == 100_000


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"form_id": "f-none"}, "unknown_form"),
        ({"claimant_id": 1}, "claimant_not_head"),
        ({"member_ids": [0]}, "members_mismatch"),
        ({"member_ids": [0, 1, 2]}, "members_mismatch"),
        ({"opted_out_ids": [2]}, "members_mismatch"),
        ({"postmarked_on": -6}, "outside_claim_window"),
        ({"postmarked_on": 1}, "date_in_future"),
    ],
)
def test_each_rule_of_intake_refuses(api: Api, changes: Json, code: str) -> None:
    """Claim: section 4. Stimulus: one rule broken. Answer: its code, and nothing is left behind."""
    home = household(api, programme(api)["id"], person(), person("spouse"), person("child", status="cancelled"))
    form = home.form(member_ids=home.ids[:2])
    for name, value in changes.items():
        if name == "postmarked_on":
            form[name] = day(api.today, value)
        elif isinstance(value, list):
            form[name] = [home.ids[place] for place in value]
        else:
            form[name] = home.ids[value] if isinstance(value, int) else value
    assert api.code("enterPostalClaim", body=form) == (422, code)
    assert home.claim(member_ids=home.ids[:2])["amount"] == 200_000


def test_the_other_members_claim_for_a_head_who_died(api: Api) -> None:
    """Claim: the dead have their share, the living claim. Stimulus: the head died on the base date."""
    scheme = programme(api)
    head = person(status="deceased", ceased_on=scheme["base_date"])
    home = household(api, scheme["id"], head, person("spouse"), person("child"))
    form = api.json("getClaimForm", path={"form_id": home.copy["form_id"]})
    assert (form["claimant_ids"], form["amount"]) == (home.ids[1:], 300_000)
    assert api.code("enterPostalClaim", body=home.form()) == (422, "claimant_not_head")
    assert home.claim(claimant_id=home.ids[2])["amount"] == 300_000


def test_a_copy_stays_once_somebody_relies_on_it(api: Api) -> None:
    """Claim: a copy is replaced until the household has claimed. Stimulus: replaced, claimed, replaced again."""
    home = household(api, programme(api)["id"])
    body = {**home.copy["household"], "members": [home.people[0]]}
    headers = {"If-Match": "*"}
    replaced = api.call("putHouseholdCopy", path=home.path, body=body, headers=headers, expect=200).json()
    assert (replaced["form_id"], replaced["eligible_ids"]) == (home.copy["form_id"], home.ids[:1])
    home.claim(member_ids=home.ids[:1])
    assert api.code("putHouseholdCopy", path=home.path, body=body, headers=headers) == (409, "household_claimed")
    other = {**body, "household_id": "h-elsewhere"}
    path = {**home.path, "household_id": "h-elsewhere"}
    again = api.code("putHouseholdCopy", path=path, body=other, headers={"If-None-Match": "*"})
    assert again == (409, "already_in_household")


@pytest.mark.parametrize(
    ("people", "code"),
    [
        ([person("spouse")], "household_head"),
        ([person(), person()], "household_head"),
        ([person(status="cancelled")], "household_head"),
        ([known := person(), {**known, "relationship": "child"}], "repeated_resident"),
        ([person(birth_date={"value": "1990-02-30", "unknown": False})], "unprocessable"),
    ],
)
def test_each_rule_of_copies_refuses(api: Api, people: list[Json], code: str) -> None:
    """Claim: the rules of putHouseholdCopy. Stimulus: one broken. Answer: 422 with its code."""
    home = household(api, programme(api)["id"])
    body = {**home.copy["household"], "members": people}
    answer = api.code("putHouseholdCopy", path=home.path, body=body, headers={"If-Match": "*"})
    assert answer == (422, code)
