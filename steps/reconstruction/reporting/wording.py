"""Numbers as people read them."""

from __future__ import annotations

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
