"""The story of a system, clicked through with the forms of the pages: what the API does, they do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec

from conformance.registry.judged import Difference
from conformance.registry.office import Office
from registry.browsing import Browser, Dom
from registry.people import BODY, World
from registry.steady import SERVICE, Clock, SteadyJudge, conforming, failing
from registry.submitted import submitted

As = Callable[[str], Browser]
SOON = "2026-12-28"


def judged_as(office: Office, **changed: object) -> None:
    """What the judge says from now on."""
    assert isinstance(office.judge, SteadyJudge)
    office.judge.judged = msgspec.structs.replace(failing() if changed.pop("fails", False) else conforming(), **changed)


def test_from_a_failing_run_to_a_statement_that_is_withdrawn(
    office: Office, world: World, browser: As, clock: Clock
) -> None:
    """Claim: the whole life of a run, an advisory and a statement can be led on the pages, by whoever may. Stimulus: a
    run that fails and says it does not; review, a proposal sent back, refusal; advisory to its end; a new run; a
    statement, which is withdrawn. Expected: each page offers what is next to the one whose turn it is and to nobody
    else, and shows what has happened."""
    vendor, body, everybody = browser("vendor"), browser("body"), browser("public")
    assessor, second, approver = browser("assessor"), browser("second assessor"), browser("approver")
    difference = Difference(SERVICE, "COM-PAG-001", "pass", "fail")
    judged_as(office, fails=True, claimed="conforming", differences=(difference,))
    run = f"/runs/{submitted(office, world)}"

    assert (vendor.offered(run), approver.offered(run)) == (["withdrawRun"], [])
    assert run in assessor.dom("/").links, "it waits for an assessor"
    assert "The archive says" in vendor.dom(run).text
    assessor.do(run, "beginReview")
    assert (assessor.offered(run), second.offered(run)) == (["propose", "judgeAgain"], ["judgeAgain"])
    impossible = assessor.fill(run, "propose", outcome="stated", why="kept words")
    assert impossible.status_code == 409
    again = next(form for form in Dom(impossible.text).forms if form.act == "propose")
    assert (again.fields["why"], again.fields["outcome"]) == ("kept words", "stated"), "nobody writes it twice"
    assert "COM-PAG-001" in Dom(impossible.text).text
    assessor.do(run, "propose", outcome="refused", why="it fails")
    assert "it fails" not in vendor.dom(run).text
    approver.do(run, "decide", button=1, why="say more")
    assert approver.offered(run) == []
    assessor.do(run, "propose", outcome="refused", why="it fails, as the evidence shows")
    approver.do(run, "decide", button=0, why="agreed")
    told = vendor.dom(run).text
    assert "it fails, as the evidence shows" in told
    assert "shows whether it does" in told, "the remedy"
    assert vendor.offered(run) == []
    assert {"agreed", "say more"} <= {text for _, text in assessor.dom(run).texts}, "the agency sees what happened"

    advisory = assessor.do(run, "draftAdvisory", basis__ja="根拠", basis__en="a basis", answer_by=SOON)
    assert everybody.get(advisory).status_code == body.get(advisory).status_code == 404
    assert assessor.offered(advisory) == ["dropAdvisory"]
    approver.do(advisory, "approveAdvisory", why="right")
    assessor.do(advisory, "issueAdvisory", why="sent")
    assert everybody.dom(advisory).text.count("COM-PAG-001") == 0
    assert vendor.offered(advisory) == []
    body.do(advisory, "acknowledgeAdvisory", why="received")
    late = body.fill(advisory, "planRemedy", plan="we mend it", remedy_by="2020-01-01")
    assert late.status_code == 422
    body.do(advisory, "planRemedy", plan="we mend it", remedy_by=SOON)
    assert "we mend it" in vendor.dom(advisory).text
    assert assessor.offered(advisory) == [], "there is no newer run yet"

    clock.forward(minutes=10)
    judged_as(office)
    fixed = submitted(office, world)
    assessor.do(advisory, "remedyAdvisory", run_id=fixed)
    approver.do(advisory, "closeAdvisory", why="done")
    assert "Closed" in everybody.dom("/advisories").text
    run = f"/runs/{fixed}"
    assessor.do(run, "beginReview")
    conditions = {"conditions__0__ja": "手作業で補う", "conditions__0__en": "made up for by hand"}
    assessor.do(run, "propose", outcome="stated_with_conditions", why="as judged", **conditions)
    approver.do(run, "decide", why="agreed")
    (statement,) = {link for link in everybody.dom("/statements").links if link.startswith("/statements/")}
    told = everybody.dom(statement).text
    assert {"Valid", "Signature checked"} <= {text for _, text in everybody.dom(statement).texts}
    assert "made up for by hand" in told
    assert everybody.offered(statement) == assessor.offered(statement) == []
    approver.do(statement, "withdrawStatement", why="the system was changed")
    assert "The agency has withdrawn it" in everybody.dom(statement).text
    assert "Withdrawn" in vendor.dom(run).text


def test_holdings_and_accounts_are_kept_on_the_pages(world: World, browser: As) -> None:
    """Claim: an administrator needs no command for it. Stimulus: vendor, product, version, system, account, by the
    forms; one of them twice. Expected: each has its page; a token is told once and lets in; the second is refused in
    words."""
    administrator = browser("administrator")
    vendor = administrator.do("/vendors", "addVendor", name="New vendor")
    assert administrator.fill("/vendors", "addVendor", name="New vendor").status_code == 409
    product = administrator.do(vendor, "addProduct", name="New product")
    version = administrator.do(product, "addVersion", name="2.0")
    form = {"version_id": version.rsplit("/", 1)[1], "service": SERVICE, "since": "2026-04-01"}
    system = administrator.do(f"/bodies/{BODY}", "addSystem", **form)
    assert system in browser("public").dom(version).links
    assert "No statement in force" in browser("public").dom(system).text
    made = administrator.fill("/accounts", "addAccount", name="new", role="vendor", vendor_id=vendor.rsplit("/", 1)[1])
    assert made.status_code == 200
    token = next(text for tag, text in Dom(made.text).texts if tag == "pre")
    assert token not in administrator.get("/accounts").text
    fresh = Browser(administrator.url)
    assert fresh.sign_in(token).status_code == 303
    assert fresh.get("/runs").status_code == 200
    forms = [f for f in administrator.dom("/accounts").forms if f.act == "disableAccount"]
    accounts = [f.fields["target"] for f in forms]
    assert world["vendor"].account in accounts
    (mine,) = [f for f in forms if f.fields["target"] not in {actor.account for actor in world.actors.values()}]
    assert administrator.post("/accounts", {**mine.fields, "why": "left"}).status_code == 303
    assert fresh.get("/runs").status_code == 303


def test_waivers_are_shown_with_what_is_underneath(office: Office, world: World, browser: As, clock: Clock) -> None:
    """Claim: a waiver hides nothing, and it is said when it is not needed or has ended. Stimulus: one proposed from the
    page of the run that fails, approved; one that no run needs; the days pass. Expected: in use with the failed verdict
    and the run; unused; ended."""
    judged_as(office, fails=True)
    run = submitted(office, world)
    assessor, approver = browser("assessor"), browser("approver")
    link = next(link for link in assessor.dom(f"/runs/{run}").links if link.startswith("/waivers?"))
    days = {"valid_from": "2026-11-01", "valid_until": "2026-12-31"}
    texts = {
        "reason__ja": "移行中",
        "reason__en": "being migrated",
        "condition__ja": "補う",
        "condition__en": "by hand",
    }
    made = assessor.do(link.partition("#")[0], "proposeWaiver", **days, **texts)
    other = assessor.do("/waivers", "proposeWaiver", service=SERVICE, requirement="COM-PAG-002",
                        version_id=world.version, **days, **texts)  # fmt: skip
    assert assessor.offered(made) == []
    for waiver in (made, other):
        approver.do(waiver, "approveWaiver", why="borne")
    page = assessor.dom(made)
    assert {"In use", "Fail", "being migrated"} <= {text for _, text in page.texts}
    assert f"/runs/{run}" in page.links
    assert {"Unused", "In use"} <= {text for _, text in assessor.dom("/waivers").texts}
    assert "Unused" in {text for _, text in assessor.dom(f"/runs/{run}").texts}
    assert "Waived" in {text for _, text in browser("vendor").dom(f"/runs/{run}").texts}
    clock.forward(days=60)
    later = browser("assessor")
    assert "Ended" in {text for _, text in later.dom("/waivers").texts}
    assert "COM-PAG-001" in later.dom(f"/runs/{run}").text
    assert dt.date(2026, 12, 31) < office.today()


def test_an_overview_of_a_system_says_what_is_next(office: Office, world: World, browser: As) -> None:
    """Claim: one page has everything of a system, for each as far as he may see it. Stimulus: a system with a run, a
    statement and an advisory. Expected: all of it for the agency; for the public what is published."""
    from registry.test_api import everything

    administrator = browser("administrator")
    form = {"version_id": world.version, "service": SERVICE, "since": "2026-04-01"}
    system = administrator.do(f"/bodies/{BODY}", "addSystem", **form)
    things = everything(office, world)
    seen = browser("assessor").dom(system)
    assert {f"/runs/{things.run}", f"/runs/{things.refused}", f"/waivers/{things.waiver}"} <= set(seen.links)
    assert {f"/advisories/{things.drafted}", f"/statements/{things.statement}"} <= set(seen.links)
    assert "An assessor takes the run under review" in seen.text
    public = set(browser("public").dom(system).links)
    assert {f"/advisories/{things.issued}", f"/statements/{things.statement}"} <= public
    assert not [link for link in public if link.startswith(("/runs/", "/waivers/")) or things.drafted in link]
