"""Any OpenAPI document and endpoint: what is right passes, what is wrong fails the one requirement that is about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from conformance.errors import PreflightError, RunFileError, UsageError
from conformance.foreign import MOST_REQUESTS, prepare_foreign
from conformance.launch import start
from conformance.model import Level, VerdictKind
from conformance.plan import Filters
from conformance.run_lines import RunResult
from conformance.scorecard import Standing
from conformance.session import judge_archive
from tests import foreign_depot, foreign_library
from tests.serving import served

LIBRARY = Path(__file__).parent / "data" / "foreign" / "library" / "openapi.yaml"


def failing(result: RunResult, *, binding: bool = True) -> set[str]:
    """Ids of requirements that fail: those that bind, or the recommendations."""
    return {
        v.requirement
        for v in result.verdicts
        if v.verdict is VerdictKind.FAIL and binding is (v.level is not Level.RECOMMENDED)
    }


@pytest.fixture
def depot_document(tmp_path: Path) -> Path:
    path = tmp_path / "depot.json"
    path.write_text(json.dumps(foreign_depot.DOCUMENT), "utf-8")
    return path


def run_depot(document: Path, fault: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> RunResult:
    monkeypatch.setenv("DEPOT_TOKEN", foreign_depot.TOKEN)
    with served(foreign_depot.Depot(fault).application()) as url:
        prepared = prepare_foreign(document, url, Filters(max_requests=700), "seed", "DEPOT_TOKEN")
        return start(prepared, folder)


def test_a_correct_and_idiosyncratic_system_fails_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: liberties are no faults. Stimulus: a system with generous readings, undeclared 4xx, redirects, 501, an
    OpenAPI 3.0 document of two files. Expected: no binding requirement fails, every operation was called, and the
    archive gives the same verdicts again."""
    monkeypatch.setenv("LIBRARY_KEY", foreign_library.KEY)
    with served(foreign_library.application()) as url:
        prepared = prepare_foreign(LIBRARY, f"{url}/lib/api/", Filters(), "seed", "LIBRARY_KEY")
        result = start(prepared, tmp_path / "run")
    assert failing(result) == set()
    assert failing(result, binding=False) == {"COM-HTTP-006", "COM-TXT-002"}
    assert result.standing is Standing.WITH_OBSERVATIONS
    seen, declared = next(iter(result.footer["exercised"].values()))["operations"]
    assert (seen, declared) == (15, 15)
    again, same = judge_archive(tmp_path / "run")
    assert same
    assert again.standing is result.standing
    assert foreign_library.KEY not in "".join(
        path.read_bytes().decode("latin-1") for path in (tmp_path / "run").rglob("*") if path.is_file()
    )


def test_a_correct_system_conforms(depot_document: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Claim: what does all that its document says passes. Stimulus: the depot without fault. Expected: nothing fails,
    nothing is left open, every requirement that some fault breaks was judged."""
    result = run_depot(depot_document, "", monkeypatch, tmp_path / "run")
    assert {v.requirement for v in result.verdicts if v.verdict is VerdictKind.FAIL} == set()
    assert {v.requirement for v in result.verdicts if v.verdict is VerdictKind.INCONCLUSIVE} == set()
    passed = {v.requirement for v in result.verdicts if v.verdict is VerdictKind.PASS}
    assert set(foreign_depot.FAULTS.values()) <= passed


@pytest.mark.parametrize(("fault", "requirement"), foreign_depot.FAULTS.items(), ids=list(foreign_depot.FAULTS))
def test_each_fault_fails_its_requirement_and_no_other(
    fault: str, requirement: str, depot_document: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Claim: a fault is caught by the requirement that is about it. Stimulus: the depot with one fault. Expected: that
    requirement fails, no other does."""
    result = run_depot(depot_document, fault, monkeypatch, tmp_path / "run")
    assert failing(result) == {requirement}
    assert result.standing is Standing.NON_CONFORMING


@pytest.mark.parametrize(("fault", "requirement"), foreign_depot.OBSERVED.items(), ids=list(foreign_depot.OBSERVED))
def test_what_is_left_to_the_server_is_an_observation(
    fault: str, requirement: str, depot_document: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Claim: what OpenAPI and HTTP leave open fails nobody. Stimulus: the depot doing it. Expected: a recommendation
    is told, no binding requirement fails."""
    result = run_depot(depot_document, fault, monkeypatch, tmp_path / "run")
    assert failing(result) == set()
    assert failing(result, binding=False) == {requirement}


def test_without_a_token_what_needs_one_is_left_open(depot_document: Path, tmp_path: Path) -> None:
    """Claim: what could not be tried is never failed. Stimulus: the depot, all secured, without --token-env. Expected:
    nothing fails, that credentials are asked for is judged, the rest is inconclusive and says why."""
    with served(foreign_depot.Depot().application()) as url:
        prepared = prepare_foreign(depot_document, url, Filters(), "seed")
        result = start(prepared, tmp_path / "run")
    verdicts = {v.requirement: v for v in result.verdicts}
    assert failing(result) == set()
    assert verdicts["COM-SEC-001"].verdict is VerdictKind.PASS
    assert verdicts["COM-VAL-001"].verdict is VerdictKind.INCONCLUSIVE
    reason = verdicts["COM-VAL-001"].reason
    assert reason is not None
    assert "--token-env" in reason.en
    assert result.standing is Standing.INCOMPLETE


def _every(answer: Callable[[Request], Response]) -> Starlette:
    """A system that answers every request alike."""

    async def handle(request: Request) -> Response:
        return answer(request)

    return Starlette(routes=[Route("/{path:path}", handle, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])])


ELSEWHERE: dict[str, tuple[Callable[[Request], Response], str, str]] = {
    "nothing is there": (lambda request: JSONResponse({}, 404), "--url", "404"),
    "a website": (lambda request: HTMLResponse("<html>welcome"), "--url", "web page"),
    "a redirect": (lambda request: RedirectResponse("https://other.example/login"), "--url", "other.example"),
    "a gateway": (lambda request: JSONResponse({}, 502), "--url", "gateway"),
    "a token that is refused": (lambda request: JSONResponse({}, 401), "--token-env", "token"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_is_not_the_system_is_a_matter_of_configuration(
    name: str, depot_document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claim: a wrong URL or token is never a verdict. Stimulus: an endpoint that is plainly another thing. Expected: a
    `PreflightError` that names the option and the next step."""
    monkeypatch.setenv("DEPOT_TOKEN", foreign_depot.TOKEN)
    answer, option, told = ELSEWHERE[name]
    with served(_every(answer)) as url, pytest.raises(PreflightError) as caught:
        prepare_foreign(depot_document, url, Filters(), "seed", "DEPOT_TOKEN")
    assert caught.value.where == option
    assert told in str(caught.value)
    assert caught.value.next_step


def test_an_endpoint_that_is_not_there_is_told(depot_document: Path) -> None:
    """Claim: what cannot be reached is told at once. Stimulus: a closed port. Expected: a `PreflightError`."""
    with pytest.raises(PreflightError):
        prepare_foreign(depot_document, "http://127.0.0.1:9", Filters())


@pytest.mark.parametrize(
    "url", ["ftp://host/", "host", "http://", "http://a:b@host/", "http://host/?x=1", "http://h h/"]
)
def test_a_url_that_is_none_is_refused(url: str, depot_document: Path) -> None:
    """Claim: a mistake on the command line is told. Stimulus: such a URL. Expected: a `UsageError` about --url."""
    with pytest.raises(UsageError) as caught:
        prepare_foreign(depot_document, url, Filters())
    assert caught.value.where == "--url"


def test_a_token_that_is_not_there_or_too_short_to_be_hidden_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: no secret gets into the evidence. Stimulus: no variable; a key of three characters in a header of its own.
    Expected: an error about --token-env before anything is sent."""
    with pytest.raises(RunFileError) as missing:
        prepare_foreign(LIBRARY, "http://127.0.0.1:9", Filters(), token_env="LIBRARY_KEY_OF_NOBODY")  # noqa: S106  a name
    monkeypatch.setenv("LIBRARY_KEY", "abc")
    with pytest.raises(UsageError) as short:
        prepare_foreign(LIBRARY, "http://127.0.0.1:9", Filters(), token_env="LIBRARY_KEY")  # noqa: S106  a name
    assert missing.value.where == short.value.where == "--token-env"


@pytest.mark.parametrize(
    ("listed", "path"),
    [("real-1", "real-1"), ("../../admin", "..%2F..%2Fadmin"), ("//other.example/x", "%2F%2Fother.example%2Fx")],
)
def test_what_was_there_before_is_not_deleted_and_no_path_is_left(listed: str, path: str, tmp_path: Path) -> None:
    """Claim: an unsafe document or answer does no harm. Stimulus: a list whose id may lead elsewhere, a DELETE of
    its items, no way to make one. Expected: no DELETE of what is listed, no undeclared one, none outside the base."""
    seen: list[tuple[str, str]] = []

    async def handle(request: Request) -> Response:
        seen.append((request.method, request.scope["raw_path"].decode()))
        return JSONResponse([{"id": listed}] if request.url.path == "/base/things" else {})

    item = {"200": {"description": "x", "content": {"application/json": {"schema": {"type": "object"}}}}}
    schema = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
    things = {"200": {"description": "x", "content": {"application/json": {"schema": schema}}}}
    paths = {
        "/things": {"get": {"responses": things}},
        "/things/{id}": {"get": {"responses": item}, "delete": {"responses": item}},
        "/other/{id}": {"get": {"responses": item}},
    }
    spec = tmp_path / "given.json"
    spec.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}), "utf-8")
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    with served(Starlette(routes=[Route("/{path:path}", handle, methods=methods)])) as url:
        start(prepare_foreign(spec, f"{url}/base", Filters(), "seed"), tmp_path / "run")
    assert all(raw.startswith("/base/") for _, raw in seen)
    assert ("GET", f"/base/things/{path}") in seen
    assert {raw for method, raw in seen if method == "DELETE"} == {"/base/things/sample"}


def test_the_bound_of_requests_holds_for_trial_and_run_together(depot_document: Path, tmp_path: Path) -> None:
    """Claim: no more requests are sent than allowed. Stimulus: the depot, 60 requests allowed. Expected: at most 60 at
    the system, and the run says that it is partial."""
    received: list[str] = []
    depot = foreign_depot.Depot("serves who comes without token").application()

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        received.append(scope["path"])
        await depot(scope, receive, send)

    with served(counting) as url:
        prepared = prepare_foreign(depot_document, url, Filters(max_requests=60), "seed")
        result = start(prepared, tmp_path / "run")
    assert 0 < len(received) <= 60 < MOST_REQUESTS
    assert prepared.header["partial"]
    assert result.standing in {Standing.INCOMPLETE, Standing.NON_CONFORMING}
