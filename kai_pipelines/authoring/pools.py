"""Resources choose a node pool."""

from __future__ import annotations

from kai_pipelines.authoring.resources import Resources
from kai_pipelines.manifest.pools import POOLS, PRIORITIES, Pool
from kai_pipelines.manifest.quantity import parse_quantity

__all__ = ["POOLS", "PRIORITIES", "Pool", "choose_pool"]

GIB = 2**30


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
