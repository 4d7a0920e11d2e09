"""Refusals in two languages: whoever meets one reads what is wrong, and what to do, in the language of the page."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.errors import SuiteError
from conformance.model import Text
from conformance.registry import names, refusals
from conformance.registry.actors import Act, Role
from conformance.registry.advisory_states import AdvisoryState
from conformance.registry.api import application
from conformance.registry.api.answers import refusal_answer
from conformance.registry.judged import Judged
from conformance.registry.office import Office
from conformance.registry.pages import sessions
from conformance.registry.pages.refusing import sentences
from conformance.registry.pages.requests import ForeignFormError
from conformance.registry.pages.words import WORDS, field
from conformance.registry.problems import problem
from conformance.registry.refusals import ConflictError, MalformedJsonError, RegistryError
from conformance.registry.states import RunState
from conformance.registry.waivers import WaiverState
from registry.asking import Asking
from registry.browsing import Browser
from registry.people import BODY, World
from registry.steady import SERVICE, Clock, SteadyJudge, conforming, failing
from registry.submitted import submitted
from registry.test_api import ALL, MATRIX, asking, everything, filled, path_of
from registry.test_api import refuse as refused_run

As = Callable[[str], Browser]
CORE = Path(refusals.__file__).parent
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2,},? [a-z]+ ")
"""Words in a row. Ids, commands and formats are the same in both languages."""
SOON = "2026-12-28"


@pytest.fixture
def url(sqlite_url: str) -> str:
    """SQLite alone: it is about what is said."""
    return sqlite_url


def bilingual(text: Text) -> bool:
    """Whether one text is Japanese, and the other one is not."""
    return bool(JAPANESE.search(text.ja)) and bool(text.en) and not JAPANESE.search(text.en)


def told(answer_text: str) -> list[str]:
    """The heading of a refusal and its sentences, as the page shows them; commands left out."""
    heading = "b" if 'role="alert"' in answer_text else "h1"
    part = answer_text.partition('role="alert"')[2] or answer_text
    found = [re.search(f"<{heading}>(.*?)</{heading}>", part, re.S), *re.finditer(r'<p class="detail">(.*?)</p>', part)]
    plain = [re.sub(r"<code>.*?</code>|<[^>]+>", "", each[1]) for each in found if each]
    return [html.unescape(text) for text in plain]


def posted(somebody: Browser, path: str, act: str, **values: str) -> str:
    """The page that answers to a form that nobody was offered."""
    token = sessions.form_token(somebody.session.cookies["session"])
    sent = {name.replace("__", "."): value for name, value in values.items()}
    answer = somebody.post(path, {"form_token": token, "act": act, **sent})
    assert answer.status_code >= 400, (act, answer.status_code)
    return answer.text


def judged_as(office: Office, judged: Judged) -> None:
    """What the judge says from now on."""
    assert isinstance(office.judge, SteadyJudge)
    office.judge.judged = judged


def refused_acts(office: Office, world: World, browser: As) -> Iterator[tuple[str, str]]:
    """Pages on which something was refused, with the English sentence that each must have."""
    vendor, body, administrator = browser("vendor"), browser("body"), browser("administrator")
    assessor, second, approver = browser("assessor"), browser("second assessor"), browser("approver")
    things = everything(office, world)
    yield posted(vendor, f"/runs/{things.run}", "beginReview"), "The role 'vendor' may not begin review."
    yield posted(approver, f"/runs/{things.run}", "withdrawStatement"), "This page does not do that."
    yield (
        posted(second, f"/runs/{things.refused}", "beginReview"),
        "A run that is refused cannot become under review by 'begin review'.",
    )
    judged_as(office, failing(problems=(problem("unfinished"),)))
    run = f"/runs/{submitted(office, world)}"
    assessor.do(run, "beginReview")
    yield posted(second, run, "propose", outcome="stated", why="x"), "Another assessor has this run."
    yield (
        assessor.fill(run, "propose", outcome="stated", why="x").text,
        "The evidence does not allow it: unfinished, COM-PAG-001.",
    )
    yield assessor.fill(run, "propose", outcome="verified", why="x").text, "Outcome: is no outcome of a review."
    yield assessor.fill(run, "propose", outcome="refused", why=" ").text, "Why: is empty."
    yield (
        assessor.fill(run, "propose", outcome="stated_with_conditions", why="x", conditions__0__ja="条件").text,
        "Conditions 1 (English): is empty.",
    )
    yield (
        body.fill(f"/advisories/{things.issued}", "acknowledgeAdvisory", why="x" * 4001).text,
        "Why: has 4001 characters.",
    )
    yield (
        posted(body, f"/advisories/{things.issued}", "planRemedy", plan="x", remedy_by="2026-11-01"),
        "To be remedied by: is past, or more than a year away.",
    )
    yield (
        posted(body, f"/advisories/{things.issued}", "planRemedy", remedy_by=SOON),
        "Plan: does not fit the form: Object missing required field ",
    )
    yield (
        posted(body, f"/advisories/{things.issued}", "planRemedy", plan="x", remedy_by="soon"),
        "To be remedied by: does not fit the form: Invalid RFC3339 encoded date.",
    )
    yield (
        posted(body, f"/advisories/{things.issued}", "planRemedy", plan="x", remedy_by=SOON),
        "An advisory that is issued does not become plan received.",
    )
    yield (
        posted(assessor, f"/advisories/{things.drafted}", "approveAdvisory", why="x"),
        "Whoever drafts an advisory does not approve it.",
    )
    yield posted(
        assessor, "/waivers", "proposeWaiver", service=SERVICE, requirement="COM-XXX-999", version_id=world.version,
        reason__ja="x", reason__en="x", condition__ja="x", condition__en="x", valid_from=SOON, valid_until=SOON,
    ), f"Id of the requirement: '{SERVICE}' has no such requirement."  # fmt: skip
    yield (
        administrator.fill("/vendors", "addVendor", name="Other vendor").text,
        "Something of this kind is there already, or what it refers to is not.",
    )
    yield (
        administrator.fill("/accounts", "addAccount", name="x", role="vendor").text,
        "Vendor: does not go with the role 'vendor'.",
    )
    yield posted(
        administrator, f"/bodies/{BODY}", "addSystem", body_code=BODY, version_id=world.version, service=SERVICE,
        since=SOON, until="2026-01-01",
    ), "Last day: is before 'since'."  # fmt: skip
    yield assessor.get("/runs/none").text, "There is no such run."
    yield assessor.get("/bodies/000000").text, "No body has the code '000000'."
    yield assessor.get(f"/files/runs/{things.run}/results?more=1").text, "The query does not fit: "
    yield browser("public").sign_in("cfr_none").text, "The token is of no account here."
    yield vendor.post("/sign-out", {"form_token": "x"}).text, "The form is of another session."
    yield vendor.post("/sign-out", {}, Origin="https://evil.example").text, "The form does not come from this registry."


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_refused_act_is_told_in_the_language_of_the_page(
    office: Office, world: World, browser: As, language: str
) -> None:
    """Claim: nobody has to know another language to learn why something was not done. Stimulus: acts that a role, a
    state, a value, a form or a token does not allow, and things that are not there, on pages in both languages.
    Expected: a heading, what is wrong, what to do: each in Japanese without an English sentence, or in English
    without a Japanese word; nothing is marked as of another language."""

    def speaking(name: str) -> Browser:
        somebody = browser(name)
        somebody.session.headers["Accept-Language"] = language
        return somebody

    for text, expected in refused_acts(office, world, speaking):
        found = told(text)
        assert len(found) >= 2, (expected, found)
        assert "lang=" not in text[text.index('class="detail"') :].partition("</p>")[0]
        if language == "ja":
            assert all(JAPANESE.search(sentence) for sentence in found), found
            assert not [sentence for sentence in found if ENGLISH.search(sentence)], found
        else:
            assert [sentence for sentence in found if sentence.startswith(expected)], (expected, found)
            assert not [sentence for sentence in found if JAPANESE.search(sentence)], found


def test_every_refusal_that_somebody_meets_has_both_languages(
    office: Office, world: World, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claim: a refusal says in both languages what is wrong and what to do, and the API goes on to say it in English.
    Stimulus: every operation on every thing by every role that may not, and by nobody. Expected: what is wrong and a
    next step, each in Japanese and in English; the problem document has no Japanese."""
    things = everything(office, world)
    met: list[SuiteError] = []

    def answer(error: SuiteError) -> object:
        met.append(error)
        return refusal_answer(error)

    monkeypatch.setattr(application, "refusal_answer", answer)
    for endpoint in application.ENDPOINTS:
        for name, content, allowed in MATRIX[endpoint.id]:
            for role in sorted(ALL - allowed):
                ask: Asking = asking(api, world, role)
                headers = {"Upload-Offset": "0", "Content-Type": "application/octet-stream"} if endpoint.pieces else {}
                path, sent = path_of(endpoint, name, world, things), filled(content, world, things)
                assert not JAPANESE.search(ask(endpoint.method, path, sent, headers=headers).json()["detail"])
    assert {type(error) for error in met} >= {refusals.UnauthenticatedError, refusals.ForbiddenError}
    for error in met:
        assert isinstance(error, RegistryError)
        assert error.remedy is not None, error.text
        assert bilingual(error.text), error.text
        assert bilingual(error.remedy), error.remedy


def test_every_text_of_the_registry_is_in_the_language_that_it_is_said_to_be() -> None:
    """Claim: no sentence of the registry stands in the wrong place or is left untranslated. Stimulus: each `Text` that
    is written in its source. Expected: the first has Japanese, the second has none."""
    found = [
        (path.name, call.lineno, literal(call.args[0]), literal(call.args[1]))
        for path in CORE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Text" and len(call.args) == 2
    ]
    whole = [(*place, Text(ja, en)) for *place, ja, en in found if re.search(r"\w", ja + en)]
    assert len(whole) > 150
    assert not [(*place, text) for *place, text in whole if not bilingual(text)]


def literal(node: ast.expr) -> str:
    """What is written in a string, without what is filled in; nothing for any other expression."""
    if isinstance(node, ast.JoinedStr):
        return "".join(literal(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_what_a_refusal_names_has_a_name() -> None:
    """Claim: states, roles, acts and problems are never told as the code knows them, nor is a page without a heading
    for a refusal. Stimulus: all of them. Expected: a name in both languages for each, without a difference between
    what refusals and pages say."""
    kinds = {"run": RunState, "advisory": AdvisoryState, "waiver": WaiverState, "role": Role, "act": Act}
    for kind, members in kinds.items():
        assert [m for m in members if not bilingual(names.named(kind, m))] == []
    assert all(map(bilingual, names.NAMES.values()))
    assert names.NAMES.items() <= WORDS.items()
    for code in {kind.code for kind in _kinds(RegistryError)} - {MalformedJsonError.code}:
        assert bilingual(WORDS[f"refusal.{code}"])
    assert ForeignFormError in _kinds(RegistryError)


def _kinds(kind: type[RegistryError]) -> set[type[RegistryError]]:
    return {kind}.union(*(_kinds(each) for each in kind.__subclasses__()))


def test_a_refusal_is_said_with_the_label_of_its_field() -> None:
    """Claim: a page names a field as its form does. Stimulus: places of a text, of one in two languages, of one of
    several, of a field with a hint, of none; a refusal without a next step. Expected: the label without the hint,
    number and language; sentences that begin and end as such."""
    assert field("why") == Text("理由", "Why")
    assert field("basis.ja") == Text("根拠（日本語）", "Basis (Japanese)")
    assert field("conditions[1].en") == Text("条件 2（英語）", "Conditions 2 (English)")
    assert field("corporate_number") == Text("法人番号", "Corporate number")
    assert field("no field") == Text("no field", "no field")
    assert sentences(ConflictError(Text("違います。", "it differs"))) == (Text("違います。", "It differs."),)
    error = ConflictError(Text("違います。", "differs"), where="why", next_step=Text("直してください。", "mend it"))
    assert sentences(error) == (Text("理由: 違います。", "Why: differs."), Text("直してください。", "Mend it."))
    assert str(error) == "why: differs\nNext: mend it"


def test_a_refused_run_is_refused_to_an_advisory_in_words(
    office: Office, world: World, browser: As, clock: Clock
) -> None:
    """Claim: what a problem is called stands in the sentence. Stimulus: a run that does not show that an advisory is
    remedied, as it is unfinished. Expected: the Japanese name of the problem."""
    run = refused_run(office, world)
    assessor, approver, body = browser("assessor"), browser("approver"), browser("body")
    made = assessor.do(f"/runs/{run}", "draftAdvisory", basis__ja="根拠", basis__en="a basis", answer_by=SOON)
    approver.do(made, "approveAdvisory", why="right")
    assessor.do(made, "issueAdvisory", why="sent")
    body.do(made, "acknowledgeAdvisory", why="received")
    body.do(made, "planRemedy", plan="we mend it", remedy_by=SOON)
    clock.forward(minutes=10)
    judged_as(office, conforming(finished=False, problems=(problem("unfinished"),)))
    later = submitted(office, world)
    assessor.session.headers["Accept-Language"] = "ja"
    assert "この試験結果では、次の点について改善を確認できません: 未完了。" in posted(
        assessor, made, "remedyAdvisory", run_id=later
    )
