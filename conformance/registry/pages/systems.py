"""The overview of a system as a page: what `registry/overview.py` tells of it, and nothing else."""

from __future__ import annotations

from conformance.model import Text
from conformance.registry.overview import overview
from conformance.registry.pages import lookup
from conformance.registry.pages.links import links
from conformance.registry.pages.visits import Shown, Visit


def system(visit: Visit) -> Shown:
    """All of it, as far as one may see it; what was published is there for everybody. Raises `NotFoundError`."""
    with visit.office.database.read() as connection:
        found = overview(connection, visit.office, visit.actor, visit.path["id"])
        names = lookup.names(connection, (each.account for each in found.happened))
    name = Text(*[f"{found.body.name} {found.system.service}"] * 2)
    return Shown("system.html.j2", name, {"found": found, "names": names, "files": links("system", found.system.id)})
