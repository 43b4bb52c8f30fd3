"""How alike photographs look, from their features alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.colmap import pycolmap

Similarity = NDArray[np.float32]
"""Cosines [n, n] between photographs; the diagonal is minus infinity."""

_WORDS = 32
_SAMPLE = 40_000
_DESCRIPTORS = 1500
"""So many of a photograph's descriptors tell what it looks like."""


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
