"""The syntax of Go's regular expressions (regexp/syntax with Perl flags): what parses, and into which tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from kai_pipelines.expression.regex_classes import PERL, POSIX, Matches, fold, negated, spellings, unicode_class

MAX_DEPTH = 200
MAX_REPEAT = 1000
"""As Go: a count, also the product of nested counts, may not exceed it."""


class PatternError(ValueError):
    """The pattern is none that Go's regexp accepts."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set; `literal` is that character when it is the only one."""

    matches: Matches
    literal: str | None = None


@dataclass(frozen=True, slots=True)
class Assert:
    """A position: `begin`, `end`, `line-begin`, `line-end`, `word`, `no-word`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Concat:
    """One after another; none of them is the empty match."""

    parts: tuple[Regex, ...]


@dataclass(frozen=True, slots=True)
class Alternate:
    """The first that matches."""

    choices: tuple[Regex, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Between `least` and `most` times (None: no end)."""

    part: Regex
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A capture, numbered from 1."""

    index: int
    part: Regex


Regex: TypeAlias = Chars | Assert | Concat | Alternate | Repeat | Group

_ESCAPES = dict(zip("aftnrv", "\a\f\t\n\r\v", strict=True))
_ASSERTIONS = {"A": "begin", "z": "end", "b": "word", "B": "no-word"}


def parse(pattern: str) -> tuple[Regex, list[str]]:
    """The tree and the names of the groups ("" for those without); raises PatternError."""
    parser = _Parser(pattern)
    tree = parser.alternation(0)
    if parser.at < len(pattern):
        raise PatternError(f"error parsing regexp: unexpected ): `{pattern[:80]}`")
    return tree, parser.names


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.names: list[str] = []
        self.flags: frozenset[str] = frozenset()

    def fail(self, what: str, start: int) -> PatternError:
        return PatternError(f"error parsing regexp: {what}: `{self.pattern[start : max(self.at, start + 1)]}`")

    def peek(self, count: int = 1) -> str:
        return self.pattern[self.at : self.at + count]

    def alternation(self, depth: int) -> Regex:
        if depth > MAX_DEPTH:
            raise PatternError("error parsing regexp: expression nests too deeply")
        choices = [self.concatenation(depth)]
        while self.peek() == "|":
            self.at += 1
            choices.append(self.concatenation(depth))
        return choices[0] if len(choices) == 1 else Alternate(tuple(choices))

    def concatenation(self, depth: int) -> Regex:
        parts: list[Regex] = []
        repeated = False
        while self.at < len(self.pattern) and self.peek() not in ("|", ")"):
            start = self.at
            count = self.count()
            if count is None:
                parts += self.atom(depth)
                repeated = False
                continue
            if not parts:
                raise self.fail("missing argument to repetition operator", start)
            if repeated:
                raise self.fail("invalid nested repetition operator", start)
            parts[-1] = self.repeat(parts[-1], *count, start)
            repeated = True
        return parts[0] if len(parts) == 1 else Concat(tuple(parts))

    def count(self) -> tuple[int, int | None] | None:
        """Step over `*`, `+`, `?` or `{n,m}`; None when none is here."""
        ch = self.peek()
        if ch and ch in "*+?":
            self.at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[ch]
        if ch != "{":
            return None
        end = self.pattern.find("}", self.at)
        least, comma, most = self.pattern[self.at + 1 : max(end, 0)].partition(",")
        if end < 0 or not _is_count(least) or (most and not _is_count(most)):
            return None
        start, self.at = self.at, end + 1
        low, high = int(least[:6]), (int(most[:6]) if most else None if comma else int(least[:6]))
        if low > MAX_REPEAT or (high is not None and (high > MAX_REPEAT or high < low)):
            raise self.fail("invalid repeat count", start)
        return low, high

    def repeat(self, part: Regex, least: int, most: int | None, start: int) -> Regex:
        greedy = "U" not in self.flags
        if self.peek() == "?":
            self.at += 1
            greedy = not greedy
        node = Repeat(part, least, most, greedy)
        if max(least, most or 0) >= 2 and not _within(node, MAX_REPEAT):
            raise self.fail("invalid repeat count", start)
        return node

    def atom(self, depth: int) -> list[Regex]:
        ch = self.peek()
        if ch == "(":
            return self.group(depth)
        self.at += 1
        if ch == "[":
            return [self.bracket(self.at - 1)]
        if ch == ".":
            return [Chars((lambda c: True) if "s" in self.flags else (lambda c: c != "\n"))]
        if ch == "^":
            return [Assert("line-begin" if "m" in self.flags else "begin")]
        if ch == "$":
            return [Assert("line-end" if "m" in self.flags else "end")]
        if ch == "\\":
            return self.escape(self.at - 1)
        return [self.literal(ch)]

    def literal(self, ch: str) -> Chars:
        if "i" in self.flags and (ch.lower() != ch or ch.upper() != ch):
            folded = fold(ch)
            return Chars(lambda c: c == ch or fold(c) == folded)
        return Chars(ch.__eq__, ch)

    def group(self, depth: int) -> list[Regex]:
        start = self.at
        outer = self.flags
        index = 0
        if self.peek(2) == "(?":
            named = self.named(start)
            if named is None:
                scoped = self.set_flags(start)
                if not scoped:
                    return []
            else:
                index = self.capture(named)
        else:
            self.at += 1
            index = self.capture("")
        inner = self.alternation(depth + 1)
        if self.peek() != ")":
            raise PatternError(f"error parsing regexp: missing closing ): `{self.pattern[:80]}`")
        self.at += 1
        self.flags = outer
        return [Group(index, inner) if index else inner if not isinstance(inner, Concat) else Concat((inner,))]

    def capture(self, name: str) -> int:
        self.names.append(name)
        return len(self.names)

    def named(self, start: int) -> str | None:
        """Step over `(?P<name>` or `(?<name>` and return the name; None when it is no such group."""
        for opening in ("(?P<", "(?<"):
            if self.pattern.startswith(opening, start):
                end = self.pattern.find(">", start)
                name = self.pattern[start + len(opening) : max(end, 0)]
                self.at = end + 1 if end >= 0 else len(self.pattern)
                if end < 0 or not name or not all(PERL["w"](ch) for ch in name):
                    raise self.fail("invalid named capture", start)
                return name
        return None

    def set_flags(self, start: int) -> bool:
        """Step over `(?flags:` (True) or `(?flags)` (False) and set them."""
        self.at += 2
        flags = set(self.flags)
        negative = seen = False
        while self.at < len(self.pattern):
            ch = self.peek()
            self.at += 1
            if ch in "imsU":
                flags.discard(ch) if negative else flags.add(ch)
                seen = True
            elif ch == "-" and not negative:
                negative, seen = True, False
            elif ch in ":)" and (seen or not negative):
                self.flags = frozenset(flags)
                return ch == ":"
            else:
                break
        raise self.fail("invalid or unsupported Perl syntax", start)

    # Escapes and classes

    def escape(self, start: int) -> list[Regex]:
        ch = self.peek()
        if ch in _ASSERTIONS:
            self.at += 1
            return [Assert(_ASSERTIONS[ch])]
        if ch == "Q":
            end = self.pattern.find("\\E", self.at + 1)
            text = self.pattern[self.at + 1 : end if end >= 0 else None]
            self.at = end + 2 if end >= 0 else len(self.pattern)
            return [self.literal(one) for one in text]
        known = self.escaped_class(start)
        if known is not None:
            return [self.folding(known)]
        return [self.literal(self.escaped_char(start))]

    def folding(self, matches: Matches) -> Chars:
        if "i" in self.flags:
            return Chars(lambda c: matches(c) or any(matches(other) for other in spellings(c)))
        return Chars(matches)

    def escaped_class(self, start: int) -> Matches | None:
        """Step over what follows a backslash when it names a class."""
        ch = self.peek()
        if ch and ch in "dswDSW":
            self.at += 1
            return negated(PERL[ch.lower()]) if ch.isupper() else PERL[ch]
        if ch not in ("p", "P"):
            return None
        self.at += 1
        name = self.peek()
        self.at += 1
        if name == "{":
            end = self.pattern.find("}", self.at)
            if end < 0:
                raise self.fail("invalid character class range", start)
            name, self.at = self.pattern[self.at : end], end + 1
        negative = (ch == "P") != name.startswith("^")
        matches = unicode_class(name.removeprefix("^"))
        if matches is None:
            raise self.fail("invalid character class range", start)
        return negated(matches) if negative else matches

    def escaped_char(self, start: int) -> str:
        """Step over what follows a backslash and stands for one character."""
        ch = self.peek()
        self.at += 1
        if ch in _ESCAPES:
            return _ESCAPES[ch]
        if ch and ch in "01234567" and (ch == "0" or self.peek() in tuple("01234567")):
            digits = ch
            while len(digits) < 3 and self.peek() in tuple("01234567"):
                digits += self.peek()
                self.at += 1
            return chr(int(digits, 8))
        if ch == "x":
            return self.hexadecimal(start)
        if ch and ch.isascii() and not ch.isalnum():
            return ch
        if not ch:
            raise PatternError("error parsing regexp: trailing backslash at end of expression: ``")
        raise self.fail("invalid escape sequence", start)

    def hexadecimal(self, start: int) -> str:
        braced = self.peek() == "{"
        end = self.pattern.find("}", self.at) if braced else self.at + 2
        digits = self.pattern[self.at + braced : max(end, 0)]
        self.at = end + braced
        valid = digits and all(ch in "0123456789abcdefABCDEF" for ch in digits) and (braced or len(digits) == 2)
        if end < 0 or not valid or len(digits) > 8 or int(digits, 16) > 0x10FFFF:
            self.at = min(max(self.at, start + 1), len(self.pattern))
            raise self.fail("invalid escape sequence", start)
        return chr(int(digits, 16))

    def bracket(self, start: int) -> Chars:
        negative = self.peek() == "^"
        self.at += negative
        tests: list[Matches] = []
        singles: set[str] = set()
        first = True
        while self.peek() != "]" or first:
            if self.at >= len(self.pattern):
                raise self.fail("missing closing ]", start)
            first = False
            test = self.named_class(start)
            if test is None and self.peek() == "\\":
                self.at += 1
                test = self.escaped_class(start)
                self.at -= test is None
            if test is not None:
                tests.append(test)
                continue
            low, high = self.class_range(start)
            if low == high:
                singles.add(low)
            else:
                tests.append(lambda c, low=low, high=high: low <= c <= high)  # type: ignore[misc]  # mypy infers no lambda with defaults
        self.at += 1
        found = self.folding(lambda c: c in singles or any(test(c) for test in tests))
        return Chars(negated(found.matches)) if negative else found

    def named_class(self, start: int) -> Matches | None:
        if self.peek(2) != "[:":
            return None
        end = self.pattern.find(":]", self.at + 2)
        if end < 0:
            return None
        name = self.pattern[self.at + 2 : end]
        self.at = end + 2
        matches = POSIX.get(name.removeprefix("^"))
        if matches is None:
            raise self.fail("invalid character class range", start)
        return negated(matches) if name.startswith("^") else matches

    def class_range(self, start: int) -> tuple[str, str]:
        low = self.class_char(start)
        if self.peek() != "-" or self.peek(2) in ("-]", "-"):
            return low, low
        self.at += 1
        high = self.class_char(start)
        if high < low:
            raise self.fail("invalid character class range", start)
        return low, high

    def class_char(self, start: int) -> str:
        ch = self.peek()
        if not ch:
            raise self.fail("missing closing ]", start)
        self.at += 1
        return self.escaped_char(self.at - 1) if ch == "\\" else ch


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")


def _within(node: Regex, budget: int) -> bool:
    """Whether the product of nested counts stays within the budget."""
    if isinstance(node, Repeat):
        count = node.least if node.most is None else node.most
        if count > budget:
            return False
        return _within(node.part, budget // count if count else budget)
    if isinstance(node, Group):
        return _within(node.part, budget)
    if isinstance(node, Concat):
        return all(_within(part, budget) for part in node.parts)
    if isinstance(node, Alternate):
        return all(_within(choice, budget) for choice in node.choices)
    return True
