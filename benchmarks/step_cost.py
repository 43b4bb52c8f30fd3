"""What one step costs, and a chain of ten: CPU of every process, less what an empty run costs.

    python benchmarks/step_cost.py [--json FILE]

Three figures, each the median of several runs: an isolated step of another image (`busybox true`, in a file system of
its own), a step of ours in a warm worker, and the command `kai run` on a chain of ten tiny steps of ours, from start
to end. The limits are 25 ms, 5 ms and 1 s. The peers' figures for a chain of ten are those that were measured when
the limits were set.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ISOLATED_MS, WARM_MS, CHAIN_S = 25.0, 5.0, 1.0
PEERS = {"Metaflow": 6.4, "kfp": 13.0, "Hera's runner": 16.0}
"""CPU seconds of a chain of ten."""
STEPS = 40
RUNS = 5
_MODULE = '''
from kai_pipelines import step


@step
def add(number: int = 0) -> int:
    """One more."""
    return number + 1
'''
_RUN = """
import json, sys
from pathlib import Path
from kai_pipelines.engine import RunRequest, Silent, run
folder = Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
paths = tuple(path for path in sys.path if path)
made = run(RunRequest(manifest, {}, {}, folder / "out", 1, False, folder / "store", python_path=paths), Silent())
sys.exit(made.phase != "Succeeded")
"""


def chain(length: int, *, ours: bool) -> dict[str, Any]:
    """A workflow of so many steps, one after the other."""
    tasks = [
        {
            "name": f"t{number}",
            "template": "step",
            "arguments": {"parameters": [{"name": "number", "value": str(number)}]},  # each one another step
            **({"depends": f"t{number - 1}"} if number else {}),
        }
        for number in range(length)
    ]
    own = {
        "image": "kai-pipelines:0",
        "command": ["python", "-m", "kai_pipelines.runtime"],
        "args": ["tiny:add", "--number={{inputs.parameters.number}}", "--output.result={{outputs.parameters.result.path}}"],
    }
    step: dict[str, Any] = {
        "name": "step",
        "inputs": {"parameters": [{"name": "number"}]},
        "container": own if ours else {"image": "busybox", "command": ["true"]},
        "outputs": {"parameters": [{"name": "result", "valueFrom": {"path": "/kai/outputs/result"}}]} if ours else {},
    }
    templates = [{"name": "main", "dag": {"tasks": tasks}}, step]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "chain"},
        "spec": {"entrypoint": "main", "templates": templates},
    }


def measured(command: Sequence[str], folder: Path) -> float:
    """CPU seconds of a command and all that it started."""
    path = os.pathsep.join([str(folder), str(Path.cwd()), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "KAI_STORE": str(folder / "store")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, cwd=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def per_step(*, ours: bool) -> float:
    """CPU milliseconds of one more step, from runs that differ in nothing but their number of steps."""

    def seconds(length: int) -> float:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "tiny.py").write_text(_MODULE)
            (folder / "manifest.json").write_text(json.dumps(chain(length, ours=ours)))
            return measured([sys.executable, "-c", _RUN, str(folder)], folder)

    few, many = ([seconds(length) for _ in range(RUNS)] for length in (2, 2 + STEPS))
    return (statistics.median(many) - statistics.median(few)) / STEPS * 1000


def whole_chain() -> float:
    """CPU seconds of `kai run` on a chain of ten."""

    def seconds() -> float:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "tiny.py").write_text(_MODULE)
            (folder / "chain.json").write_text(json.dumps(chain(10, ours=True)))
            return measured([sys.executable, "-m", "kai_pipelines.cli.main", "run", "chain.json", "--quiet"], folder)

    return statistics.median(seconds() for _ in range(RUNS))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    figures = {
        "isolated_step_ms": per_step(ours=False),
        "warm_step_ms": per_step(ours=True),
        "chain_of_ten_s": whole_chain(),
    }
    rows = [
        ("isolated process step", figures["isolated_step_ms"], ISOLATED_MS, "ms"),
        ("step of ours in a warm worker", figures["warm_step_ms"], WARM_MS, "ms"),
        ("chain of ten, kai from start to end", figures["chain_of_ten_s"], CHAIN_S, "s"),
    ]
    for what, figure, limit, unit in rows:
        print(f"{what:38}{figure:8.2f} {unit:3} CPU   limit {limit:g} {unit}")
    for peer, seconds in PEERS.items():
        print(f"{'  the same chain: ' + peer:38}{seconds:8.2f} s   CPU")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if all(figure <= limit for _, figure, limit, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
