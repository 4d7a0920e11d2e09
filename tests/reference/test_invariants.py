"""A long random walk through all notifications: what always holds, holds after every step."""

import asyncio
import json
import random
from collections import Counter
from typing import Any

import pytest

from conformance.reference.application import Reference
from conformance.reference.calls import Request
from conformance.reference.resident_registry.records import ACTIVE, HEAD
from conformance.reference.resident_registry.service import ResidentRegistry

from .conftest import reference
from .town import ADDRESS, OTHER, day, move_in, person

Json = dict[str, Any]
BASE = "/resident-registry/v1"
RELATIONS = ("spouse", "child", "parent", "other")


class Walk:
    """Draws a step, takes it, and looks whether everything still holds."""

    def __init__(self, seed: int) -> None:
        self.reference: Reference = reference(people=12)
        self.random = random.Random(seed)  # noqa: S311  test data
        self.notifications: list[str] = []
        self.remembered: dict[str, bytes] = {}
        self.keys = 0
        clients = self.reference.clients.by_id
        self.tokens = self.reference.tokens
        self.tokens.lifetime = 10**9
        self.by_role = {
            role: self.tokens.issue(clients[role], clients[role].scopes) for role in ("clerk", "protection-officer")
        }
        self.statuses: Counter[int] = Counter()

    def send(self, method: str, path: str, body: Any = None, role: str = "clerk", **headers: str) -> tuple[int, Any]:
        """One request, past the network."""
        self.keys += 1
        given = {
            "authorization": f"Bearer {self.by_role[role]}",
            "access-purpose": "tax",
            "idempotency-key": f"random-walk-{self.keys:08}",
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        content = b"" if body is None else json.dumps(body).encode()
        path, _, query = path.partition("?")
        request = Request(method, BASE + path, query.encode(), tuple(given.items()))

        async def read(limit: int) -> bytes:
            return content

        answer = asyncio.run(self.reference.pipeline.answer(self.reference.the(ResidentRegistry), request, read))
        self.statuses[answer.status] += 1
        assert answer.status < 500
        return answer.status, answer.body

    @property
    def register(self) -> Any:
        """The register."""
        return self.reference.the(ResidentRegistry).register

    def someone(self) -> str:
        """A resident of any status."""
        return self.random.choice(list(self.register.histories))

    def household(self) -> tuple[str, list[str]]:
        """A household with members."""
        found = [(key, members) for key in self.register.households if (members := self.register.members(key))]
        if not found:
            self.send("POST", "/move_ins", move_in(self.reference.clock.today()))
            return self.household()
        key, members = self.random.choice(found)
        return key, [entry.id for entry in members]

    def some(self, ids: list[str]) -> list[str]:
        """A few of them, often all."""
        return self.random.sample(ids, self.random.choice([1, len(ids), self.random.randint(1, len(ids))]))

    def dates(self, ahead: int = 0) -> Json:
        """Event and notification dates: mostly today."""
        today = self.reference.clock.today()
        return {"event_date": day(today, self.random.choice([0, 0, -1, ahead])), "notification_date": today}

    def named(self, *fields: str, ids: list[str]) -> Json:
        """Heads, sometimes named, sometimes wrongly."""
        return {field: self.random.choice([*ids, self.someone()]) for field in fields if self.random.random() < 0.6}

    def take(self) -> None:
        """One step."""
        steps = [self.come, self.leave, self.move, self.change, self.die, self.cancel, self.protect, self.correct]
        weights = [3, 4, 4, 5, 2, 3, 1, 1]
        status, body = self.random.choices(steps, weights)[0]()
        if status == 201 and "type" in body:
            self.notifications.append(body["id"])
        if self.random.random() < 0.1:
            self.reference.clock.advance(86400 * self.random.randint(1, 3))
            self.send("GET", "/households/x")

    def come(self) -> tuple[int, Any]:
        """A move-in, sometimes into a household."""
        body = move_in(self.reference.clock.today(), **self.dates())
        if self.random.random() < 0.4:
            key, _ = self.household()
            body["household_id"], body["new_address"] = key, self.register.address(key, self.register.today)
            body["members"] = [person(self.random.choice(RELATIONS))]
        else:
            body["members"] = [
                person(),
                *(person(self.random.choice(RELATIONS)) for _ in range(self.random.randint(0, 3))),
            ]
        return self.send("POST", "/move_ins", body)

    def leave(self) -> tuple[int, Any]:
        """A move-out, sometimes ahead."""
        _, ids = self.household()
        body = {
            "resident_ids": self.some(ids),
            **self.dates(self.random.randint(0, 9)),
            "destination": {"text": "市外"},
        }
        return self.send("POST", "/move_outs", {**body, **self.named("new_head_id", ids=ids)})

    def move(self) -> tuple[int, Any]:
        """An address change."""
        _, ids = self.household()
        address = self.random.choice([ADDRESS, OTHER])
        body = {"resident_ids": self.some(ids), **self.dates(), "new_address": address}
        return self.send(
            "POST", "/address_changes", {**body, **self.named("new_head_id", "remaining_head_id", ids=ids)}
        )

    def change(self) -> tuple[int, Any]:
        """A household change of any kind."""
        key, ids = self.household()
        kind = self.random.choice(["change_head", "split", "merge"])
        body: Json = {"kind": kind, "household_id": key, **self.dates()}
        if kind == "change_head":
            head = self.random.choice(ids)
            others = {i: self.random.choice(RELATIONS) for i in ids if i != head}
            body |= {"new_head_id": head, "relationships": others or {head: "other"}}
        elif kind == "split":
            leaving = self.some(ids)
            body |= {"resident_ids": leaving, "new_head_id": self.random.choice(leaving)}
            body |= self.named("remaining_head_id", ids=ids)
        else:
            other, members = self.household()
            relations = {i: self.random.choice(RELATIONS) for i in members}
            body |= {"merged_household_id": other, "relationships": relations}
        return self.send("POST", "/household_changes", body)

    def die(self) -> tuple[int, Any]:
        """A death."""
        _, ids = self.household()
        body = {"resident_id": self.random.choice(ids), **self.dates()}
        return self.send("POST", "/deaths", {**body, **self.named("new_head_id", ids=ids)})

    def cancel(self) -> tuple[int, Any]:
        """A cancellation, mostly of something recent."""
        known = self.notifications[-6:] or ["nothing"]
        body = {"notification_id": self.random.choice(known), "reason": "誤登録"}
        return self.send("POST", "/cancellations", body)

    def protect(self) -> tuple[int, Any]:
        """A protection of a few days."""
        today = self.reference.clock.today()
        body = {"from": today, "to": day(today, 4), "category": "other"}
        path = f"/residents/{self.someone()}/protection"
        return self.send("PUT", path, body, "protection-officer", if_none_match="*")

    def correct(self) -> tuple[int, Any]:
        """A correction."""
        path = f"/residents/{self.someone()}"
        body = {"sex": self.random.choice("0129"), "reason": "訂正"}
        return self.send("PATCH", path, body, content_type="application/merge-patch+json", if_match="*")

    def remember(self) -> None:
        """Keeps what a resident looks like now, to be asked for again."""
        moment = self.reference.clock.now().replace("+", "%2B")
        path = f"/residents/{self.someone()}?as_of={self.register.today}&recorded_as_of={moment}"
        status, body = self.send("GET", path, role="protection-officer")
        if status == 200:
            self.remembered[path] = json.dumps(body, default=dict)

    def check(self) -> None:
        """What always holds."""
        self.check_heads()
        for path, body in self.remembered.items():
            status, again = self.send("GET", path, role="protection-officer")
            assert (status, json.dumps(again, default=dict)) == (200, body)
        active = [entry for entry in self.register.current.values() if entry.status == ACTIVE]
        assert len({entry.individual_number for entry in active}) == len(active)
        for code in (ADDRESS["postal_code"], OTHER["postal_code"]):
            path = f"/residents?postal_code={code}&limit=100&sort=id"
            _, found = self.send("GET", path, role="protection-officer")
            wanted = [e.id for e in self.register.current.values() if e.address["postal_code"] == code]
            assert found["resultset"]["count"] == len(wanted)
            assert [resident["id"] for resident in found["results"]] == sorted(wanted)[:100]

    def check_heads(self) -> None:
        """Every household has one head, or nobody, on every day from last week to the furthest move-out."""
        for key in self.register.households:
            for days in (-3, -1, 0, 1, 2, 5, 12):
                members = self.register.members(key, day(self.register.today, days))
                heads = [entry.relationship for entry in members].count(HEAD)
                assert heads == bool(members), (key, days, members)


@pytest.mark.parametrize("seed", range(4))
def test_random_walk(seed: int) -> None:
    """Claim: one head per household on every day, one active registration per number, past answers unchanged, searches
    complete, no failure of the system.

    Stimulus: 300 random notifications, cancellations, corrections and days. Expected: all that, after each ten steps.
    """
    walk = Walk(seed)
    for step in range(300):
        walk.take()
        if step % 10 == 0:
            walk.remember()
            walk.check()
    assert walk.statuses[201] > 100
