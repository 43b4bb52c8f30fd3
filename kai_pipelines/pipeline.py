"""`@pipeline`: a definition together with everything one does with it. The one place that joins them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from kai_pipelines.authoring.definition import PipelineDefinition, PipelineOptions
from kai_pipelines.authoring.place import fault
from kai_pipelines.authoring.step import StepDefinition

if TYPE_CHECKING:
    from kai_pipelines.check.diagnostic import Diagnostic
    from kai_pipelines.compiler.workflow import Kind
    from kai_pipelines.engine import Run

P = ParamSpec("P")
R = TypeVar("R")


_RUN_OPTIONS = frozenset({"output", "jobs", "cache"})
"""What `Pipeline.run` takes besides the pipeline's own inputs, which cannot have these names."""


class Pipeline(PipelineDefinition[P, R]):
    """A pipeline that compiles and runs."""

    def __init__(self, function: Callable[P, R], options: PipelineOptions) -> None:
        super().__init__(function, options)
        if taken := _RUN_OPTIONS & set(inspect.signature(function).parameters):
            name = min(taken)
            raise fault(
                f"{function.__name__}: an input cannot be called {name!r}, run() has that name", hint="rename it"
            )

    def to_dict(self, kind: Kind = "WorkflowTemplate") -> dict[str, object]:
        """The manifest."""
        from kai_pipelines.compiler import compile_pipeline

        return compile_pipeline(self, kind)

    def to_yaml(self, path: str | Path | None = None, kind: Kind = "WorkflowTemplate") -> str:
        """The manifest as YAML, also written to `path` when one is given."""
        from kai_pipelines.manifest.document import dump

        text = dump(self.to_dict(kind))
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def check(self, *, ignore: Collection[str] = ()) -> list[Diagnostic]:
        """Warnings about the pipeline; raises CheckError with every mistake when one is an error.

        `ignore` holds names or codes of rules that do not apply.
        """
        from kai_pipelines.checking import check_here

        return check_here(self, ignore)

    def run(
        self, *, output: str | Path | None = None, jobs: int | None = None, cache: bool = True, **arguments: Any
    ) -> Run:
        """Run here, now. Parameters as values, artifacts as paths; outputs land in the folder `output`."""
        from kai_pipelines.local import run_here

        return run_here(self, arguments, output=output, jobs=jobs, cache=cache)


@overload
def pipeline(function: Callable[P, R], /) -> Pipeline[P, R]: ...
@overload
def pipeline(
    *,
    title: str = ...,
    priority: str = ...,
    on_exit: StepDefinition | None = ...,
    timeout: str | None = ...,
    schedule: str | None = ...,
) -> Callable[[Callable[P, R]], Pipeline[P, R]]: ...
def pipeline(
    function: Callable[P, R] | None = None,
    /,
    *,
    title: str = "",
    priority: str = "normal",
    on_exit: StepDefinition | None = None,
    timeout: str | None = None,
    schedule: str | None = None,
) -> Pipeline[P, R] | Callable[[Callable[P, R]], Pipeline[P, R]]:
    """Make a typed function that calls steps a pipeline; its docstring is what the Argo UI shows."""
    options = PipelineOptions(title, priority, on_exit, timeout, schedule)

    def decorate(function: Callable[P, R]) -> Pipeline[P, R]:
        return Pipeline(function, options)

    return decorate if function is None else decorate(function)
