"""Signs of a system's inside in an error: traces of a stack, names of exceptions, files, statements of a database.

Errors are also written for people, so that words which people use ("an error", "Exception handling") are no sign.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_TRACES: Final = (
    r"Traceback \(most recent call last\)",
    r"File \"[^\"\n]{1,400}\", line \d+",
    r"\bat [\w.$<>]{1,300}\([\w.]{1,200}\.(?:java|kt|scala|groovy):\d+\)",
    r"\bat (?:[\w.$<>\[\] ]{1,200} \()?(?:file:///|/|[A-Za-z]:\\|node:)[^\s()]{1,400}:\d+:\d+\)?",
    r"\bat [\w.<>`]{1,300}\([^)\n]{0,300}\) in [^\n]{1,400}:line \d+",
    r"\bgoroutine \d+ \[",
    r"\bStack ?trace\b.{0,40}\n",
    r"thrown in .{1,400}? on line \d+",
    r"(?<![\w/.-])[\w/.-]{1,400}\.(?:rb|php):\d+:in\b",
)
_NAMED: Final = "|".join(
    (
        "Value", "Key", "Type", "Attribute", "Index", "Lookup", "Name", "Syntax", "Runtime", "Assertion", "Recursion",
        "Overflow", "ZeroDivision", "UnicodeDecode", "UnicodeEncode", "JSONDecode", "Integrity", "Operational",
        "Programming", "Reference", "Range", "NoMethod", "Argument", "NotImplemented", "ModuleNotFound", "Import",
        "Permission", "FileNotFound", "Connection", "Timeout",
    )
)  # fmt: skip  # one table, read as one
_EXCEPTIONS: Final = (
    r"(?<![\w.])(?:[A-Za-z_]\w{0,100}\.){1,20}[A-Z]\w{0,100}(?:Error|Exception)\b",
    r"\b[A-Z][a-z]\w{0,200}Exception\b",
    rf"\b(?:{_NAMED})Error\b",
    r"\bpanic: ",
)
_FILES: Final = (
    r"(?<![\w:/])/(?:usr|home|var|opt|srv|app|root|etc|tmp|mnt|workspace|site-packages|node_modules)/[\w@/.-]{0,400}\.\w+",
    r"\b[A-Za-z]:\\(?:[^\\\s\"<>|]{1,200}\\){1,40}[^\\\s\"<>|]+",
    r"(?<![\w/-])(?:[\w-]{1,200}/){1,40}[\w-]{1,200}\.(?:py|java|kt|cs|go|rb|php|tsx?|jsx?)\b(?::\d+)?",
)
_DATABASE: Final = (
    r"\b(?:ORA|PG|SQL|DB2|TNS)-?\d{4,5}\b",
    r"SQLSTATE",
    r"\bSELECT\b.{1,500}?\bFROM\b\s+[\w.\"`\[]+",
    r"\bINSERT\s+INTO\b\s+[\w.\"`\[]+",
    r"\bUPDATE\b\s+[\w.\"`\[\]]+\s+\bSET\b",
    r"\bDELETE\s+FROM\b\s+[\w.\"`\[]+",
    r"violates (?:unique|foreign key|not-null|check) constraint",
    r"syntax error at or near",
    r"\bUNIQUE constraint failed",
    r"\bDuplicate entry '",
    r"psycopg|sqlalchemy|\bjdbc:|java\.lang\.|\bHibernate\b",
)
# Every repetition is bounded, and begins where a word does: what a hostile system sends is looked through in one go.
_SIGNS: Final = re.compile("|".join((*_TRACES, *_EXCEPTIONS, *_FILES, *_DATABASE)), re.DOTALL)
ADDRESSES: Final = ("type", "instance")
"""Members that are URIs (RFC 9457, 3.1): a name may end like an exception, a path may begin like that of a file."""
_USUAL: Final = 2000
_ADDRESS: Final = re.compile(r'"(?:type|instance)"\s*:\s*"[^"]*"')
_HELP: Final = re.compile(r"\bhttps?://[\w.-]{1,250}(?:/[^\s\"'<>():、。]{0,400}+)?(?!:\d)")
"""A page on the web that people are sent to: what it is written in says nothing. With a line number it is a trace."""


def disclosed(text: str) -> str | None:
    """The first sign of the inside in the text of an error, or None."""
    told = _HELP.sub("", _ADDRESS.sub("", text))
    return _looked_through(told) if len(told) <= _USUAL else _first(told)


@lru_cache(maxsize=512)
def _looked_through(text: str) -> str | None:
    # Most errors of a system say one of a few things, again and again.
    return _first(text)


def _first(text: str) -> str | None:
    found = _SIGNS.search(text)
    return None if found is None else found[0]
