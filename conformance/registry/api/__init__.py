"""The registry over HTTP: JSON, bearer tokens, problem documents; no cookies, so nothing can be sent in one's name."""
