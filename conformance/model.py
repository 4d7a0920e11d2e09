"""The values that flow through the suite: requirement, script, trace, finding, verdict. All are frozen.

They are `msgspec` structs, so that what crosses a boundary (edition, archive) is encoded and checked by its type.
Terms: *requirement*, *verdict* (pass, fail, inconclusive) after ITU-T X.290 / ISO/IEC 9646-1.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

import msgspec


class Text(msgspec.Struct, frozen=True):
    """One text in both languages of the suite."""

    ja: str
    en: str


class Level(StrEnum):
    """How binding a requirement is: 実装必須, 標準オプション, 実装不可, and an observation only."""

    MANDATORY = "mandatory"
    OPTIONAL = "optional"
    PROHIBITED = "prohibited"
    RECOMMENDED = "recommended"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a requirement comes from; `profile` means this project's own publication."""

    kind: Literal["law", "standard", "profile"]
    document: str
    clause: str | None = None


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a requirement applies: type of body, declared options, test control, services that are tested together."""

    body_types: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    upper_tester: bool = False
    services: tuple[str, ...] = ()


class Absent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A method on a path (and query parameters) that must not be there."""

    method: str
    path: str
    query: tuple[str, ...] = ()


class Verification(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way in which a requirement is judged: by a rule over all exchanges, a family of scripts, or a workflow."""

    rule: str | None = None
    scripts: str | None = None
    workflow: str | None = None
    absent: tuple[Absent, ...] = ()
    operations: tuple[str, ...] = ()
    expect: str | None = None


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One testable sentence of a catalogue. Its id never changes and is never used again."""

    id: str
    title: Text
    statement: Text
    level: Level
    source: Source
    effective_from: str
    area: str
    condition: Condition = Condition()
    verified_by: tuple[Verification, ...] = ()
    not_tested: Text | None = None
    derivable: bool = False


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a script claims about one of its steps: `rule` with `args`, judged for `requirement` on the evidence.

    A check without a requirement is a precondition: where it does not hold, nothing after it can be judged.
    """

    step: str
    rule: str
    args: dict[str, Any] = {}
    requirement: str | None = None


OtherToken = Literal["fresh"] | tuple[str, ...]
"""A further token of a role's client: `fresh` for one beside its usual one, scopes for one that holds these alone."""


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request to be sent. Values may be templates (see `expression`).

    `path` keeps its `{parameters}`; `body` is any JSON template, `{"$bytes": base64}` for raw
    bytes, or `{"$edited": template, "edits": [...]}` for JSON that is written otherwise (see `play.edited`).
    `concurrent` names a group: neighbouring steps of one group are sent at the same moment. Where a criterion of the
    step does not hold yet, it is sent again up to `retry_limit` times, `retry_seconds` apart; the last answer counts.
    `token` asks for another token of the role than its usual one.
    """

    id: str
    method: str
    path: str
    operation: str | None = None
    service: str | None = None
    role: str | None = None
    path_params: dict[str, Any] = {}
    query: tuple[tuple[str, Any], ...] = ()
    headers: tuple[tuple[str, Any], ...] = ()
    body: Any = msgspec.UNSET
    media_type: str | None = None
    authorization: Any = None
    outputs: dict[str, Any] = {}
    concurrent: str | None = None
    retry_seconds: float = 0.0
    retry_limit: int = 0
    token: OtherToken | None = None


class Script(msgspec.Struct, frozen=True, omit_defaults=True):
    """A short list of steps with what is claimed about them. Its id is a digest of its content.

    `purpose` says in both languages what the script is about. `calls` holds the outputs of workflows that a workflow
    called, by the id of the calling step.
    """

    id: str
    service: str
    family: str
    title: str
    steps: tuple[Step, ...]
    checks: tuple[Check, ...] = ()
    purpose: Text | None = None
    inputs: dict[str, Any] = {}
    calls: dict[str, dict[str, Any]] = {}
    options: tuple[str, ...] = ()
    exclusive: bool = False
    upper_tester: bool = False

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements that this script is made to judge, in order of appearance."""
        return tuple(dict.fromkeys(c.requirement for c in self.checks if c.requirement))


class Extra(msgspec.Struct, frozen=True, omit_defaults=True):
    """A script that is not in the edition, and why it was played.

    `search`: it was drawn live, and counts like one of the edition. `again`: the script `of` once more, after it
    failed. `shrink`: something smaller than `of`, to see whether `rule` still fails `requirement`.
    """

    service: str
    use: Literal["search", "again", "shrink"]
    script: Script
    of: str = ""
    requirement: str = ""
    rule: str = ""


class Request(msgspec.Struct, frozen=True):
    """A request as it was sent (credentials dropped, personal numbers replaced)."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


class Response(msgspec.Struct, frozen=True):
    """A response as it arrived (personal numbers replaced); `truncated` when the body was cut at the size bound."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    truncated: bool = False
    http_version: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """The first value of a header field, names compared without case (RFC 9110, 5.1)."""
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return None


class Exchange(msgspec.Struct, frozen=True):
    """One request and what came back. `trouble` says why there is no response (network, not the system's verdict)."""

    step: str
    request: Request
    response: Response | None
    started: float
    elapsed: float
    role: str | None = None
    trouble: str | None = None


class Trace(msgspec.Struct, frozen=True):
    """What happened when one script was played. `stopped` says why it ended before its last step.

    `earlier` is what was sent and answered before it was begun again, or with a token that had ended. Nothing is judged
    by it, and nothing of it is lost.
    `not_issued`: it ended because the token endpoint gives no token such as its next step needs, which is its right.
    """

    script: str
    exchanges: tuple[Exchange, ...]
    stopped: str | None = None
    bound: dict[str, Any] = {}
    earlier: tuple[Exchange, ...] = ()
    not_issued: bool = False


class Outcome(StrEnum):
    """What one trace says about one requirement."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a system fell short of one requirement, in fixed slots, or why it could not be judged."""

    requirement: str
    script: str
    step: str
    rule: str
    message: Text
    expected: str
    actual: str
    operation: str | None = None
    method: str = ""
    url: str = ""
    status: int | None = None


class Observation(msgspec.Struct, frozen=True):
    """The outcome of one requirement on one trace, with the finding where it is not a pass."""

    requirement: str
    script: str
    outcome: Outcome
    finding: Finding | None = None


class VerdictKind(StrEnum):
    """Verdict of a requirement, rolled up over all traces: fail over inconclusive over pass."""

    PASS = "pass"  # noqa: S105  a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
    NOT_TESTED = "not_tested"
    WAIVED = "waived"


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding as it is told to a person: with request, response, and how to do it again.

    `shrunk_from` names the script that failed first, where this is a smaller one found in `plays` plays; `again` says
    how often the script was played once more, and how often it failed then.
    """

    finding: Finding
    request: str
    response: str
    curl: str
    replay: str
    preamble: tuple[str, ...] = ()
    shrunk_from: str = ""
    plays: int = 0
    again: tuple[int, int] = (0, 0)


class Flaky(msgspec.Struct, frozen=True):
    """A failure that did not come again: the scripts in the evidence that failed, and that passed when played again."""

    failed: str
    passed: tuple[str, ...]


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is said of one requirement: counts are numbers of traces.

    Where it failed and `flaky` is not empty, no failure that was played again failed again.
    """

    requirement: str
    service: str
    verdict: VerdictKind
    level: Level
    judged: int = 0
    failed: int = 0
    inconclusive: int = 0
    reason: Text | None = None
    examples: tuple[Example, ...] = ()
    operations: dict[str, tuple[int, int]] = {}
    same_cause: tuple[str, ...] = ()
    flaky: tuple[Flaky, ...] = ()
