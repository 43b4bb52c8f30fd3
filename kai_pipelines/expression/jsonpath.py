"""JSONPath as evilmonkeyinc/jsonpath 0.8 reads it, which Argo's `jsonpath(text, path)` uses.

`$.a.b`, `['a']`, `[0]`, `[-1]`, `[0:2]`, `[a,b]`, `*`, `..`, `.length`, `[(script)]`, `[?(filter)]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kai_pipelines.expression.jsonpath_script import Script, compile_script
from kai_pipelines.expression.jsonpath_steps import (
    Argument,
    Computed,
    Current,
    Filter,
    Index,
    Key,
    Length,
    PathError,
    Range,
    Recursive,
    Root,
    Step,
    Union,
    Wildcard,
    apply,
)


def query(path: str, document: object) -> object:
    """What the path finds; raises PathError."""
    return apply(compile_path(path), document, document)


def compile_path(path: str) -> tuple[Step, ...]:
    """The steps of a path."""
    return tuple(_step(token) for token in tokenize(path))


def tokenize(path: str) -> list[str]:
    """The path cut into its steps."""
    if path[:1] not in ("$", "@") or path[1:2] not in ("", ".", "["):
        raise PathError(f"invalid JSONPath selector '{path}'")
    tokens = [path[0]]
    token = ""
    quotes = rounds = squares = 0
    for ch in path[1:]:
        if not token:
            quotes = rounds = squares = 0
        quotes += ch == "'"
        rounds += (ch == "(") - (ch == ")")
        squares += (ch == "[") - (ch == "]")
        token += ch
        if token == "..":
            tokens.append(token)
            token = ""
        elif ch == "[" and token not in ("[", ".[") and token.count("[") == 1:
            tokens.append(token[:-1].removeprefix("."))
            token = "["
        elif "[" in token:
            if ch == "]" and quotes % 2 == 0 and rounds == 0 and squares == 0:
                tokens.append(token.removeprefix("."))
                token = ""
        elif ch == "." and token != "." and quotes % 2 == 0 and rounds == 0:
            tokens.append(token[:-1].removeprefix("."))
            token = "."
    if token:
        tokens.append(token.removeprefix("."))
    return tokens


_SIMPLE: dict[str, Callable[[], Step]] = {
    "$": Root, "@": Current, "*": Wildcard, "..": Recursive, "length": Length, "[*]": Wildcard,
}  # fmt: skip
_PART = re.compile(
    r"""\s*(?:(?P<quoted>'(?:\\'|[^'])*'|"(?:\\"|[^"])*")|(?P<bare>[^,:()'"\s]+)|(?P<mark>[:,])|(?P<open>\())\s*"""
)


def _step(token: str) -> Step:
    token = token.strip()
    if not token:
        raise PathError("invalid token. token string is empty")
    if token in _SIMPLE:
        return _SIMPLE[token]()
    if token[0] != "[":
        return Key(token)
    inside = token[1:-1].strip()
    if token[-1] != "]" or not inside:
        raise PathError(f"invalid token. '{token}' does not match any token format")
    if inside == "*":
        return Wildcard()
    if inside[0] == "?":
        if not (inside.startswith("?(") and inside.endswith(")")):
            raise PathError(f"invalid token. '{token}' does not match any token format")
        return Filter(_script(inside[2:-1]))
    return _subscript(_parts(inside, token), token)


def _script(text: str) -> Script:
    return compile_script(text.strip(), lambda path: _selector(path))


def _selector(path: str) -> Callable[[object, object], object]:
    steps = compile_path(path)
    return lambda root, current: apply(steps, root, current)


def _parts(inside: str, token: str) -> list[Argument]:
    """Keys, integers and scripts, with ":" and "," as they come; a key is marked by a leading quote."""
    found: list[Argument] = []
    at = 0
    while at < len(inside):
        match = _PART.match(inside, at)
        if match is None:
            raise PathError(f"invalid token. '{token}' does not match any token format")
        at = match.end()
        if match["open"]:
            end = _closing(inside, match.start("open"))
            found.append(_script(inside[match.end("open") : end].strip() or "''"))
            at = end + 1
        elif match["quoted"]:
            body = match["quoted"][1:-1]
            found.append("'" + body.replace("\\'", "'").replace('\\"', '"'))
        elif match["mark"]:
            found.append(match["mark"])
        else:
            found.append(_bare(match["bare"], token))
    return found


def _bare(text: str, token: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise PathError(f"invalid token. '{token}' does not match any token format")
    return int(text)


def _closing(text: str, start: int) -> int:
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at
    raise PathError(f"invalid expression. invalid format '{text}'")


def _subscript(parts: list[Argument], token: str) -> Step:
    wrong = PathError(f"invalid token. '{token}' does not match any token format")
    if len(parts) == 1:
        only = parts[0]
        if isinstance(only, str):
            if only in (":", ","):
                raise wrong
            return Key(only[1:])
        return Index(only) if isinstance(only, int) else Computed(only) if only is not None else Wildcard()
    colons, commas = parts.count(":"), parts.count(",")
    if colons and not commas and colons <= 2:
        return _range(parts, wrong)
    values = parts[::2]
    if colons or commas != len(values) - 1 or any(part != "," for part in parts[1::2]):
        raise wrong
    return Union(tuple(value[1:] if isinstance(value, str) else value for value in values))


def _range(parts: list[Argument], wrong: PathError) -> Step:
    bounds: list[Argument] = [None]
    for part in parts:
        if part == ":":
            bounds.append(None)
        elif isinstance(part, str) or bounds[-1] is not None:
            raise wrong
        else:
            bounds[-1] = part
    return Range(bounds[0], bounds[1], bounds[2] if len(bounds) > 2 else None)
