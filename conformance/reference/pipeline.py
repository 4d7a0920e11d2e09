"""From request to answer, in the order of examination that the published documents name.

Path (404), method (405), token (401), scope (403), headers and media types (406, 415, 413, 400), syntax (400),
existence (404), preconditions (428, 412), idempotency, business rules (422, 409). Every stage is one method, so that
a fault or a liberty can take the place of one.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from conformance.reference import negotiation
from conformance.reference.calls import Answer, Call, Caller, Handler, Request
from conformance.reference.conditional import Preconditions
from conformance.reference.operations import Operation, Parameter
from conformance.reference.problems import Problem, Violation, invalid, not_found
from conformance.reference.schemas import AnyBytes
from conformance.reference.strict_json import decode

if TYPE_CHECKING:
    from conformance.reference.application import Reference
    from conformance.reference.service import Service

BODY_LIMIT: Final = 1 << 20
"""1 MiB: a larger body is answered with 413."""

ReadBody = Callable[[int], Awaitable[bytes | None]]
"""Reads the body up to so many bytes; None when it is longer."""

_log = logging.getLogger(__name__)


class Pipeline:
    """Examines a request stage by stage and has it carried out."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.preconditions = Preconditions()

    async def answer(self, service: Service, request: Request, read_body: ReadBody) -> Answer:
        """The answer to one request below the service's base URL. Never raises."""
        call: Call | None = None
        try:
            operation, path = self.route(service, request)
            caller = self.authenticate(request, operation)
            call = Call(request, operation, path, caller, self.reference.clock.micros(), service=service.name)
            service.before(call)
            self.authorise(service, call)
            self.negotiate(call)
            if operation.bodies:
                call.raw_body = await self.read(read_body, self.body_limit(call))
                await self.enter(call)
            answer = self.carry_out(service, call)
        except Problem as problem:
            answer = self.refuse(call, request, problem)
        except Exception:
            _log.exception("the reference failed")
            answer = self.refuse(call, request, Problem(500, "internal_error"))
        return self.finish(answer)

    def route(self, service: Service, request: Request) -> tuple[Operation, dict[str, str]]:
        """The operation and the path's parameters. Raises 404 and 405."""
        found = service.router.find(request.path[len(service.base) :])
        if found is None:
            raise not_found()
        methods, path = found
        operation = methods.get(request.method)
        if operation is None:
            allow = (("Allow", ", ".join(sorted(methods))),)
            raise Problem(
                405, "method_not_allowed", "このメソッドは定義されていません / Not a method of this path", (), allow
            )
        return operation, path

    def authenticate(self, request: Request, operation: Operation) -> Caller:
        """The caller by the bearer token in the Authorization header. Raises 401."""
        if operation.scopes is None:
            return Caller("", "", frozenset())
        return self.reference.tokens.caller(request)

    def authorise(self, service: Service, call: Call) -> None:
        """Raises 403 where the token lacks a scope of the operation."""
        if not self.missing_scopes(call):
            return
        needed = call.operation.scopes or frozenset()
        call.subjects.extend(service.subjects(call))
        challenge = f'Bearer error="insufficient_scope", scope="{" ".join(sorted(needed))}"'
        detail = "トークンの権限が足りません / The token lacks a scope"
        raise Problem(403, "forbidden", detail, (), (("WWW-Authenticate", challenge),))

    def missing_scopes(self, call: Call) -> frozenset[str]:
        """The scopes of the operation that the caller's token lacks."""
        return (call.operation.scopes or frozenset()) - call.caller.scopes

    def negotiate(self, call: Call) -> None:
        """Raises 406, 415, 413 by the headers, then 400 for parameters and headers against the document."""
        self.check_accept(call)
        if call.operation.bodies:
            self.check_content(call)
        errors = [*self.check_query(call), *self.check_headers(call), *self.check_path(call)]
        if errors:
            raise invalid(tuple(errors))

    def check_accept(self, call: Call) -> None:
        """Raises 406."""
        negotiation.check_accept(call.request, call.operation.produces)

    def check_content(self, call: Call) -> None:
        """Raises 415, 413 by the headers alone."""
        negotiation.check_content(call.request, call.operation.bodies, self.body_limit(call))

    def body_limit(self, call: Call) -> int:
        """How many bytes a body may have."""
        return BODY_LIMIT

    def check_path(self, call: Call) -> list[Violation]:
        """Ids in the path are never invalid: one that the document does not allow is unknown (404)."""
        return []

    def check_query(self, call: Call) -> list[Violation]:
        """Reads the query into `call.query`; unknown, repeated, missing and invalid parameters."""
        declared = call.operation.query
        errors: list[Violation] = []
        texts = self.query_texts(call.request, errors)
        errors.extend(
            Violation("unknown", "定義されていません / Not a parameter", parameter=name[:100] or "?")
            for name in self.unknown_parameters(call.operation, tuple(texts))
        )
        for name, parameter in declared.items():
            if name in texts:
                call.query[name], found = self.query_value(call.operation, parameter, texts[name])
                errors.extend(found)
            elif parameter.required:
                errors.append(Violation("missing", "必須です / Required", parameter=name))
            elif parameter.default is not None:
                call.query[name] = parameter.default
        return errors

    def unknown_parameters(self, operation: Operation, names: tuple[str, ...]) -> tuple[str, ...]:
        """Of the names in a query those that the document does not declare."""
        return tuple(name for name in names if name not in operation.query)

    def query_value(
        self, operation: Operation, parameter: Parameter, texts: list[str]
    ) -> tuple[Any, tuple[Violation, ...]]:
        """The value of a query parameter by its occurrences, and what is wrong with it."""
        return parameter.value(texts)

    def query_texts(self, request: Request, errors: list[Violation]) -> dict[str, list[str]]:
        """The query's parameters in order, percent-decoded as UTF-8."""
        texts: dict[str, list[str]] = {}
        if not request.query:
            return texts
        try:
            pairs = parse_qsl(request.query.decode("ascii"), keep_blank_values=True, errors="strict")
        except ValueError:
            errors.append(Violation("encoding", "UTF-8として読めません / Not UTF-8", parameter="?"))
            return texts
        for name, text in pairs:
            texts.setdefault(name, []).append(text)
        return texts

    def check_headers(self, call: Call) -> list[Violation]:
        """Declared request headers against their schemas."""
        errors: list[Violation] = []
        for parameter in call.operation.headers:
            errors.extend(self.check_header(call, parameter))
        return errors

    def check_header(self, call: Call, parameter: Parameter) -> tuple[Violation, ...]:
        """One declared header; the lines of a list header count as one value."""
        lines = call.request.all(parameter.name.lower())
        if not lines:
            missing = Violation("missing", "必須です / Required", parameter=parameter.name)
            return (missing,) if parameter.required else ()
        texts = [", ".join(lines)] if parameter.name.startswith("If-") else lines
        return parameter.value(texts)[1]

    async def read(self, read_body: ReadBody, limit: int) -> bytes:
        """The body. Raises 413."""
        raw = await read_body(limit)
        if raw is None:
            raise negotiation.too_large()
        return raw

    async def enter(self, call: Call) -> None:
        """Where a call with a body would wait for its turn. Here nobody waits: `carry_out` is atomic."""

    def carry_out(self, service: Service, call: Call) -> Answer:
        """Syntax, existence, preconditions, idempotency, the operation itself. Nothing in here waits: it is atomic."""
        self.check_body(call)
        handler = service.handlers[call.operation.id]
        if handler.locate is not None:
            handler.locate(call)
        if handler.tag is not None:
            self.preconditions.check_change(call, handler.tag(call))
        kept = self.repeated(service, call)
        if kept is not None:
            return kept
        answer = self.perform(handler, call)
        if call.operation.method == "GET":
            answer = self.preconditions.apply_to_read(call, answer)
        self.reference.audit.record(call, answer.status, "success")
        return answer

    def repeated(self, service: Service, call: Call) -> Answer | None:
        """The first answer to a request that is repeated, unless it names somebody who is hidden meanwhile."""
        if call.key is None:
            return None
        kept = self.reference.idempotency.begin(call)
        return None if kept is None or service.hides(call, kept.names) else kept

    def check_body(self, call: Call) -> None:
        """Decodes the body and checks it against the document. Raises 400."""
        if not call.operation.bodies:
            return
        call.body = self.content(call) if call.raw_body else self.implied(call)
        errors = self.violations(call, call.body) if call.raw_body else ()
        if errors:
            raise invalid(errors)

    def content(self, call: Call) -> Any:
        """The value of the body: its bytes where the document has no schema. Raises 400 for what should be JSON."""
        if isinstance(negotiation.checker(call.request, call.operation.bodies), AnyBytes):
            return call.raw_body
        return self.decode(call.raw_body)

    def decode(self, raw: bytes) -> Any:
        """The value of some bytes. Raises 400."""
        return decode(raw)

    def implied(self, call: Call) -> Any:
        """What a request without a body stands for: nothing. Raises 400 where the document requires a body."""
        if call.operation.body_required:
            raise invalid((Violation("missing", "本文がありません / The body is missing", pointer=""),))
        return None

    def violations(self, call: Call, body: Any) -> tuple[Violation, ...]:
        """Where the body does not fit the schema of its media type."""
        return negotiation.checker(call.request, call.operation.bodies).violations(body)

    def perform(self, handler: Handler, call: Call) -> Answer:
        """Carries out the operation; a request without effect leaves its Idempotency-Key free."""
        if call.key is None:
            return handler.perform(call)
        try:
            answer = handler.perform(call)
        except BaseException:
            self.reference.idempotency.abandon(call)
            raise
        self.reference.idempotency.finish(call, answer)
        return answer

    def refuse(self, call: Call | None, request: Request, problem: Problem) -> Answer:
        """The problem document; a refused access to somebody's data is audited."""
        if call is not None and (problem.status == 403 or call.withheld):
            self.reference.audit.record(call, problem.status, "refused")
        return self.render(problem, request)

    def render(self, problem: Problem, request: Request) -> Answer:
        """The answer for a problem."""
        body = problem.json(self.reference.titles)
        return Answer(problem.status, body, list(problem.headers), "application/problem+json")

    def finish(self, answer: Answer) -> Answer:
        """What every answer of a secured service carries."""
        headers = [*answer.headers, ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        return Answer(answer.status, answer.body, headers, answer.media_type)
