"""What a pipeline is: a typed function that is called once, with references, to record its graph."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

from kai_pipelines.authoring import values
from kai_pipelines.authoring.binding import bind, check_cases, outcome, returned
from kai_pipelines.authoring.graph import Constant, Graph, record_into, recording
from kai_pipelines.authoring.place import fault
from kai_pipelines.authoring.pools import PRIORITIES
from kai_pipelines.authoring.reference import Global, Input, Reference, Selected
from kai_pipelines.authoring.signature import MISSING, Port, Record, Signature, signature_of
from kai_pipelines.authoring.step import Step, StepDefinition, named
from kai_pipelines.errors import AuthoringError, KaiError

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

EXIT_GLOBALS = {
    "status": "workflow.status",
    "workflow_name": "workflow.name",
    "failures": "workflow.failures",
    "duration": "workflow.duration",
}
"""What an exit handler may ask for by the name of a parameter, and Argo's tag for it."""


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """How a pipeline runs, whatever it does."""

    title: str = ""
    priority: str = "normal"
    on_exit: StepDefinition | None = None
    timeout: str | None = None
    schedule: str | None = None
    """Cron schedule, for a CronWorkflow."""


class PipelineDefinition(Generic[P, R]):
    """A pipeline as authored: its signature and, on first use, its recorded graph."""

    def __init__(self, function: Callable[P, R], options: PipelineOptions) -> None:
        functools.update_wrapper(self, function)
        if options.priority not in PRIORITIES:
            raise fault(f"there is no priority {options.priority!r}", hint=f"one of {', '.join(PRIORITIES)}")
        self.function = function
        self.options = options
        self._recording = False
        self.name = named(function)

    @functools.cached_property
    def signature(self) -> Signature:
        """The ports, read from the annotations on first use."""
        return signature_of(self.function)

    @property
    def description(self) -> str:
        """The docstring, without indentation."""
        return inspect.cleandoc(self.function.__doc__ or "")

    @functools.cached_property
    def graph(self) -> Graph:
        """The recorded graph; recording runs the function once, with references for its arguments."""
        if self._recording:
            raise fault(f"{self.name} calls itself", hint="a workflow has an end: repeat with for_each or fallback")
        self._recording = True
        graph = Graph(self.name)
        graph.inputs = {name: Input(graph, port) for name, port in self.signature.inputs.items()}
        try:
            with record_into(graph):
                value = self.function(**graph.inputs)  # type: ignore[call-arg, arg-type]  # references stand in
        except KaiError:
            raise
        except Exception as error:
            raise _raised(error) from error
        finally:
            self._recording = False
        if not graph.tasks:
            raise self._wrong("calls no step")
        graph.outputs = self.signature.outputs
        graph.results = dict(self._results(graph, value))
        return graph

    def _results(self, graph: Graph, value: object) -> dict[str, Reference]:
        """What the function returned, if that is what it promises."""
        promised = self.signature
        with self._here():
            results, record = outcome(graph, f"the result of {self.name}", value)
        if record is not promised.record or set(results) != set(promised.outputs):
            given, wanted = _described(record, results), _described(promised.record, promised.outputs)
            raise self._wrong(f"returns {given} although it is annotated with {wanted}")
        for name, port in promised.outputs.items():
            self._check_result(name, port, results[name])
        return results

    def _check_result(self, name: str, promised: Port, value: Reference) -> None:
        given = value.port
        if isinstance(value, Selected):
            with self._here():
                check_cases(f"the result of {self.name}: {name}", promised, value)
        if promised.is_artifact != given.is_artifact or (
            promised.is_artifact and not issubclass(given.type, promised.type)
        ):
            wanted, got = values.name_of(promised.type), values.name_of(given.type)
            raise self._wrong(f"promises {name} as {wanted} and returns {got}")
        if given.optional and not promised.optional:
            raise self._wrong(f"promises {name}, and {value.label!r} may be absent: annotate it with `| None`")
        if given.many:
            raise self._wrong(f"returns the list {name}: gather its parts in a step first")

    @contextmanager
    def _here(self) -> Generator[None]:
        """Faults found after the function has returned are at its own line."""
        try:
            yield
        except AuthoringError as error:
            raise self._wrong_at(error.message, error.hint) from None

    @functools.cached_property
    def exit_graph(self) -> Graph | None:
        """The graph of the exit handler: one task whose arguments Argo knows when the workflow ends."""
        handler = self.options.on_exit
        if not isinstance(handler, Step):
            return None
        graph = Graph("on-exit")
        with self._here(), record_into(graph):
            handler(
                **{
                    name: self._exit_argument(graph, port)
                    for name, port in handler.signature.inputs.items()
                    if name in EXIT_GLOBALS or name in self.signature.inputs
                }
            )
        return graph

    def _exit_argument(self, graph: Graph, port: Port) -> Global:
        if port.is_artifact:
            raise self._wrong(f"on_exit step takes the artifact {port.name!r}: an exit handler has parameters only")
        return Global(graph, port, EXIT_GLOBALS.get(port.name, f"workflow.parameters.{port.name}"))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Inside another pipeline: record this one as one task. Anywhere else: call the function."""
        outer = recording()
        if outer is None:
            return self.function(*args, **kwargs)
        operands = bind(outer, self.function.__name__, self.function, self.signature, args, kwargs)
        for name, port in self.signature.inputs.items():  # a DAG template has no defaults of its own
            if name not in operands and port.default is not MISSING and not port.is_artifact:
                operands[name] = Constant(port.encode(port.default))
        task = outer.add(self.name, self.graph)
        task.arguments = operands
        result: R = returned(outer, task, self.signature.outputs, self.signature.record)
        return result

    def encode_parameters(self, arguments: Mapping[str, object]) -> dict[str, str]:
        """Values of parameters as a manifest's text; text that is none of the type is read as a person types it."""

        def encoded(port: Port, value: object) -> str:
            try:
                return port.encode(value)
            except ValueError:
                if not isinstance(value, str):
                    raise
                return port.encode(port.decode(value))

        return {name: self._encoded(name, encoded, value) for name, value in arguments.items()}

    def read_parameters(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Parameters as a person types them, as a manifest's text."""
        return {
            name: self._encoded(name, lambda port, typed: port.encode(port.decode(typed)), text)
            for name, text in texts.items()
        }

    def _encoded(self, name: str, encode: Callable[[Port, T], str], value: T) -> str:
        try:
            return encode(self.signature.inputs[name], value)
        except ValueError as error:
            raise AuthoringError(f"{self.name}: parameter {name}: {error}") from None

    def _wrong(self, reason: str) -> AuthoringError:
        return self._wrong_at(f"{self.name} {reason}", None)

    def _wrong_at(self, message: str, hint: str | None) -> AuthoringError:
        code = inspect.unwrap(self.function).__code__
        return AuthoringError(message, hint=hint, path=code.co_filename, line=code.co_firstlineno)

    def __repr__(self) -> str:
        return f"<pipeline {self.name}>"


def _described(record: Record | None, outputs: Mapping[str, object]) -> str:
    if record is not None:
        return record.__name__
    return "one result" if outputs else "None"


def _raised(error: Exception) -> AuthoringError:
    """An exception of the pipeline's own code, with the line that it comes from."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return AuthoringError(f"{type(error).__name__}: {error}", path=place.filename, line=place.lineno)
