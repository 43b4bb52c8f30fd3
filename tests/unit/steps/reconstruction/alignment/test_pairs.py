from __future__ import annotations

import numpy as np
import PIL.Image  # before pycolmap, whose zlib Pillow would otherwise call  # noqa: F401
import pytest

from steps.reconstruction.alignment import pairs

COUNT = 200


def places(count: int) -> list[np.ndarray]:
    """Descriptors [80, 128] of photographs on a closed walk: each shares half of them with the next."""
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(count, 40, 128)) ** 2
    seen /= np.linalg.norm(seen, axis=2, keepdims=True)
    return [np.concatenate([seen[i], seen[(i + 1) % count]]).astype(np.float32) for i in range(count)]


@pytest.fixture
def shuffled_walk(monkeypatch) -> tuple[pairs.Similarity, set[pairs.Pair]]:
    """How alike photographs of a walk are, whose names say nothing, and which stand beside each other."""
    walk = places(COUNT)
    order = np.random.default_rng(1).permutation(COUNT)
    monkeypatch.setattr(pairs, "read_descriptors", lambda database, names: (walk[i] for i in order))
    position = {int(place): index for index, place in enumerate(order)}
    beside = {(position[i], position[(i + 1) % COUNT]) for i in range(COUNT)}
    names = [f"{i}.jpg" for i in range(COUNT)]
    return pairs.look_alike("unused.db", names, 0), {(min(pair), max(pair)) for pair in beside}


def test_every_pair_of_a_small_set_is_compared(monkeypatch, tmp_path):
    compared: list[pairs.Pair] = []
    monkeypatch.setattr(pairs, "_run", lambda database, names, chosen, *rest, **options: compared.extend(chosen) or [])

    list(pairs.compare(tmp_path / "unused.db", [f"{i}.jpg" for i in range(12)], tmp_path))

    assert len(compared) == 12 * 11 // 2
    assert all(a < b for a, b in compared)


def test_a_large_set_is_compared_with_what_looks_alike_in_a_linear_number_of_pairs(shuffled_walk):
    similarity, beside = shuffled_walk

    chosen = pairs.alike_pairs(similarity)

    assert len(chosen) <= COUNT * 15
    assert len(beside & set(chosen)) >= 0.95 * COUNT


def test_what_matches_the_same_photograph_is_compared_next(shuffled_walk):
    similarity, _ = shuffled_walk

    chosen = pairs.neighbors_of_neighbors(similarity, [(3, 9), (9, 20), (20, 31)], {(3, 9), (9, 20), (20, 31)})

    assert chosen == [(3, 20), (9, 31)]


def test_groups_that_nothing_joins_are_compared_with_what_looks_like_them(shuffled_walk):
    similarity, beside = shuffled_walk
    half = [(i, i + 1) for i in range(COUNT // 2 - 1)]
    rest = [(i, i + 1) for i in range(COUNT // 2, COUNT - 1)]

    chosen = pairs.bridges(similarity, [*half, *rest], set())

    assert all(a < COUNT // 2 <= b for a, b in chosen)
    across = {(a, b) for a, b in beside if a < COUNT // 2 <= b}
    assert len(across & set(chosen)) >= 0.9 * len(across)
