"""The registry's pages, as a person without script uses them: follows links, fills in the forms that a page shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import requests


@dataclass
class Form:
    """A form of a page: where it goes, what stands in it, what its buttons send."""

    attributes: dict[str, str]
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def act(self) -> str:
        """The act that it is for."""
        return self.fields.get("act", "")


class Dom(HTMLParser):
    """Elements, text and forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self._open: list[str] = []
        self._select = ""
        self._area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.elements.append((tag, told))
        self._open.append(tag)
        if tag == "form":
            self.forms.append(Form(told))
        if not self.forms:
            return
        fields = self.forms[-1].fields
        if tag == "input" and "name" in told:
            fields[told["name"]] = told.get("value", "")
        elif tag == "button" and "name" in told:
            self.forms[-1].buttons.append((told["name"], told["value"]))
        elif tag == "select":
            self._select = told["name"]
            fields[self._select] = ""
        elif tag == "option" and "selected" in told:
            fields[self._select] = told["value"]
        elif tag == "textarea":
            self._area = told["name"]
            fields[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data.removeprefix("\n")
        if data.strip():
            self.texts.append((self._open[-1] if self._open else "", data.strip()))

    def all(self, *tags: str) -> list[tuple[str, dict[str, str]]]:
        """Elements of these kinds, in their order."""
        return [(tag, told) for tag, told in self.elements if tag in tags]

    @property
    def links(self) -> list[str]:
        """Where its links go."""
        return [told["href"] for _, told in self.all("a") if "href" in told]

    @property
    def text(self) -> str:
        """All of its text."""
        return " ".join(text for _, text in self.texts)


class Browser:
    """Somebody's browser; it keeps cookies, and says with each form where it comes from."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = "en"

    def get(self, path: str, **headers: str) -> requests.Response:
        """A page; redirects are not followed."""
        return self.session.get(self.url + path, headers=headers, allow_redirects=False, timeout=30)

    def post(self, path: str, sent: dict[str, str], **headers: str | None) -> requests.Response:
        """Send a form."""
        told: dict[str, Any] = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", **headers}
        return self.session.post(self.url + path, data=sent, headers=told, allow_redirects=False, timeout=30)

    def dom(self, path: str) -> Dom:
        """A page that is there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-600:])
        return Dom(answer.text)

    def sign_in(self, token: str, next_: str = "/") -> requests.Response:
        """Sign in by the form."""
        return self.post("/sign-in", {"token": token, "next": next_})

    def offered(self, path: str) -> list[str]:
        """The acts that a page offers."""
        return [form.act for form in self.dom(path).forms if form.act]

    def fill(self, path: str, act: str, button: int = 0, **values: str) -> requests.Response:
        """Fill in the form for an act on a page and send it; `__` stands for a dot in a name."""
        form = next(form for form in self.dom(path).forms if form.act == act)
        told = {name.replace("__", "."): value for name, value in values.items()}
        assert told.keys() <= form.fields.keys(), form.fields
        pressed = dict(form.buttons[button : button + 1])
        return self.post(form.attributes["action"], {**form.fields, **told, **pressed})

    def do(self, path: str, act: str, button: int = 0, **values: str) -> str:
        """The same, where it is to be done; the address that it leads to."""
        answer = self.fill(path, act, button, **values)
        assert answer.status_code == 303, (act, answer.status_code, Dom(answer.text).text[-900:])
        return answer.headers["Location"].partition("?")[0]


def headings(dom: Dom) -> Iterator[int]:
    """The levels of its headings, in their order."""
    for tag, _ in dom.all("h1", "h2", "h3", "h4", "h5", "h6"):
        yield int(tag[1])
