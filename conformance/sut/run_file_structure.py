"""What the schema says against a run file, each told with file, line, key and what to do."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import jsonschema_rs

from conformance.model import Text

from .run_file_place import Place, nearest
from .toml_lines import Key

SCHEMA_FILE: Final = Path(__file__).parent.parent / "run_file.schema.json"

_SECRETS: Final = frozenset({"secret", "key", "certificate"})
_TYPES: Final = {
    "object": Text(ja="表", en="a table"),
    "array": Text(ja="配列", en="an array"),
    "string": Text(ja="引用符で囲んだ文字列", en="a string in quotes"),
    "integer": Text(ja="整数", en="an integer"),
    "number": Text(ja="数値", en="a number"),
}
_ORDER: Final = ("additionalProperties", "const", "enum", "type")


@functools.cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of the data of a run file."""
    loaded: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return loaded


@functools.cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(schema()))


def check_structure(data: Mapping[str, Any], place: Place) -> None:
    """Refuse the first thing, by line, that the schema does not allow. Values are not repeated."""
    errors = list(_validator().iter_errors(_as_json(data)))
    if not errors:
        return

    def rank(error: jsonschema_rs.ValidationError) -> tuple[int, int]:
        name = error.kind.name
        return place.line(_key(error)), _ORDER.index(name) if name in _ORDER else len(_ORDER)

    # A misspelt key also leaves the right one missing, a literal secret may too: tell of the cause.
    causes = [error for error in errors if error.kind.name == "additionalProperties" or _is_literal_secret(error)]
    _refuse_error(min(causes or errors, key=rank), place)


def _is_literal_secret(error: jsonschema_rs.ValidationError) -> bool:
    path = error.instance_path
    return bool(path) and path[-1] in _SECRETS and error.kind.name == "type"


def _as_json(value: Any) -> Any:
    """The data as JSON has it. TOML's dates and times have no place in a run file: they become null, a wrong type."""
    if isinstance(value, Mapping):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return None if isinstance(value, dt.date | dt.time) else value


def _key(error: jsonschema_rs.ValidationError) -> Key:
    parts = tuple(str(part) for part in error.instance_path)
    kind = error.kind.as_dict()
    if error.kind.name == "additionalProperties":
        return (*parts, kind["unexpected"][0])
    return parts


def _refuse_error(error: jsonschema_rs.ValidationError, place: Place) -> NoReturn:
    key, name, kind = _key(error), error.kind.name, error.kind.as_dict()
    if name == "additionalProperties":
        _refuse_unknown(key, _allowed(error), place)
    if _is_literal_secret(error):
        _refuse_literal(key, place)
    if name == "required":
        missing = kind["property"]
        place.refuse(
            key,
            Text(ja=f"必須のキー {missing} がありません", en=f"the key {missing} is missing"),
            Text(ja=f"{missing} を追加してください", en=f"add {missing} = ... here"),
        )
    if name == "const" and key == ("environment",):
        _refuse_environment(place)
    place.refuse(key, *_words(name, kind, key))


def _refuse_unknown(key: Key, allowed: Sequence[str], place: Place) -> NoReturn:
    near = nearest(key[-1], allowed)
    then = (
        Text(ja=f"{near} の誤りではありませんか", en=f"did you mean {near}?")
        if near
        else Text(ja=f"使えるキー: {', '.join(allowed)}", en=f"remove it; known here: {', '.join(allowed)}")
    )
    place.refuse(key, Text(ja="不明なキーです", en="unknown key"), then)


def _refuse_literal(key: Key, place: Place) -> NoReturn:
    place.refuse(
        key,
        Text(
            ja="秘密の値を実行設定ファイルに直接書くことはできません",
            en="a secret may not stand in the run file, only where it is",
        ),
        Text(
            ja=f'{key[-1]} = {{ env = "変数名" }} 又は {{ file = "パス" }} と書き、ここにあった値は変更してください',
            en=f'write {key[-1]} = {{ env = "NAME" }} or {{ file = "path" }}; change a secret that stood here',
        ),
    )


def _refuse_environment(place: Place) -> NoReturn:
    place.refuse(
        ("environment",),
        Text(
            ja='environment は "test" でなければなりません。本スイートはデータを作成、変更、取消しします',
            en='environment must be "test": the suite creates, changes and cancels data in the system',
        ),
        Text(
            ja='試験環境に向け、environment = "test" としてください。住民の実データがある環境では実行できません',
            en='point it at a test environment and write environment = "test"; never at one that holds real people',
        ),
    )


def _words(name: str, kind: Mapping[str, Any], key: Key) -> tuple[Text, Text]:
    """What is wrong, and what to do, for the plain constraints of the schema."""
    if name == "type":
        types = [_TYPES[wanted] for wanted in kind["types"]] if "types" in kind else []
        ja, en = "又は".join(t.ja for t in types), " or ".join(t.en for t in types)
        return Text(ja="型が違います", en="wrong type"), Text(ja=f"{ja}を書いてください", en=f"write {en}")
    if name in {"enum", "const"}:
        options = kind.get("options") or [kind.get("expected_value")]
        listed = ", ".join(json.dumps(option) for option in options)
        return (
            Text(ja="使えない値です", en="this value is not allowed"),
            Text(ja=f"次のいずれかを書いてください: {listed}", en=f"write one of: {listed}"),
        )
    if name == "pattern":
        return form(key)
    if name in {"minProperties", "maxProperties"}:
        return (
            Text(ja="項目の数が違います", en="too few or too many entries"),
            Text(ja="説明にある項目をちょうど一つ(servicesは一つ以上)書いてください", en=_describe(key)),
        )
    limit = kind.get("limit", "")
    return (
        Text(ja=f"制約 {name} {limit} に反します".replace("  ", " "), en=f"breaks the limit {name} {limit}".rstrip()),
        Text(ja="範囲内の値を書いてください", en="write a value within the limit"),
    )


def _describe(key: Key) -> str:
    return "name at least one service" if key == ("services",) else 'give either { env = "NAME" } or { file = "path" }'


def form(key: Key) -> tuple[Text, Text]:
    what = Text(ja="書式が違います", en="wrong form")
    if key == ("body", "code"):
        return what, Text(
            ja='検査数字を含む6桁の全国地方公共団体コードを引用符で囲んで書いてください(例 "131016")',
            en='write the six digits of the local government code, check digit included, in quotes: "131016"',
        )
    if key[-1].endswith("url"):
        return what, Text(
            ja="http:// 又は https:// で始まり、クエリ、フラグメント、利用者名を含まないURLを書いてください",
            en="write an absolute http:// or https:// URL without query, fragment, user name and password",
        )
    if key[-1] == "version":
        return what, Text(ja='"1.0" のように書いてください', en='write it as "1.0"')
    if key[-1] == "env":
        return what, Text(ja="環境変数の名前だけを書いてください", en="write the name of an environment variable only")
    return what, Text(ja="英数字、- 及び _ だけで書いてください", en="use letters, digits, - and _ only")


def _allowed(error: jsonschema_rs.ValidationError) -> list[str]:
    """The keys that the schema has where the error is."""
    here: Any = schema()
    for part in list(error.schema_path)[:-1]:
        here = here[part]
        while isinstance(here, str) and here.startswith("#/$defs/"):
            here = schema()["$defs"][here.removeprefix("#/$defs/")]
    return sorted(here.get("properties", {}))
