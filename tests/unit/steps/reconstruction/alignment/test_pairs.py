from __future__ import annotations

import numpy as np
import PIL.Image  # before pycolmap, whose zlib Pillow would otherwise call  # noqa: F401
import pytest

from steps.reconstruction.alignment import appearance, pairs

COUNT = 200


def places(count: int) -> list[np.ndarray]:
    """Descriptors [80, 128] of photographs on a closed walk: each shares half of them with the next."""
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(count, 40, 128)) ** 2
    seen /= np.linalg.norm(seen, axis=2, keepdims=True)
    return [np.concatenate([seen[i], seen[(i + 1) % count]]).astype(np.float32) for i in range(count)]


@pytest.fixture
def shuffled_walk(monkeypatch) -> tuple[appearance.Similarity, set[pairs.Pair]]:
    """How alike photographs of a walk are, whose names say nothing, and which stand beside each other."""
    walk = places(COUNT)
    order = np.random.default_rng(1).permutation(COUNT)
    monkeypatch.setattr(appearance, "read_descriptors", lambda database, names: (walk[i] for i in order))
    position = {int(place): index for index, place in enumerate(order)}
    beside = {(position[i], position[(i + 1) % COUNT]) for i in range(COUNT)}
    names = [f"{i}.jpg" for i in range(COUNT)]
    return appearance.look_alike("unused.db", names, 0), {(min(pair), max(pair)) for pair in beside}


def test_every_pair_of_a_small_set_is_compared(monkeypatch, tmp_path):
    compared: list[pairs.Pair] = []
    monkeypatch.setattr(
        pairs, "match_pairs", lambda database, names, chosen, *rest, **options: compared.extend(chosen) or []
    )

    list(pairs.compare(tmp_path / "unused.db", [f"{i}.jpg" for i in range(12)], tmp_path))

    assert len(compared) == 12 * 11 // 2
    assert all(a < b for a, b in compared)


def test_a_large_set_is_compared_with_what_looks_alike_in_a_linear_number_of_pairs(shuffled_walk):
    similarity, beside = shuffled_walk

    chosen = pairs.alike_pairs(similarity)

    assert len(chosen) <= COUNT * 11
    assert len(beside & set(chosen)) >= 0.95 * COUNT


def linked(count: int, matches: dict[pairs.Pair, int]) -> pairs.Inliers:
    """Inliers of `count` photographs that match as given."""
    inliers = np.zeros((count, count), np.int64)
    for (a, b), found in matches.items():
        inliers[a, b] = inliers[b, a] = found
    return inliers


def test_what_matches_the_same_photograph_is_compared_next():
    walk = {(3, 9): 50, (9, 20): 50, (20, 31): 50}

    chosen = pairs.neighbors_of_neighbors(linked(COUNT, walk), walk, range(COUNT))

    assert chosen == [(3, 20), (9, 31)]


def test_the_strongest_ways_over_a_third_photograph_are_followed_first():
    star = {(0, other): 1000 - other for other in range(1, 31)}

    chosen = pairs.neighbors_of_neighbors(linked(31, star), star, [30])

    assert chosen == [(other, 30) for other in range(1, 9)]


def test_a_photograph_that_was_compared_with_many_is_not_compared_further():
    star = {(0, other): 100 for other in range(1, 41)} | {(1, 41): 100}

    chosen = pairs.neighbors_of_neighbors(linked(42, star), star, [0])

    assert chosen == []


def test_only_photographs_whose_last_comparisons_matched_go_on():
    inliers = linked(6, {(0, 1): 50, (2, 3): 50})

    going_on = pairs.rewarded(inliers, [(0, 1), (2, 3), (2, 4), (3, 4), (3, 5)])

    assert going_on == [0, 1, 2]


def test_photographs_taken_nearby_are_compared():
    """A strip of drone photographs; one has no position."""
    strip = {index: (10.0 * index, 0.0, 50.0) for index in range(100) if index != 50}

    chosen = pairs.near_pairs(strip)

    assert {(i, i + 1) for i in range(99) if 50 not in (i, i + 1)} <= set(chosen)
    assert not any(50 in pair for pair in chosen)
    assert len(chosen) <= 8 * len(strip)
    assert pairs.near_pairs({}) == pairs.near_pairs({3: (0.0, 0.0, 0.0)}) == []


def test_a_dense_walk_is_found_round_by_round_in_a_bounded_number_of_pairs(shuffled_walk, monkeypatch, tmp_path):
    """Photographs match those up to 12 places on, but only the next looks alike."""
    similarity, beside = shuffled_walk
    walk = np.linalg.matrix_power(linked(COUNT, dict.fromkeys(beside, 1)) + np.eye(COUNT, dtype=int), 12) > 0
    compared: set[pairs.Pair] = set()
    monkeypatch.setattr(pairs, "look_alike", lambda *_: similarity)
    monkeypatch.setattr(pairs, "match_pairs", lambda database, names, chosen, *_, **__: compared.update(chosen) or [])
    monkeypatch.setattr(pairs, "read_inliers", lambda *_: linked(COUNT, {pair: 100 for pair in compared if walk[pair]}))

    list(pairs.compare(tmp_path / "unused.db", [f"{i}.jpg" for i in range(COUNT)], tmp_path))

    overlapping = {(int(a), int(b)) for a, b in zip(*np.nonzero(np.triu(walk, 1)), strict=True)}
    assert len(overlapping & compared) > 0.9 * len(overlapping)
    assert len(compared) <= 40 * COUNT


def test_groups_that_nothing_joins_are_compared_with_what_looks_like_them(shuffled_walk):
    similarity, beside = shuffled_walk
    halves = {(i, i + 1): 100 for i in range(COUNT - 1) if i + 1 != COUNT // 2}

    chosen = pairs.bridges(similarity, linked(COUNT, halves), set())

    assert all(a < COUNT // 2 <= b for a, b in chosen)
    across = {(a, b) for a, b in beside if a < COUNT // 2 <= b}
    assert len(across & set(chosen)) >= 0.9 * len(across)
