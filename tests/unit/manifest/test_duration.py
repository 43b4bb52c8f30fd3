"""Durations, against Go's definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.duration import format_duration, parse_duration, whole_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        (90, 90.0),
        ("30s", 30.0),
        ("1h30m", 5400.0),
        ("1h2m3s", 3723.0),
        ("1.5h", 5400.0),
        (".5m", 30.0),
        ("250ms", 0.25),
        ("100us", 1e-4),
        ("100µs", 1e-4),
        ("1ns", 1e-9),
        ("2d", 172800.0),
        ("-5s", -5.0),
        ("+5s", 5.0),
        ("0", 0.0),
    ],
)
def test_a_duration_is_read_as_go_reads_it(text: str | int, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds, rel=1e-12)


@pytest.mark.parametrize("text", ["", "s", "1h30", "1 hour", "ten", "--5s", "5s6", "1_000", "٣s", "1e3s", "h5"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ManifestError, match="is not a duration") as caught:
        parse_duration(text)

    assert "1h30m" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (5, "5s"), (60, "1m"), (90, "1m30s"), (5400, "1h30m"), (86400, "24h"), (0.25, "250ms")],
)
def test_a_duration_is_written_as_short_as_go_reads_it(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(min_value=0, max_value=10**10).map(lambda milliseconds: milliseconds / 1000))
def test_what_is_written_is_read_as_the_same_duration(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, abs=1e-9, rel=1e-12)


def test_whole_seconds_are_never_less_than_the_duration_and_never_none() -> None:
    assert whole_seconds("1h30m") == 5400
    assert whole_seconds("1500ms") == 2
    assert whole_seconds("250ms") == 1
