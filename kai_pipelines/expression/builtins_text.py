"""The built-in functions on strings; each gets the machine first. Positions are in bytes, lengths in characters."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from kai_pipelines.expression.access import text_of, to_int, within_budget
from kai_pipelines.expression.faults import LimitError
from kai_pipelines.expression.lexer import is_space
from kai_pipelines.expression.machine import Machine
from kai_pipelines.expression.values import LIST, Slice, strings, type_name


def trim_space(text: str) -> str:
    """`strings.TrimSpace`, with Go's white space."""
    start, end = 0, len(text)
    while start < end and is_space(text[start]):
        start += 1
    while end > start and is_space(text[end - 1]):
        end -= 1
    return text[start:end]


def trim(machine: Machine, value: object, *cutset: object) -> object:
    """White space, or the characters given, off both ends."""
    return text_of(value).strip(text_of(cutset[0])) if cutset and cutset[0] != "" else (
        text_of(value) if cutset else trim_space(text_of(value))
    )  # fmt: skip


def split_text(text: str, separator: str, limit: int = -1, *, after: bool = False) -> Slice:
    """`strings.SplitN` and `SplitAfterN`: a limit of 0 gives nil, an empty separator splits characters."""
    if limit == 0:
        return Slice("[]string", is_nil=True)
    if not separator:
        parts = list(text)
        if 0 < limit < len(parts):
            parts = [*parts[: limit - 1], "".join(parts[limit - 1 :])]
        return strings(parts)
    parts = text.split(separator, limit - 1 if limit > 0 else -1)
    if after:
        parts = [part + separator for part in parts[:-1]] + parts[-1:]
    return strings(parts)


def splitter(*, after: bool) -> Callable[..., object]:
    """`split` and `splitAfter`."""

    def split(machine: Machine, value: object, separator: object, limit: object = -1) -> object:
        return split_text(text_of(value), text_of(separator), to_int(limit), after=after)

    return split


def replace_text(text: str, old: str, new: str, limit: int = -1) -> str:
    """`strings.Replace`; an empty `old` matches before every character and at the end."""
    hits = text.count(old) if limit < 0 else min(text.count(old), limit)
    within_budget(len(text) + hits * len(new))
    return text.replace(old, new, limit)


def replace(machine: Machine, value: object, old: object, new: object, limit: object = -1) -> object:
    """`replace(text, old, new[, n])`."""
    return replace_text(text_of(value), text_of(old), text_of(new), to_int(limit))


def repeat(machine: Machine, value: object, count: object) -> object:
    """The text n times."""
    text, times = text_of(value), to_int(count)
    if times < 0:
        raise ValueError(f"invalid argument for repeat (expected positive integer, got {times})")
    if times > 1_000_000:
        raise LimitError("memory budget exceeded")
    machine.grow(len(text.encode("utf-8", "surrogateescape")) * times)
    return text * times


def join(machine: Machine, value: object, glue: object = "") -> object:
    """The strings of a list with a separator between them."""
    if not isinstance(value, list) or type_name(value) not in (LIST, "[]string"):
        raise TypeError(f"invalid argument for join (type {type_name(value)})")
    parts = [text_of(item) for item in value]
    within_budget(sum(map(len, parts)) + len(parts) * len(text_of(glue)))
    return text_of(glue).join(parts)


def byte_index(text: str, wanted: str, *, last: bool = False) -> int:
    """`strings.Index`: in bytes, -1 when absent."""
    at = text.rfind(wanted) if last else text.find(wanted)
    return at if at <= 0 else len(text[:at].encode("utf-8", "surrogateescape"))


def from_base64(machine: Machine, value: object) -> object:
    """Decoded standard base64."""
    return decode_base64(text_of(value)).decode("utf-8", "surrogateescape")


def decode_base64(text: str) -> bytes:
    """`base64.StdEncoding`: padding is required, line ends are skipped. Raises ValueError with the byte at fault."""
    cleaned = text.replace("\n", "").replace("\r", "")
    try:
        if len(cleaned) % 4 == 0:
            return base64.b64decode(cleaned.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        pass
    raise ValueError(f"illegal base64 data at input byte {_base64_fault(text.encode('utf-8', 'surrogateescape'))}")


def _base64_fault(data: bytes) -> int:
    """Where Go's decoder gives up; a quantum that ends too early is blamed as a whole."""
    filled = 0
    for at, byte in enumerate(data):
        if byte in _BASE64:
            filled = (filled + 1) % 4
        elif byte not in b"\r\n":
            return at if byte != 0x3D or filled < 2 else _padding_fault(data, at + 1, filled)
    return len(data) - filled


def _padding_fault(data: bytes, at: int, filled: int) -> int:
    rest = [index for index in range(at, len(data)) if data[index] not in b"\r\n"]
    if filled == 2:
        if not rest:
            return len(data)
        if data[rest[0]] != 0x3D:
            return rest[0] - 1
        rest = rest[1:]
    return rest[0] if rest else len(data)


def upper(text: str) -> str:
    """`strings.ToUpper`, which maps character by character (ß stays ß)."""
    return _by_character(text, str.upper)


def lower(text: str) -> str:
    """`strings.ToLower`, character by character."""
    return _by_character(text, str.lower)


_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def single(changed: str, ch: str) -> str:
    """A character in another case; where Python needs several for it, Go leaves it or knows one."""
    return changed if len(changed) == 1 else {"i\u0307": "i"}.get(changed, ch)


def _by_character(text: str, change: Callable[[str], str]) -> str:
    if text.isascii():
        return change(text)
    return "".join(single(change(ch), ch) for ch in text)
