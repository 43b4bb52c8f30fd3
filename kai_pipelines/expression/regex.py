"""Go's regular expressions: linear in the text, whatever the pattern (Pike's machine over Thompson's program)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from kai_pipelines.expression.faults import LimitError
from kai_pipelines.expression.regex_classes import Matches
from kai_pipelines.expression.regex_syntax import (
    Alternate,
    Assert,
    Chars,
    Concat,
    Group,
    PatternError,
    Regex,
    Repeat,
    parse,
)

MAX_PROGRAM = 20_000
"""Instructions of a pattern; Go allows some 3 million."""
MAX_STEPS = 4_000_000
"""Instructions that one search may execute: about two seconds."""

Captures: TypeAlias = tuple[int, ...]
"""Start and end of the match and of each group, -1 where a group did not take part."""

CHAR, SPLIT, JUMP, SAVE, ASSERT, MATCH = range(6)

__all__ = ["Pattern", "PatternError", "compile_pattern", "quote_meta"]

_cache: dict[str, Pattern] = {}


def compile_pattern(pattern: str) -> Pattern:
    """The compiled pattern, from a small cache; raises PatternError."""
    found = _cache.get(pattern)
    if found is None:
        try:
            found = Pattern(pattern)
        except RecursionError:
            raise PatternError("error parsing regexp: expression nests too deeply") from None
        if len(_cache) >= 64:
            _cache.clear()
        _cache[pattern] = found
    return found


def quote_meta(text: str) -> str:
    """`regexp.QuoteMeta`."""
    return "".join("\\" + ch if ch in "\\.+*?()|[]{}^$" else ch for ch in text)


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and (text[at].isalnum() or text[at] == "_")


_HOLDS: dict[str, Callable[[str, int], bool]] = {
    "begin": lambda text, at: at == 0,
    "end": lambda text, at: at == len(text),
    "line-begin": lambda text, at: at == 0 or text[at - 1] == "\n",
    "line-end": lambda text, at: at == len(text) or text[at] == "\n",
    "word": lambda text, at: _is_word(text, at - 1) != _is_word(text, at),
    "no-word": lambda text, at: _is_word(text, at - 1) == _is_word(text, at),
}


class Pattern:
    """A compiled pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        tree, self.names = parse(pattern)
        self.code: list[tuple[int, int, int]] = []
        self.tests: list[Matches] = []
        self.checks: list[Callable[[str, int], bool]] = []
        self._emit(tree)
        self._add(MATCH)
        self.literal = _literal(tree)
        self.anchored = _anchored(tree)

    # The program

    def _add(self, op: int, x: int = 0, y: int = 0) -> int:
        if len(self.code) >= MAX_PROGRAM:
            raise PatternError("error parsing regexp: expression too large")
        self.code.append((op, x, y))
        return len(self.code) - 1

    def _emit(self, node: Regex) -> None:
        match node:
            case Chars(matches=matches):
                self.tests.append(matches)
                self._add(CHAR, len(self.tests) - 1)
            case Assert(kind=kind):
                self.checks.append(_HOLDS[kind])
                self._add(ASSERT, len(self.checks) - 1)
            case Concat(parts=parts):
                for part in parts:
                    self._emit(part)
            case Group(index=index, part=part):
                self._add(SAVE, 2 * index)
                self._emit(part)
                self._add(SAVE, 2 * index + 1)
            case Alternate(choices=choices):
                self._emit_choices(choices)
            case Repeat():
                self._emit_repeat(node)

    def _emit_choices(self, choices: tuple[Regex, ...]) -> None:
        jumps: list[int] = []
        for choice in choices[:-1]:
            split = self._add(SPLIT)
            self._emit(choice)
            jumps.append(self._add(JUMP))
            self.code[split] = (SPLIT, split + 1, len(self.code))
        self._emit(choices[-1])
        for jump in jumps:
            self.code[jump] = (JUMP, len(self.code), 0)

    def _emit_repeat(self, node: Repeat) -> None:
        for _ in range(node.least):
            self._emit(node.part)
        if node.most is None:
            split = self._add(SPLIT)
            self._emit(node.part)
            self._add(JUMP, split)
            self._set_split(split, node.greedy)
            return
        splits: list[int] = []
        for _ in range(node.most - node.least):
            splits.append(self._add(SPLIT))
            self._emit(node.part)
        for split in splits:
            self._set_split(split, node.greedy)

    def _set_split(self, split: int, greedy: bool) -> None:
        end = len(self.code)
        self.code[split] = (SPLIT, split + 1, end) if greedy else (SPLIT, end, split + 1)

    # Searching

    def search(self, text: str, start: int = 0) -> Captures | None:
        """The leftmost match at or after `start`, the first of the alternatives winning."""
        if self.literal is not None:
            at = text.find(self.literal, start)
            return None if at < 0 else (at, at + len(self.literal))
        return _Search(self, text).run(start)

    def find_all(self, text: str, limit: int = -1) -> Iterator[Captures]:
        """Matches one after another; an empty one right after another match does not count."""
        at, previous, count = 0, -1, 0
        while at <= len(text) and count != limit:
            found = self.search(text, at)
            if found is None:
                return
            if found[1] > found[0] or found[1] != previous:
                count += 1
                yield found
            previous = found[1]
            at = found[1] + 1 if found[1] == found[0] else found[1]

    def replace_all(self, text: str, replacement: str, *, literal: bool = False) -> str:
        """Every match replaced; `$1` and `${name}` mean groups unless `literal`."""
        parts: list[str] = []
        at = 0
        for found in self.find_all(text):
            parts += (text[at : found[0]], replacement if literal else self.expand(replacement, text, found))
            at = found[1]
        return "".join((*parts, text[at:]))

    def expand(self, template: str, text: str, found: Captures) -> str:
        """`Regexp.Expand`: `$name` takes the longest name, `$$` is a dollar."""
        parts: list[str] = []
        at = 0
        while (dollar := template.find("$", at)) >= 0:
            parts.append(template[at:dollar])
            name, at = _reference(template, dollar + 1)
            if name is None:
                parts.append("$")
            else:
                parts.append(self.group(name, text, found))
        return "".join((*parts, template[at:]))

    def group(self, name: str, text: str, found: Captures) -> str:
        """The text of a group by number, or of the first one of that name that took part; empty when there is none."""
        if name.isascii() and name.isdigit():
            indices = [int(name[:6])]
        else:
            indices = [index for index, known in enumerate(self.names, 1) if known == name]
        for index in indices:
            if 2 * index + 1 < len(found) and found[2 * index] >= 0:
                return text[found[2 * index] : found[2 * index + 1]]
        return ""

    def split(self, text: str, limit: int = -1) -> list[str] | None:
        """`Regexp.Split`; None is Go's nil."""
        if limit == 0:
            return None
        if not text and self.pattern:
            return [""]
        parts: list[str] = []
        begin = 0
        end = 0
        for found in self.find_all(text, limit):
            if limit > 0 and len(parts) == limit - 1:
                break
            end = found[0]
            if found[1] != 0:
                parts.append(text[begin:end])
            begin = found[1]
        if end != len(text):
            parts.append(text[begin:])
        return parts


def _reference(template: str, at: int) -> tuple[str | None, int]:
    """The name after a dollar and where it ends; None for `$$` and a dollar that refers to nothing."""
    if template[at : at + 1] == "$":
        return None, at + 1
    braced = template[at : at + 1] == "{"
    start = end = at + braced
    while end < len(template) and (template[end].isalnum() or template[end] == "_"):
        end += 1
    if end == start or (braced and template[end : end + 1] != "}"):
        return None, at
    return template[start:end], end + braced


class _Search:
    """One run of the machine over a text."""

    def __init__(self, pattern: Pattern, text: str) -> None:
        self.pattern = pattern
        self.text = text
        self.seen = [-1] * len(pattern.code)
        self.steps = 0
        self.slots = 2 * len(pattern.names) + 2

    def run(self, start: int) -> Captures | None:
        text, code, tests = self.text, self.pattern.code, self.pattern.tests
        threads: list[tuple[int, Captures]] = []
        best: Captures | None = None
        for at in range(start, len(text) + 1):
            if best is None and not (self.pattern.anchored and at > 0):
                self.follow(threads, 0, (at, *[-1] * (self.slots - 1)), at)
            if not threads and (best is not None or self.pattern.anchored):
                break
            following: list[tuple[int, Captures]] = []
            ch = text[at] if at < len(text) else None
            for index, captures in threads:
                op, x, _ = code[index]
                if op == MATCH:
                    best = (captures[0], at, *captures[2:])
                    break
                if ch is not None and tests[x](ch):
                    self.follow(following, index + 1, captures, at + 1)
            threads = following
        return best

    def follow(self, threads: list[tuple[int, Captures]], start: int, captures: Captures, at: int) -> None:
        """Add the threads that `start` leads to without reading, in order of preference."""
        code, seen = self.pattern.code, self.seen
        stack: list[tuple[int, Captures]] = [(start, captures)]
        while stack:
            index, captures = stack.pop()
            if seen[index] == at:
                continue
            seen[index] = at
            self.steps += 1
            op, x, y = code[index]
            if op == SPLIT:
                stack.append((y, captures))
                stack.append((x, captures))
            elif op == JUMP:
                stack.append((x, captures))
            elif op == SAVE:
                stack.append((index + 1, (*captures[:x], at, *captures[x + 1 :])))
            elif op == ASSERT:
                if self.pattern.checks[x](self.text, at):
                    stack.append((index + 1, captures))
            else:
                threads.append((index, captures))
        if self.steps > MAX_STEPS:
            raise LimitError(f"the regular expression takes more than {MAX_STEPS} steps on this text")


def _literal(tree: Regex) -> str | None:
    """The text that a pattern without choices stands for."""
    if isinstance(tree, Chars):
        return tree.literal
    if isinstance(tree, Concat):
        parts = [part.literal if isinstance(part, Chars) else None for part in tree.parts]
        return None if None in parts else "".join(part for part in parts if part is not None)
    return None


def _anchored(tree: Regex) -> bool:
    first = tree.parts[0] if isinstance(tree, Concat) and tree.parts else tree
    return isinstance(first, Assert) and first.kind == "begin"
