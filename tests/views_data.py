"""A realistic run for the views: 12 areas, every kind of verdict, long texts, failures with long JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

Line = dict[str, Any]

SERVICE = "resident-registry"
PWNED = "data-pwned"
PAYLOADS = (
    f"\"'><script>document.documentElement.setAttribute('{PWNED}','1')</script>",
    f"<img src=x onerror=\"document.documentElement.setAttribute('{PWNED}','2')\">",
    f"<svg onload=\"document.documentElement.setAttribute('{PWNED}','3')\"></svg>",
    f"</script></style></title>--><script>document.documentElement.setAttribute('{PWNED}','4')</script>",
    "{{ 7 * 7 }}{% raw %}]]>\u202egnp.exe\u202c\x00\x1b[31m\u200b",
    "javascript:document.documentElement.setAttribute('" + PWNED + "','5')",
)

_AREAS = {
    "http": ("HTTP", "未宣言のメソッドを 405 で拒否する", "Undeclared methods are refused with 405"),
    "errors": ("ERR", "エラーを RFC 9457 の形式で返す", "Errors are told as RFC 9457 problem details"),
    "schema": ("SCH", "応答が公開文書のスキーマに従う", "Responses match the published schema"),
    "validation": (
        "VAL",
        "スキーマに反する要求を 400 で拒否する",
        "Requests that violate the schema are refused with 400",
    ),
    "security": ("SEC", "権限のない要求を 403 で拒否する", "Requests without the scope are refused with 403"),
    "paging": ("PAG", "ページは重複も欠落もない", "Pages are disjoint and complete"),
    "conditional": ("CON", "古い ETag による更新を 412 で拒否する", "A change with a stale ETag is refused with 412"),
    "idempotency": (
        "IDE",
        "同じ Idempotency-Key の再送に同じ応答を返す",
        "The same Idempotency-Key gives the same answer",
    ),
    "identifiers": ("NUM", "検査用数字の誤りを 422 で拒否する", "A wrong check digit is refused with 422"),
    "text": ("TXT", "氏名の文字を変えずに保持する", "Names are kept code point by code point"),
    "dates": ("DAT", "存在しない暦日を 400 で拒否する", "Impossible calendar dates are refused with 400"),
    "movements": ("MOV", "転入届により住民を登録する", "A move-in registers the residents"),
}
_OPERATIONS = (
    "searchResidents", "getResident", "correctResident", "listResidentHistory", "registerMoveIn", "registerMoveOut",
    "registerAddressChange", "getHousehold", "issueCertificate", "putProtection",
)  # fmt: skip
_LONG_JA = "この規定は、出生の年月日の一部が不明な者、通称を併記する者及び旧氏を併記する者の転入についても同様とする。"
_LONG_EN = (
    "The same holds for the move-in of a whole household, including members whose date of birth is partly unknown."
)


def run(*, partial: bool = False, footer: bool = True, failing: bool = True) -> list[Line]:
    """The lines of a run: header, 112 verdicts, footer."""
    verdicts = _verdicts(failing=failing)
    lines = [_header(partial=partial), *verdicts]
    return [*lines, _footer(verdicts)] if footer else lines


def write(lines: list[Line], path: Path) -> Path:
    """Write lines as `run.jsonl`."""
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def hostile(lines: list[Line]) -> list[Line]:
    """The same run with a payload in every free text and every free key."""
    payload = cycle(PAYLOADS)
    poison: Callable[[str], str] = lambda text: text + next(payload)  # noqa: E731  typed, and shorter than a def
    return [_poisoned(line, poison) for line in lines]


def _poisoned(value: Any, poison: Callable[[str], str], key: str = "") -> Any:
    fixed = {"type", "format", "verdict", "level", "kind", "profile", "standing"}
    if isinstance(value, str):
        return value if key in fixed else poison(value)
    if isinstance(value, list):
        return [_poisoned(item, poison) for item in value]
    if isinstance(value, dict):
        free = key in {
            "operations",
            "libraries",
            "documents",
            "options_not_supported",
            "run_file",
            "exercised",
            "not_exercised",
        }
        return {poison(k) if free else k: _poisoned(v, poison, "" if k == "body" else k) for k, v in value.items()}
    return value


def _header(*, partial: bool) -> Line:
    digest = "sha256:" + "0123456789abcdef" * 4
    narrowed: Line = {"services": [SERVICE], "requirements": [], "operations": ["registerMoveIn"], "scripts": []}
    narrowed["max_requests"] = 500
    everything: Line = {"services": [], "requirements": [], "operations": [], "scripts": [], "max_requests": None}
    return {
        "type": "header", "format": "conformance-run/1", "suite": "0.1.0", "created": "2026-11-24T12:00:00+09:00",
        "seed": "ab12cd34ef56ab78", "run_id": "20261124-120000-ab12",
        "body": {"code": "131016", "name": "千代田区", "type": "special_ward"},
        "product": "参照実装 住民記録", "vendor": "参照実装", "environment": "test", "partial": partial,
        "filters": narrowed if partial else everything,
        "options": ["bulk-export", "household-certificate"],
        "options_not_supported": {"online-move-out": "次版（2027年4月）で対応するため、現在は無効にしている。"},
        "services": [
            {
                "service": SERVICE, "version": "1.0", "title": {"ja": "住民記録", "en": "Resident registry"},
                "base_url": "http://127.0.0.1:8080/resident-registry/v1", "edition": digest, "scripts": 3456,
                "documents": {"openapi.yaml": digest, "workflows.arazzo.yaml": digest, "requirements.yaml": digest},
                "profile": "project", "available_roles": ["clerk", "viewer"],
                "situation": {
                    "body_type": "special_ward", "options": ["bulk-export"], "upper_tester": True, "day": "2026-11-24",
                    "services": [SERVICE],
                },
                "first": 0,
            }
        ],
        "libraries": {"httptools": "0.9.0", "schemathesis": "4.32.5", "hypothesis": "6.170.15", "msgspec": "0.22.0"},
        "run_file": {"body": "131016", "services": {SERVICE: {"version": "1.0", "rate": 200}}, "roles": ["clerk"]},
    }  # fmt: skip


def _footer(verdicts: list[Line]) -> Line:
    kinds = Counter(line["verdict"] for line in verdicts)
    judged = kinds["pass"] + kinds["fail"]
    binding = any(line["verdict"] == "fail" and line["level"] != "recommended" for line in verdicts)
    standing = "non-conforming" if binding else "incomplete" if kinds["inconclusive"] else "conforming"
    return {
        "type": "footer", "finished": "2026-11-24T12:00:21+09:00", "exchanges": 9876,
        "scripts": {"planned": 3456, "played": 3450, "troubled": 6}, "verdicts": dict(kinds), "standing": standing,
        "coverage": {"judged": judged, "applicable": judged + kinds["inconclusive"]},
        "pass_rate": {"passed": kinds["pass"], "judged": judged},
        "exercised": {SERVICE: {
            "operations": [22, 22], "parameters": [41, 44], "properties": [87, 90], "constraints": [151, 173],
            "status": [96, 118], "codes": [80, 99], "links": [9, 14], "roles": [4, 4],
        }},
        "not_exercised": {SERVICE: {"links": ["registerMoveIn 201 cancellation"], "roles": ["getResident x"]}},
        "timing": {"wall_seconds": 21.42, "client_cpu_seconds": 5.13},
        "evidence": "sha256:" + "fedcba9876543210" * 4, "lines": "sha256:" + "89abcdef01234567" * 4,
    }  # fmt: skip


def _verdicts(*, failing: bool) -> list[Line]:
    lines = []
    for number in range(112):
        area = list(_AREAS)[number % len(_AREAS)]
        lines.append(_verdict(area, number // len(_AREAS) + 1))
    by_id = {line["requirement"]: line for line in lines}
    for requirement in ("TXT-008", "MOV-008"):
        _not_judged(by_id[f"COM-{requirement}"], "inconclusive")
    for requirement in ("HTTP-009", "PAG-009", "SEC-009"):
        _not_judged(by_id[f"COM-{requirement}"], "not_applicable")
    _not_judged(by_id["COM-ERR-009"], "not_tested")
    if failing:
        for failure in _FAILURES:
            _fail(by_id[failure[0]], failure)
        reason = {"ja": "2027年3月31日までの経過措置。", "en": "Transitional until 31 March 2027."}
        by_id["COM-CON-005"] |= {"verdict": "waived", "reason": reason}
    return lines


def _verdict(area: str, number: int) -> Line:
    prefix, ja, en = _AREAS[area]
    operation = _OPERATIONS[(number * 3 + len(area)) % len(_OPERATIONS)]
    levels = ("mandatory", "mandatory", "mandatory", "optional", "mandatory", "prohibited", "recommended")
    long = number % 5 == 0
    return {
        "type": "verdict", "requirement": f"COM-{prefix}-{number:03}", "service": SERVICE, "verdict": "pass",
        "level": levels[(number + len(area)) % 7], "area": area,
        **({"area_title": {"ja": f"分野{area}", "en": f"Area {area}"}} if area != "http" else {}),
        "title": {"ja": f"{ja}（{operation}）", "en": f"{en} ({operation})"},
        "statement": {
            "ja": f"システムは、操作 {operation} において、{ja}ものでなければならない。{_LONG_JA if long else ''}",
            "en": f"The system shall behave so in {operation}: {en}. {_LONG_EN if long else ''}".strip(),
        },
        "source": _source(number), "judged": 12 * number + 7, "failed": 0, "inconclusive": 0,
        "operations": {operation: [12 * number + 7, 0]}, "same_cause": [], "examples": [],
    }  # fmt: skip


def _source(number: int) -> Line:
    if number % 4 == 0:
        return {"kind": "law", "document": "住民基本台帳法（昭和42年法律第81号）", "clause": "第22条"}
    if number % 4 == 1:
        return {"kind": "standard", "document": "RFC 9110 HTTP Semantics", "clause": "15.5.6"}
    return {"kind": "profile", "document": "共通プロファイル 1.0", "clause": None if number % 4 == 2 else "3.2"}


def _not_judged(line: Line, verdict: str) -> None:
    reasons = {
        "inconclusive": (
            "試験制御インターフェース（upper tester）がないため、日付を進めることができない。",
            "There is no upper tester, so the date cannot be moved on.",
        ),
        "not_applicable": ("指定都市にだけ適用される。", "Applies to designated cities only."),
        "not_tested": (
            "運用手順に関する要求であり、API からは観察できない。",
            "About operating procedure; an API cannot show it.",
        ),
    }
    ja, en = reasons[verdict]
    line |= {"verdict": verdict, "judged": 0, "operations": {}, "reason": {"ja": ja, "en": en}}
    if verdict == "inconclusive":
        line["inconclusive"] = 4


_MOVE_IN = {
    "event_date": "2026-11-20", "notification_date": "2026-11-24", "unknown_property": True,
    "members": [
        {
            "individual_number": "123456789018", "name": {"family": "𠮷田", "given": "はな子", "family_kana": "ヨシダ"},
            "birth_date": {"value": "1985-00-00", "unknown": True, "notation": "昭和60年月日不詳"}, "sex": "2",
            "relationship": "child" if n else "head",
        } for n in range(6)
    ],
}  # fmt: skip
_LONG_PATH = "/residents?household_id=7f3a&limit=20&offset=20&" + "&".join(f"padding{n}={'x' * 30}" for n in range(12))
# requirement, level, operation, sentence (ja, en), expected, actual, method, path, body, status, same cause
_FAILURES: tuple[tuple[Any, ...], ...] = (
    ("COM-VAL-001", "mandatory", "registerMoveIn",
     "公開文書にないプロパティ unknown_property を含む要求を、400 で拒否せずに受け付けた。",
     "A request with the undeclared property unknown_property was accepted instead of being refused with 400.",
     "400 かつ application/problem+json、code は invalid_request", "201 Created、application/json",
     "POST", "/move_ins", _MOVE_IN, 201, ["COM-IDE-004", "COM-ABS-001"]),
    ("COM-TXT-002", "mandatory", "correctResident", "氏の 1 文字目が互換漢字から統合漢字に置き換わった。",
     "The first character of the family name was turned from a compatibility ideograph into a unified one.",
     "\ufa19\u8c37 葛\U000e0100飾 か\u3099（登録したとおり）", "\u795e\u8c37 葛飾 が\u202e（NFC に正規化）",
     "PATCH", "/residents/7f3a", {"name": {"family": "\ufa19\u8c37"}, "reason": "\u200b職権訂正"}, 200, []),
    ("COM-PAG-003", "mandatory", "searchResidents", "2 ページ目から 1 件が抜けている。",
     "One item is missing from the second page.", "45 件（limit=20 で 20、20、5）", "44 件（20、19、5）",
     "GET", _LONG_PATH, None, 200, ["COM-TXT-002"]),
    ("COM-IDE-004", "optional", "issueCertificate", "同じキーの再送により、証明書が 2 通発行された。",
     "Sending the same key again issued a second certificate.", "同じ id（1 通）", "異なる id（2 通）",
     "POST", "/certificates", {"resident_id": "7f3a", "kind": "household"}, 201, []),
    ("COM-ERR-003", "recommended", "getResident", "Retry-After が付いていない。", "There is no Retry-After.",
     "Retry-After: 秒数", "なし", "GET", "/residents/7f3a", None, 429, []),
    ("COM-CON-005", "mandatory", "correctResident", "古い ETag による更新を受け付けた。",
     "A change with a stale ETag was accepted.", "412", "200", "PATCH", "/residents/7f3a", {"sex": "1"}, 200, []),
)  # fmt: skip


def _fail(line: Line, failure: tuple[Any, ...]) -> None:
    requirement, level, operation, ja, en, expected, actual, method, path, body, status, same_cause = failure
    example = _example(requirement, operation, (ja, en), (expected, actual), method, path, body, status)
    line |= {"verdict": "fail", "level": level, "judged": 123, "failed": 2, "same_cause": same_cause}
    line["examples"] = [example, example] if body is _MOVE_IN else [example]
    line["operations"] = {operation: [40, 2], "registerMoveOut": [83, 0]}
    if body is _MOVE_IN:
        example["preamble"] = ["POST /fixture_sets/base/load -> 204", "GET /households/7f3a -> 200"]


def _example(
    requirement: str, operation: str, message: tuple[str, str], slots: tuple[str, str],
    method: str, path: str, body: Any, status: int,
) -> Line:  # fmt: skip
    url = f"http://127.0.0.1:8080/resident-registry/v1{path}"
    text = "" if body is None else json.dumps(body, ensure_ascii=False, indent=2)
    answer = json.dumps({"id": "0f9d", "status": "active", "results": [{"id": n} for n in range(20)]}, indent=2)
    return {
        "finding": {
            "requirement": requirement, "script": "a3f19c0d2b7e", "step": "call", "rule": "schema.unknown-property",
            "message": {"ja": message[0], "en": message[1]}, "expected": slots[0], "actual": slots[1],
            "operation": operation, "method": method, "url": url, "status": status,
        },
        "request": f"{method} {path} HTTP/1.1\nHost: 127.0.0.1:8080\nAuthorization: [redacted]\n\n{text}",
        "response": f"HTTP/1.1 {status}\nContent-Type: application/json\nCache-Control: no-store\n\n{answer}",
        "curl": f"curl -sS -X {method} '{url}' -H 'Authorization: Bearer $TOKEN' --data-binary '{text}'",
        "replay": "conformance run --run-file conformance.toml --script a3f19c0d2b7e", "preamble": [],
    }  # fmt: skip
