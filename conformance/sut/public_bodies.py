"""The public body that a run file names: it must exist, and gives name and type."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import msgspec

from conformance import identifiers
from conformance.model import Text
from conformance.resources import fixtures_dir

from .run_file_place import Place, nearest

_KEY: Final = ("body", "code")


class Ward(msgspec.Struct, frozen=True):
    """A ward of a designated city: it has a code, but is no body."""

    code: str
    name: str


class PublicBody(msgspec.Struct, frozen=True):
    """A municipality or prefecture as `fixtures/bodies.json` has it."""

    code: str
    name: str
    type: str
    wards: tuple[Ward, ...] = ()


@functools.cache
def bodies() -> Mapping[str, PublicBody]:
    """All municipalities and prefectures by code."""
    data = (fixtures_dir() / "bodies.json").read_bytes()
    return {body.code: body for body in msgspec.json.decode(data, type=list[PublicBody])}


def public_body(body: Mapping[str, Any], place: Place) -> tuple[str, str, str]:
    """Code, name and type of the body that the table [body] names. Raises RunFileError."""
    code: str = body.get("code", "")
    if "type" in body:
        return code, body["name"], body["type"]
    found = bodies().get(code)
    if found is None:
        _refuse_code(code, place)
    return found.code, found.name, found.type


def _refuse_code(code: str, place: Place) -> NoReturn:
    if not identifiers.is_valid("local-government-code", code):
        right = code[:5] + identifiers.check_digit("local-government-code", code[:5])
        place.refuse(
            _KEY,
            Text(ja=f"{code} の検査数字が違います", en=f"the check digit of {code} is wrong"),
            Text(ja=f"{code[:5]} の正しいコードは {right} です", en=f"the code that begins with {code[:5]} is {right}"),
        )
    for city in bodies().values():
        for ward in city.wards:
            if ward.code == code:
                _refuse_ward(city, ward, place)
    near = nearest(code, bodies())
    told = f"{near} {bodies()[near].name}" if near else "-"
    place.refuse(
        _KEY,
        Text(ja=f"{code} という団体はありません", en=f"there is no body with the code {code}"),
        Text(
            ja=f"全国地方公共団体コードを確認してください。近いもの: {told}",
            en=f"look the code up in the published list; a near one: {told}",
        ),
    )


def _refuse_ward(city: PublicBody, ward: Ward, place: Place) -> NoReturn:
    place.refuse(
        _KEY,
        Text(ja=f"{ward.code} は{city.name}の区({ward.name})です", en=f"{ward.code} is a ward of {city.name}"),
        Text(ja=f"市のコード {city.code} を書いてください", en=f"write the code of the city: {city.code}"),
    )
