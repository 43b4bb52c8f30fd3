from __future__ import annotations

import pytest

from steps.reconstruction.reporting.wording import counted, duration, memory, short_count, step_title


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (0.42, "0.4 s"), (9.96, "10 s"), (59.6, "1 min 0 s"), (75, "1 min 15 s"), (4000, "1 h 7 min")],
)
def test_durations_are_told_in_two_units_at_most(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (9_999, "9,999"), (12_345, "12.3 k"), (99_960, "100 k"), (312_345, "312 k"), (1_234_567, "1.23 M")],
)
def test_large_counts_keep_three_digits(value: int, words: str) -> None:
    assert short_count(value).replace("\u202f", " ") == words


def test_memory_is_told_in_decimal_units() -> None:
    assert [memory(n) for n in (2_500, 345_600_000, 1_304_000_000)] == ["2 kB", "346 MB", "1.30 GB"]


def test_one_is_not_plural() -> None:
    assert [counted(1, "pair"), counted(2_000, "pair"), counted(0, "match", "matches")] == [
        "1 pair", "2,000 pairs", "0 matches",
    ]  # fmt: skip


def test_steps_are_named_as_people_say() -> None:
    assert step_title("align_photos") == "Align photos"
