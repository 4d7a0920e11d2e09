"""Households that the service fetches from the resident registry, and the trails of the two."""

from __future__ import annotations

from ..api import Api
from ..town import change, day, move_out, protect, settle
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


def test_a_death_after_the_base_date_is_known_from_the_fetch(api: Api) -> None:
    """Claim: who died after the base date is paid for, and does not claim. Stimulus: the head died yesterday.
    Answer: head and eligible as on the base date, the other member the only claimant."""
    scheme = programme(api, base_date=day(api.today, -2), claims_from=day(api.today, -2))
    home = settle(api, "head", "spouse")
    api.json("registerDeath", body=change(api, -1, resident_id=home.ids[0]))
    path = {"programme_id": scheme["id"]}
    api.json("fetchHouseholds", path=path, body={"household_ids": [home.household_id]})
    copy = api.json("getHouseholdCopy", "protection_officer", path={**path, "household_id": home.household_id})
    assert (copy["head_id"], copy["eligible_ids"]) == (home.ids[0], home.ids)
    form = api.json("getClaimForm", path={"form_id": copy["form_id"]})
    assert form["claimant_ids"] == home.ids[1:]


def test_a_protection_after_the_claim_hides_form_and_claim(api: Api) -> None:
    """Claim: the copy of a claimed household stays, but who is protected now is hidden from the next fetch on.
    Stimulus: an order between claim and letter. Answer: shown before, 404 after, audited as refused, still decided."""
    scheme = programme(api, base_date=day(api.today, -2), claims_from=day(api.today, -2))
    home = settle(api, "head", "spouse")
    path, body = {"programme_id": scheme["id"]}, {"household_ids": [home.household_id]}
    api.json("fetchHouseholds", path=path, body=body)
    place = {**path, "household_id": home.household_id}
    copy = api.json("getHouseholdCopy", "protection_officer", path=place)
    claim = Household(api, scheme["id"], copy["household"]["members"], copy).claim()
    form, of_claim = {"form_id": copy["form_id"]}, {"claim_id": claim["id"]}
    api.call("getClaimForm", "viewer", path=form, expect=200)
    protect(api, home.ids[1])
    api.call("getClaimForm", "viewer", path=form, expect=200)
    assert api.json("fetchHouseholds", path=path, body=body)["results"][0]["outcome"] == "claimed"
    stands = api.json("getHouseholdCopy", "protection_officer", path=place)["household"]["members"]
    assert [member["protected"] for member in stands] == [False, True]
    api.call("getClaimForm", "viewer", path=form, expect=404)
    api.call("getClaim", path=of_claim, expect=404)
    query = {"subject_id": home.ids[1], "operation": "getClaimForm"}
    told = api.json("listAuditEntries", "auditor", query=query, service="benefit-payments")["results"]
    assert [entry["outcome"] for entry in told] == ["success", "success", "refused"]
    decision = {"decision": "approved", "account_confirmed": True}
    assert api.json("decideClaim", "approver", path=of_claim, body=decision)["amount"] == 200_000


def test_operations_of_one_name_keep_their_keys_apart(api: Api) -> None:
    """Claim: a key belongs to the operation of one service. Stimulus: the fetches of two services under one key.
    Answer: both are carried out, and each trail has its own."""
    scheme = programme(api, base_date=day(api.today, -1), claims_from=day(api.today, -1))
    home = settle(api)
    body, headers = {"household_ids": [home.household_id]}, {"Idempotency-Key": "one-key-two-services"}
    path = {"programme_id": scheme["id"]}
    for service, where in (("benefit-payments", path), ("procedures", {})):
        named = {"service": service, "path": where, "body": body, "headers": headers}
        assert api.json("fetchHouseholds", **named)["results"][0]["outcome"] == "stored"
        query = {"subject_id": home.ids[0], "operation": "fetchHouseholds"}
        assert len(api.json("listAuditEntries", "auditor", query=query, service=service)["results"]) == 1
