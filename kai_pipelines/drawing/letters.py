"""How wide text will be, without a font: as in a wide sans-serif face, so that it fits in all the usual ones."""

from __future__ import annotations

from unicodedata import east_asian_width

# Ems, from the advance widths of DejaVu Sans, the widest face in common use.
_WIDTHS = {
    0.29: "ijlIJ'",
    0.34: " .·,:;|/-f",
    0.40: "[]()tr!",
    0.47: '"`',
    0.53: "sz_*c?",
    0.59: "kvxyLF",
    0.63: "aoehnubdgpqTPYES{}$^~",
    0.65: "0123456789",
    0.69: "KVAZBXRC",
    0.77: "UHNGD&OQ",
    0.83: "w#=×<>+≠≤≥–M",
    0.98: "m%W@…—",
}
_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_OTHER, _IDEOGRAPH, _BOLD = 0.7, 1.04, 1.12


def width_of(words: str, size: float, *, bold: bool = False) -> float:
    """Pixels that a line of text takes at a font size in pixels."""
    ems = sum(_OF.get(letter) or (_IDEOGRAPH if east_asian_width(letter) in "WF" else _OTHER) for letter in words)
    return ems * size * (_BOLD if bold else 1.0)


def fitted(words: str, size: float, most: float, *, bold: bool = False) -> str:
    """The text, or its beginning and an ellipsis, in at most `most` pixels."""
    if width_of(words, size, bold=bold) <= most:
        return words
    while words and width_of(words + "…", size, bold=bold) > most:
        words = words[:-1]
    return words.rstrip() + "…"


def wrapped(words: str, size: float, most: float, lines: int) -> list[str]:
    """The text in lines of at most `most` pixels; the last one is cut when there would be more than `lines`."""
    found: list[str] = []
    for word in words.split():
        if found and width_of(f"{found[-1]} {word}", size) <= most:
            found[-1] += f" {word}"
        else:
            found.append(word)
    kept = found[:lines]
    if len(found) > lines:
        kept[-1] = " ".join(found[lines - 1 :])
    return [fitted(line, size, most) for line in kept]
