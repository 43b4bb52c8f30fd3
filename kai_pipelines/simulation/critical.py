"""The critical path: the pods that decide when a workflow ends."""

from __future__ import annotations

from collections.abc import Mapping

from kai_pipelines.simulation.pods import PodRun
from kai_pipelines.simulation.simulation import Simulation

_SAME = 1e-6
"""Seconds within which two times are one."""


def critical_path(simulation: Simulation) -> list[PodRun]:
    """From the pod that ends last back to one that began at once, each with what it waited for longest."""
    pods = {pod.node: pod for pod in simulation.pods}
    if not pods:
        return []
    above: dict[str, list[str]] = {}
    for node in simulation.nodes:
        for child in node.children:
            above.setdefault(child, []).append(node.id)
    path = [max(simulation.pods, key=lambda pod: pod.ended)]
    while (before := _awaited(path[-1], pods, above, simulation)) is not None:
        path.append(before)
    return path[::-1]


def _awaited(
    pod: PodRun, pods: Mapping[str, PodRun], above: Mapping[str, list[str]], simulation: Simulation
) -> PodRun | None:
    """The pod whose end a pod waited for: the try before it, the last of those it hangs from, else any before it."""
    if pod.started <= _SAME:
        return None
    found = [one for one in _nearest(pod.node, pods, above) if one.ended <= pod.started + _SAME and one is not pod]
    if pod.attempt:
        tries = [one for one in simulation.pods if one.step == pod.step and one.attempt == pod.attempt - 1]
        found = [one for one in tries if one.ended <= pod.started + _SAME] or found
    if not found:  # an exit handler, or one that waited for a place
        found = [one for one in simulation.pods if one.ended <= pod.started + _SAME and one.seconds > 0]
    return max(found, key=lambda one: one.ended, default=None)


def _nearest(node: str, pods: Mapping[str, PodRun], above: Mapping[str, list[str]]) -> list[PodRun]:
    """The pods from which a node hangs, through the templates around."""
    seen, ahead = {node}, list(above.get(node, ()))
    found: list[PodRun] = []
    while ahead:
        one = ahead.pop()
        if one in seen:
            continue
        seen.add(one)
        if one in pods:
            found.append(pods[one])
        else:
            ahead += above.get(one, ())
    return found
