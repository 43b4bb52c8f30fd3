"""How long a simulation of 1,000 pods takes: side by side, in a chain, in a loop, in nested DAGs.

    python benchmarks/simulation_speed.py [--profile SHAPE]

CPU seconds of this process, the best of three, beside the limit of one second. The real `argo lint` takes 4.9 CPU
seconds to look at a chain of 1,000 tasks once.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from kai_pipelines.simulation import Rehearsal

LIMIT = 1.0
PODS = 1_000
Manifest = dict[str, Any]


def _pod(**more: Any) -> Manifest:
    return {
        "name": "work",
        "inputs": {"parameters": [{"name": "value"}]},
        "outputs": {"parameters": [{"name": "value", "valueFrom": {"path": "/tmp/value"}}]},
        "container": {"image": "busybox", "command": ["echo"], "args": ["{{inputs.parameters.value}}"]},
        **more,
    }


def _workflow(*templates: Manifest) -> Manifest:
    spec = {"entrypoint": templates[0]["name"], "templates": list(templates)}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "bench"}, "spec": spec}


def _task(name: str, value: str, template: str = "work", **more: Any) -> Manifest:
    return {
        "name": name,
        "template": template,
        "arguments": {"parameters": [{"name": "value", "value": value}]},
        **more,
    }


def side_by_side() -> Manifest:
    """A DAG of tasks that wait for nothing."""
    return _workflow({"name": "main", "dag": {"tasks": [_task(f"t{n}", str(n)) for n in range(PODS)]}}, _pod())


def chain() -> Manifest:
    """A DAG in which each task takes what the one before gives."""
    tasks = [_task("t0", "0")]
    tasks += [
        _task(f"t{n}", f"{{{{tasks.t{n - 1}.outputs.parameters.value}}}}", depends=f"t{n - 1}") for n in range(1, PODS)
    ]
    return _workflow({"name": "main", "dag": {"tasks": tasks}}, _pod())


def layers() -> Manifest:
    """A DAG of 40 layers with 25 tasks, each of which waits for three of the layer before."""
    tasks = []
    for layer in range(40):
        for n in range(25):
            above = [f"t{layer - 1}-{(n + k) % 25}" for k in range(3)] if layer else []
            value = f"{{{{tasks.{above[0]}.outputs.parameters.value}}}}" if above else "0"
            more = {"depends": " && ".join(above)} if above else {}
            tasks.append(_task(f"t{layer}-{n}", value, **more))
    return _workflow({"name": "main", "dag": {"tasks": tasks}}, _pod())


def loop() -> Manifest:
    """One task over a list of 1,000 elements."""
    items = {"withParam": json.dumps(list(range(PODS)))}
    return _workflow({"name": "main", "dag": {"tasks": [_task("fan", "{{item}}", **items)]}}, _pod())


def nested() -> Manifest:
    """Ten DAGs of ten DAGs of ten pods, each in a retry."""
    inner = [_task(f"p{n}", "{{inputs.parameters.value}}") for n in range(10)]
    middle = [_task(f"m{n}", "{{inputs.parameters.value}}", "inner") for n in range(10)]
    outer = [_task(f"o{n}", str(n), "middle") for n in range(10)]
    takes = {"inputs": {"parameters": [{"name": "value"}]}}
    return _workflow(
        {"name": "main", "dag": {"tasks": outer}},
        {"name": "middle", **takes, "dag": {"tasks": middle}},
        {"name": "inner", **takes, "dag": {"tasks": inner}},
        _pod(retryStrategy={"limit": 2}),
    )


SHAPES: dict[str, Callable[[], Manifest]] = {one.__name__: one for one in (side_by_side, chain, layers, loop, nested)}


def _seconds(manifest: Manifest) -> Iterator[float]:
    for _ in range(3):
        started = time.process_time()
        made = Rehearsal(manifest).simulate()
        yield time.process_time() - started
        assert made.phase == "Succeeded" and len(made.pods) == PODS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=list(SHAPES))
    chosen = parser.parse_args().profile
    if chosen:
        profile = cProfile.Profile()
        profile.runcall(Rehearsal(SHAPES[chosen]()).simulate)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
        return 0
    figures = {name: round(min(_seconds(shape())), 3) for name, shape in SHAPES.items()}
    for name, seconds in figures.items():
        print(f"{name:<14} {PODS:,} pods  {seconds:6.3f} CPU s  (limit {LIMIT:.0f} s)", file=sys.stderr)
    print(json.dumps({"benchmark": "simulation_speed", "limit_cpu_s": LIMIT, "cpu_s": figures}))
    return 0 if max(figures.values()) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
