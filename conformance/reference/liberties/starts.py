"""Liberties that lie in how the system is set up."""

from __future__ import annotations

from conformance.reference.liberties.registry import LIBERTIES

LIBERTIES.started("empty-register", "Nobody lives there before the run.", "--people", "0")
LIBERTIES.started("town", "Two thousand people live there before the run.", "--people", "2000")
LIBERTIES.started("designated-city", "The body is a designated city, with the codes of its wards.", "--body", "141003")
LIBERTIES.started("core-city", "The body is a core city.", "--body", "372013")
LIBERTIES.started("leading-zero-body", "The body is a village whose code begins with zero.", "--body", "013315")
LIBERTIES.started("signed-tokens", "Access tokens are signed, and can be read.", "--token-form", "jwt")
LIBERTIES.started("secrets-in-forms", "Clients prove themselves in the form.", "--client-auth", "client_secret_post")
LIBERTIES.started("signed-assertions", "Clients prove themselves by assertions.", "--client-auth", "client_secret_jwt")
LIBERTIES.started("no-bulk-export", "The option bulk-export is not offered.", "--without-option", "bulk-export")
LIBERTIES.started(
    "no-household-certificate",
    "The option household-certificate is not offered.",
    "--without-option",
    "household-certificate",
)
LIBERTIES.started(
    "no-options",
    "No option is offered.",
    *(
        argument
        for name in ("bulk-export", "household-certificate", "sort-order")
        for argument in ("--without-option", name)
    ),
)
LIBERTIES.started("late-in-the-day", "The clock begins at 23:30 in Japan.", "--time-of-day", "23:30")
LIBERTIES.started("early-in-the-day", "The clock begins at 00:01 in Japan.", "--time-of-day", "00:01")
