from __future__ import annotations

import pytest

from steps.reconstruction.reporting.wording import (
    counted,
    duration,
    joined,
    length,
    lengths,
    memory,
    percent,
    round_length,
    short_count,
    step_title,
)


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


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0 %"), (0.001, "under 1 %"), (0.934, "93 %"), (0.999, "over 99 %"), (1.0, "100 %")],
)
def test_nearly_all_is_not_all_and_nearly_nothing_not_nothing(share: float, words: str) -> None:
    assert percent(share) == words


def test_lists_end_with_and() -> None:
    assert [joined(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (12.345, "m", "12.3 m"),
        (1234.5, "m", "1,234 m"),
        (0.42, "m", "42 cm"),
        (0.0042, "m", "4.2 mm"),
        (0.42, "arbitrary", "0.42"),
    ],
)
def test_lengths_are_told_in_the_unit_that_suits_them(value: float, unit: str, words: str) -> None:
    assert length(value, unit) == words


def test_sizes_share_the_unit_of_the_largest() -> None:
    assert lengths((0.42, 0.05, 0.3), "m") == "42 \N{MULTIPLICATION SIGN} 5 \N{MULTIPLICATION SIGN} 30 cm"


@pytest.mark.parametrize(("about", "exact"), [(0.37, 0.2), (730, 500), (1, 1), (9.99, 5), (0.0021, 0.002)])
def test_a_round_length_is_the_nearest_below(about: float, exact: float) -> None:
    assert round_length(about) == pytest.approx(exact)
