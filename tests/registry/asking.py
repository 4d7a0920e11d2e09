"""The registry over HTTP, as a test asks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests


@dataclass(frozen=True)
class Asking:
    """Somebody who asks the registry at `url`; None for nobody in particular."""

    url: str
    token: str | None = None

    def __call__(self, method: str, path: str, content: Any = None, **more: Any) -> requests.Response:
        """Ask. `content` is sent as JSON, or as it is where it is bytes."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers.update(more.pop("headers", {}))
        if isinstance(content, bytes):
            more["data"] = content
        elif content is not None:
            more["json"] = content
        return requests.request(
            method, f"{self.url}/v1{path}", headers=headers, timeout=30, allow_redirects=False, **more
        )
