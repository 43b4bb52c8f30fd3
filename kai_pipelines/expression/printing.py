"""Go values as text: what `fmt` prints for `%v` and `%q`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from kai_pipelines.expression.numbers import format_float
from kai_pipelines.expression.values import Func, GoMap, Opaque, Sized

_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def go_string(value: object) -> str:
    """`fmt.Sprintf("%v", value)`."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, Sized):
        return value.go_string()
    if isinstance(value, int):
        return repr(value)
    if isinstance(value, (list, tuple, bytes)):
        return f"[{' '.join(go_string(item) for item in value)}]"
    if isinstance(value, dict):
        return _map_string((key, item) for key, item in value.items())
    if isinstance(value, GoMap):
        return _map_string(value.items())
    if isinstance(value, Opaque):
        return value.go_string()
    return "0x0" if isinstance(value, Func) else str(value)


def _map_string(pairs: Iterable[tuple[object, object]]) -> str:
    entries = sorted(pairs, key=lambda pair: _order(pair[0]))
    return f"map[{' '.join(f'{go_string(key)}:{go_string(item)}' for key, item in entries)}]"


def _order(key: object) -> tuple[int, object]:
    """As fmt sorts map keys: by type first, then by value."""
    if key is None:
        return (0, 0)
    if isinstance(key, bool):
        return (2, key)
    if isinstance(key, (int, float)):
        return (1, key)
    return (3, go_string(key))


def quote(text: str) -> str:
    """`strconv.Quote`: double quotes, Go's escapes, what cannot be printed as \\x, \\u or \\U."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{"".join(map(_quoted, text))}"'


def _quoted(ch: str) -> str:
    if ch in '"\\':
        return "\\" + ch
    if ch in _ESCAPES:
        return _ESCAPES[ch]
    code = ord(ch)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if ch == " " or is_print(ch):
        return ch
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def is_print(ch: str) -> bool:
    """Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space."""
    return ch == " " or unicodedata.category(ch)[0] in "LMNPS"
