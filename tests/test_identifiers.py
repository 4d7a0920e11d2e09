"""Claims about `conformance.identifiers`: known and made numbers are valid, errors are found as often as expected."""

import importlib
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import identifiers
from conformance.identifiers import KINDS, capacity, check_digit, is_valid, length, make, with_wrong_check_digit

KNOWN = {
    "individual-number": (
        "123456789018 621498320257 983205673214 379474484458 507957100721 465281266333 "
        "301661318600 340646462610 795422058799 181833849241"  # remainders 0, 1, 2, 10
    ),
    "resident-code": (
        "24727059608 24846016224 25208017643 60913909960 14116961050"  # remainders 0, 1
    ),
    "corporate-number": (
        "7000012050002 8000020130001 8000012010038 7010705000725 4011001098993 "
        "9000020011002 8000020131016 3000020141003 6000020271004 3000020401307"
    ),
    "local-government-code": (
        "011002 012050 012131 131016 131041 141003 221309 271004 271403 372013 401307 472018 473821 130001 "
        "221384 221392 221406"
    ),
    "insurer-number": "01010016 01130012 01270016",  # branches of 全国健康保険協会
}

kinds = st.sampled_from(KINDS)
integers = st.integers(min_value=0, max_value=10**13)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind in KNOWN for text in KNOWN[kind].split()])
def test_known_identifiers_are_valid(kind: str, text: str) -> None:
    """Claim: the check digits are those in use. Stimulus: published or recomputed numbers. Expected: each is valid."""
    assert is_valid(kind, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("resident-code", "25208017644"),  # 25208017643 is right
        ("individual-number", "123456789010"),
        ("corporate-number", "0000012050002"),  # the check digit is never 0
        ("local-government-code", "131040"),  # what the Individual Number's rule would give for Shinjuku
        ("local-government-code", "012130"),  # the same for Tomakomai
        ("insurer-number", "01130013"),
    ],
)
def test_known_wrong_check_digits_are_invalid(kind: str, text: str) -> None:
    """Claim: a wrong check digit is found. Stimulus: numbers that differ from right ones in it. Expected: not valid."""
    assert not is_valid(kind, text)


@pytest.mark.parametrize(
    ("base", "digit"),
    [("13104", "1"), ("01213", "1"), ("47382", "1"), ("01205", "0"), ("13000", "1")],
    ids=["remainder 0, Shinjuku", "remainder 0, Tomakomai", "remainder 0, Yonaguni", "remainder 1", "remainder 10"],
)
def test_local_government_code_at_the_edges_of_the_remainder(base: str, digit: str) -> None:
    """Claim: remainder 0 gives 1, 1 gives 0, 10 gives 1. Stimulus: codes at these edges. Expected: those digits."""
    assert identifiers.check_digit_local_government_code(base) == digit


def test_corporate_number_takes_the_remainder_of_the_sum() -> None:
    """Claim: the sum comes before the remainder. Stimulus: a base where the formula's literal reading goes negative.

    Expected: a digit from 1 to 9 where the literal reading gives none.
    """
    base = "888888888888"
    literal = 9 - sum(int(digit) * (1 + place % 2) % 9 for place, digit in enumerate(reversed(base)))
    assert literal < 0
    assert identifiers.check_digit_corporate_number(base) == "9"


def test_municipality_number_is_made_of_its_code() -> None:
    """Claim: a municipality's corporate number is 000020 and its code. Stimulus: 千代田区. Expected: 8000020131016."""
    assert make("corporate-number", int("000020131016")) == "8000020131016"


@given(kinds, integers)
def test_made_identifiers_are_valid(kind: str, number: int) -> None:
    """Claim: `make` gives well-formed identifiers. Stimulus: any integer. Expected: valid, and of the right length."""
    text = make(kind, number)
    assert is_valid(kind, text)
    assert len(text) == length(kind)


@given(kinds, st.data())
def test_different_integers_make_different_identifiers(kind: str, data: st.DataObject) -> None:
    """Claim: fresh values do not collide. Stimulus: two integers below the capacity. Expected: equal if they are."""
    below = st.integers(min_value=0, max_value=capacity(kind) - 1)
    one, other = data.draw(below), data.draw(below)
    assert (make(kind, one) == make(kind, other)) == (one == other)


@pytest.mark.parametrize("kind", KINDS)
def test_small_integers_keep_their_leading_zeros(kind: str) -> None:
    """Claim: identifiers are strings. Stimulus: the integer 1. Expected: full length, zeros in front of the 1."""
    text = make(kind, 1)
    base = text[1:] if kind == "corporate-number" else text[:-1]
    assert base == "1".zfill(length(kind) - 1)


@given(kinds, integers)
def test_wrong_check_digit_is_invalid_and_nothing_else_differs(kind: str, number: int) -> None:
    """Claim: `with_wrong_check_digit` spoils the check digit only. Stimulus: any valid identifier.

    Expected: invalid, the same each time, the same length, one character different: the first of a Corporate Number,
    the last of the others; and spoiling it again changes nothing.
    """
    right = make(kind, number)
    wrong = with_wrong_check_digit(kind, right)
    assert not is_valid(kind, wrong)
    differing = [place for place in range(len(right)) if right[place] != wrong[place]]
    assert differing == [0 if kind == "corporate-number" else len(right) - 1]
    assert with_wrong_check_digit(kind, wrong) == wrong


@given(kinds, st.text(max_size=14))
def test_any_text_is_judged_without_an_error(kind: str, text: str) -> None:
    """Claim: `is_valid` answers for whatever arrives. Stimulus: any text. Expected: a plain yes or no, no exception."""
    assert is_valid(kind, text) in (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "１２３４５６７８９０１８",
        "1234-5678-9018",
        " 123456789018",
        "123456789018\n",
        "12345678901",
        "1234567890180",
    ],
)
def test_other_forms_are_invalid(text: str) -> None:
    """Claim: only ASCII digits of the right number count. Stimulus: other forms of a valid one. Expected: not valid."""
    assert not is_valid("individual-number", text)


@pytest.mark.parametrize("base", ["", "1310", "131016", "1310６", "1310x", "-1310"])
def test_check_digit_refuses_another_form_and_keeps_it_to_itself(base: str) -> None:
    """Claim: what has no check digit is refused, quietly. Stimulus: bases of another form.

    Expected: ValueError whose message does not repeat the text, which may be somebody's number.
    """
    with pytest.raises(ValueError, match="expected 5 ASCII digits") as raised:
        check_digit("local-government-code", base)
    assert not base or base not in str(raised.value)


def test_unknown_kind_is_refused_with_the_known_ones() -> None:
    """Claim: a misspelt kind is our mistake, not an invalid number. Stimulus: `my-number`. Expected: ValueError."""
    with pytest.raises(ValueError, match="individual-number"):
        is_valid("my-number", "123456789018")


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("individual-number", 0.02),
        ("resident-code", 0.02),
        ("corporate-number", 0.0206),
        ("local-government-code", 0.02),
        ("insurer-number", 0.0),
    ],
)
def test_single_digit_errors_are_found_at_the_known_rate(kind: str, most: float) -> None:
    """Claim: at most 2.06 % of single-digit errors slip through, none for insurer numbers.

    Stimulus: every change of one digit in 300 identifiers spread over the range. Expected: no more missed than that,
    yet some wherever the formula maps two remainders to one digit; for Corporate Numbers only 0 taken for 9 or back.
    """
    missed = [
        change for number in range(300) for change in _missed_changes(kind, make(kind, number * 7_777_777_777_777))
    ]
    share = len(missed) / (300 * length(kind) * 9)
    assert share <= most
    assert (share > 0) == (most > 0)
    if kind == "corporate-number":
        assert set(missed) == {("0", "9"), ("9", "0")}


def _missed_changes(kind: str, text: str) -> list[tuple[str, str]]:
    return [
        (text[place], digit)
        for place in range(len(text))
        for digit in "0123456789"
        if digit != text[place] and is_valid(kind, text[:place] + digit + text[place + 1 :])
    ]


@pytest.mark.parametrize(("kind", "name"), [("individual-number", "in_"), ("corporate-number", "cn")])
@given(number=integers, digit=st.integers(min_value=0, max_value=9))
def test_python_stdnum_agrees(kind: str, name: str, number: int, digit: int) -> None:
    """Claim: an independent implementation judges alike. Stimulus: identifiers whose check digit is any digit.

    Expected: python-stdnum says valid exactly where this module does.
    """
    module = _stdnum(name)
    text = make(kind, number)
    changed = f"{digit}{text[1:]}" if kind == "corporate-number" else f"{text[:-1]}{digit}"
    assert module.is_valid(changed) == is_valid(kind, changed)


def _stdnum(name: str) -> ModuleType:
    pytest.importorskip("stdnum", reason="python-stdnum is a development dependency: run `uv sync`")
    return importlib.import_module(f"stdnum.jp.{name}")
