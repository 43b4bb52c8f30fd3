"""Numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence

DASH = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """1 → "1 photograph", 3 → "3 photographs"."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def short_count(value: int) -> str:
    """12345 → 12.3 k; 1234567 → 1.23 M; below 10,000 as it is."""
    if value < 10_000:
        return f"{value:,}"
    if value < 999_500:
        return f"{value / 1e3:.3g}\u202fk" if value < 99_950 else f"{value / 1e3:.0f}\u202fk"
    return f"{value / 1e6:.3g}\u202fM"


def duration(seconds: float) -> str:
    """0.42 → 0.4 s; 75 → 1 min 15 s; 4000 → 1 h 7 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def memory(size: int) -> str:
    """Bytes in decimal units: 1300000000 → 1.3 GB."""
    if size < 1_000_000:
        return f"{size / 1e3:.0f} kB"
    if size < 999_500_000:
        return f"{size / 1e6:.0f} MB"
    return f"{size / 1e9:.2f} GB"


def step_title(name: str) -> str:
    """align_photos → Align photos."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def percent(share: float) -> str:
    """0.934 → 93 %; what is not quite everything or nothing never reads so."""
    whole = round(share * 100)
    if whole in (0, 100) and share not in (0.0, 1.0):
        return "under 1 %" if whole == 0 else "over 99 %"
    return f"{whole} %"


def joined(words: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def length(value: float, unit: str) -> str:
    """0.42 m → 42 cm; 12.345 m → 12.3 m; without a unit three digits alone."""
    return lengths([value], unit)


def lengths(values: Sequence[float], unit: str) -> str:
    """Several in the unit that suits the largest: 0.42, 0.05 m → 42 × 5 cm."""
    size, name = 1.0, ""
    if unit == "m":
        sizes = ((1.0, "m"), (0.01, "cm"))
        size, name = next(((size, name) for size, name in sizes if max(values) >= size), (0.001, "mm"))
    return f" {TIMES} ".join(short(value / size) for value in values) + (f" {name}" if name else "")


def round_length(about: float) -> float:
    """The 1, 2 or 5 times a power of ten that is nearest below: 0.37 → 0.2; 730 → 500."""
    power = 10.0 ** math.floor(math.log10(max(about, 1e-12)))
    return next(step * power for step in (5, 2, 1) if step * power <= about * (1 + 1e-9) or step == 1)


def short(value: float) -> str:
    """Three digits, never an exponent: 1234 → 1,234; 12.34 → 12.3."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
