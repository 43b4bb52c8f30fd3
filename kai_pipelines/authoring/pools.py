"""Node pools and priority classes: the two tables that say where and in which order pods run.

A pool's nodes carry the label and the taint ``node-type=<pool>:NoSchedule``. Prices are US dollars per
node hour for orientation, used by `kai plan`; an installation has its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from kai_pipelines.authoring.resources import Resources
from kai_pipelines.manifest.quantity import parse_quantity

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Pool:
    """One kind of node."""

    name: str
    cpu: int
    """Cores of a node."""
    memory: str
    gpu: str | None
    """The product of its GPUs, as a person names it."""
    gpu_count: int
    gpu_memory: str
    """Memory of one GPU."""
    price: float
    """US dollars per node hour."""
    purpose: str


POOLS: dict[str, Pool] = {
    pool.name: pool
    for pool in (
        Pool("orchestration", 4, "16Gi", None, 0, "0", 0.19, "small steps that only decide or notify"),
        Pool("cpu-optimized", 16, "32Gi", None, 0, "0", 0.68, "everything without a special need"),
        Pool("memory-optimized", 16, "128Gi", None, 0, "0", 1.01, "more than 4 GiB of memory per core"),
        Pool("storage-optimized", 8, "64Gi", None, 0, "0", 0.69, "more than 200 GiB of scratch space"),
        Pool("gpu-optimized", 8, "32Gi", "NVIDIA T4", 1, "16Gi", 0.75, "inference and small GPU work"),
        Pool("gpu-high-end", 96, "1152Gi", "NVIDIA A100", 8, "40Gi", 32.77, "training and several GPUs"),
        Pool("spot-instances", 16, "32Gi", None, 0, "0", 0.21, "work that may be taken away"),
    )
}

PRIORITIES: dict[str, int] = {
    "critical": 1_000_000,
    "interactive": 100_000,
    "high": 10_000,
    "normal": 1_000,
    "low": 500,
    "batch": 100,
    "background": 10,
}
"""Priority classes, by name, with the value of the Kubernetes PriorityClass."""


def choose_pool(resources: Resources) -> Pool:
    """The pool whose purpose fits; the author's choice when there is one."""
    if resources.pool is not None:
        return POOLS[resources.pool]
    cores, memory = parse_quantity(resources.cpu), parse_quantity(resources.memory)
    if gpu := resources.gpu:
        modest = gpu.count <= POOLS["gpu-optimized"].gpu_count
        small = parse_quantity(gpu.memory) <= parse_quantity(POOLS["gpu-optimized"].gpu_memory)
        return POOLS["gpu-optimized" if modest and small else "gpu-high-end"]
    if resources.spot:
        return POOLS["spot-instances"]
    if parse_quantity(resources.disk) > 200 * GIB:
        return POOLS["storage-optimized"]
    if memory > 4 * GIB * (cores if cores > 1 else 1):
        return POOLS["memory-optimized"]
    return POOLS["cpu-optimized"]
