"""The photograph that each triangle takes its detail from.

One photograph per triangle keeps what mixing several blurs. Neighbors should take the same one, so the
qualities are spread over the surface first, and triangles that stand alone are then won over (iterated
conditional modes on the triangles' graph), in the spirit of Lempitsky and Ivanov, Seamless Mosaicing (2007).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from steps.reconstruction.texturing.rays import Floats

SPREAD = 12
"""Times that qualities are averaged with the neighbors'."""
ROUNDS = 8
LOYALTY = 0.35
"""What one neighbor with another photograph weighs, in units of the logarithm of quality."""
DOUBT = 0.5
"""A photograph that is trusted less at a triangle, for it shows another color than the others, loses by that:"""
SUSPICION = 2.0
"""power of the trust that its quality is multiplied with, there and nowhere else."""
UNSEEN = -1


def select(qualities: Sequence[Floats], trust: Sequence[Floats], pairs: NDArray[np.int64]) -> NDArray[np.int32]:
    """Per triangle the number of a photograph, or `UNSEEN`; `pairs` [n, 2] of triangles are neighbors.

    `qualities` and `trust` (0-1) are [f] per photograph. What stood in front of the subject in one photograph is
    small and must not be spread away, so the trust is not.
    """
    count = len(qualities[0])
    best = np.maximum.reduce([*qualities])
    links = _links(count, pairs)
    averaging = links.multiply(1 / np.maximum(links.sum(axis=1), 1)[:, None]).tocsr()
    scores = np.empty((len(qualities), count), np.float32)
    for number, quality in enumerate(qualities):
        scores[number] = _spread(quality / np.maximum(best, 1e-12), quality > 0, averaging)
        doubt = np.minimum(np.maximum(trust[number], 1e-3) / DOUBT, 1)
        with np.errstate(divide="ignore"):
            scores[number] = np.log(scores[number]) + SUSPICION * np.log(doubt)
    labels = np.argmax(scores, axis=0).astype(np.int32)
    labels = _won_over(scores, labels, links)
    labels[best <= 0] = UNSEEN
    return labels


def _links(count: int, pairs: NDArray[np.int64]) -> csr_array:
    """Symmetric adjacency of triangles."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    return csr_array((np.ones(len(both), np.float32), (both[:, 0], both[:, 1])), shape=(count, count))


def _spread(share: Floats, seen: NDArray[np.bool_], averaging: csr_array) -> Floats:
    """Quality relative to the best photograph's, averaged over the surface where the photograph sees it."""
    for _ in range(SPREAD):
        share = np.where(seen, 0.5 * share + 0.5 * (averaging @ share), 0).astype(np.float32)
    return share


def _won_over(scores: Floats, labels: NDArray[np.int32], links: csr_array) -> NDArray[np.int32]:
    """Labels after each triangle has weighed its own score against its neighbors' labels, half of them at a time."""
    count = scores.shape[1]
    half = (np.arange(count, dtype=np.uint32) * np.uint32(2654435761) >> np.uint32(16)) & np.uint32(1)
    for turn in range(ROUNDS):
        best, chosen = np.full(count, -np.inf, np.float32), labels.copy()
        for number in range(len(scores)):
            support = scores[number] + LOYALTY * (links @ (labels == number).astype(np.float32))
            better = support > best
            best[better], chosen[better] = support[better], number
        labels = np.where(half == turn % 2, chosen, labels).astype(np.int32)
    return labels
