"""The questions of `conformance init`. Each has a default where one can be guessed; secrets are never asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, cast, get_args
from urllib.parse import urlsplit

from conformance.catalogue.service import Service, available, load_service, published_service
from conformance.cli import options
from conformance.cli.body_code import body
from conformance.cli.questions import Questioner, one_of, optional_text, optional_url, some_of, text, url
from conformance.model import Text
from conformance.sut.run_file import Method
from conformance.sut.run_file_text import Answers, RoleAnswer, ServiceAnswer

METHODS: Final[tuple[Method, ...]] = get_args(Method)
_TESTER: Final = "tester"
_VARIABLE: Final = "environment"


def ask() -> Answers:
    """Ask everything that a run file needs. Raises `UsageError` where no answers can be had."""
    questioner = Questioner()
    code, ministry = _body(questioner)
    product, version, vendor = _product(questioner)
    services = _services(questioner)
    answered = tuple(_service(questioner, service) for service in services.values())
    tester = questioner(
        Text(
            "試験制御インタフェース(upper tester)の基底URL。ない場合は -",
            "Base URL of the test control interface (upper tester), or - where there is none",
        ),
        optional_url,
        "-",
    )
    roles = list(dict.fromkeys(role for service in services.values() for role in service.roles))
    if not tester:
        roles = [role for role in roles if role != _TESTER]
    token_url, role_answers = _auth(questioner, roles, answered[0].base_url)
    authority = questioner(
        Text(
            "独自の認証局の証明書ファイル(PEM)。不要な場合は -",
            "File with the certificate of an authority of your own (PEM), or - where none is needed",
        ),
        optional_text,
        "-",
    )
    return Answers(
        services=answered,
        roles=role_answers,
        body_code=code,
        ministry=ministry,
        product_name=product,
        product_version=version,
        vendor=vendor,
        token_url=token_url,
        upper_tester_url=tester,
        upper_tester_role=_TESTER if tester and any(role.name == _TESTER for role in role_answers) else "",
        ca_file="" if authority == "-" else authority,
    )


def secrets_of(answers: Answers) -> Iterator[str]:
    """What has to be put in place before the first run, one sentence each."""
    variables = [role.reference for role in answers.roles if not role.in_file]
    files = [role.reference for role in answers.roles if role.in_file]
    if variables:
        yield f"set the secrets in the environment: {', '.join(variables)}"
    if files:
        yield f"put the secrets or keys into files beside the run file: {', '.join(files)}"


def _body(questioner: Questioner) -> tuple[str, str]:
    found = questioner(
        Text(
            "団体: 検査数字を含む6桁の全国地方公共団体コード、名称の一部、又は ministry(府省庁)",
            "Body: local government code of six digits, or part of its name, or 'ministry'",
        ),
        body,
    )
    if found is None:
        return "", questioner(Text("府省庁の名称", "Name of the ministry"), text)
    questioner.note(f"{found.code} {found.name}")
    return found.code, ""


def _product(questioner: Questioner) -> tuple[str, str, str]:
    return (
        questioner(Text("試験対象の製品名", "Name of the product under test"), text),
        questioner(Text("製品の版", "Its version"), text, "1.0"),
        questioner(Text("提供者", "Its vendor"), text),
    )


def _services(questioner: Questioner) -> Mapping[str, Service]:
    services = {name: published_service(name) for name in available()}
    known = {name: service for name, service in services.items() if not service.across}
    names = list(known)
    chosen = questioner(
        Text(
            "試験するサービス(番号又は名称、複数はコンマ区切り)",
            "Services to be tested (number or name, several with commas)",
        ),
        some_of(names, least=1),
        options.FIRST_SERVICE,
        [f"{name}  {service.title.en} / {service.title.ja}" for name, service in known.items()],
    )
    return {name: known[name] for name in chosen}


def _service(questioner: Questioner, service: Service) -> ServiceAnswer:
    name, versions = service.name, available()[service.name]
    version = service.version
    if len(versions) > 1:
        question = Text(f"{name}: 公開仕様の版", f"{name}: version of the published documents")
        version = questioner(question, one_of(versions), version)
    base = questioner(Text(f"{name}: 試験環境の基底URL", f"{name}: base URL in your test environment"), url)
    chosen = service if version == service.version else load_service(name, version)
    names = sorted(chosen.options)
    if not names:
        return ServiceAnswer(name, version, base)
    offered = questioner(
        Text(
            f"{name}: 実装した標準オプション(コンマ区切り、all、なければ -): {', '.join(names)}",
            f"{name}: options that it offers (with commas, or 'all', or - for none): {', '.join(names)}",
        ),
        some_of(names),
        "-",
    )
    reasons: dict[str, str] = {}
    for option in names:
        if option not in offered:
            why = questioner(
                Text(f"{option} を実装しない理由(任意)", f"Why {option} is not offered (may be left empty)"),
                optional_text,
            )
            reasons |= {option: why} if why else {}
    return ServiceAnswer(name, version, base, offered, reasons)


def _auth(questioner: Questioner, roles: list[str], base_url: str) -> tuple[str, tuple[RoleAnswer, ...]]:
    question = Text("クライアント認証の方法", "How clients prove who they are")
    method = cast(Method, questioner(question, one_of(METHODS), METHODS[0], METHODS))
    token_url = ""
    if method != "bearer":
        parts = urlsplit(base_url)
        guess = f"{parts.scheme}://{parts.netloc}/oauth/token"
        token_url = questioner(Text("トークンエンドポイントのURL", "URL of the token endpoint"), url, guess)
    in_file = _in_files(questioner, method)
    answers = (_role(questioner, role, method, in_file=in_file) for role in roles)
    return token_url, tuple(answer for answer in answers if answer is not None)


def _in_files(questioner: Questioner, method: Method) -> bool:
    if method in {"private_key_jwt", "tls_client_auth"}:
        return True
    question = Text("秘密の値の置き場所(環境変数又はファイル)", "Where secrets are: environment variables, or files")
    places = (_VARIABLE, "file")
    return questioner(question, one_of(places), _VARIABLE, places) != _VARIABLE


def _role(questioner: Questioner, role: str, method: Method, *, in_file: bool) -> RoleAnswer | None:
    """One role; None where the system has no client for it."""
    suffix = {"private_key_jwt": "key.pem", "tls_client_auth": "key.pem"}.get(method, "secret")
    reference = f"secrets/{role}.{suffix}" if in_file else f"CONFORMANCE_{role.upper().replace('-', '_')}_SECRET"
    certificate = f"secrets/{role}.pem" if method == "tls_client_auth" else ""
    secret = Text("アクセストークン", "access token") if method == "bearer" else Text("秘密の値", "secret")
    client = questioner(
        Text(
            f"役割 {role} のクライアントID({secret.ja}は {reference} に置きます)。ない場合は -",
            f"Client id of the role {role} (its {secret.en} will be in {reference}), or - where there is none",
        ),
        text,
        role,
    )
    if client == "-":
        return None
    return RoleAnswer(role, method, "" if method == "bearer" else client, reference, in_file, certificate)
