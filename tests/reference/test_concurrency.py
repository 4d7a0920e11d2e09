"""Requests at the same moment: every operation is done whole, one after another."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from .api import Api
from .town import move_in, move_out, person, settle

THREADS = 8


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """The results of calls made at the same moment."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def post(api: Api, path: str, body: Any, key: str) -> Callable[[], requests.Response]:
    """A POST on a connection of its own."""
    headers = {"Authorization": f"Bearer {api.token('clerk')}", "Idempotency-Key": key, "Access-Purpose": "tax"}
    return lambda: requests.post(f"{api.server.url('resident-registry')}{path}", json=body, headers=headers, timeout=10)


def test_one_of_many_move_ins(api: Api) -> None:
    """Claim: a person is registered once. Stimulus: eight move-ins at once. Expected: one 201, seven 409."""
    body = move_in(api.today)
    answers = at_once([post(api, "/move_ins", body, f"concurrent-move-in-{place}") for place in range(THREADS)])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: THREADS - 1}
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes == {"already_registered"}


def test_one_effect_of_one_key(api: Api) -> None:
    """Claim: one key, one effect. Stimulus: eight equal requests at once. Expected: one and the same answer."""
    body, key = move_in(api.today), "one-key-for-all-" + person()["resident_code"]
    answers = at_once([post(api, "/move_ins", body, key) for _ in range(THREADS)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


def test_one_of_many_corrections(api: Api) -> None:
    """Claim: one of many changes on a tag succeeds. Stimulus: eight at once. Expected: one 200, seven 412."""
    path = {"resident_id": settle(api, "head").ids[0]}
    headers = {
        "Authorization": f"Bearer {api.token('clerk')}",
        "If-Match": api.call("getResident", path=path).headers["ETag"],
        "Content-Type": "application/merge-patch+json",
    }
    url = f"{api.server.url('resident-registry')}/residents/{path['resident_id']}"

    def correct(place: int) -> requests.Response:
        return requests.patch(url, json={"reason": f"訂正{place}", "sex": "9"}, headers=headers, timeout=10)

    answers = at_once([lambda place=place: correct(place) for place in range(THREADS)])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: THREADS - 1}
    history = api.json("listResidentHistory", path=path)["results"]
    assert [line["type"] for line in history] == ["move_in", "correction"]


def test_household_keeps_one_head(api: Api) -> None:
    """Claim: a household has one head throughout. Stimulus: members leave at once. Expected: one head, or closed."""
    family = settle(api, "head", *["other"] * 7)
    bodies = [move_out(api, [resident_id], -2) for resident_id in family.ids]
    at_once([post(api, "/move_outs", body, f"leaving-{place}-{family.ids[0]}") for place, body in enumerate(bodies)])
    members = family.household()["members"]
    assert [member["relationship"] for member in members].count("head") == bool(members)


def test_search_while_people_move_in(api: Api) -> None:
    """Claim: reading and writing do not disturb each other. Stimulus: both at once.

    Expected: no answer but successes.
    """
    bodies = [move_in(api.today) for _ in range(THREADS)]
    writes = [post(api, "/move_ins", body, f"while-reading-{body['members'][0]['resident_code']}") for body in bodies]
    headers = {"Authorization": f"Bearer {api.token('clerk')}", "Access-Purpose": "tax"}
    url = f"{api.server.url('resident-registry')}/residents"
    query = {"postal_code": "1020093", "limit": 100}
    reads = [lambda: requests.get(url, params=query, headers=headers, timeout=10) for _ in range(THREADS)]
    assert {answer.status_code for answer in at_once([*writes, *reads])} == {200, 201}
