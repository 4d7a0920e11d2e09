"""Households that the service fetches from the resident registry, and the trails of the two."""

from __future__ import annotations

from ..api import Api
from ..town import change, day, move_out, settle
from .office import Household, programme


def test_a_household_is_fetched_as_it_was_on_the_base_date(api: Api) -> None:
    """Claim: who left or died on the base date is in, who came or left otherwise is not. Stimulus: a head who died on
    that day, a member who left that day, one who left before. Answer: the copy, with the dead head as its head."""
    scheme = programme(api, base_date=day(api.today, -2), claims_from=day(api.today, -2))
    home = settle(api, "head", "spouse", "child", "child")
    api.json("registerMoveOut", body=move_out(api, home.ids[3:], -3))
    api.json("registerMoveOut", body=move_out(api, home.ids[2:3], -2))
    died = change(api, -2, resident_id=home.ids[0])
    api.json("registerDeath", body=died)
    path, body = {"programme_id": scheme["id"]}, {"household_ids": [home.household_id, "h-none"]}
    fetched = api.json("fetchHouseholds", path=path, body=body)["results"]
    assert [result["outcome"] for result in fetched] == ["stored", "unknown"]
    copy = api.json("getHouseholdCopy", "protection_officer", path={**path, "household_id": home.household_id})
    assert copy["eligible_ids"] == home.ids[:3]
    people = copy["household"]["members"]
    assert [(p["status"], p["relationship"]) for p in people] == [
        ("deceased", "head"),
        ("active", "spouse"),
        ("moved_out", "child"),
    ]
    assert api.json("fetchHouseholds", path=path, body=body)["results"][0]["outcome"] == "unchanged"
    Household(api, scheme["id"], people, copy).claim(claimant_id=home.ids[1])
    assert api.json("fetchHouseholds", path=path, body=body)["results"][0]["outcome"] == "claimed"


def test_each_service_lists_its_own_entries(api: Api) -> None:
    """Claim: a service lists what was done with it. Stimulus: one person in both services. Answer: apart."""
    scheme = programme(api, base_date=day(api.today, -1), claims_from=day(api.today, -1))
    home = settle(api)
    path, body = {"programme_id": scheme["id"]}, {"household_ids": [home.household_id]}
    api.json("fetchHouseholds", path=path, body=body)
    query = {"subject_id": home.ids[0]}
    told = {
        service: [
            e["operation"] for e in api.json("listAuditEntries", "auditor", query=query, service=service)["results"]
        ]
        for service in ("resident-registry", "benefit-payments")
    }
    assert told == {"resident-registry": ["registerMoveIn"], "benefit-payments": ["fetchHouseholds"]}
