"""Asks questions on the terminal, or takes the answers from a pipe, one per line; each is checked at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.model import Text

T = TypeVar("T")
LONGEST = 200
Check = Callable[[str], T]


class RefusedError(ValueError):
    """An answer that will not do, and what would."""

    def __init__(self, why: Text) -> None:
        super().__init__(f"{why.en} / {why.ja}")


class Questioner:
    """Asks on standard output, reads from standard input. Raises `UsageError` where nobody answers."""

    def __init__(self) -> None:
        self._terminal = sys.stdin is not None and sys.stdin.isatty()
        self._asked = 0
        self._first = "" if self._terminal else _line()
        if not self._terminal and not self._first:
            _nobody_answers()

    def __call__(self, question: Text, check: Check[T], default: str = "", choices: Sequence[str] = ()) -> T:
        """Ask until the answer passes the check; an empty one stands for `default`.

        A person is asked again where the answer will not do, a pipe is refused: raises `UsageError`.
        """
        listed = [f"  {number} {choice}" for number, choice in enumerate(choices, 1)]
        self._say("\n".join(["", question.en, question.ja, *listed]))
        while True:
            answer = self._answer(f"[{default}] > " if default else "> ") or default
            self._asked += 1
            try:
                return check(answer)
            except RefusedError as refused:
                if not self._terminal:
                    raise UsageError(
                        f"'{answer}' will not do: {refused}",
                        where=f"answer {self._asked} on standard input",
                        next_step="correct that line, or run 'conformance init' in a terminal",
                    ) from None
                self._say(f"  ! {refused}")

    def note(self, text: str) -> None:
        """Say what was made of an answer."""
        self._say(f"  = {text}")

    def _answer(self, prompt: str) -> str:
        if self._terminal:
            try:
                return input(prompt).strip()
            except EOFError:
                raise UsageError("stopped; nothing was written", next_step="run 'conformance init' again") from None
        # After the last line that was piped, every question gets its default.
        line, self._first = self._first or _line(), ""
        self._say(f"{prompt}{line.strip()}")
        return line.strip()

    def _say(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _line() -> str:
    try:
        return sys.stdin.readline() if sys.stdin is not None else ""
    except UnicodeDecodeError:
        raise UsageError("the answers are not UTF-8", next_step="pipe them as UTF-8, one per line") from None


def _nobody_answers() -> NoReturn:
    raise UsageError(
        "'conformance init' asks questions, and nobody answers: standard input is neither a terminal nor a pipe with "
        "answers",
        next_step="run it in a terminal, or pipe the answers, one per line",
    )


def text(answer: str) -> str:
    """Any text of 1 to 200 characters."""
    if not answer:
        raise RefusedError(Text("入力してください", "this cannot be left empty"))
    return optional_text(answer)


def optional_text(answer: str) -> str:
    """Any text, or none."""
    if len(answer) > LONGEST or not answer.isprintable():
        raise RefusedError(
            Text(f"表示可能な{LONGEST}字以内の文字列にしてください", f"at most {LONGEST} printable characters")
        )
    return answer


def url(answer: str) -> str:
    """An absolute http or https URL without query, fragment and user."""
    example = Text("例: https://test.example.jp/v1", "for example https://test.example.jp/v1")
    try:
        parts = urlsplit(answer)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or any(c in answer for c in "?#@") or any(c.isspace() for c in answer):
        raise RefusedError(
            Text(
                f"http:// 又は https:// で始まるURLにしてください({example.ja})",
                f"a URL that begins with http:// or https://, without query ({example.en})",
            )
        )
    return answer.rstrip("/")


def optional_url(answer: str) -> str:
    """A URL, or `-` for none."""
    return "" if answer in {"", "-"} else url(answer)


def one_of(names: Sequence[str]) -> Check[str]:
    """One of some names, by its name or number in the list."""

    def check(answer: str) -> str:
        chosen = _named(answer, names)
        if chosen is None:
            raise RefusedError(Text(f"{', '.join(names)} のいずれか", f"one of {', '.join(names)}"))
        return chosen

    return check


def some_of(names: Sequence[str], *, least: int = 0) -> Check[tuple[str, ...]]:
    """Some of some names, separated by commas or spaces; `all`; `-` for none."""

    def check(answer: str) -> tuple[str, ...]:
        if answer == "all":
            return tuple(names)
        words = [] if answer in {"", "-"} else answer.replace(",", " ").replace("、", " ").split()
        chosen = [_named(word, names) for word in words]
        wrong = next((word for word, name in zip(words, chosen, strict=True) if name is None), None)
        if wrong is not None:
            raise RefusedError(Text(f"{wrong} はありません: {', '.join(names)}", f"no {wrong}: {', '.join(names)}"))
        if len(chosen) < least:
            raise RefusedError(Text("一つ以上選んでください", "choose at least one"))
        return tuple(dict.fromkeys(name for name in chosen if name is not None))

    return check


def _named(answer: str, names: Sequence[str]) -> str | None:
    if answer in names:
        return answer
    if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(names):
        return names[int(answer) - 1]
    return None
