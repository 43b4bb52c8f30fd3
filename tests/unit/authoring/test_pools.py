"""Resources choose a node pool."""

from __future__ import annotations

import pytest

from kai_pipelines import Gpu, Resources
from kai_pipelines.authoring.pools import POOLS, PRIORITIES, choose_pool
from kai_pipelines.manifest.quantity import parse_quantity


@pytest.mark.parametrize(
    ("resources", "pool"),
    [
        (Resources(), "cpu-optimized"),
        (Resources(cpu=4, memory="16Gi"), "cpu-optimized"),  # 4 GiB per core is what its nodes may give
        (Resources(cpu=4, memory="17Gi"), "memory-optimized"),
        (Resources(cpu="500m", memory="4Gi"), "cpu-optimized"),  # less than a core counts as one
        (Resources(cpu="500m", memory="5Gi"), "memory-optimized"),
        (Resources(disk="200Gi"), "cpu-optimized"),
        (Resources(disk="201Gi", memory="64Gi"), "storage-optimized"),
        (Resources(gpu=Gpu()), "gpu-optimized"),
        (Resources(gpu=Gpu(1, memory="16Gi"), memory="64Gi"), "gpu-optimized"),
        (Resources(gpu=Gpu(1, memory="24Gi")), "gpu-high-end"),
        (Resources(gpu=Gpu(2)), "gpu-high-end"),
        (Resources(spot=True), "spot-instances"),
        (Resources(pool="orchestration", memory="64Gi", gpu=Gpu(8)), "orchestration"),
    ],
)
def test_the_pool_is_the_one_whose_purpose_fits(resources: Resources, pool: str) -> None:
    assert choose_pool(resources).name == pool


def test_the_tables_are_the_seven_pools_and_seven_priorities() -> None:
    assert set(POOLS) == {
        "cpu-optimized", "gpu-optimized", "gpu-high-end", "memory-optimized", "storage-optimized", "orchestration",
        "spot-instances",
    }  # fmt: skip
    assert len(PRIORITIES) == 7
    assert list(PRIORITIES.values()) == sorted(PRIORITIES.values(), reverse=True)
    assert all(parse_quantity(pool.memory) > 0 for pool in POOLS.values())
