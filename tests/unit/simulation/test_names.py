"""How steps are named: by a node's name, and by a person."""

from __future__ import annotations

import pytest

from kai_pipelines.errors import UsageError
from kai_pipelines.simulation.names import Names, Step, matches, path_of
from tests.unit.engine.bench import container, dag, task


@pytest.mark.parametrize(
    ("node", "retried", "path"),
    [
        ("wf", False, ()),
        ("wf(0)", True, ()),
        ("wf.dense", False, ("dense",)),
        ("wf.dense(1)", True, ("dense",)),
        ("wf.dense.high.depth(0)", True, ("dense", "high", "depth")),
        ("wf.group(0).a", False, ("group", "a")),
        ("wf[0].first", False, ("first",)),
        ("wf[1].inner[0].second", False, ("inner", "second")),
        ("wf.fan(0:x)", False, ("fan(0:x)",)),
        ("wf.fan(0:x)(2)", True, ("fan(0:x)",)),
        ("wf.fan(0:a.b[1].c)", False, ("fan(0:a.b[1].c)",)),
        ("wf.fan(0:x).inner", False, ("fan(0:x)", "inner")),
        ("wf.onExit", False, ("onExit",)),
    ],
)
def test_a_node_name_gives_the_path_of_its_step(node: str, retried: bool, path: tuple[str, ...]) -> None:
    assert path_of(node, "wf", retried=retried) == path


STEP = Step(("dense", "high(1:4k)", "depth"), "estimate-depth")


@pytest.mark.parametrize(
    "name",
    ["depth", "estimate-depth", "high.depth", "dense.depth", "dense.high.depth", "high(1).depth", "high(4k).depth",
     "high(1:4k).depth", "dep*", "d?pth", "dense.*.depth", "dense.estimate-depth", "/dense.high.depth", "*"],
)  # fmt: skip
def test_a_step_is_meant(name: str) -> None:
    assert matches(name, STEP)


@pytest.mark.parametrize(
    "name", ["dense", "high", "depth.dense", "high(0).depth", "low.depth", "/high.depth", "/depth", "dept"]
)
def test_a_step_is_not_meant(name: str) -> None:
    assert not matches(name, STEP)


def test_the_entrypoint_is_called_by_its_template() -> None:
    assert matches("main", Step((), "main"))
    assert Step((), "main").name == "main"


@pytest.fixture
def names() -> Names:
    inner = {"name": "inline", "inline": container("", outputs=["size"])}
    return Names(
        [dag("main", task("outer", "group"), inner), dag("group", task("a.b", "pod")), container("pod", outputs=["q"])]
    )


def test_results_are_told_apart_from_steps_inside(names: Names) -> None:
    assert names.result("pod.q", "-r") == ("pod", "q")
    assert names.result("outer", "-r") == ("outer", None)
    assert names.result("outer.pod.q", "-r") == ("outer.pod", "q")
    assert names.result("inline.size", "-r") == ("inline", "size")


def test_what_a_step_returns_is_its_parameter_result() -> None:
    names = Names([dag("main", task("assess")), container("pod", outputs=["result"])])

    assert names.result("assess", "-r") == ("assess", "result")


@pytest.mark.parametrize("name", ["puter", "outer.pot", "pod.qq", "outer.pot.q"])
def test_names_that_no_step_has_are_refused(names: Names, name: str) -> None:
    with pytest.raises(UsageError, match="-r"):
        names.result(name, "-r")
