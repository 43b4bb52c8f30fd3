"""A small workbench: manifests in a few words, run with pods that do not really run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kai_pipelines.engine import Run, RunRequest, run
from tests.fakes import Answer, FakeClock, FakeExecutor, Notes

Object = dict[str, Any]


def container(name: str, *, outputs: Sequence[str] = (), inputs: Sequence[str] = (), **more: Any) -> Object:
    """A pod's template with output parameters and required input parameters."""
    return {
        "name": name,
        "inputs": {"parameters": [{"name": one} for one in inputs]},
        "outputs": {"parameters": [{"name": one, "valueFrom": {"path": f"/tmp/{one}"}} for one in outputs]},
        "container": {
            "image": "busybox",
            "command": ["true"],
            "args": [f"{{{{inputs.parameters.{one}}}}}" for one in inputs],
        },
        **more,
    }


def dag(name: str, *tasks: Object, **more: Any) -> Object:
    return {"name": name, "dag": {"tasks": list(tasks)}, **more}


def task(name: str, template: str = "pod", **more: Any) -> Object:
    return {"name": name, "template": template, **more}


def given(**parameters: str) -> Object:
    return {"parameters": [{"name": name, "value": value} for name, value in parameters.items()]}


def workflow(*templates: Object, **spec: Any) -> Object:
    """A workflow whose first template is the entrypoint."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "wf"},
        "spec": {"entrypoint": templates[0]["name"], "templates": list(templates), **spec},
    }


@dataclass
class Bench:
    """Runs manifests in one folder, with one store."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    executor: FakeExecutor = field(default_factory=FakeExecutor)
    notes: Notes = field(default_factory=Notes)
    use_cache: bool = False
    siblings: Sequence[Object] = ()

    def answering(self, answers: Mapping[str, Answer | Sequence[Answer]]) -> Bench:
        """Pods answer by the name of their node (without the workflow's); a list answers one after the other."""
        queues = {name: [one] if isinstance(one, Answer) else list(one) for name, one in answers.items()}

        def answer(job: Any) -> Answer:
            queue = queues.get(job.name.removeprefix("wf").removeprefix("."), queues.get(job.name))
            if queue is None:
                return Answer(files=dict.fromkeys(job.outputs, "made"))
            return queue.pop(0) if len(queue) > 1 else queue[0]

        self.executor = FakeExecutor(answer, self.clock)
        return self

    def run(self, manifest: Object, *, jobs: int = 4, parameters: Mapping[str, str] | None = None, **more: Any) -> Run:
        request = RunRequest(
            manifest,
            parameters or {},
            {},
            self.folder / "out",
            jobs,
            self.use_cache,
            self.folder / "store",
            siblings=tuple(self.siblings),
            **more,
        )
        return run(request, self.notes, executor=self.executor, clock=self.clock)

    def go_on(self, record: Object, **more: Any) -> Run:
        """Run on from a record."""
        manifest = {key: value for key, value in record.items() if key != "status"}
        return self.run(manifest, status=record["status"], **more)


def phases(made: Run) -> dict[str, str]:
    """Node → phase, without the workflow's name in front."""
    nodes = made.workflow["status"]["nodes"].values()
    return {node["name"].partition(".")[2] or node["name"]: node["phase"] for node in nodes}


def node_of(made: Run, name: str) -> Object:
    found: Object = next(n for n in made.workflow["status"]["nodes"].values() if n["name"] in {name, f"wf.{name}"})
    return found
