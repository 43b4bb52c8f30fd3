"""`for_each`: the same work for every element of a list, side by side, and its results as lists again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_args, get_origin

from kai_pipelines.authoring import values
from kai_pipelines.authoring.branching import body_task
from kai_pipelines.authoring.graph import Graph, Loop, Part, Task, recording
from kai_pipelines.authoring.place import fault
from kai_pipelines.authoring.reference import Gathered, Item, Output, Reference
from kai_pipelines.authoring.signature import RESULT, Port, Record
from kai_pipelines.authoring.step import StepUse

T = TypeVar("T")
R = TypeVar("R")
F = TypeVar("F")


def for_each(items: Sequence[T], body: Callable[[T], R], /, *, name: str = "") -> list[R]:
    """Run the body once for each item, in parallel; its results, in the order of the items.

    A parameter that the body returns becomes a list of values, an artifact a ``list`` of artifacts. Of a
    NamedTuple take one field at a time: ``pick(results, lambda part: part.mesh)``.
    """
    graph = recording()
    if graph is None:
        return [body(item) for item in items]
    item_type, source = _items(graph, items)
    label = name or f"for-each-{items.port.name if isinstance(items, Reference) else 'item'}"
    item = Item(graph, Port("item", item_type))
    task, results, record = body_task(graph, label, lambda: body(item))  # type: ignore[arg-type]  # stands in for T
    artifacts = [output for output in results.values() if task.outputs[output].is_artifact]
    task.loop = Loop(source, indexed=bool(artifacts))
    for output in artifacts:
        _collect(graph, task, output, Item(graph, Port("part", int), "index"))
    if task.loop.indexed:
        item.key = "item"
    return _lists(graph, task, results, record)  # type: ignore[no-any-return]  # references stand in for R


def pick(results: Sequence[R], field: Callable[[R], F], /) -> list[F]:
    """One field of every result of a `for_each` whose body returns a NamedTuple."""
    if isinstance(results, Gathered):
        return field(results.record)  # type: ignore[arg-type, return-value]  # the record stands in for R
    return [field(result) for result in results]


def _items(graph: Graph, items: Any) -> tuple[Any, Reference | tuple[str, ...]]:
    if isinstance(items, Reference):
        kind = items.port.type
        if items.port.is_artifact or get_origin(kind) is not list:
            raise fault(f"for_each needs a list, and {items.label!r} is not one", hint="annotate it as list[…]")
        return get_args(kind)[0], graph.localize(items)
    if not items or any(isinstance(item, Reference) for item in items):
        raise fault("for_each takes a list of constants, or one list that a step or an input gives")
    kind = type(items[0])
    try:
        return kind, tuple(values.encode(item, kind) for item in items)
    except ValueError as error:
        raise fault(f"for_each: {error}") from None


def _collect(graph: Graph, task: Task, output: str, index: Item) -> None:
    """Have the step that makes the artifact store it as one numbered part under a common key."""
    if graph.parent is not None:
        raise fault(
            "for_each inside a branch or a loop cannot return artifacts",
            hint="move the loop into a pipeline of its own",
        )
    maker, made, where = task, output, index
    if isinstance(task.target, Graph):
        result = task.target.results[output]
        if not isinstance(result, Output) or not isinstance(result.task.target, StepUse):
            raise fault(f"{task.name}: an artifact that for_each collects must come directly from a step of its body")
        maker, made = result.task, result.port.name
        where = task.target.localize(index)  # type: ignore[assignment]  # an input that carries the index
        task.arguments[where.port.name] = index
    key = f"{graph.name}/{task.name}/{output}"
    maker.parts[made] = Part(key, where)
    task.fan_in[output] = key


def _lists(graph: Graph, task: Task, results: dict[str, str], record: Record | None) -> Any:
    made: dict[str, Output] = {}
    for result, output in results.items():
        port = task.outputs[output]
        kind = port.type if port.is_artifact else list[port.type]  # type: ignore[name-defined]  # a type made at run time
        made[result] = Output(graph, Port(output, kind, port.is_artifact, many=port.is_artifact), task)
    if record is not None:
        return Gathered(graph, Port(task.name, list), record(**made))
    return made.get(RESULT)
