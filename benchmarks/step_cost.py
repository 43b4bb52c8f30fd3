"""What one step costs, and a chain of ten: CPU of every process, less what an empty run costs.

    python benchmarks/step_cost.py [--json FILE]

Three figures: an isolated step of another image (`busybox true`, in a file system of its own), a step of ours in a
warm worker, and the command `kai run` on a chain of ten tiny steps of ours, from start to end. Each is the median of
several runs, with the least and the most beside it. A step's figure is the difference of a long and a short chain,
run one after the other, by the steps that one has more: the engine, its launchers and every fork count. Each run has
a store of its own, every step has other arguments, and how many have really run is checked.

The limits are 25 ms, 5 ms and 1 s. The peers' figures for a chain of ten are those that were measured when the limits
were set.
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
STEPS = 80
RUNS = 7
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
sys.exit(made.phase != "Succeeded" or made.cached or made.executed != int(sys.argv[2]))
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
        "args": [
            "tiny:add",
            "--number={{inputs.parameters.number}}",
            "--output.result={{outputs.parameters.result.path}}",
        ],
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


def per_step(*, ours: bool) -> list[float]:
    """CPU milliseconds of one more step, from pairs of runs that differ in nothing but their number of steps."""

    def seconds(length: int) -> float:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "tiny.py").write_text(_MODULE)
            (folder / "manifest.json").write_text(json.dumps(chain(length, ours=ours)))
            return measured([sys.executable, "-c", _RUN, str(folder), str(length)], folder)

    return [(-seconds(2) + seconds(2 + STEPS)) / STEPS * 1000 for _ in range(RUNS)]


def whole_chain() -> list[float]:
    """CPU seconds of `kai run` on a chain of ten."""

    def seconds() -> float:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "tiny.py").write_text(_MODULE)
            (folder / "chain.json").write_text(json.dumps(chain(10, ours=True)))
            command = [sys.executable, "-m", "kai_pipelines.cli.main", "run", "chain.json", "--quiet"]
            used = measured(command, folder)
            kept = len(list((folder / "store" / "results").glob("*.json")))
            if kept != 10:
                raise SystemExit(f"{kept} of the chain's ten steps have run")
            return used

    return [seconds() for _ in range(RUNS)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    runs = {
        "isolated_step_ms": per_step(ours=False),
        "warm_step_ms": per_step(ours=True),
        "chain_of_ten_s": whole_chain(),
    }
    figures = {name: statistics.median(found) for name, found in runs.items()}
    rows = [
        ("isolated process step", "isolated_step_ms", ISOLATED_MS, "ms"),
        ("step of ours in a warm worker", "warm_step_ms", WARM_MS, "ms"),
        ("chain of ten, kai from start to end", "chain_of_ten_s", CHAIN_S, "s"),
    ]
    for what, name, limit, unit in rows:
        spread = f"{min(runs[name]):.2f} to {max(runs[name]):.2f}"
        print(f"{what:38}{figures[name]:8.2f} {unit:3} CPU ({spread})   limit {limit:g} {unit}")
    for peer, seconds in PEERS.items():
        print(f"{'  the same chain: ' + peer:38}{seconds:8.2f} s   CPU")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if all(figures[name] <= limit for _, name, limit, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
