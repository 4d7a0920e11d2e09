"""Values that break exactly what one constraint says, and values that stand on its edge.

One function per constraint of JSON Schema. What they make is judged again against the document before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from conformance.compile.draft import About
from conformance.compile.places import Place, is_special
from conformance.expression import MISSING

TEXT_EDGE = "漢"
_MANY_IN_ONE = "葛\U000e0100か\u3099"
"""Four characters, of which two are seen (common part, 8: `maxLength` counts code points)."""
_KINDS: dict[str, tuple[Any, ...]] = {
    "string": (12345, True, ["x"], {"x": "y"}, None),
    "integer": ("1", 1.5, True, [1], None),
    "number": ("1.5", True, [1], None),
    "boolean": ("true", 1, None),
    "array": ("x", {"0": "x"}, None),
    "object": ("x", ["x"], None),
}


class Mutation(NamedTuple):
    """A value for one place, the family of scripts it belongs to, and what it is about."""

    family: str
    value: Any
    about: About


def about(place: str, ja: str, en: str) -> About:
    """What is wrong (or special) at a place, in both languages."""
    name = place or "/"
    return {"ja": f"{name}: {ja}", "en": f"{name}: {en}"}


def kinds(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types a schema allows; guessed from its keywords where it names none."""
    named = schema.get("type")
    if named:
        return (named,) if isinstance(named, str) else tuple(named)
    for word, kind in (("properties", "object"), ("items", "array"), ("pattern", "string"), ("maxLength", "string")):
        if word in schema:
            return (kind,)
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    return tuple({"string" if isinstance(v, str) else "integer" for v in values})


def wrong(place: Place) -> Iterator[Mutation]:
    """Everything that must be refused at a place."""
    schema, pointer = place.schema, place.pointer
    if place.required and place.present and not pointer.rsplit("/", 1)[-1].isdecimal():
        yield Mutation("schema.missing", MISSING, about(pointer, "必須項目がない", "a required property is missing"))
    allowed = kinds(schema)
    if allowed:
        for value in _KINDS.get(allowed[0], ()):
            yield Mutation("schema.type", value, about(pointer, f"型が異なる({value!r})", f"another type ({value!r})"))
    if "string" in allowed:
        yield from _wrong_text(place)
    if "integer" in allowed or "number" in allowed:
        yield from _wrong_number(place)
    if "array" in allowed:
        yield from _wrong_array(place)
    if "enum" in schema or "const" in schema:
        yield from _wrong_choice(place)


def _seed_text(place: Place) -> str:
    """A valid text to start from: the value of the call, an example, a value of the enumeration."""
    if isinstance(place.value, str):
        return place.value
    for word in ("examples", "enum"):
        if place.schema.get(word):
            return str(place.schema[word][0])
    return str(place.schema.get("example", place.schema.get("const", "")))


def _wrong_text(place: Place) -> Iterator[Mutation]:
    schema, pointer = place.schema, place.pointer
    longest, shortest = schema.get("maxLength"), schema.get("minLength", 0)
    seed = _seed_text(place) or TEXT_EDGE
    if schema.get("format") == "mj-text" and not place.ruled and longest is not None and 0 < longest <= 5000:
        for ja, en, text in (
            ("異体字セレクタ及び結合文字", "with variation selectors and combining marks", _MANY_IN_ONE * longest),
            ("末尾の空白", "with a space at the end", f"{(seed.strip() or TEXT_EDGE) * longest}"[:longest] + " "),
        ):
            note = about(pointer, f"{ja}で限度{longest}を1超える", f"one more than the limit {longest}, {en}")
            yield Mutation("schema.length", text[: longest + 1], note)
    if longest is not None and "enum" not in schema and longest < 100_000:
        text = (seed * (longest // len(seed) + 2))[: longest + 1]
        yield _of_size("schema.length", pointer, text, "文字", "characters", limit=longest)
    if shortest > 0 and "enum" not in schema:
        yield _of_size("schema.length", pointer, seed[: shortest - 1], "文字", "characters", limit=shortest)
    if "pattern" in schema:
        for ja, en, text in _off_pattern(schema, seed):
            too_long = longest is not None and len(text) > longest
            family = "schema.length" if too_long or len(text) < shortest else "schema.pattern"
            yield Mutation(family, text, about(pointer, f"形式が異なる: {ja}", f"another form: {en}"))
    if is_special(place.value) and "pattern" in schema:
        yield from _beside_special(place)


def _beside_special(place: Place) -> Iterator[Mutation]:
    """A right value, known only when played, with one sign before or behind it: a pattern without ends lets it pass."""
    fixed = place.schema.get("maxLength") == place.schema.get("minLength", 0)
    for ja, en, parts in (
        ("末尾に数字1つ", "one digit more", [place.value, "0"]),
        ("先頭に空白", "a space before it", [" ", place.value]),
        ("末尾に空白", "a space at the end", [place.value, " "]),
        ("末尾に改行", "a line break at the end", [place.value, "\n"]),
    ):
        family = "schema.length" if fixed else "schema.pattern"
        yield Mutation(family, {"$join": parts}, about(place.pointer, ja, en))


def _of_size(family: str, pointer: str, value: Any, ja: str, en: str, *, limit: int) -> Mutation:
    """A text or array whose size is beyond a limit."""
    size = len(value)
    return Mutation(family, value, about(pointer, f"{size}{ja}(限度{limit})", f"{size} {en}, the limit is {limit}"))


def _off_pattern(schema: Mapping[str, Any], seed: str) -> Iterator[tuple[str, str, str]]:
    """Texts close to a valid one; the judge of the document sorts out those that match after all."""
    longest = schema.get("maxLength", 0)
    if "[0-9]" in schema["pattern"] and longest and longest == schema.get("minLength"):
        digits = seed if seed[:1].isdigit() else "1" * longest
        yield "全角数字", "full-width digits", _digits(digits, "０")
        yield "アラビア・インド数字", "Arabic-Indic digits", _digits(digits, "٠")
        yield "英字1つ", "one letter", f"{digits[:-1]}X"
    if seed:
        yield "先頭に空白", "a leading space", " " + seed[:-1] if len(seed) > 1 else " "
        yield "末尾に改行", "a line break at the end", seed + "\n"
        yield "末尾に記号", "a sign at the end", seed[:-1] + "#"
        wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in seed)
        yield "全角", "full-width characters", wide
        half = seed.replace("ア", "ｱ").replace("タ", "ﾀ").replace("ン", "ﾝ").replace("カ", "ｶ")
        yield "半角カナ", "half-width kana", half
    if schema.get("format") == "katakana-name":
        yield "ひらがな", "hiragana", "やまだ"
        yield "漢字", "kanji", "山田"
        yield "英字", "Latin letters", "YAMADA"
        yield "濁点の分離", "a voiced mark of its own", "カ\u3099"
        yield "半角", "half-width", "ﾔﾏﾀﾞ"


def _digits(text: str, zero: str) -> str:
    """The text with its digits written in another script, which a program may take for digits too."""
    return "".join(chr(ord(zero) + int(sign)) if "0" <= sign <= "9" else sign for sign in text)


def _wrong_number(place: Place) -> Iterator[Mutation]:
    schema, pointer = place.schema, place.pointer
    for word, step in (("maximum", 1), ("minimum", -1), ("exclusiveMaximum", 0), ("exclusiveMinimum", 0)):
        bound = schema.get(word)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            value = bound + step
            yield Mutation(
                "schema.range", value, about(pointer, f"{value}({word} {bound})", f"{value} ({word} {bound})")
            )


def _wrong_array(place: Place) -> Iterator[Mutation]:
    schema, pointer, value = place.schema, place.pointer, place.value
    if not isinstance(value, list) or not value:
        if schema.get("minItems", 0) > 0 and place.present:
            yield Mutation("schema.items", [], about(pointer, "要素がない", "no items"))
        return
    shortest, longest = schema.get("minItems", 0), schema.get("maxItems")
    if shortest > 0:
        yield _of_size("schema.items", pointer, value[: shortest - 1], "件", "items", limit=shortest)
    if longest is not None and longest <= 2000:
        yield _of_size("schema.items", pointer, _many(value, longest + 1), "件", "items", limit=longest)
    if schema.get("uniqueItems"):
        yield Mutation("schema.items", [*value, value[0]], about(pointer, "同じ要素が2つ", "one item twice"))


def _many(value: list[Any], number: int) -> list[Any]:
    """Different items where they can be told apart: fresh values get keys of their own, texts a number."""
    first = value[0]
    if is_special(first) and "$e" in first:
        return [first, *(f"sample-id-{index:08d}" for index in range(number - 1))]
    return [distinct(first, index) for index in range(number)]


def distinct(item: Any, index: int) -> Any:
    """An item like another one, with fresh values of its own."""
    if isinstance(item, dict):
        if "$fresh" in item:
            return {**item, "key": f"{item.get('key', '')}+{index}"}
        return {name: distinct(child, index) for name, child in item.items()}
    return item


def _wrong_choice(place: Place) -> Iterator[Mutation]:
    allowed = place.schema.get("enum", [place.schema.get("const")])
    texts = [value for value in allowed if isinstance(value, str)]
    if texts:
        other = ["not-one-of-them", *(t.upper() for t in texts[:1] if t.upper() not in texts), texts[0] + " ", ""]
        for value in other:
            yield _not_listed(place.pointer, value)
    elif allowed and all(isinstance(value, int) for value in allowed):
        yield _not_listed(place.pointer, max(allowed) + 1)


def _not_listed(pointer: str, value: Any) -> Mutation:
    return Mutation("schema.enum", value, about(pointer, f"一覧にない値({value!r})", f"not a listed value ({value!r})"))


def edges(place: Place) -> Iterator[Mutation]:
    """What must be accepted at a place that no business rule restricts: values on its edges, each that is listed."""
    schema, pointer = place.schema, place.pointer
    if place.ruled:
        return
    allowed = kinds(schema)
    if "enum" in schema:
        for value in _spread(schema["enum"]):
            yield Mutation(
                "schema.generated", value, about(pointer, f"一覧の値({value!r})", f"a listed value ({value!r})")
            )
    elif "string" in allowed:
        yield from _text_edges(place)
    elif "integer" in allowed:
        for word in ("minimum", "maximum"):
            if word in schema:
                yield Mutation("schema.boundary", schema[word], about(pointer, f"{word}の値", f"its {word}"))
    elif "boolean" in allowed:
        for flag in (True, False):
            yield Mutation("schema.generated", flag, about(pointer, f"{flag}", f"{flag}"))
    if not place.required and place.present:
        yield Mutation("schema.generated", MISSING, about(pointer, "任意項目の省略", "an optional property left out"))


def _spread(values: list[Any], most: int = 12) -> list[Any]:
    """All of a short enumeration; of a long one (country codes) some, spread from its first to its last."""
    if len(values) <= most:
        return values
    return [values[round(index * (len(values) - 1) / (most - 1))] for index in range(most)]


def _text_edges(place: Place) -> Iterator[Mutation]:
    schema, pointer = place.schema, place.pointer
    seed = _seed_text(place)
    if not seed:
        return
    longest, shortest = schema.get("maxLength"), max(1, schema.get("minLength", 0))
    family = "schema.boundary"
    if longest is not None and longest <= 5000:
        text = (seed * (longest // len(seed) + 1))[:longest]
        yield Mutation(family, text, about(pointer, f"上限{longest}文字", f"{longest} characters, the limit"))
    text = (seed * shortest)[:shortest]
    yield Mutation(family, text, about(pointer, f"下限{shortest}文字", f"{shortest} characters, the least"))


def extra_property(pointer: str, schema_names: Mapping[str, Any]) -> Mutation:
    """A property that a closed object does not know."""
    name = "undeclared_property"
    while name in schema_names:
        name += "_"
    return Mutation(
        "schema.unknown-property", name, about(f"{pointer}/{name}", "宣言のない項目", "an undeclared property")
    )
