"""An engine killed at any moment loses at most the steps that ran: the next run ends as an undisturbed one."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_engine import _engine, run_here, running, shell, sleeper, workflow


def _graph() -> dict[str, Any]:
    """Six steps, three deep; each appends to what it got, so a lost or doubled step would show."""
    made = [{"name": "o", "path": "/tmp/o"}]
    tasks: list[dict[str, Any]] = []
    pods = []
    for number in range(6):
        before = [f"t{one}" for one in (number - 2, number - 3) if one >= 0]
        pod = shell(
            f"t{number}", f"sleep 0.05; cat /tmp/in/* > /tmp/o 2>/dev/null || :; echo {number} >> /tmp/o", outputs=made
        )
        pod["inputs"] = {"artifacts": [{"name": name, "path": f"/tmp/in/{name}"} for name in before]}
        pods.append(pod)
        arguments = [{"name": name, "from": f"{{{{tasks.{name}.outputs.artifacts.o}}}}"} for name in before]
        task: dict[str, Any] = {"name": f"t{number}", "template": f"t{number}", "dependencies": before}
        tasks.append({**task, "arguments": {"artifacts": arguments}})
    outputs = [{"name": f"o{number}", "from": f"{{{{tasks.t{number}.outputs.artifacts.o}}}}"} for number in range(6)]
    return workflow({"name": "main", "dag": {"tasks": tasks}, "outputs": {"artifacts": outputs}}, *pods)


def _landed(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in (folder / "out").glob("o?")}


def _kill_and_resume(folder: Path, moments: list[float]) -> None:
    (folder / "calm").mkdir()
    (folder / "torn").mkdir()
    run_here(_graph(), folder / "calm")
    wanted = _landed(folder / "calm")

    for moment in moments:
        engine = _engine(_graph(), folder / "torn")
        time.sleep(moment)
        engine.kill()
        engine.communicate()
    made = run_here(_graph(), folder / "torn")

    assert made.phase == "Succeeded"
    assert made.executed + made.cached == 6
    assert _landed(folder / "torn") == wanted
    assert len(wanted) == 6
    assert list((folder / "torn" / "store" / "runs").iterdir()) == []
    assert [path.name for path in (folder / "torn" / "out").glob(".*")] == [".kai"]


def test_a_killed_run_resumes_from_the_finished_steps(tmp_path: Path) -> None:
    chance = random.Random(7)

    _kill_and_resume(tmp_path, [chance.uniform(0.15, 0.6) for _ in range(3)])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_however_often_and_whenever_it_is_killed(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)

    _kill_and_resume(tmp_path, [chance.uniform(0.1, 1.0) for _ in range(chance.randint(1, 5))])


def test_a_killed_engine_leaves_nothing_running(tmp_path: Path) -> None:
    marker = sleeper()
    engine = _engine(workflow(shell("main", f"(setsid sleep {marker}; true) & sleep {marker}")), tmp_path)

    until = time.monotonic() + 20
    while not running(marker):
        assert time.monotonic() < until
        time.sleep(0.05)
    engine.kill()
    engine.communicate()
    until = time.monotonic() + 5
    while running(marker):
        assert time.monotonic() < until
        time.sleep(0.05)
