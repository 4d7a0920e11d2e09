"""Forms: for each endpoint that changes something, the fields by which a person fills in its content.

An offer is only an invitation. Whether something may be done is said by the endpoint alone, when the form comes in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from conformance.model import Text
from conformance.registry.api.application import misfit, operations
from conformance.registry.api.calls import Endpoint
from conformance.registry.pages.words import word
from conformance.registry.refusals import InvalidError

Choices = Sequence[tuple[str, Text]]
ENDPOINTS: Final = operations()
_CONDITIONS: Final = 3


@dataclass(frozen=True)
class Field:
    """One field. `kind` is text, long, date, choice, both (a text in two languages) or conditions (some of those)."""

    name: str
    kind: str = "text"
    needed: bool = True

    @property
    def label(self) -> str:
        """Its word."""
        return f"f.{self.name}"

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its inputs."""
        if self.kind == "both":
            return f"{self.name}.ja", f"{self.name}.en"
        if self.kind == "conditions":
            return tuple(f"{self.name}.{n}.{lang}" for n in range(_CONDITIONS) for lang in ("ja", "en"))
        return (self.name,)


_WHY: Final = (Field("why", "long"),)
FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    "judgeAgain": (),
    "withdrawRun": _WHY,
    "beginReview": (),
    "propose": (Field("outcome", "choice"), Field("why", "long"), Field("conditions", "conditions", needed=False)),
    "decide": _WHY,
    "withdrawStatement": _WHY,
    "proposeWaiver": (
        Field("service", "choice"), Field("requirement"), Field("version_id", "choice"),
        Field("body_code", needed=False), Field("reason", "both"), Field("condition", "both"),
        Field("valid_from", "date"), Field("valid_until", "date"),
    ),
    "approveWaiver": _WHY,
    "withdrawWaiver": _WHY,
    "draftAdvisory": (Field("basis", "both"), Field("answer_by", "date")),
    "approveAdvisory": _WHY,
    "issueAdvisory": _WHY,
    "dropAdvisory": _WHY,
    "acknowledgeAdvisory": _WHY,
    "planRemedy": (Field("plan", "long"), Field("remedy_by", "date")),
    "remedyAdvisory": (Field("run_id", "choice"),),
    "closeAdvisory": _WHY,
    "addVendor": (Field("name"), Field("corporate_number", needed=False)),
    "addProduct": (Field("name"),),
    "addVersion": (Field("name"),),
    "addSystem": (
        Field("version_id", "choice"), Field("service", "choice"), Field("since", "date"),
        Field("until", "date", needed=False),
    ),
    "addAccount": (
        Field("name"), Field("role", "choice"), Field("vendor_id", "choice", needed=False),
        Field("body_code", needed=False), Field("issuer", needed=False), Field("subject", needed=False),
    ),
    "disableAccount": _WHY,
}  # fmt: skip
BUTTONS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "decide": (("confirm", "true", "f.confirm"), ("confirm", "false", "f.send_back")),
}
"""Where an act has more than one button: name, value and word of each."""


@dataclass(frozen=True)
class Offer:
    """A form that is offered: what it sends without being asked, and what there is to choose from."""

    act: str
    hidden: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Choices] = field(default_factory=dict)
    preset: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    """The id of what it is about, where that is not the page's."""

    @property
    def title(self) -> Text:
        """What it does, in words."""
        return word(f"op.{self.act}")

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its fields."""
        return FIELDS[self.act]

    @property
    def buttons(self) -> tuple[tuple[str, str, str], ...]:
        """Its buttons, if it has others than the one with its title."""
        return BUTTONS.get(self.act, ())


def content_of(endpoint: Endpoint, sent: Mapping[str, str]) -> Any:
    """What a form sends, as the content of its endpoint; a field left empty that need not be there is not there.

    Raises `InvalidError`.
    """
    if endpoint.takes is None:
        return None
    told: dict[str, Any] = {}
    for known in msgspec.structs.fields(endpoint.takes):
        found = _value(known.name, sent)
        if found is not None and (found != "" or known.required):
            told[known.name] = found
    try:
        return msgspec.convert(told, endpoint.takes, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        why = str(error).partition(" - at `")[0]  # its place is told beside it
        raise InvalidError(
            Text("入力内容が求められる形式に合いません。", f"does not fit the form: {why}"),
            where=misfit(error),
            next_step=Text("入力し直してください。", "fill it in again"),
        ) from None


def _value(name: str, sent: Mapping[str, str]) -> Any:
    """The value of a member: a text, a text in two languages, or several of these."""
    if name in sent:
        return sent[name].strip() if "\n" not in sent[name] else sent[name]
    if (found := _both(name, sent)) is not None:
        return found
    several = [_both(f"{name}.{number}", sent) for number in range(_CONDITIONS)]
    return [each for each in several if each and any(text.strip() for text in each.values())] or None


def _both(name: str, sent: Mapping[str, str]) -> dict[str, str] | None:
    return {lang: sent.get(f"{name}.{lang}", "") for lang in ("ja", "en")} if f"{name}.ja" in sent else None
