"""What a reconstruction step says about itself: figures, costs and warnings.

Every step returns one `StepMetrics` beside its artifacts. It is a parameter, not a file, so that it is
seen in the Argo UI and that the last step collects them all.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import BaseModel

Value = bool | int | float | str


class StepWarning(BaseModel):
    """Something a person should know: a stable kebab-case code, a sentence, the files it is about."""

    code: str
    message: str
    files: list[str] = []


class FailedTry(BaseModel):
    """A quality that was given up."""

    name: str
    """``medium``."""
    step: str
    """The step that failed: ``estimate-depth``."""
    why: str
    """``ran out of memory``, ``ran out of time``, or ``failed`` with what it said."""
    instead: str = ""
    """The quality that took its place."""


class StepMetrics(BaseModel):
    """The record of one step."""

    step: str
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0
    values: dict[str, Value] = {}
    """Counts and choices, by name: registered, dense_points, device, …"""
    warnings: list[StepWarning] = []


@dataclass
class Measurement:
    """Collects while a step runs; `metrics` is complete when `measured` ends."""

    metrics: StepMetrics

    def value(self, **values: Value) -> None:
        """Keep figures by name."""
        self.metrics.values.update(values)

    def warn(self, code: str, message: str, files: Sequence[str] = ()) -> None:
        """Keep a warning."""
        self.metrics.warnings.append(StepWarning(code=code, message=message, files=list(files)))


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


@contextmanager
def measured(step: str) -> Generator[Measurement]:
    """Measure the CPU and wall seconds and the peak memory of the block."""
    measurement = Measurement(StepMetrics(step=step))
    cpu, wall = _cpu_seconds(), time.perf_counter()
    try:
        yield measurement
    finally:
        metrics = measurement.metrics
        metrics.cpu_seconds = round(_cpu_seconds() - cpu, 3)
        metrics.wall_seconds = round(time.perf_counter() - wall, 3)
        metrics.peak_memory_bytes = 1024 * max(
            resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
