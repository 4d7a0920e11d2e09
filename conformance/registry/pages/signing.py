"""The page to sign in on."""

from __future__ import annotations

from conformance.registry.pages.requests import local
from conformance.registry.pages.visits import Shown, Visit
from conformance.registry.pages.words import word


def sign_in(visit: Visit) -> Shown:
    """The form; what was in it is never shown again."""
    return Shown("sign_in.html.j2", word("w.sign_in"), {"next": local(visit.query.get("next", "/"))})
