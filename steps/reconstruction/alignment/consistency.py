"""Matches that the finished model contradicts: things that look the same and are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.alignment.graph import Edge, Graph
from steps.reconstruction.colmap import pycolmap
from steps.reconstruction.scene import camera_of

Array = NDArray[np.float64]

_SURE = 50
"""Inliers from which a pair is worth a word."""
_WITHIN = 0.005
"""How far from its epipolar line a match may lie, as a share of the longer side."""
_CONTRADICTED = 0.5


@dataclass(frozen=True, slots=True)
class Agreement:
    """Pairs of placed photographs with many matches."""

    fitting: list[Edge]
    contradicted: list[Edge]
    """Their matches do not fit where the model has their cameras."""

    @property
    def is_lost(self) -> bool:
        """More pairs speak against the model than for it."""
        return len(self.contradicted) > len(self.fitting)


def agreement(model: pycolmap.Reconstruction, graph: Graph, numbered: Sequence[str]) -> Agreement:
    """What the pairs say to where the model has their cameras."""
    images = {model.image(number).name: model.image(number) for number in model.reg_image_ids()}
    found = Agreement([], [])
    for edge in graph.edges:
        one, other = images.get(numbered[edge.a]), images.get(numbered[edge.b])
        if edge.inliers >= _SURE and one is not None and other is not None:
            fits = _fits(one, other, *graph.places(edge))
            (found.contradicted if fits < 1 - _CONTRADICTED else found.fitting).append(edge)
    return found


def _fits(one: pycolmap.Image, other: pycolmap.Image, a: Array, b: Array) -> float:
    """The share of matches near each other's epipolar lines, by Sampson's distance."""
    relative = other.cam_from_world() * one.cam_from_world().inverse()
    essential = np.asarray(pycolmap.essential_matrix_from_pose(relative), np.float64)
    camera = camera_of(one)
    rays_a, rays_b = _rays(camera, a), _rays(camera_of(other), b)
    lines_b, lines_a = rays_a @ essential.T, rays_b @ essential
    product = np.einsum("nk,nk->n", rays_b, lines_b)
    squares = (lines_b[:, :2] ** 2).sum(axis=1) + (lines_a[:, :2] ** 2).sum(axis=1)
    distance = np.abs(product) / np.sqrt(np.maximum(squares, 1e-30))
    longer = max(camera.width, camera.height) / camera.mean_focal_length()
    return float(np.mean(distance < _WITHIN * longer))


def _rays(camera: pycolmap.Camera, places: Array) -> Array:
    straight = np.asarray(camera.cam_from_img(np.ascontiguousarray(places)), np.float64)
    return np.concatenate([straight, np.ones((len(straight), 1))], axis=1)
