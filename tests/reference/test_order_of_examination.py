"""The order in which a request is examined, and the refusals at the level of HTTP."""

import http.client
import json
import socket
from typing import Any

import pytest

from .api import Api
from .town import move_in, person, settle

BASE = "/resident-registry/v1"


def raw(api: Api, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
    """One request as it is, without a client's help."""
    connection = http.client.HTTPConnection(api.server.origin.removeprefix("http://"), timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    response = connection.getresponse()
    response.content = response.read()  # type: ignore[attr-defined]  # kept for the test
    connection.close()
    return response


def code(response: Any) -> tuple[int, str]:
    """Status and problem code."""
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "no-store" in response.headers["Cache-Control"]
    return response.status, json.loads(response.content)["code"]


def test_each_step_before_the_next(api: Api) -> None:
    """Claim: the steps are examined in their order. Stimulus: mend one after another. Expected: the next refusal."""
    token = {"Authorization": f"Bearer {api.token('clerk')}"}
    wrong_scope = {"Authorization": f"Bearer {api.token('auditor')}"}
    body = json.dumps({"from": "x"}).encode()
    patch = {**token, "Content_Type": "application/merge-patch+json"}
    (resident_id,) = settle(api, "head").ids
    path = f"{BASE}/residents/{resident_id}"
    steps = [
        (("DELETE", f"{BASE}/nowhere", body), {}, (404, "not_found")),
        (("DELETE", f"{path}", body), {}, (405, "method_not_allowed")),
        (("PATCH", f"{BASE}/residents/nobody", body), {}, (401, "unauthenticated")),
        (("PATCH", f"{BASE}/residents/nobody", body), wrong_scope, (403, "forbidden")),
        (("PATCH", f"{BASE}/residents/nobody", body), {**token, "Accept": "text/html"}, (406, "not_acceptable")),
        (("PATCH", f"{BASE}/residents/nobody", body), token, (415, "unsupported_media_type")),
        (("PATCH", f"{BASE}/residents/nobody", b"{"), patch, (400, "malformed_json")),
        (("PATCH", f"{BASE}/residents/nobody", body), patch, (400, "invalid_request")),
        (("PATCH", f"{BASE}/residents/nobody", b'{"reason":"x","sex":"1"}'), patch, (404, "not_found")),
        (("PATCH", path, b'{"reason":"x","sex":"1"}'), patch, (428, "precondition_required")),
        (("PATCH", path, b'{"reason":"x","sex":"1"}'), {**patch, "If_Match": '"x"'}, (412, "precondition_failed")),
        (
            ("PATCH", path, b'{"reason":"x","birth_date":{"value":"1990-02-30","unknown":false}}'),
            {**patch, "If_Match": "*"},
            (422, "unprocessable"),
        ),
    ]
    for arguments, headers, expected in steps:
        assert code(raw(api, *arguments, **headers)) == expected, (arguments, headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_undeclared_method(api: Api, method: str) -> None:
    """Claim: 405 lists the declared methods. Stimulus: others. Expected: 405, Allow: GET, PATCH."""
    response = raw(api, method, f"{BASE}/residents/x")
    assert code(response) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, PATCH"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        BASE,
        f"{BASE}/",
        f"{BASE}/Residents",
        f"{BASE}/residents/",
        f"{BASE}/residents/a/b",
        "/x/v1/residents",
    ],
)
def test_unknown_path(api: Api, path: str) -> None:
    """Claim: only declared paths exist, letter case included. Stimulus: others. Expected: 404 without a token."""
    assert code(raw(api, "GET", path)) == (404, "not_found")


def test_upper_case_id(api: Api) -> None:
    """Claim: ids are compared exactly. Stimulus: an issued id in capitals. Expected: 404."""
    (resident_id,) = settle(api, "head").ids
    assert api.code("getResident", path={"resident_id": resident_id.upper()}) == (404, "not_found")
    api.call("getResident", path={"resident_id": f"%{ord(resident_id[0]):02x}{resident_id[1:]}"}, expect=200)
    assert api.code("getResident", path={"resident_id": "%ff"}) == (404, "not_found")


def test_broken_http(api: Api) -> None:
    """Claim: what is not HTTP is refused with a problem too. Stimulus: a lowercase method. Expected: 400."""
    host, port = api.server.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"nonsense / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("application/*", 200),
        ("*/*;q=0.1", 200),
        ("text/html, application/json;q=0.5", 200),
        ("APPLICATION/JSON", 200),
        ("", 200),
        ("text/html", 406),
        ("application/json;q=0, */*", 406),
        ("application/problem+json", 406),
    ],
)
def test_accept(api: Api, accept: str, status: int) -> None:
    """Claim: Accept decides by its most precise range. Stimulus: many forms. Expected: 200 or 406."""
    (resident_id,) = settle(api, "head").ids
    api.call("getResident", path={"resident_id": resident_id}, headers={"Accept": accept}, expect=status)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ('Application/JSON;charset="UTF-8"', 201),
        ("application/json; charset=shift_jis", 415),
        ("application/xml", 415),
        ("text/plain", 415),
        (None, 415),
    ],
)
def test_media_type(api: Api, kind: str | None, status: int) -> None:
    """Claim: only the declared media type, in UTF-8. Stimulus: others, none. Expected: 201 or 415."""
    api.call("registerMoveIn", body=move_in(api.today), headers={"Content-Type": kind}, expect=status)


def test_content_coding(api: Api) -> None:
    """Claim: compressed content is not accepted. Stimulus: Content-Encoding gzip. Expected: 415."""
    api.call("registerMoveIn", body=move_in(api.today), headers={"Content-Encoding": "gzip"}, expect=415)


@pytest.mark.parametrize(("size", "status"), [(1 << 20, 201), ((1 << 20) + 1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_size(api: Api, size: int, status: int, chunked: bool) -> None:
    """Claim: 1 MiB at most, announced or not. Stimulus: exactly, one more. Expected: 201, 413."""
    body = json.dumps(move_in(api.today)).encode()
    padded = body + b" " * (size - len(body))
    headers = {
        "Authorization": f"Bearer {api.token('clerk')}",
        "Content-Type": "application/json",
        "Idempotency-Key": "size-of-the-body-" + str(size) + str(chunked),
    }
    data = iter([padded[:1000], padded[1000:]]) if chunked else padded
    url = api.server.url("resident-registry") + "/move_ins"
    response = api.session.post(url, data=data, headers=headers, timeout=10)
    assert response.status_code == status


def test_missing_content(api: Api) -> None:
    """Claim: content is required. Stimulus: none, with and without Content-Type. Expected: 400."""
    for kind in ("application/json", None):
        assert api.code("registerMoveIn", headers={"Content-Type": kind}) == (400, "invalid_request")


def test_unknown_headers_are_ignored(api: Api) -> None:
    """Claim: unknown headers are never refused. Stimulus: If-Match and If-None-Match where not declared.

    Expected: 201.
    """
    headers = {"If-Match": '"x"', "If-None-Match": "*", "X-Whatever": "1", "Range": "bytes=0-1"}
    api.call("registerMoveIn", body=move_in(api.today), headers=headers, expect=201)


def test_content_in_a_get_is_ignored(api: Api) -> None:
    """Claim: content in a GET means nothing. Stimulus: nonsense. Expected: 200."""
    api.call("getResident", path={"resident_id": settle(api, "head").ids[0]}, body=b"nonsense", expect=200)


def test_problems_name_no_number(api: Api) -> None:
    """Claim: a problem repeats no number. Stimulus: one as path, query, key, value. Expected: not in the answer."""
    number = person()["individual_number"]
    answers = [
        api.call("getResident", path={"resident_id": number}),
        api.call("searchResidents", query={"individual_number": number}),
        api.call("searchResidents", query={"birth_date": number}),
        api.call("lookUpResident", body={"resident_code": number}),
        api.call("registerMoveIn", body=move_in(api.today, person(sex=number))),
    ]
    assert [answer.status_code for answer in answers] == [404, 400, 400, 400, 400]
    assert not any(number in answer.text for answer in answers)
