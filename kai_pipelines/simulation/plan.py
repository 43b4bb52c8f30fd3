"""What a run would need: per step its node, time and price; in all the time, the cost, the critical path and peaks."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil
from typing import Any

from kai_pipelines.engine.node import BAD
from kai_pipelines.simulation.critical import critical_path
from kai_pipelines.simulation.pods import PodRun
from kai_pipelines.simulation.prices import NodeKind, Prices
from kai_pipelines.simulation.requests import Requests
from kai_pipelines.simulation.scenarios import Exploration, Scenario, explore
from kai_pipelines.simulation.script import Ending, Script
from kai_pipelines.simulation.simulation import Rehearsal, Simulation

RETRIES = 3
"""Retries of a step whose limit is none, or not known before it runs."""


@dataclass(frozen=True, slots=True)
class Span:
    """The least, what is planned, and the most."""

    least: float
    planned: float
    most: float


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step: what each of its pods asks for, and what all of them cost as planned."""

    name: str
    template: str
    asks: Requests
    seconds: float
    """Of one pod."""
    runs: int
    """The number of past runs that the time was measured in."""
    assumed: bool
    """Whether nobody knows the time."""
    pods: int
    """Without retries."""
    branches: int
    """In how many branches it runs."""
    retries: int
    """How often each pod may be tried again."""
    cost: float | None
    """Of all its pods, once each; None without a price."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The most that runs at once in one pool."""

    pool: str
    pods: int
    cpu: float
    memory: int
    gpus: int
    nodes: int | None
    """How many nodes that takes at least; None for a pool whose nodes are not known."""


@dataclass(frozen=True)
class Plan:
    """A plan of one workflow with its arguments."""

    exploration: Exploration
    steps: tuple[PlannedStep, ...]
    seconds: Span
    cost: Span | None
    """None when some pod has no price."""
    critical: tuple[PodRun, ...]
    peaks: tuple[Peak, ...]
    warnings: tuple[str, ...]
    prices: Prices = field(repr=False)

    @property
    def planned(self) -> Simulation:
        """The simulation of what is planned: no failures, the likeliest branch."""
        return self.exploration.base.simulation

    @property
    def branches(self) -> list[Scenario]:
        """All branches, the planned one first."""
        return [self.exploration.base, *self.exploration.of("branch")]


def plan(rehearsal: Rehearsal, prices: Prices, script: Script | None = None) -> Plan:
    """Simulate every branch, and each with every retry used up; read the plan off the timelines."""
    told = script or Script()
    explored = explore(rehearsal, told, failures=False)
    branches = [explored.base, *explored.of("branch")]
    tries = {str(one.get("name", "")): retries_of(one) for one in rehearsal.templates}
    worst = [rehearsal.simulate(one.script.also(_used_up(rehearsal.templates))) for one in branches]
    all_of_them = [*(one.simulation for one in branches), *worst]
    seconds = [one.seconds for one in all_of_them]
    costs = [cost_of(one.pods, prices) for one in all_of_them]
    known = [one for one in costs if one is not None]
    base = explored.base.simulation
    planned = costs[0]
    steps = tuple(_steps(branches, tries, prices))
    return Plan(
        explored,
        steps,
        Span(min(seconds), base.seconds, max(seconds)),
        Span(min(known), planned, max(known)) if planned is not None and len(known) == len(costs) else None,
        tuple(critical_path(base)),
        tuple(_peaks([one.simulation for one in branches], prices)),
        tuple(_warnings(steps, branches, prices)),
        prices,
    )


def retries_of(template: Mapping[str, Any]) -> int:
    """How often a template may be tried again."""
    strategy = template.get("retryStrategy")
    if strategy is None:
        return 0
    text = str(strategy.get("limit", ""))
    return int(text) if text.isdigit() else RETRIES


def _used_up(templates: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Ending, ...]]:
    """Every pod fails as often as its template allows, and succeeds at last."""
    endings: dict[str, tuple[Ending, ...]] = {}
    for template in templates:
        strategy, count = template.get("retryStrategy") or {}, retries_of(template)
        if count and not {"dag", "steps"} & template.keys():
            failures: list[Ending] = ["error" if strategy.get("retryPolicy") == "OnError" else 1] * count
            endings[str(template.get("name", ""))] = (*failures, 0)
    return endings


def cost_of(pods: Iterable[PodRun], prices: Prices) -> float | None:
    """What pods cost together; those that ask for no pool cost nothing that is known."""
    total = 0.0
    for pod in pods:
        cost = prices.cost(pod.asks, pod.seconds)
        if cost is None:
            return None
        total += cost
    return total


def _steps(branches: list[Scenario], tries: Mapping[str, int], prices: Prices) -> Iterable[PlannedStep]:
    """Every step of every branch, in the order in which they begin in the first branch that has them."""
    found: dict[str, list[list[PodRun]]] = {}
    for one in branches:
        pods = sorted(one.simulation.pods, key=lambda pod: (pod.started, pod.ended))
        here: dict[str, list[PodRun]] = {}
        for pod in pods:
            here.setdefault(".".join(part.partition("(")[0] for part in pod.step.path) or pod.step.name, []).append(pod)
        for name, runs in here.items():
            found.setdefault(name, []).append(runs)
    for name, in_branches in found.items():
        first = in_branches[0]
        lengths = [pod.length for pod in first]
        costs = [prices.cost(pod.asks, pod.seconds) for pod in first]
        known = [cost for cost in costs if cost is not None]
        yield PlannedStep(
            name,
            first[0].step.template,
            _largest(pod.asks for pod in first),
            statistics.fmean(length.seconds for length in lengths),
            max(length.runs for length in lengths),
            any(length.assumed for length in lengths),
            len(first),
            len(in_branches),
            tries.get(first[0].step.template, 0),
            sum(known) if len(known) == len(costs) else None,
        )


def _largest(asks: Iterable[Requests]) -> Requests:
    return max(asks, key=lambda one: (one.gpus, one.cpu, one.memory))


# Peaks


def _peaks(branches: list[Simulation], prices: Prices) -> list[Peak]:
    """The peaks of all branches, pool by pool."""
    found: dict[str, Peak] = {}
    for simulation in branches:
        for one in peaks_of(simulation.pods, prices):
            before = found.get(one.pool)
            found[one.pool] = one if before is None else _higher(before, one)
    return [found[pool] for pool in sorted(found)]


def _higher(one: Peak, other: Peak) -> Peak:
    nodes = [count for count in (one.nodes, other.nodes) if count is not None]
    return Peak(
        one.pool, max(one.pods, other.pods), max(one.cpu, other.cpu), max(one.memory, other.memory),
        max(one.gpus, other.gpus), max(nodes) if nodes else None,
    )  # fmt: skip


def peaks_of(pods: Iterable[PodRun], prices: Prices) -> list[Peak]:
    """The most that runs at once in each pool; a pod that ends makes room for one that begins then."""
    events: list[tuple[str, float, int, Requests]] = []
    for pod in pods:
        if pod.ended > pod.started:
            events += [(pod.asks.pool, pod.started, 1, pod.asks), (pod.asks.pool, pod.ended, -1, pod.asks)]
    events.sort(key=lambda event: event[:3])
    return [
        _peak(pool, [event[2:] for event in of_pool], prices.nodes.get(pool))
        for pool, of_pool in groupby(events, key=lambda event: event[0])
    ]


def _peak(pool: str, events: list[tuple[int, Requests]], node: NodeKind | None) -> Peak:
    count, cpu, memory, gpus = 0, 0.0, 0, 0
    most = [0, 0.0, 0, 0]
    nodes = 0
    for sign, asks in events:
        count, cpu, memory, gpus = (
            count + sign,
            cpu + sign * asks.cpu,
            memory + sign * asks.memory,
            gpus + sign * asks.gpus,
        )
        most = [max(pair) for pair in zip(most, (count, cpu, memory, gpus), strict=True)]
        if node is not None:
            parts = [cpu / node.cpu, memory / node.memory, gpus / node.gpus if node.gpus else 0.0]
            nodes = max(nodes, ceil(max(parts) - 1e-9), 1)
    return Peak(pool, int(most[0]), round(most[1], 6), int(most[2]), int(most[3]), nodes if node is not None else None)


# Warnings


def _warnings(steps: Iterable[PlannedStep], branches: list[Scenario], prices: Prices) -> Iterable[str]:
    about: dict[str, list[str]] = {}
    for step in steps:
        for fault in _about(step, prices):
            about.setdefault(fault, []).append(step.name)
    for fault, names in about.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"{names[0]}{more}: {fault}"
    for one in branches:
        if one.simulation.phase in BAD:
            yield f"{one.title}: ends {one.simulation.phase} without any step failing: {one.simulation.message}"


def _about(step: PlannedStep, prices: Prices) -> Iterable[str]:
    asks = step.asks
    node = prices.nodes.get(asks.pool)
    if not asks.pool:
        yield "no pool is chosen (nodeSelector node-type), so it has no price"
        return
    if node is None:
        known = ", ".join(sorted(prices.nodes))
        yield f"the pool {asks.pool} is not in the table of prices, which has {known}"
        return
    if not node.holds(asks):
        yield f"no node of {asks.pool} can hold it: {_too_much(asks, node)}"
    if not asks.tolerates_pool:
        yield f"it does not tolerate the taint node-type={asks.pool}:NoSchedule, so it stays Pending"
    if not asks.cpu and not asks.memory and not asks.gpus:
        yield "it requests nothing, so it costs nothing here and may be evicted first"


def _too_much(asks: Requests, node: NodeKind) -> str:
    told = []
    if asks.cpu > node.cpu:
        told.append(f"it asks for {asks.cpu:g} cores of {node.cpu:g}")
    if asks.memory > node.memory:
        told.append(f"it asks for {size(asks.memory)} of {size(node.memory)} memory")
    if asks.gpus > node.gpus:
        told.append(f"it asks for {asks.gpus} GPUs of {node.gpus}")
    return ", ".join(told)


def size(amount: int) -> str:
    """Bytes as Kubernetes writes them: ``4Gi``, ``512Mi``."""
    for unit, factor in (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if amount >= factor:
            return f"{amount / factor:.4g}{unit}"
    return str(amount)
