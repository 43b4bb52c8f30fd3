"""Commands as processes of this machine: what reaches them, and when."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from kai_pipelines.engine.executor import Job, LocalProcesses
from kai_pipelines.engine.view import View


@pytest.mark.parametrize("isolate", [True, False], ids=["in a view", "plain"])
def test_a_command_is_ended_by_the_signal_that_it_got_while_it_was_being_started(tmp_path: Path, isolate: bool) -> None:
    """At any moment of the start: each command here is asked to stop a little later after its fork."""
    processes = LocalProcesses(isolate=isolate)
    isolation = processes.isolation(tmp_path / "probe")
    if isolate and isolation is None:
        pytest.skip("this machine allows no mount namespaces")

    async def started(number: int) -> int:
        view = None
        if isolation is not None:
            view = View(tmp_path / f"view-{number}", isolation)
            view.prepare()
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(number * 0.0005, stop.set)
        job = Job(
            name=f"{number}",
            command=["sleep", "300"],
            environment={"PATH": os.environ["PATH"]},
            folder=tmp_path,
            log=tmp_path / f"{number}.log",
            view=view,
            stop=stop,
        )
        return await processes.run(job, lambda _: None)

    async def one_after_the_other() -> set[int]:
        return {await started(number) for number in range(40)}

    try:
        codes = asyncio.run(asyncio.wait_for(one_after_the_other(), 120))
    finally:
        processes.close()

    assert codes <= {-signal.SIGTERM, 128 + signal.SIGTERM}, "some were killed: the signal to stop did not reach them"
