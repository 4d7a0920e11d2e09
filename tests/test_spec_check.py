"""`conformance spec check`: the published documents are right, and each way of breaking documents is noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spec_tree import (
    API,
    COMMON,
    COMMON_REQUIREMENTS,
    EDITION,
    IDS,
    REQUIREMENTS,
    WORKFLOWS,
    Tree,
    tree,
    write,
)

from conformance.resources import specs_dir
from conformance.spec_check import Problem, add_ids, check

Break = Callable[[Tree], Any]


def errors(root: Path) -> list[Problem]:
    return [problem for problem in check(root) if problem.kind == "error"]


def broken(root: Path, change: Break) -> list[Problem]:
    """The errors of the small documents after a change."""
    files = tree()
    change(files)
    write(root, files)
    return errors(root)


def post(files: Tree) -> Any:
    return files[API]["paths"]["/things"]["post"]


def get(files: Tree) -> Any:
    return files[API]["paths"]["/things/{thing_id}"]["get"]


def common(files: Tree, number: int = 0) -> Any:
    return files[COMMON_REQUIREMENTS]["requirements"][number]


def toy(files: Tree, number: int = 1) -> Any:
    return files[REQUIREMENTS]["requirements"][number]


def way(files: Tree) -> Any:
    return common(files)["verified_by"][0]


NOTE = {"ja": "文", "en": "text"}
USED = "TOY-THI-001"
NEW = "COM-VAL-001\n"
BREAKS_MORE = frozenset(
    {
        "has no operationId",
        "no role of x-roles may call it",
        "the scope things:all is not declared",
        "areas: Expected",
    }
)
"""After these other documents cannot be right either: workflows that use the operation, a second title, options."""


def test_the_published_documents_have_no_problem() -> None:
    """Claim: what is published here is right in itself and agrees. Expected: no error; warnings are told only."""
    assert errors(specs_dir()) == []


def test_the_small_documents_have_no_problem(tmp_path: Path) -> None:
    """Claim: the documents that the tests below break are right before. Expected: nothing, no warning either."""
    write(tmp_path, tree())
    assert check(tmp_path) == []


BACK = "x-takes-back"
AGAIN: dict[str, Any] = {"operationId": "createThing", "parameters": {}}
NOWHERE = {"thing_id": "$response.body#/none"}
DOCUMENTS: dict[str, tuple[str, Break]] = {
    "is not valid OpenAPI": (API, lambda f: post(f)["responses"]["201"].pop("description")),
    "points at nothing": (API, lambda f: post(f)["responses"].update({"422": {"$ref": "#/components/responses/No"}})),
    "Operation ID 'createThing'": (API, lambda f: get(f).update(operationId="createThing")),
    "has no operationId": (API, lambda f: post(f).pop("operationId")),
    "its operationId has another form": (API, lambda f: renamed(f, "create-thing", "createThing")),
    "has no summary": (API, lambda f: post(f).update(summary=" ")),
    "the parameter q has no description": (API, lambda f: get(f)["parameters"][0].pop("description")),
    "does not declare the answer 400": (API, lambda f: get(f)["responses"].pop("400")),
    "does not declare the answer 401": (API, lambda f: get(f)["responses"].pop("401")),
    "does not declare the answer 403": (API, lambda f: get(f)["responses"].pop("403")),
    "does not declare the answer 404": (API, lambda f: get(f)["responses"].pop("404")),
    "does not declare the answer 406": (API, lambda f: get(f)["responses"].pop("406")),
    "does not declare the answer 415": (API, lambda f: post(f)["responses"].pop("415")),
    "does not declare the answer 429": (API, lambda f: get(f)["responses"].pop("429")),
    "does not declare the answer 503": (API, lambda f: get(f)["responses"].pop("503")),
    "has no security with scopes": (API, lambda f: get(f).update(security=[])),
    "no role of x-roles may call it": (COMMON, lambda f: f[COMMON]["x-roles"]["clerk"].update(scopes=["things:read"])),
    "the scope things:all is not declared": (API, lambda f: get(f)["security"][0].update(oauth2=["things:all"])),
    "leads to the operation nobody": (API, lambda f: link(f).update(operationId="nobody")),
    "gives getThing the parameter id": (API, lambda f: link(f).update(parameters={"id": "x"})),
    "x-takes-back of the link it is no list": (API, lambda f: link(f).update({BACK: True})),
    "names lost, which no answer of getThing may carry": (API, lambda f: link(f).update({BACK: ["lost"]})),
    "the link it does not give thing_id": (API, lambda f: link(f).update({BACK: [], "parameters": {}})),
    "the link it does not give requestBody": (API, lambda f: link(f).update({BACK: [], **AGAIN})),
    "the link it takes what the example of 201": (API, lambda f: link(f).update({BACK: [], "parameters": NOWHERE})),
    "what the link it gives does not match": (API, lambda f: link(f).update({BACK: [], **AGAIN, "requestBody": {}})),
    "201 has 2 links with x-takes-back": (API, lambda f: links(f).update(one=back(f), two=back(f))),
    "the link it takes back, but 400 has": (API, lambda f: answer(f, 400).update(links={"it": back(f)})),
    "names the requirement TOY-NON-001": (API, lambda f: name_of(f).update({"x-business-rules": ["TOY-NON-001"]})),
    "x-problem-codes names lost": (COMMON, lambda f: answer(f, 400).update({"x-problem-codes": ["lost"]})),
    "has no x-problem-codes": (COMMON, lambda f: answer(f, 400).pop("x-problem-codes")),
    "the code forbidden belongs to 403": (COMMON, lambda f: answer(f, 400).update({"x-problem-codes": ["forbidden"]})),
    "x-options does not declare none": (API, lambda f: get(f)["parameters"][0].update({"x-option": "none"})),
    "the request content application/json has no example": (API, lambda f: body(f).pop("examples")),
    "200 (application/json) has no example": (API, lambda f: success(f).pop("examples")),
    "the example one does not match": (API, lambda f: body(f)["examples"]["one"].update(value={"name": "too long"})),
    "x-invariants cannot be read": (API, lambda f: declared(f, holds="id ==")),
    "which is not judged by the rule members-agree": (API, lambda f: declared(f, judged=False)),
    "names idd, which the schema does not have": (API, lambda f: declared(f, holds="idd == 'x'")),
    "by of x-immutable names the path parameter thing": (API, lambda f: kept(f, members=["id"], by=["{thing}"])),
    "x-immutable cannot be read": (API, lambda f: kept(f, member=["id"])),
    "declares something, and no answer shows it": (API, lambda f: declared(f, schema="New", holds="name == 'x'")),
    'is not a "individual-number"': (COMMON, lambda f: parts(f)["schemas"]["Number"].update(examples=["123456789019"])),
}  # fmt: skip


def declared(files: Tree, *, schema: str = "Thing", holds: str = "id != 'x'", judged: bool = True) -> None:
    """The small documents with an invariant of one schema."""
    toy(files)["verified_by"] += [{"rule": "members-agree"}] if judged else []
    entry = {"requirement": toy(files)["id"], "holds": holds}
    files[API]["components"]["schemas"][schema]["x-invariants"] = [entry]


def kept(files: Tree, **entry: Any) -> None:
    """The small documents with a member that never changes."""
    toy(files)["verified_by"].append({"rule": "never-changes"})
    files[API]["components"]["schemas"]["Thing"]["x-immutable"] = [{"requirement": toy(files)["id"], **entry}]


def parts(files: Tree) -> Any:
    return files[COMMON]["components"]


def answer(files: Tree, status: int) -> Any:
    return parts(files)["responses"][f"E{status}"]


def success(files: Tree) -> Any:
    return get(files)["responses"]["200"]["content"]["application/json"]


def link(files: Tree) -> Any:
    return post(files)["responses"]["201"]["links"]["it"]


def links(files: Tree) -> Any:
    return post(files)["responses"]["201"]["links"]


def back(files: Tree) -> Any:
    return {**link(files), "parameters": {"thing_id": "t-1"}, BACK: []}


def name_of(files: Tree) -> Any:
    return files[API]["components"]["schemas"]["New"]["properties"]["name"]


def body(files: Tree) -> Any:
    return post(files)["requestBody"]["content"]["application/json"]


CATALOGUES: dict[str, tuple[str, Break]] = {
    "requirement COM-VAL-001: Object contains unknown field": (COMMON_REQUIREMENTS, lambda f: common(f).update(typo=1)),
    "the area other has no title": (REQUIREMENTS, lambda f: toy(f).update(area="other")),
    "things lacks a title in ja and en": (COMMON_REQUIREMENTS, lambda f: titles(f)["things"].update(ja=" ")),
    "no requirement is in the area none": (REQUIREMENTS, lambda f: titles(f, REQUIREMENTS).update(none=NOTE)),
    "the common catalogue titles things too": (REQUIREMENTS, lambda f: titles(f, REQUIREMENTS).update(things=NOTE)),
    "areas: Expected": (REQUIREMENTS, lambda f: f[REQUIREMENTS].update(areas=["things"])),
    "the id has another form": (REQUIREMENTS, lambda f: renamed(f, "TOY-THING-1")),
    "the id stands twice": (COMMON_REQUIREMENTS, lambda f: f[COMMON_REQUIREMENTS]["requirements"].append(common(f))),
    "title is not in both languages": (REQUIREMENTS, lambda f: toy(f)["title"].update(ja="")),
    "statement is not in both languages": (REQUIREMENTS, lambda f: toy(f)["statement"].update(en=" ")),
    "not_tested is not in both languages": (COMMON_REQUIREMENTS, lambda f: common(f, 2)["not_tested"].update(ja="")),
    "it has both verified_by and not_tested": (COMMON_REQUIREMENTS, lambda f: common(f).update(not_tested=NOTE)),
    "it has neither verified_by nor not_tested": (COMMON_REQUIREMENTS, lambda f: common(f, 2).pop("not_tested")),
    "effective_from is no date": (REQUIREMENTS, lambda f: toy(f).update(effective_from="2026-02-30")),
    "there is no type of body 'county'": (REQUIREMENTS, lambda f: toy(f).update(condition={"body_types": ["county"]})),
    "an optional requirement names its option": (REQUIREMENTS, lambda f: toy(f).update(level="optional")),
    "x-options does not declare more": (REQUIREMENTS, lambda f: toy(f, 0)["condition"]["options"].append("more")),
    "no requirement is about the option new": (COMMON, lambda f: f[COMMON]["x-options"].update(new={"title": NOTE})),
    "extra lacks a title in ja and en": (COMMON, lambda f: f[COMMON]["x-options"].update(extra={})),
    "there is no rule 'never'": (COMMON_REQUIREMENTS, lambda f: common(f, 1).update(verified_by=[{"rule": "never"}])),
    "there is no family of scripts 'x.never'": (COMMON_REQUIREMENTS, lambda f: way(f).update(scripts="x.never")),
    "there is no workflow 'never'": (REQUIREMENTS, lambda f: toy(f)["verified_by"].append({"workflow": "never"})),
    "there is no operation 'never'": (COMMON_REQUIREMENTS, lambda f: way(f).update(operations=["never"])),
    "expect: maybe cannot be used": (COMMON_REQUIREMENTS, lambda f: way(f).update(expect="maybe")),
    "exactly one of rule, scripts": (COMMON_REQUIREMENTS, lambda f: way(f).update(rule="nosniff")),
    "is not in requirement-ids.txt yet": (COMMON_REQUIREMENTS, lambda f: f.update({IDS: f[IDS].replace(NEW, "")})),
    "COM-OLD-001 was published": (IDS, lambda f: f.update({IDS: f[IDS].replace("COM-VAL", "COM-OLD-001\nCOM-VAL")})),
    "not sorted": (IDS, lambda f: f.update({IDS: "".join(sorted(f[IDS].splitlines(True), reverse=True))})),
    "was withdrawn, and is used again": (REQUIREMENTS, lambda f: f[REQUIREMENTS].update(withdrawn=[gone(USED)])),
}  # fmt: skip


def titles(files: Tree, file: str = COMMON_REQUIREMENTS) -> Any:
    return files[file]["areas"]


def renamed(files: Tree, name: str, old: str = "TOY-THI-001") -> None:
    """Give the requirement, or the operation, another id everywhere."""
    for file, content in files.items():
        files[file] = _replaced(content, name, old)


def _replaced(value: Any, name: str, old: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, name, old) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, name, old) for item in value]
    return value.replace(old, name) if isinstance(value, str) else value


def gone(name: str) -> dict[str, Any]:
    return {"id": name, "reason": {"ja": "重複", "en": "merged"}}


@pytest.mark.parametrize("told", [*DOCUMENTS, *CATALOGUES])
def test_a_broken_document_is_noticed(tmp_path: Path, told: str) -> None:
    """Claim: each rule of the check notices what it is about, says so in both languages with file, place and next step,
    and nothing else is reported. Stimulus: one change of the small documents. Expected: that problem alone."""
    file, change = {**DOCUMENTS, **CATALOGUES}[told]
    found = [p for p in broken(tmp_path, change) if p.file != EDITION]
    matching = [problem for problem in found if told in problem.message.en]
    assert matching, found
    assert {problem.file for problem in matching} == {file} or told.startswith(
        ("the code", "has no x-problem", "no role")
    )
    assert all(p.message.ja and p.next_step for p in matching)
    assert told in BREAKS_MORE or found == matching


def test_a_withdrawn_id_may_be_gone(tmp_path: Path) -> None:
    """Claim: an id leaves its catalogue by being withdrawn with a reason. Stimulus: with a reason, without one."""

    def change(files: Tree) -> None:
        files[IDS] = files[IDS].replace("TOY-THI", "TOY-OLD-001\nTOY-THI")
        files[REQUIREMENTS]["withdrawn"] = [gone("TOY-OLD-001")]

    assert broken(tmp_path, change) == []
    assert "without a reason" in broken(tmp_path, lambda f: (change(f), _no_reason(f)))[0].message.en


def _no_reason(files: Tree) -> None:
    files[REQUIREMENTS]["withdrawn"][0]["reason"] = {"ja": "重複"}


def test_new_ids_are_added_and_none_is_taken_out(tmp_path: Path) -> None:
    """Claim: one command publishes new ids. Stimulus: a list that lacks one and has an old one. Expected: the new one
    added in its place, the old one kept, and a second call without effect."""
    files = tree()
    files[IDS] = files[IDS].replace("COM-VAL-001\n", "COM-ZZZ-001\n")
    write(tmp_path, files)
    assert add_ids(tmp_path) == ["COM-VAL-001"]
    kept = (tmp_path / IDS).read_text("utf-8").split()
    assert kept == sorted([*tree()[IDS].split(), "COM-ZZZ-001"])
    assert add_ids(tmp_path) == []


def test_an_edition_that_is_missing_stale_or_damaged_is_noticed(tmp_path: Path) -> None:
    """Claim: the edition belongs to the documents beside it. Stimulus: none, one of other documents, half of one."""
    write(tmp_path, tree())
    whole = (tmp_path / EDITION).read_bytes()
    (tmp_path / EDITION).write_bytes(whole[:-9])
    assert "not a complete edition" in errors(tmp_path)[0].message.en
    (tmp_path / EDITION).write_bytes(whole)
    (tmp_path / WORKFLOWS).write_text((tmp_path / WORKFLOWS).read_text("utf-8") + " ", encoding="utf-8")
    assert [p.message.en for p in errors(tmp_path)] == [f"is stale: {WORKFLOWS} changed after it was compiled."]
    (tmp_path / EDITION).unlink()
    assert "there is no edition" in errors(tmp_path)[0].message.en


def test_a_requirement_that_no_script_judges_is_a_warning(tmp_path: Path) -> None:
    """Claim: what the edition does not reach is told, and is no error. Stimulus: an edition without COM-VAL-001; the
    requirement with a rule and the untested one need no script. Expected: one warning."""
    write(tmp_path, tree(), judged=("TOY-EXT-001", "TOY-THI-001"))
    assert [(p.kind, p.place) for p in check(tmp_path)] == [("warning", "COM-VAL-001")]


def test_a_folder_without_documents_has_no_problem(tmp_path: Path) -> None:
    """Claim: nothing published is nothing wrong, and no traceback."""
    assert check(tmp_path) == []
