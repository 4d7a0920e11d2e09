"""Requirement catalogues: well-formed ids, both languages, one way or reason, and names that exist."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator

import conformance.rules
from conformance.catalogue.requirements import Catalogue
from conformance.catalogue.service import COMMON, Service
from conformance.compile.families import FAMILIES
from conformance.model import Level, Requirement, Text, Verification
from conformance.rules.registry import EXCHANGE_RULES, TRACE_RULES
from conformance.spec_check.problem import Problem
from conformance.spec_check.published import Published

ID = re.compile(r"[A-Z]{2,4}-[A-Z]{3,4}-[0-9]{3}")
for _module in pkgutil.iter_modules(conformance.rules.__path__, "conformance.rules."):
    importlib.import_module(_module.name)  # each enters its rules into the table
RULES = frozenset(EXCHANGE_RULES) | frozenset(TRACE_RULES) | {"problem-location"}
"""Rules that a catalogue may name: those over every exchange, and the one that scripts of refusals carry with them."""
BODY_TYPES = frozenset(
    {
        "designated_city",
        "core_city",
        "special_ward",
        "city",
        "town",
        "village",
        "municipality",
        "prefecture",
        "ministry",
    }
)
EXPECTATIONS = frozenset({None, "refused", "status", "code"})


def catalogue_problems(published: Published) -> Iterator[Problem]:
    """Problems of all entries of all catalogues."""
    times = Counter(r.id for catalogue in published.catalogues.values() for r in catalogue.requirements)
    for file, catalogue in published.catalogues.items():
        if not (catalogue.title.ja.strip() and catalogue.title.en.strip()):
            message = Text(ja="表題が両言語でありません。", en="the catalogue lacks a title in both languages.")
            yield Problem(file, "title", message, "give the title in ja and en")
        yield from _options(published, file, catalogue)
        yield from _areas(published, file, catalogue)
        for requirement in catalogue.requirements:
            for message, next_step in _of_one(requirement, times[requirement.id]):
                yield Problem(file, requirement.id, message, next_step)
            for way in requirement.verified_by:
                for message, next_step in _of_way(published, file, way):
                    yield Problem(file, requirement.id, message, next_step)


def _of_one(requirement: Requirement, times: int) -> Iterator[tuple[Text, str]]:
    if not ID.fullmatch(requirement.id):
        yield Text(ja="IDの形式が異なります。", en="the id has another form."), "write it as COM-VAL-001"
    if times > 1:
        yield Text(ja="IDが重複しています。", en="the id stands twice."), "give one of the two a new id"
    for name in ("title", "statement", "not_tested"):
        text: Text | None = getattr(requirement, name)
        if text is not None and not (text.ja.strip() and text.en.strip()):
            yield (
                Text(ja=f"{name} が両言語でありません。", en=f"{name} is not in both languages."),
                "write it in ja and en",
            )
    if bool(requirement.verified_by) == (requirement.not_tested is not None):
        both = bool(requirement.verified_by)
        yield (
            Text(
                ja="verified_by と not_tested が" + ("両方あります。" if both else "どちらもありません。"),
                en=f"it has {'both' if both else 'neither'} verified_by {'and' if both else 'nor'} not_tested.",
            ),
            "say how it is verified, or why it is not tested, and only one of them",
        )
    if not _is_date(requirement.effective_from):
        yield (
            Text(
                ja=f"effective_from が日付ではありません({requirement.effective_from})。",
                en=f"effective_from is no date ({requirement.effective_from}).",
            ),
            "write it as YYYY-MM-DD",
        )
    yield from _of_condition(requirement)


def _of_condition(requirement: Requirement) -> Iterator[tuple[Text, str]]:
    for name in requirement.condition.body_types:
        if name not in BODY_TYPES:
            yield (
                Text(ja=f"団体種別 {name} はありません。", en=f"there is no type of body '{name}'."),
                f"choose one of: {', '.join(sorted(BODY_TYPES))}",
            )
    named = bool(requirement.condition.options)
    if (requirement.level is Level.OPTIONAL and not named) or (requirement.level is Level.MANDATORY and named):
        yield (
            Text(
                ja="optional の要件は condition.options を要し、mandatory の要件はもちません。",
                en="an optional requirement names its option in condition.options; a mandatory one names none.",
            ),
            "correct the level or the condition",
        )


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _of_way(published: Published, file: str, way: Verification) -> Iterator[tuple[Text, str]]:
    ways = [name for name in ("rule", "scripts", "workflow") if getattr(way, name)] + ["absent"] * bool(way.absent)
    if len(ways) != 1:
        yield (
            Text(
                ja="verified_by の1項目は rule、scripts、workflow、absent のうち1つをもちます。",
                en="an entry of verified_by has exactly one of rule, scripts, workflow and absent.",
            ),
            "split the entry, or complete it",
        )
    if way.rule and way.rule not in RULES:
        yield _unknown("規則", "rule", way.rule), f"choose one of: {', '.join(sorted(RULES))}"
    if way.scripts and way.scripts not in FAMILIES:
        yield _unknown("スクリプト系列", "family of scripts", way.scripts), "see conformance/compile/families.py"
    services = _services(published, file)
    whole = not published.problems
    if whole and way.workflow and not any(way.workflow in service.workflows for service in services):
        yield _unknown("ワークフロー", "workflow", way.workflow), "write it in workflows.arazzo.yaml, or correct its id"
    for operation in way.operations:
        if whole and not any(operation in service.operations for service in services):
            yield _unknown("操作", "operation", operation), "correct the operationId"
    if way.expect not in EXPECTATIONS or (way.expect and not way.scripts):
        yield (
            Text(ja=f"expect: {way.expect} は使えません。", en=f"expect: {way.expect} cannot be used here."),
            "only with scripts: refused, status, or none",
        )


def _services(published: Published, file: str) -> list[Service]:
    """The services that a catalogue is about: all of them where it is the common one."""
    folder = file.rpartition("/")[0]
    return [s for key, s in published.services.items() if file.startswith(f"{COMMON}/") or key == folder]


def _unknown(ja: str, en: str, name: str) -> Text:
    return Text(ja=f"{ja} {name} はありません。", en=f"there is no {en} '{name}'.")


def _options(published: Published, file: str, catalogue: Catalogue) -> Iterator[Problem]:
    """Options of conditions are declared, and what this folder declares is used by somebody."""
    folder = file.rpartition("/")[0]
    declared = published.extension(folder, "x-options")
    for requirement in catalogue.requirements:
        for option in requirement.condition.options:
            if option not in declared and option not in published.options_of(requirement.condition.services):
                message = Text(
                    ja=f"オプション {option} は x-options に宣言されていません。",
                    en=f"x-options does not declare {option}.",
                )
                yield Problem(file, requirement.id, message, "declare the option, or correct its name")
    used = {option for r in published.requirements.values() for option in r.condition.options}
    for document in published.documents:
        if document.folder != folder:
            continue
        for option, entry in (document.raw.get("x-options") or {}).items():
            title = (entry or {}).get("title") or {}
            if not (title.get("ja") and title.get("en")):
                message = Text(
                    ja=f"オプション {option} の表題が両言語でありません。", en=f"{option} lacks a title in ja and en."
                )
                yield Problem(document.file, "x-options", message, "give the title in ja and en")
            if option not in used:
                message = Text(
                    ja=f"オプション {option} の要件がありません。", en=f"no requirement is about the option {option}."
                )
                yield Problem(document.file, "x-options", message, "add a requirement with that option, or remove it")


def _areas(published: Published, file: str, catalogue: Catalogue) -> Iterator[Problem]:
    """An area has one title, in the catalogue that uses it or in the common one; none is titled for nothing."""
    shared = {
        name: title
        for other, found in published.catalogues.items()
        if other.startswith(f"{COMMON}/") and other != file
        for name, title in found.areas.items()
    }
    for name, title in catalogue.areas.items():
        if not (title.ja.strip() and title.en.strip()):
            message = Text(ja=f"分野 {name} の表題が両言語でありません。", en=f"{name} lacks a title in ja and en.")
            yield Problem(file, "areas", message, "give the title in ja and en")
        if name in shared:
            message = Text(
                ja=f"分野 {name} の表題は共通要件にあります。", en=f"the common catalogue titles {name} too."
            )
            yield Problem(file, "areas", message, "leave it to the common catalogue, or name the area otherwise")
    used = {requirement.area for requirement in catalogue.requirements}
    for name in sorted(catalogue.areas.keys() - used):
        message = Text(ja=f"分野 {name} の要件がありません。", en=f"no requirement is in the area {name}.")
        yield Problem(file, "areas", message, "add a requirement with that area, or remove it")
    for requirement in () if published.unread(file.rpartition("/")[0]) else catalogue.requirements:
        if requirement.area not in catalogue.areas.keys() | shared.keys():
            message = Text(
                ja=f"分野 {requirement.area} の表題がありません。", en=f"the area {requirement.area} has no title."
            )
            yield Problem(file, requirement.id, message, "title the area in `areas`, or correct its name")
