"""Starts the reference implementation: `python -m conformance.reference --port 0`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from conformance.reference.application import Reference, Settings
from conformance.reference.clients import SECRET_METHODS, Registration, public_key
from conformance.reference.documents import DocumentProblem
from conformance.reference.faults.registry import FAULTS
from conformance.reference.liberties.registry import LIBERTIES
from conformance.reference.planting import Probe
from conformance.reference.server import Tls, serve

_KEY_HELP = "PEM file of the public key by which a client proves itself: private_key_jwt"
_TLS_HELP = "subject (RFC 4514) of the certificate by which a client proves itself: tls_client_auth"
_PACKAGE = Path(__file__).resolve().parents[1]


def published(name: str) -> Path:
    """The folder `specs` or `fixtures`: inside an installed package, or at the top of a checkout."""
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def main(arguments: list[str] | None = None, make: Callable[[Settings], Reference] = Reference) -> int:
    """Serves until interrupted; prints one line of JSON once connections are accepted. Exit code 2: wrong usage.

    `make` gives the reference for its settings.
    """
    options = _options(sys.argv[1:] if arguments is None else arguments)
    if options.list_changes:
        sys.stdout.write(json.dumps(_changes(), ensure_ascii=False) + "\n")
        return 0
    try:
        reference = make(_settings(options))
    except (DocumentProblem, OSError, ValueError) as error:
        sys.stderr.write(f"reference: {error}\n")
        return 2
    for name in options.fault:
        FAULTS[name].apply(reference)
    for name in options.liberty:
        LIBERTIES[name].apply(reference)
    probe = Probe(reference) if options.probe else None
    if probe is not None:
        signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it again at the end; there is work left then
        for name in options.listen or FAULTS:
            probe.listen(FAULTS[name])
    tls = Tls(options.tls_certificate, options.tls_key, options.tls_client_ca) if options.tls_certificate else None
    serve(reference, options.host, options.port, tls, lambda origin: _announce(reference, origin, options))
    if probe is not None:
        touched = {name: sorted(requests) for name, requests in probe.touched.items()}
        options.probe.write_text(json.dumps(touched), "utf-8")
    return 0


def prepared(arguments: list[str]) -> Reference:
    """A reference that is not changed yet and serves nobody. What others import and read is then in this process."""
    FAULTS.complete()
    LIBERTIES.complete()
    return Reference(_settings(_options(arguments)))


def _options(given: list[str]) -> argparse.Namespace:
    """The arguments, with those that the liberties among them ask for."""
    options = _parser().parse_args(given)
    needed = [argument for name in options.liberty for argument in LIBERTIES[name].start]
    return _parser().parse_args([*given, *needed]) if needed else options


def _changes() -> dict[str, list[dict[str, object]]]:
    """All faults and liberties, for the one who proves the suite with them."""
    return {
        kind: [
            {
                "name": change.name,
                "breaks": change.breaks,
                "description": change.description,
                "concern": change.concern,
            }
            for change in table.values()
        ]
        for kind, table in (("faults", FAULTS), ("liberties", LIBERTIES))
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance.reference", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080, help="0 takes any free port (default: 8080)")
    parser.add_argument("--specs", type=Path, default=published("specs"), help="folder of the published documents")
    parser.add_argument("--fixtures", type=Path, default=published("fixtures"), help="folder of the synthetic data")
    parser.add_argument("--people", type=int, default=200, help="number of synthetic residents (default: 200)")
    parser.add_argument("--body", default="131016", help="local government code of the municipality")
    parser.add_argument("--no-upper-tester", action="store_true", help="without the test control interface")
    parser.add_argument("--without-option", action="append", default=[], metavar="NAME", help="an option not offered")
    parser.add_argument("--token-form", choices=("opaque", "jwt"), default="opaque")
    parser.add_argument("--client-auth", choices=SECRET_METHODS, help="the one way for clients to prove themselves")
    parser.add_argument("--public-key", action="append", default=[], type=_pair, metavar="CLIENT=FILE", help=_KEY_HELP)
    parser.add_argument(
        "--tls-subject", action="append", default=[], type=_pair, metavar="CLIENT=SUBJECT", help=_TLS_HELP
    )
    parser.add_argument("--time-of-day", metavar="HH:MM", help="the Japan time at which its clock begins today")
    parser.add_argument("--fault", action="append", default=[], choices=sorted(FAULTS.complete()), metavar="NAME")
    parser.add_argument("--liberty", action="append", default=[], choices=sorted(LIBERTIES.complete()), metavar="NAME")
    parser.add_argument("--list-changes", action="store_true", help="tell all faults and liberties as JSON, and end")
    parser.add_argument(
        "--probe", type=Path, metavar="FILE", help="plant nothing; at the end write which requests each fault touches"
    )
    parser.add_argument(
        "--listen",
        action="append",
        choices=sorted(FAULTS.complete()),
        metavar="NAME",
        help="the probe listens to this fault alone (repeat for more; default: to all)",
    )
    parser.add_argument(
        "--credentials-out", type=Path, metavar="FILE", help="where the clients' credentials are written"
    )
    parser.add_argument("--tls-certificate", type=Path, metavar="FILE")
    parser.add_argument("--tls-key", type=Path, metavar="FILE")
    parser.add_argument("--tls-client-ca", type=Path, metavar="FILE", help="authority of client certificates")
    return parser


def _pair(text: str) -> tuple[str, str]:
    client, separator, value = text.partition("=")
    if not separator or not client or not value:
        raise argparse.ArgumentTypeError("write CLIENT=VALUE")
    return client, value


def _registrations(options: argparse.Namespace) -> dict[str, Registration]:
    keys = {
        client: Registration(key=public_key(Path(file).read_bytes()), method="private_key_jwt")
        for client, file in options.public_key
    }
    subjects = {c: Registration(tls_subject=subject, method="tls_client_auth") for c, subject in options.tls_subject}
    return keys | subjects


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        specs=options.specs,
        fixtures=options.fixtures,
        people=options.people,
        body=options.body,
        upper_tester=not options.no_upper_tester,
        without_options=frozenset(options.without_option),
        token_form=options.token_form,
        registrations=_registrations(options),
        client_auth=options.client_auth,
        time_of_day=options.time_of_day,
    )


def _announce(reference: Reference, origin: str, options: argparse.Namespace) -> None:
    told = {
        "origin": origin,
        "token_url": f"{origin}/oauth/token",
        "services": {service.name: origin + base for base, service in reference.services.items()},
        "body": options.body,
        "people": options.people,
        "without_options": sorted(options.without_option),
    }
    if options.credentials_out is not None:
        credentials = {"token_url": told["token_url"], "roles": reference.clients.credentials()}
        write_privately(options.credentials_out, json.dumps(credentials, indent=2) + "\n")
        told["credentials"] = str(options.credentials_out)
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def write_privately(path: Path, text: str) -> None:
    """Writes a file that only its owner can read."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123  a mode is needed
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
