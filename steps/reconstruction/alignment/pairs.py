"""Which photographs are compared, and the comparison itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.alignment.appearance import Similarity, look_alike
from steps.reconstruction.alignment.graph import STRONG, groups
from steps.reconstruction.colmap import pycolmap

Pair = tuple[int, int]
Inliers = NDArray[np.int64]
"""Matches [n, n] that agree on a geometry; 0 where no more than chance, or not compared."""
Positions = Mapping[int, Sequence[float]]
"""Where photographs were taken from, by index, as far as it is known."""

_ALL_PAIRS_UP_TO = 60
"""Photographs up to which every pair is tried."""
_SIMILAR = 8
"""Photographs, by appearance, with which each is compared at first in a larger set."""
_NEXT = 3
"""Photographs that follow by name with which each is compared at first in a larger set."""
_NEAR = 8
"""Photographs taken nearby with which each is compared at first in a larger set."""
_BEYOND = 8
"""Photographs with which each is compared in a round because both match a third."""
_MOST = 40
"""Photographs with which each is compared, after which no round adds to it; fewer than in the largest set of all pairs."""
_BRIDGES = 12
"""Photographs outside its group with which each photograph of a small group is compared."""
_PAIRS_PER_ROUND = 60
_THREADS = 2


def compare(
    database: Path,
    names: Sequence[str],
    scratch: Path,
    seed: int = 0,
    *,
    guided: bool = False,
    positions: Positions | None = None,
) -> Iterator[tuple[int, int]]:
    """Match and verify; yields how many pairs are done, and of how many so far.

    A small set is compared pair by pair. In a larger one each photograph is compared with those that look alike,
    follow by name or were taken nearby, then round by round with what its matches match, for as long as that finds
    new matches, and last across the gaps that remain.
    """
    if len(names) <= _ALL_PAIRS_UP_TO:
        chosen = list(itertools.combinations(range(len(names)), 2))
        yield from match_pairs(database, names, chosen, scratch, seed, guided=guided)
        return
    similarity = look_alike(database, names, seed)
    everyone, tried, bridged, guess = range(len(names)), set[Pair](), False, True
    chosen = sorted({*alike_pairs(similarity), *near_pairs(positions or {})})
    while chosen:
        yield from match_pairs(database, names, chosen, scratch, seed, len(tried), guided=guided)
        tried.update(chosen)
        inliers = read_inliers(database, names)
        chosen = neighbors_of_neighbors(inliers, tried, everyone if guess else rewarded(inliers, chosen))
        guess = not chosen and not bridged
        if guess:
            chosen, bridged = bridges(similarity, inliers, tried), True


def alike_pairs(similarity: Similarity) -> list[Pair]:
    """Each photograph with those most like it and those next by name; the smaller index first."""
    count = len(similarity)
    pairs = {(i, j) for i in range(count) for j in range(i + 1, min(count, i + 1 + _NEXT))}
    for i, row in enumerate(similarity):
        pairs.update(_ordered(i, j) for j in _most(row, _SIMILAR))
    return sorted(pairs)


def near_pairs(positions: Positions) -> list[Pair]:
    """Each photograph with those that were taken nearest to it."""
    from scipy.spatial import KDTree

    known = sorted(positions)
    if len(known) < 2:
        return []
    places = np.array([positions[index] for index in known], np.float64)
    _, nearest = KDTree(places).query(places, k=min(len(known), 1 + _NEAR))
    return sorted(
        {_ordered(known[i], known[int(j)]) for i, row in enumerate(np.asarray(nearest)) for j in row if j != i}
    )


def rewarded(inliers: Inliers, last: Iterable[Pair]) -> list[int]:
    """Photographs of which at least half the pairs that were tried last match: there may be more."""
    tried, matched = np.zeros(len(inliers)), np.zeros(len(inliers))
    for pair in last:
        tried[list(pair)] += 1
        matched[list(pair)] += inliers[pair] > 0
    return [int(photo) for photo in np.flatnonzero((tried > 0) & (2 * matched >= tried))]


def neighbors_of_neighbors(inliers: Inliers, tried: Iterable[Pair], photos: Iterable[int]) -> list[Pair]:
    """Pairs of `photos` not tried yet that both match a third, first those whose matches with it are the most.

    The strength of two photographs' way over a third is the product of their inliers with it.
    """
    compared = _compared(tried, len(inliers))
    strength = inliers.astype(np.float64) @ inliers
    strength[compared] = 0.0
    np.fill_diagonal(strength, 0.0)
    likely = np.where(strength > 0, strength, -np.inf)
    room = np.clip(_MOST - compared.sum(axis=1), 0, _BEYOND)
    return sorted({_ordered(i, j) for i in photos for j in _most(likely[i], int(room[i]))})


def bridges(similarity: Similarity, inliers: Inliers, tried: set[Pair]) -> list[Pair]:
    """From each photograph outside the largest group to those most like it in other groups."""
    count = len(similarity)
    compared = _compared(tried, count)
    found: set[Pair] = set()
    together = groups(count, zip(*np.nonzero(inliers), strict=True))
    for group in together[1:]:
        elsewhere = np.setdiff1d(np.arange(count), group)
        for i in group:
            row = np.full(count, -np.inf, np.float32)
            row[elsewhere] = similarity[i, elsewhere]
            row[compared[i]] = -np.inf
            found.update(_ordered(i, j) for j in _most(row, _BRIDGES))
    return sorted(found)


def _compared(tried: Iterable[Pair], count: int) -> NDArray[np.bool_]:
    """Which of so many photographs have been compared with which, [n, n]."""
    compared = np.zeros((count, count), np.bool_)
    for a, b in tried:
        compared[a, b] = compared[b, a] = True
    return compared


def read_inliers(database: Path, names: Sequence[str]) -> Inliers:
    """What was found so far."""
    place = {name: index for index, name in enumerate(names)}
    inliers = np.zeros((len(names), len(names)), np.int64)
    with pycolmap.Database.open(database) as opened:
        index = {image.image_id: place[image.name] for image in opened.read_all_images()}
        identifiers, counts = opened.read_two_view_geometry_num_inliers()
    for identifier, count in zip(identifiers, counts, strict=True):
        a, b = (index[image] for image in pycolmap.pair_id_to_image_pair(identifier))
        inliers[a, b] = inliers[b, a] = count if count >= STRONG else 0
    return inliers


def _ordered(a: int, b: int) -> Pair:
    return (a, b) if a < b else (b, a)


def _most(row: NDArray[np.floating], count: int) -> list[int]:
    """Places of the largest finite values."""
    best = np.argsort(-row, kind="stable")[:count]
    return [int(place) for place in best if np.isfinite(row[place])]


def match_pairs(
    database: Path,
    names: Sequence[str],
    chosen: Sequence[Pair],
    scratch: Path,
    seed: int = 0,
    before: int = 0,
    *,
    guided: bool = False,
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
