"""All pages, as a table."""

from __future__ import annotations

from typing import Final

from conformance.registry.pages import following, keeping, public, reviewing, signing, systems
from conformance.registry.pages.visits import Page

_RUN: Final = frozenset({"beginReview", "propose", "decide", "draftAdvisory", "judgeAgain", "withdrawRun"})
_ADVISORY: Final = frozenset(
    {
        "approveAdvisory", "issueAdvisory", "dropAdvisory", "acknowledgeAdvisory", "planRemedy", "remedyAdvisory",
        "closeAdvisory",
    }
)  # fmt: skip
SIGN_IN: Final = Page("/sign-in", signing.sign_in, public=True)
PAGES: Final = (
    Page("/", public.start, public=True),
    Page("/statements", public.statements, public=True),
    Page("/statements/{id}", public.statement, public=True, acts=frozenset({"withdrawStatement"})),
    Page("/bodies", public.all_bodies, public=True),
    Page("/bodies/{code}", public.body, public=True, acts=frozenset({"addSystem"})),
    Page("/vendors", public.vendors, public=True, acts=frozenset({"addVendor"})),
    Page("/vendors/{id}", public.vendor, public=True, acts=frozenset({"addProduct"})),
    Page("/products/{id}", public.product, public=True, acts=frozenset({"addVersion"})),
    Page("/versions/{id}", public.version, public=True),
    Page("/systems/{id}", systems.system, public=True),
    Page("/advisories", following.all_advisories, public=True),
    Page("/advisories/{id}", following.advisory, public=True, acts=_ADVISORY),
    Page("/runs", reviewing.all_runs),
    Page("/runs/{id}", reviewing.run, acts=_RUN),
    Page("/runs/{id}/scorecard", reviewing.scorecard),
    Page("/waivers", following.all_waivers, acts=frozenset({"proposeWaiver"})),
    Page("/waivers/{id}", following.waiver, acts=frozenset({"approveWaiver", "withdrawWaiver"})),
    Page("/events", keeping.events),
    Page("/accounts", keeping.accounts, acts=frozenset({"addAccount", "disableAccount"})),
)
