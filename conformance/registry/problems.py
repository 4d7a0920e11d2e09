"""What can be wrong with a submitted run as a whole, in words, each with its remedy. No system is failed by these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conformance.errors import SuiteError
from conformance.model import Text
from conformance.registry.judged import Problem

_AGAIN: Final = Text(
    "`conformance run`で試験をやり直し、できたフォルダをそのまま`conformance submit`で提出してください。",
    "Make a new run with `conformance run`, and submit its folder as it is with `conformance submit`.",
)
_WHOLE: Final = Text(
    "範囲を絞らずに`conformance run`で最後まで試験し、提出してください。",
    "Make a run with `conformance run` that is not narrowed and goes to its end, and submit it.",
)
_RUN_FILE: Final = Text(
    "実行設定ファイルを登録内容に合わせて試験をやり直すか、正しい製品の版と団体を選んで提出してください。",
    "Make the run file say what is registered and run again, or submit for the right version and body.",
)
_CURRENT: Final = Text(
    "公表されている最新の文書を含む版の本スイートで試験をやり直してください。",
    "Run again with a version of the suite that has the documents published now.",
)
_KINDS: Final[Mapping[str, tuple[Text, Text]]] = {
    "unreadable": (Text("記録を読み取れません({what})。", "The archive cannot be read ({what})."), _AGAIN),
    "altered": (
        Text("記録が実行後に変更されています({what})。", "The archive was altered after the run ({what})."),
        _AGAIN,
    ),
    "documents": (
        Text(
            "公表されている文書及び版による試験ではありません({what})。",
            "The run was not made with documents and an edition that are published here ({what}).",
        ),
        _CURRENT,
    ),
    "edition": (
        Text("この版による試験は受け付けていません({what})。", "Runs of this edition are not accepted ({what})."),
        _CURRENT,
    ),
    "unfinished": (Text("試験が最後まで終わっていません。", "The run did not come to its end."), _WHOLE),
    "narrowed": (Text("範囲を絞った試験です。", "The run was narrowed."), _WHOLE),
    "vendor": (
        Text("記録の事業者({what})は登録と異なります。", "The vendor in the run ({what}) is not the registered one."),
        _RUN_FILE,
    ),
    "product": (
        Text("記録の製品({what})は登録と異なります。", "The product in the run ({what}) is not the registered one."),
        _RUN_FILE,
    ),
    "body": (
        Text("記録の団体({what})は提出先と異なります。", "The body in the run ({what}) is not the one named."),
        _RUN_FILE,
    ),
    "services": (
        Text("試験に含まれるべきサービスがありません({what})。", "What belongs to these services is missing ({what})."),
        _WHOLE,
    ),
    "day": (
        Text(
            "試験の日({what})が、提出できる期間内の実施日と一致しません。",
            "The day of the run ({what}) is not the day on which it was made, or too long ago, or still to come.",
        ),
        _AGAIN,
    ),
    "known evidence": (
        Text("同じ証跡が既に提出されています。", "The same evidence has been submitted before."),
        Text("新しい試験を実行して提出してください。", "Make a run of your own, and submit that."),
    ),
    "too much": (
        Text(
            "判定が時間又はメモリの上限を超えました。",
            "Judging it took more time or memory than is given to a run.",
        ),
        Text(
            "本スイートの通常の試験の記録を提出してください。それでも起きる場合は機関に連絡してください。",
            "Submit the archive of an ordinary run; write to the agency if it happens with one.",
        ),
    ),
}
NOT_ACCEPTED: Final = "edition not accepted"
"""How an error begins that is about a run of an older edition."""
_FATAL: Final = frozenset(
    {"unreadable", "altered", "documents", "edition", "vendor", "product", "body", "known evidence", "too much"}
)
"""With these a run is not what it is said to be; with the others it is, and no statement can come of it."""


def problem(code: str, what: str = "") -> Problem:
    """A problem by its code."""
    text, remedy = _KINDS[code]
    shown = what[:200]
    return Problem(code, Text(text.ja.format(what=shown), text.en.format(what=shown)), remedy)


def fatal(found: Problem) -> bool:
    """Whether the run is refused for it without anybody's review."""
    return found.code in _FATAL


def found_in(error: SuiteError) -> Problem:
    """The problem that an error on an archive tells of."""
    if error.what.startswith(NOT_ACCEPTED):
        return problem("edition", error.what.removeprefix(NOT_ACCEPTED).removeprefix(": "))
    if "altered" in error.what or "digest" in error.what:
        return problem("altered", error.what)
    if "not the one that the run was made with" in error.what or "published here" in error.what:
        return problem("documents", error.what)
    return problem("unreadable", error.what)
