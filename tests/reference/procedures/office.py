"""What a municipality needs before anybody can apply: a procedure, a household, a draft; and the ways from there."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from ..api import Api
from ..town import day

Json = dict[str, Any]


def person(**changes: Any) -> Json:
    """A person of a copy."""
    made = {
        "resident_id": uuid.uuid4().hex,
        "name": {"family": "佐藤", "given": "花子", "family_kana": "サトウ", "given_kana": "ハナコ"},
        "birth_date": {"value": "1980-04-01", "unknown": False},
        "sex": "2",
        "relationship": "head",
        "status": "active",
        "ceased_on": None,
        "protected": False,
    }
    return {**made, **changes}


def procedure(today: str, **changes: Any) -> Json:
    """The content of a procedure that is offered today."""
    made = {
        "title": "試験用の手続",
        "opens_on": day(today, -5),
        "closes_on": day(today, 20),
        "applicants": "self",
        "fields": [{"name": "phone", "title": "電話番号", "required": False}],
        "attachments": [{"name": "proof", "title": "証明書類", "required": False}],
        "prefilled": ["name", "address"],
        "signature_required": False,
    }
    return {**made, **changes}


def household(*members: Json) -> Json:
    """A household in the city that the reference plays."""
    address = {"municipality_code": "131016", "postal_code": "1000001", "town": "本町一丁目", "lot": "2番3号"}
    return {"household_id": uuid.uuid4().hex, "address": address, "members": list(members)}


class Office:
    """One procedure and one household, and what is done with them."""

    def __init__(self, api: Api, *members: Json, **changes: Any) -> None:
        self.api = api
        self.code = uuid.uuid4().hex
        self.household = household(*(members or (person(),)))
        new = {"If-None-Match": "*"}
        body = procedure(api.today, **changes)
        api.json("putProcedure", path={"procedure_code": self.code}, headers=new, body=body)
        self.copy(api, day(api.today, -3), new)

    def copy(self, api: Api, as_of: str, headers: Json) -> None:
        """Stores the copy of the household."""
        path, body = {"household_id": self.household["household_id"]}, {"as_of": as_of, "household": self.household}
        api.call("putHouseholdCopy", path=path, headers=headers, body=body, service="procedures", expect=(200, 201))

    def begin(self, **changes: Any) -> Json:
        """A draft of the first person of the household."""
        applicant = self.household["members"][0]["resident_id"]
        body = {"procedure_code": self.code, "applicant_id": applicant, **changes}
        found: Json = self.api.json("createApplication", "applicant", body=body)
        return found

    def form(self, application: Json, **changes: Any) -> str:
        """Stores a form; its digest."""
        body = {"procedure_code": self.code, "answers": [], "attachments": [], **changes}
        raw = json.dumps(body, indent=1, ensure_ascii=False).encode() + b"\r\n"
        headers = {"If-None-Match": "*"}
        path = {"application_id": application["id"]}
        told = self.api.json("putForm", "applicant", path=path, headers=headers, body=raw)
        assert told["sha256"] == hashlib.sha256(raw).hexdigest()
        return str(told["sha256"])

    def received(self) -> Json:
        """An application that was submitted."""
        draft = self.begin()
        return self.submit(draft, self.form(draft))

    def submit(self, application: Json, digest: str) -> Json:
        """Submits an application."""
        found: Json = self.api.json(
            "submitApplication", "applicant", path={"application_id": application["id"]}, body={"form_sha256": digest}
        )
        return found
