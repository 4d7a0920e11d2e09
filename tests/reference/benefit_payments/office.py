"""Makes programmes, households and claims for the tests, with ids drawn afresh."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from typing import Any

from ..api import Api
from ..town import ADDRESS, day

Json = dict[str, Any]
_numbers = itertools.count(1)


def fresh(kind: str) -> str:
    """An id that nothing had before."""
    return f"{kind}-{uuid.uuid4()}"


def account(**changes: Any) -> Json:
    """An account that nobody else has, of the head of `household`."""
    number = str(next(_numbers)).zfill(7)
    known = {"bank_code": "0001", "branch_code": "001", "type": "ordinary", "number": number, "holder": "ﾖｼﾀﾞ ﾊﾅｺ"}
    return {**known, **changes}


def person(relationship: str = "head", **changes: Any) -> Json:
    """A person of a copy."""
    return {
        "resident_id": fresh("r"),
        "name": {"family": "𠮷田", "given": "花子", "family_kana": "ヨシダ", "given_kana": "ハナコ"},
        "birth_date": {"value": "1990-04-01", "unknown": False},
        "sex": "2",
        "relationship": relationship,
        "status": "active",
        "ceased_on": None,
        "protected": False,
        **changes,
    }


def programme(api: Api, **changes: Any) -> Json:
    """A programme that is open today; base date ten days ago."""
    today = api.today
    body = {
        "title": "給付金",
        "base_date": day(today, -10),
        "unit_amount": 100_000,
        "budget_ceiling": 10_000_000,
        "claims_from": day(today, -5),
        "claims_until": day(today, 20),
        "channels": ["post", "online"],
        **changes,
    }
    made: Json = api.json("createProgramme", body=body)
    return made


@dataclass
class Household:
    """A household in a programme."""

    api: Api
    programme_id: str
    people: list[Json]
    copy: Json

    @property
    def ids(self) -> list[str]:
        """Its persons."""
        return [person["resident_id"] for person in self.people]

    @property
    def path(self) -> Json:
        """Where its copy is."""
        household_id = self.copy["household"]["household_id"]
        return {"programme_id": self.programme_id, "household_id": household_id}

    def form(self, **changes: Any) -> Json:
        """What is entered of its form."""
        return {
            "form_id": self.copy["form_id"],
            "claimant_id": self.ids[0],
            "member_ids": self.ids,
            "postmarked_on": self.api.today,
            "account": account(),
            **changes,
        }

    def claim(self, role: str = "clerk", **changes: Any) -> Json:
        """Its claim by post."""
        made: Json = self.api.json("enterPostalClaim", role, body=self.form(**changes))
        return made

    def separation(self, *places: int, **changes: Any) -> Json:
        """Separates the persons at some places, the first of whom claims."""
        ids = [self.ids[place] for place in places]
        body = {"claimant_id": ids[0], "member_ids": ids, "address": ADDRESS, "ground": "protection_order", **changes}
        path = {"programme_id": self.programme_id}
        made: Json = self.api.json("createSeparation", "protection_officer", path=path, body=body)
        return made


def household(api: Api, programme_id: str, *people: Json) -> Household:
    """Copies a household into a programme: a head and a spouse unless said otherwise."""
    members = list(people) or [person(), person("spouse")]
    body = {"household_id": fresh("h"), "address": ADDRESS, "members": members}
    path = {"programme_id": programme_id, "household_id": body["household_id"]}
    copy = api.json("putHouseholdCopy", path=path, body=body, headers={"If-None-Match": "*"})
    return Household(api, programme_id, members, copy)


def decide(api: Api, claim_id: str, decision: str = "approved", **more: Any) -> Json:
    """Decides on a claim, the account looked at."""
    body = {"decision": decision, "account_confirmed": True, **more}
    decided: Json = api.json("decideClaim", "approver", path={"claim_id": claim_id}, body=body)
    return decided


def order(api: Api, *claims: Json, **changes: Any) -> Json:
    """The content of a batch of some claims."""
    return {
        "batch_number": fresh("n")[:40],
        "programme_id": claims[0]["programme_id"],
        "transfer_on": api.today,
        "claim_ids": [claim["id"] for claim in claims],
        "control_count": len(claims),
        "control_total": sum(claim["amount"] for claim in claims),
        **changes,
    }


def batch(api: Api, *claims: Json) -> Json:
    """Puts approved claims into a batch."""
    made: Json = api.json("createPaymentBatch", "treasurer", body=order(api, *claims))
    return made


def result(api: Api, batch_id: str, claim_id: str, outcome: str = "paid") -> Json:
    """Enters the result of one transfer."""
    found = {"claim_id": claim_id, "outcome": outcome}
    if outcome == "returned":
        found["return_reason"] = "account_closed"
    body = {"results": [found]}
    entered: Json = api.json("enterBatchResults", "treasurer", path={"batch_id": batch_id}, body=body)
    return entered


def claim(api: Api, claim_id: str) -> Json:
    """A claim as it is now."""
    found: Json = api.json("getClaim", "approver", path={"claim_id": claim_id})
    return found


def ledger(api: Api, programme_id: str) -> Json:
    """The sums of a programme, after it was seen that they and the entries agree (section 8)."""
    sums: Json = api.json("getLedger", path={"programme_id": programme_id})
    query = {"limit": 100}
    entries = api.json("listLedgerEntries", "treasurer", path={"programme_id": programme_id}, query=query)["results"]
    of = {kind: sum(e["amount"] for e in entries if e["kind"] == kind) for kind in ("approved", "reduced", "paid")}
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert sums["paid_amount"] + sums["returned_amount"] + sums["pending_amount"] == sums["approved_amount"]
    assert sums["approved_amount"] + sums["available_amount"] == sums["budget_ceiling"]
    assert of["approved"] - of["reduced"] == sums["approved_amount"]
    assert of["paid"] == sums["paid_amount"]
    return sums
