"""What the schema of a run file cannot say: known services and options, roles that exist, URLs with a host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from conformance.model import Text

from .run_file_place import Place, refuse_name
from .run_file_structure import form
from .toml_lines import Key

Known = Mapping[str, Mapping[str, frozenset[str]]]
"""Published services: name to version to options."""


def check_service_names(data: Mapping[str, Any], known: Known, place: Place) -> None:
    """Refuse services that are not published, before anything is said of what they lack."""
    services = data.get("services")
    for name in services if isinstance(services, dict) else ():
        if name not in known:
            refuse_name(("services", name), Text(ja="サービス", en="service"), name, known, place)


def check_services(services: Mapping[str, Any], known: Known, place: Place) -> None:
    """Refuse versions and options that are not published."""
    for name, service in services.items():
        key = ("services", name)
        version = service["version"]
        if version not in known[name]:
            refuse_name((*key, "version"), Text(ja="版", en="version"), version, known[name], place)
        for where in ("options", "options_not_supported"):
            for option in service.get(where, ()):
                if option not in known[name][version]:
                    at = (*key, where, option) if where.endswith("supported") else (*key, where)
                    refuse_name(at, Text(ja="オプション", en="option"), option, known[name][version], place)


def check_options(services: Mapping[str, Any], place: Place) -> None:
    """Refuse an option that is declared as offered and as not offered."""
    for name, service in services.items():
        for option in service.get("options", ()):
            if option in service.get("options_not_supported", {}):
                place.refuse(
                    ("services", name, "options_not_supported", option),
                    Text(ja=f"{option} が options にもあります", en=f"{option} is also declared in options"),
                    Text(ja="どちらか一方から削除してください", en="remove it from one of the two"),
                )


def check_auth(data: Mapping[str, Any], place: Place) -> None:
    """Refuse roles that need a token URL that is not there, and names of roles that are not in [auth.roles]."""
    auth = data.get("auth", {})
    roles = auth.get("roles", {})
    for name, role in roles.items():
        if role["method"] != "bearer" and "token_url" not in auth:
            place.refuse(
                ("auth", "roles", name, "method"),
                Text(ja="auth.token_url がありません", en="auth.token_url is missing"),
                Text(ja="[auth] に token_url を追加してください", en="add token_url = ... to [auth]"),
            )
    uses: list[tuple[Key, str]] = [
        (("services", name, "roles", role), used)
        for name, s in data["services"].items()
        for role, used in s.get("roles", {}).items()
    ]
    if "role" in data.get("upper_tester", {}):
        uses.append((("upper_tester", "role"), data["upper_tester"]["role"]))
    for key, used in uses:
        if used not in roles:
            refuse_name(key, Text(ja="役割", en="role"), used, roles, place)


def check_urls(data: Mapping[str, Any], place: Place) -> None:
    """Refuse URLs that the pattern lets through and that still are none (port, host)."""
    urls: dict[Key, str] = {
        ("services", name, "base_url"): service["base_url"] for name, service in data["services"].items()
    }
    for table, name in (("auth", "token_url"), ("upper_tester", "base_url")):
        if name in data.get(table, {}):
            urls[table, name] = data[table][name]
    for key, url in urls.items():
        try:
            fine = bool(urlsplit(url).hostname) and urlsplit(url).port != 0
        except ValueError:
            fine = False
        if not fine:
            place.refuse(key, *form(key))
