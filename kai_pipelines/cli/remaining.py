"""How long it will take: of one step from how it has come along, of a whole run from what it expects of the others.

Plain arithmetic on times and counts, so that recorded runs can test it. The rules: nothing is said that is not known; what is
said goes down with the clock and moves toward better knowledge slowly; a step that stands still is not promised to
end soon.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

_FEWEST_UNITS = 8
"""A step that counts in fewer units counts phases, not work: its count tells no time."""
_FIRST_SECONDS = 4.0
_FIRST_SHARE = 0.04
_FIRST_TIMES = 5
"""Nothing is concluded from less; the first unit counts for nothing, since what is prepared once is prepared in it."""
_OWN_SHARE = 0.3
"""Share from which a step's own count is worth more than all that was expected of it."""
_DISAGREEMENT = 3.0
"""Factor between the pace of late and that of the whole from which nothing is said."""
_SETTLING = 6.0
"""Seconds in which what is shown goes most of the way to what is newly known."""
_LATELY = 10.0
"""Seconds that the pace of late looks back at least."""
_PRIOR_SECONDS = 20.0
"""Weight of the assumption that this machine is as fast as the one that the expectations come from."""


class Smooth:
    """A remaining time as it is shown: it runs down with the clock, and follows what is known without jumps."""

    def __init__(self) -> None:
        self._shown: float | None = None
        self._at = 0.0

    def show(self, now: float, known: float | None) -> float | None:
        """What to show when `known` seconds are believed to be left; None for what is not known."""
        if known is None:
            self._shown = None
            return None
        if self._shown is None:
            self._shown, self._at = known, now
            return known
        passed = max(0.0, now - self._at)
        run_down = max(0.0, self._shown - passed)
        self._shown = run_down + (known - run_down) * (1 - math.exp(-passed / _SETTLING))
        self._at = now
        return self._shown


@dataclass
class StepClock:
    """One running step: what it said of its progress, and when."""

    started: float
    expected: float | None = None
    """Seconds that it is expected to take, from what is known of it beforehand."""
    total: int = 0
    samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=4096))
    smooth: Smooth = field(default_factory=Smooth)

    def observe(self, now: float, done: int, total: int) -> None:
        """It says that it has done so many units; with another total, or fewer done, it counts something new."""
        if total != self.total or (self.samples and done < self.samples[-1][1]):
            self.samples.clear()
            self.total = total
        if not self.samples or done > self.samples[-1][1]:
            self.samples.append((now, done))

    def remaining(self, now: float) -> float | None:
        """Seconds left, to be shown; None when nobody knows."""
        return self.smooth.show(now, self.known(now))

    def known(self, now: float) -> float | None:
        """Seconds left, by its own count, or by what is expected of it as long as that has not passed."""
        expected = self._expected(now)
        if self.total < _FEWEST_UNITS or not self.samples:
            return expected
        counted = self._counted(now)
        if counted is None or expected is None:
            return expected if len(self.samples) < _FIRST_TIMES else counted
        share = min(1.0, self.samples[-1][1] / self.total / _OWN_SHARE)
        if share < 1 and max(counted, expected) > _DISAGREEMENT * min(counted, expected):
            return None
        return float(counted**share * expected ** (1 - share))

    def _expected(self, now: float) -> float | None:
        if self.expected is None:
            return None
        left = self.expected - (now - self.started)
        return left if left > 0.1 * self.expected else None

    def _counted(self, now: float) -> float | None:
        if len(self.samples) < _FIRST_TIMES:
            return None
        first, last = self.samples[1], self.samples[-1]
        if last[1] >= self.total:
            return 0.0
        if now - first[0] < _FIRST_SECONDS or (last[1] - first[1]) / self.total < _FIRST_SHARE:
            return None
        left = self.total - last[1]
        overall, typical = (last[0] - first[0]) / (last[1] - first[1]), self._typical_pace()
        lately = self._pace_lately(now)
        if max(overall, typical, lately) > _DISAGREEMENT * min(overall, typical, lately):
            return None
        pace = float((overall * lately**2) ** (1 / 3))
        return max(0.0, left * pace - (now - last[0]))

    def _typical_pace(self) -> float:
        """Seconds for a unit, as half of them took or more: one long preparation says nothing of the others."""
        samples = list(self.samples)
        return max(1e-3, median((b[0] - a[0]) / (b[1] - a[1]) for a, b in pairwise(samples[1:])))

    def _pace_lately(self, now: float) -> float:
        """Seconds for a unit, over the last third of the time; waiting for the next unit counts once it is overdue."""
        (last_at, last_done), (begun, least) = self.samples[-1], self.samples[1]
        since = now - max(_LATELY, (now - begun) / 3)
        at, done = next(((at, done) for at, done in reversed(self.samples) if at <= since), (begun, least))
        at, done = max((at, done), (begun, least))
        if done == last_done:
            at, done = self.samples[-2]
        pace = (last_at - at) / (last_done - done)
        overdue = now - last_at - pace
        return pace if overdue <= 0 else pace + overdue / (last_done - done)


@dataclass(frozen=True, slots=True)
class Work:
    """What a step is expected to compute."""

    serial_seconds: float
    parallel_seconds: float
    """CPU seconds that all cores share."""

    def on(self, cores: int) -> float:
        """Seconds on a machine that does nothing else."""
        return self.serial_seconds + self.parallel_seconds / max(1, cores)


class RunClock:
    """A whole run: what its steps are expected to take, and what those that have ended took."""

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self.expected: dict[str, float] = {}
        self.took: dict[str, float] = {}
        self.off = False
        self.smooth = Smooth()

    def expect(self, work: Mapping[str, Work]) -> None:
        """A step has told what the steps of the run are expected to compute."""
        self.expected = {name: one.on(self.cores) for name, one in work.items()}

    def ended(self, step: str, seconds: float, *, succeeded: bool, kept: bool) -> None:
        """A step is done; after a failure what is to come is not what was expected."""
        if not succeeded:
            self.off = self.off or step in self.expected
        elif not kept:
            self.took[step] = seconds
        if succeeded and kept:
            self.expected.pop(step, None)

    @property
    def slowness(self) -> float:
        """How many seconds one expected second takes here, from the steps that have ended."""
        pairs = [(self.took[name], self.expected[name]) for name in self.took if name in self.expected]
        return (sum(took for took, _ in pairs) + _PRIOR_SECONDS) / (sum(one for _, one in pairs) + _PRIOR_SECONDS)

    def of(self, step: str) -> float | None:
        """What a step is expected to take here."""
        return self.expected[step] * self.slowness if step in self.expected and not self.off else None

    def remaining(self, now: float, running: Mapping[str, StepClock]) -> float | None:
        """Seconds left of the run, to be shown; None when nobody knows."""
        return self.smooth.show(now, self._known(now, running))

    def _known(self, now: float, running: Mapping[str, StepClock]) -> float | None:
        if not self.expected or self.off:
            return None
        left = 0.0
        for name, clock in running.items():
            known = clock.known(now)
            if known is None:
                expected = self.of(name)
                if expected is None or now - clock.started > 1.5 * expected:
                    return None
                known = max(0.0, expected - (now - clock.started))
            left += known
        waiting = [name for name in self.expected if name not in self.took and name not in running]
        return left + self.slowness * sum(self.expected[name] for name in waiting)


def spelled(seconds: float) -> str:
    """A remaining time as exactly as it can be known: ``about 40 s``, ``about 3 min``, ``about 1 h 20 min``."""
    if seconds < 8:
        return "a few seconds"
    if seconds < 55:
        return f"about {5 * math.ceil(seconds / 5)} s"
    minutes = math.ceil(seconds / 60 - 0.25)
    if minutes < 20:
        return f"about {max(1, minutes)} min"
    minutes = 5 * round(minutes / 5)
    if minutes < 60:
        return f"about {minutes} min"
    hours, minutes = divmod(10 * round(minutes / 10), 60)
    return f"about {hours} h {minutes} min" if minutes and hours < 10 else f"about {hours} h"
