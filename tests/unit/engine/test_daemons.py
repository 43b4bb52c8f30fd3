"""Daemons: what follows begins while they run, and they end with the template around them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from kai_pipelines.engine.executor import Job
from tests.fakes import Answer, FakeExecutor
from tests.unit.engine.bench import Bench, container, dag, node_of, phases, task, workflow


class Serving(FakeExecutor):
    """Runs the template `svc` until it is stopped."""

    def __init__(self) -> None:
        super().__init__(lambda job: Answer())
        self.stopped: list[str] = []

    async def run(self, job: Job, on_line: Callable[[str], None]) -> int:
        if not job.name.endswith("svc"):
            return await super().run(job, on_line)
        assert job.stop is not None
        await job.stop.wait()
        self.stopped.append(job.name)
        return 0


def _manifest(**more: Any) -> dict[str, Any]:
    arguments = {"parameters": [{"name": "x", "value": "{{tasks.svc.ip}} {{tasks.svc.status}}"}]}
    main = dag("main", task("svc", "serve"), task("b", depends="svc.Daemoned", arguments=arguments))
    return workflow(main, container("serve", daemon=True, **more), container("pod", inputs=["x"]))


def test_a_daemon_serves_what_follows_and_ends_with_its_template(bench: Bench) -> None:
    bench.executor = Serving()

    made = bench.run(_manifest(), jobs=1)

    assert bench.executor.jobs[-1].command[-1] == "127.0.0.1 Running"
    assert bench.executor.stopped == ["wf.svc"]
    assert phases(made) == {"wf": "Succeeded", "svc": "Succeeded", "b": "Succeeded"}
    assert "daemoned" not in node_of(made, "svc")


class Fainting(FakeExecutor):
    """Runs the template `svc` for a moment only, and what follows for longer."""

    async def run(self, job: Job, on_line: Callable[[str], None]) -> int:
        await asyncio.sleep(0 if job.name.endswith("svc") else 0.3)
        return await super().run(job, on_line)


def test_a_daemon_that_ends_by_itself_has_failed(bench: Bench) -> None:
    bench.executor = Fainting()

    made = bench.run(_manifest())

    assert phases(made)["svc"] == "Failed"
