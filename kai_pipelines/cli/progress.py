"""What a person sees while a run goes on: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from kai_pipelines.engine import Node, Observer, Silent

if TYPE_CHECKING:
    from rich.table import Table

_MARKS = {"Succeeded": "✓", "Failed": "✗", "Error": "✗", "Skipped": "–", "Omitted": "–", "Running": "·"}
_STYLES = {"Succeeded": "green", "Failed": "red", "Error": "red", "Skipped": "dim", "Omitted": "dim"}
_DONE = frozenset(_STYLES)


@contextmanager
def watching(*, quiet: bool) -> Generator[Observer]:
    """The observer that fits where standard error goes."""
    if quiet:
        yield Silent()
    elif sys.stderr.isatty():
        live = _Live()
        with live:
            yield live
    else:
        yield _Lines()


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
    """What both ways of showing need: when each pod started."""

    def __init__(self) -> None:
        self.running: dict[str, Node] = {}
        self.started: dict[str, float] = {}

    def node_changed(self, node: Node) -> None:
        if node.type not in {"Pod", "Skipped"}:
            return
        if node.phase in _DONE:
            seconds = time.monotonic() - self.started.get(node.id, time.monotonic())
            if self.running.pop(node.id, None) is not None or node.type == "Pod":
                self.ended(node, seconds)
        elif node.id not in self.started and node.phase == "Running":
            self.started[node.id] = time.monotonic()
            self.running[node.id] = node
            self.began(node)

    def log_line(self, node: Node, line: str) -> None:
        """Seen by those who show it."""

    def began(self, node: Node) -> None:
        """A pod has started."""

    def ended(self, node: Node, seconds: float) -> None:
        """A pod is done."""


class _Lines(_Watch):
    """One line when a step starts and one when it ends."""

    def began(self, node: Node) -> None:
        click.echo(f"{_MARKS['Running']} {label(node)}", err=True)

    def ended(self, node: Node, seconds: float) -> None:
        click.echo(summary(node, seconds), err=True)


class _Live(_Watch):
    """Finished steps scroll by; below them each running one shows its time, progress and last words."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.live import Live

        self.said: dict[str, str] = {}
        self.live = Live(console=Console(stderr=True), get_renderable=self.table, refresh_per_second=4, transient=True)

    def __enter__(self) -> None:
        self.live.start()

    def __exit__(self, *error: object) -> None:
        self.live.stop()

    def log_line(self, node: Node, line: str) -> None:
        self.said[node.id] = line.strip()

    def ended(self, node: Node, seconds: float) -> None:
        self.live.console.print(
            summary(node, seconds), style=_STYLES.get(node.phase, ""), highlight=False, markup=False
        )

    def table(self) -> Table:
        """The running steps."""
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        for node in list(self.running.values()):
            done, _, total = (node.progress or "0/1").partition("/")
            seconds = time.monotonic() - self.started[node.id]
            bar = ProgressBar(total=float(total or 1), completed=float(done or 0), width=20)
            said = Text(self.said.get(node.id, ""), style="dim", overflow="ellipsis", no_wrap=True)
            table.add_row(Text("●", style="cyan"), label(node), f"{seconds:5.0f} s", bar, said)
        return table
