"""The remaining time: silent while unknown, never a jump, right enough on recorded runs."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from kai_pipelines.cli.remaining import RunClock, Smooth, StepClock, Work, spelled

TRACES = sorted((Path(__file__).parent / "traces").glob("*.json"))


def shown(said: list[list[float]], seconds: float, *, stretch: float = 1.0) -> list[tuple[float, float | None]]:
    """What a person sees of a step each second, when it says at each time so many of so many."""
    clock, ahead, seen = StepClock(0.0), [(at * stretch, int(done), int(total)) for at, done, total in said], []
    now = 0.0
    while now < seconds * stretch:
        while ahead and ahead[0][0] <= now:
            clock.observe(*ahead.pop(0))
        seen.append((now, clock.remaining(now)))
        now += 1.0
    return seen


def steps_of(trace: Path) -> dict[str, dict[str, object]]:
    steps: dict[str, dict[str, object]] = json.loads(trace.read_text(encoding="utf-8"))["steps"]
    return steps


# One step


def test_an_even_step_is_told_to_the_second_once_it_is_known() -> None:
    seen = shown([[float(second), second, 100] for second in range(101)], 100)

    assert [left for now, left in seen if now < 5] == [None] * 5
    assert all(left is not None and abs(left - (100 - now)) < 2 for now, left in seen if now > 10)


@pytest.mark.parametrize("stretch", [1.0, 20.0])
def test_recorded_steps_are_told_within_a_factor_of_two_most_of_the_time(stretch: float) -> None:
    factors = []
    for trace in TRACES:
        for step in steps_of(trace).values():
            seconds = float(step["seconds"])  # type: ignore[arg-type]  # JSON
            for now, left in shown(step["said"], seconds, stretch=stretch):  # type: ignore[arg-type]  # JSON
                truth = seconds * stretch - now
                if left is not None and truth > 5 and left > 0:
                    factors.append(max(left / truth, truth / left))

    assert len(factors) > 400
    assert median(factors) < 1.6
    assert sum(factor < 2 for factor in factors) > 0.7 * len(factors)


@pytest.mark.parametrize("trace", TRACES, ids=lambda path: path.stem)
def test_what_is_shown_never_jumps(trace: Path) -> None:
    for step in steps_of(trace).values():
        seen = [left for _, left in shown(step["said"], float(step["seconds"]))]  # type: ignore[arg-type]  # JSON
        for before, after in pairwise(seen):
            if before is not None and after is not None:
                assert after - before < 3 + 0.25 * before
                assert before - after < 3 + 0.25 * before


def test_what_is_prepared_once_in_the_first_unit_is_not_promised_for_the_others() -> None:
    seen = shown([[0, 0, 20], *([40 + 2.0 * number, number, 20] for number in range(1, 20))], 79)

    assert all(left is None or left < 45 for _, left in seen)
    assert dict(seen)[60.0] == pytest.approx(20, abs=5)


def test_what_was_expected_and_what_is_counted_have_to_agree_at_first() -> None:
    clock = StepClock(0.0, expected=100.0)
    for second in range(0, 12):
        clock.observe(float(second), second, 100)
    agreeing = clock.known(11.0)
    doubtful = StepClock(0.0, expected=1000.0)
    for second in range(0, 12):
        doubtful.observe(float(second), second, 100)

    assert agreeing == pytest.approx(89, abs=3)
    assert doubtful.known(11.0) is None


def test_a_step_that_stands_still_is_not_promised_to_end_soon() -> None:
    said = [[float(second), second, 100] for second in range(51)]
    seen = dict(shown(said, 400))

    assert seen[390.0] is None or seen[390.0] > 60


def test_nothing_is_said_while_the_pace_is_changing_by_much() -> None:
    fast = [[second / 10, second, 100] for second in range(51)]
    slow = [[5 + 20.0 * number, 50 + number, 100] for number in range(1, 3)]

    assert dict(shown([*fast, *slow], 60))[50.0] is None


def test_phases_are_no_count_and_tell_no_time() -> None:
    assert all(left is None for _, left in shown([[0, 0, 3], [1, 1, 3], [60, 2, 3]], 100))


def test_another_count_begins_anew() -> None:
    first = [[float(second), second, 20] for second in range(20)]
    second = [[20 + 10.0 * number, number, 40] for number in range(40)]

    seen = dict(shown([*first, *second], 400))

    assert seen[21.0] is None
    assert seen[200.0] == pytest.approx(220, rel=0.2)


def test_what_is_expected_of_a_step_counts_until_it_has_passed() -> None:
    clock = StepClock(0.0, expected=60.0)

    assert clock.remaining(0.0) == 60.0
    assert clock.remaining(30.0) == pytest.approx(30)
    assert clock.remaining(120.0) is None


# What is shown


def test_better_knowledge_is_followed_slowly_and_the_clock_at_once() -> None:
    smooth = Smooth()
    smooth.show(0.0, 100.0)

    assert smooth.show(1.0, 99.0) == pytest.approx(99)
    assert 99 < (smooth.show(2.0, 200.0) or 0) < 115
    assert smooth.show(3.0, None) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a few seconds"),
        (12, "about 15 s"),
        (58, "about 1 min"),
        (100, "about 2 min"),
        (1500, "about 25 min"),
        (4700, "about 1 h 20 min"),
        (7200, "about 2 h"),
        (90_000, "about 25 h"),
    ],
)
def test_a_time_is_told_as_exactly_as_it_can_be_known(seconds: float, words: str) -> None:
    assert spelled(seconds) == words


# A whole run


def expecting(**seconds: float) -> RunClock:
    run = RunClock(cores=2)
    run.expect({name: Work(each, 0.0) for name, each in seconds.items()})
    return run


def test_a_run_of_which_nothing_is_expected_has_no_remaining_time() -> None:
    assert RunClock(2).remaining(0.0, {"depth": StepClock(0.0)}) is None


def test_what_is_to_come_is_what_is_expected_shared_by_the_cores() -> None:
    run = RunClock(cores=4)
    run.expect({"depth": Work(10.0, 400.0), "fuse": Work(20.0, 0.0)})

    assert run.remaining(0.0, {}) == pytest.approx(130)


def test_a_machine_that_was_slower_so_far_is_taken_for_slower_in_what_is_to_come() -> None:
    run = expecting(align=100, depth=300)
    run.ended("align", 200, succeeded=True, kept=False)

    assert 500 < (run.remaining(0.0, {}) or 0) < 600


def test_a_running_step_counts_with_what_it_knows_itself() -> None:
    run, depth = expecting(depth=300, fuse=50), StepClock(0.0)
    for second in range(0, 51):
        depth.observe(float(second), second, 100)

    assert run.remaining(50.0, {"depth": depth}) == pytest.approx(100, rel=0.1)


def test_steps_from_the_store_say_nothing_of_the_machine_and_are_not_waited_for() -> None:
    run = expecting(align=100, depth=300)
    run.ended("align", 0.01, succeeded=True, kept=True)

    assert run.remaining(0.0, {}) == pytest.approx(300)


def test_after_a_failure_nobody_knows_what_is_to_come() -> None:
    run = expecting(depth=300, fuse=50)
    run.ended("depth", 20, succeeded=False, kept=False)

    assert run.remaining(20.0, {}) is None


def test_a_step_far_beyond_what_was_expected_ends_all_promises() -> None:
    run = expecting(depth=10, fuse=50)

    assert run.remaining(100.0, {"depth": StepClock(0.0, expected=10.0)}) is None
