"""Redaction: personal numbers and credentials never stay in what is kept, and no verdict changes by it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import sys
import threading
import urllib.parse
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import identifiers
from conformance.model import Exchange, Request, Response, Trace
from conformance.sut.redaction import Redactor, drop_credentials

KEY = b"a key for tests"
INDIVIDUAL = "123456789018"
RESIDENT = "24727059608"
KINDS = {11: "resident-code", 12: "individual-number"}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

numbers = st.one_of(
    st.from_regex(r"[0-9]{11,12}", fullmatch=True),
    st.integers(0, 10**10 - 1).map(lambda value: identifiers.make("resident-code", value)),
    st.integers(0, 10**11 - 1).map(lambda value: identifiers.make("individual-number", value)),
)
keys = st.binary(min_size=1, max_size=40)


def offset(number: str) -> int:
    right = identifiers.check_digit(KINDS[len(number)], number[:-1])
    return (int(number[-1]) - int(right)) % 10


@given(keys, numbers)
def test_a_replacement_has_the_form_of_its_number(key: bytes, number: str) -> None:
    """Claim: a rule that looks at form or check digit judges the replacement as it judges the number. Stimulus: any
    number, right or wrong. Expected: same length, same distance from the right check digit, 0 first as before, and
    another number."""
    new = Redactor(key).number(number)
    assert new != number
    assert len(new) == len(number)
    assert new.isascii()
    assert new.isdigit()
    assert offset(new) == offset(number)
    assert (new[0] == "0") == (number[0] == "0")


@given(keys, numbers, numbers)
def test_numbers_are_equal_exactly_when_their_replacements_are(key: bytes, one: str, other: str) -> None:
    """Claim: the mapping is one to one and lasts. Stimulus: two numbers, twice. Expected: same if same, else not."""
    redactor = Redactor(key)
    assert (redactor.number(one) == redactor.number(other)) == (one == other)
    assert redactor.number(one) == Redactor(key).number(one)


def test_ten_thousand_numbers_have_ten_thousand_replacements() -> None:
    """Claim: no two people become one. Stimulus: neighbouring numbers. Expected: as many replacements, none the number
    of another key's mapping."""
    made = [identifiers.make("individual-number", value) for value in range(10_000)]
    one, other = Redactor(b"one"), Redactor(b"other")
    replaced = [one.number(number) for number in made]
    assert len(set(replaced)) == len(made)
    assert sum(new == other.number(number) for new, number in zip(replaced, made, strict=True)) < 5


def test_a_redactor_has_a_key() -> None:
    """Claim: a mapping that anybody can compute is refused. Stimulus: no key. Expected: ValueError."""
    with pytest.raises(ValueError, match="key"):
        Redactor(b"")


Writing = Callable[[str], str]
WRITINGS: dict[str, tuple[Writing, Writing]] = {
    "plain": (lambda n: n, lambda t: t),
    "full-width": (
        lambda n: n.translate(FULL_WIDTH),
        lambda t: t.translate({v: chr(k) for k, v in FULL_WIDTH.items()}),
    ),
    "percent-encoded": (lambda n: "".join(f"%{ord(c):02X}" for c in n), urllib.parse.unquote),
    "percent-encoded full-width": (
        lambda n: urllib.parse.quote(n.translate(FULL_WIDTH)).lower(),
        lambda t: urllib.parse.unquote(t).translate({v: chr(k) for k, v in FULL_WIDTH.items()}),
    ),
    "JSON-escaped": (lambda n: "".join(f"\\u{ord(c):04x}" for c in n), lambda t: json.loads(f'"{t}"')),
    "JSON-escaped full-width": (
        lambda n: json.dumps(n.translate(FULL_WIDTH))[1:-1],
        lambda t: json.loads(f'"{t}"').translate({v: chr(k) for k, v in FULL_WIDTH.items()}),
    ),
    "HTML references": (lambda n: "".join(f"&#{ord(c)};" for c in n), html.unescape),
    "HTML hexadecimal references": (lambda n: "".join(f"&#x{ord(c):x};" for c in n), html.unescape),
    "half of it escaped": (
        lambda n: n[:6] + "".join(f"\\u{ord(c):04x}" for c in n[6:]),
        lambda t: json.loads(f'"{t}"'),
    ),
    "first digit full-width": (
        lambda n: n[:1].translate(FULL_WIDTH) + n[1:],
        lambda t: t.translate({v: chr(k) for k, v in FULL_WIDTH.items()}),
    ),
    "last digit full-width": (
        lambda n: n[:-1] + n[-1:].translate(FULL_WIDTH),
        lambda t: t.translate({v: chr(k) for k, v in FULL_WIDTH.items()}),
    ),
    "first digit escaped": (lambda n: f"\\u{ord(n[0]):04x}{n[1:]}", lambda t: json.loads(f'"{t}"')),
    "last digit escaped": (lambda n: f"{n[:-1]}\\u{ord(n[-1]):04x}", lambda t: json.loads(f'"{t}"')),
    "first digit percent-encoded": (lambda n: f"%{ord(n[0]):02X}{n[1:]}", urllib.parse.unquote),
    "last digit a reference": (lambda n: f"{n[:-1]}&#{ord(n[-1])};", html.unescape),
    "first digit a reference": (lambda n: f"&#{ord(n[0])};{n[1:]}", html.unescape),
    "base64": (lambda n: base64.b64encode(n.encode()).decode(), lambda t: base64.b64decode(t).decode()),
    "base64 of a sentence": (
        lambda n: base64.b64encode(f"no. {n} is known".encode()).decode(),
        lambda t: base64.b64decode(t).decode()[4:-9],
    ),
}


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("number", [INDIVIDUAL, RESIDENT, "000000000000", "99999999999"])
@pytest.mark.parametrize(
    "around", ['{"a": "%s"}', "%s", "/v1/residents/%s?x=1", '{"detail": "番号%sは不正です"}', "a, %s."]
)
def test_a_number_is_replaced_however_it_is_written(writing: str, number: str, around: str) -> None:
    """Claim: no writing of a number stays. Stimulus: each writing in JSON, text and a URL. Expected: the replacement in
    the same writing, everything around it as it was."""
    write, read = WRITINGS[writing]
    redactor = Redactor(KEY)
    before, _, after = around.partition("%s")
    text = redactor.bytes((before + write(number) + after).encode()).decode()
    assert text.startswith(before)
    assert text.endswith(after)
    middle = text[len(before) : len(text) - len(after)]
    assert read(middle) == redactor.number(number)


@pytest.mark.parametrize(
    "gap", ["-", " ", "\n", "\r\n", "\\n", "\\r\\n", "　", "‐", "－", "ー", "%20", "%0A", "+", " - ", "\n  "]
)
@pytest.mark.parametrize("places", [(4, 8), (6,), (1, 2, 3), tuple(range(1, 12))])
def test_a_known_number_is_replaced_when_its_digits_are_parted(gap: str, places: tuple[int, ...]) -> None:
    """Claim: a known number does not hide behind hyphens, spaces or line breaks. Stimulus: one that was learnt, parted.
    Expected: its replacement, parted alike; a number that is not known stays, because it may be anything."""

    def parted(number: str) -> str:
        return "".join(gap + digit if place in places else digit for place, digit in enumerate(number))

    redactor = Redactor(KEY)
    redactor.learn(INDIVIDUAL)
    assert redactor.text(f"no. {parted(INDIVIDUAL)}!") == f"no. {parted(redactor.number(INDIVIDUAL))}!"
    if max(len(part) for part in parted("621498320257").split(gap)) < 11:
        assert redactor.text(parted("621498320257")) == parted("621498320257")


@pytest.mark.parametrize(
    "text",
    [
        '{"id": "5f0c1b1e-1d3a-4b7e-9a55-123456789018"}',
        "/v1/residents/5f0c1b1e-1d3a-4b7e-9a55-123456789018/history",
        "/v1/x%2F5f0c1b1e-1d3a-4b7e-9a55-123456789018",
        '{"sha256": "a123456789018bcdef0123456789abcdef"}',
        '{"sha256": "123456789018a"}',
        '{"x": 0.123456789018}',
        '{"x": "123456789018.5"}',
        '{"yen": 123456789018, "more": [24727059608, -123456789018, 1.5e3]}',
        "123456789018\n24727059608",
        '{"at": "20261124120000123"}',
        '{"corporate": "7000012050002", "phone": "0312345678"}',
        '{"at": "2026-11-24T12:00:00.123456789012+09:00"}',
        '{"x": "1234567890"}',
        "%123456789012",
        '{"x": "\\u30421234567890"}',
        '{"x": "1234-5678-9018"}',
        "",
    ],
)
def test_what_is_no_personal_number_stays(text: str) -> None:
    """Claim: other digits are evidence and stay. Stimulus: UUIDs, digests, decimals, amounts, timestamps, longer and
    shorter runs, digits of an escape. Expected: the very same bytes."""
    data = text.encode()
    json_mode = True if "\n" in text else None
    assert Redactor(KEY).bytes(data, json=json_mode) is data


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/v1/x%20", ""),
        ("/v1/x%2F", "%2Fy"),
        ("name=%E3%82%BF", "&x=1"),
        ('{"x": "\\u3042', '"}'),
        ('{"x": "\\u304a', '\\u304a"}'),
        ('{"x": "\\b', '\\f"}'),
        ('{"x": "a\\"b: ', ', c"}'),
        ('{"x": "[', ']"}'),
        ("B-", "-x"),
        ("No.", "."),
        ('<a href="/p?n=', '">'),
        ('{"resident_code": ', "}"),
        ('{"individual_number" : ', "}"),
    ],
)
def test_a_number_is_found_beside_escapes_and_signs(before: str, after: str) -> None:
    """Claim: neighbours do not hide a number. Stimulus: escapes that end in digits or hex letters, signs, strings that
    look like JSON, and JSON numbers under a key that says what they are. Expected: the number alone is replaced."""
    redactor = Redactor(KEY)
    text = redactor.bytes((before + INDIVIDUAL + after).encode()).decode()
    assert text == before + redactor.number(INDIVIDUAL) + after


@pytest.mark.parametrize(
    "text", ['{"n": %s}', "[%s]", '{"id": "0-%sa"}', '"x9%s9"', "5f0c1b1e-1d3a-4b7e-9a55-%s", "1.%s"]
)
def test_a_known_number_is_replaced_everywhere(text: str) -> None:
    """Claim: what was sent or seen as a number is one wherever it stands. Stimulus: as a JSON number, in a UUID, in a
    longer run. Expected: replaced after `learn`, and after it was replaced elsewhere."""
    told, seen = Redactor(KEY), Redactor(KEY)
    told.learn(INDIVIDUAL)
    seen.text(f"no {INDIVIDUAL}")
    for redactor in (told, seen):
        assert redactor.bytes((text % INDIVIDUAL).encode()).decode() == text % redactor.number(INDIVIDUAL)


def strings(number: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    plain = st.text(st.characters(codec="utf-8", exclude_categories=["Nd"]), max_size=8)
    return st.one_of(plain, number, st.tuples(plain, number, plain).map("|".join))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**6), 10**15), st.floats(allow_nan=False), strings(numbers)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(strings(numbers), inner, max_size=4)),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    """A JSON value with lengths in place of texts."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return [(len(key), shape(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value)


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *texts(item))]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


@given(json_values, st.booleans(), st.sampled_from([None, 2]))
def test_json_stays_json_of_the_same_structure(value: Any, ascii_only: bool, indent: int | None) -> None:
    """Claim: a document that was valid stays so. Stimulus: any JSON with numbers in it, written in several ways.
    Expected: it parses, with the same keys' and texts' lengths and types; texts equal exactly those that were equal."""
    written = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    clean = json.loads(Redactor(KEY).bytes(written, json=True))
    assert shape(clean) == shape(value)
    old, new = texts(value), texts(clean)
    assert all((a == b) == (c == d) for a, c in zip(old, new, strict=True) for b, d in zip(old, new, strict=True))


@given(st.lists(strings(numbers), max_size=6), st.lists(strings(numbers), max_size=6))
def test_judging_the_evidence_is_judging_the_wire(sent: list[str], received: list[str]) -> None:
    """Claim: a rule that compares, searches or checks digits says the same before and after. Stimulus: texts sent and
    received. Expected: equal pairs, contained texts and valid numbers are the same ones."""

    def judged(request: bytes, response: bytes) -> list[Any]:
        one, other = json.loads(request), json.loads(response)
        words = [word for text in other for word in text.split("|")]
        valid = [identifiers.is_valid(KINDS[len(t)], t) if len(t) in KINDS else None for t in other]
        return [[a == b for a in one for b in other], [t in words for t in one], valid]

    redactor = Redactor(KEY)
    wire = [json.dumps(texts, ensure_ascii=False).encode() for texts in (sent, received)]
    assert judged(*wire) == judged(*[redactor.bytes(data) for data in wire])


@given(st.lists(numbers, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_no_writing_of_a_number_stays_in_a_document(found: list[str], random: Any) -> None:
    """Claim: a search for every number, in every writing, finds nothing. Stimulus: numbers in random writings, one
    after the other. Expected: none of the writings is in the result, whose length is the same."""
    writings = [write for write, _ in WRITINGS.values()]
    text = "\n".join(random.choice(writings)(number) for number in found)
    redactor = Redactor(KEY)
    for number in found:
        redactor.learn(number)
    clean = redactor.text(text)
    assert len(clean) == len(text)
    new = {redactor.number(number) for number in found}
    for number in set(found) - new:
        assert not [name for name, (write, _) in WRITINGS.items() if write(number) in clean]


@given(
    st.one_of(
        st.binary(max_size=300), st.text('0123456789%\\u&#;x-eE.+ \n"[]{},:MNODTjz', max_size=200).map(str.encode)
    )
)
def test_any_bytes_are_taken(data: bytes) -> None:
    """Claim: the system under test cannot break the recording. Stimulus: any bytes, and debris of every writing.
    Expected: bytes of the same length."""
    redactor = Redactor(KEY)
    redactor.learn(INDIVIDUAL)
    assert len(redactor.bytes(data)) == len(data)


def test_lone_surrogates_are_taken() -> None:
    """Claim: text that is no Unicode is kept as it was. Stimulus: half a surrogate pair. Expected: it comes back."""
    redactor = Redactor(KEY)
    assert redactor.text(f"\ud83d {INDIVIDUAL}") == f"\ud83d {redactor.number(INDIVIDUAL)}"


def test_newline_delimited_json_is_redacted_line_by_line() -> None:
    """Claim: exports are covered. Stimulus: NDJSON with texts and amounts. Expected: texts replaced, amounts kept."""
    redactor = Redactor(KEY)
    lines = f'{{"code":"{RESIDENT}","yen":100000000000}}\n{{"kind":"trailer","count":1}}\n'
    assert redactor.bytes(lines.encode()).decode() == lines.replace(RESIDENT, redactor.number(RESIDENT))


def test_credentials_are_dropped_and_their_scheme_stays() -> None:
    """Claim: nobody gets in with what is kept. Stimulus: every header that lets in. Expected: `[dropped]`, with the
    scheme; an empty one stays empty, because there was no credential; other headers stay."""
    assert drop_credentials(
        [
            ("Authorization", "Bearer abc.def"),
            ("authorization", "abc.def"),
            ("AUTHORIZATION", ""),
            ("Proxy-Authorization", "Basic YTpi"),
            ("Cookie", "sid=1; x=2"),
            ("Set-Cookie", "sid=1; HttpOnly"),
            ("DPoP", "eyJ.x.y"),
            ("Accept", "application/json"),
        ]
    ) == (
        ("Authorization", "Bearer [dropped]"),
        ("authorization", "[dropped]"),
        ("AUTHORIZATION", ""),
        ("Proxy-Authorization", "Basic [dropped]"),
        ("Cookie", "[dropped]"),
        ("Set-Cookie", "[dropped]"),
        ("DPoP", "[dropped]"),
        ("Accept", "application/json"),
    )


def test_a_known_secret_is_dropped_wherever_it_stands() -> None:
    """Claim: a token that the system gives back is not kept. Stimulus: a concealed token in a body, a header and a URL.
    Expected: `[dropped]`."""
    redactor = Redactor(KEY)
    redactor.conceal("eyJhbGciOi.token")
    assert redactor.bytes(b'{"you_sent": "eyJhbGciOi.token"}') == b'{"you_sent": "[dropped]"}'
    assert redactor.headers((("X-Echo", "Bearer eyJhbGciOi.token"),)) == (("X-Echo", "Bearer [dropped]"),)
    assert redactor.url("http://h/?q=eyJhbGciOi.token") == "http://h/?q=[dropped]"


def test_tokens_and_user_names_in_urls_are_dropped() -> None:
    """Claim: a URL keeps no credential. Stimulus: an access token in the query (RFC 6750, 2.3), user information, an
    Individual Number. Expected: dropped, dropped, replaced; the rest of the URL stays."""
    redactor = Redactor(KEY)
    url = f"http://a:b@h/v1/x?access_token=abc&n={INDIVIDUAL}#end"
    assert redactor.url(url) == f"http://[dropped]@h/v1/x?access_token=[dropped]&n={redactor.number(INDIVIDUAL)}#end"


def test_headers_that_arrived_as_bytes_are_redacted() -> None:
    """Claim: a number in a header is replaced, full-width too. Stimulus: UTF-8 bytes read as Latin-1, as HTTP clients
    do. Expected: the replacement in the same bytes."""
    redactor = Redactor(KEY)
    value = INDIVIDUAL.translate(FULL_WIDTH).encode().decode("latin-1")
    new = redactor.number(INDIVIDUAL).translate(FULL_WIDTH).encode().decode("latin-1")
    assert redactor.headers((("X", value), ("Location", f"/r/{INDIVIDUAL}"))) == (
        ("X", new),
        ("Location", f"/r/{redactor.number(INDIVIDUAL)}"),
    )


def exchange(response: bytes, headers: tuple[tuple[str, str], ...] = (), request: bytes = b"") -> Exchange:
    sent = Request("POST", f"http://h/v1/x/{INDIVIDUAL}", (("Authorization", "Bearer t"),), request)
    return Exchange("s", sent, Response(200, (("Content-Type", "application/json"), *headers), response), 0.0, 0.1)


def test_a_whole_exchange_is_redacted() -> None:
    """Claim: nothing of an exchange is forgotten. Stimulus: a number in URL, body, response and the trouble told.
    Expected: none of them left, and an error that repeats the number still does."""
    redactor = Redactor(KEY)
    body = json.dumps({"individual_number": INDIVIDUAL}).encode()
    kept = redactor.exchange(exchange(f'{{"detail": "{INDIVIDUAL}?"}}'.encode(), request=body))
    assert INDIVIDUAL not in repr(kept)
    assert "Bearer t" not in repr(kept)
    assert kept.response is not None
    assert json.loads(kept.request.body)["individual_number"].encode() in kept.response.body


def test_digests_follow_the_bodies_that_they_are_of() -> None:
    """Claim: a rule that compares a digest with its content judges the same, and no digest of an original body is kept,
    from which the number could be searched. Stimulus: a SHA-256 told before the content, in a body and a header.
    Expected: the digest of the redacted content in both."""
    content = f'{{"resident_code": "{RESIDENT}"}}\n'.encode()
    digest = hashlib.sha256(content)
    told = exchange(json.dumps({"sha256": digest.hexdigest()}).encode())
    header = ("Repr-Digest", f"sha-256=:{base64.b64encode(digest.digest()).decode()}:")
    kept = Redactor(KEY).trace(Trace("script", (told, exchange(content, (header,))), None, {"code": RESIDENT}))
    first, second = (item.response for item in kept.exchanges)
    assert first is not None
    assert second is not None
    assert second.body != content
    assert json.loads(first.body)["sha256"] == hashlib.sha256(second.body).hexdigest()
    assert base64.b64encode(hashlib.sha256(second.body).digest()).decode() in str(second.header("Repr-Digest"))
    assert kept.bound["code"] == Redactor(KEY).number(RESIDENT)


def resident(number: int) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"person {number}")),
        "status": "active",
        "name": {"family": "髙橋", "given": "花子", "family_kana": "タカハシ", "given_kana": "ハナコ"},
        "birth_date": {"value": "1980-04-01", "unknown": False},
        "address": {"municipality_code": "131016", "postal_code": "1000001", "town": "千代田", "lot": "１丁目２−３"},
        "household_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"household {number}")),
        "recorded_at": "2026-11-24T12:00:00.123456+09:00",
    }


def test_what_holds_no_number_is_not_written_anew() -> None:
    """Claim: recording costs little where there is nothing to conceal. Stimulus: a body of two residents without
    their numbers, and with them. Expected: the very same object, and another one."""
    redactor = Redactor(KEY)
    without = json.dumps([resident(1), resident(2)], ensure_ascii=False).encode()
    holding = [resident(n) | {"resident_code": identifiers.make("resident-code", n)} for n in (1, 2)]
    with_numbers = json.dumps(holding, ensure_ascii=False).encode()
    assert redactor.bytes(without) is without
    assert redactor.bytes(with_numbers) != with_numbers


def test_secrets_become_known_while_evidence_is_written() -> None:
    """Claim: tokens are renewed in a thread, and what is written meanwhile is whole. Stimulus: 2,000 secrets made known
    in one thread while texts are redacted in another, which take turns as often as can be. Expected: no error, and each
    secret dropped afterwards."""
    redactor = Redactor(KEY)
    secrets = [f"secret-number-{number:04}" for number in range(2_000)]

    def learn() -> None:
        for secret in secrets:
            redactor.conceal(secret)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        thread = threading.Thread(target=learn)
        thread.start()
        while thread.is_alive():
            redactor.text("nothing of that kind")
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert {redactor.text(secret) for secret in secrets} == {"[dropped]"}
