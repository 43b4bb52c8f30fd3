"""sprig's functions on text; lengths and positions are in bytes, as in Go."""

from __future__ import annotations

import base64
import binascii
import hashlib
import random
import secrets
import unicodedata
import zlib
from collections.abc import Callable

from kai_pipelines.expression.access import within_budget
from kai_pipelines.expression.builtins_text import decode_base64, replace_text, single
from kai_pipelines.expression.lexer import is_space
from kai_pipelines.expression.printing import go_string, quote
from kai_pipelines.expression.values import GoMap, Slice, strings, type_name

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def encode(text: str) -> bytes:
    """The bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def decode(data: bytes) -> str:
    """A Go string from bytes."""
    return data.decode("utf-8", "surrogateescape")


def strval(value: object) -> str:
    """sprig's own idea of a value's text."""
    return decode(value) if isinstance(value, bytes) else go_string(value)


def string_list(value: object) -> Slice:
    """A list as strings, without its nils; anything else as a list of one."""
    if isinstance(value, (list, bytes)):
        return strings(strval(item) for item in value if item is not None)
    return strings([] if value is None else [strval(value)])


def title(text: str) -> str:
    """`strings.Title`: a capital after whatever is no letter, digit or underscore."""
    parts: list[str] = []
    previous = " "
    for ch in text:
        separates = is_space(previous) if not previous.isascii() else not (previous.isalnum() or previous == "_")
        raised = ch.title() if separates else ch
        parts.append(raised if len(raised) == 1 else ch)
        previous = ch
    return "".join(parts)


def untitle(text: str) -> str:
    """A small letter after each blank."""
    parts: list[str] = []
    begins = True
    for ch in text:
        parts.append(single(ch.lower(), ch) if begins and not is_space(ch) else ch)
        begins = is_space(ch)
    return "".join(parts)


def swapcase(text: str) -> str:
    """Capitals to small letters and back."""
    parts: list[str] = []
    begins = True
    for ch in text:
        category = unicodedata.category(ch)  # only letters have a case here, not a circled one
        if category in ("Lu", "Lt"):
            parts.append(single(ch.lower(), ch))
        elif category == "Ll":
            parts.append(single(ch.title() if begins else ch.upper(), ch))
        else:
            parts.append(ch)
        begins = is_space(ch) if category not in ("Lu", "Lt", "Ll") else False
    return "".join(parts)


def initials(text: str) -> str:
    """The first byte of each word, as the Latin-1 character it would be."""
    found: list[str] = []
    gap = True
    for byte in encode(text):
        ch = chr(byte)
        if is_space(ch):
            gap = True
        elif gap:
            found.append(ch)
            gap = False
    return "".join(found)


def nospace(text: str) -> str:
    """The text without blanks; with blanks, its bytes come back as Latin-1 characters."""
    data = encode(text)
    kept = [chr(byte) for byte in data if not is_space(chr(byte))]
    return text if len(kept) == len(data) else "".join(kept)


def trunc(count: int, text: str) -> str:
    """The first bytes, or the last ones for a negative count."""
    data = encode(text)
    if count < 0 and len(data) + count > 0:
        return decode(data[count:])
    return decode(data[:count]) if 0 <= count < len(data) else text


def substring(start: int, end: int, text: str) -> str:
    """`text[start:end]`; a negative start or end means the end of the text."""
    data = encode(text)
    if start < 0:
        start = 0
    elif end < 0 or end > len(data):
        end = len(data)
    if not 0 <= start <= end <= len(data):
        raise IndexError(f"slice bounds out of range [{start}:{end}]")
    return decode(data[start:end])


def abbreviate(width: int, text: str) -> str:
    """At most `width` bytes, the last three of them dots."""
    return text if width < 4 else _abbreviated(text, 0, width)


def abbreviate_both(left: int, right: int, text: str) -> str:
    """Dots at both ends."""
    return text if right < 4 or (left > 0 and right < 7) else _abbreviated(text, left, right)


def _abbreviated(text: str, offset: int, width: int) -> str:
    data = encode(text)
    if len(data) <= width:
        return text
    offset = min(offset, len(data))
    if len(data) - offset < width - 3:
        offset = len(data) - (width - 3)
    if offset <= 4:
        return decode(data[: max(width - 3, 0)]) + "..."
    if width < 7:
        return ""
    if offset + width - 3 < len(data):
        return "..." + _abbreviated(decode(data[offset:]), 0, width - 3)
    return "..." + decode(data[len(data) - (width - 3) :])


def repeat(count: int, text: str) -> str:
    """The text n times."""
    if count < 0:
        raise ValueError("strings: negative Repeat count")
    within_budget(count * len(text))
    return text * count


def indent(spaces: int, text: str) -> str:
    """Blanks before every line."""
    if spaces < 0:
        raise ValueError("strings: negative Repeat count")
    within_budget((text.count("\n") + 1) * spaces + len(text))
    pad = " " * spaces
    return pad + text.replace("\n", "\n" + pad)


def quoted(*values: object) -> str:
    """Each value in double quotes, without nils."""
    return " ".join(quote(strval(value)) for value in values if value is not None)


def single_quoted(*values: object) -> str:
    """Each value in single quotes, without nils."""
    return " ".join(f"'{go_string(value)}'" for value in values if value is not None)


def cat(*values: object) -> str:
    """The values with blanks between, without nils."""
    return " ".join(go_string(value) for value in values if value is not None)


def join(separator: str, value: object) -> str:
    """A list as text."""
    parts = [str(part) for part in string_list(value)]
    within_budget(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def replace(old: str, new: str, text: str) -> str:
    """Every `old` replaced."""
    return replace_text(text, old, new)


def numbered(parts: Slice) -> GoMap:
    """Parts by name: _0, _1, …"""
    return GoMap("map[string]string", ((f"_{index}", part) for index, part in enumerate(parts)))


def wrap(width: int, newline: str, text: str, *, long_words: bool) -> str:
    """Lines of at most `width` bytes, broken at blanks, in long words only when asked."""
    data, breaks = encode(text), encode(newline or "\n")
    width = max(width, 1)
    offset = 0
    parts: list[bytes] = []
    while len(data) - offset > width:
        if data[offset : offset + 1] == b" ":
            offset += 1
            continue
        space = data.rfind(b" ", offset, width + offset + 1)
        if space < 0 and not long_words:
            space = data.find(b" ", width + offset)
        if space >= 0:
            parts += (data[offset:space], breaks)
            offset = space + 1
        elif long_words:
            parts += (data[offset : offset + width], breaks)
            offset += width
        else:
            break
    return decode(b"".join((*parts, data[offset:])))


# Encodings and digests


def b64dec(text: str) -> str:
    """Decoded base64, or the error's text."""
    try:
        return decode(decode_base64(text))
    except ValueError as error:
        return str(error)


def b32dec(text: str) -> str:
    """Decoded base32, or the error's text."""
    cleaned = text.replace("\r", "").replace("\n", "")
    try:
        return decode(base64.b32decode(cleaned.encode("ascii")))
    except (binascii.Error, ValueError):
        body = cleaned.rstrip("=")
        wrong = next((index for index, ch in enumerate(body) if ch not in _BASE32), None)
        if wrong is None:
            wrong = len(cleaned) // 8 * 8 if len(cleaned) == len(body) else len(body)
        return f"illegal base32 data at input byte {wrong}"


def digest(name: str) -> Callable[[str], str]:
    """A hexadecimal digest."""
    return lambda text: hashlib.new(name, encode(text), usedforsecurity=False).hexdigest()


def adler32(text: str) -> str:
    """The checksum in decimal."""
    return str(zlib.adler32(encode(text)))


def random_text(alphabet: str) -> Callable[[int], str]:
    """So many random characters of an alphabet."""

    def make(count: int) -> str:
        within_budget(count)
        if count > 100_000:
            raise ValueError(f"{count} random characters are too many")
        return "".join(secrets.choice(alphabet) for _ in range(count))

    return make


def shuffle(text: str) -> str:
    """The characters in random order."""
    return "".join(random.sample(text, len(text)))


def type_of(value: object) -> str:
    """`%T`."""
    return "<nil>" if value is None else type_name(value)
