"""What a person sees while a run goes on: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from kai_pipelines.cli.remaining import RunClock, StepClock, Work, spelled
from kai_pipelines.engine import Node, Observer, Silent

if TYPE_CHECKING:
    from rich.table import Table

_MARKS = {"Succeeded": "✓", "Failed": "✗", "Error": "✗", "Skipped": "–", "Omitted": "–", "Running": "·"}
_STYLES = {"Succeeded": "green", "Failed": "red", "Error": "red", "Skipped": "dim", "Omitted": "dim"}
_DONE = frozenset(_STYLES)
_COUNTED = re.compile(r"\[(?P<done>\d+)/(?P<total>[1-9]\d*)\] ?(?P<words>.*)")
"""As `kai_pipelines.progress` writes it."""
_QUIET, _LOOK = 20.0, 2.0
"""Seconds without a line after which one tells how it stands, and between two looks whether it is time."""
EXPECTED_WORK = "expected_work"
"""The output parameter of a step by which it tells what the steps of the run are expected to compute:
``{"step_name": {"serial_seconds": 1.5, "parallel_seconds": 40}}``."""


@contextmanager
def watching(*, quiet: bool) -> Generator[Observer]:
    """The observer that fits where standard error goes."""
    if quiet:
        yield Silent()
        return
    cores = os.cpu_count() or 1
    shown = _Live(cores) if sys.stderr.isatty() else _Lines(cores)
    with shown:
        yield shown


_DOT = re.compile(r"\.(?![^(]*\))")
"""A dot between names; one in the item of a loop, in parentheses, is part of it."""


def label(node: Node) -> str:
    """Where a node is in the workflow: ``dense › low › estimate-depth``."""
    place = _DOT.sub(" › ", node.name.partition(".")[2].removesuffix("(0)")) or node.name
    plain = " ".join(place.split())
    return plain if len(plain) <= 72 else plain[:71] + "…"


def summary(node: Node, seconds: float) -> str:
    """How a finished node ended, in one line."""
    if node.cached:
        return f"{_MARKS['Succeeded']} {label(node)}  from the store"
    seconds = max(0.0, seconds)
    text = f"{_MARKS.get(node.phase, '?')} {label(node)}"
    if node.phase == "Succeeded":
        return f"{text}  {seconds:.1f} s"
    return f"{text}  {node.phase}{': ' + node.message if node.message else ''}"


class _Watch(Observer):
    """What both ways of showing need: when each pod started, what it said, and how long it may still take."""

    def __init__(self, cores: int) -> None:
        self.running: dict[str, Node] = {}
        self.started: dict[str, float] = {}
        self.said: dict[str, str] = {}
        self.clocks: dict[str, StepClock] = {}
        self.run = RunClock(cores)

    def node_changed(self, node: Node) -> None:
        if node.type not in {"Pod", "Skipped"}:
            return
        if node.phase in _DONE:
            seconds = time.monotonic() - self.started.get(node.id, time.monotonic())
            if self.running.pop(node.id, None) is not None or node.type == "Pod":
                self._learn(node, seconds)
                self.ended(node, seconds)
        elif node.id not in self.started and node.phase == "Running":
            self.started[node.id] = now = time.monotonic()
            self.clocks[node.id] = StepClock(now, self.run.of(_step(node)))
            self.running[node.id] = node
            self.began(node)

    def log_line(self, node: Node, line: str) -> None:
        """Take what a step says; a line of `kai_pipelines.progress` says how far it has come, too."""
        counted = _COUNTED.match(line)
        self.said[node.id] = (counted["words"] if counted else line).strip()
        if counted and node.id in self.clocks:
            self.clocks[node.id].observe(time.monotonic(), int(counted["done"]), int(counted["total"]))
            node.progress = f"{counted['done']}/{counted['total']}"

    def _learn(self, node: Node, seconds: float) -> None:
        if node.type != "Pod":
            return
        self.run.ended(_step(node), seconds, succeeded=node.phase == "Succeeded", kept=node.cached)
        self.clocks.pop(node.id, None)
        for one in node.outputs.get("parameters") or []:
            if one["name"] == EXPECTED_WORK and (work := _work(one.get("value"))):
                self.run.expect(work)

    def left_of_run(self, now: float) -> float | None:
        """Seconds left of the whole run."""
        clocks = {_step(node): self.clocks[node.id] for node in list(self.running.values()) if node.id in self.clocks}
        return self.run.remaining(now, clocks)

    def began(self, node: Node) -> None:
        """A pod has started."""

    def ended(self, node: Node, seconds: float) -> None:
        """A pod is done."""


def _step(node: Node) -> str:
    return node.template_name.replace("-", "_")


def _work(text: object) -> dict[str, Work] | None:
    """What a step expects of the others; None for what only has the name of it."""
    try:
        return {str(name): Work(**one) for name, one in json.loads(str(text)).items()}
    except (ValueError, TypeError, AttributeError):
        return None


class _Lines(_Watch):
    """One line when a step starts and one when it ends; of a long one, now and then what it is doing."""

    def __init__(self, cores: int) -> None:
        super().__init__(cores)
        self._lock = threading.Lock()
        self._told = time.monotonic()
        self._over = threading.Event()
        self._teller = threading.Thread(target=self._tell_now_and_then, daemon=True)

    def __enter__(self) -> None:
        self._teller.start()

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._teller.join()

    def began(self, node: Node) -> None:
        self._say(f"{_MARKS['Running']} {label(node)}")

    def ended(self, node: Node, seconds: float) -> None:
        self._say(summary(node, seconds))

    def _say(self, line: str) -> None:
        with self._lock:
            click.echo(line, err=True)
            self._told = time.monotonic()

    def _tell_now_and_then(self) -> None:
        while not self._over.wait(_LOOK):
            now = time.monotonic()
            left = self.left_of_run(now)
            parts = [(node, clock) for node in list(self.running.values()) if (clock := self.clocks.get(node.id))]
            times = [clock.remaining(now) for _, clock in parts]
            if now - self._told < _QUIET:
                continue
            for (node, clock), one in zip(parts, times, strict=True):
                words = told(node, clock.started, self.said.get(node.id, ""), one, now)
                self._say(f"  {words}")
            if parts and left is not None:
                self._say(f"  the whole run: {spelled(left)} left")


def told(node: Node, started: float, said: str, left: float | None, now: float) -> str:
    """How a running step comes along, in one line."""
    done, _, total = (node.progress or "0/0").partition("/")
    share = f", {100 * int(done) // int(total)} %" if int(total or 0) > 1 else ""
    words = f": {' '.join(said.split())[:60]}" if said else ""
    end = f"; {spelled(left)} left" if left is not None else ""
    return f"{node.template_name} {now - started:.0f} s{share}{words}{end}"


class _Live(_Watch):
    """Finished steps scroll by; below them each running one shows its time, progress, last words and what is left."""

    def __init__(self, cores: int) -> None:
        super().__init__(cores)
        from rich.console import Console
        from rich.live import Live

        self.live = Live(console=Console(stderr=True), get_renderable=self.table, refresh_per_second=4, transient=True)

    def __enter__(self) -> None:
        self.live.start()

    def __exit__(self, *error: object) -> None:
        self.live.stop()

    def ended(self, node: Node, seconds: float) -> None:
        self.live.console.print(
            summary(node, seconds), style=_STYLES.get(node.phase, ""), highlight=False, markup=False
        )

    def table(self) -> Table:
        """The running steps, and the whole run where something is known of it."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        now = time.monotonic()
        table = Table.grid(padding=(0, 1))
        for node in list(self.running.values()):
            done, _, total = (node.progress or "0/1").partition("/")
            bar = ProgressBar(total=float(total or 1), completed=float(done or 0), width=20)
            said = Text(self.said.get(node.id, ""), style="dim", overflow="ellipsis", no_wrap=True)
            clock = self.clocks.get(node.id)
            left = clock.remaining(now) if clock is not None else None
            seconds = f"{now - self.started[node.id]:5.0f} s"
            table.add_row(Text("●", style="cyan"), label(node), seconds, bar, _left(left), said)
        whole = self.left_of_run(now)
        if whole is not None and self.running:
            table.add_row("", Text("the whole run", style="dim"), "", "", _left(whole), "")
        return table


def _left(seconds: float | None) -> str:
    return "" if seconds is None else f"{spelled(seconds)} left"
