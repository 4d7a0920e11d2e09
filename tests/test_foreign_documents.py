"""Documents that nobody here wrote: read where they are unusual, refused with place and next step where wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue.foreign import LEFT_TO_THE_SERVER, derived_catalogue, load_foreign, publish
from conformance.catalogue.foreign_prose import other_values_taken
from conformance.catalogue.service import Service, load_service
from conformance.compile.calls import ValidCall
from conformance.compile.foreign_calls import Calls
from conformance.compile.foreign_edition import Compiled, compile_foreign
from conformance.compile.foreign_readings import parameter_is_wrong, place_readings
from conformance.compile.foreign_values import Values, pairs
from conformance.compile.places import Place
from conformance.edition_file import encode
from conformance.errors import DocumentError
from conformance.expression import MISSING
from tests.foreign_documents import AWKWARD, HUGE, REFUSED, answer, body, components, document


def published(content: dict[str, Any], folder: Path) -> Service:
    """A document, published into a folder as a run does it."""
    path = folder / "given.json"
    path.write_text(json.dumps(content), "utf-8")
    foreign = load_foreign(path)
    publish(foreign, folder / "specs")
    return load_service(foreign.name, foreign.version, folder / "specs", strict=False)


def compiled(service: Service, most: int = 3000) -> Compiled:
    values = Values(service.document, 1)
    calls = Calls(service, values)
    found: dict[str, tuple[ValidCall, ...]] = {
        o.id: (call,) for o in service.operations.values() if (call := calls.fallback(o))
    }
    return compile_foreign(service, values, found, 1, most)


@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_document_is_read_and_compiled(name: str, tmp_path: Path) -> None:
    """Claim: whatever OpenAPI allows, and what is merely unusual, gives an edition. Stimulus: such a document.
    Expected: no error, the same bytes twice, nothing outside the folder of the document written."""
    service = published(AWKWARD[name], tmp_path)
    assert service.folder.resolve().is_relative_to((tmp_path / "specs").resolve())
    first = encode(compiled(service).edition)
    assert first == encode(compiled(service).edition)


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_document_is_refused_with_place_and_next_step(name: str, tmp_path: Path) -> None:
    """Claim: what cannot be read is told with its place. Stimulus: a wrong document. Expected: a `DocumentError` that
    names what and where it is, and what to do."""
    text, told = REFUSED[name]
    path = tmp_path / "given.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(DocumentError) as caught:
        load_foreign(path)
    assert told in str(caught.value)
    assert caught.value.where
    assert caught.value.next_step


def test_a_document_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Claim: bytes that are no UTF-8 are told as such. Stimulus: a picture. Expected: a `DocumentError`."""
    path = tmp_path / "given.yaml"
    path.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(DocumentError, match="UTF-8"):
        load_foreign(path)


def test_a_huge_document_is_bounded_and_every_operation_is_in_it(tmp_path: Path) -> None:
    """Claim: the number of requests has a bound however many operations there are. Stimulus: 2,000 operations.
    Expected: at most 3,000 requests, each operation served, and it is told that more could be done."""
    result = compiled(published(HUGE, tmp_path))
    scripts = result.edition.scripts
    assert sum(len(script.steps) for script in scripts) <= 3000
    assert len({script.steps[-1].operation for script in scripts} - {None}) == 2000
    assert result.left_out == 0
    assert result.cut == 2000


def test_fewer_requests_than_operations_leave_some_out_and_say_so(tmp_path: Path) -> None:
    """Claim: what is not tested is counted. Stimulus: 2,000 operations and 100 requests. Expected: 1,900 left out."""
    assert compiled(published(HUGE, tmp_path), 100).left_out == 1900


def test_nothing_is_read_from_the_network_or_from_outside(tmp_path: Path) -> None:
    """Claim: a document cannot make us read what is not its own. Stimulus: a link out of it. Expected: refused."""
    secret = tmp_path / "secret.yaml"
    secret.write_text("type: string", "utf-8")
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "inside.yaml").symlink_to(secret)
    (folder / "given.json").write_text(json.dumps(document(answer({"$ref": "inside.yaml"}))), "utf-8")
    with pytest.raises(DocumentError, match="out of the document's folder"):
        load_foreign(folder / "given.json")


def test_openapi_3_0_and_3_1_end_in_one_form(tmp_path: Path) -> None:
    """Claim: `nullable`, boolean bounds and read-only properties mean what their version says. Stimulus: a 3.0 schema
    used in a request and in an answer. Expected: values accepted and refused accordingly."""
    schema = {
        "type": "object",
        "required": ["id", "size", "note", "word"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "size": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
            "note": {"allOf": [{"$ref": "#/components/schemas/Note"}], "nullable": True},
            "word": {"type": "string", "writeOnly": True},
        },
    }
    reference = {"$ref": "#/components/schemas/Thing"}
    paths = {"/a": {**body(reference)["/a"], **answer(reference)["/a"]}}
    service = published(
        document(paths, "3.0.3", **components(Thing=schema, Note={"type": "string", "enum": ["x"]})), tmp_path
    )
    values = Values(service.document, 1)
    sent = service.operations["POST /a"].body["application/json"]
    shown = service.operations["GET /a"].answers["200"].media["application/json"]
    assert values.accepts(sent, {"size": 1, "note": None, "word": "w"})
    assert not values.accepts(sent, {"size": 0, "note": None, "word": "w"})
    assert not values.accepts(sent, {"size": 1, "note": "y", "word": "w"})
    assert values.accepts(shown, {"id": "1", "size": 1, "note": "x"})
    assert not values.accepts(shown, {"size": 1, "note": "x"})


@pytest.mark.parametrize(
    ("schema", "value", "is_held_against"),
    [
        ({"type": "integer"}, "1", False),
        ({"type": "integer"}, 1.5, False),
        ({"type": "integer"}, "x", True),
        ({"type": "integer"}, {"x": "y"}, True),
        ({"type": "string"}, 12, False),
        ({"type": "string"}, None, False),
        ({"type": "string", "enum": ["box"]}, "BOX ", False),
        ({"type": "string", "enum": ["box"]}, "crate", True),
        ({"type": "string", "pattern": "^[a-z]+$"}, "ａｂｃ", False),
        ({"type": "string", "pattern": "^[a-z]+$"}, "ab#", True),
        ({"type": "string", "minLength": 1}, "", False),
        ({"type": "boolean"}, "true", False),
        ({"type": "boolean"}, "maybe", True),
        ({"type": "array", "uniqueItems": True}, ["a", "a"], False),
        ({"type": "array", "maxItems": 1}, ["a", "a"], True),
        ({"type": "object"}, "x", True),
        ({"type": "string", "default": "x"}, MISSING, False),
    ],
)
def test_only_what_no_generous_reading_makes_valid_is_held_against_a_server(
    schema: dict[str, Any], value: Any, is_held_against: bool, tmp_path: Path
) -> None:
    """Claim: a liberty of a server is no fault. Stimulus: an invalid value of an optional property. Expected: it is
    held against the server only where no common reading of it is valid."""
    values = Values(published(document(), tmp_path).document, 1)
    place = Place("/x", schema, "", False)
    readings = list(place_readings(place, value))
    found = any(item is MISSING or values.accepts(schema, item) for item in readings)
    assert found is not is_held_against


@pytest.mark.parametrize(
    ("parameter", "text", "is_wrong"),
    [
        ({"schema": {"type": "integer", "minimum": 1}}, "0", True),
        ({"name": "page_size", "schema": {"type": "integer", "maximum": 10}}, "11", False),
        ({"schema": {"type": "number"}}, "1.5", False),
        ({"schema": {"type": "array", "items": {"type": "integer"}}}, "1", False),
        ({"schema": {"type": "array", "items": {"type": "integer"}}}, "x", True),
        ({"schema": {"type": "string", "enum": ["a"]}}, "A", False),
        ({"schema": {"type": "string", "enum": ["a"]}}, "b", True),
        ({"schema": {"type": "string", "enum": ["a"]}}, "", False),
        ({"schema": {"type": "string", "enum": ["a"]}, "required": True}, "", True),
        ({"schema": {"type": "string", "default": "a"}, "required": True}, None, False),
        ({"schema": {"type": "string"}, "required": True}, None, True),
        ({"name": "Prefer", "in": "header", "schema": {"enum": ["a"]}}, "b", False),
        ({"schema": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, "x", True),
    ],
)
def test_texts_of_parameters_are_read_generously_too(
    parameter: dict[str, Any], text: str | None, is_wrong: bool, tmp_path: Path
) -> None:
    """Claim: as for contents. Stimulus: a text for a parameter. Expected: wrong where no reading is valid."""
    declared = {"name": "q", "in": "query", **parameter}
    service = published(document({"/a": {"get": {"parameters": [declared], "responses": {}}}}), tmp_path)
    (operation,) = service.operations.values()
    assert parameter_is_wrong(Values(service.document, 1), operation.parameters[0], text) is is_wrong


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        ("If the language is not among the available values, the Accept-Language header language will be used.", True),
        ("The colour. Unknown values are ignored.", True),
        ("Unsupported profiles are ignored. Default: none.", True),
        ("Falls back to `en` if the language is not supported.", True),
        ("If it isn't one of these, it is treated as `all`.", True),
        ("Any other value will be interpreted as false.", True),
        ("Defaults to `a` if an invalid value is given.", True),
        ("Unsupported values will set it to the default.", True),
        ("対応していない言語を指定した場合は、既定値を用いる。", True),
        ("If the language is not supported, 400 is returned.", False),
        ("Invalid values are rejected with an error, and no default is used.", False),
        ("Unknown values are not ignored.", False),
        ("If it is omitted, the default is used.", False),
        ("The default is used if it is supported. Must be one of the available values.", False),
        ("Whether the index is used; not available for archives.", False),
        ("Is ignored when `f` is html. See the list of valid values.", False),
        ("不正な値は無視せず、エラーとする。", False),
        ("One of `a` and `unknown`. `unknown` is used when nobody can tell.", False),
        ("Unsupported values are ignored with an exception thrown.", False),
        (None, False),
    ],
)
def test_a_description_takes_other_values_only_where_one_sentence_says_so(text: str | None, takes: bool) -> None:
    """Claim: what becomes of other values is read where it is said, and nowhere else. Stimulus: a description.
    Expected: its sentence, or nothing."""
    assert bool(other_values_taken(text)) is takes


def test_a_value_that_the_description_takes_is_not_held_against_a_server(tmp_path: Path) -> None:
    """Claim: a server that does as its document's prose says is not blamed. Stimulus: enumerations of
    parameters and members, beside such a sentence and without it. Expected: only the latter must refuse others."""
    colour = {"type": "string", "enum": ["red"]}
    forgiving = {"description": "The colour. Unknown colours are ignored."}
    schema = {
        "type": "object",
        "properties": {
            "a": {**colour, **forgiving},
            "b": colour,
            "c": {"type": "array", "items": colour, **forgiving},
            "d": {"allOf": [colour], **forgiving},
        },
        "example": {"a": "red", "b": "red", "c": ["red"], "d": "red"},
    }
    parameters = [
        {"name": "p", "in": "query", "schema": colour, **forgiving},
        {"name": "q", "in": "query", "schema": colour, "description": "The colour."},
        {"name": "r", "in": "query", "schema": {**colour, **forgiving}},
    ]
    post = {**body(schema)["/a"]["post"], "parameters": parameters}
    service = published(document({"/a": {"post": post}}), tmp_path)
    scripts = compiled(service).edition.scripts
    titles = [s.title.removeprefix("POST /a ") for s in scripts if s.checks]
    assert {title[0] for title in titles if ": an invalid value" in title} == {"q"}
    assert {title[:2] for title in titles if title.startswith(("/a", "/b", "/c", "/d"))} == {"/b"}


@pytest.mark.parametrize(
    ("style", "value", "expected"),
    [
        ({}, ["a", "b"], [("q", "a"), ("q", "b")]),
        ({"explode": False}, ["a", "b"], [("q", "a,b")]),
        ({"style": "pipeDelimited", "explode": False}, ["a", "b"], [("q", "a|b")]),
        ({"style": "deepObject"}, {"x": 1}, [("q[x]", "1")]),
        ({}, {"x": True}, [("x", "true")]),
        ({"explode": False}, {"x": 1}, [("q", "x,1")]),
    ],
)
def test_query_parameters_are_written_in_their_style(
    style: dict[str, Any], value: Any, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    """Claim: style and explode are obeyed (OpenAPI 3.1, 4.8.12). Stimulus: a value in a style. Expected: its pairs."""
    declared = {"name": "q", "in": "query", "schema": {}, **style}
    service = published(document({"/a": {"get": {"parameters": [declared], "responses": {}}}}), tmp_path)
    (operation,) = service.operations.values()
    assert list(pairs(operation.parameters[0], value)) == expected


def test_only_derivable_requirements_are_published_and_what_is_left_to_servers_is_recommended() -> None:
    """Claim: nothing of our profile fails others. Stimulus: the derived catalogue. Expected: each entry is derivable,
    verified without workflows, and those that no standard demands are recommendations."""
    entries = {entry["id"]: entry for entry in derived_catalogue()["requirements"]}
    assert set(LEFT_TO_THE_SERVER) <= entries.keys()
    for name, entry in entries.items():
        assert entry["derivable"]
        assert all(way.get("rule") or way.get("scripts") for way in entry["verified_by"])
        assert (entry["level"] == "recommended") is (name in LEFT_TO_THE_SERVER)
