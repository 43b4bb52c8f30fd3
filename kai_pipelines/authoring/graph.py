"""The recorded graph: what calling steps inside a pipeline leaves behind.

One kind of node serves all constructs. A `Task` runs a step or another graph; a switch is a graph whose
tasks have conditions and whose results merge, a fallback one whose tasks wait for each other's failure, a
loop a task with items. The compiler needs to know nothing else.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kai_pipelines.authoring.place import Place, fault, here
from kai_pipelines.authoring.reference import Global, Input, Item, Output, Reference, Selected
from kai_pipelines.authoring.signature import Port
from kai_pipelines.manifest.names import unused_name

if TYPE_CHECKING:
    from kai_pipelines.authoring.step import StepUse


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known when the pipeline is written, already encoded."""

    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A list written in the pipeline, some of whose elements exist only at run time."""

    items: tuple[Constant | Reference, ...]
    item_type: object


Operand = Constant | Listed | Reference


@dataclass(frozen=True, slots=True)
class Condition:
    """Run only when `value` is the encoded constant `equals`."""

    value: Reference
    equals: str


@dataclass(frozen=True, slots=True)
class Loop:
    """Run once for each item; `indexed` items also carry their position, for artifacts that fan in."""

    items: Reference | tuple[str, ...]
    indexed: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One numbered part of an artifact that fans in: stored under `key`, by the loop's `index`."""

    key: str
    index: Reference


@dataclass(eq=False, slots=True)
class Task:
    """One call of a step or of another graph."""

    name: str
    target: StepUse | Graph
    place: Place
    arguments: dict[str, Operand] = field(default_factory=dict)
    after: list[Task] = field(default_factory=list)
    """Tasks to wait for although no data comes from them."""
    condition: Condition | None = None
    after_failure_of: Task | None = None
    loop: Loop | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    """Output artifact → its place among the parts that a loop collects."""
    fan_in: dict[str, str] = field(default_factory=dict)
    """Output artifact of a loop → the repository key under which all its parts are."""

    @property
    def outputs(self) -> dict[str, Port]:
        """What the task gives, by name."""
        return self.target.outputs


@dataclass(frozen=True, slots=True)
class Merge:
    """A result that comes from whichever of several tasks succeeded, in this order."""

    alternatives: tuple[tuple[Task, str], ...]
    port: Port
    otherwise: str | None = None
    """The encoded value when none ran; only optional work has one."""


@dataclass(eq=False)
class Graph:
    """Tasks, what they take from outside and what they give."""

    name: str
    parent: Graph | None = None
    label: str = ""
    """The name of the task that runs it, for a graph that a construct made."""
    inputs: dict[str, Input] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    results: dict[str, Reference | Merge] = field(default_factory=dict)
    outputs: dict[str, Port] = field(default_factory=dict)
    _captured: dict[tuple[object, ...], Input] = field(default_factory=dict)

    def add(self, name: str, target: StepUse | Graph) -> Task:
        """Record a call; a second task of the same name gets a number."""
        task = Task(self.unused_task_name(name), target, here())
        self.tasks.append(task)
        return task

    def unused_task_name(self, name: str) -> str:
        """The name, numbered when a task has it already."""
        return unused_name(name, {task.name for task in self.tasks})

    def localize(self, value: Reference) -> Reference:
        """`value` as this graph sees it: its own, or taken in through an input from the graphs around it."""
        if isinstance(value, Selected):
            return Selected(self, value.port, self.localize(value.of), value.cases)
        if value.graph is self or isinstance(value, Global):
            return value
        if self.parent is None:
            raise fault(
                f"{value.label!r} belongs to another pipeline",
                hint="pass it as an argument, or return it from that pipeline",
            )
        outer = self.parent.localize(value)
        key = _identity(outer)
        if key not in self._captured:
            self._captured[key] = self._take_in(outer)
        return self._captured[key]

    def _take_in(self, outer: Reference) -> Input:
        name = outer.label.replace(".", "_").replace("-", "_")
        if isinstance(outer, Item):
            name = outer.port.name
        unique = unused_name(name, self.inputs, separator="_")
        port = Port(unique, outer.port.type, outer.port.is_artifact, outer.port.many, outer.port.optional)
        taken = Input(self, port, outer)
        self.inputs[unique] = taken
        return taken


def _identity(value: Reference) -> tuple[object, ...]:
    if isinstance(value, Output):
        return (id(value.task), value.port.name)
    return (id(value),)


_current: ContextVar[Graph | None] = ContextVar("graph", default=None)


def recording() -> Graph | None:
    """The graph that calls are recorded in; None outside a pipeline."""
    return _current.get()


@contextmanager
def record_into(graph: Graph) -> Generator[Graph]:
    """Record calls in `graph`."""
    token = _current.set(graph)
    try:
        yield graph
    finally:
        _current.reset(token)


def references(operand: Operand) -> Sequence[Reference]:
    """The run-time values inside an operand."""
    if isinstance(operand, Constant):
        return ()
    if isinstance(operand, Listed):
        return [item for item in operand.items if isinstance(item, Reference)]
    return [operand]
