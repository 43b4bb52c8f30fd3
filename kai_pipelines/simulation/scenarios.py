"""Every branch and every retry: one simulation for each way a choice can go, and for each way a step can fail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any, Literal

from kai_pipelines.engine.node import Node
from kai_pipelines.manifest.library import tasks_of
from kai_pipelines.simulation.script import Ending, Script
from kai_pipelines.simulation.simulation import Rehearsal, Simulation

Kind = Literal["base", "branch", "failure"]
Task = tuple[str, str]
"""The template in which it stands, and its name."""
Place = tuple[str, str | None]
"""A step from the entrypoint on, and an output of it."""
Choices = tuple[tuple[Place, str], ...]
"""Which outputs differ from the first guess, in the order in which they were met."""

MOST = 400
"""Scenarios; what is left beyond is told."""
_CODE = re.compile(r"""(?<![\w.])["']?(\d{1,3})["']?(?![\w.])""")


@dataclass(frozen=True)
class Scenario:
    """One way in which a workflow can go."""

    title: str
    kind: Kind
    script: Script
    simulation: Simulation
    step: str = ""
    """The step that fails."""
    way: str = ""
    """How it fails, in words."""
    without: Simulation | None = None
    """The same scenario without the failure."""


@dataclass(frozen=True)
class Exploration:
    """All scenarios of a workflow, the plain one first."""

    scenarios: tuple[Scenario, ...]
    tasks: Mapping[Task, Mapping[str, Any]]
    """Every task that the entrypoint or the exit handler can lead to."""
    covered: frozenset[Task]
    complete: bool
    """Whether no scenario was left out because there were too many."""

    @property
    def base(self) -> Scenario:
        """The scenario without any deviation."""
        return self.scenarios[0]

    @property
    def never(self) -> tuple[Task, ...]:
        """Tasks that ran in no scenario."""
        return tuple(task for task in self.tasks if task not in self.covered)

    def of(self, kind: Kind) -> list[Scenario]:
        """The scenarios of one kind."""
        return [one for one in self.scenarios if one.kind == kind]


@dataclass
class _Explorer:
    rehearsal: Rehearsal
    base: Script
    most: int
    tasks: dict[Task, Mapping[str, Any]]
    found: list[Scenario] = field(default_factory=list)
    covered: dict[Task, Script] = field(default_factory=dict)
    """Each task that ran, with the first script under which it did."""
    complete: bool = True

    def run(
        self,
        title: str,
        kind: Kind,
        script: Script,
        *,
        failing: tuple[str, str] = ("", ""),
        without: Script | None = None,
    ) -> Simulation | None:
        """Simulate a scenario, unless there are too many."""
        if len(self.found) >= self.most:
            self.complete = False
            return None
        made = self.rehearsal.simulate(script)
        before = self._under(without) if without is not None else None
        self.found.append(Scenario(title, kind, script, made, *failing, before))
        for task in tasks_run(made):
            self.covered.setdefault(task, script)
        return made

    def branches(self) -> None:
        """Every value of every choice that is met, in the situation in which it is first met."""
        values: dict[Place, tuple[str, ...]] = {}
        ahead: list[Choices] = [()]
        while ahead:
            choices = ahead.pop(0)
            made = self.run(_title(choices), "branch" if choices else "base", self.base.also(results=_told(choices)))
            if made is None:
                return
            for one in made.invented:
                place = (f"/{one.step}", one.output)
                if not one.others or one.is_list or place in values or _recurs(one.step):
                    continue
                values[place] = one.others
                ahead += [(*choices, (place, other)) for other in one.others]
        if any(task not in self.covered for task in self.tasks):
            self._pairs(values)

    def _pairs(self, values: Mapping[Place, tuple[str, ...]]) -> None:
        """Two choices at once, as long as that makes more tasks run."""
        done = {frozenset(one.script.results.items()) for one in self.found}
        for first, second in combinations(values, 2):
            for one, other in product(values[first], values[second]):
                script = self.base.also(results=_told(((first, one), (second, other))))
                if frozenset(script.results.items()) in done:
                    continue
                before = len(self.covered)
                if self.run(_title(((first, one), (second, other))), "branch", script) is None:
                    return
                if len(self.covered) == before:
                    self.found.pop()

    def failures(self) -> None:
        """Every step that ran, failing in each way that its retries tell apart."""
        done: set[Task] = set()
        while todo := [task for task in self.covered if task not in done and task in self.tasks]:
            for task in todo:
                done.add(task)
                for step, template in self._pods_of(task):
                    for words, endings in ways_to_fail(template):
                        script, name = self.covered[task], step.lstrip("/")
                        failing = script.also({step: endings})
                        title = f"{name} {words}"
                        if self.run(title, "failure", failing, failing=(name, words), without=script) is None:
                            return

    def _pods_of(self, task: Task) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The step of a task, in the first scenario in which it ran, when it is a pod."""
        made = self._under(self.covered[task])
        templates = {str(one.get("name", "")): one for one in self.rehearsal.templates}
        for pod in made.pods:
            node = made.workflow["status"]["nodes"][pod.node]
            if task_of(made, node) == task and pod.step.template in templates:
                stems = [part.partition("(")[0] for part in pod.step.path]
                yield "/" + (".".join(stems) or pod.step.template), templates[pod.step.template]
                return

    def _under(self, script: Script) -> Simulation:
        return next(one.simulation for one in self.found if one.script is script)


def explore(
    rehearsal: Rehearsal, script: Script | None = None, *, failures: bool = True, most: int = MOST
) -> Exploration:
    """Simulate every branch of a workflow and, if wanted, every failure."""
    explorer = _Explorer(rehearsal, script or Script(), most, reachable_tasks(rehearsal))
    explorer.branches()
    if failures:
        explorer.failures()
    return Exploration(tuple(explorer.found), explorer.tasks, frozenset(explorer.covered), explorer.complete)


def ways_to_fail(template: Mapping[str, Any]) -> list[tuple[str, tuple[Ending, ...]]]:
    """In which ways a step's retries tell failures apart, in words and as endings."""
    strategy = template.get("retryStrategy")
    if strategy is None:
        return [("fails", (1,))]
    ways: list[tuple[str, tuple[Ending, ...]]] = [("fails once", (1, 0)), ("fails each time", (1,))]
    expression = str(strategy.get("expression") or "")
    codes = [int(code) for code in _CODE.findall(expression) if 1 < int(code) < 256]
    if codes and "exitCode" in expression:
        ways.append((f"exits with {codes[0]}", (codes[0],)))
    if str(strategy.get("retryPolicy") or ("Always" if expression else "OnFailure")) in {"Always", "OnError"}:
        ways.append(("loses its node once", ("error", 0)))
    return ways


def _recurs(step: str) -> bool:
    names = step.split(".")
    return len(set(names)) < len(names)


def _told(choices: Choices) -> dict[Place, tuple[str, ...]]:
    return {place: (value,) for place, value in choices}


def _title(choices: Choices) -> str:
    shown = [f"{step.lstrip('/')}{'.' + output if output else ''} = {value}" for (step, output), value in choices]
    return ", ".join(shown) or "as planned"


# Which tasks there are, and which ran


def reachable_tasks(rehearsal: Rehearsal) -> dict[Task, Mapping[str, Any]]:
    """Every task of the templates that the entrypoint, the exit handler or a hook leads to."""
    templates = {str(one.get("name", "")): one for one in rehearsal.templates}
    found: dict[Task, Mapping[str, Any]] = {}
    seen: set[str] = set()
    ahead = list(_roots(rehearsal.manifest))
    while ahead:
        name = ahead.pop(0)
        if name in seen or name not in templates:
            continue
        seen.add(name)
        for task in tasks_of(templates[name]):
            found[(name, str(task.get("name", "")))] = task
            ahead += _runs(task)
    return found


def _roots(manifest: Mapping[str, Any]) -> Iterator[str]:
    spec = manifest.get("spec") or {}
    spec = spec.get("workflowSpec") or spec
    yield str(spec.get("entrypoint") or "")
    yield str(spec.get("onExit") or "")
    for hook in (spec.get("hooks") or {}).values():
        yield str(hook.get("template") or "")


def _runs(task: Mapping[str, Any]) -> list[str]:
    hooks: Iterable[Mapping[str, Any]] = (task.get("hooks") or {}).values()
    names = [task.get("template"), (task.get("templateRef") or {}).get("template"), task.get("onExit")]
    return [str(name) for name in [*names, *(hook.get("template") for hook in hooks)] if name]


def tasks_run(simulation: Simulation) -> dict[Task, None]:
    """The tasks that ran, whichever way they ended."""
    nodes = simulation.workflow["status"]["nodes"]
    ran = (task_of(simulation, node) for node in nodes.values() if node["phase"] not in {"Skipped", "Omitted"})
    return dict.fromkeys(task for task in ran if task is not None)


def task_of(simulation: Simulation, node: Mapping[str, Any]) -> Task | None:
    """The task that a node stands for; a try stands for what is tried."""
    nodes = simulation.workflow["status"]["nodes"]
    around = nodes.get(node.get("boundaryID", ""))
    if around is None or node["type"] == "StepGroup":
        return None
    return str(around.get("templateName", "")), str(node["displayName"]).partition("(")[0]


def paths_run(simulation: Simulation) -> dict[tuple[str, ...], None]:
    """Where something ran: steps and the templates around them, as paths."""
    ran: dict[tuple[str, ...], None] = {}
    for node in simulation.nodes:
        if _counts(node):
            ran[simulation.path(node)] = None
    return ran


def _counts(node: Node) -> bool:
    return node.phase not in {"Skipped", "Omitted"} and node.type != "StepGroup"


def difference(one: Simulation, base: Simulation) -> tuple[list[str], list[str]]:
    """What ran in addition to the base, and what ran only there; of nested things the outermost."""
    here, there = paths_run(one), paths_run(base)
    return _outermost(here, there), _outermost(there, here)


def _outermost(here: Mapping[tuple[str, ...], None], there: Mapping[tuple[str, ...], None]) -> list[str]:
    new = [path for path in here if path not in there]
    return [".".join(path) for path in new if path[:-1] not in new]
