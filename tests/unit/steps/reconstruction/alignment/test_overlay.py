from __future__ import annotations

from itertools import combinations

import numpy as np

from steps.reconstruction.alignment.graph import Edge, Graph
from steps.reconstruction.alignment.overlay import covered, overlays

SIZE, LARGER = (960, 720), (1280, 720)
FEATURES = 300
LOGO = np.random.default_rng(9).uniform([20, 20], [180, 80], (40, 2))
"""Features 0 to 39 of every photograph that has it."""


def photographed(seed: int, logo: int = len(LOGO)) -> np.ndarray:
    """Features of a photograph: those of the logo, and others anywhere."""
    rng = np.random.default_rng(seed)
    anywhere = rng.uniform([0, 100], SIZE, (FEATURES - len(LOGO), 2))
    return np.concatenate([LOGO[:logo], rng.uniform([0, 100], SIZE, (len(LOGO) - logo, 2)), anywhere])


def matched(a: int, b: int, features: range) -> Edge:
    return Edge(a, b, np.repeat(np.array(features, np.uint32)[:, None], 2, axis=1))


def test_what_alone_joins_photographs_and_is_still_in_all_is_an_overlay() -> None:
    photographs = [photographed(seed) for seed in range(4)]
    edges = [matched(a, b, range(len(LOGO))) for a, b in combinations(range(4), 2)]
    graph = Graph([SIZE] * 4, photographs, edges)

    found = overlays(graph)

    assert covered(graph, matched(0, 1, range(FEATURES)), found).tolist() == [True] * 40 + [False] * 260


def test_a_logo_in_the_same_place_over_another_size_is_covered_there_too() -> None:
    sizes = [SIZE] * 3 + [LARGER] * 3
    photographs = [photographed(seed) + ([320.0, 0.0] if seed > 2 else [0.0, 0.0]) for seed in range(6)]
    edges = [matched(a, b, range(len(LOGO))) for a, b in combinations(range(6), 2)]
    graph = Graph(sizes, photographs, edges)

    found = overlays(graph)

    assert set(found) == {SIZE, LARGER}
    assert covered(graph, matched(0, 5, range(len(LOGO))), found).all()


def test_what_stands_still_beside_many_matches_that_move_is_left_alone() -> None:
    photographs = [photographed(seed) for seed in range(4)]
    edges = [matched(a, b, range(FEATURES)) for a, b in combinations(range(4), 2)]

    assert overlays(Graph([SIZE] * 4, photographs, edges)) == {}


def test_copies_of_one_photograph_have_no_overlay() -> None:
    edges = [matched(a, b, range(FEATURES)) for a, b in combinations(range(4), 2)]

    assert overlays(Graph([SIZE] * 4, [photographed(0)] * 4, edges)) == {}


def test_two_photographs_that_are_the_same_in_a_corner_are_no_overlay_of_many() -> None:
    photographs = [photographed(seed, 0 if seed > 1 else len(LOGO)) for seed in range(6)]

    assert overlays(Graph([SIZE] * 6, photographs, [matched(0, 1, range(len(LOGO)))])) == {}
