"""Scripts from HTTP itself: media types, methods, paths (RFC 9110)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from conformance.catalogue.operations import Operation
from conformance.compile.bench import Bench
from conformance.compile.calls import ValidCall
from conformance.compile.draft import Expectation, acceptance, changed, refusal, with_header, with_id, with_query
from conformance.compile.idempotency import located
from conformance.model import Check, Script, Step

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_OTHER_TYPES = ("text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
_OTHER_JSON = (
    "application/json",
    "application/merge-patch+json",
    "application/json-patch+json",
    "application/hal+json",
)
"""Kinds of JSON that another operation may take and this one does not."""
_OTHER_ACCEPT = ("text/csv", "application/xml", "image/png")
_REFUSED_ACCEPT = (
    *("{0};q=0", "{0};q=0.000", "text/*, image/*;q=0.5", "application/problem+json"),
    *("{0};q=0, */*", "{0} ; Q=0"),
)
"""Further ways to exclude the media type that is declared (RFC 9110, 12.4.2: a weight of 0 is "not acceptable")."""
_ACCEPTED = ("{1}/*", "text/html, {0};q=0.9", "image/png, */*;q=0.1", "*/*;q=0, {0}", "{0};q=0.001")
"""Ways to allow the media type; of several ranges the most precise one counts (common part, 4)."""
_ELSEWHERE = "elsewhere.example"
"""A host that nobody asked for."""
_UNDECLARED: dict[str, tuple[tuple[str, str], ...]] = {
    "X-*, Origin, Cookie": (
        ("X-Request-Id", "3f9a7c52"),
        ("X-Undeclared-Header", "1"),
        ("Prefer", "return=minimal"),
        ("Accept-Language", "tlh"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Host", _ELSEWHERE),
        ("Origin", f"https://{_ELSEWHERE}"),
        ("Cookie", "session=undeclared"),
    ),
    "Range": (("Range", "bytes=0-9"),),
    "X-HTTP-Method-Override": (
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-HTTP-Method", "DELETE"),
        ("X-Method-Override", "DELETE"),
    ),
}
"""Request headers that no document declares: they are ignored, never refused (common part, 17)."""
_WELL_KNOWN = ("/openapi.json", "/openapi.yaml", "/swagger.json", "/docs", "/health", "/metrics", "/admin", "/debug")
"""What frameworks serve beside what they were made for."""


def scripts(bench: Bench) -> Iterator[Script]:
    """Media types, undeclared methods, unknown paths, what is prohibited."""
    for operation in bench.operations():
        yield from _media_type(bench, operation)
        yield from _accept(bench, operation)
        yield from _equivalent(bench, operation)
        yield from _undeclared(bench, operation)
    yield from _methods(bench)
    yield from _paths(bench)
    yield from _absent(bench)


def _media_type(bench: Bench, operation: Operation) -> Iterator[Script]:
    family = "headers.media-type"
    if not operation.body or not bench.drafter.wanted(family, operation.id):
        return
    for kind in (*_OTHER_TYPES, *_OTHER_JSON, f"{next(iter(operation.body))}; charset=shift_jis", None):
        if kind in operation.body:
            continue
        call = bench.call(operation)
        step = with_header(call.call, "Content-Type", kind)
        step = changed(step, media_type=None) if kind is None else step
        text = {"ja": f"宣言のないメディアタイプ({kind})", "en": f"an undeclared media type ({kind})"}
        checks = bench.drafter.checks(family, operation.id, step.id, refusal((415,), text))
        yield bench.drafter.script(family, f"{operation.id} as {kind}", call, (step,), checks)


def _accept(bench: Bench, operation: Operation) -> Iterator[Script]:
    family = "headers.accept"
    has_content = any(a.media for s, a in operation.answers.items() if s.startswith("2"))
    if not has_content or not bench.drafter.wanted(family, operation.id):
        return
    made = {kind for s, a in operation.answers.items() if s.startswith("2") for kind in a.media}
    precise = [form.format(next(iter(made))) for form in _REFUSED_ACCEPT] if len(made) == 1 else []
    for kind in (*_OTHER_ACCEPT, *precise):
        if kind in made:
            continue
        call = bench.call(operation)
        step = with_header(call.call, "Accept", kind)
        text = {"ja": f"応答できないAccept({kind})", "en": f"an Accept that cannot be met ({kind})"}
        checks = bench.drafter.checks(family, operation.id, step.id, refusal((406,), text))
        yield bench.drafter.script(family, f"{operation.id} Accept: {kind}", call, (step,), checks)


def _equivalent(bench: Bench, operation: Operation) -> Iterator[Script]:
    """The media types that the document declares, named in other ways that mean the same (RFC 9110, 8.3.1, 12.5.1)."""
    family = "headers.equivalent"
    if not bench.drafter.wanted(family, operation.id):
        return
    forms: list[tuple[str, str]] = []
    if operation.body:
        kind = next(iter(operation.body))
        forms += [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Type", f"{kind.title()};charset=UTF-8")]
    made = next((k for s, a in operation.answers.items() if s.startswith("2") for k in a.media), None)
    if made is not None:
        forms += [("Accept", form.format(made, made.partition("/")[0])) for form in _ACCEPTED]
        forms.append(("Accept", made.upper()))
        yield from _second_line(bench, operation, made)
    for name, value in forms:
        call = bench.call(operation)
        step = with_header(call.call, name, value)
        text = {"ja": f"{name}: {value}", "en": f"{name}: {value}"}
        checks = bench.drafter.checks(family, operation.id, step.id, acceptance(text))
        yield bench.drafter.script(family, f"{operation.id} {name}: {value}", call, (step,), checks)


def _second_line(bench: Bench, operation: Operation, made: str) -> Iterator[Script]:
    """The media type stands in the second field line: several lines are one list (RFC 9110, 5.3)."""
    call = bench.first(operation)
    headers = [item for item in call.call.headers if item[0].lower() != "accept"]
    step = changed(call.call, headers=(*headers, ("Accept", "image/png"), ("Accept", made)))
    text = {"ja": "2行目のAccept", "en": "Accept in a second field line"}
    checks = bench.drafter.checks("headers.equivalent", operation.id, step.id, acceptance(text))
    yield bench.drafter.script("headers.equivalent", f"{operation.id} {text['en']}", call, (step,), checks)


def _undeclared(bench: Bench, operation: Operation) -> Iterator[Script]:
    """A valid call with headers that mean nothing: it is answered as without them."""
    family = "headers.unknown"
    if not bench.drafter.wanted(family, operation.id):
        return
    apart = "X-HTTP-Method-Override" if operation.method == "GET" else "Range"
    for title, headers in _UNDECLARED.items():
        if title == apart:
            continue
        call = bench.call(operation)
        step = changed(call.call, headers=(*call.call.headers, *headers))
        text = {"ja": f"宣言のないヘッダー({title})", "en": f"undeclared headers ({title})"}
        checks = bench.drafter.checks(family, operation.id, step.id, acceptance(text))
        made = set(operation.success_statuses()) <= {201, 202}
        if made and located(operation) and any(value == _ELSEWHERE for _, value in headers):
            # Where what was made is to be found is told to who made it, and not by whoever has sent a field.
            args = {"in": {"$e": "$response.header.Location"}, "text": _ELSEWHERE}
            checks += bench.drafter.checks(family, operation.id, step.id, Expectation("absent-text", args))
        yield bench.drafter.script(family, f"{operation.id} with {text['en']}", call, (step,), checks)


def _methods(bench: Bench) -> Iterator[Script]:
    """Each method that a path does not declare. HEAD and OPTIONS are free."""
    family = "methods.undeclared"
    if not bench.drafter.wanted(family):
        return
    by_path: dict[str, list[Operation]] = {}
    for operation in bench.service.operations.values():
        by_path.setdefault(operation.path, []).append(operation)
    prohibited = {
        (item.method, item.path) for r in bench.service.requirements for way in r.verified_by for item in way.absent
    }
    for path, declared in by_path.items():
        known = next((o for o in declared if o.id in bench.calls), None)
        if known is None:
            continue
        call = bench.first(known)
        for method in METHODS:
            if any(o.method == method for o in declared) or (method, path) in prohibited:
                continue
            step = _as_if_declared(
                changed(call.call, method=method, operation=None, query=(), outputs={}), f"undeclared-{method.lower()}"
            )
            variants: list[tuple[tuple[str, str], ...]] = [()]
            if (method, known.method) == ("POST", "GET"):
                variants.append((("X-HTTP-Method-Override", "GET"),))
            for headers in variants:
                about = "".join(f", {name}: {value}" for name, value in headers)
                text = {"ja": f"宣言のないメソッド {method}{about}", "en": f"the undeclared method {method}{about}"}
                sent = changed(step, headers=(*step.headers, *headers))
                checks = bench.drafter.checks(family, None, step.id, refusal((405,), text))
                script = bench.drafter.script(family, f"{method} {path}{about}", call, (sent,), checks)
                yield _named(bench, script, f"{method}{path}")


def _as_if_declared(step: Step, name: str) -> Step:
    """The step with all that an implementation of its method would ask for, so that it is not refused for a lack."""
    step = with_header(changed(step, id=name), "If-Match", "*")
    step = with_header(step, "Idempotency-Key", {"$fresh": "idempotency-key", "key": name})
    if step.method in {"GET", "DELETE"}:
        return changed(step, body=msgspec.UNSET, media_type=None)
    return step if step.body is not msgspec.UNSET else changed(step, body={}, media_type="application/json")


def _named(bench: Bench, script: Script, subject: str) -> Script:
    return with_id(script, subject.replace("{", "").replace("}", ""))


def _bare(bench: Bench, call: ValidCall, method: str, path: str) -> Step:
    return Step(
        id="unlisted",
        method=method,
        path=path,
        service=bench.service.name,
        role=call.call.role,
        headers=call.call.headers,
    )


def _paths(bench: Bench) -> Iterator[Script]:
    """Paths that the document does not have."""
    family = "paths.unknown"
    if not bench.drafter.wanted(family):
        return
    paths = {o.path for o in bench.service.operations.values()}
    operations = [o for o in bench.operations() if o.method == "GET"] or list(bench.operations())
    tried: set[str] = set()
    for operation in operations:
        for candidate in _candidates(operation.path):
            if candidate in tried or candidate in paths or _matches(candidate, paths):
                continue
            tried.add(candidate)
            call = bench.first(operation)
            bare = ValidCall(operation.id, call.workflow, (), call.call, ())
            kept = bare if "{" not in candidate else call
            for method in ("GET", "POST"):
                step = changed(_bare(bench, call, method, candidate), path_params=_filling(call.call, candidate))
                text = {"ja": f"存在しないパス {candidate}", "en": f"the unknown path {candidate}"}
                checks = bench.drafter.checks(family, None, step.id, refusal((404,), text))
                script = bench.drafter.script(family, f"{method} {candidate}", kept, (step,), checks)
                yield _named(bench, script, f"{method}{candidate}")


def _candidates(path: str) -> Iterator[str]:
    """Paths beside a declared one: above it, below it, in other letters, with the ending of a file, well known ones."""
    first = path.strip("/").split("/")[0]
    yield from (f"/{first}-undeclared", f"/{first}/x/undeclared", "/undeclared", f"/{first.upper()}")
    yield from (f"{path}/undeclared", f"{path}.json", f"/undeclared{path}")
    parts = path.strip("/").split("/")
    yield from ("/" + "/".join(parts[:count]) for count in range(1, len(parts)))
    yield from _WELL_KNOWN


def _filling(step: Step, path: str) -> dict[str, object]:
    return {name: value for name, value in step.path_params.items() if "{" + name + "}" in path}


def _matches(candidate: str, paths: set[str]) -> bool:
    parts = candidate.strip("/").split("/")
    for path in paths:
        wanted = path.strip("/").split("/")
        if len(wanted) == len(parts) and all(w.startswith("{") or w == p for w, p in zip(wanted, parts, strict=True)):
            return True  # an id may be any text: this is a declared path with another id
    return False


def _absent(bench: Bench) -> Iterator[Script]:
    """What a requirement prohibits: a method on a path, or a query parameter, must not be there."""
    for requirement in bench.service.requirements:
        for way in requirement.verified_by:
            for item in way.absent:
                yield from _one_absent(bench, requirement.id, item.method, item.path, item.query)


def _one_absent(bench: Bench, requirement: str, method: str, path: str, query: tuple[str, ...]) -> Iterator[Script]:
    family = "absence"
    known = next((o for o in bench.operations() if o.path == path and (not query or o.method == method)), None)
    if known is None:
        known = next((o for o in bench.operations() if _prefix(o.path, path)), None) or next(bench.operations(), None)
    if known is None:
        return
    call = bench.first(known)
    for name in query or (None,):
        if name is None:
            step = changed(call.call, id="absent", method=method, path=path, operation=None, query=(), outputs={})
            allowed: tuple[int, ...] = (404, 405)
            text = {"ja": f"{method} {path}", "en": f"{method} {path}"}
        else:
            value = {"$fresh": "individual-number", "key": "absent"} if "number" in name else "x"
            if name == "resident_code":
                value = {"$fresh": "resident-code", "key": "absent"}
            step = with_query(changed(call.call, id="absent"), name, value)
            allowed = (400,)
            text = {"ja": f"{method} {path}?{name}=", "en": f"{method} {path}?{name}="}
        expected = Expectation("answer", {"allowed": list(allowed), "about": text})
        check = Check(step.id, expected.rule, dict(expected.args), requirement)
        script = bench.drafter.script(family, f"{text['en']} is not there", call, (step,), (check,))
        yield _named(bench, script, f"{method}{path}")


def _prefix(known: str, path: str) -> bool:
    """Whether the parameters of `path` are all parameters of `known`, so that its valid call can fill them."""
    names = {part for part in path.split("/") if part.startswith("{")}
    return bool(names) and names <= set(known.split("/"))
