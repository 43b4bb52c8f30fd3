"""What a picture shows: flows of nodes and edges, nested; plain values, no geometry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["step", "branch", "loop", "exit", "suspend", "reference", "recursion", "junction"]
"""What a node is first of all: `branch` has a condition, `junction` is a point where stages of steps meet,
`reference` names a template of another manifest, `recursion` a template that is already open around it."""

EdgeKind: TypeAlias = Literal["data", "order", "failure", "exit"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step runs and what it asks for."""

    pool: str = ""
    """The value of the node selector `node-type`."""
    resources: tuple[str, ...] = ()
    """``("4 cpu", "16Gi", "1 gpu")``."""
    image: str = ""

    @property
    def summary(self) -> str:
        """One line: pool and resources, or the image when there are none."""
        return " · ".join(part for part in (self.pool, *self.resources) if part) or self.image


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a node in a run."""

    phase: str
    """An Argo phase; `Omitted` also for what a finished run never reached."""
    seconds: float | None = None
    """From the first start to the last end, once both are known."""
    message: str = ""
    attempts: int = 1
    parts: tuple[int, int] | None = None
    """Of a loop: how many of its parts succeeded, and how many there are."""

    @property
    def faded(self) -> bool:
        """Whether it did not run."""
        return self.phase in {"Skipped", "Omitted", "Pending"}


@dataclass(frozen=True, slots=True)
class Edge:
    """`target` waits for `source`; both are names of nodes of the same flow."""

    source: str
    target: str
    kind: EdgeKind = "order"
    label: str = ""
    implied: bool = False
    """Other edges already say it: there is a longer way from source to target."""


@dataclass(frozen=True, slots=True)
class Node:
    """A task, an exit handler, or a junction; with `inner`, a group."""

    path: tuple[str, ...]
    """Task names from the entrypoint down."""
    name: str
    kind: Kind = "step"
    template: str = ""
    condition: str = ""
    """`when` in a few words: ``quality = low``."""
    when: str = ""
    """`when` as it is written."""
    repeat: str = ""
    """``× 3`` or ``each tile``, of a loop."""
    needs: str = ""
    """`depends` as it is written, or what it stands for."""
    note: str = ""
    """What else to say in the second line: a suspension, a reference, folded steps."""
    place: Place = field(default_factory=Place)
    arguments: tuple[tuple[str, str], ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    """Timeout, retries and the like, as (name, value)."""
    inner: Flow | None = None
    folded: bool = False
    """It is a group whose tasks are not shown."""
    outcome: Outcome | None = None

    @property
    def id(self) -> str:
        """A name that is unique in the picture."""
        return "/".join(self.path)

    @property
    def second_line(self) -> str:
        """What to write under the name."""
        return self.note or self.place.summary


@dataclass(frozen=True, slots=True)
class Flow:
    """The tasks of one DAG or steps template."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    choice: str = ""
    """What its first tasks are chosen by (``quality``), when one of several runs."""

    @property
    def drawn_edges(self) -> tuple[Edge, ...]:
        """The edges that tell something new."""
        return tuple(edge for edge in self.edges if not edge.implied)

    def starts(self) -> list[Node]:
        """The nodes that wait for nothing."""
        targets = {edge.target for edge in self.edges}
        return [node for node in self.nodes if node.name not in targets]

    def walk(self) -> Iterator[Node]:
        """Every node, outer ones first."""
        for node in self.nodes:
            yield node
            if node.inner is not None:
                yield from node.inner.walk()


@dataclass(frozen=True, slots=True)
class Chart:
    """A whole picture."""

    title: str
    description: str
    inputs: tuple[tuple[str, str], ...]
    """Parameters with their value, artifacts with none."""
    outputs: tuple[str, ...]
    flow: Flow
    outcome: Outcome | None = None
    """Of the run, when the manifest is the record of one."""
