"""The named sets of characters in Go's regular expressions: Perl's, POSIX's and Unicode's."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TypeAlias

Matches: TypeAlias = Callable[[str], bool]

PERL: dict[str, Matches] = {
    "d": lambda ch: "0" <= ch <= "9",
    "s": lambda ch: ch in "\t\n\f\r ",
    "w": lambda ch: ch.isascii() and (ch.isalnum() or ch == "_"),
}
POSIX: dict[str, Matches] = {
    "alnum": lambda ch: ch.isascii() and ch.isalnum(),
    "alpha": lambda ch: ch.isascii() and ch.isalpha(),
    "ascii": lambda ch: ch.isascii(),
    "blank": lambda ch: ch in "\t ",
    "cntrl": lambda ch: ch < " " or ch == "\x7f",
    "digit": PERL["d"],
    "graph": lambda ch: "!" <= ch <= "~",
    "lower": lambda ch: "a" <= ch <= "z",
    "print": lambda ch: " " <= ch <= "~",
    "punct": lambda ch: "!" <= ch <= "~" and not ch.isalnum(),
    "space": lambda ch: ch in "\t\n\v\f\r ",
    "upper": lambda ch: "A" <= ch <= "Z",
    "word": PERL["w"],
    "xdigit": lambda ch: ch in "0123456789abcdefABCDEF",
}
_CATEGORIES = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cs",
    ]
)
_SCRIPTS = {
    "Han": "CJK ", "Latin": "LATIN ", "Greek": "GREEK ", "Cyrillic": "CYRILLIC ", "Hiragana": "HIRAGANA ",
    "Katakana": "KATAKANA ", "Hangul": "HANGUL ", "Hebrew": "HEBREW ", "Arabic": "ARABIC ", "Thai": "THAI ",
    "Devanagari": "DEVANAGARI ", "Armenian": "ARMENIAN ", "Georgian": "GEORGIAN ", "Bengali": "BENGALI ",
}  # fmt: skip


def fold(ch: str) -> str:
    """A character that is the same for all spellings of a letter: `(?i)` compares these."""
    raised = ch.upper()
    lowered = (raised if len(raised) == 1 else ch).lower()
    return lowered if len(lowered) == 1 else ch


def negated(matches: Matches) -> Matches:
    """The characters that are not in a set."""
    return lambda ch: not matches(ch)


def spellings(ch: str) -> list[str]:
    """The other cases of a letter."""
    return [other for other in (ch.lower(), ch.upper(), fold(ch)) if len(other) == 1 and other != ch]


def unicode_class(name: str) -> Matches | None:
    """A category or a script by name; None when it is neither."""
    if name == "Any":
        return lambda ch: True
    if name in _CATEGORIES:
        return lambda ch: unicodedata.category(ch).startswith(name)
    prefix = _SCRIPTS.get(name)
    if prefix is not None:
        return lambda ch: unicodedata.name(ch, "").startswith(prefix)
    return None
