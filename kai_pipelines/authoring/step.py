"""`@step`: a typed Python function that runs as one pod, or as one process here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Generic, ParamSpec, TypeVar, overload

from kai_pipelines.authoring.binding import bind, returned
from kai_pipelines.authoring.graph import Graph, Task, recording
from kai_pipelines.authoring.place import fault
from kai_pipelines.authoring.pools import POOLS
from kai_pipelines.authoring.reference import Output, Reference
from kai_pipelines.authoring.resources import DEFAULT_RESOURCES, Gpu, Resources, Retry
from kai_pipelines.authoring.signature import Port, Signature, signature_of
from kai_pipelines.errors import AuthoringError, ManifestError
from kai_pipelines.manifest.duration import parse_duration
from kai_pipelines.manifest.names import is_template_name, template_name
from kai_pipelines.manifest.quantity import parse_quantity

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class StepOptions:
    """How a step runs, whatever it computes."""

    resources: Resources = DEFAULT_RESOURCES
    retry: Retry | None = None
    timeout: str | None = None
    """Each try may take so long."""
    cache: bool = True
    """Whether the same inputs give the same outputs, so that what it gave is kept."""


@dataclass(frozen=True, slots=True)
class StepUse:
    """A step as one task uses it: perhaps with other resources than its own."""

    step: StepDefinition
    resources: Resources

    @property
    def outputs(self) -> dict[str, Port]:
        """What the step gives, by name."""
        return self.step.signature.outputs


class StepDefinition:
    """A step as everything but its caller sees it: a name, ports, options, and where its code is."""

    def __init__(self, function: Callable[..., Any], options: StepOptions) -> None:
        self.function = function
        self.__doc__, self.__module__ = function.__doc__, function.__module__
        self.__name__, self.__qualname__ = function.__name__, function.__qualname__
        self.__wrapped__ = function
        self.options = options
        self.name = named(function)

    @functools.cached_property
    def signature(self) -> Signature:
        """The ports, read from the annotations on first use."""
        signature = signature_of(self.function)
        if many := [name for name, port in signature.outputs.items() if port.many]:
            raise AuthoringError(
                f"{self.__name__} gives the list {many[0]}: a step gives one file or folder for each output",
                hint="give a folder, or run the step once for each file with for_each",
                path=self.function.__code__.co_filename,
                line=self.function.__code__.co_firstlineno,
            )
        return signature

    @property
    def address(self) -> str:
        """Where a pod finds the function: ``module:function``."""
        return f"{self.function.__module__}:{self.function.__qualname__}"

    def __repr__(self) -> str:
        return f"<step {self.name}>"


class Step(StepDefinition, Generic[P, R_co]):
    """A function that is a step.

    Called inside a pipeline it records a task and returns references; called anywhere else it is the function.
    """

    def __init__(self, function: Callable[P, R_co], options: StepOptions) -> None:
        super().__init__(function, options)
        self._resources = options.resources
        self._after: tuple[object, ...] = ()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Record a task, or call the function."""
        graph = recording()
        if graph is None:
            plain: R_co = self.function(*args, **kwargs)
            return plain
        task = graph.add(self.name, StepUse(self, self._resources))
        task.arguments = bind(graph, self.function.__name__, self.function, self.signature, args, kwargs)
        task.after = [earlier for value in self._after for earlier in _tasks_of(graph, value)]
        result: R_co = returned(graph, task, self.signature.outputs, self.signature.record)
        return result

    def with_(
        self,
        *,
        cpu: int | float | str | None = None,
        memory: str | None = None,
        disk: str | None = None,
        gpu: Gpu | None = None,
        pool: str | None = None,
        spot: bool | None = None,
        after: Iterable[object] = (),
    ) -> Step[P, R_co]:
        """The same step with other resources, or made to wait.

        `after` takes what steps returned, or steps themselves (all their calls so far); it is for the rare
        edge without data.
        """
        changes = {"cpu": cpu, "memory": memory, "disk": disk, "gpu": gpu, "pool": pool, "spot": spot}
        given = {name: value for name, value in changes.items() if value is not None}
        variant: Step[P, R_co] = Step(self.function, self.options)
        variant._resources = replace(self._resources, **given)  # type: ignore[arg-type]  # one dict for all fields
        variant._after = (*self._after, *after)
        _check_resources(self.name, variant._resources)
        return variant


def named(function: Callable[..., Any]) -> str:
    """A function's name as a template's; refused at the author's line when Kubernetes would refuse it."""
    name = template_name(function.__name__)
    if not is_template_name(name):
        raise fault(f"{function.__name__} cannot name a template", hint="at most 63 of the characters a-z, 0-9 and _")
    return name


def _tasks_of(graph: Graph, value: object) -> list[Task]:
    if isinstance(value, StepDefinition):
        tasks = [t for t in graph.tasks if isinstance(t.target, StepUse) and t.target.step.function is value.function]
        if tasks:
            return tasks
    if isinstance(value, tuple):
        return list(dict.fromkeys(task for part in value for task in _tasks_of(graph, part)))
    if isinstance(value, Reference):
        local = graph.localize(value)
        return [local.task] if isinstance(local, Output) else []
    raise fault("after= takes what a step of this pipeline returned, or a step that was called before")


def _check_resources(name: str, resources: Resources) -> None:
    gpu_memory = [] if resources.gpu is None else [resources.gpu.memory]
    for quantity in (resources.cpu, resources.memory, resources.disk, *gpu_memory):
        _checked(name, parse_quantity, quantity)
    if resources.pool is not None and resources.pool not in POOLS:
        raise fault(f"{name}: there is no node pool {resources.pool!r}", hint=f"one of {', '.join(POOLS)}")


def _checked(name: str, parse: Callable[[Any], object], text: object) -> None:
    try:
        parse(text)
    except ManifestError as error:
        raise fault(f"{name}: {error.message}", hint=error.hint) from None


@overload
def step(function: Callable[P, R], /) -> Step[P, R]: ...
@overload
def step(
    *, resources: Resources = ..., retry: Retry | None = ..., timeout: str | None = ..., cache: bool = ...
) -> Callable[[Callable[P, R]], Step[P, R]]: ...
def step(
    function: Callable[P, R] | None = None,
    /,
    *,
    resources: Resources = DEFAULT_RESOURCES,
    retry: Retry | None = None,
    timeout: str | None = None,
    cache: bool = True,
) -> Step[P, R] | Callable[[Callable[P, R]], Step[P, R]]:
    """Make a typed function a step; its name and annotations make its template, its docstring is for `kai list`.

    `cache=False` is for a step that looks at the machine or the world: it runs each time.
    """
    options = StepOptions(resources, retry, timeout, cache)
    _check_resources("step", resources)
    for duration in (timeout, retry and retry.backoff, retry and retry.max_duration):
        if duration:
            _checked("step", parse_duration, duration)

    def decorate(function: Callable[P, R]) -> Step[P, R]:
        return Step(function, options)

    return decorate if function is None else decorate(function)
