"""Baking: the color of every texel from the photographs that see its place best."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.surfacing.ply import Floats, Indices, Triangles
from steps.reconstruction.texturing.cameras import View
from steps.reconstruction.texturing.exposure import gains
from steps.reconstruction.texturing.unwrap import Atlas, barycentric, texel_triangles
from steps.reconstruction.texturing.visibility import Occlusion, smoothed, vertex_normals, vertex_scores

BEST = 3
"""So many photographs are looked at for a texel."""
SHARPNESS = 8
"""Weights are scores to this power: the best photograph dominates, and hands over to the next within a few texels."""
Image = NDArray[np.uint8]


def bake(
    mesh: Triangles, atlas: Atlas, views: list[View], photos: Path, size: int, report: Callable[[int, int, str], None]
) -> tuple[Image, float]:
    """The texture [size, size, 3] RGB, and the share of its texels that some photograph sees."""
    occlusion = Occlusion(mesh)
    scores = vertex_scores(mesh, vertex_normals(mesh), views, occlusion)
    colors = _vertex_colors(mesh, scores, views, photos)
    gain = gains(colors, scores > 0)
    fallback = _spread(mesh, colors * gain, scores)
    texels, face, weights = barycentric(atlas, texel_triangles(atlas, size), size)
    corners = atlas.source[atlas.faces[face]]  # [n, 3], vertices of the mesh
    places = np.einsum("nk,nkd->nd", weights, mesh.vertices[corners])
    smooth = smoothed(scores, mesh.faces)
    total = np.zeros((len(texels), 3), np.float32)
    weight = np.zeros(len(texels), np.float32)
    threshold = _rank_threshold(smooth, corners, weights)
    for index, view in enumerate(views):
        report(index, len(views), view.name)
        score = _at_texels(smooth[:, index], corners, weights)
        chosen = np.flatnonzero((score > 0) & (score >= threshold))
        pixels, inside = view.project(places[chosen])
        chosen, pixels = chosen[inside], pixels[inside]
        clear = occlusion.visible(places[chosen], view.center)
        chosen, pixels = chosen[clear], pixels[clear]
        sampled = _sample(_read(photos / view.name), pixels) * gain[index]
        power = (score[chosen] / score.max() if len(score) else score[chosen]) ** SHARPNESS + 1e-12
        total[chosen] += sampled * power[:, None]
        weight[chosen] += power
    seen = weight > 0
    total[seen] /= weight[seen, None]
    total[~seen] = np.einsum("nk,nkc->nc", weights[~seen], fallback[corners[~seen]])
    texture = np.zeros((size * size, 3), np.uint8)
    texture[texels] = np.clip(total + 0.5, 0, 255)
    filled = np.zeros(size * size, bool)
    filled[texels] = True
    return _padded(texture.reshape(size, size, 3), filled.reshape(size, size)), float(seen.mean())


def _rank_threshold(smooth: NDArray[np.float32], corners: Indices, weights: Floats) -> NDArray[np.float32]:
    """For each texel the score of its BEST-th photograph."""
    if smooth.shape[1] <= BEST:
        return np.zeros(len(corners), np.float32)
    best = np.zeros((BEST, len(corners)), np.float32)
    for index in range(smooth.shape[1]):
        score = _at_texels(smooth[:, index], corners, weights)
        for rank in range(BEST):
            lower = np.minimum(best[rank], score)
            best[rank] = np.maximum(best[rank], score)
            score = lower
    return best[-1]


def _at_texels(values: NDArray[np.float32], corners: Indices, weights: Floats) -> NDArray[np.float32]:
    """Values at the vertices, between them; 0 unless all three corners have one."""
    at = values[corners]
    mixed: NDArray[np.float32] = np.einsum("nk,nk->n", at, weights).astype(np.float32)
    return np.where((at > 0).all(axis=1), mixed, 0)


def _read(path: Path) -> Image:
    import cv2

    found = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    image: Image = cv2.cvtColor(found, cv2.COLOR_BGR2RGB)
    return image


def _sample(image: Image, pixels: Floats) -> NDArray[np.float32]:
    """Colors between pixels, bilinear."""
    import cv2

    if len(pixels) == 0:
        return np.zeros((0, 3), np.float32)
    # cv2.remap takes pictures of at most 32767 a side: lay the list of positions out as one.
    width = 4096
    rows = -(-len(pixels) // width)
    laid = np.zeros((rows * width, 2), np.float32)
    laid[: len(pixels)] = pixels
    x, y = laid.reshape(rows, width, 2).transpose(2, 0, 1)
    found = cv2.remap(
        image, np.ascontiguousarray(x), np.ascontiguousarray(y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(found, np.float32).reshape(-1, 3)[: len(pixels)]


def _vertex_colors(
    mesh: Triangles, scores: NDArray[np.float32], views: list[View], photos: Path
) -> NDArray[np.float32]:
    """The color of each vertex in each photograph that sees it [v, n, 3]."""
    import cv2

    colors = np.zeros((*scores.shape, 3), np.float32)
    for index, view in enumerate(views):
        seen = np.flatnonzero(scores[:, index] > 0)
        pixels, _ = view.project(mesh.vertices[seen])
        colors[seen, index] = _sample(np.asarray(cv2.blur(_read(photos / view.name), (5, 5)), np.uint8), pixels)
    return colors


def _spread(mesh: Triangles, colors: NDArray[np.float32], scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """A color [v, 3] for every vertex: what is seen, and for the rest what is near on the surface."""
    from scipy.spatial import cKDTree

    weight = scores**2
    total = weight.sum(axis=1)
    seen = total > 0
    if not seen.any():
        return np.full((len(mesh.vertices), 3), 128, np.float32)
    mixed = np.einsum("vn,vnc->vc", weight, colors) / np.maximum(total, 1e-20)[:, None]
    near = cKDTree(mesh.vertices[seen]).query(mesh.vertices[~seen], k=min(8, int(seen.sum())))[1]
    mixed[~seen] = mixed[seen][near].reshape(int((~seen).sum()), -1, 3).mean(axis=1)
    result: NDArray[np.float32] = mixed.astype(np.float32)
    return result


def _padded(texture: Image, filled: NDArray[np.bool_]) -> Image:
    """The texture with every empty texel colored as the nearest filled one, so that no border shows."""
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(~filled, return_distances=False, return_indices=True)
    return texture[rows, columns]
