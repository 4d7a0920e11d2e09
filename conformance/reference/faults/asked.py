"""What a request asks for, for faults of one operation only."""

from __future__ import annotations

import re

from conformance.reference.calls import Request


def asks(request: Request, method: str, path: str, service: str = "resident-registry") -> bool:
    """Whether a request is of this method and path below the base URL of a service; `*` stands for one segment."""
    wanted = re.escape(path).replace(r"\*", "[^/]+")
    return request.method == method and re.fullmatch(f"/{service}/v1{wanted}", request.path) is not None
