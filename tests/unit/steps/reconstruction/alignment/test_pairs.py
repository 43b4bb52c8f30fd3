from __future__ import annotations

import numpy as np
import PIL.Image  # before pycolmap, whose zlib Pillow would otherwise call  # noqa: F401

from steps.reconstruction.alignment import pairs


def places(count: int) -> list[np.ndarray]:
    """Descriptors [80, 128] of photographs on a closed walk: each shares half of them with the next."""
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(count, 40, 128)) ** 2
    seen /= np.linalg.norm(seen, axis=2, keepdims=True)
    return [np.concatenate([seen[i], seen[(i + 1) % count]]).astype(np.float32) for i in range(count)]


def test_every_pair_of_a_small_set_is_compared(tmp_path):
    chosen = pairs.choose_pairs(tmp_path / "unused.db", [f"{i}.jpg" for i in range(12)])

    assert len(chosen) == 12 * 11 // 2
    assert all(a < b for a, b in chosen)


def test_a_large_set_is_compared_with_what_looks_alike_in_a_linear_number_of_pairs(monkeypatch, tmp_path):
    count = 200
    walk = places(count)
    order = np.random.default_rng(1).permutation(count)  # names say nothing about who stands beside whom
    monkeypatch.setattr(pairs, "read_descriptors", lambda database, names: [walk[i] for i in order])

    chosen = pairs.choose_pairs(tmp_path / "unused.db", [f"{i}.jpg" for i in range(count)])

    assert len(chosen) <= count * 24
    position = {int(place): index for index, place in enumerate(order)}
    beside = {tuple(sorted((position[i], position[(i + 1) % count]))) for i in range(count)}
    assert len(beside & set(chosen)) >= 0.95 * count
