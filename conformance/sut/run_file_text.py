"""The commented run file that `conformance init` writes, from the answers that it was given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import msgspec

from .run_file import FORMAT, Method


class ServiceAnswer(msgspec.Struct, frozen=True):
    """One service to be tested. `options_not_supported`: option to reason."""

    name: str
    version: str
    base_url: str
    options: tuple[str, ...] = ()
    options_not_supported: Mapping[str, str] = {}


class RoleAnswer(msgspec.Struct, frozen=True):
    """One role. `reference` is the environment variable, or with `in_file` the file, that holds secret or key."""

    name: str
    method: Method = "client_secret_basic"
    client_id: str = ""
    reference: str = ""
    in_file: bool = False
    certificate: str = ""


class Answers(msgspec.Struct, frozen=True):
    """What `conformance init` has asked for. A ministry has a `ministry` name in place of a code."""

    services: tuple[ServiceAnswer, ...]
    roles: tuple[RoleAnswer, ...] = ()
    body_code: str = ""
    ministry: str = ""
    product_name: str = ""
    product_version: str = ""
    vendor: str = ""
    token_url: str = ""
    upper_tester_url: str = ""
    upper_tester_role: str = ""
    ca_file: str = ""


def template(answers: Answers) -> str:
    """The text of a run file. What was not answered is there as a comment, so that it can be filled in."""
    parts = (
        _head(),
        _body(answers),
        _product(answers),
        *(_service(service) for service in answers.services),
        _auth(answers),
        *(_role(role) for role in answers.roles),
        _tls(answers),
        _upper_tester(answers),
        _limits(),
    )
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head() -> str:
    return f"""
# 適合性試験の実行設定ファイル / Run file of the conformance suite
# 秘密の値(パスワード、鍵)は書かず、環境変数名又はファイル名だけを書きます。
# Secrets never stand here, only the name of the environment variable or file that holds them.
format = {_quoted(FORMAT)}

# 試験環境でのみ実行できます。本スイートはデータを作成、変更、取り消します。
# A test environment only: the suite creates, changes and cancels data.
environment = "test"

# 公表文書のサイト(conformance docs)のURL。スコアカードの不合格から要求事項のページへ移動できます。
# Where the site of the published documents is (conformance docs): failures in the scorecard link there.
# documentation = "https://docs.example.jp/conformance"
"""


def _body(answers: Answers) -> str:
    if answers.ministry:
        return f"""
# 府省庁 / Ministry
[body]
type = "ministry"
name = {_quoted(answers.ministry)}
"""
    return f"""
# 団体: 検査数字を含む6桁の全国地方公共団体コード(名称と種別はコードから決まります)
# Body: local government code of six digits, check digit included; it gives name and type
[body]
code = {_quoted(answers.body_code)}
"""


def _product(answers: Answers) -> str:
    return f"""
# 試験対象の製品 / Product under test
[product]
name = {_quoted(answers.product_name)}
version = {_quoted(answers.product_version)}
vendor = {_quoted(answers.vendor)}
"""


def _service(service: ServiceAnswer) -> str:
    key = _key(service.name)
    reasons = "\n".join(f"{_key(option)} = {_quoted(why)}" for option, why in service.options_not_supported.items())
    table = f"[services.{key}.options_not_supported]"
    return f"""
# サービス: 公開仕様の版、基底URL、実装した標準オプション
# Service: version of the published documents, base URL, options that are offered
[services.{key}]
version = {_quoted(service.version)}
base_url = {_quoted(service.base_url)}
options = {_array(service.options)}

# 実装しない標準オプションとその理由 / Options that are not offered, with the reason
{f"{table}{chr(10)}{reasons}" if reasons else f"# {table}{chr(10)}# bulk-export = {_quoted('...')}"}

# 仕様書の役割名と [auth.roles] の名前が異なる場合 / Where a role has another name in [auth.roles]
# [services.{key}.roles]
# clerk = "another-name"
"""


def _auth(answers: Answers) -> str:
    url = f"token_url = {_quoted(answers.token_url)}" if answers.token_url else '# token_url = "https://..."'
    return f"""
# 認可: OAuth 2.0 クライアントクレデンシャル / Authorisation: OAuth 2.0 client credentials
# method: client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth, bearer
# client_secret_*:  client_id, secret = {{ env = "NAME" }} | {{ file = "path" }}
# private_key_jwt:  client_id, key = {{ file = "key.pem" }}  (任意 / optional: key_id, audience, algorithm)
# tls_client_auth:  client_id, certificate = {{ file = "..." }}, key = {{ file = "..." }}
# bearer:           secret = アクセストークン / the access token
# scopes = ["..."]  (任意 / optional)
[auth]
{url}
"""


def _role(role: RoleAnswer) -> str:
    kind = "file" if role.in_file or role.method == "tls_client_auth" else "env"
    reference = f"{{ {kind} = {_quoted(role.reference)} }}"
    lines = [f"[auth.roles.{_key(role.name)}]", f"method = {_quoted(role.method)}"]
    if role.method != "bearer":
        lines.append(f"client_id = {_quoted(role.client_id)}")
    if role.method == "tls_client_auth":
        lines.append(f"certificate = {{ file = {_quoted(role.certificate)} }}")
    name = "key" if role.method in {"private_key_jwt", "tls_client_auth"} else "secret"
    return "\n".join([*lines, f"{name} = {reference}"])


def _tls(answers: Answers) -> str:
    if answers.ca_file:
        return f"""
# 信頼する認証局 / Authority to trust
[tls]
ca_file = {_quoted(answers.ca_file)}
"""
    return """
# 独自の認証局、クライアント証明書 / Own authority, client certificate
# [tls]
# ca_file = "ca.pem"
# certificate = { file = "client.pem" }
# key = { file = "client.key" }
"""


def _upper_tester(answers: Answers) -> str:
    if not answers.upper_tester_url:
        return """
# 試験用の制御インタフェース(時計、データ)がある場合 / Test control interface, where there is one
# [upper_tester]
# base_url = "https://..."
# role = "tester"
"""
    role = f"role = {_quoted(answers.upper_tester_role)}" if answers.upper_tester_role else '# role = "tester"'
    return f"""
# 試験用の制御インタフェース(時計、データ) / Test control interface (clock, data)
[upper_tester]
base_url = {_quoted(answers.upper_tester_url)}
{role}
"""


def _limits() -> str:
    return """
# 負荷の上限(0 は無制限) / How hard the system may be worked (0: no limit)
[limits]
requests_per_second = 0
connections = 16
timeout_seconds = 10

# 乱数の種(任意) / Seed of drawn values (optional)
# [generation]
# seed = "..."
"""


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, except that JSON lets DEL stand as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _array(texts: Iterable[str]) -> str:
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else _quoted(name)
