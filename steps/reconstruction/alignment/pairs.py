"""Which photographs are compared, and the comparison itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.alignment.graph import STRONG, groups
from steps.reconstruction.colmap import pycolmap

Pair = tuple[int, int]
Similarity = NDArray[np.float32]
"""Cosines [n, n] between photographs; the diagonal is minus infinity."""

_ALL_PAIRS_UP_TO = 60
"""Photographs up to which every pair is tried."""
_SIMILAR = 12
"""Photographs, by appearance, with which each is compared in a larger set."""
_NEXT = 3
"""Photographs that follow by name with which each is compared in a larger set."""
_BEYOND = 6
"""Photographs with which each is compared because both match a third."""
_BRIDGES = 12
"""Photographs outside its group with which each photograph of a small group is compared."""
_WORDS = 32
_SAMPLE = 40_000
_DESCRIPTORS = 1500
"""So many of a photograph's descriptors tell what it looks like."""
_PAIRS_PER_ROUND = 60
_THREADS = 2


def compare(
    database: Path, names: Sequence[str], scratch: Path, seed: int = 0, *, guided: bool = False
) -> Iterator[tuple[int, int]]:
    """Match and verify; yields how many pairs are done, and of how many so far.

    A small set is compared pair by pair. In a larger one each photograph is compared with those that look alike
    and those that follow by name, then with what its matches match, then across the gaps that remain.
    """
    if len(names) <= _ALL_PAIRS_UP_TO:
        chosen = list(itertools.combinations(range(len(names)), 2))
        yield from _run(database, names, chosen, scratch, seed, 0, guided=guided)
        return
    similarity = look_alike(database, names, seed)
    tried = set(alike_pairs(similarity))
    yield from _run(database, names, sorted(tried), scratch, seed, 0, guided=guided)
    for choose in (neighbors_of_neighbors, bridges):
        chosen = choose(similarity, verified_pairs(database, names), tried)
        yield from _run(database, names, chosen, scratch, seed, len(tried), guided=guided)
        tried.update(chosen)


def alike_pairs(similarity: Similarity) -> list[Pair]:
    """Each photograph with those most like it and those next by name; the smaller index first."""
    count = len(similarity)
    pairs = {(i, j) for i in range(count) for j in range(i + 1, min(count, i + 1 + _NEXT))}
    for i, row in enumerate(similarity):
        pairs.update(_ordered(i, j) for j in _most(row, _SIMILAR))
    return sorted(pairs)


def neighbors_of_neighbors(similarity: Similarity, verified: Iterable[Pair], tried: set[Pair]) -> list[Pair]:
    """Pairs not tried yet that share a match, first those that share the most: a loop closes where it nearly does."""
    count = len(similarity)
    adjacent = np.zeros((count, count), np.float32)
    for a, b in verified:
        adjacent[a, b] = adjacent[b, a] = 1.0
    shared = adjacent @ adjacent
    for a, b in tried:
        shared[a, b] = shared[b, a] = 0.0
    np.fill_diagonal(shared, 0.0)
    likely = np.where(shared > 0, shared + np.clip(similarity, 0, 1), -np.inf)
    return sorted({_ordered(i, j) for i, row in enumerate(likely) for j in _most(row, _BEYOND)})


def bridges(similarity: Similarity, verified: Iterable[Pair], tried: set[Pair]) -> list[Pair]:
    """From each photograph outside the largest group to those most like it in other groups."""
    count = len(similarity)
    found: set[Pair] = set()
    together = groups(count, verified)
    for group in together[1:]:
        elsewhere = np.setdiff1d(np.arange(count), group)
        for i in group:
            row = np.full(count, -np.inf, np.float32)
            row[elsewhere] = similarity[i, elsewhere]
            for j in tried_with(tried, i):
                row[j] = -np.inf
            found.update(_ordered(i, j) for j in _most(row, _BRIDGES))
    return sorted(found)


def tried_with(tried: Iterable[Pair], photo: int) -> list[int]:
    """The photographs that a photograph has been compared with."""
    return [b if a == photo else a for a, b in tried if photo in (a, b)]


def verified_pairs(database: Path, names: Sequence[str]) -> list[Pair]:
    """Pairs whose matches agree on a geometry, more than by chance."""
    place = {name: index for index, name in enumerate(names)}
    with pycolmap.Database.open(database) as opened:
        index = {image.image_id: place[image.name] for image in opened.read_all_images()}
        identifiers, counts = opened.read_two_view_geometry_num_inliers()
    strong = [
        pycolmap.pair_id_to_image_pair(pair)
        for pair, inliers in zip(identifiers, counts, strict=True)
        if inliers >= STRONG
    ]
    return sorted(_ordered(index[a], index[b]) for a, b in strong)


def _ordered(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _most(row: NDArray[np.float32], count: int) -> list[int]:
    """Places of the largest finite values."""
    best = np.argsort(-row, kind="stable")[:count]
    return [int(place) for place in best if np.isfinite(row[place])]


def look_alike(database: Path, names: Sequence[str], seed: int) -> Similarity:
    """Cosines between the photographs' VLAD vectors over words learnt from the photographs themselves.

    Jégou et al., "Aggregating local descriptors into a compact image representation", CVPR 2010.
    """
    share = max(1, _SAMPLE // len(names))
    sample = [values[:share] for values in read_descriptors(database, names)]
    words = _learn_words(np.concatenate(sample), seed)
    vectors = np.stack([_vlad(values, words) for values in read_descriptors(database, names)])
    similarity = np.asarray(vectors @ vectors.T, np.float32)
    np.fill_diagonal(similarity, -np.inf)
    return similarity


def read_descriptors(database: Path, names: Sequence[str]) -> Iterator[NDArray[np.float32]]:
    """Some SIFT descriptors [n, 128] of each photograph, with unit length, in an order that says nothing."""
    order = np.random.default_rng(0)
    with pycolmap.Database.open(database) as opened:
        for name in names:
            image = opened.read_image_with_name(name)
            assert image is not None, f"{name} was never registered"
            values = np.asarray(opened.read_descriptors(image.image_id).data, np.float32)
            values = values[order.permutation(len(values))[:_DESCRIPTORS]]
            yield values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6)


def _learn_words(descriptors: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Cluster centers [w, 128] by Lloyd's algorithm."""
    random = np.random.default_rng(seed)
    sample = descriptors[random.permutation(len(descriptors))]
    words = sample[:_WORDS].copy()
    for _ in range(8):
        nearest = np.argmax(sample @ words.T - 0.5 * (words**2).sum(1), axis=1)
        for word in np.unique(nearest):
            words[word] = sample[nearest == word].mean(axis=0)
    return words


def _vlad(descriptors: NDArray[np.float32], words: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums of residuals per word, each of unit length, in one vector of unit length."""
    sums = np.zeros_like(words)
    if len(descriptors):
        nearest = np.argmax(descriptors @ words.T - 0.5 * (words**2).sum(1), axis=1)
        np.add.at(sums, nearest, descriptors - words[nearest])
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    vector = sums.ravel()
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _run(
    database: Path, names: Sequence[str], chosen: Sequence[Pair], scratch: Path, seed: int, before: int, *, guided: bool
) -> Iterator[tuple[int, int]]:
    """Match and verify some pairs at a time; `before` were done earlier."""
    matching = pycolmap.FeatureMatchingOptions()
    matching.num_threads = _THREADS
    matching.guided_matching = guided
    verification = pycolmap.TwoViewGeometryOptions()
    verification.ransac.random_seed = seed
    pairing = pycolmap.ImportedPairingOptions()
    pairing.match_list_path = scratch / "pairs.txt"
    for start in range(0, len(chosen), _PAIRS_PER_ROUND):
        some = chosen[start : start + _PAIRS_PER_ROUND]
        lines = [f"{names[a]} {names[b]}\n" for a, b in some]
        (scratch / "pairs.txt").write_text("".join(lines), encoding="utf-8")
        pycolmap.match_image_pairs(database, matching, pairing, verification, pycolmap.Device.cpu)
        yield before + start + len(some), before + len(chosen)
