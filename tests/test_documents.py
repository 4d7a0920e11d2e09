"""Documents as files: YAML and JSON read as OpenAPI means them, bundled into one, troubles told with their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conformance.catalogue import yaml_reader
from conformance.catalogue.documents import load_openapi, resolve
from conformance.catalogue.operations import operations
from conformance.catalogue.schema import dialect_schema
from conformance.catalogue.yaml_reader import parse, read
from conformance.errors import DocumentError

HEAD = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}
GET: dict[str, Any] = {"operationId": "x", "responses": {"200": {"description": "-"}}}


def load(folder: Path, **files: Any) -> dict[str, Any]:
    """Write the files, `a` being the root, and load it."""
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_openapi(folder / "a.yaml")


def refused(folder: Path, **files: Any) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        load(folder, **files)
    assert caught.value.next_step
    return caught.value


def test_references_into_other_files_become_local(tmp_path: Path) -> None:
    """Claim: a document that is spread over files becomes one. Stimulus: relative references, from one file into
    another and back, one name taken twice. Expected: local references only, each with its own target."""
    schemas = {"A": {"type": "string"}, "B": {"$ref": "sub/b.yaml#/components/schemas/A"}}
    (tmp_path / "sub").mkdir()
    other = {"components": {"schemas": {"A": {"items": {"$ref": "../a.yaml#/components/schemas/A"}}}}}
    (tmp_path / "sub/b.yaml").write_text(json.dumps(other), encoding="utf-8")
    document = load(tmp_path, a={**HEAD, "paths": {}, "components": {"schemas": schemas}})
    assert "yaml#" not in json.dumps(document)
    assert resolve(document, {"$ref": "#/components/schemas/B"}) == {"items": {"$ref": "#/components/schemas/A"}}
    assert resolve(document, {"$ref": "#/components/schemas/A"}) == {"type": "string"}


def test_a_path_item_in_another_file_is_found(tmp_path: Path) -> None:
    """Claim: paths may be split over files, as many publishers do. Stimulus: a reference to an escaped path, one to a
    whole file, one with percent-encoded braces. Expected: three operations."""
    paths = {
        "/r": {"$ref": "b.yaml#/paths/~1r"},
        "/s": {"$ref": "c.yaml"},
        "/t/{id}": {"get": {**GET, "operationId": "t"}},
        "/u": {"$ref": "#/paths/~1t~1%7Bid%7D"},
    }
    files = {"b": {"paths": {"/r": {"get": {**GET, "operationId": "r"}}}}, "c": {"get": {**GET, "operationId": "s"}}}
    document = load(tmp_path, a={**HEAD, "paths": paths}, **files)
    assert operations(document).keys() == {"r", "s", "t"}


def test_circular_references_of_schemas_are_kept(tmp_path: Path) -> None:
    """Claim: trees are legitimate. Stimulus: schemas that hold each other across files. Expected: a document whose
    validator judges a tree of any depth."""
    node = {"type": "object", "properties": {"child": {"$ref": "b.yaml#/components/schemas/Twig"}}}
    twig = {
        "type": "object",
        "properties": {"leaf": {"$ref": "a.yaml#/components/schemas/Node"}, "n": {"type": "null"}},
    }
    document = load(
        tmp_path,
        a={**HEAD, "components": {"schemas": {"Node": node}}},
        b={"components": {"schemas": {"Twig": twig}}},
    )
    schema = dialect_schema(document, {"$ref": "#/components/schemas/Node"})
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert validator.is_valid({"child": {"leaf": {"child": {"n": None}}}})
    assert not validator.is_valid({"child": {"leaf": {"child": {"n": 1}}}})


def test_a_reference_that_only_leads_to_itself_is_refused(tmp_path: Path) -> None:
    """Claim: a circle of bare references has no meaning. Expected: an error when it is followed, no endless loop."""
    items = {"A": {"$ref": "#/components/pathItems/B"}, "B": {"$ref": "#/components/pathItems/A"}}
    document = load(tmp_path, a={**HEAD, "paths": {"/x": items["A"]}, "components": {"pathItems": items}})
    with pytest.raises(DocumentError, match="circle"):
        operations(document)


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("#/components/schemas/Nobody", "points at nothing ('Nobody' is not there)"),
        ("b.yaml#/components/schemas/Nobody", "points at nothing"),
        ("nowhere.yaml#/x", "cannot be read: No such file"),
        (".", "cannot be read: Is a directory"),
        ("https://example.org/a.yaml#/x", "network, which is never read"),
        ("http://169.254.169.254/latest", "network, which is never read"),
        ("file:///etc/passwd", "network, which is never read"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(tmp_path: Path, reference: str, told: str) -> None:
    """Claim: nothing is fetched, and a dangling reference is told with its place. Expected: `DocumentError`."""
    files = {"b": {"components": {}}, "a": {**HEAD, "components": {"schemas": {"A": {"items": {"$ref": reference}}}}}}
    assert told in str(refused(tmp_path, **files))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty or not a mapping"),
        ("- 1", "is empty or not a mapping"),
        ("swagger: '2.0'", "Swagger 2"),
        ("openapi: 3.1\npaths: {}", "openapi: 3.1"),
        ("openapi: 3.2.0", "is not OpenAPI 3.0 or 3.1"),
        ("openapi: 3.1.0\npaths: []\ncomponents: [1]", "'components' is not a mapping"),
        ("openapi: 3.1.0\npaths: {a: ]}", "line 2"),
        ("openapi: 3.1.0\nopenapi: 3.1.0", "line 2, column 1: the key 'openapi' stands twice"),
        ('{"openapi": "3.1.0",\n "openapi": "3.1.0"}', "line 2"),
        ('{"a": NaN}', "NaN is no JSON value"),
        ("a: &a [*a]", "recursive"),
        ("[" * 20_000, "nested too deeply"),
        ("a: !!python/object/apply:os.system [id]", "is no type of JSON"),
        ("a: !!int x", "line 1, column 4: the tag"),
        ("a: *b", "stands for nothing before it"),
        ("- " * 100_000, "nested too deeply"),
        ("a: " + "[" * 100_000, "nested too deeply"),
        ("a: \x00", "control characters"),
        ("a: 1\n---\na: 2", "another document"),
        ("a: " + "9" * 5000, "cannot be read"),
        ("<!DOCTYPE html><html>\n\t<p>", "not a mapping"),
    ],
    ids=lambda value: value[:25] if isinstance(value, str) else "",
)
def test_a_file_that_is_no_document_is_refused(tmp_path: Path, content: str, told: str) -> None:
    """Claim: bad input is told with file, line where there is one, and the next step; never a traceback."""
    error = refused(tmp_path, a=content)
    assert told in str(error)
    assert "a.yaml" in str(error)


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """Claim: the encoding is UTF-8. Stimulus: Shift_JIS. Expected: an error that names the byte; a BOM is accepted."""
    path = tmp_path / "a.yaml"
    path.write_bytes("openapi: 住民".encode("shift_jis"))
    with pytest.raises(DocumentError, match="is not UTF-8"):
        read(path)
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read(path) == {"a": 1}


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim: size is bounded, also that of aliases written out. Stimulus: a file over the bound; a billion laughs."""
    monkeypatch.setattr(yaml_reader, "MAX_DOCUMENT_BYTES", 10)
    (tmp_path / "a.yaml").write_text("a: 12345678", encoding="utf-8")
    with pytest.raises(DocumentError, match="larger than"):
        read(tmp_path / "a.yaml")
    laughs = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        laughs += f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
    with pytest.raises(DocumentError, match="aliases expand"):
        parse(laughs, "x")


def test_yaml_has_the_types_of_json() -> None:
    """Claim: what looks like a date, an octal number or a truth value of YAML 1.1 stays the text that it is; keys are
    texts. Stimulus: the traps. Expected: only null, true, false and JSON's numbers are anything else."""
    text = (
        "on: yes\nno: off\n200: 011002\ndate: 2026-04-01\ntime: 12:30:00\nhex: 0x1F\nunder: 1_000\nnan: .nan\n"
        "true: TRUE\nnull: ~\nempty:\nint: -7\nfloat: 1.5e3\nzero: 0\nmerge: {<<: {a: 1}}\nlist: [No, n, y]"
    )
    assert parse(text, "x") == {
        "on": "yes", "no": "off", "200": "011002", "date": "2026-04-01", "time": "12:30:00", "hex": "0x1F",
        "under": "1_000", "nan": ".nan", "true": True, "null": None, "empty": None, "int": -7, "float": 1500.0,
        "zero": 0, "merge": {"<<": {"a": 1}}, "list": ["No", "n", "y"],
    }  # fmt: skip


# PyYAML itself writes these line ends of other writing systems so that they are read as spaces.
_TEXTS = st.text(st.characters(exclude_characters="\x85\u2028\u2029", exclude_categories=["Cs"]))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner),
    max_leaves=20,
)


@given(_VALUES, st.booleans(), st.sampled_from([True, False, None]))
def test_what_a_yaml_writer_writes_is_read_again(value: Any, unicode: bool, flow: bool | None) -> None:
    """Claim: every JSON value that a YAML writer writes is read as it was. Stimulus: drawn values, written by PyYAML in
    every style, with aliases where a value comes twice. Expected: the same value and types."""
    value = json.loads(json.dumps(value))
    twice = [value, {"again": value}]
    text = yaml.safe_dump(twice, allow_unicode=unicode, default_flow_style=flow, sort_keys=False)
    assert json.dumps(parse(text, "x")) == json.dumps(yaml.safe_load(text)) == json.dumps(twice)


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"#%@,? \n0.e~")))
def test_a_yaml_text_is_read_or_refused(text: str) -> None:
    """Claim: no text breaks the reader. Stimulus: texts of YAML's own signs. Expected: a value that JSON can write, or
    `DocumentError`."""
    try:
        found = parse(text, "x")
    except DocumentError:
        return
    json.dumps(found)


def test_json_is_read_as_json() -> None:
    """Claim: JSON that YAML cannot read is read all the same. Stimulus: tabs, surrogate pairs, escaped slashes."""
    assert parse('{\n\t"a": ["\\ud842\\udfb7", "\\/"]\n}', "x") == {"a": ["𠮷", "/"]}
    assert parse("{a: 1}", "x") == {"a": 1}


def test_the_parts_that_may_be_absent_may_be_null(tmp_path: Path) -> None:
    """Claim: an empty key in YAML means nothing there. Stimulus: `paths:`, `components:`, `parameters:` left empty."""
    assert operations(load(tmp_path, a="openapi: 3.1.0\npaths:\ncomponents:\n")) == {}
    document = load(tmp_path, a={**HEAD, "paths": {"/x": {"get": {"parameters": None, "responses": None}}}})
    assert list(operations(document)) == ["GET /x"]


@pytest.mark.parametrize(
    "raw",
    [{"parameters": [{"name": "x"}]}, {"security": ["x"]}, {"responses": {"200": 1}}, {"requestBody": {"content": 1}}],
)
def test_a_malformed_operation_is_named(tmp_path: Path, raw: dict[str, Any]) -> None:
    """Claim: a document that is no valid OpenAPI never ends in a traceback. Expected: the operation is named."""
    document = load(tmp_path, a={**HEAD, "paths": {"/x": {"get": {"responses": {}, **raw}}}})
    with pytest.raises(DocumentError, match="GET /x"):
        operations(document)


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": "string", "nullable": True}, ["x", None], [1]),
        ({"type": "string", "enum": ["a"], "nullable": True}, ["a", None], ["b"]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, [2], [1]),
        ({"type": "integer", "maximum": 1, "exclusiveMaximum": False}, [1], [2]),
        ({"$ref": "#/components/schemas/Name", "maxLength": 1}, ["long"], [1]),
        ({"properties": {"nullable": {"type": "boolean"}, "enum": {"$ref": "#/components/schemas/Name"}}},
         [{"nullable": True, "enum": "x"}], [{"nullable": 1}, {"enum": 1}]),
        ({"type": "array", "items": {"type": "string", "nullable": True}}, [["a", None]], [[1]]),
    ],
)  # fmt: skip
def test_schemas_of_openapi_30_are_converted(schema: Any, valid: list[Any], invalid: list[Any]) -> None:
    """Claim: 3.0's own dialect (`nullable`, boolean bounds, siblings of `$ref` ignored) means the same afterwards."""
    document = {"openapi": "3.0.3", "components": {"schemas": {"Name": {"type": "string"}}}}
    validator = jsonschema_rs.Draft202012Validator(dialect_schema(document, schema))
    assert all(validator.is_valid(value) for value in valid)
    assert not any(validator.is_valid(value) for value in invalid)


def test_siblings_of_a_reference_win_in_31(tmp_path: Path) -> None:
    """Claim: OpenAPI 3.1 lets a description stand beside `$ref`. Expected: the sibling, and all else of the target."""
    document = load(tmp_path, a={**HEAD, "components": {"schemas": {"A": {"type": "string", "title": "t"}}}})
    assert resolve(document, {"$ref": "#/components/schemas/A", "title": "mine"}) == {"type": "string", "title": "mine"}
