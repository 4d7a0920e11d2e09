"""What a form does: it calls the endpoint of the API that it is for, and goes where the result can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.model import Text
from conformance.registry.api.calls import Call, Made
from conformance.registry.api.holdings import MadeAccount
from conformance.registry.pages.forms import ENDPOINTS, content_of
from conformance.registry.pages.visits import Page, Visit
from conformance.registry.refusals import NotFoundError, UnauthenticatedError

_PLACES: Final[Mapping[str, str]] = {
    "draftAdvisory": "/advisories/{id}",
    "proposeWaiver": "/waivers/{id}",
    "addVendor": "/vendors/{id}",
    "addProduct": "/products/{id}",
    "addVersion": "/versions/{id}",
    "addSystem": "/systems/{id}",
}
"""Where what was made is shown; all else is seen on the page of the form."""
DONE: Final = "done"


def act(page: Page, visit: Visit, sent: Mapping[str, str]) -> str | MadeAccount:
    """Do what a form of a page asks for; the address to go to, or an account whose token is told once.

    Raises whatever the endpoint raises, and `NotFoundError` for an act that the page does not have.
    """
    if visit.public:
        raise UnauthenticatedError(
            Text("サインインしていないか、サインインの有効時間が過ぎました。", "nobody is signed in, or no longer"),
            next_step=Text("サインインしてください。", "sign in"),
        )
    name = sent.get("act", "")
    if name not in page.acts:
        raise NotFoundError(
            Text("このページではその操作を行えません。", "this page does not do that"),
            next_step=Text("ページを開き直してください。", "open the page again"),
        )
    endpoint = ENDPOINTS[name]
    path = {**visit.path, **({"id": sent["target"]} if sent.get("target") else {})}
    given = endpoint.handler(Call(visit.office, visit.actor, path, None, content_of(endpoint, sent)))
    if isinstance(given, MadeAccount):
        return given
    if isinstance(given, Made) and name in _PLACES:
        return f"{_PLACES[name].format(id=given.id)}?{DONE}={name}"
    return f"{visit.address}?{DONE}={name}"
