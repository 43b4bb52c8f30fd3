"""What a plan adds up: shares of nodes, critical paths, peaks, warnings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kai_pipelines.errors import UsageError
from kai_pipelines.manifest.pools import POOLS
from kai_pipelines.simulation import Rehearsal
from kai_pipelines.simulation.history import ASSUMED, History, read_history
from kai_pipelines.simulation.names import Step
from kai_pipelines.simulation.plan import Plan, plan, size
from kai_pipelines.simulation.prices import default_prices, money, read_prices
from kai_pipelines.simulation.requests import Requests, requests_of
from kai_pipelines.simulation.script import Script
from tests.unit.engine.bench import container, dag, task, workflow

Object = dict[str, Any]
GIB = 2**30


def pod(
    name: str, pool: str = "cpu-optimized", *, cpu: str = "8", memory: str = "1Gi", gpu: int = 0, **more: Any
) -> Object:
    asked: Object = {"cpu": cpu, "memory": memory} | ({"nvidia.com/gpu": gpu} if gpu else {})
    made = container(name, **more)
    made["container"]["resources"] = {"requests": asked}
    made["nodeSelector"] = {"node-type": pool}
    made["tolerations"] = [{"key": "node-type", "operator": "Equal", "value": pool, "effect": "NoSchedule"}]
    return made


def planned(manifest: Object, **lengths: float) -> Plan:
    return plan(Rehearsal(manifest), default_prices(), Script(durations=lengths))


def test_a_pod_costs_the_share_of_its_node() -> None:
    made = planned(workflow(dag("main", task("a")), pod("pod")), a=3600)

    hour = default_prices().nodes["cpu-optimized"].hour
    assert hour is not None and made.cost is not None
    assert made.cost.planned == pytest.approx(hour * 8 / POOLS["cpu-optimized"].cpu)


def test_the_largest_of_the_shares_counts() -> None:
    prices = default_prices()
    node = prices.nodes["gpu-high-end"]

    assert node.share(Requests(cpu=12, memory=GIB, gpus=4, pool="gpu-high-end")) == 0.5
    assert node.share(Requests(cpu=48, memory=GIB, gpus=1, pool="gpu-high-end")) == 0.5
    assert node.share(Requests(cpu=1, memory=node.memory, pool="gpu-high-end")) == 1.0


def test_the_most_is_with_every_retry_used_up() -> None:
    careful = pod("pod", retryStrategy={"limit": 2, "backoff": {"duration": "10s"}})

    made = planned(workflow(dag("main", task("a")), careful), a=100)

    assert (made.seconds.least, made.seconds.planned, made.seconds.most) == (100, 100, 3 * 100 + 2 * 10)
    assert made.cost is not None and made.cost.most == pytest.approx(3 * made.cost.planned)


def test_least_and_most_are_over_the_branches() -> None:
    value = "{{tasks.a.outputs.result}}"
    manifest = workflow(
        dag(
            "main", task("a"),
            task("quick", depends="a", when=f"{value} == quick"), task("slow", depends="a", when=f"{value} == slow"),
        ),
        pod("pod"),
    )  # fmt: skip

    made = planned(manifest, a=10, quick=5, slow=50)

    assert (made.seconds.least, made.seconds.planned, made.seconds.most) == (15, 15, 60)
    assert {step.name: step.branches for step in made.steps} == {"a": 2, "quick": 1, "slow": 1}


def test_the_critical_path_is_the_chain_that_ends_last() -> None:
    manifest = workflow(
        dag("main", task("a"), task("b", depends="a"), task("c", depends="a"), task("d", depends="b && c")), pod("pod")
    )

    made = planned(manifest, a=10, b=5, c=20, d=1)

    assert [one.step.name for one in made.critical] == ["a", "c", "d"]


def test_the_critical_path_goes_through_tries_and_nested_templates() -> None:
    inner = dag("inner", task("x"), task("y", depends="x"))
    manifest = workflow(
        dag("main", task("a"), task("b", "inner", depends="a")),
        inner,
        pod("pod", retryStrategy={"limit": 1}),
        onExit="pod",
    )

    made = plan(Rehearsal(manifest), default_prices(), Script({"x": (1, 0)}))

    assert [(one.step.name, one.attempt) for one in made.critical] == [
        ("a", 0), ("b.x", 0), ("b.x", 1), ("b.y", 0), ("onExit", 0),
    ]  # fmt: skip


def test_a_peak_is_what_runs_at_once_in_a_pool() -> None:
    manifest = workflow(
        dag("main", task("a", "gpu"), task("b", "gpu"), task("c", "gpu", depends="a"), task("d")),
        pod("gpu", "gpu-high-end", gpu=5), pod("pod"),
    )  # fmt: skip

    made = planned(manifest, a=10, b=10, c=10, d=10)

    peaks = {one.pool: one for one in made.peaks}
    assert (peaks["gpu-high-end"].pods, peaks["gpu-high-end"].gpus) == (2, 10)  # c begins when a has ended
    assert peaks["gpu-high-end"].nodes == 2
    assert (peaks["cpu-optimized"].pods, peaks["cpu-optimized"].cpu, peaks["cpu-optimized"].nodes) == (1, 8.0, 1)


@pytest.mark.parametrize(
    ("template", "warning"),
    [
        (pod("pod", "gpu-optimized", gpu=4), "a: no node of gpu-optimized can hold it: it asks for 4 GPUs of 1"),
        (pod("pod", cpu="64"), "it asks for 64 cores of 16"),
        (pod("pod", "moon"), "the pool moon is not in the table of prices"),
        (container("pod"), "no pool is chosen"),
        ({**pod("pod"), "tolerations": []}, "does not tolerate the taint node-type=cpu-optimized:NoSchedule"),
        ({**container("pod"), "nodeSelector": {"node-type": "cpu-optimized"}}, "it requests nothing"),
    ],
)  # fmt: skip
def test_what_cannot_go_well_is_warned_of(template: Object, warning: str) -> None:
    made = planned(workflow(dag("main", task("a")), template))

    assert any(warning in one for one in made.warnings)


def test_requests_are_summed_over_containers_and_patched() -> None:
    template = pod("pod", cpu="500m", memory="1Gi")
    template["sidecars"] = [{"name": "s", "resources": {"limits": {"cpu": "1500m"}}}]
    template["initContainers"] = [{"name": "i", "resources": {"requests": {"memory": "3Gi"}}}]
    template["podSpecPatch"] = json.dumps(
        {"containers": [{"name": "main", "resources": {"limits": {"nvidia.com/gpu": 2}}}]}
    )

    asks = requests_of(template, {"podPriorityClassName": "high"})

    assert (asks.cpu, asks.memory, asks.gpus, asks.priority) == (2.0, 3 * GIB, 2, "high")


# Prices


def test_a_table_of_ones_own_is_laid_over_the_one_that_comes_along(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(
        "currency: EUR\nsource: ours\nspot_discount: 0.5\npools:\n  gpu-optimized: {node_hour: 2, spot: true, gpus: 4}\n  own: {node_hour: 1, cpu: 4, memory: 8Gi}\n"
    )

    made = read_prices(path)

    assert (made.currency, made.origin) == ("EUR", "ours")
    assert (made.nodes["gpu-optimized"].hour, made.nodes["gpu-optimized"].gpus) == (1.0, 4)
    assert made.nodes["own"].memory == 8 * GIB
    assert made.nodes["cpu-optimized"] == default_prices().nodes["cpu-optimized"]


@pytest.mark.parametrize(
    "text",
    [
        "pools: {a: {node_hour: dear}}",
        "pools: {a: {prize: 1}}",
        "pools: [",
        "- 1",
        "pools: {a: {memory: lots}}",
        "spot_discount: 2",
    ],
)
def test_a_table_that_cannot_be_read_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(text)

    with pytest.raises(UsageError, match="the price table"):
        read_prices(path)
    with pytest.raises(UsageError, match="the price table"):
        read_prices(tmp_path / "absent.yaml")


def test_every_pool_has_a_price_with_its_source() -> None:
    prices = default_prices()

    assert set(prices.nodes) == set(POOLS)
    assert all(node.hour for node in prices.nodes.values())
    assert prices.source and prices.as_of


def test_amounts_are_written_for_people() -> None:
    assert [money(one, "USD") for one in (None, 0.0, 0.0012, 1234.5)] == ["?", "$0.00", "$0.0012", "$1,234.50"]
    assert money(1.5, "EUR") == "1.50 EUR"
    assert [size(one) for one in (0, 2**20 * 512, 4 * GIB)] == ["0", "512Mi", "4Gi"]


# History


def _record(folder: Path, seconds: list[int]) -> Path:
    nodes = {
        str(number): {
            "name": f"wf.a{number}", "type": "Pod", "phase": "Succeeded", "templateName": "pod",
            "startedAt": "2026-01-01T00:00:00Z", "finishedAt": f"2026-01-01T00:00:{one:02d}Z",
        }
        for number, one in enumerate(seconds)
    }  # fmt: skip
    folder.mkdir(parents=True)
    path = folder / "workflow.json"
    path.write_text(json.dumps({"metadata": {"name": "wf"}, "status": {"nodes": nodes}}))
    return path


def test_the_median_of_past_runs_is_the_time_of_a_step(tmp_path: Path) -> None:
    _record(tmp_path / "records" / "one", [10, 30])
    _record(tmp_path / "records" / "two", [20, 0])  # no whole second tells nothing

    history = read_history(tmp_path / "records")

    length = history.of(Step(("other",), "pod"))
    assert (length.seconds, length.runs, length.assumed) == (20, 3, False)
    assert history.of(Step(("a0",), "pod")).runs == 2  # at the same place
    assert History().of(Step(("a",), "pod")).seconds == ASSUMED


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no record"):
        read_history(tmp_path)
    with pytest.raises(UsageError, match="no folder"):
        read_history(tmp_path / "absent")
