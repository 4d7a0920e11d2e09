"""The body that a run file is about, as a person types it: a code, or a part of a name."""

from __future__ import annotations

import unicodedata
from typing import Final

from conformance import identifiers
from conformance.cli.questions import RefusedError
from conformance.model import Text
from conformance.sut.public_bodies import PublicBody, bodies

MINISTRY: Final = "ministry"
_KIND: Final = "local-government-code"
_LENGTH: Final = 6
_SHOWN: Final = 8


def body(answer: str) -> PublicBody | None:
    """The body with a code, or the only one whose name has the text in it; None for a ministry.

    Raises `RefusedError` with what is near.
    """
    typed = unicodedata.normalize("NFKC", answer).strip()  # digits are often typed in full width
    if typed == MINISTRY:
        return None
    if typed in bodies():
        return bodies()[typed]
    if typed.isdigit():
        raise _wrong_code(typed)
    return _by_name(answer)


def _wrong_code(code: str) -> RefusedError:
    for city in bodies().values():
        if any(ward.code == code for ward in city.wards):
            return _refused(f"{code} is a ward of {city.name}", f"{code} は{city.name}の区です", [city])
    if len(code) not in {_LENGTH - 1, _LENGTH}:
        return _refused("the code has six digits, check digit included", "コードは検査数字を含む6桁です", [])
    right = code[: _LENGTH - 1] + identifiers.check_digit(_KIND, code[: _LENGTH - 1])
    if right != code and right in bodies():
        wrong_digit = len(code) == _LENGTH
        said = Text("検査数字が違います", "the check digit is wrong") if wrong_digit else Text(
            "検査数字がありません", "the check digit is missing"
        )  # fmt: skip
        return _refused(said.en, said.ja, [bodies()[right]])
    same_prefecture = [found for key, found in bodies().items() if key[:4] == code[:4]] or [
        found for key, found in bodies().items() if key[:2] == code[:2]
    ]
    return _refused(f"there is no body with the code {code}", f"{code} という団体はありません", same_prefecture)


def _by_name(name: str) -> PublicBody:
    found = [entry for entry in bodies().values() if entry.name == name] or [
        entry for entry in bodies().values() if name and name in entry.name
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise _refused(
            "no body has this in its name; type the six-digit code, part of the name in kanji, or 'ministry'",
            "該当する団体がありません。6桁のコード、名称の一部又は ministry を入力してください",
            [],
        )
    raise _refused("more than one has this in its name; type a code", "複数あります。コードを入力してください", found)


def _refused(en: str, ja: str, near: list[PublicBody]) -> RefusedError:
    listed = ", ".join(f"{entry.code} {entry.name}" for entry in near[:_SHOWN]) + (" …" if len(near) > _SHOWN else "")
    if not listed:
        return RefusedError(Text(ja, en))
    return RefusedError(Text(f"{ja}: {listed}", f"{en}: {listed}"))
