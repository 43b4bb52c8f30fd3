"""CPU time of judging a manifest in process, beside that of `argo lint --offline` 4.1.2 (the whole program).

`validate` and `lint` are Argo's rules alone, `check` is everything from the bytes of the file on: reading, Argo's
rules, ours, and the places of what is found (one mistake is in each file). The limit for a chain of 200 is 50 ms in
process, and 0.4 s for the command.

Chains of tasks that hand a parameter on, and one wide graph in which a last task waits for all the others.
``--json`` writes the figures as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from kai_pipelines.check.argo import Options, lint, validate
from kai_pipelines.check.diagnostic import FileSource, diagnose
from kai_pipelines.manifest.document import dump

ARGO_LINT_SECONDS = {"chain of 200": 0.22, "chain of 1,000": 4.9}
"""CPU seconds of the real program on the same kind of chain, from the notes beside its recorded verdicts."""
REPEATS = 5


def workflow(tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """A workflow of one DAG over one container template."""
    echo = {
        "name": "echo",
        "inputs": {"parameters": [{"name": "message"}]},
        "container": {"image": "busybox:1.37", "command": ["echo"], "args": ["{{inputs.parameters.message}}"]},
        "outputs": {"parameters": [{"name": "said", "valueFrom": {"path": "/tmp/said"}}]},
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "speed-"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "dag": {"tasks": tasks}}, echo]},
    }


def task(number: int, before: list[int], value: str) -> dict[str, Any]:
    """One task that waits for others."""
    found = {
        "name": f"t{number}",
        "template": "echo",
        "arguments": {"parameters": [{"name": "message", "value": value}]},
    }
    return {**found, "depends": " && ".join(f"t{one}" for one in before)} if before else found


def chain(length: int) -> dict[str, Any]:
    """Every task takes the output of the one before it."""
    return workflow(
        [
            task(n, [n - 1] if n else [], f"{{{{tasks.t{n - 1}.outputs.parameters.said}}}}" if n else "go")
            for n in range(length)
        ]
    )


def wide(width: int) -> dict[str, Any]:
    """Tasks that wait for nothing, and a last one that waits for all."""
    return workflow([*(task(n, [], "go") for n in range(width)), task(width, list(range(width)), "all")])


def cpu_milliseconds(work: Callable[[], object]) -> float:
    """The least CPU time of several runs."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times) * 1000


def with_a_mistake(manifest: dict[str, Any]) -> bytes:
    """The manifest as YAML, with an expression in its last task that does not parse."""
    return dump(manifest).replace("{{inputs.parameters.message}}", "{{= inputs.parameters.message + }}").encode()


def checked(data: bytes) -> None:
    """Everything, from the bytes on."""
    assert any(one.code == "KAI202" for one in diagnose([FileSource.of("speed.yaml", data)]))


def command_seconds(data: bytes) -> tuple[float, float]:
    """The least wall and CPU seconds of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speed.yaml"
        path.write_bytes(data)
        times = []
        for _ in range(REPEATS):
            wall, before = time.perf_counter(), os.times()
            subprocess.run(
                [sys.executable, "-m", "kai_pipelines.cli.main", "check", path], capture_output=True, check=False
            )
            after = os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            times.append((time.perf_counter() - wall, cpu))
    return min(times)


def main() -> None:
    """Print each figure beside Argo's, or as JSON."""
    manifests = {
        "chain of 200": chain(200),
        "chain of 1,000": chain(1000),
        "chain of 5,000": chain(5000),
        "wide graph of 1,001": wide(1000),
    }
    figures: list[dict[str, Any]] = []
    for name, manifest in manifests.items():
        assert lint([manifest]) == [], name
        argo = ARGO_LINT_SECONDS.get(name)
        data = with_a_mistake(manifest)
        figures.append(
            {
                "manifest": name,
                "validate_ms": round(cpu_milliseconds(partial(validate, manifest, options=Options(lint=True))), 1),
                "lint_ms": round(cpu_milliseconds(partial(lint, [manifest])), 1),
                "check_ms": round(cpu_milliseconds(partial(checked, data)), 1),
                "argo_lint_ms": argo and argo * 1000,
            }
        )
    wall, cpu = command_seconds(with_a_mistake(manifests["chain of 200"]))
    if "--json" in sys.argv:
        command = {"manifest": "chain of 200", "wall_s": round(wall, 3), "cpu_s": round(cpu, 3)}
        print(json.dumps({"in_process": figures, "command": command}, indent=2))
        return
    print(f"{'manifest':22}{'validate':>12}{'lint':>12}{'check':>12}{'argo lint':>12}   CPU ms")
    for one in figures:
        print(
            f"{one['manifest']:22}{one['validate_ms']:>12}{one['lint_ms']:>12}{one['check_ms']:>12}{one['argo_lint_ms'] or '-':>12}"
        )
    growth = figures[2]["check_ms"] / figures[1]["check_ms"]
    print(f"five times the tasks take {growth:.1f} times as long")
    print(f"kai check, chain of 200: {wall:.2f} s wall, {cpu:.2f} s CPU (limit 0.4 s)")


if __name__ == "__main__":
    main()
