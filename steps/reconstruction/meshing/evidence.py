"""What the photographs say of places: their depth maps, their masks, and their borders.

A view that measured something well behind a place looked through it; one whose mask leaves it out says that it is no
part of the subject. Views are taken one after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.colmap_io import read_map
from steps.reconstruction.dense.masks import read_mask
from steps.reconstruction.dense.views import View
from steps.reconstruction.dense.workspace import map_name
from steps.reconstruction.meshing.ply import Points

Counts = NDArray[np.int64]
DEPTH_ERROR = 0.01
"""Relative error of a measured depth that means nothing."""
FACING = 0.15
"""Cosine between normal and ray from which a view looks at a place, not along it."""
SUPPORT, LEAST_SUPPORT, MOST_SUPPORT = 0.25, 2, 4
"""So large a share of the views that look at a place, but at least and at most so many, measure a surface if there is one.

On a rendered house 99.3 % of the right surface has that, and 22 % of the skirts around it.
"""


@dataclass(frozen=True)
class Evidence:
    """For each place [n] the number of views that…"""

    framed: Counts
    """have it within their borders,"""
    agreeing: Counts
    """measured a surface there,"""
    through: Counts
    """measured one well behind it,"""
    exposed: Counts
    """look at its front with nothing measured before it,"""
    outside: Counts
    """leave it out by their mask."""

    def supported(self) -> NDArray[np.bool_]:
        """Places where enough of the views that look at them measured a surface, or that none looks at."""
        enough = np.clip(np.ceil(SUPPORT * self.exposed), LEAST_SUPPORT, MOST_SUPPORT)
        return np.asarray(self.agreeing >= np.minimum(enough, self.exposed), np.bool_)

    def refuted(self) -> NDArray[np.bool_]:
        """Places that cannot be surface: several views look through them, or leave them out."""
        seen_through = (self.through >= 2) & (self.through > self.agreeing)
        return np.asarray(seen_through | (self.outside >= 2) | ((self.outside > 0) & (self.agreeing == 0)), np.bool_)


def gather_evidence(
    places: Points, normals: Points, tolerance: float, views: Sequence[View], scene: Path, depth: Path
) -> Evidence:
    """Ask all `views` about places [n, 3] with outward unit normals; within `tolerance` a depth agrees."""
    framed, agreeing, through, exposed, outside = (np.zeros(len(places), np.int64) for _ in range(5))
    for view in views:
        spot, z = view.spots(places)
        ahead = np.flatnonzero(z > 1e-9)
        column, row = np.rint(spot[ahead]).astype(np.int64).T
        inside = (column >= 0) & (row >= 0) & (column < view.width) & (row < view.height)
        index, column, row = ahead[inside], column[inside], row[inside]
        framed[index] += 1
        mask = read_mask(scene, view.name, (view.height, view.width))
        if mask is not None:
            # A pixel on the outline belongs to both sides.
            generous = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
            outside[index] += generous[row, column] == 0
        ray = places[index] - view.center
        facing = (ray * normals[index]).sum(axis=1) < -FACING * np.linalg.norm(ray, axis=1)
        known = read_depth(view, depth)
        error = np.maximum(tolerance, DEPTH_ERROR * z[index])
        nearest, least = known[row, column], cv2.erode(known, np.ones((3, 3), np.uint8))[row, column]
        agreeing[index] += (nearest > 0) & (np.abs(nearest - z[index]) <= error)
        through[index] += least > z[index] + 2 * error
        exposed[index] += facing & ((nearest <= 0) | (nearest > z[index] - error))
    return Evidence(framed, agreeing, through, exposed, outside)


def read_depth(view: View, folder: Path) -> NDArray[np.float32]:
    """The depth map of a view, [h, w]; of zeros where none was made."""
    path = folder / "depth_maps" / map_name(view.name)
    return read_map(path) if path.is_file() else np.zeros((view.height, view.width), np.float32)
