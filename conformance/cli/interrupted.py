"""What is told of a run that stopped before its end: how far it came, and the command that goes on with it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.output import errors, plain, said
from conformance.errors import SuiteError
from conformance.interruption import place
from conformance.model import Text

if TYPE_CHECKING:
    from conformance.session import Progress


class Ticker:
    """Remembers how far a run has come."""

    def __init__(self) -> None:
        self.last: Progress | None = None

    def passing(self, update: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """What takes note of each state, and hands it on."""

        def noted(state: Progress) -> None:
            self.last = state
            update(state)

        return noted


def command(folder: Path) -> str:
    """The command that goes on with the run in a folder."""
    return f"conformance run --resume {shlex.quote(str(folder))}"


def resumable(folder: Path) -> bool:
    """Whether a run was begun there and can be gone on with."""
    return (folder / "run.jsonl").is_file() and place(folder).is_file()


def tell(folder: Path, ticker: Ticker, error: BaseException, lang: str) -> None:
    """Tell why the run stopped, what was done, and what to do next."""
    state = ticker.last
    done = (
        Text(
            f"{state.total}件中{state.done}件のスクリプト({state.exchanges}件の通信)を実行しました。すべて保存されています。",
            f"{state.done} of {state.total} scripts were played ({state.exchanges} exchanges); all of them are kept.",
        )
        if state
        else Text("実行済みのスクリプトはありません。", "No script was played in this sitting.")
    )
    if isinstance(error, SuiteError):
        why = Text(f"実行を中止しました: {error.what}", f"The run has stopped: {error.what}")
    else:
        why = Text("中断しました。", "Interrupted.")
    errors.print(f"\n{said(why, lang)}\n{said(done, lang)}", soft_wrap=True)
    following = "次に" if lang == "ja" else "Next"
    if isinstance(error, SuiteError):
        errors.print(f"{following}: {plain(error.next_step)}", soft_wrap=True)
    if resumable(folder):
        errors.print(f"{following}: {plain(command(folder))}", soft_wrap=True)
        going = Text(
            f"途中までの判定: conformance judge {folder}", f"or judge what there is: conformance judge {folder}"
        )
        errors.print(f"  {said(going, lang)}", soft_wrap=True)


def left_behind(folder: Path, lang: str) -> None:
    """Tell how scripts whose connection broke are played again, where there are any."""
    if resumable(folder):
        again = Text(
            "接続が切れたスクリプトだけを再実行するには", "to play again just the scripts whose connection broke"
        )
        errors.print(f"{said(again, lang)}: {plain(command(folder))}", soft_wrap=True)
