"""The whole story, over the command line and the API, with a real server, on both databases."""

from __future__ import annotations

import datetime as dt
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import PROGRAM, started

from conformance.demonstration import reference
from registry.asking import Asking
from tests.whole_run import PEOPLE

pytestmark = pytest.mark.slow
BODY = "131016"


@dataclass(frozen=True)
class Agency:
    """A registry that is served, and a folder to work in."""

    url: str
    folder: Path
    database: str

    def command(self, *arguments: str, code: int = 0, **environment: str) -> str:
        """Run the command line; what it said. It is to end with this exit code."""
        done = started(*arguments, folder=self.folder, CONFORMANCE_REGISTRY_DATABASE=self.database, **environment)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def account(self, name: str, role: str, *more: str) -> Asking:
        """Make an account at the machine of the registry, and come in with its token."""
        said = self.command("registry", "account", "add", name, "--role", role, *more)
        return Asking(self.url, said.split("token ")[1].strip())


@pytest.fixture
def agency(url: str, tmp_path: Path) -> Iterator[Agency]:
    """A registry as it is started for good: tables, key, server."""
    at = Agency("", tmp_path, url)
    assert "0 bodies" in at.command("registry", "migrate")
    at.command("registry", "key", "key.pem")
    serve = [
        "registry",
        "serve",
        "--database",
        url,
        "--folder",
        str(tmp_path / "files"),
        "--key",
        "key.pem",
        "--port",
        "0",
    ]
    server = subprocess.Popen([*PROGRAM, *serve], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield Agency(server.stdout.readline().split()[-1], tmp_path, url)
    finally:
        server.terminate()
        server.wait(30)
        server.stdout.close()


def done(answer: Any, status: int = 200) -> Any:
    """The content of an answer that is to be of this status."""
    assert answer.status_code == status, answer.text
    return answer.json()


def when_judged(ask: Asking, run: str) -> str:
    """The state of a run once it has been judged."""
    while (state := done(ask("GET", f"/runs/{run}"))["state"]) == "submitted":
        time.sleep(0.2)
    return str(state)


def decide(assessor: Asking, approver: Asking, run: str, outcome: str) -> Any:
    """Review a run and decide on it."""
    done(assessor("POST", f"/runs/{run}/review", {}))
    made = done(assessor("POST", f"/runs/{run}/proposals", {"outcome": outcome, "why": "as judged"}), 201)
    decision = {"proposal_id": made["id"], "confirm": True, "why": "agreed"}
    return done(approver("POST", f"/runs/{run}/decisions", decision))["statement_id"]


def confirm(agency: Agency, assessor: Asking, run: str) -> None:
    """Have a fresh run made of the same system, and compared with what was submitted."""
    with reference("--people", PEOPLE, services=("procedures",)) as run_file:
        said = agency.command(
            "registry", "fresh-run", run, "--run-file", str(run_file), "--registry", agency.url, "--output", "fresh",
            CONFORMANCE_REGISTRY_TOKEN=assessor.token or "",
        )  # fmt: skip
    (fresh,) = done(assessor("GET", f"/runs/{run}/fresh-runs"))["items"]
    assert fresh["comparison"]["differences"] == []
    assert fresh["comparison"]["same"] > 250
    assert f"Judged alike: {fresh['comparison']['same']}" in said
    assert fresh["comparison"]["first_seed"] != fresh["comparison"]["second_seed"]


def test_from_a_failing_run_to_a_statement(agency: Agency, failed_run: Path, whole_run: Path) -> None:
    """Claim: the story works. Stimulus: a vendor submits a run that fails; the agency judges it again, refuses it and
    issues an advisory; the body answers; the vendor fixes the system and submits a new run; an assessor confirms it by
    a fresh one. Expected: a statement, verified offline; the advisory closed by the evidence of the new run; the
    statement fails with any byte changed, and stands no more once it is withdrawn."""
    administrator = agency.account("administrator", "administrator")
    vendor_id = done(administrator("POST", "/vendors", {"name": "conformance"}), 201)["id"]
    product = done(
        administrator("POST", "/products", {"vendor_id": vendor_id, "name": "Reference implementation"}), 201
    )["id"]
    version = done(administrator("POST", "/versions", {"product_id": product, "name": "0.1.0"}), 201)["id"]
    vendor = agency.account("vendor", "vendor", "--vendor", vendor_id)
    body = agency.account("body", "body", "--body", BODY)
    assessor, approver = agency.account("assessor", "assessor"), agency.account("approver", "approver")

    def submit(run: Path) -> str:
        told = agency.command(
            "submit", str(run), "--registry", agency.url, "--version", version,
            CONFORMANCE_REGISTRY_TOKEN=vendor.token or "",
        )  # fmt: skip
        return told.split("Submitted: ")[1].split()[0]

    failed = submit(failed_run)
    assert when_judged(vendor, failed) == "verified"
    assert decide(assessor, approver, failed, "refused") is None
    reasons = done(vendor("GET", f"/runs/{failed}"))["proposal"]["reasons"]
    assert {"COM-PAG-001", "narrowed"} <= {r["requirement"] or r["code"] for r in reasons}
    assert all(r["remedy"]["ja"] and r["remedy"]["en"] for r in reasons)
    assert "COM-PAG-001" in vendor("GET", f"/runs/{failed}/scorecard").text

    soon = (dt.date.today() + dt.timedelta(days=30)).isoformat()  # noqa: DTZ011  a day far enough away in any zone
    new = {
        "run_id": failed,
        "basis": {"ja": "担当者が確認した根拠", "en": "as confirmed by the person in charge"},
        "answer_by": soon,
    }
    advisory = done(assessor("POST", "/advisories", new), 201)["id"]
    done(approver("POST", f"/advisories/{advisory}/approval", {"why": "right"}))
    assert done(body("GET", "/advisories"))["items"] == []
    done(assessor("POST", f"/advisories/{advisory}/issue", {"why": "sent"}))
    shown = body("GET", f"/advisories/{advisory}/page").text
    assert "技術的助言" in shown
    assert "COM-PAG-001" in shown
    done(body("POST", f"/advisories/{advisory}/acknowledgement", {"why": "received"}))
    done(body("POST", f"/advisories/{advisory}/plan", {"plan": "改修します", "remedy_by": soon}))
    assert assessor("POST", f"/advisories/{advisory}/remedy", {"run_id": failed}).status_code == 409

    fixed = submit(whole_run)
    assert when_judged(vendor, fixed) == "verified"
    if agency.database.startswith("sqlite"):  # what is kept of it is tested on both; a whole run is enough once
        confirm(agency, assessor, fixed)
    done(assessor("POST", f"/advisories/{advisory}/remedy", {"run_id": fixed}))
    done(approver("POST", f"/advisories/{advisory}/closing", {"why": "done"}))
    assert done(Asking(agency.url)("GET", "/published-advisories"))["items"][0]["state"] == "closed"
    statement = decide(assessor, approver, fixed, "stated")

    everybody = Asking(agency.url)
    for name, path in (("s.json", f"/statements/{statement}/file"), ("pub.pem", "/key"), ("list.json", "/revocations")):
        (agency.folder / name).write_bytes(everybody("GET", path).content)
    assert (agency.folder / "pub.pem").read_bytes() == (agency.folder / "key.pem.pub").read_bytes()
    said = agency.command("verify", "s.json", "--key", "pub.pem", "--revocations", "list.json", "--lang", "ja")
    assert "千代田区" in said
    assert "procedures/1.0" in said
    changed = bytearray((agency.folder / "s.json").read_bytes())
    changed[len(changed) // 2] ^= 1
    (agency.folder / "changed.json").write_bytes(changed)
    assert "payload" in agency.command("verify", "changed.json", "--key", "pub.pem", code=2)

    done(approver("POST", f"/statements/{statement}/withdrawal", {"why": "the system was changed"}))
    (agency.folder / "list.json").write_bytes(everybody("GET", "/revocations").content)
    assert "withdrawn" in agency.command("verify", "s.json", "--key", "pub.pem", "--revocations", "list.json", code=1)
    assert done(vendor("GET", f"/runs/{fixed}"))["state"] == "withdrawn"
