"""The tokens of expr-lang 1.17.8, with their positions (the grammar of its lexer/state.go)."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple, NoReturn

from kai_pipelines.expression.faults import CompileError

MAX_LENGTH = 1 << 20
"""Characters an expression may have; expr-lang itself stops at 10,000 nodes."""

IDENTIFIER, NUMBER, STRING, BYTES, OPERATOR, BRACKET, EOF = [
    "Identifier",
    "Number",
    "String",
    "Bytes",
    "Operator",
    "Bracket",
    "EOF",
]

WORD_OPERATORS = frozenset(
    ["in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "not", "if", "else"]
)
_SPACES = frozenset(
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_SIMPLE_ESCAPES = dict(zip("abfnrtv\\'\"`?", "\a\b\f\n\r\t\v\\'\"`?", strict=True))
_DIGITS = frozenset("0123456789_")
_BASES = {
    "x": frozenset("0123456789abcdefABCDEF_"),
    "o": frozenset("01234567_"),
    "b": frozenset("01_"),
}


class Token(NamedTuple):
    """A token: its kind, its value (strings unescaped), and the offset where it starts."""

    kind: str
    value: str
    position: int

    def is_(self, kind: str, value: str) -> bool:
        """Whether this is that token."""
        return self.kind == kind and self.value == value


def is_space(ch: str) -> bool:
    """Go's `unicode.IsSpace`."""
    return ch in _SPACES


def is_alphabetic(ch: str) -> bool:
    """Whether a name may start with this character."""
    if ch.isascii():
        return ch.isalpha() or ch in ("_", "$")
    return unicodedata.category(ch)[0] == "L"


def is_word(ch: str) -> bool:
    """Whether a name may contain this character."""
    return is_alphabetic(ch) or ("0" <= ch <= "9") or (not ch.isascii() and unicodedata.category(ch) == "Nd")


def tokenize(text: str) -> list[Token]:
    """All tokens of an expression, the last one EOF; raises CompileError."""
    if len(text) > MAX_LENGTH:
        raise CompileError(f"the expression is longer than {MAX_LENGTH} characters", text=text[:200], position=0)
    return _Lexer(text).run()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.tokens: list[Token] = []

    def fail(self, message: str, position: int | None = None) -> NoReturn:
        raise CompileError(message, text=self.text, position=self.at if position is None else position)

    def peek(self, ahead: int = 0) -> str:
        return self.text[self.at + ahead : self.at + ahead + 1]

    def emit(self, kind: str, start: int, value: str | None = None) -> None:
        self.tokens.append(Token(kind, self.text[start : self.at] if value is None else value, start))

    def run(self) -> list[Token]:
        while self.at < len(self.text):
            self.token(self.text[self.at])
        self.tokens.append(Token(EOF, "", len(self.text)))
        return self.tokens

    def token(self, ch: str) -> None:
        start = self.at
        if is_space(ch):
            self.at += 1
        elif ch in "'\"":
            self.emit_string(STRING, start, start)
        elif ch == "`":
            self.raw_string(start)
        elif ch in "bB" and self.peek(1) in ("'", '"'):
            self.at += 1
            self.emit_string(BYTES, start, start + 1)
        elif ch in "0123456789" or (ch == "." and self.peek(1) in tuple("0123456789")):
            self.number(start)
        elif ch == "/" and self.peek(1) in ("/", "*"):
            self.comment(start)
        elif ch in "([{)]}":
            self.at += 1
            self.emit(BRACKET, start)
        elif ch == "#":
            self.pointer(start)
        elif is_word(ch):
            self.word(start)
        else:
            self.operator(ch, start)

    def operator(self, ch: str, start: int) -> None:
        followers = {"?": ".?", "|": "|", ":": ":", ".": ".", "#": "#"}.get(ch, "&=*" if ch in "&!=*<>" else "")
        if not followers and ch not in ",;%+-^/":
            self.fail(f"unrecognized character: U+{ord(ch):04X} {ch!r}")
        self.at += 1
        if self.peek() and self.peek() in followers:
            self.at += 1
        self.emit(OPERATOR, start)

    def pointer(self, start: int) -> None:
        self.at += 2 if self.peek(1) == "#" else 1
        self.emit(OPERATOR, start)
        name = self.at
        self.skip_word()
        if self.at > name:
            self.emit(IDENTIFIER, name)

    def skip_word(self) -> None:
        while self.at < len(self.text) and is_word(self.text[self.at]):
            self.at += 1

    def word(self, start: int) -> None:
        self.skip_word()
        self.emit(OPERATOR if self.text[start : self.at] in WORD_OPERATORS else IDENTIFIER, start)

    def comment(self, start: int) -> None:
        if self.peek(1) == "/":
            end = self.text.find("\n", start)
            self.at = len(self.text) if end < 0 else end + 1
            return
        end = self.text.find("*/", start + 2)
        if end < 0:
            self.fail("unclosed comment", start)
        self.at = end + 2

    def accept_run(self, allowed: frozenset[str]) -> None:
        while self.peek() in allowed:
            self.at += 1

    def number(self, start: int) -> None:
        digits = _DIGITS
        if self.peek() == "0" and self.peek(1).lower() in _BASES:
            digits = _BASES[self.peek(1).lower()]
            self.at += 2
        self.accept_run(digits)
        if self.peek() == "." and self.peek(1) != ".":
            self.at += 1
            self.accept_run(digits)
        elif self.peek() == ".":
            self.emit(NUMBER, start)
            return
        if self.peek() in ("e", "E"):
            self.at += 1
            if self.peek() in ("+", "-"):
                self.at += 1
            self.accept_run(digits)
        if self.peek() and is_word(self.peek()):
            self.fail(f"bad number syntax: {self.text[start : self.at + 1]!r}", start)
        self.emit(NUMBER, start)

    def emit_string(self, kind: str, start: int, opening: int) -> None:
        quote = self.text[opening]
        self.at = opening + 1
        parts: list[str] = []
        while True:
            ch = self.peek()
            if ch in ("", "\n"):
                self.fail("literal not terminated", start)
            self.at += 1
            if ch == quote:
                break
            if ch == "\\":
                ch = self.escape(quote, as_bytes=kind == BYTES)
            elif ch == "\r":
                ch = "\n"
            parts.append(ch)
        self.emit(kind, start, "".join(parts))

    def escape(self, quote: str, *, as_bytes: bool) -> str:
        ch = self.peek()
        self.at += 1
        if ch == quote or (ch and ch in "abfnrtv\\"):
            return _SIMPLE_ESCAPES[ch]
        if ch and ch in "0123":
            return self.code_point(self.digits(2, 8, ch), as_bytes=as_bytes)
        if ch == "x":
            return self.code_point(self.digits(2, 16), as_bytes=as_bytes)
        if ch and ch in "uU" and not as_bytes:
            if ch == "u" and self.peek() == "{":
                return self.braced_code_point()
            return self.code_point(self.digits(4 if ch == "u" else 8, 16), as_bytes=False)
        self.fail("invalid char escape", self.at - 1)

    def digits(self, count: int, base: int, first: str = "") -> int:
        text = first + self.text[self.at : self.at + count]
        if len(text) != count + len(first) or not all(ch in "0123456789abcdef"[:base] for ch in text.lower()):
            self.fail("invalid char escape")
        self.at += count
        return int(text, base)

    def braced_code_point(self) -> str:
        end = self.text.find("}", self.at)
        count = end - self.at - 1
        if end < 0 or not 1 <= count <= 6:
            self.fail("invalid char escape")
        self.at += 1
        value = self.digits(count, 16)
        self.at += 1
        return self.code_point(value, as_bytes=False)

    def code_point(self, value: int, *, as_bytes: bool) -> str:
        if value > 0x10FFFF or (as_bytes and value > 255):
            self.fail("invalid char escape")
        if as_bytes:
            return chr(value) if value < 128 else bytes([value]).decode("utf-8", "surrogateescape")
        return "\ufffd" if 0xD800 <= value <= 0xDFFF else chr(value)

    def raw_string(self, start: int) -> None:
        self.at += 1
        parts: list[str] = []
        while True:
            end = self.text.find("`", self.at)
            if end < 0:
                self.fail("literal not terminated", start)
            parts.append(self.text[self.at : end])
            self.at = end + 1
            if self.peek() != "`":
                break
            parts.append("`")
            self.at += 1
        self.emit(STRING, start, "".join(parts))
