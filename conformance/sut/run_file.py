"""The run file: what the tested side says of itself, and what is needed to reach its system.

It is TOML; `run_file.schema.json` describes its data. `load` refuses it with `RunFileError` (file, line, key, next
step) or gives a frozen `RunFile`. Secrets are never in it, only where they are (`secrets`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

import msgspec

from conformance.errors import RunFileError
from conformance.model import Text

from . import run_file_check as check
from .public_bodies import public_body
from .run_file_check import Known
from .run_file_place import Place
from .run_file_structure import check_structure
from .secrets import SecretReference
from .texts import both

FORMAT: Final = "conformance-run-file/1"
_LONGEST: Final = 1024 * 1024
_LINE: Final = re.compile(r"\(at line (\d+)")

Method = Literal[
    "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth", "bearer"
]


class Body(msgspec.Struct, frozen=True):
    """The public body that the system serves: six-digit code (a ministry may have none), name, type."""

    code: str
    name: str
    type: str


class Product(msgspec.Struct, frozen=True):
    """The product under test."""

    name: str
    version: str
    vendor: str


class DeclaredService(msgspec.Struct, frozen=True):
    """One service that the system offers. `roles`: a role of the documents to its name in `auth.roles`."""

    version: str
    base_url: str
    options: tuple[str, ...] = ()
    options_not_supported: dict[str, str] = {}
    roles: dict[str, str] = {}


class Role(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the suite becomes one role."""

    method: Method
    client_id: str = ""
    secret: SecretReference | None = None
    key: SecretReference | None = None
    certificate: SecretReference | None = None
    scopes: tuple[str, ...] = ()
    audience: str | None = None
    key_id: str | None = None
    algorithm: str | None = None


class Auth(msgspec.Struct, frozen=True):
    """The token endpoint, and the roles by name."""

    token_url: str | None = None
    roles: dict[str, Role] = {}


class Tls(msgspec.Struct, frozen=True, omit_defaults=True):
    """Files (absolute) of an authority to trust, and of a certificate of ours with its key."""

    ca_file: str | None = None
    certificate: str | None = None
    key: str | None = None


class UpperTester(msgspec.Struct, frozen=True):
    """The test control interface of the system."""

    base_url: str
    role: str | None = None


class Limits(msgspec.Struct, frozen=True):
    """How hard the system may be worked; 0 requests per second is no limit."""

    requests_per_second: float = 0.0
    connections: int = 16
    timeout_seconds: float = 10.0
    max_body_bytes: int = 8 * 1024 * 1024
    wait_seconds: float = 30.0


class Generation(msgspec.Struct, frozen=True):
    """What the drawn values of a run start from; None draws it afresh."""

    seed: str | None = None


class RunFile(msgspec.Struct, frozen=True):
    """A run file that was read and found right. `path` is empty where there was no file."""

    body: Body
    product: Product
    services: dict[str, DeclaredService]
    auth: Auth = Auth()
    tls: Tls = Tls()
    upper_tester: UpperTester | None = None
    limits: Limits = Limits()
    generation: Generation = Generation()
    environment: str = "test"
    format: str = FORMAT
    path: str = ""
    documentation: str | None = None

    def role(self, service: str, documented: str) -> str:
        """The name in `auth.roles` of a role that the documents of a service name."""
        return self.services[service].roles.get(documented, documented)


def load(path: Path, known: Known | None = None) -> RunFile:
    """Read and check a run file.

    `known` are the published services (name to version to options); None leaves names of services and options
    unchecked. Raises RunFileError with file, line, key and next step.
    """
    text = _read(path)
    place = Place(path, text)
    data = _parsed(text, path)
    if known is not None:
        check.check_service_names(data, known, place)
    check_structure(data, place)
    check.check_urls(data, place)
    check.check_options(data["services"], place)
    check.check_auth(data, place)
    if known is not None:
        check.check_services(data["services"], known, place)
    return _run_file(data, place)


def at_endpoint(base_url: str, service: str, *, limits: Limits | None = None) -> RunFile:
    """The run file that stands for a bare endpoint (`run --spec FILE --url URL`): no body, no roles."""
    return RunFile(
        body=Body("", "", ""),
        product=Product("", "", ""),
        services={service: DeclaredService(version="", base_url=base_url.rstrip("/"))},
        limits=limits or Limits(),
    )


def without_secrets(run_file: RunFile) -> dict[str, Any]:
    """The run file for the header of the archive: secrets only by the name of the variable or file, no folders."""
    told: dict[str, Any] = msgspec.to_builtins(run_file)
    told["path"] = Path(run_file.path).name if run_file.path else ""
    for role in told["auth"]["roles"].values():
        for name in ("secret", "key", "certificate"):
            if name in role:
                role[name] = _told(role[name])
    if run_file.documentation is None:
        del told["documentation"]  # so that the header of a run without one says nothing of it
    told["tls"] = {name: Path(file).name for name, file in told["tls"].items()}
    return told


def _told(reference: Mapping[str, str]) -> dict[str, str]:
    if "env" in reference:
        return {"env": reference["env"]}
    return {"file": Path(reference["file"]).name}


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LONGEST + 1)
    except OSError as error:
        _refuse_file(path, Text(ja="実行設定ファイルを読めません", en=f"cannot be read: {error.strerror or error}"))
    if len(data) > _LONGEST:
        _refuse_file(path, Text(ja="1 MiBを超えています", en="is longer than 1 MiB"))
    try:
        # Editors on Windows put a byte order mark first, which TOML does not know.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse_file(path, Text(ja="UTF-8ではありません", en="is not UTF-8"))


def _refuse_file(path: Path, what: Text) -> NoReturn:
    raise RunFileError(
        both(what),
        where=str(path),
        next_step=both(
            Text(
                ja="`conformance init` で作成した実行設定ファイルを --run-file に指定し、UTF-8で保存してください",
                en="give --run-file a file that `conformance init` wrote, saved as UTF-8",
            )
        ),
    )


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = _LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        reason = str(error).partition(" (at ")[0] if not isinstance(error, RecursionError) else "nested too deeply"
        raise RunFileError(
            both(Text(ja=f"TOMLとして読めません: {reason}", en=f"not TOML: {reason}")),
            where=f"{path}:{line}",
            next_step=both(
                Text(
                    ja="この行を直してください。文字列は引用符で囲み、表の見出しは [名前] と書きます",
                    en="correct this line; strings stand in quotes, headings of tables are written [name]",
                )
            ),
        ) from None


def _run_file(data: Mapping[str, Any], place: Place) -> RunFile:
    folder = place.path.parent.resolve()
    auth, tls, seed = data.get("auth", {}), data.get("tls", {}), data.get("generation", {}).get("seed")
    roles = {name: _role(name, role, folder, place) for name, role in auth.get("roles", {}).items()}
    code, name, kind = public_body(data["body"], place)
    return RunFile(
        body=Body(code, name, kind),
        product=msgspec.convert(data["product"], Product),
        services={name: _service(service) for name, service in data["services"].items()},
        auth=Auth(auth.get("token_url"), roles),
        tls=Tls(
            ca_file=_file(folder, tls.get("ca_file")),
            certificate=_file(folder, tls.get("certificate", {}).get("file")),
            key=_file(folder, tls.get("key", {}).get("file")),
        ),
        upper_tester=_upper_tester(data.get("upper_tester")),
        limits=msgspec.convert(data.get("limits", {}), Limits),
        generation=Generation(None if seed is None else str(seed)),
        path=str(place.path),
        documentation=data.get("documentation"),
    )


def _service(service: Mapping[str, Any]) -> DeclaredService:
    declared = msgspec.convert(service, DeclaredService)
    return msgspec.structs.replace(declared, base_url=declared.base_url.rstrip("/"))


def _upper_tester(data: Mapping[str, Any] | None) -> UpperTester | None:
    return UpperTester(data["base_url"].rstrip("/"), data.get("role")) if data else None


def _role(name: str, data: Mapping[str, Any], folder: Path, place: Place) -> Role:
    references = {
        part: SecretReference(
            env=data[part].get("env"),
            file=_file(folder, data[part].get("file")),
            where=place.where(("auth", "roles", name, part)),
        )
        for part in ("secret", "key", "certificate")
        if part in data
    }
    plain = {part: value for part, value in data.items() if part not in references}
    return msgspec.structs.replace(msgspec.convert(plain, Role), **references)


def _file(folder: Path, written: str | None) -> str | None:
    return None if written is None else str(folder / Path(written).expanduser())
