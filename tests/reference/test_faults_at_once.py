"""Faults that show only when requests overlap: one after another everything is as it should be."""

from collections import Counter

import requests

from .conftest import Make
from .test_changes import plant
from .test_concurrency import at_once, post
from .town import settle

TIMES = 4
ATTEMPTS = 25
"""On a machine that is busy, requests that were sent at once may still be answered one after another."""


def test_lost_update_at_once(make: Make) -> None:
    """Claim: If-Match is compared on arrival. Stimulus: corrections on one tag, at once and afterwards.

    Expected: 200 for all at once; 412 for one that comes later.
    """
    town = plant(make, "lost-update-at-once")
    path = {"resident_id": settle(town, "head").ids[0]}
    headers = {"Authorization": f"Bearer {town.token('clerk')}", "Content-Type": "application/merge-patch+json"}
    url = f"{town.server.url('resident-registry')}/residents/{path['resident_id']}"

    def correct(sex: str) -> requests.Response:
        return requests.patch(url, json={"reason": "訂正", "sex": sex}, headers=headers, timeout=10)

    def overlapping() -> bool:
        headers["If-Match"] = town.call("getResident", path=path).headers["ETag"]
        answers = at_once([lambda place=place: correct(str(place % 2 + 1)) for place in range(TIMES)])
        return Counter(answer.status_code for answer in answers)[200] > 1

    assert any(overlapping() for _ in range(ATTEMPTS))
    assert correct("9").status_code == 412


def test_same_key_at_once(make: Make) -> None:
    """Claim: a key is looked up on arrival. Stimulus: one order of a certificate, at once and afterwards.

    Expected: several certificates at once; afterwards one of these again.
    """
    town = plant(make, "same-key-at-once-carried-out-twice")
    body = {"resident_id": settle(town, "head").ids[0], "kind": "individual"}

    def overlapping(attempt: int) -> bool:
        order = post(town, "/certificates", body, f"one-key-for-certificates-{attempt}")
        numbers = [answer.json()["id"] for answer in at_once([order] * TIMES)]
        assert order().json()["id"] in numbers
        return len(set(numbers)) > 1

    assert any(overlapping(attempt) for attempt in range(ATTEMPTS))
