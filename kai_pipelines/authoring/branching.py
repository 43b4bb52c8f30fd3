"""The words for choices that are made at run time: `switch`, `select`, `when`, `fallback`.

Outside a pipeline, with plain values, they do the same at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar, overload

from kai_pipelines.authoring import values
from kai_pipelines.authoring.binding import outcome, returned
from kai_pipelines.authoring.graph import (
    Condition,
    Constant,
    Graph,
    Listed,
    Merge,
    Operand,
    Task,
    record_into,
    recording,
)
from kai_pipelines.authoring.place import fault
from kai_pipelines.authoring.quality import Quality
from kai_pipelines.authoring.reference import Input, Output, Reference, Selected
from kai_pipelines.authoring.signature import Port, Record
from kai_pipelines.errors import StepError
from kai_pipelines.manifest.names import task_name

K = TypeVar("K")
R = TypeVar("R")
V = TypeVar("V")
Body = tuple[Task, dict[str, str], Record | None]
"""A recorded body: its task, for each of its results the name of the task's output, and their NamedTuple."""


@overload
def switch(value: bool, /, *, true: Callable[[], R], false: Callable[[], R], name: str = ...) -> R: ...
@overload
def switch(
    value: Quality, /, *, low: Callable[[], R], medium: Callable[[], R], high: Callable[[], R], name: str = ...
) -> R: ...
@overload
def switch(value: K, cases: Mapping[K, Callable[[], R]], /, *, name: str = ...) -> R: ...
def switch(
    value: object,
    cases: Mapping[Any, Callable[[], Any]] | None = None,
    /,
    *,
    name: str = "",
    **branches: Callable[[], Any],
) -> Any:
    """Run the branch that belongs to the value; there must be one for each value, all with one kind of result.

    A `Quality` and a bool name their branches as keywords, any other enum or Literal as a mapping.
    """
    graph = recording()
    if graph is None or not isinstance(value, Reference):
        return _chosen(value, branches if cases is None else cases)()
    by_text = _cases("switch", value, branches if cases is None else cases)
    inner = _inner(graph, name or f"switch-{value.port.name}")
    subject = inner.localize(value)
    ran = [_branch(inner, text, body, Condition(subject, text)) for text, body in by_text.items()]
    return _joined(graph, inner, ran)


@overload
def select(value: bool, /, *, true: V, false: V) -> V: ...
@overload
def select(value: Quality, /, *, low: V, medium: V, high: V) -> V: ...
@overload
def select(value: K, cases: Mapping[K, V], /) -> V: ...
def select(value: object, cases: Mapping[Any, Any] | None = None, /, **constants: Any) -> Any:
    """The constant that belongs to the value, as an argument for a step; nothing runs for it."""
    graph = recording()
    if graph is None or not isinstance(value, Reference):
        return _chosen(value, constants if cases is None else cases)
    by_text = _cases("select", value, constants if cases is None else cases)
    for constant in by_text.values():
        if isinstance(constant, Reference):
            raise fault(
                f"select maps to constants, and {constant.label!r} is known at run time only",
                hint="use switch(value, …)",
            )
    sample = next(iter(by_text.values()))
    return Selected(graph, Port("select", type(sample)), graph.localize(value), by_text)


def when(condition: bool, body: Callable[[], R], /, *, name: str = "") -> R | None:
    """Run the body only when the condition holds; what it returns may be absent."""
    graph, value = recording(), _seen(condition)
    if graph is None or not isinstance(value, Reference):
        return body() if condition else None
    inner = _inner(graph, name or f"when-{value.port.name}")
    task, results, record = _branch(inner, "then", body, Condition(inner.localize(value), "true"))
    for result, output in results.items():
        port = task.outputs[output]
        kind = port.type if port.is_artifact else port.type | None
        merged = Port(result, kind, port.is_artifact, port.many, optional=port.is_artifact)
        inner.results[result] = Merge(((task, output),), merged, otherwise=None if port.is_artifact else "null")
        inner.outputs[result] = merged
    made: R | None = _call(graph, inner, record)
    return made


def _seen(value: object) -> object:
    """A value as it is while a pipeline is recorded, whatever type its author sees."""
    return value


def fallback(*, name: str = "", **attempts: Callable[[], R]) -> R:
    """Try each body in turn; the next one runs only if the one before failed after all its retries."""
    graph = recording()
    if graph is None:
        return _first_that_works(attempts)
    inner = _inner(graph, name or "fallback")
    ran: list[Body] = []
    for label, body in attempts.items():
        attempt = _branch(inner, label, body, None)
        attempt[0].after_failure_of = ran[-1][0] if ran else None
        ran.append(attempt)
    result: R = _joined(graph, inner, ran)
    return result


def _first_that_works(attempts: Mapping[str, Callable[[], R]]) -> R:
    *others, last = attempts.values()
    for body in others:
        try:
            return body()
        except (StepError, MemoryError, OSError, RuntimeError):
            continue
    return last()


def _chosen(value: object, cases: Mapping[Any, Any]) -> Any:
    key = _key(value, cases)
    if key not in cases:
        raise fault(f"there is no case for {value!r}", hint=f"the cases are {', '.join(map(str, cases))}")
    return cases[key]


def _cases(word: str, value: Reference, cases: Mapping[Any, Any]) -> dict[str, Any]:
    """The cases by the text of their value, in the type's order; every value must have exactly one."""
    kind = value.port.type
    possible = None if value.port.is_artifact else values.choices(kind)
    if possible is None:
        raise fault(
            f"{word} needs a value of an enum, a Literal or a bool, and {value.label!r} is not",
            hint="give the step's output such a type",
        )
    keys = {choice: _key(choice, cases) for choice in possible}
    if missing := [str(key) for key in keys.values() if key not in cases]:
        raise fault(f"{word} on {value.label!r} has no case for {', '.join(missing)}")
    if unknown := [str(key) for key in cases if key not in keys.values()]:
        raise fault(
            f"{word} on {value.label!r}: it is never {', '.join(unknown)}",
            hint=f"it is one of {', '.join(map(str, keys.values()))}",
        )
    return {values.encode(choice, kind): cases[key] for choice, key in keys.items()}


def _key(choice: object, cases: Mapping[Any, Any]) -> object:
    """The case of a value: the value itself, or for a bool the keyword ``true`` or ``false``."""
    return str(choice).lower() if isinstance(choice, bool) and choice not in cases else choice


def _inner(graph: Graph, label: str) -> Graph:
    unique = graph.unused_task_name(task_name(label))
    return Graph(f"{graph.name}-{unique}", parent=graph, label=unique)


def body_task(inner: Graph, label: str, body: Callable[[], Any]) -> Body:
    """Record `body` as one task of `inner`: the single task it consists of, or a graph of its own."""
    name = task_name(label)
    own = Graph(f"{inner.name}-{name}", parent=inner)
    with record_into(own):
        results, record = outcome(own, f"the result of {label}", body())
    if not own.tasks:
        raise fault(f"{label} calls no step", hint="a branch or a body is work to do; do it in a step")
    lifted = _lifted(own, results)
    if lifted is not None:
        task = inner.add(name, lifted.target)
        task.place = lifted.place
        task.arguments = {key: _outward(value) for key, value in lifted.arguments.items()}
        return task, {result: value.port.name for result, value in results.items()}, record
    own.results = dict(results)
    own.outputs = {result: replace(value.port, name=result) for result, value in results.items()}
    task = inner.add(name, own)
    task.arguments = outer_arguments(own)
    return task, {result: result for result in results}, record


def _branch(inner: Graph, label: str, body: Callable[[], Any], condition: Condition | None) -> Body:
    task, results, record = body_task(inner, label, body)
    task.condition = condition
    return task, results, record


def outer_arguments(graph: Graph) -> dict[str, Operand]:
    """What a task that runs `graph` gives it: the values it takes from the graph around it."""
    return {name: taken.outer for name, taken in graph.inputs.items() if taken.outer is not None}


def _lifted(graph: Graph, results: Mapping[str, Reference]) -> Task | None:
    """The body's only task, if running it alone is the same as running the body."""
    if len(graph.tasks) != 1:
        return None
    task = graph.tasks[0]
    plain = task.loop is None and not task.parts and not task.after
    direct = all(isinstance(value, Output) for value in results.values())
    return task if plain and direct else None


def _outward(value: Operand) -> Operand:
    """An operand of a body as the graph around the body sees it."""
    if isinstance(value, Constant):
        return value
    if isinstance(value, Listed):
        return Listed(tuple(_outward(item) for item in value.items), value.item_type)  # type: ignore[misc]  # lists do not nest
    if isinstance(value, Selected):
        of = _outward(value.of)
        assert isinstance(of, Reference)
        return Selected(of.graph, value.port, of, value.cases)
    if isinstance(value, Input) and value.outer is not None:
        return value.outer
    return value


def _joined(graph: Graph, inner: Graph, ran: list[Body]) -> Any:
    first, names, record = ran[0]
    for task, others, kind in ran[1:]:
        if set(others) != set(names) or kind is not record:
            raise fault(
                f"{inner.name}: {first.name} gives ({', '.join(names)}), {task.name} gives ({', '.join(others)})"
            )
    for result in names:
        ports = [task.outputs[outputs[result]] for task, outputs, _ in ran]
        _check_alike(f"{inner.name}: {result}", ports)
        port = Port(result, ports[0].type, ports[0].is_artifact, ports[0].many, any(port.optional for port in ports))
        inner.results[result] = Merge(tuple((task, outputs[result]) for task, outputs, _ in ran), port)
        inner.outputs[result] = port
    return _call(graph, inner, record)


def _check_alike(what: str, ports: list[Port]) -> None:
    """Refuse results of one name that no consumer could read alike."""
    first = ports[0]
    for other in ports[1:]:
        if other.is_artifact != first.is_artifact:
            raise fault(f"{what} is a file in one branch and a parameter in another")
        if first.is_artifact and (other.type is not first.type or other.many != first.many):
            raise fault(f"{what} is {first.type.__name__} in one branch and {other.type.__name__} in another")
        if not first.is_artifact and values.is_text(other.type) != values.is_text(first.type):
            raise fault(f"{what} is {first.type} in one branch and {other.type} in another")


def _call(graph: Graph, inner: Graph, record: Record | None) -> Any:
    task = graph.add(inner.label, inner)
    task.arguments = outer_arguments(inner)
    return returned(graph, task, inner.outputs, record)
