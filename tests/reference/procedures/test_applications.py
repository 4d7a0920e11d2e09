"""Applications over HTTP: stored bytes, what others see, what is audited, what follows the register."""

from __future__ import annotations

from ..api import Api
from ..test_repetition import key
from ..town import day, settle
from .office import Office, person


def test_the_stored_bytes_come_back_as_they_were(api: Api) -> None:
    """Claim: section 6. Stimulus: a form with white space and an attachment of bytes. Answer: the same bytes, a tag."""
    office = Office(api)
    draft = office.begin()
    digest = office.form(draft)
    path = {"application_id": draft["id"]}
    form = api.call("getForm", "applicant", path=path, expect=200)
    assert form.content.endswith(b"\r\n")
    raw, named = b"%PDF \x00\r\n", {**path, "attachment_name": "proof"}
    sent = {"Content-Digest": "sha-256=:" + "A" * 43 + "=:", "If-None-Match": "*"}
    refused = api.code("putAttachment", "applicant", path=named, body=raw, headers=sent)
    assert refused == (422, "digest_mismatch")
    api.call("getOwnAttachment", "applicant", path=named, expect=404)
    assert office.submit(draft, digest)["status"] == "received"
    again = {"If-Match": form.headers["ETag"]}
    body = form.content
    assert api.code("putForm", "applicant", path=path, headers=again, body=body) == (409, "wrong_status")


def test_the_administration_knows_of_no_draft(api: Api) -> None:
    """Claim: section 11. Stimulus: reads of a draft by others. Answer: 404, and an entry that it was refused."""
    office = Office(api)
    draft = office.begin()
    path = {"application_id": draft["id"]}
    api.call("getApplication", path=path, expect=404)
    api.call("getOnlineApplication", "other_applicant", path=path, expect=404)
    query = {"subject_id": draft["subject_id"]}
    entries = api.json("listAuditEntries", "auditor", query=query, service="procedures")["results"]
    assert [(entry["operation"], entry["outcome"]) for entry in entries[-2:]] == [
        ("getApplication", "refused"),
        ("getOnlineApplication", "refused"),
    ]


def test_what_was_received_stays_as_the_register_was(api: Api) -> None:
    """Claim: section 5. Stimulus: moves beside a receipt, a return, a withdrawal. Answer: old, new, new."""
    office = Office(api)
    path = {"application_id": office.received()["id"]}
    office.household["address"]["lot"] = "9番9号"
    office.copy(api, day(api.today, -2), {"If-Match": "*"})
    assert api.json("getApplication", path=path)["register_as_of"] == day(api.today, -3)
    api.json("startReview", path=path, body={})
    assert api.json("returnApplication", path=path, body={"reason": "確認"})["prefilled"]["address"]["lot"] == "9番9号"
    api.json("withdrawApplication", "applicant", path=path, body={})
    office.copy(api, day(api.today, -1), {"If-Match": "*"})
    kept = api.json("getApplication", path=path)
    assert (kept["register_as_of"], kept["return_reason"]) == (day(api.today, -2), None)


def test_a_kept_answer_does_not_show_the_address_of_somebody_protected_since(api: Api) -> None:
    """Claim: section 11. Stimulus: a review, a protection, the same request again. Answer: examined as new: 409."""
    office = Office(api)
    path, headers = {"application_id": office.received()["id"]}, key()
    first = api.json("startReview", path=path, body={}, headers=headers)
    assert "address" in first["prefilled"]
    assert api.json("startReview", path=path, body={}, headers=headers) == first
    office.household["members"][0]["protected"] = True
    office.copy(api, day(api.today, -2), {"If-Match": "*"})
    assert api.code("startReview", path=path, body={}, headers=headers) == (409, "wrong_status")
    assert "address" not in api.json("getApplication", path=path)["prefilled"]
    assert "address" in api.json("getApplication", "protection_officer", path=path)["prefilled"]


def test_paper_and_drafts_of_one_subject(api: Api) -> None:
    """Claim: section 4. Stimulus: a draft, then paper, then the submission. Answer: the paper wins."""
    office = Office(api, person())
    draft = office.begin()
    digest = office.form(draft)
    body = {
        "procedure_code": office.code,
        "applicant_id": draft["applicant_id"],
        "arrived_on": api.today,
        "answers": [],
    }
    paper = api.json("enterPaperApplication", body=body)
    path = {"application_id": draft["id"]}
    late = api.code("submitApplication", "applicant", path=path, body={"form_sha256": digest})
    assert late == (409, "already_applied")
    path = {"application_id": paper["id"]}
    api.json("startReview", path=path, body={})
    assert api.code("returnApplication", path=path, body={"reason": "確認"}) == (409, "paper_application")


def test_a_household_is_fetched_from_the_registry_as_it_is_today(api: Api) -> None:
    """Claim: register-link. Stimulus: a household of the registry twice, and one that is none. Answer: the outcomes."""
    home = settle(api, "head", "spouse")
    body = {"household_ids": [home.household_id, "h-none"]}
    told = [api.json("fetchHouseholds", body=body, service="procedures")["results"] for _ in range(2)]
    assert [[result["outcome"] for result in results] for results in told] == [
        ["stored", "unknown"],
        ["unchanged", "unknown"],
    ]
    path = {"household_id": home.household_id}
    role = "protection_officer"
    copy = api.json("getHouseholdCopy", role, path=path, service="procedures")
    assert copy["as_of"] == api.today
    assert [member["resident_id"] for member in copy["household"]["members"]] == home.ids
