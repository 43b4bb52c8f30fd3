"""Node pools and priority classes: the two tables that say where and in which order pods run.

A pool's nodes carry the label and the taint ``node-type=<pool>:NoSchedule``. What a node costs is not said here:
prices change, and each installation has its own (`kai_pipelines.simulation.prices`).
"""

from __future__ import annotations

from dataclasses import dataclass

LABEL = "node-type"
"""The label of a pool's nodes, and the key of their taint."""


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
    purpose: str


POOLS: dict[str, Pool] = {
    pool.name: pool
    for pool in (
        Pool("orchestration", 4, "16Gi", None, 0, "0", "small steps that only decide or notify"),
        Pool("cpu-optimized", 16, "32Gi", None, 0, "0", "everything without a special need"),
        Pool("memory-optimized", 16, "128Gi", None, 0, "0", "more than 4 GiB of memory per core"),
        Pool("storage-optimized", 8, "64Gi", None, 0, "0", "more than 200 GiB of scratch space"),
        Pool("gpu-optimized", 8, "32Gi", "NVIDIA T4", 1, "16Gi", "inference and small GPU work"),
        Pool("gpu-high-end", 96, "1152Gi", "NVIDIA A100", 8, "40Gi", "training and several GPUs"),
        Pool("spot-instances", 16, "32Gi", None, 0, "0", "work that may be taken away"),
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
