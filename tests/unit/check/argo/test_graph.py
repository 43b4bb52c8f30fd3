"""Graphs of names."""

from __future__ import annotations

import pytest

from kai_pipelines.check.argo.graph import Ancestry, cycles, ordered


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({}, []),
        ({"a": ["b"], "b": []}, []),
        ({"a": ["a"]}, [["a"]]),
        ({"a": ["b"], "b": ["a"]}, [["a", "b"]]),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, [["b", "c"]]),
        ({"a": ["a", "b"], "b": ["a", "b"]}, [["a"], ["b"]]),
        ({"a": ["b", "c"], "b": ["c", "a"], "c": ["a", "b"]}, [["a", "b", "c"]]),
        ({"a": ["ghost"]}, []),
        ({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]}, [["a", "b"], ["c", "d"]]),
    ],
)
def test_circles(graph: dict[str, list[str]], expected: list[list[str]]) -> None:
    assert cycles(graph) == expected


def test_everything_comes_after_what_it_waits_for() -> None:
    graph = {"d": ["b", "c"], "c": ["a"], "b": ["a"], "a": []}

    order = ordered(graph)

    assert sorted(order) == sorted(graph)
    assert all(order.index(before) < order.index(name) for name, waits in graph.items() for before in waits)


def test_a_circle_is_in_the_order_too() -> None:
    assert ordered({"a": ["b"], "b": ["a"], "c": []}) == ["c", "a", "b"]


def test_ancestors_are_all_that_are_waited_for() -> None:
    graph = {"a": [], "b": ["a"], "c": ["b"], "d": []}

    before = Ancestry(graph, ordered(graph))

    assert [name for name in graph if before.has("c", name)] == ["a", "b"]
    assert not before.has("a", "c")
    assert not before.has("c", "ghost")


def test_a_long_chain_needs_no_deep_stack() -> None:
    chain = {str(n): [str(n - 1)] if n else [] for n in range(20_000)}

    assert cycles(chain) == []
    assert ordered(chain)[-1] == "19999"
