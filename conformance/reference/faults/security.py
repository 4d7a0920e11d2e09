"""Faults of access: tokens, scopes, the order in which a request is examined, numbers in errors and URLs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from conformance.reference.calls import Answer, Call, Caller, Request
from conformance.reference.faults.asked import asks
from conformance.reference.faults.registry import FAULTS
from conformance.reference.operations import Operation
from conformance.reference.planting import Method, replace, revise, rewrite
from conformance.reference.problems import Problem, Violation
from conformance.reference.resident_registry.records import Certificate, Entry
from conformance.reference.resident_registry.service import ResidentRegistry
from conformance.reference.tokens import unauthenticated

if TYPE_CHECKING:
    from conformance.reference.application import Reference

_EVERYTHING = (
    *("registry:read", "registry:write", "certificates:write", "numbers:read", "exports:write"),
    *("protections:read", "protections:write", "audit:read"),
)


def _somebody(reference: Reference, trusted: Callable[[Request, Operation], bool]) -> None:
    """Requests that are trusted are served as those of a clerk, without a valid token."""

    def make(authenticate: Method) -> Method:
        def careless(request: Request, operation: Operation) -> Caller:
            try:
                caller: Caller = authenticate(request, operation)
            except Problem:
                if not trusted(request, operation):
                    raise
                return Caller("somebody", "clerk", frozenset(_EVERYTHING) | (operation.scopes or frozenset()))
            return caller

        return careless

    revise(reference.pipeline, "authenticate", make)


def _bearer(request: Request) -> str:
    scheme, _, token = (request.joined("authorization") or "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


@FAULTS.add("history-for-everybody", "COM-SEC-001", "COM-SEC-018")
def history_for_everybody(reference: Reference) -> None:
    """The history of a resident can be read without credentials."""
    _somebody(reference, lambda q, op: op.id == "listResidentHistory" and q.joined("authorization") is None)


@FAULTS.add("forwarded-user-trusted", "COM-SEC-001")
def forwarded_user_trusted(reference: Reference) -> None:
    """Without credentials, the header X-Forwarded-User tells who calls: a gateway is thought to have looked."""

    def forwarded(request: Request, operation: Operation) -> bool:
        ours = request.path.startswith("/resident-registry/")
        return ours and request.joined("authorization") is None and request.joined("x-forwarded-user") is not None

    _somebody(reference, forwarded)


@FAULTS.add("any-token-for-search", "COM-SEC-002")
def any_token_for_search(reference: Reference) -> None:
    """A search takes any token that looks like one and was never issued."""
    issued = reference.tokens._grants

    def alike(request: Request, operation: Operation) -> bool:
        return operation.id == "searchResidents" and bool(_bearer(request).strip()) and _bearer(request) not in issued

    _somebody(reference, alike)


def _also_found(reference: Reference, alike: Callable[[str, str], bool]) -> None:
    """A token is also taken for one that was issued when the two are alike."""

    def make(caller: Method) -> Method:
        def lenient(request: Request) -> Caller:
            try:
                found: Caller = caller(request)
            except Problem:
                given = _bearer(request)
                for token, grant in reference.tokens._grants.items():
                    if given and alike(given, token) and not reference.tokens.expired(grant):
                        return grant.caller
                raise
            return found

        return lenient

    revise(reference.tokens, "caller", make)


@FAULTS.add("token-without-regard-to-case", "COM-SEC-002")
def token_without_regard_to_case(reference: Reference) -> None:
    """Tokens are looked up without regard to letter case, as a database may compare text."""
    _also_found(reference, lambda given, token: given.lower() == token.lower())


@FAULTS.add("token-compared-by-its-beginning", "COM-SEC-002")
def token_compared_by_its_beginning(reference: Reference) -> None:
    """Only the first 40 signs of a token are kept and compared."""
    _also_found(reference, lambda given, token: len(given) > 40 and given[:40] == token[:40])


@FAULTS.add("token-in-query-accepted", "COM-SEC-003")
def token_in_query_accepted(reference: Reference) -> None:
    """A certificate can be read with the token in the query parameter access_token."""

    def make(authenticate: Method) -> Method:
        def lenient(request: Request, operation: Operation) -> Any:
            token = parse_qs(request.query.decode("latin-1")).get("access_token", [""])[0]
            if operation.id != "getCertificate" or not token:
                return authenticate(request, operation)
            headers = (*request.headers, ("authorization", f"Bearer {token}"))
            return authenticate(Request(request.method, request.path, request.query, headers), operation)

        return lenient

    def make_unknown(unknown: Method) -> Method:
        return lambda operation, names: unknown(operation, tuple(name for name in names if name != "access_token"))

    revise(reference.pipeline, "authenticate", make)
    revise(reference.pipeline, "unknown_parameters", make_unknown)


def _scopes(reference: Reference, alter: Callable[[Call, frozenset[str]], frozenset[str]]) -> None:
    """The scopes that a token lacks are seen in another way."""
    revise(reference.pipeline, "missing_scopes", lambda missing: lambda call: alter(call, missing(call)))


@FAULTS.add("numbers-for-every-role", "COM-SEC-004", "COM-SEC-017")
def numbers_for_every_role(reference: Reference) -> None:
    """The Individual Number can be read with any valid token."""
    _scopes(reference, lambda call, missing: frozenset() if call.operation.id == "readIndividualNumber" else missing)


@FAULTS.add("auditor-reads-households", "COM-SEC-004")
def auditor_reads_households(reference: Reference) -> None:
    """One role, the auditor, may read households although it lacks the scope."""

    def alter(call: Call, missing: frozenset[str]) -> frozenset[str]:
        mine = call.caller.role == "auditor" and call.operation.id == "getHousehold"
        return frozenset() if mine and call.path["household_id"] in _households(reference) else missing

    _scopes(reference, alter)


def _households(reference: Reference) -> Any:
    return {entry.household_id for entry in reference.the(ResidentRegistry).register.current.values()}


@FAULTS.add("death-asks-for-numbers", "COM-SEC-005")
def death_asks_for_numbers(reference: Reference) -> None:
    """A death cannot be registered without the scope to read numbers, which the protection officer lacks."""

    def alter(call: Call, missing: frozenset[str]) -> frozenset[str]:
        wanted = frozenset({"numbers:read"}) if call.operation.id == "registerDeath" else frozenset()
        return missing | (wanted - call.caller.scopes)

    _scopes(reference, alter)


def _refused(reference: Reference, which: Callable[[Request, Answer], bool], status: int, code: str) -> None:
    """Some refusals have another status, with the code and without the challenge that belong to it."""

    def other(request: Request, answer: Answer) -> Answer:
        if answer.status in (401, 403) and isinstance(answer.body, dict) and which(request, answer):
            body = {**answer.body, "status": status, "code": code}
            answer = Answer(status, body, list(answer.headers), answer.media_type)
            if status == 401:
                answer.headers.append(("WWW-Authenticate", "Bearer"))
        return answer

    rewrite(reference, other)


@FAULTS.add("no-token-forbidden", "COM-SEC-006")
def no_token_forbidden(reference: Reference) -> None:
    """A search without credentials is answered 403 in place of 401."""

    def which(request: Request, answer: Answer) -> bool:
        return answer.status == 401 and asks(request, "GET", "/residents") and not request.joined("authorization")

    _refused(reference, which, 403, "forbidden")


@FAULTS.add("other-scheme-is-a-bad-request", "COM-SEC-006")
def other_scheme_is_a_bad_request(reference: Reference) -> None:
    """Credentials of another scheme than Bearer are answered 400."""

    def which(request: Request, answer: Answer) -> bool:
        return answer.status == 401 and (request.joined("authorization") or "").startswith("Basic ")

    _refused(reference, which, 400, "invalid_request")


@FAULTS.add("scope-missing-unauthenticated", "COM-SEC-007", "COM-SEC-017")
def scope_missing_unauthenticated(reference: Reference) -> None:
    """A certificate asked for without the scope is answered 401: log in again."""
    _refused(reference, lambda q, a: a.status == 403 and asks(q, "POST", "/certificates"), 401, "unauthenticated")


@FAULTS.add("scope-missing-not-found", "COM-SEC-007", "COM-SEC-017")
def scope_missing_not_found(reference: Reference) -> None:
    """An export asked for without the scope is answered 404, as if there were no such path."""
    _refused(reference, lambda q, a: a.status == 403 and asks(q, "POST", "/exports"), 404, "not_found")


def _challenge(reference: Reference, which: Callable[[Request], bool], value: str | None) -> None:
    def changed(request: Request, answer: Answer) -> Answer:
        if answer.status == 401 and which(request):
            kept = [item for item in answer.headers if item[0] != "WWW-Authenticate"]
            answer.headers = kept if value is None else [*kept, ("WWW-Authenticate", value)]
        return answer

    rewrite(reference, changed)


@FAULTS.add("challenge-missing", "COM-SEC-008")
def challenge_missing(reference: Reference) -> None:
    """A 401 has no WWW-Authenticate."""
    _challenge(reference, lambda request: True, None)


@FAULTS.add("challenge-of-another-scheme", "COM-SEC-008")
def challenge_of_another_scheme(reference: Reference) -> None:
    """Only where another scheme was used, the challenge is one of that scheme."""
    _challenge(reference, lambda q: (q.joined("authorization") or "").startswith("Basic "), 'Basic realm="Bearer"')


def _numbered(reference: Reference, status: int, tell: Callable[[str], str]) -> None:
    """The detail of a refusal of a move-in or a lookup tells the number that was sent."""
    rules = reference.the(ResidentRegistry).rules

    def make(check: Method) -> Method:
        def telling(numbers: Any, *others: Any) -> Any:
            try:
                return check(numbers, *others)
            except Problem as problem:
                said = tell(numbers[0][0] if isinstance(numbers, list) else others[0])
                errors = tuple(Violation(e.code, said, e.pointer) for e in problem.errors)
                raise Problem(problem.status, problem.code, said, errors, problem.headers) from None

        return telling

    revise(rules, "check_number" if status == 422 else "check_once", make)


@FAULTS.add("wrong-number-repeated", "COM-SEC-009")
def wrong_number_repeated(reference: Reference) -> None:
    """A number with a wrong check digit is repeated in the words of the refusal."""
    _numbered(reference, 422, lambda number: f"検査数字が違います: {number}")


@FAULTS.add("known-number-repeated-in-groups", "COM-SEC-009")
def known_number_repeated_in_groups(reference: Reference) -> None:
    """A conflict tells the number of who is registered already, in full-width digits and groups of four."""

    def told(number: str) -> str:
        wide = number.translate({ord("0") + digit: chr(ord("０") + digit) for digit in range(10)})
        return f"登録済みの番号です: {wide[:4]}－{wide[4:8]}－{wide[8:]}"

    _numbered(reference, 409, told)


@FAULTS.add("resident-code-in-location", "COM-SEC-010", "COM-HTTP-012")
def resident_code_in_location(reference: Reference) -> None:
    """The Location of a certificate ends in the resident code of the person, in place of the id."""

    def make(issue: Method) -> Method:
        def telling(call: Call) -> Answer:
            answer: Answer = issue(call)
            entry: Entry = reference.the(ResidentRegistry).register.current[call.body["resident_id"]]
            place = f"/resident-registry/v1/certificates/{entry.resident_code}"
            answer.headers = [(name, place if name == "Location" else value) for name, value in answer.headers]
            return answer

        return telling

    replace(reference.the(ResidentRegistry).certificates, "issue", make)


@FAULTS.add("individual-number-as-fragment", "COM-SEC-010")
def individual_number_as_fragment(reference: Reference) -> None:
    """The Location of a certificate leads there, and its fragment is the Individual Number in groups of four."""

    def make(issue: Method) -> Method:
        def telling(call: Call) -> Answer:
            answer: Answer = issue(call)
            certificate: Certificate = reference.the(ResidentRegistry).certificates.issued[answer.body["id"]]
            number = reference.the(ResidentRegistry).register.current[certificate.resident_ids[0]].individual_number
            mark = f"#{number[:4]}-{number[4:8]}-{number[8:]}"
            answer.headers = [(name, value + mark if name == "Location" else value) for name, value in answer.headers]
            return answer

        return telling

    replace(reference.the(ResidentRegistry).certificates, "issue", make)


@FAULTS.add("tokens-never-expire", "COM-SEC-011")
def tokens_never_expire(reference: Reference) -> None:
    """The lifetime of a token is told, and not looked at."""
    revise(reference.tokens, "expired", lambda _: lambda grant: False)


@FAULTS.add("expired-token-may-write", "COM-SEC-011")
def expired_token_may_write(reference: Reference) -> None:
    """An expired token is refused for reading only."""

    def make(caller: Method) -> Method:
        def lenient(request: Request) -> Caller:
            try:
                found: Caller = caller(request)
            except Problem:
                grant = reference.tokens._grants.get(_bearer(request))
                if grant is None or request.method == "GET":
                    raise
                return grant.caller
            return found

        return lenient

    revise(reference.tokens, "caller", make)


def _existence_first(reference: Reference, operations: tuple[str, ...]) -> None:
    """Of some operations it is looked first whether the thing exists, then whether the caller may know."""

    def alter(call: Call, missing: frozenset[str]) -> frozenset[str]:
        register = reference.the(ResidentRegistry).register
        known = register.notifications.keys() | register.current.keys()
        unknown = call.operation.id in operations and not known & set(call.path.values())
        return frozenset() if unknown else missing

    _scopes(reference, alter)


@FAULTS.add("resident-existence-first", "COM-SEC-012")
def resident_existence_first(reference: Reference) -> None:
    """Who lacks the scope learns by a 404 that a resident does not exist."""
    _existence_first(reference, ("getResident",))


@FAULTS.add("notification-existence-first", "COM-SEC-012")
def notification_existence_first(reference: Reference) -> None:
    """Only of notifications, who lacks the scope learns by a 404 that there is no such one."""
    _existence_first(reference, ("getNotification",))


@FAULTS.add("content-before-authentication", "COM-SEC-013")
def content_before_authentication(reference: Reference) -> None:
    """The content of an order for a certificate is examined before it is asked who orders."""

    def make_authenticate(authenticate: Method) -> Method:
        def later(request: Request, operation: Operation) -> Caller:
            if operation.id == "issueCertificate" and request.joined("authorization") is None:
                return Caller("", "", frozenset(_EVERYTHING))
            caller: Caller = authenticate(request, operation)
            return caller

        return later

    def make_violations(violations: Method) -> Method:
        def first(call: Call, body: Any) -> Any:
            found = violations(call, body)
            if not found and call.operation.id == "issueCertificate" and not call.caller.client:
                raise unauthenticated("Bearer")
            return found

        return first

    revise(reference.pipeline, "authenticate", make_authenticate)
    revise(reference.pipeline, "violations", make_violations)


@FAULTS.add("syntax-before-authentication", "COM-SEC-013")
def syntax_before_authentication(reference: Reference) -> None:
    """Malformed JSON sent to a lookup is refused by the parser before anybody asks for credentials."""

    def make_authenticate(authenticate: Method) -> Method:
        def later(request: Request, operation: Operation) -> Caller:
            if operation.id == "lookUpResident" and request.joined("authorization") is None:
                return Caller("", "", frozenset(_EVERYTHING))
            caller: Caller = authenticate(request, operation)
            return caller

        return later

    def make_content(content: Method) -> Method:
        def first(call: Call) -> Any:
            found = content(call)
            if call.operation.id == "lookUpResident" and not call.caller.client:
                raise unauthenticated("Bearer")
            return found

        return first

    revise(reference.pipeline, "authenticate", make_authenticate)
    revise(reference.pipeline, "content", make_content)
