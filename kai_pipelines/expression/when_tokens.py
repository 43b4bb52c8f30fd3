"""The tokens of a `when`: govaluate's lexer, with its whims (bare words, either quote ends a string, dates)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from kai_pipelines.expression import golayout, numbers
from kai_pipelines.expression.faults import CompileError
from kai_pipelines.expression.lexer import is_space

PREFIX, NUMERIC, BOOLEAN, STRING, PATTERN, TIME, VARIABLE, SEPARATOR, ACCESSOR, COMPARATOR = range(1, 11)
LOGICALOP, MODIFIER, CLAUSE, CLAUSE_CLOSE, TERNARY, START = range(11, 17)

NAMES = (
    "", "prefix", "number", "boolean", "string", "pattern", "time", "word", "comma", "accessor", "comparator",
    "logical operator", "modifier", "opening parenthesis", "closing parenthesis", "ternary operator", "start",
)  # fmt: skip

PREFIXES = frozenset(("-", "!", "~"))
MODIFIERS = frozenset(("+", "-", "*", "/", "%", "**", "&", "|", "^", ">>", "<<"))
COMPARATORS = frozenset(("==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"))
LOGICAL = frozenset(("&&", "||"))
TERNARIES = frozenset(("?", ":", "??"))

_VALUES = (NUMERIC, BOOLEAN, VARIABLE, ACCESSOR, STRING, TIME, CLAUSE)
_AFTER_VALUE = (MODIFIER, COMPARATOR, LOGICALOP, CLAUSE_CLOSE, SEPARATOR)
FOLLOWERS: dict[int, frozenset[int]] = {
    START: frozenset((PREFIX, PATTERN, *_VALUES)),
    CLAUSE: frozenset((PREFIX, PATTERN, CLAUSE_CLOSE, *_VALUES)),
    CLAUSE_CLOSE: frozenset((*_AFTER_VALUE, NUMERIC, BOOLEAN, VARIABLE, STRING, PATTERN, TIME, CLAUSE, TERNARY)),
    **dict.fromkeys((NUMERIC, BOOLEAN, STRING, VARIABLE), frozenset((*_AFTER_VALUE, TERNARY))),
    **dict.fromkeys((TIME, PATTERN), frozenset(_AFTER_VALUE)),
    MODIFIER: frozenset((PREFIX, NUMERIC, VARIABLE, ACCESSOR, STRING, BOOLEAN, CLAUSE, CLAUSE_CLOSE)),
    COMPARATOR: frozenset((PREFIX, PATTERN, CLAUSE_CLOSE, *_VALUES)),
    LOGICALOP: frozenset((PREFIX, CLAUSE_CLOSE, *_VALUES)),
    PREFIX: frozenset((NUMERIC, BOOLEAN, VARIABLE, ACCESSOR, CLAUSE, CLAUSE_CLOSE)),
    TERNARY: frozenset((PREFIX, SEPARATOR, *_VALUES)),
    ACCESSOR: frozenset((*_AFTER_VALUE, CLAUSE, TERNARY)),
    SEPARATOR: frozenset((PREFIX, *_VALUES)),
}
"""Which kind of token may come after which."""
MAY_END = frozenset((CLAUSE_CLOSE, NUMERIC, BOOLEAN, STRING, TIME, PATTERN, VARIABLE, ACCESSOR))

_TIME_LAYOUTS = (
    "Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04:05 MST 2006", "Mon Jan 02 15:04:05 -0700 2006", "3:04PM",
    golayout.RFC3339, "2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02 15:04:05-07:00",
    "2006-01-02T15Z0700", "2006-01-02T15:04Z0700", "2006-01-02T15:04:05Z0700",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind, its value, and the offset where it starts."""

    kind: int
    value: object
    position: int


def tokenize(text: str) -> list[Token]:
    """The tokens of a `when`; raises CompileError."""
    lexer = _Lexer(text)
    tokens: list[Token] = []
    kind = START
    while True:
        token = lexer.token(kind)
        if token is None:
            return tokens
        tokens.append(token)
        kind = token.kind


def _category(ch: str) -> str:
    return unicodedata.category(ch)


def _is_digit(ch: str) -> bool:
    return "0" <= ch <= "9" or (not ch.isascii() and _category(ch) == "Nd")


def _is_letter(ch: str) -> bool:
    return ch.isalpha() if ch.isascii() else _category(ch)[0] == "L"


def _is_numeric(ch: str) -> bool:
    return _is_digit(ch) or ch == "."


def _is_symbol(ch: str) -> bool:
    return not (_is_digit(ch) or _is_letter(ch) or ch in "()[]'\"")


def _in_name(ch: str) -> bool:
    return _is_letter(ch) or _is_digit(ch) or ch in "_."


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, message: str, position: int) -> CompileError:
        return CompileError(f"{message} at character {position + 1}", text=self.text, position=position)

    def token(self, previous: int) -> Token | None:
        while self.at < len(self.text) and is_space(self.text[self.at]):
            self.at += 1
        if self.at >= len(self.text):
            return None
        start = self.at
        ch = self.text[start]
        if _is_numeric(ch):
            return Token(NUMERIC, self.number(start), start)
        if ch in ",()":
            self.at += 1
            return Token({",": SEPARATOR, "(": CLAUSE, ")": CLAUSE_CLOSE}[ch], ch, start)
        if ch == "[":
            return Token(VARIABLE, self.delimited(lambda c: c == "]", "the bracket is not closed"), start)
        if _is_letter(ch):
            return self.word(start)
        if ch in "'\"":
            return self.quoted(start)
        return self.symbol(start, previous)

    def read(self, accepts: Callable[[str], bool], *, blanks: bool = False) -> tuple[str, bool]:
        """Characters while accepted; a backslash takes the next one as it is, a blank ends (or belongs)."""
        parts: list[str] = []
        while self.at < len(self.text):
            ch = self.text[self.at]
            self.at += 1
            if ch == "\\":
                if self.at >= len(self.text):
                    raise self.fail("nothing follows the backslash", self.at - 1)
                parts.append(self.text[self.at])
                self.at += 1
            elif is_space(ch) and not blanks:
                if parts:
                    return "".join(parts), True
            elif accepts(ch):
                parts.append(ch)
            else:
                self.at -= 1
                return "".join(parts), True
        return "".join(parts), False

    def delimited(self, ends: Callable[[str], bool], complaint: str) -> str:
        start = self.at
        self.at += 1
        value, completed = self.read(lambda ch: not ends(ch), blanks=True)
        if not completed:
            raise self.fail(complaint, start)
        self.at += 1
        return value

    def number(self, start: int) -> float:
        try:
            if self.text.startswith("0x", start) and start + 2 < len(self.text):
                self.at += 2
                digits, _ = self.read(lambda ch: _is_digit(ch) or ch in "abcdefABCDEF")
                value = int(digits, 16) if digits.isascii() and digits.isalnum() and len(digits) < 40 else -1
                if not 0 <= value < 1 << 64:
                    raise ValueError(digits)
                return float(value)
            return numbers.parse_float(self.read(_is_numeric)[0])
        except ValueError:
            raise self.fail("this is no number", start) from None

    def word(self, start: int) -> Token:
        word, _ = self.read(_in_name)
        if word in ("true", "false"):
            return Token(BOOLEAN, word == "true", start)
        if word.find(".") > 0:
            return self.accessor(word, start)
        if word in ("in", "IN"):
            return Token(COMPARATOR, "in", start)
        return Token(VARIABLE, word, start)

    def accessor(self, word: str, start: int) -> Token:
        if word.endswith("."):
            raise self.fail(f"the name {word!r} ends with a period", start)
        for part in word.split(".")[1:]:
            if part and part[0].upper() != part[0]:
                raise self.fail(f"a word with a period, {word!r}, must be quoted", start)
        return Token(ACCESSOR, word, start)

    def quoted(self, start: int) -> Token:
        value = self.delimited(lambda ch: ch in "'\"", "the string is not closed")
        seconds = time_of(value)
        return Token(STRING, value, start) if seconds is None else Token(TIME, seconds, start)

    def symbol(self, start: int, previous: int) -> Token:
        symbol, _ = self.read(_is_symbol)
        if symbol in PREFIXES and PREFIX in FOLLOWERS[previous]:
            return Token(PREFIX, symbol, start)
        for kind, known in ((MODIFIER, MODIFIERS), (LOGICALOP, LOGICAL), (COMPARATOR, COMPARATORS)):
            if symbol in known:
                return Token(kind, symbol, start)
        if symbol in TERNARIES:
            return Token(TERNARY, symbol, start)
        raise self.fail(f"invalid token {symbol!r} (put quotes around the value it belongs to)", start)


def time_of(text: str) -> float | None:
    """Seconds since 1970 when a quoted string reads as a date in one of govaluate's layouts."""
    if not any("0" <= ch <= "9" for ch in text) or len(text) > 80:
        return None
    for layout in _TIME_LAYOUTS:
        try:
            fields = golayout.read(layout, text)
        except ValueError:
            continue
        days = golayout.days_from_civil(fields.year, fields.month, fields.day)
        return float(days * 86400 + fields.hour * 3600 + fields.minute * 60 + fields.second - (fields.offset or 0))
    return None
