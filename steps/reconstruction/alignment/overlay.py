"""What lies over the photographs themselves: a logo, a date, the frame of a window. It joins what has nothing in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.alignment.graph import Edge, Graph
from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.photographs import FEWEST_PHOTOS

STILL = 0.002
"""A match that moves less, as a share of the longer side, stands still."""
_CELLS = 48
"""Cells along the longer side."""
_SHARE = 0.5
"""Of the photographs, which have an overlay; of a pair's inliers, which it has for itself; of all features, which it has not."""

Places = NDArray[np.float64]
Cells = NDArray[np.bool_]


def still(graph: Graph, edge: Edge) -> NDArray[np.bool_]:
    """Which inliers [n] of a pair are at the same place in both photographs."""
    a, b = graph.places(edge)
    return np.asarray(np.abs(a - b).max(axis=1) < STILL * max(graph.sizes[edge.a]), np.bool_)


def overlays(graph: Graph) -> dict[tuple[int, int], Cells]:
    """Size of photographs → the cells [rows, columns] of the frame in which most of them show the same.

    Nothing where that joins no pair by itself: then it does no harm, and what stands still may be the middle of a walk
    around. Nothing where it has most of the features: then the photographs are copies, or the subject turned.
    """
    seen = np.zeros((len(graph.sizes), _CELLS + 1, _CELLS + 1), np.bool_)
    for edge in graph.edges:
        if graph.sizes[edge.a] == graph.sizes[edge.b]:
            stays = still(graph, edge)
            cells = _cells(graph.keypoints[edge.a][edge.matches[stays, 0]], graph.sizes[edge.a])
            seen[edge.a][cells] = seen[edge.b][cells] = True
    found = {}
    for size in set(graph.sizes):
        alike = [index for index, one in enumerate(graph.sizes) if one == size]
        often = seen[alike].sum(axis=0) >= max(FEWEST_PHOTOS, _SHARE * len(alike))
        places = np.concatenate([graph.keypoints[index] for index in alike])
        if often.any() and float(often[_cells(places, size)].mean()) < _SHARE:
            found[size] = often
    return found if any(float(covered(graph, edge, found).mean()) > _SHARE for edge in graph.strong) else {}


def covered(graph: Graph, edge: Edge, found: Mapping[tuple[int, int], Cells]) -> NDArray[np.bool_]:
    """Which matches [n] of a pair are on an overlay in both photographs: where it is still, if they are of one size."""
    under = [
        found[size][_cells(graph.keypoints[index][edge.matches[:, side]], size)]
        if (size := graph.sizes[index]) in found
        else np.zeros(len(edge.matches), np.bool_)
        for side, index in enumerate((edge.a, edge.b))
    ]
    same = graph.sizes[edge.a] == graph.sizes[edge.b]
    return np.asarray(under[0] & under[1] & (still(graph, edge) if same else True), np.bool_)


def _cells(places: Places, size: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the cells in which places [n, 2] of a picture lie."""
    columns, rows = np.clip(places * (_CELLS / max(size)), 0, _CELLS).astype(np.intp).T
    return rows, columns


def take_off(database: Path, numbered: Sequence[str], graph: Graph, found: Mapping[tuple[int, int], Cells]) -> None:
    """Forget the matches that overlays have, and all that was verified."""
    with pycolmap.Database.open(database) as opened:
        opened.clear_two_view_geometries()
        images = {image.name: image.image_id for image in opened.read_all_images()}
        for edge in graph.edges:
            pair = images[numbered[edge.a]], images[numbered[edge.b]]
            matches = np.asarray(opened.read_matches(*pair), np.uint32).reshape(-1, 2)
            opened.delete_matches(*pair)
            opened.write_matches(*pair, matches[~covered(graph, Edge(edge.a, edge.b, matches), found)])
