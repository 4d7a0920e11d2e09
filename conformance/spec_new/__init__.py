"""A new service is begun: documents and a reference that are small, right, and work at once."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from conformance.catalogue.requirements import load_catalogue
from conformance.errors import UsageError
from conformance.model import Text
from conformance.spec_check.requirement_ids import FILE as IDS
from conformance.spec_check.requirement_ids import enter

VERSION = "1.0"
_TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9]+(-[a-z0-9]+)*")
_PREFIX = re.compile(r"[A-Z]{2,4}")
_LONGEST = 30
_OWN_IMPORTS = "from conformance.reference"


@dataclass(frozen=True)
class Beginning:
    """What a service is begun with: its name, what it is called, what the ids of its requirements begin with."""

    name: str
    title: Text
    prefix: str
    day: dt.date

    @property
    def module(self) -> str:
        """The name of its module in the reference."""
        return self.name.replace("-", "_")

    @property
    def words(self) -> dict[str, str]:
        """What stands in the templates for each `@word@`; texts as YAML (and JSON) writes them."""
        quoted = {
            "title_ja": self.title.ja,
            "title_en": self.title.en,
            "catalogue_ja": f"{self.title.ja}の要件",
            "catalogue_en": f"Requirements for {self.title.en}",
            "workflows_ja": f"{self.title.ja}の試験目的",
            "workflows_en": f"Test purposes of {self.title.en}",
            "document": f"Conformance profile, {self.title.en} {VERSION}",
        }
        return {
            "name": self.name,
            "module": self.module,
            "source": self.module,
            "class": "".join(part.capitalize() for part in self.name.split("-")),
            "prefix": self.prefix,
            "today": self.day.isoformat(),
            **{key: json.dumps(text, ensure_ascii=False) for key, text in quoted.items()},
        }


def beginning(
    name: str, specs: Path, day: dt.date, *, title_ja: str | None = None, title_en: str | None = None,
    prefix: str | None = None,
) -> Beginning:  # fmt: skip
    """What a service of that name is begun with; what is not given is made from the name. Raises `UsageError`."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise UsageError(
            f"'{name}' cannot name a service",
            next_step=f"give small letters, digits and hyphens, at most {_LONGEST}, such as seal-registration",
        )
    spoken = title_en or name.replace("-", " ").capitalize()
    chosen = prefix or _initials(name)
    if not _PREFIX.fullmatch(chosen):
        raise UsageError(f"no id can begin with '{chosen}'", next_step="give --prefix two to four capital letters")
    if chosen in _prefixes(specs):
        raise UsageError(
            f"the requirements of another service begin with {chosen}",
            next_step=f"give --prefix; taken are {', '.join(sorted(_prefixes(specs)))}",
        )
    return Beginning(name, Text(ja=title_ja or f"{spoken}(仮称)", en=spoken), chosen, day)


def _initials(name: str) -> str:
    parts = re.findall("[a-z]+", name)
    return (parts[0][:3] if len(parts) == 1 else "".join(part[0] for part in parts[:4])).upper()


def _prefixes(specs: Path) -> set[str]:
    """What the ids of requirements that were ever published begin with."""
    path = specs / IDS
    return {line.partition("-")[0] for line in path.read_text("utf-8").split()} if path.is_file() else set()


def begin(given: Beginning, specs: Path, reference: Path | None) -> list[Path]:
    """Write the documents, and beside the other services of the reference one that does what they say.

    Gives the files written. Nothing that is there is touched but the list of ids. Raises `UsageError` where a service,
    or a module of the reference, has the name already.
    """
    if not (specs / "common").is_dir():
        raise UsageError(
            "holds no published documents", where=str(specs), next_step="give the folder 'specs' of a checkout"
        )
    targets = dict(_targets(given, specs, reference))
    for folder in (specs / given.name, *_modules(given, reference)):
        if folder.exists():
            raise UsageError(
                f"'{given.name}' is there already",
                where=str(folder),
                next_step="choose another name, or go on with what is there",
            )
    for template, path in targets.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(filled(template.read_text("utf-8"), given.words), "utf-8")
    catalogue = load_catalogue(specs / given.name / VERSION / "requirements.yaml")
    enter(specs, [requirement.id for requirement in catalogue.requirements])
    return list(targets.values())


def _modules(given: Beginning, reference: Path | None) -> tuple[Path, ...]:
    return () if reference is None else (reference / given.module, reference / f"{given.module}.py")


def _targets(given: Beginning, specs: Path, reference: Path | None) -> Iterator[tuple[Path, Path]]:
    places = {"specs": specs / given.name / VERSION}
    if reference is not None:
        places["reference"] = reference / given.module
    for kind, folder in places.items():
        for template in sorted((_TEMPLATES / kind).rglob("*.tmpl")):
            yield template, folder / template.relative_to(_TEMPLATES / kind).with_suffix("")


def filled(text: str, words: Mapping[str, str]) -> str:
    """A template with its words filled in, and its own imports in order, as the name decides where they stand."""
    text = re.sub(r"@([a-z_]+)@", lambda found: words[found[1]], text)
    lines: list[str] = []
    for own, group in groupby(text.split("\n"), key=lambda line: line.startswith(_OWN_IMPORTS)):
        block = list(group)
        lines += sorted(block, key=lambda line: line.split(" import ")[0]) if own else block
    return "\n".join(lines)
