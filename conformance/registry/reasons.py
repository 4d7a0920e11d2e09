"""Why a run cannot be stated as it is: each reason with the clause it comes from, and its remedy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from conformance.model import Level, Source, Text, VerdictKind
from conformance.registry.judged import Judged, Shortfall
from conformance.registry.waivers import Waiver, WaiverState


class Reason(msgspec.Struct, frozen=True):
    """One reason. `requirement` is empty where it is about the run as a whole."""

    code: str
    text: Text
    remedy: Text
    service: str = ""
    requirement: str = ""
    source: Source | None = None
    expected: str = ""
    actual: str = ""


class Waived(msgspec.Struct, frozen=True):
    """A requirement that is not met and is borne by a waiver; the verdict underneath stays to be seen."""

    shortfall: Shortfall
    waiver: Waiver


class Assessment(msgspec.Struct, frozen=True):
    """A judged run weighed: what stands against a statement, what is waived, what is only recommended."""

    reasons: tuple[Reason, ...]
    waived: tuple[Waived, ...]
    observations: tuple[Shortfall, ...]
    unused: tuple[Waiver, ...]
    """Waivers of this version that count today and that this run did not need."""
    ended: tuple[Waiver, ...]
    """Waivers of this version that would have counted, had they not ended."""


def assess(judged: Judged, waivers: Iterable[Waiver], version_id: str, body_code: str, day: dt.date) -> Assessment:
    """Weigh a judged run of a version in a body on a day."""
    known = [waiver for waiver in waivers if waiver.version_id == version_id and waiver.body_code in {None, body_code}]
    reasons = [Reason(found.code, found.text, found.remedy) for found in judged.problems]
    waived: list[Waived] = []
    observations: list[Shortfall] = []
    for short in judged.short:
        if short.level is Level.RECOMMENDED:
            observations.append(short)
        elif borne := _waiver(known, short, version_id, body_code, day):
            waived.append(Waived(short, borne))
        else:
            reasons.append(_reason(short))
    used = {entry.waiver.id for entry in waived}
    counting = [w for w in known if w.covers(w.service, w.requirement, version_id, body_code, day)]
    tested = {entry.service for entry in judged.services}
    ended = [w for w in known if w.valid_until < day and w.state is WaiverState.APPROVED]
    return Assessment(
        tuple(reasons),
        tuple(waived),
        tuple(observations),
        tuple(w for w in counting if w.id not in used and w.service in tested),
        tuple(w for w in ended if w.service in tested),
    )


def _waiver(known: list[Waiver], short: Shortfall, version_id: str, body_code: str, day: dt.date) -> Waiver | None:
    return next((w for w in known if w.covers(short.service, short.requirement, version_id, body_code, day)), None)


def _reason(short: Shortfall) -> Reason:
    failed = short.verdict is VerdictKind.FAIL
    told = short.message or short.reason or short.title
    name = f"{short.requirement} ({short.service})"
    return Reason(
        "requirement not met" if failed else "requirement not judged",
        Text(
            f"{name} 「{short.title.ja}」: {'満たしていません。' if failed else '判定できませんでした。'}{told.ja}",
            f"{name} '{short.title.en}': {'not met' if failed else 'could not be judged'}: {told.en}",
        ),
        _remedy(short, failed=failed),
        short.service,
        short.requirement,
        short.source,
        short.expected,
        short.actual,
    )


def _remedy(short: Shortfall, *, failed: bool) -> Text:
    """What to do: the requirement says what must hold, the evidence what was, the suite how to see it again."""
    command = f"conformance run --requirement {short.requirement}"
    if failed:
        place = f" ({short.operation})" if short.operation else ""
        return Text(
            f"システムを改修し、次を満たしてください{place}。{short.statement.ja} `{command}`で確認できます。",
            f"Change the system so that this holds{place}: {short.statement.en} `{command}` shows whether it does.",
        )
    return Text(
        f"判定できるように試験環境を整えてください(実行設定ファイルの役割、試験制御)。`{command}`で確認できます。",
        f"Make it possible to judge it: roles and test control in the run file. `{command}` shows whether it can be.",
    )
