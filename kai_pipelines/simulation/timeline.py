"""A simulation as text: a line for each step with a bar for its time, and what happened to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kai_pipelines.engine.node import BAD
from kai_pipelines.simulation.pods import PodRun
from kai_pipelines.simulation.simulation import Simulation

BAR = 32
"""Letters of the longest bar."""
MOST_ROWS = 120
MOST_PARTS = 6
"""Parts of a loop that get a line of their own; more of them share one."""
_FULL, _BAD, _EMPTY = "█", "▒", "·"


@dataclass(frozen=True)
class Row:
    """One step: all its tries, or all parts of a loop."""

    name: str
    pods: tuple[PodRun, ...]
    parts: int = 1

    @property
    def started(self) -> float:
        """Seconds since the workflow began."""
        return min(pod.started for pod in self.pods)

    @property
    def ended(self) -> float:
        """Seconds since the workflow began."""
        return max(pod.ended for pod in self.pods)

    @property
    def phase(self) -> str:
        """That of the last try; of several parts the worst."""
        last = {pod.step.path: pod.phase for pod in self.pods}
        return next((phase for phase in last.values() if phase in BAD), "Succeeded")

    @property
    def retries(self) -> int:
        """Tries after the first ones."""
        return len(self.pods) - len({pod.step.path for pod in self.pods})


def rows_of(simulation: Simulation) -> list[Row]:
    """The steps that ran, in the order in which they began; long loops as one row."""
    steps: dict[str, list[PodRun]] = {}
    for pod in sorted(simulation.pods, key=lambda pod: (pod.started, pod.ended)):
        steps.setdefault(pod.step.name, []).append(pod)
    loops: dict[str, list[str]] = {}
    for name, pods in steps.items():
        loops.setdefault(_without_parts(pods[0]), []).append(name)
    rows = []
    for stem, names in loops.items():
        if len(names) <= MOST_PARTS:
            rows += [Row(name, tuple(steps[name])) for name in names]
        else:
            pods = [pod for name in names for pod in steps[name]]
            rows.append(Row(stem, tuple(pods), len(names)))
    return sorted(rows, key=lambda row: row.started)


def _without_parts(pod: PodRun) -> str:
    return ".".join(part.partition("(")[0] for part in pod.step.path) or pod.step.name


def timeline(simulation: Simulation) -> list[str]:
    """The lines of the picture."""
    rows = rows_of(simulation)
    if not rows:
        return ["no pod ran"]
    width = min(60, max(len(_label(row)) for row in rows))
    lines = [f"{'step':<{width}}  {_scale(simulation.seconds)}  {'starts':>8}  {'takes':>8}  result"]
    for row in rows[:MOST_ROWS]:
        label = _label(row) if len(_label(row)) <= width else _label(row)[: width - 1] + "…"
        takes = spelled(row.ended - row.started)
        bar = _bar(row, simulation.seconds)
        lines.append(f"{label:<{width}}  {bar}  {spelled(row.started):>8}  {takes:>8}  {_result(row)}")
    if len(rows) > MOST_ROWS:
        lines.append(f"… and {len(rows) - MOST_ROWS} more steps; --json has them all")
    return lines


def summary(simulation: Simulation) -> str:
    """The timeline and how it ended, as one text."""
    return "\n".join([*timeline(simulation), "", verdict(simulation)])


def verdict(simulation: Simulation) -> str:
    """How it ended, in one line."""
    retries = len(simulation.pods) - len({pod.step.path for pod in simulation.pods})
    counts = [_counted(len(simulation.pods), "pod", "pods")]
    counts += [_counted(retries, "retry", "retries")] if retries else []
    counts += [f"{len(simulation.skipped)} skipped"] if simulation.skipped else []
    told = f": {simulation.message}" if simulation.message else ""
    return f"{simulation.phase} after {spelled(simulation.seconds)}; {', '.join(counts)}{told}"


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _label(row: Row) -> str:
    return row.name if row.parts == 1 else f"{row.name} × {row.parts}"


def _scale(seconds: float) -> str:
    end = spelled(seconds)
    return "0s" + " " * (BAR - 2 - len(end)) + end


def _bar(row: Row, total: float) -> str:
    """A letter for each stretch of time: full while it runs, hatched for a try that fails."""
    letters = [_EMPTY] * BAR
    for pod in row.pods:
        first, last = _letter(pod.started, total), max(_letter(pod.started, total), _letter(pod.ended, total, end=True))
        for at in range(first, last + 1):
            letters[at] = _BAD if pod.phase in BAD else _FULL
    return "".join(letters)


def _letter(seconds: float, total: float, *, end: bool = False) -> int:
    if total <= 0:
        return 0
    at = seconds / total * BAR
    return min(BAR - 1, max(0, int(at - 1e-9) if end else int(at + 1e-9)))


def _result(row: Row) -> str:
    if row.parts > 1:
        failed = sum(pod.phase in BAD for pod in {pod.step.path: pod for pod in row.pods}.values())
        words = [f"{row.parts - failed} of {row.parts} Succeeded"]
    else:
        words = [row.phase]
    if row.retries:
        words.append(f"{row.retries} {'retry' if row.retries == 1 else 'retries'}")
    if pool := row.pods[0].asks.pool:
        words.append(pool)
    return ", ".join(words)


def spelled(seconds: float) -> str:
    """``< 1s``, ``8s``, ``3m 05s``, ``2h 10m``, ``3d 04h``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s" if whole or not seconds else "< 1s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h {minutes:02d}m"
    days, hours = divmod(hours, 24)
    return f"{days}d {hours:02d}h"


def table(rows: Iterable[Sequence[str]], *, right: frozenset[int] = frozenset()) -> Iterator[str]:
    """Rows in columns; those in `right` are aligned there."""
    cells = [tuple(row) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    for row in cells:
        parts = [
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(parts).rstrip()
