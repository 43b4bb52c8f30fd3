"""Which photographs are compared, and the comparison itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.colmap import pycolmap

Pair = tuple[int, int]

_ALL_PAIRS_UP_TO = 60
"""Photographs up to which every pair is tried."""
_SIMILAR = 20
"""Photographs, by appearance, with which each is compared in a larger set."""
_NEXT = 4
"""Photographs that follow by name with which each is compared in a larger set."""
_WORDS = 32
_SAMPLE = 40_000
_PAIRS_PER_ROUND = 60
_THREADS = 2


def choose_pairs(database: Path, names: Sequence[str], seed: int = 0) -> list[Pair]:
    """Pairs of indices into `names`, each with the smaller first: all, or in a large set the promising ones."""
    count = len(names)
    if count <= _ALL_PAIRS_UP_TO:
        return list(itertools.combinations(range(count), 2))
    pairs = {(i, j) for i in range(count) for j in range(i + 1, min(count, i + 1 + _NEXT))}
    similarity = _similarity(read_descriptors(database, names), seed)
    np.fill_diagonal(similarity, -np.inf)
    for i, row in enumerate(similarity):
        for j in np.argsort(-row, kind="stable")[:_SIMILAR].tolist():
            pairs.add((min(i, j), max(i, j)))
    return sorted(pairs)


def read_descriptors(database: Path, names: Sequence[str]) -> list[NDArray[np.float32]]:
    """SIFT descriptors [n, 128] of each photograph, with unit length."""
    found: list[NDArray[np.float32]] = []
    with pycolmap.Database.open(database) as opened:
        for name in names:
            image = opened.read_image_with_name(name)
            assert image is not None, f"{name} was never registered"
            values = np.asarray(opened.read_descriptors(image.image_id).data, np.float32)
            found.append(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6))
    return found


def _similarity(descriptors: Sequence[NDArray[np.float32]], seed: int) -> NDArray[np.float32]:
    """Cosines between the photographs' VLAD vectors [n, n] over words learnt from the photographs themselves.

    Jégou et al., "Aggregating local descriptors into a compact image representation", CVPR 2010.
    """
    words = _learn_words(np.concatenate(descriptors), seed)
    vectors = np.stack([_vlad(values, words) for values in descriptors])
    return vectors @ vectors.T


def _learn_words(descriptors: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Cluster centers [w, 128] by Lloyd's algorithm on a sample."""
    random = np.random.default_rng(seed)
    sample = descriptors[random.permutation(len(descriptors))[:_SAMPLE]]
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


def match(database: Path, names: Sequence[str], pairs: Sequence[Pair], scratch: Path, seed: int = 0) -> Iterator[int]:
    """Match and verify the pairs, some at a time; yields how many pairs are done."""
    matching = pycolmap.FeatureMatchingOptions()
    matching.num_threads = _THREADS
    verification = pycolmap.TwoViewGeometryOptions()
    verification.ransac.random_seed = seed
    pairing = pycolmap.ImportedPairingOptions()
    pairing.match_list_path = scratch / "pairs.txt"
    for start in range(0, len(pairs), _PAIRS_PER_ROUND):
        chosen = pairs[start : start + _PAIRS_PER_ROUND]
        lines = [f"{names[a]} {names[b]}\n" for a, b in chosen]
        (scratch / "pairs.txt").write_text("".join(lines), encoding="utf-8")
        pycolmap.match_image_pairs(database, matching, pairing, verification, pycolmap.Device.cpu)
        yield start + len(chosen)
