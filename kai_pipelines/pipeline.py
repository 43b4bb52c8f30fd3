"""`@pipeline`: a definition together with everything one does with it. The one place that joins them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, overload

from kai_pipelines.authoring.definition import PipelineDefinition, PipelineOptions
from kai_pipelines.authoring.place import fault
from kai_pipelines.authoring.step import StepDefinition

if TYPE_CHECKING:
    from kai_pipelines.check.diagnostic import Diagnostic
    from kai_pipelines.compiler.workflow import Kind
    from kai_pipelines.engine import Run
    from kai_pipelines.hera_edge.objects import CronWorkflow, Workflow, WorkflowTemplate
    from kai_pipelines.remote import Sent
    from kai_pipelines.simulation import Simulation
    from kai_pipelines.simulation.script import Ending

P = ParamSpec("P")
R = TypeVar("R")


_OPTIONS = {
    **dict.fromkeys(("output", "jobs", "cache"), "run()"),
    **dict.fromkeys(("fail", "results", "durations"), "simulate()"),
    **dict.fromkeys(("run_id", "again", "s3_endpoint", "wait"), "submit()"),
}
"""What `Pipeline.run`, `simulate` and `submit` take besides the pipeline's own inputs, which cannot have these names."""


class Pipeline(PipelineDefinition[P, R]):
    """A pipeline that compiles and runs."""

    def __init__(self, function: Callable[P, R], options: PipelineOptions) -> None:
        super().__init__(function, options)
        if taken := _OPTIONS.keys() & set(inspect.signature(function).parameters):
            name = min(taken)
            raise fault(
                f"{function.__name__}: an input cannot be called {name!r}, {_OPTIONS[name]} has that name",
                hint="rename it",
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

    @overload
    def to_hera(self, kind: Literal["WorkflowTemplate"] = ...) -> WorkflowTemplate: ...
    @overload
    def to_hera(self, kind: Literal["Workflow"]) -> Workflow: ...
    @overload
    def to_hera(self, kind: Literal["CronWorkflow"]) -> CronWorkflow: ...
    def to_hera(self, kind: Kind = "WorkflowTemplate") -> Workflow:
        """The manifest as an object of Hera's, which builds the same manifest; needs ``kai-pipelines[hera]``."""
        from kai_pipelines.hera_edge.objects import to_hera

        return to_hera(self.to_dict(kind))

    def run(
        self, *, output: str | Path | None = None, jobs: int | None = None, cache: bool = True, **arguments: Any
    ) -> Run:
        """Run here, now. Parameters as values, artifacts as paths; outputs land in the folder `output`."""
        from kai_pipelines.local import run_here

        return run_here(self, arguments, output=output, jobs=jobs, cache=cache)

    def simulate(
        self,
        *,
        fail: Mapping[str, Ending | Sequence[Ending]] | None = None,
        results: Mapping[str, object] | None = None,
        durations: Mapping[str, str | float] | None = None,
        **arguments: Any,
    ) -> Simulation:
        """Go through it in virtual time, with the engine's scheduler and without running a step.

        `fail` says how steps end, try by try: an exit code, "error", "timeout" or "oom". `results` says what they
        give, by ``"step.output"`` or ``"step"``; a tuple has one value for each run of the step. Artifacts need not
        be given.
        """
        from kai_pipelines.local import simulate_here

        return simulate_here(self, arguments, fail=fail or {}, results=results or {}, durations=durations or {})

    def submit(
        self, *, run_id: str = "", again: bool = False, s3_endpoint: str = "", wait: bool = False, **arguments: Any
    ) -> Sent:
        """Send it to the Argo Server that the environment names, ready to run there.

        Parameters are values, artifacts keys of the cluster's artifact repository or ``s3://bucket/key``. The same
        sent again is the same workflow; another `run_id` makes another, `again` makes a new one each time.
        """
        from kai_pipelines.remote import submit_there

        return submit_there(self, arguments, run_id=run_id, again=again, s3_endpoint=s3_endpoint, wait=wait)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """What a notebook shows: the graph."""
        from kai_pipelines.drawing.notebook import bundle

        return bundle(self.to_dict(), repr(self), include, exclude)


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
