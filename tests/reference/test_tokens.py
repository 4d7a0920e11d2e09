"""The token endpoint, five ways to prove who the client is, and what a token opens."""

import base64
import re
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey, import_key

from conformance.reference.clients import Registration, public_key

from .api import Api
from .conftest import Make
from .town import move_in, settle

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def ask(api: Api, auth: Any = None, **form: str) -> requests.Response:
    """One request for a token."""
    data = {"grant_type": "client_credentials", **form}
    answer = requests.post(api.server.token_url, data=data, auth=auth, timeout=10)
    assert answer.headers["Cache-Control"] == "no-store"
    return answer


def opens(api: Api, token: str) -> bool:
    """Whether the token opens a resource."""
    headers = {"Authorization": f"Bearer {token}"}
    return api.call("getResident", None, path={"resident_id": "x"}, headers=headers).status_code == 404


def secret(api: Api, client: str = "clerk") -> str:
    """A client's secret."""
    return api.reference.clients.by_id[client].secret


def assertion(api: Api, key: Any, algorithm: str, client: str = "clerk", **changes: Any) -> dict[str, str]:
    """A form with a client assertion; claims given as None are left out."""
    now = int(time.time())
    claims = {
        "iss": client,
        "sub": client,
        "aud": api.server.token_url,
        "exp": now + 60,
        "iat": now,
        "jti": uuid.uuid4().hex,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    text = jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])
    return {"client_assertion_type": JWT_BEARER, "client_assertion": text}


def test_client_secret_basic(api: Api) -> None:
    """Claim: the secret in the Authorization header. Stimulus: right, wrong. Expected: a token, invalid_client."""
    answer = ask(api, ("clerk", secret(api)))
    assert answer.status_code == 200
    granted = answer.json()
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3600)
    assert opens(api, granted["access_token"])
    for auth in (("clerk", "wrong"), ("nobody", secret(api)), ("clerk", "")):
        refused = ask(api, auth)
        assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})
        assert refused.headers["WWW-Authenticate"].startswith("Basic")


def test_client_secret_post(api: Api) -> None:
    """Claim: the secret in the form. Stimulus: right, wrong, none, both ways. Expected: 200, 401, 401, 400."""
    assert opens(api, ask(api, client_id="clerk", client_secret=secret(api)).json()["access_token"])
    assert ask(api, client_id="clerk", client_secret="wrong").json() == {"error": "invalid_client"}  # noqa: S106  a test
    assert ask(api, client_id="clerk").status_code == 401
    assert ask(api).status_code == 401
    both = ask(api, ("clerk", secret(api)), client_id="clerk", client_secret=secret(api))
    assert both.json() == {"error": "invalid_request"}


def test_client_secret_jwt(api: Api) -> None:
    """Claim: an assertion signed with the secret, once. Stimulus: right, again. Expected: a token, then refused."""
    form = assertion(api, OctKey.import_key(secret(api)), "HS256")
    assert opens(api, ask(api, **form).json()["access_token"])
    assert ask(api, **form).json() == {"error": "invalid_client"}


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": int(time.time()) + 90_000},
        {"exp": None},
        {"exp": "soon"},
        {"jti": None},
        {"aud": "https://elsewhere.example/token"},
        {"aud": None},
        {"iss": "viewer"},
        {"sub": "viewer"},
        {"nbf": int(time.time()) + 900},
    ],
)
def test_assertion_claims(api: Api, changes: dict[str, Any]) -> None:
    """Claim: issuer, subject, audience, times and id are checked. Stimulus: each wrong. Expected: invalid_client."""
    form = assertion(api, OctKey.import_key(secret(api)), "HS256", **changes)
    assert (ask(api, **form).status_code, ask(api, **form).json()) == (401, {"error": "invalid_client"})


def test_assertion_signature(api: Api) -> None:
    """Claim: the signature is checked. Stimulus: another key, alg none, nonsense. Expected: invalid_client."""
    other = assertion(api, OctKey.import_key("x" * 48), "HS256")
    header, payload, _ = other["client_assertion"].split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for text in (other["client_assertion"], f"{unsigned}.{payload}.", f"{header}.{payload}.", "a.b.c", "nonsense", "ä"):
        form = {"client_assertion_type": JWT_BEARER, "client_assertion": text}
        assert ask(api, **form).json() == {"error": "invalid_client"}, text
    right = assertion(api, OctKey.import_key(secret(api)), "HS256")
    assert ask(api, **{**right, "client_assertion_type": "other"}).json() == {"error": "invalid_client"}
    assert ask(api, **right, client_id="viewer").json() == {"error": "invalid_client"}


@pytest.mark.parametrize(
    ("algorithm", "generate"),
    [
        ("ES256", lambda: ECKey.generate_key("P-256")),
        ("RS256", lambda: RSAKey.generate_key(2048)),
        ("PS256", lambda: RSAKey.generate_key(2048)),
        ("Ed25519", lambda: OKPKey.generate_key("Ed25519")),
        pytest.param(
            "EdDSA",
            lambda: OKPKey.generate_key("Ed25519"),
            marks=pytest.mark.filterwarnings("ignore:EdDSA is deprecated"),
        ),
    ],
)
def test_private_key_jwt(make: Make, algorithm: str, generate: Callable[[], Any]) -> None:
    """Claim: an assertion signed with the registered key. Stimulus: it, another, the secret.

    Expected: only the first.
    """
    key = generate()
    public = type(key).import_key(key.as_dict(private=False))
    town = make(people=0, registrations={"clerk": Registration(key=public, method="private_key_jwt")})
    assert opens(town, ask(town, **assertion(town, key, algorithm)).json()["access_token"])
    assert ask(town, **assertion(town, generate(), algorithm)).status_code == 401
    assert ask(town, ("clerk", secret(town))).status_code == 401
    assert ask(town, **assertion(town, OctKey.import_key(secret(town)), "HS256")).status_code == 401


@pytest.mark.parametrize("generate", [lambda: ec.generate_private_key(ec.SECP256R1()), Ed25519PrivateKey.generate])
def test_public_key_of_a_file(make: Make, generate: Callable[[], Any]) -> None:
    """Claim: a key can be registered as PEM. Stimulus: EC, Ed25519. Expected: assertions by it are accepted."""
    private = generate()
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    registered = Registration(key=public_key(public), method="private_key_jwt")
    town = make(people=0, registrations={"clerk-2": registered})
    kind, algorithm = ("EC", "ES256") if isinstance(private, ec.EllipticCurvePrivateKey) else ("OKP", "Ed25519")
    key = import_key(pem, kind)
    assert ask(town, **assertion(town, key, algorithm, "clerk-2")).status_code == 200


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "client_secret_jwt"])
def test_one_method_only(make: Make, method: str) -> None:
    """Claim: clients can be held to one method. Stimulus: all three. Expected: a token for that one alone."""
    town = make(people=0, client_auth=method)
    assert {known["method"] for known in town.reference.clients.credentials().values()} == {method}
    answers = {
        "client_secret_basic": ask(town, ("clerk", secret(town))),
        "client_secret_post": ask(town, client_id="clerk", client_secret=secret(town)),
        "client_secret_jwt": ask(town, **assertion(town, OctKey.import_key(secret(town)), "HS256")),
    }
    assert {name for name, answer in answers.items() if answer.status_code == 200} == {method}


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"scope": "audit:read"}, "invalid_scope"),
        ({"scope": "registry:read nonsense"}, "invalid_scope"),
    ],
)
def test_errors(api: Api, form: dict[str, str], error: str) -> None:
    """Claim: errors are those of RFC 6749. Stimulus: each. Expected: 400 and its code."""
    answer = ask(api, ("clerk", secret(api)), **form)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_form_only(api: Api) -> None:
    """Claim: one form, nothing twice, POST only. Stimulus: JSON, a name twice, GET. Expected: 400, 400, 405."""
    auth, url = ("clerk", secret(api)), api.server.token_url
    assert requests.post(url, json={"grant_type": "client_credentials"}, auth=auth, timeout=10).status_code == 400
    twice = urlencode([("grant_type", "client_credentials")] * 2)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert requests.post(url, data=twice, headers=headers, auth=auth, timeout=10).status_code == 400
    assert requests.get(url, auth=auth, timeout=10).status_code == 405


def test_token_url_from_the_document(api: Api) -> None:
    """Claim: the documents' relative tokenUrl leads to it too. Stimulus: resolve it. Expected: a token."""
    url = requests.compat.urljoin(api.server.url("resident-registry"), "oauth/token")
    data = {"grant_type": "client_credentials"}
    assert requests.post(url, data=data, auth=("clerk", secret(api)), timeout=10).status_code == 200


def test_fewer_scopes(api: Api) -> None:
    """Claim: a token holds the scopes asked for. Stimulus: registry:read only. Expected: reads, and nothing else."""
    token = ask(api, ("clerk", secret(api)), scope="registry:read").json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    family = settle(api, "head")
    api.call("getResident", None, path={"resident_id": family.ids[0]}, headers=headers, expect=200)
    refused = api.call("registerMoveIn", None, body=move_in(api.today), headers=headers, expect=403)
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic Y2xlcms6eA==",
        "bearer  x y",
        "{token}",
        "Bearer {token}x",
    ],
)
def test_no_valid_token(api: Api, authorization: str | None) -> None:
    """Claim: nothing without a valid token. Stimulus: none, others' forms. Expected: 401 with a Bearer challenge."""
    field = authorization and authorization.format(token=api.token("clerk"))
    headers = {"Authorization": field}
    refused = api.call("getResident", None, path={"resident_id": "x"}, headers=headers, expect=401)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    api.call("registerMoveIn", None, body={}, headers=headers, expect=401)


def test_scheme_without_case(api: Api) -> None:
    """Claim: schemes have no case. Stimulus: bearer. Expected: accepted."""
    headers = {"Authorization": f"bearer {api.token('clerk')}"}
    api.call("getResident", None, path={"resident_id": "x"}, headers=headers, expect=404)


def test_token_in_the_query(api: Api) -> None:
    """Claim: a token in the query does not count. Stimulus: it. Expected: 401."""
    query = {"access_token": api.token("clerk")}
    api.call("getResident", None, path={"resident_id": "x"}, query=query, expect=401)


@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_tokens_expire(make: Make, form: str) -> None:
    """Claim: a token expires by the system's clock. Stimulus: an hour. Expected: 404, then 401; reset keeps tokens."""
    town = make(people=0, token_form=form)
    headers = {"Authorization": f"Bearer {town.token('clerk')}"}
    call = {"path": {"resident_id": "x"}, "headers": headers}
    town.call("getResident", None, **call, expect=404)
    town.advance(seconds=3599)
    town.call("getResident", None, **call, expect=404)
    town.advance(seconds=2)
    town.call("getResident", None, **call, expect=401)
    town.call("reset", "tester", expect=204)
    town.call("getResident", None, **call, expect=404)


def test_scopes_of_every_operation(api: Api) -> None:
    """Claim: an operation opens to its scopes alone. Stimulus: every role on every operation. Expected: 403 or not."""
    roles = {client.id: client for client in api.reference.clients.by_id.values()}
    names = {name.replace("_", "-"): name for name in ("protection_officer", "other_applicant")}
    for service, contract in api.contracts.items():
        for operation, (_, template, raw) in contract.operations.items():
            path = dict.fromkeys(re.findall(r"{(\w+)}", template), "x")
            if operation in ("reset", "loadFixtureSet", "setClock", "advanceClock"):
                continue
            needed = set(raw["security"][0]["oauth2"])
            for client in roles.values():
                answer = api.call(operation, names.get(client.id, client.id), path=path, service=service)
                assert (answer.status_code == 403) is not (needed <= client.scopes), (operation, client.id)
