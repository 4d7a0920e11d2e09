"""From the decision to the repayment, with what becomes of it when somebody turns out to live apart."""

from __future__ import annotations

import pytest

from ..api import Api
from .office import account, batch, claim, decide, household, ledger, order, person, programme, result


def test_a_decision_needs_other_eyes_and_a_budget(api: Api) -> None:
    """Claim: section 5. Stimulus: the client that entered it decides; a budget for just one claim, asked twice."""
    scheme = programme(api, budget_ceiling=200_000)
    own = household(api, scheme["id"]).claim("approver")
    path, body = {"claim_id": own["id"]}, {"decision": "approved"}
    assert api.code("decideClaim", "approver", path=path, body=body) == (409, "own_claim")
    first, second = (household(api, scheme["id"]).claim() for _ in range(2))
    decide(api, first["id"])
    path = {"claim_id": second["id"]}
    assert api.code("decideClaim", "approver", path=path, body=body) == (409, "budget_exceeded")
    assert ledger(api, scheme["id"])["available_amount"] == 0
    assert decide(api, second["id"], "rejected", reason="予算")["decision_reason"] == "予算"


def test_a_shared_account_must_be_looked_at(api: Api) -> None:
    """Claim: section 6. Stimulus: two households with one account, one of them rejected then. Answer: odd, then not."""
    scheme = programme(api)
    shared = account()
    first, second = (household(api, scheme["id"]).claim(account=shared) for _ in range(2))
    assert claim(api, first["id"])["review"] == ["account_shared"]
    path, body = {"claim_id": first["id"]}, {"decision": "approved"}
    assert api.code("decideClaim", "approver", path=path, body=body) == (409, "review_required")
    decide(api, second["id"], "rejected", reason="重複")
    assert claim(api, first["id"])["review"] == []
    assert api.code("decideClaim", "approver", path=path, body=body)[0] == 200


def test_a_batch_is_made_as_a_whole_and_once(api: Api) -> None:
    """Claim: section 7. Stimulus: one claim of two not approved; the same number again, in another order; another."""
    scheme = programme(api)
    first, second = (household(api, scheme["id"]).claim() for _ in range(2))
    decide(api, first["id"])
    content = order(api, first, second)
    assert api.code("createPaymentBatch", "treasurer", body=content) == (409, "not_approved")
    assert claim(api, first["id"])["status"] == "approved"
    decide(api, second["id"])
    made = api.call("createPaymentBatch", "treasurer", body=content, expect=201).json()
    turned = {**content, "claim_ids": content["claim_ids"][::-1]}
    assert api.call("createPaymentBatch", "treasurer", body=turned, expect=200).json() == made
    other = {**content, "transfer_on": "2099-01-01"}
    assert api.code("createPaymentBatch", "treasurer", body=other) == (409, "batch_number_used")
    fresh = order(api, first)
    assert api.code("createPaymentBatch", "treasurer", body=fresh) == (409, "already_ordered")
    assert ledger(api, scheme["id"])["pending_amount"] == 400_000


def test_a_returned_transfer_is_retried_once(api: Api) -> None:
    """Claim: section 5. Stimulus: returned, retried with another account, returned again, retried again."""
    home = household(api, programme(api)["id"])
    entered = decide(api, home.claim()["id"])
    first = batch(api, entered)
    result(api, first["id"], entered["id"], "returned")
    path, body = {"claim_id": entered["id"]}, {"account": account(), "account_confirmed": True}
    again = api.json("retryClaim", "approver", path=path, body=body)
    assert (again["status"], again["return_reason"], again["account"]) == ("approved", None, body["account"])
    second = batch(api, again)
    assert second["transfers"][0]["account"] == body["account"]
    assert api.code("retryClaim", "approver", path=path, body=body) == (409, "retry_used")
    assert result(api, second["id"], entered["id"])["status"] == "closed"
    assert ledger(api, home.programme_id)["paid_amount"] == 200_000


def test_repayments_reach_what_was_paid_and_no_more(api: Api) -> None:
    """Claim: a repayment frees no budget. Stimulus: in two parts, then one yen more."""
    home = household(api, programme(api)["id"])
    entered = decide(api, home.claim()["id"])
    result(api, batch(api, entered)["id"], entered["id"])
    path = {"claim_id": entered["id"]}
    for amount in (150_000, 50_000):
        api.json("enterRepayment", "treasurer", path=path, body={"amount": amount, "received_on": api.today})
    more = {"amount": 1, "received_on": api.today}
    assert api.code("enterRepayment", "treasurer", path=path, body=more) == (409, "repayment_too_large")
    sums = ledger(api, home.programme_id)
    assert (sums["repaid_amount"], sums["paid_amount"], sums["approved_amount"]) == (200_000, 200_000, 200_000)


@pytest.mark.parametrize(
    ("until", "amount", "overpaid"),
    [("received", 100_000, 0), ("approved", 100_000, 0), ("in_transfer", 200_000, 100_000), ("paid", 200_000, 100_000)],
)
def test_a_separation_changes_the_claim_of_the_household(api: Api, until: str, amount: int, overpaid: int) -> None:
    """Claim: section 9. Stimulus: a separation in each state. Answer: less to pay, or overpaid; the separated claim."""
    home = household(api, programme(api)["id"])
    entered = home.claim()
    if until != "received":
        decide(api, entered["id"])
    if until in ("in_transfer", "paid"):
        made = batch(api, entered)
        if until == "paid":
            result(api, made["id"], entered["id"])
    separation = home.separation(1)
    now = claim(api, entered["id"])
    assert (now["status"], now["amount"], now["overpaid_amount"]) == (until, amount, overpaid)
    assert [member["resident_id"] for member in now["members"]] == home.ids[:1]
    form = home.form(form_id=separation["form_id"], claimant_id=home.ids[1])
    assert api.json("enterPostalClaim", "protection_officer", body=form)["amount"] == 100_000
    ledger(api, home.programme_id)


def test_what_was_overpaid_goes_when_the_transfer_comes_back(api: Api) -> None:
    """Claim: section 9. Stimulus: separated in transfer, then returned. Answer: returned, then reduced."""
    home = household(api, programme(api)["id"], person(), person("spouse"), person("child"))
    entered = decide(api, home.claim()["id"])
    made = batch(api, entered)
    home.separation(1, 2)
    result(api, made["id"], entered["id"], "returned")
    now = claim(api, entered["id"])
    assert (now["amount"], now["overpaid_amount"]) == (100_000, 0)
    path = {"programme_id": home.programme_id}
    entries = api.json("listLedgerEntries", "treasurer", path=path)["results"]
    assert [entry["kind"] for entry in entries] == ["approved", "ordered", "returned", "reduced"]
    assert ledger(api, home.programme_id)["returned_amount"] == 100_000


def test_the_claim_of_a_separation_is_hidden(api: Api) -> None:
    """Claim: section 9. Stimulus: a clerk and an approver read it, its form, and the list; the trail is looked at."""
    home = household(api, programme(api)["id"])
    separation = home.separation(1)
    form = home.form(form_id=separation["form_id"], claimant_id=home.ids[1], member_ids=home.ids[1:])
    apart = api.json("enterPostalClaim", "protection_officer", body=form)
    assert api.code("getClaim", path={"claim_id": apart["id"]}) == (404, "not_found")
    assert api.code("getClaimForm", path={"form_id": separation["form_id"]}) == (404, "not_found")
    assert api.code("enterPostalClaim", body=form) == (422, "unknown_form")
    query = {"programme_id": home.programme_id}
    counts = [api.json("listClaims", role, query=query)["resultset"]["count"] for role in ("clerk", "approver")]
    assert counts == [0, 1]
    trail = api.json(
        "listAuditEntries", "auditor", query={"subject_id": home.ids[1], "limit": 100}, service="benefit-payments"
    )
    refused = [(e["operation"], e["status"]) for e in trail["results"] if e["outcome"] == "refused"]
    assert refused == [("getClaim", 404), ("getClaimForm", 404), ("enterPostalClaim", 422)]
