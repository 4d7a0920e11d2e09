"""Who sends a step, with which token, and what it stands beside: the marks by which one step becomes several."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from conformance.catalogue.each_role import lacked, roles_without
from conformance.catalogue.indistinct import MARK, MEMBERS
from conformance.catalogue.operations import Operation
from conformance.catalogue.service import Service

Raw = Mapping[str, Any]
Told = tuple[str, str, str]
"""A fault in Japanese and English, and the next step."""


def role_faults(service: Service, step: Raw, operation: Operation, refused: Collection[int]) -> Iterator[Told]:
    """Whether the role of a step, or each role that it is for, exists and may call the operation."""
    role = step.get("x-role")
    if role is None:
        if "x-authorization" not in step:
            yield "x-roleがありません。", "has no x-role.", "say which role sends it, or none"
        return
    if isinstance(role, dict):
        yield from _each(service, role, step, operation)
        return
    if role == "none":
        held: set[str] = set()
    elif role in service.all_roles:
        held = set(service.all_roles[role])
    else:
        yield f"役割 {role} は x-roles にありません。", f"there is no role '{role}'.", "choose one of x-roles"
        return
    lacking = set(operation.scopes) - held
    if lacking and not set(refused) & {401, 403}:
        yield (
            f"役割 {role} にはスコープ {', '.join(sorted(lacking))} がありません。",
            f"the role {role} lacks {', '.join(sorted(lacking))}, and no criterion expects 401 or 403.",
            "choose another role, or expect the refusal",
        )


def token_faults(service: Service, step: Raw, operation: Operation, refused: Collection[int]) -> Iterator[Told]:
    """Whether the other token that a step asks for can be one of its role, and a narrower one is to be refused.

    What is shown to a narrower token may be less: rules that compare answers to one role would compare them.
    """
    asked = step.get("x-token")
    if asked is None:
        return
    role = step.get("x-role", "none")
    if role == "none" or "x-authorization" in step:
        yield "x-tokenには役割が要ります。", "has an x-token and no role whose it is.", "name the role, or leave it out"
    scopes = asked.get("scope") if isinstance(asked, dict) and set(asked) == {"scope"} else None
    if asked != "fresh" and not (isinstance(scopes, list) and scopes and all(isinstance(s, str) for s in scopes)):
        yield "x-tokenを読めません。", "its x-token cannot be read.", "write fresh, or {scope: [scopes]}"
        return
    if not scopes:
        return
    held = set(service.all_roles.get(role, ())) if isinstance(role, str) else set()
    for scope in sorted(set(scopes) - held):
        yield (
            f"役割にスコープ {scope} がありません。",
            f"its role does not hold {scope}.",
            "narrow to scopes of the role",
        )
    if set(operation.scopes) <= set(scopes) or not set(refused) & {401, 403}:
        yield (
            "狭いスコープのトークンは、拒否されるべき要求に限ります。",
            "has a token of narrower scope, and is not to be refused for it.",
            "leave out a scope of the operation, and expect 403",
        )


def _each(service: Service, role: Raw, step: Raw, operation: Operation) -> Iterator[Told]:
    scopes = lacked(role)
    known = {scope for held in service.all_roles.values() for scope in held}
    if not scopes:
        yield "x-roleを読めません。", "its x-role cannot be read.", "name one role, or {each-without: [scopes]}"
    for scope in scopes:
        if scope not in known:
            yield f"スコープ {scope} を持つ役割がありません。", f"no role holds the scope {scope}.", "correct the scope"
    if scopes and not roles_without(scopes, operation, service.all_roles):
        yield (
            "該当する役割がありません。",
            "no role may call the operation and lacks these scopes.",
            "name the role that is to be refused",
        )
    if "x-concurrent" in step:
        yield "役割ごとの手順は同時に送信できません。", "is for each role and of a group.", "name one role"


def indistinct_faults(step: Raw) -> Iterator[Told]:
    """Whether a step that is sent beside one about something unknown says what is hidden, and names it."""
    mark = step.get(MARK)
    if mark is None:
        return
    if not isinstance(mark, dict) or set(mark) - MEMBERS or not isinstance(mark.get("requirement"), str):
        yield f"{MARK}を読めません。", f"its {MARK} cannot be read.", "give hidden, requirement, and variants if any"
        return
    sent = json.dumps([step.get("parameters", []), step.get("requestBody", {})], default=str)
    if not isinstance(mark.get("hidden"), str) or mark["hidden"] not in sent:
        yield "hiddenが要求にありません。", "what is hidden stands nowhere in it.", "name the expression that is sent"
