"""How long to wait before a request is tried again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kai_pipelines.cluster.retrying import FIRST, LONGEST, PATIENCE, seconds_of
from tests.unit.cluster.samples import Waits

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)


def test_waits_double_up_to_a_limit_and_end_with_the_last_try() -> None:
    waits = Waits()
    backoff = waits.backoff(tries=8)

    answers = [backoff.wait(attempt) for attempt in range(1, 9)]

    assert waits.seconds == [FIRST, 0.5, 1.0, 2.0, 4.0, LONGEST, LONGEST]
    assert answers == [True] * 7 + [False]


def test_jitter_takes_at_most_half_of_a_wait() -> None:
    least, most = Waits(), Waits()

    least.backoff(chance=lambda: 0.0).wait(3)
    most.backoff(chance=lambda: 1.0).wait(3)

    assert (least.seconds, most.seconds) == ([0.5], [1.0])


def test_the_server_may_say_how_long_to_wait() -> None:
    waits = Waits()

    assert waits.backoff().wait(1, "7")
    assert waits.backoff().wait(1, "Fri, 27 Nov 2026 12:00:09 GMT", now=lambda: NOW)
    assert waits.seconds == [7.0, 9.0]


def test_a_server_that_asks_for_more_than_patience_is_not_waited_for() -> None:
    waits = Waits()

    assert not waits.backoff().wait(1, str(int(PATIENCE) + 1))
    assert waits.seconds == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 12 ", 12.0),
        ("", None),
        (None, None),
        ("soon", None),
        ("-1", None),
        ("Fri, 27 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert seconds_of(text, NOW) == seconds
