"""Random workflows, mistakes among them: whatever they are, a run ends, and leaves a record that hangs together."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.engine import Run
from kai_pipelines.engine.again import retried
from kai_pipelines.errors import KaiError
from tests.fakes import Answer, FakeExecutor
from tests.unit.engine.bench import Bench, Object, workflow

_SEEDS = 60
_ENDED = {"Succeeded", "Failed", "Error", "Skipped", "Omitted"}
_RESULTS = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted", "AnySucceeded", "AllFailed")
_LOOPS: tuple[Object, ...] = (
    {"withItems": ["x", "y (z)", 'q"']},
    {"withItems": [1, 2.5, True, None]},
    {"withItems": [{"b": "1", "a": [1]}, {"b": "<"}]},
    {"withParam": "[[1, 2], {}]"},
    {"withParam": "[]"},
    {"withParam": "no list"},
    {"withSequence": {"count": "2", "format": "s%02d"}},
    {"withSequence": {"start": "3", "end": "1"}},
    {"withSequence": {"end": "many"}},
)
_WHENS = ("true", "1 > 2", "{{inputs.parameters.x}} == one", "{{item}} == x", "a <", "{{workflow.name}} != wf")


class _Writer:
    """Writes one workflow of a few templates that use each other downwards only."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def workflow(self) -> Object:
        pods = [self._pod(f"p{number}") for number in range(3)]
        templates = [*pods, {"name": "nap", "suspend": {"duration": "1"}}]
        for level in range(self.chance.randint(1, 3)):
            below = [str(one["name"]) for one in templates]
            templates.append(self._dag(f"d{level}", below) if self._maybe() else self._steps(f"s{level}", below))
        spec: Object = {"hooks": {"begun": self._hook("p0")}} if self._maybe(0.2) else {}
        if self._maybe(0.3):
            spec["onExit"] = self.chance.choice(["p0", "p1"])
        if self._maybe(0.1):
            spec["retryStrategy"] = {"limit": "1"}
        if self._maybe(0.2):
            spec["parallelism"] = 1
        spec["arguments"] = {"parameters": [{"name": "x", "value": "one"}]}
        return workflow(*reversed(templates), **spec)

    def _maybe(self, share: float = 0.5) -> bool:
        return self.chance.random() < share

    def _shared(self) -> Object:
        found: Object = {"inputs": {"parameters": [{"name": "x", "default": "one"}]}}
        if self._maybe(0.1):
            found["inputs"]["parameters"].append({"name": "needed"})
        if self._maybe(0.2):
            found["retryStrategy"] = self.chance.choice(
                [
                    {"limit": "1"},
                    {"limit": "2", "retryPolicy": "Always", "backoff": {"duration": "1", "factor": 2}},
                    {"limit": "1", "expression": "lastRetry.exitCode == '1'"},
                    {"limit": "1", "expression": "asInt(lastRetry.nothing)"},
                    {"limit": "{{inputs.parameters.x}}"},
                ]
            )
        if self._maybe(0.15):
            found["synchronization"] = {"mutexes": [{"name": self.chance.choice("mn")}]}
        if self._maybe(0.1):
            key = self.chance.choice(["k", "{{inputs.parameters.x}}", "not a key"])
            found["memoize"] = {"key": key, "cache": {"configMap": {"name": "c"}}}
        return found

    def _pod(self, name: str) -> Object:
        outputs: list[Object] = [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]
        if self._maybe(0.3):
            outputs[0]["globalName"] = "g"
        pod = {"image": "busybox", "command": ["true"], "args": ["{{inputs.parameters.x}}"]}
        return {"name": name, "container": pod, "outputs": {"parameters": outputs}, **self._shared()}

    def _group(self, group: str, names: list[str]) -> Object:
        found = self._shared()
        if self._maybe(0.3):
            found["parallelism"] = 1
        if self._maybe(0.2):
            found["failFast"] = True
        if self._maybe(0.5):
            reference = f"{{{{{group}.{self.chance.choice(names)}.outputs.parameters.o}}}}"
            default = {"default": "none"} if self._maybe() else {}
            found["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"parameter": reference, **default}}]}
        return found

    def _dag(self, name: str, below: list[str]) -> Object:
        tasks: list[Object] = []
        for number in range(self.chance.randint(1, 4)):
            before = [str(one["name"]) for one in tasks]
            one = self._use(f"t{number}", below, before, "tasks")
            if before and self._maybe(0.8):
                parts = [
                    f"{self.chance.choice(before)}{self.chance.choice(['', *(f'.{result}' for result in _RESULTS)])}"
                    for _ in range(self.chance.randint(1, 2))
                ]
                one["depends"] = self.chance.choice([" && ", " || "]).join(parts)
            tasks.append(one)
        body: Object = {"tasks": tasks}
        if self._maybe(0.2):
            body["failFast"] = False
        if self._maybe(0.1):
            body["target"] = "t0"
        return {"name": name, "dag": body, **self._group("tasks", [str(one["name"]) for one in tasks])}

    def _steps(self, name: str, below: list[str]) -> Object:
        groups: list[list[Object]] = []
        before: list[str] = []
        for number in range(self.chance.randint(1, 3)):
            group = [
                self._use(f"s{number}-{part}", below, before, "steps") for part in range(self.chance.randint(1, 2))
            ]
            groups.append(group)
            before = [*before, *(str(one["name"]) for one in group)]
        return {"name": name, "steps": groups, **self._group("steps", before)}

    def _use(self, name: str, below: list[str], before: list[str], group: str) -> Object:
        one: Object = {"name": name, "template": self.chance.choice(below)}
        if self._maybe(0.4):
            values = ["one", "{{item}}", "{{=nothing.at.all}}", "{{workflow.status}}"]
            values += [f"{{{{{group}.{other}.outputs.parameters.o}}}}" for other in before]
            one["arguments"] = {"parameters": [{"name": "x", "value": self.chance.choice(values)}]}
        if self._maybe(0.25):
            one |= self.chance.choice(_LOOPS)
        if self._maybe(0.25):
            one["when"] = self.chance.choice(_WHENS)
        if self._maybe(0.2):
            one["hooks"] = {self.chance.choice(["exit", "running"]): self._hook("p1", f"{group}.{name}")}
        if group == "steps" and self._maybe(0.2):
            one["continueOn"] = {"failed": True, "error": self._maybe()}
        return one

    def _hook(self, template: str, of: str = "workflow") -> Object:
        texts = [f'{of}.status == "Running"', f'{of}.status == "Succeeded"', "true", "nonsense ==", '"text"']
        return {"template": template, "expression": self.chance.choice(texts)}


def _answering(seed: int) -> FakeExecutor:
    chance = random.Random(seed)

    def answer(job: Any) -> Answer:
        return Answer(code=int(chance.random() < 0.25), files=dict.fromkeys(job.outputs, chance.choice(["1", "a b"])))

    return FakeExecutor(answer)


def _check(made: Run) -> None:
    status = made.workflow["status"]
    nodes: dict[str, Object] = status.get("nodes") or {}
    passed = _tries_passed_over(nodes)
    for node in nodes.values():
        assert node["phase"] in _ENDED or str(node["name"]).startswith(passed), node
        for other in [*node.get("children", []), *node.get("outboundNodes", [])]:
            assert other in nodes, (node["name"], other)
        assert node.get("boundaryID", "wf") in nodes, node["name"]
    assert status["phase"] in {"Succeeded", "Failed", "Error"}
    if status["phase"] == "Succeeded":
        assert nodes["wf"]["phase"] in {"Succeeded", "Skipped"}
    reached, ahead = set[str](), [one for one in ("wf", _exit_of(nodes)) if one in nodes]
    while ahead:
        one = ahead.pop()
        if one not in reached:
            reached.add(one)
            ahead += nodes[one].get("children", [])
    assert {nodes[one]["name"] for one in nodes.keys() - reached} == set()


def _tries_passed_over(nodes: dict[str, Object]) -> tuple[str, ...]:
    """All tries but the last: a retry sets each to Running that a failed pod is in, and goes on with the last one only
    (Argo, util.go resetPath and operator.go executeTemplate)."""
    found: list[str] = []
    for node in nodes.values():
        if node["type"] == "Retry":
            tries = [nodes[one] for one in node.get("children", []) if nodes[one].get("nodeFlag", {}).get("retried")]
            found += [str(one["name"]) for one in tries[:-1]]
    return tuple(found)


def _exit_of(nodes: dict[str, Object]) -> str:
    return next((str(one["id"]) for one in nodes.values() if one["name"] == "wf.onExit"), "")


@pytest.mark.parametrize("seed", range(_SEEDS))
def test_a_run_of_any_workflow_ends_and_leaves_a_record_that_can_be_retried(tmp_path: Path, seed: int) -> None:
    bench = Bench(tmp_path)
    bench.executor = _answering(seed)
    try:
        made = bench.run(_Writer(seed).workflow())
    except KaiError as error:  # refused
        assert error.message
        return

    _check(made)
    assert {node["phase"] for node in made.workflow["status"].get("nodes", {}).values()} <= _ENDED

    if made.phase in {"Failed", "Error"}:
        record = json.loads(json.dumps(made.workflow))
        bench.executor = _answering(seed + 1)
        _check(bench.go_on(retried(record)))
