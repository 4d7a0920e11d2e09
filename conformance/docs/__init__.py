"""The published documents as a site to be read: a page per service, a page per requirement, a search; all of it static.

The pages are made here and not by a renderer of OpenAPI documents (Redoc, Scalar): those need megabytes of script, show
one language, and know nothing of requirements, problem codes and what verifies them. Nothing is loaded from elsewhere,
the pages read without script, and the site works from a folder as from a server.
"""

from __future__ import annotations

from conformance.docs.site import Site, build, read, write

__all__ = ["Site", "build", "read", "write"]
