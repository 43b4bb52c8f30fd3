"""A simulation leaves the record that the engine leaves when pods end in the same way."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from kai_pipelines.simulation import Rehearsal
from kai_pipelines.simulation.script import Script
from tests.fakes import Answer, FakeExecutor
from tests.unit.engine.bench import Bench, container, dag, given, task, workflow

Object = dict[str, Any]
_TIMES = {"startedAt", "finishedAt", "hostNodeName", "podIP"}
_CODES = st.lists(st.sampled_from([0, 0, 1, 64, 137]), min_size=1, max_size=3)


@st.composite
def _workflows(draw: st.DrawFn) -> tuple[Object, dict[str, list[int]], dict[str, str]]:
    """A DAG of pods with retries, conditions and loops; how each ends; and what each gives."""
    tasks: list[Object] = []
    templates: list[Object] = []
    endings: dict[str, list[int]] = {}
    values: dict[str, str] = {}
    for number in range(draw(st.integers(1, 6))):
        name = f"t{number}"
        one = task(name, f"pod-{name}", arguments=given(x="1"))
        if tasks:
            parent = draw(st.sampled_from(tasks))["name"]
            kind = draw(st.sampled_from(["", "", ".Succeeded", ".Failed", " || " + tasks[0]["name"], ".AnySucceeded"]))
            if not kind.startswith(".Any") or "withItems" in next(t for t in tasks if t["name"] == parent):
                one["depends"] = f"{parent}{kind}"
        if "depends" in one and draw(st.booleans()):
            one["when"] = f"{{{{tasks.{tasks[0]['name']}.status}}}} == Succeeded"
            one["depends"] += f" && ({tasks[0]['name']} || {tasks[0]['name']}.Failed)"
        if draw(st.integers(0, 4)) == 0:
            one["withItems"] = [1, "b", {"c": 2}][: draw(st.integers(0, 3))]
        more = {"retryStrategy": {"limit": draw(st.integers(0, 2))}} if draw(st.booleans()) else {}
        templates.append(container(f"pod-{name}", outputs=["out"], inputs=["x"], **more))
        endings[name] = draw(_CODES)
        values[name] = draw(st.sampled_from(["a", "{}", "3"]))
        tasks.append(one)
    targets = {"dag": {"tasks": tasks, "failFast": draw(st.booleans())}}
    exits = {"onExit": "bye"} if draw(st.booleans()) else {}
    return workflow({"name": "main", **targets}, *templates, container("bye"), **exits), endings, values


def _nodes(record: Mapping[str, Any]) -> dict[str, Object]:
    nodes = record["status"]["nodes"].values()
    return {node["name"]: {key: value for key, value in node.items() if key not in _TIMES} for node in nodes}


def _run_for_real(manifest: Object, endings: Mapping[str, list[int]], values: Mapping[str, str]) -> Mapping[str, Any]:
    """The engine with pods that answer; a step's tries take its codes one after the other."""
    counts: dict[str, int] = {}

    def answer(job: Any) -> Answer:
        path = re.sub(r"\(\d+\)$", "", job.name)
        name = path.removeprefix("wf.").partition("(")[0]
        if name not in endings:
            return Answer()
        count = counts[path] = counts.get(path, -1) + 1
        code = endings[name][min(count, len(endings[name]) - 1)]
        return Answer(code, {} if code else {"out": values[name]})

    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.executor = FakeExecutor(answer, bench.clock)
        return bench.run(manifest, jobs=50).workflow


@settings(max_examples=40, deadline=None, derandomize=True)
@drawn(_workflows())
def test_the_simulated_status_is_that_of_a_run_with_the_same_answers(
    drawing: tuple[Object, dict[str, list[int]], dict[str, str]],
) -> None:
    manifest, endings, values = drawing
    script = Script(
        {f"/{name}": tuple(codes) for name, codes in endings.items()},
        {(f"/{name}", "out"): (value,) for name, value in values.items()},
    )

    simulated = Rehearsal(manifest).simulate(script)
    ran = _run_for_real(manifest, endings, values)

    assert _nodes(simulated.workflow) == _nodes(ran)
    assert simulated.workflow["status"]["phase"] == ran["status"]["phase"]
    assert simulated.workflow["status"].get("message") == ran["status"].get("message")
    assert simulated.workflow["spec"] == ran["spec"]


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAI_STORE", str(tmp_path / "store"))

    made = Rehearsal(workflow(dag("main", task("a")), container("pod", outputs=["x"]))).simulate()

    assert made.phase == "Succeeded"
    assert list(tmp_path.iterdir()) == []
