"""`conformance clean` and `run --clean-up`: what a run created is taken back where the documents give a way."""

from __future__ import annotations

import json
import secrets
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import pytest
from command_line import Call
from exchanges import step
from hostile import Asked, Wire, answer, serving
from hostile_run import SECRET, with_tokens
from test_cli_errors import RUN_FILE as SMALL_RUN_FILE

from conformance.archive import EVIDENCE, RUN_FILE
from conformance.catalogue.operations import operations
from conformance.catalogue.taking_back import request, way_of
from conformance.clearing import CLEARED, Outcome, clear
from conformance.created import CREATED
from conformance.demonstration import reference
from conformance.errors import ArchiveError, UsageError
from conformance.expression import Unresolved
from conformance.launch import Prepared, Published, prepare, prepared_from, start
from conformance.model import Exchange, Response
from conformance.model import Request as Sent
from conformance.plan import Filters
from conformance.seen import Seen
from conformance.sut.redaction import Redactor
from conformance.sut.run_file import RunFile, load

CHANGING = (
    "registerMoveIn", "registerMoveOut", "registerAddressChange", "registerDeath", "cancelNotification",
    "putProtection", "issueCertificate",
)  # fmt: skip
NARROW = Filters(operations=CHANGING, max_requests=600)


@pytest.fixture(scope="module")
def town() -> Iterator[Path]:
    """The run file of a reference that outlives the runs."""
    with reference("--people", "60") as run_file:
        yield run_file


def lines(folder: Path, name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def ids(folder: Path, name: str) -> list[tuple[str, str, str]]:
    return [(line["service"], line["operation"], line["location"]) for line in lines(folder, name)]


def later(run_file: RunFile) -> Prepared:
    """What reaches the system when nothing of the run is known any more but its archive."""
    return prepared_from(run_file, [], {"seed": "later"}, Filters(), secrets.token_bytes(32))


def cleared(prepared: Prepared, folder: Path, **more: bool) -> Counter[Outcome]:
    return clear(folder, prepared.stage, prepared.door, prepared.redactor, **more)


def read(prepared: Prepared, location: str) -> dict[str, object]:
    """A thing as the reference shows it to somebody who sees protected persons too."""
    url = urljoin(prepared.run_file.services["resident-registry"].base_url, location)
    token = prepared.stage.tokens.token("protection_officer")
    headers = {"Authorization": f"Bearer {token}", "Access-Purpose": "test"}
    with urlopen(Request(url, headers=headers)) as response:  # noqa: S310  a reference on loopback
        value: dict[str, object] = json.load(response)
        return value


def test_what_a_run_created_is_taken_back(town: Path, tmp_path: Path, call: Call) -> None:
    """Claim: all for which the documents give a way is taken back, verdicts and evidence stay, and there is nothing to
    do after it. Stimulus: a run with `--clean-up`; `clean` afterwards, in Japanese. Expected: the created
    notifications read as cancelled, the protections are over; each created thing has its line; the same bytes."""
    folder = tmp_path / "run"
    chosen = [word for name in CHANGING for word in ("--operation", name)]
    code, out, _ = call("run", "-f", str(town), "-o", str(folder), "--max-requests", "600", "--clean-up", *chosen)
    assert code == 3  # narrowed
    assert "created: taken back" in out
    assert ids(folder, CLEARED) == ids(folder, CREATED)
    found = Counter(line["outcome"] for line in lines(folder, CLEARED))
    assert found["taken_back"] > 50
    assert set(found) <= {"taken_back", "taken_back_before", "no_way"}
    without = {line["operation"] for line in lines(folder, CLEARED) if line["outcome"] == "no_way"}
    assert without <= {"cancelNotification", "issueCertificate"}
    prepared = later(load(town, Published()))
    for line in lines(folder, CLEARED):
        if line["operation"].startswith("register"):
            assert read(prepared, line["location"])["cancelled"] is True
        elif line["operation"] == "putProtection":
            assert read(prepared, line["location"])["active"] is False
    kept = [(folder / name).read_bytes() for name in (RUN_FILE, EVIDENCE, CREATED, CLEARED)]
    assert call("judge", str(folder))[1].rstrip().endswith("byte for byte.")
    code, out, _ = call("clean", str(folder), "-f", str(town), "--lang", "ja")
    assert code == 0
    assert "取消し" in out
    assert kept == [(folder / name).read_bytes() for name in (RUN_FILE, EVIDENCE, CREATED, CLEARED)]


def test_it_goes_on_with_what_is_left(town: Path, tmp_path: Path) -> None:
    """Claim: an interruption loses nothing and repeats nothing. Stimulus: interrupted after ten things, the last line
    torn; gone on with later from the archive. Expected: no more requests in all than things, one line for each."""
    folder = tmp_path / "run"
    prepared = prepare(load(town, Published()), NARROW)
    start(prepared, folder)

    def stop(done: int, total: int) -> None:
        if done == 10:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        clear(folder, prepared.stage, prepared.door, prepared.redactor, own=True, tell=stop)
    done = len([line for line in lines(folder, CLEARED) if line["outcome"].startswith("taken")])
    assert done >= 10
    with (folder / CLEARED).open("ab") as file:
        file.write(b'{"service":"resident-reg')
    after = later(load(town, Published()))
    counts = cleared(after, folder)
    assert all(outcome.settled for outcome in counts)
    assert after.door.sent <= counts[Outcome.TAKEN_BACK] + counts[Outcome.BEFORE] - done
    assert ids(folder, CLEARED) == ids(folder, CREATED)
    assert sum(counts.values()) == len(ids(folder, CREATED))


def test_an_unfinished_an_altered_and_another_system_are_left_alone(town: Path, tmp_path: Path) -> None:
    """Claim: nothing is done for what this run did not create there. Stimulus: a run file with another address, other
    evidence, no footer. Expected: an error with a next step, and no request."""
    folder = tmp_path / "run"
    prepared = prepare(load(town, Published()), Filters(operations=("registerMoveIn",), max_requests=20))
    start(prepared, folder)
    elsewhere = tmp_path / "elsewhere.toml"
    told = town.read_text("utf-8")
    base = prepared.run_file.services["resident-registry"].base_url
    elsewhere.write_text(told.replace(base, "http://127.0.0.1:9/v1"), "utf-8")
    other = later(load(elsewhere, Published()))
    with pytest.raises(UsageError, match="the run was made on"):
        cleared(other, folder)
    again = later(prepared.run_file)
    evidence = (folder / EVIDENCE).read_bytes()
    (folder / EVIDENCE).write_bytes(evidence + evidence)
    with pytest.raises(ArchiveError, match="altered"):
        cleared(again, folder)
    (folder / EVIDENCE).write_bytes(evidence)
    header = (folder / RUN_FILE).read_bytes().splitlines(keepends=True)[0]
    (folder / RUN_FILE).write_bytes(header)
    with pytest.raises(ArchiveError, match="has not come to its end"):
        cleared(again, folder)
    assert (other.door.sent, again.door.sent) == (0, 0)
    assert not (folder / CLEARED).exists()


class Stubborn:
    """A system that creates whatever it is asked to, with ids of a kind, and answers cancellations as it is told."""

    def __init__(self, kind: str, *answers: bytes) -> None:
        self.kind = kind
        self.answers = answers
        self.created: list[str] = []
        self.cancelled: list[tuple[str, str]] = []

    async def __call__(self, asked: Asked, wire: Wire) -> None:
        """A behaviour of a hostile server."""
        if asked.target.endswith("/cancellations"):
            key = asked.headers["Idempotency-Key"]
            self.cancelled.append((json.loads(asked.body)["notification_id"], key))
            await wire.send(self.answers[min(len(self.cancelled), len(self.answers)) - 1])
            return
        self.created.append(self.kind.format(len(self.created)))
        thing = {"id": self.created[-1], "household_id": "h-1", "resident_ids": ["r-1"]}
        await wire.send(answer(201, json.dumps(thing).encode(), Location=f"/notifications/{self.created[-1]}"))


class Breaking(Stubborn):
    """Breaks the connection off at every first death that a script notifies, so that the script is begun again."""

    deaths = 0

    async def __call__(self, asked: Asked, wire: Wire) -> None:
        """A behaviour of a hostile server."""
        if asked.target.endswith("/deaths"):
            self.deaths += 1
            if self.deaths % 2:
                wire.reset()
                return
        await super().__call__(asked, wire)


def made_by(system: Stubborn, url: str, folder: Path, operation: str = "registerMoveIn") -> Prepared:
    """A run of a few scripts that create something, on such a system."""
    folder.mkdir()
    text = SMALL_RUN_FILE.replace("http://127.0.0.1:9", url).partition("[limits]\n")[0]
    (folder / "conformance.toml").write_text(text + "[limits]\nwait_seconds = 0.1\nconnections = 1\n", "utf-8")
    filters = Filters(operations=(operation,), max_requests=6)
    prepared = prepare(load(folder / "conformance.toml", Published()), filters, "seed")
    start(prepared, folder / "run")
    return prepared


REFUSAL = answer(409, b'{"code":"later_notification"}', "application/problem+json")


def test_a_refusal_is_told_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: a system may refuse; that is told, is no failure, and is tried again with another key, newest first.
    Stimulus: a system that refuses all; that says the next time that it was cancelled before. Expected: refused with
    status and code, one request for each thing; then taken back before."""
    monkeypatch.setenv(*next(iter(SECRET.items())))
    system = Stubborn("n-{}", REFUSAL)
    with serving(with_tokens(system)) as server:
        prepared = made_by(system, server.url, tmp_path / "one")
        folder = tmp_path / "one/run"
        system.cancelled.clear()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Redactor, "restored", lambda self, kept: pytest.fail("nothing was replaced"))
            counts = cleared(prepared, folder, own=True)
        assert set(counts) <= {Outcome.REFUSED, Outcome.NO_WAY}
        first = list(system.cancelled)
        assert len(first) == counts[Outcome.REFUSED] > 0
        refused = [line for line in lines(folder, CLEARED) if line["outcome"] == "refused"]
        assert {(line["status"], line["code"]) for line in refused} == {(409, "later_notification")}
        system.answers = (answer(409, b'{"code":"already_cancelled"}', "application/problem+json"),)
        system.cancelled.clear()
        counts = cleared(later(prepared.run_file), folder)
        assert set(counts) <= {Outcome.BEFORE, Outcome.NO_WAY}
        assert [name for name, _ in system.cancelled] == [name for name, _ in first]
        assert not {key for _, key in system.cancelled} & {key for _, key in first}
    assert ids(folder, CLEARED) == ids(folder, CREATED)


def test_an_id_that_was_replaced_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: an id that looks like a personal number is replaced in the evidence, so later it is not known any more;
    the run itself still knows it. Stimulus: ids of twelve digits. Expected: no request later, and it is said; at the
    end of the run the ids that the system gave."""
    monkeypatch.setenv(*next(iter(SECRET.items())))
    system = Stubborn("10000000{:04}", answer(201))
    with serving(with_tokens(system)) as server:
        prepared = made_by(system, server.url, tmp_path / "one")
        folder = tmp_path / "one/run"
        system.cancelled.clear()
        counts = cleared(later(prepared.run_file), folder)
        assert counts[Outcome.NOT_KNOWN] > 0
        assert system.cancelled == []
        why = {line["why"] for line in lines(folder, CLEARED) if line["outcome"] == "not_known"}
        assert all("replaced in the evidence" in reason for reason in why)
        known = counts[Outcome.NOT_KNOWN]
        counts = cleared(prepared, folder, own=True)
        assert counts[Outcome.TAKEN_BACK] == known == len(system.cancelled)
        assert {name for name, _ in system.cancelled} <= set(system.created)
    assert ids(folder, CLEARED) == ids(folder, CREATED)


def test_what_was_created_before_a_script_was_begun_again_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claim: the archive lists all that the run left in the system. Stimulus: scripts that register somebody, then meet
    a broken connection and are begun again. Expected: what was made before that is in the list, and is taken back."""
    monkeypatch.setenv(*next(iter(SECRET.items())))
    system = Breaking("n-{}", answer(201))
    with serving(with_tokens(system)) as server:
        prepared = made_by(system, server.url, tmp_path / "one", "registerDeath")
        folder = tmp_path / "one/run"
        assert system.deaths >= 2
        assert {location for _, _, location in ids(folder, CREATED)} == {f"/notifications/{n}" for n in system.created}
        system.cancelled.clear()
        cleared(prepared, folder, own=True)
        assert {name for name, _ in system.cancelled} == set(system.created)


def test_the_newest_thing_of_a_script_is_taken_back_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: what stands on another thing goes before it, however close they were made. Stimulus: scripts that register
    somebody and then a death, all within one millisecond. Expected: of each script the newest first."""
    monkeypatch.setenv(*next(iter(SECRET.items())))
    system = Stubborn("n-{}", answer(201))
    with serving(with_tokens(system)) as server:
        monkeypatch.setattr("conformance.sut.client.time.time", lambda: 1.0)
        prepared = made_by(system, server.url, tmp_path / "one", "registerDeath")
        folder = tmp_path / "one/run"
        system.cancelled.clear()
        cleared(prepared, folder, own=True)
    script_of = {line["location"].rpartition("/")[2]: line["script"] for line in lines(folder, CREATED)}
    chains = [[name for name, _ in system.cancelled if script_of[name] == script] for script in set(script_of.values())]
    assert max(len(chain) for chain in chains) >= 2
    for chain in chains:
        assert chain == sorted(chain, key=system.created.index, reverse=True)


API = {
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "delete": {
                "operationId": "removeThing",
                "parameters": [
                    {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}},
                    {"name": "Reason", "in": "header", "required": True, "schema": {}, "example": "error"},
                ],
                "responses": {"204": {"description": "gone"}},
            },
        }
    }
}
LINK = {
    "operationId": "removeThing",
    "parameters": {"path.id": "$response.body#/id", "If-Match": "$response.header.ETag"},
    "x-takes-back": ["not_found"],
}


def told(identifier: object) -> Seen:
    body = json.dumps({"id": identifier}).encode()
    headers = (("Content-Type", "application/json"), ("ETag", '"1"'))
    sent = Sent("POST", "http://x/things", ())
    return Seen(Exchange("s", sent, Response(201, headers, body), 0.0, 0.0), step("s"))


@pytest.mark.parametrize("identifier", ["t-1", "../..", {"$token": "clerk"}, "$response.header.ETag"])
def test_a_link_is_followed_with_values_as_they_are(identifier: object) -> None:
    """Claim: any service's link can take back, and what an answer gives is never more than a value. Stimulus: a link
    to a deletion, with a tag and a header that only its example gives; ids that look like paths and templates.
    Expected: the request that the link says; each value literal."""
    operation = operations(API)["removeThing"]
    made = request(operation, way_of(LINK), told(identifier), "key")
    assert (made.method, made.path, made.operation) == ("DELETE", "/things/{id}", "removeThing")
    assert made.path_params == {"id": {"$quote": identifier}}
    assert dict(made.headers) == {"If-Match": {"$quote": '"1"'}, "Reason": {"$quote": "error"}}


def test_a_link_whose_value_is_not_there_makes_no_request() -> None:
    """Claim: nothing is guessed. Stimulus: a link to a member that the answer does not have. Expected: unresolved."""
    link = {**LINK, "parameters": {**LINK["parameters"], "id": "$response.body#/other"}}
    with pytest.raises(Unresolved):
        request(operations(API)["removeThing"], way_of(link), told("t-1"), "key")
