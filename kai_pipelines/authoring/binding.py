"""From the arguments of a call to operands of a task, and from a task to what the author gets back."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin

from kai_pipelines.authoring.artifact import Artifact
from kai_pipelines.authoring.graph import Constant, Graph, Listed, Operand, Task
from kai_pipelines.authoring.place import fault
from kai_pipelines.authoring.reference import Gathered, Output, Reference, Selected
from kai_pipelines.authoring.signature import RESULT, Port, Record, Signature, record_fields
from kai_pipelines.errors import AuthoringError


def bind(
    graph: Graph,
    name: str,
    function: Callable[..., object],
    signature: Signature,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> dict[str, Operand]:
    """The operands of a call of `function` recorded in `graph`; defaults are left to the template."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        raise fault(f"{name}: {error}", hint=f"it takes ({', '.join(signature.inputs)})") from None
    operands: dict[str, Operand] = {}
    for given, value in bound.arguments.items():
        port = signature.inputs[given]
        if value is None and port.optional:
            continue
        operands[given] = operand(graph, f"{name}({given}=…)", port, value)
    return operands


def operand(graph: Graph, what: str, port: Port, value: object) -> Operand:
    """One argument: a reference that fits the port, or a constant of its type."""
    if isinstance(value, Reference):
        local = _local(graph, value)
        _check_kind(what, port, local)
        if isinstance(local, Selected):
            check_cases(what, port, local)
        return local
    if port.is_artifact:
        raise fault(
            f"{what} is {_article(port)}, and {value!r} is not one that a step or an input of the pipeline gives",
            hint="pass an output of a step, an input of the pipeline, or what for_each returns",
        )
    if isinstance(value, list) and any(isinstance(item, Reference) for item in value):
        return _listed(graph, what, port, value)
    try:
        return Constant(port.encode(value))
    except ValueError as error:
        raise fault(f"{what}: {error}") from None


def _local(graph: Graph, value: Reference) -> Reference:
    if isinstance(value, Gathered):
        raise fault(
            f"{value.label!r} gives several lists, one for each field of {type(value.record).__name__}",
            hint="take one: pick(results, lambda part: part.field)",
        )
    return graph.localize(value)


def _listed(graph: Graph, what: str, port: Port, values: list[object]) -> Listed:
    if get_origin(port.type) is not list:
        raise fault(f"{what} is not a list")
    item = Port(port.name, get_args(port.type)[0])
    parts = [operand(graph, what, item, value) for value in values]
    return Listed(tuple(part for part in parts if not isinstance(part, Listed)), item.type)


def _check_kind(what: str, port: Port, value: Reference) -> None:
    given = value.port
    if port.is_artifact != given.is_artifact:
        raise fault(f"{what} is {_article(port)}, {value.label!r} is {_article(given)}")
    if not port.is_artifact:
        return
    if not issubclass(given.type, port.type):
        raise fault(f"{what} is {_article(port)}, {value.label!r} is {_article(given)}")
    if port.many != given.many:
        raise fault(f"{what} is {_article(port)}, {value.label!r} is {_article(given)}")
    if given.optional and not port.optional:
        raise fault(
            f"{what} must be there, and {value.label!r} may be absent",
            hint=f"annotate the input as `{port.type.__name__} | None`",
        )


def check_cases(what: str, port: Port, selected: Selected) -> None:
    """Refuse a select one of whose constants is not of the port's type."""
    for constant in selected.cases.values():
        try:
            port.encode(constant)
        except ValueError as error:
            raise fault(f"{what}: {error}") from None


def _article(port: Port) -> str:
    if not port.is_artifact:
        return "a parameter"
    kind = port.type.__name__
    return f"a list of {kind} files" if port.many else f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind} artifact"


def returned(graph: Graph, task: Task, outputs: Mapping[str, Port], record: Record | None) -> Any:
    """What a recorded call gives the author: references in the shape the function promises."""
    values = {name: Output(graph, port, task) for name, port in outputs.items()}
    if record is not None:
        return record(**values)
    return values.get(RESULT)


def outcome(graph: Graph, what: str, value: object) -> tuple[dict[str, Reference], Record | None]:
    """The results of a pipeline or of a branch: one reference, a NamedTuple of them, or nothing."""
    if value is None:
        return {}, None
    if isinstance(value, Reference):
        return {RESULT: _local(graph, value)}, None
    if isinstance(value, tuple) and (names := record_fields(type(value))):
        fields = zip(names, value, strict=True)
        return {name: _one_result(graph, f"{what}: {name}", part) for name, part in fields}, type(value)
    raise _no_result(what, value)


def _one_result(graph: Graph, what: str, value: object) -> Reference:
    if isinstance(value, Reference):
        return _local(graph, value)
    raise _no_result(what, value)


def _no_result(what: str, value: object) -> AuthoringError:
    hint = "return what a step returned"
    if not isinstance(value, Artifact | tuple):
        hint += "; to choose between constants use select(value, …)"
    return fault(f"{what} is {value!r}, which is no result of a step", hint=hint)
