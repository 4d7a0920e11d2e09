"""The words of the views, in Japanese and English, and what each standing means to the person who reads it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from conformance.model import Condition, Text, VerdictKind
from conformance.views.run_data import RunData, VerdictLine


def read_words(path: Path) -> dict[str, Text]:
    """The words of a file of the form `key | Japanese | English`; a line that begins with # is a comment."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = ([cell.strip() for cell in line.split("|")] for line in lines if not line.startswith("#"))
    return {key: Text(ja, en) for key, ja, en in rows}


WORDS = read_words(Path(__file__).parent / "templates" / "words.txt")


def word(key: str, **values: object) -> Text:
    """A word or sentence by its key, with `{values}` filled in. Raises `KeyError` for an unknown key."""
    found = WORDS[key]
    return Text(found.ja.format(**values), found.en.format(**values)) if values else found


def named(prefix: str, name: str) -> Text:
    """The word for a name out of the run (`b` type of body, `l` level, ...); the name itself where there is none."""
    return WORDS.get(f"{prefix}.{name}" if prefix else name) or Text(name, name)


def applies(condition: Condition) -> Text:
    """When a requirement applies, as a sentence."""
    parts = []
    if condition.body_types:
        kinds = [named("b", kind) for kind in condition.body_types]
        ja, en = "、".join(kind.ja for kind in kinds), ", ".join(kind.en.lower() for kind in kinds)
        parts.append(Text(f"団体種別が{ja}の場合", f"to bodies of the type {en}"))
    if condition.options:
        declared = ", ".join(condition.options)
        parts.append(Text(f"オプション {declared} を宣言した場合", f"where the option {declared} is declared"))
    if condition.services:
        together = ", ".join(condition.services)
        parts.append(Text(f"サービス {together} を併せて試験する場合", f"where {together} are tested together"))
    if condition.upper_tester:
        parts.append(Text("試験制御がある場合に判定", "judged where there is an upper tester"))
    if not parts:
        return Text("常に", "always")
    return Text("、".join(part.ja for part in parts), "; ".join(part.en for part in parts))


def standing_word(run: RunData) -> Text:
    """The standing in words; a partial run is called so in the same breath."""
    found, suffix = word(f"s.{run.standing}"), word("partial_suffix")
    return Text(found.ja + suffix.ja, f"{found.en} {suffix.en}") if run.header.partial else found


def meaning(run: RunData) -> Text:
    """What the standing says, in one sentence; of a partial run it says no more than what was tested."""
    met = run.standing == "incomplete" and run.complete and run.having("pass") and not run.having("inconclusive")
    narrowed = run.header.partial and (run.standing.startswith("conforming") or met)
    return word("sm.partial" if narrowed else f"sm.{run.standing}")


def next_steps(run: RunData) -> list[Text]:
    """What the reader should do, the most urgent first."""
    keys = [] if run.complete else ["n.cut"]
    if run.failures:
        keys.append("n.non-conforming")
    elif run.standing == "non-conforming" and run.having(VerdictKind.WAIVED):
        keys.append("n.waived")
    if run.complete and run.standing == "incomplete" and run.having(VerdictKind.INCONCLUSIVE):
        keys.append("n.incomplete")
    if run.complete and run.header.partial:
        keys.append("n.partial")
    elif run.standing.startswith("conforming"):
        keys.append(f"n.{run.standing}")
    if run.failures or run.observations:
        keys.append("n.explain")
    return [word(key) for key in keys or ["n.cut"]]


def banners(run: RunData) -> list[Text]:
    """What limits the worth of this result, as sentences."""
    checks: Iterable[tuple[bool, str]] = (
        (not run.complete, "banner_cut"),
        (run.header.partial, "banner_partial"),
        (not run.consistent, "banner_altered"),
        (not run.verdicts, "banner_empty"),
    )
    return [word(key) for applies, key in checks if applies]


def explored(run: RunData) -> Text | None:
    """What was played beyond the edition, with which seed and bound; None where nothing was to be."""
    asked, played = run.header.explore, run.footer.explored if run.footer else None
    if asked is None or (asked.seed is None and played is None):
        return None
    found = []
    if asked.seed is not None:
        bounds = [word("explore_examples", number=asked.examples)] if asked.examples else []
        bounds += [word("explore_seconds", number=f"{asked.seconds:g}")] if asked.seconds else []
        found.append(word("explore_search", number=played.search if played else 0, seed=asked.seed,
                          ja="、".join(b.ja for b in bounds), en=", ".join(b.en for b in bounds)))  # fmt: skip
    if played and played.again:
        found.append(word("explore_again", again=played.again, shrink=played.shrink, most=asked.shrink_plays))
    return Text("".join(text.ja for text in found), " ".join(text.en for text in found)) if found else None


def notes(line: VerdictLine) -> list[Text]:
    """What a closer look showed of a failure: that it did not come again, or how its smallest example was found."""
    found = [
        word("flaky_text", plays=len(entry.passed), failed=entry.failed, passed=", ".join(entry.passed))
        for entry in line.flaky
    ]
    if line.examples and line.examples[0].shrunk_from:
        first = line.examples[0]
        found.append(word("shrunk_text", script=first.shrunk_from, plays=first.plays))
    return found


def basis(run: RunData) -> Text:
    """Whether the requirements are a national standard or the project's own profile, in one sentence."""
    profiles = {service.profile for service in run.header.services}
    if len(profiles) == 1:
        return word(f"basis_{profiles.pop()}")
    return word("basis_mixed" if profiles else "basis_project")


def moment(stamp: str) -> Text:
    """An RFC 3339 time as people write it; the text as it is where it is not one."""
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return Text(stamp, stamp)
    offset = f"{at:%z}"
    zone = f" (UTC{offset[:3]}:{offset[3:5]})" if offset else ""
    clock = f"{at:%H:%M}"
    ja, en = f"{at.year}年{at.month}月{at.day}日", f"{at.day} {_MONTHS[at.month - 1]} {at.year},"
    return Text(f"{ja} {clock}{zone}", f"{en} {clock}{zone}")


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def spoken(text: Text, language: str) -> str:
    """The text in `ja` or `en`."""
    return text.en if language == "en" else text.ja


def bilingual(text: Text) -> str:
    """The text in both languages on one line, for formats that have room for one."""
    return text.ja if text.ja == text.en else f"{text.ja} / {text.en}"
