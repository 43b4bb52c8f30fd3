from __future__ import annotations

import numpy as np

from steps.reconstruction.alignment.graph import Edge, Graph
from steps.reconstruction.alignment.leftovers import explain, warnings

NAMES = ["0.jpg", "1.jpg", "2.jpg", "flipped.jpg", "cat.jpg", "dog.jpg", "dog 2.jpg", "soft.jpg", "wall.jpg", "far.jpg"]


def edge(a: int, b: int, inliers: int) -> Edge:
    return Edge(a, b, np.zeros((inliers, 2), np.uint32))


def reasons() -> dict[str, tuple[str, str]]:
    counts = [900] * 8 + [12, 900]
    edges = [edge(0, 1, 300), edge(1, 2, 300), edge(5, 6, 80), edge(2, 7, 16), edge(2, 9, 17)]
    graph = Graph([(640, 480)] * 10, [np.zeros((count, 2)) for count in counts], edges)
    return explain(NAMES, graph, list(range(3, 10)), mirrored=[3], blurred={"soft.jpg"}, copied={})


def test_each_photograph_that_was_left_out_has_its_own_reason():
    kinds = {name: kind for name, (kind, _) in reasons().items()}

    assert kinds == {
        "flipped.jpg": "mirrored",
        "cat.jpg": "no-matches",
        "dog.jpg": "other-scene",
        "dog 2.jpg": "other-scene",
        "soft.jpg": "blurred",
        "wall.jpg": "plain",
        "far.jpg": "few-matches",
    }
    assert "dog 2.jpg" in reasons()["dog.jpg"][1]
    assert "12 features" in reasons()["wall.jpg"][1]
    assert "17 matches, most with 2.jpg" in reasons()["far.jpg"][1]


def test_warnings_name_the_photographs_under_a_code_for_each_kind():
    found = {warning.code: warning for warning in warnings(reasons(), len(NAMES))}

    assert {code: warning.files for code, warning in found.items()} == {
        "mirrored-photo": ["flipped.jpg"],
        "unrelated-photo": ["cat.jpg"],
        "other-scene": ["dog.jpg", "dog 2.jpg"],
        "not-registered": ["soft.jpg", "wall.jpg", "far.jpg"],
    }
    assert found["mirrored-photo"].message.startswith("1 of 10 photographs is flipped left to right")
    assert found["other-scene"].message.startswith("2 of 10 photographs are of something else")
