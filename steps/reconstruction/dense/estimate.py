"""Depth and normal maps of a scene, view by view: from photographs alone, then with their neighbors' consent."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from steps.reconstruction.dense.cost import pack
from steps.reconstruction.dense.patchmatch import Search, Sources, count_consistent, sweep
from steps.reconstruction.dense.views import View, relative, scaled, select_sources, sparse_inverse_depths

Planes = NDArray[np.float32]
Gray = NDArray[np.uint8]


@dataclass(frozen=True)
class Settings:
    """How hard to search."""

    levels: int = 3
    """Images in the pyramid, each half as large as the one before."""
    coarse_iterations: int = 4
    """Sweeps at each coarser level."""
    iterations: int = 3
    """Sweeps at full size: one from photographs alone, the rest with the neighbors' consent."""
    consistency: float = 0.1
    """Cost of one pixel of forward-backward error."""
    threads: int = 0
    """0: one per core this process may use."""


def usable_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gray_at(image: Gray, level: int) -> Gray:
    """`image` halved `level` times, each pixel the mean of those it covers."""
    if level == 0:
        return image
    height, width = image.shape
    size = (max(1, round(width / 2**level)), max(1, round(height / 2**level)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def calibration_at(view: View, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The calibration of `view` resized to `shape` (h, w)."""
    return scaled(view.calibration, shape[1] / view.width, shape[0] / view.height)


def depth_range(view: View) -> tuple[float, float]:
    """Farthest and nearest inverse depth worth searching, from the sparse points with a margin."""
    inverse = sparse_inverse_depths(view)[:, 2]
    farthest, nearest = np.percentile(inverse, [1, 99])
    return float(farthest) * 0.75, float(nearest) * 1.33


def starting_planes(view: View, shape: tuple[int, ...]) -> Planes:
    """Fronto-parallel planes [h, w, 3] between the sparse points, the nearest one's outside them."""
    from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

    height, width = shape
    points = sparse_inverse_depths(view)
    xy = (points[:, :2] + 0.5) * [width / view.width, height / view.height] - 0.5
    y, x = np.mgrid[:height, :width].astype(float)
    w = NearestNDInterpolator(xy, points[:, 2])(x, y)
    if len(points) > 8:
        between = LinearNDInterpolator(xy, points[:, 2])(x, y)
        w = np.where(np.isfinite(between), between, w)
    planes = np.zeros((height, width, 3), np.float32)
    planes[:, :, 0] = w
    return planes


def enlarged(planes: Planes, shape: tuple[int, ...]) -> Planes:
    """The same planes for an image of `shape` (h, w)."""
    height, width = shape
    down, across = planes.shape[0] / height, planes.shape[1] / width
    y, x = (np.arange(height) + 0.5) * down - 0.5, (np.arange(width) + 0.5) * across - 0.5
    row = np.clip(np.rint(y), 0, planes.shape[0] - 1).astype(int)
    column = np.clip(np.rint(x), 0, planes.shape[1] - 1).astype(int)
    fine = planes[np.ix_(row, column)].copy()
    fine[:, :, 0] += fine[:, :, 1] * (x - column)[None, :] + fine[:, :, 2] * (y - row)[:, None]
    fine[:, :, 1] *= across
    fine[:, :, 2] *= down
    return fine


def gather_sources(
    view: View, others: Sequence[View], shape: tuple[int, ...], images: Sequence[Gray], planes: Sequence[Planes] = ()
) -> Sources:
    """Lay the sources' pixels one after another, with the way to each and back."""
    here = calibration_at(view, shape)
    packed = [pack(image) for image in images]
    pixels = np.cumsum([0] + [image.size for image in images])
    texels = np.cumsum([0] + [words.size for words in packed])
    cameras = [calibration_at(other, image.shape) for other, image in zip(others, images, strict=True)]
    return Sources(
        np.concatenate([words.ravel() for words in packed]),
        np.concatenate([p.reshape(-1, 3) for p in planes]) if planes else np.zeros((0, 3), np.float32),
        np.array([[texels[j], pixels[j], *image.shape] for j, image in enumerate(images)], np.int64),
        np.array([relative(view, other, here, camera) for other, camera in zip(others, cameras, strict=True)]),
        np.array([relative(other, view, camera, here) for other, camera in zip(others, cameras, strict=True)]),
    )


def prepare_search(view: View, shape: tuple[int, ...], sources: Sources, consistency: float, seed: int) -> Search:
    """The range and the scale of the search at an image size."""
    farthest, nearest = depth_range(view)
    x, y, w = shape[1] / 2, shape[0] / 2, np.sqrt(farthest * nearest)
    at, further = (sources.there @ np.array([x, y, 1, w * by]) for by in (1.0, 1.01))
    moved = np.linalg.norm(at[:, :2] / at[:, 2:] - further[:, :2] / further[:, 2:], axis=1).max()
    fx, fy, cx, cy = (float(value) for value in calibration_at(view, shape))
    return Search(fx, fy, cx, cy, farthest, nearest, float(0.01 * w / max(moved, 1e-6)), consistency, seed)


def search_planes(
    image: Gray,
    planes: Planes,
    sources: Sources,
    search: Search,
    iterations: range,
    pool: ThreadPoolExecutor,
    bands: int,
) -> NDArray[np.float32]:
    """Improve `planes` in place by one sweep per iteration; their costs [h, w]."""
    costs = np.full(image.shape, 2.0, np.float32)
    edges = np.linspace(0, len(image), bands + 1).astype(int)

    def both_colors(iteration: int, explore: bool) -> None:
        for color in (0, 1):
            jobs = [
                pool.submit(sweep, color, int(a), int(b), iteration, explore, image, planes, costs, sources, search)
                for a, b in zip(edges[:-1], edges[1:], strict=True)
            ]
            for job in jobs:
                job.result()

    both_colors(0, False)
    for iteration in iterations:
        both_colors(iteration, True)
    return costs


def consistent_sources(planes: Planes, sources: Sources, most_error: float) -> NDArray[np.int32]:
    """How many sources see the same surface, within `most_error` pixels there and back: [h, w]."""
    count = np.zeros(planes.shape[:2], np.int32)
    count_consistent(planes, sources, most_error, count)
    return count


class Scene:
    """The views of one workspace and their gray images, read when needed."""

    def __init__(self, views: list[View], images: Path, count: int) -> None:
        self.views = views
        self.sources = [select_sources(views, index, count) for index in range(len(views))]
        self._folder = images
        self.gray = lru_cache(maxsize=4 * count + 4)(self._read)

    def _read(self, index: int) -> Gray:
        path = self._folder / self.views[index].name
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
        return np.asarray(image, np.uint8)


def estimate_scene(
    scene: Scene,
    scratch: Path,
    settings: Settings,
    seed: int,
    keep: Callable[[int, Planes, NDArray[np.float32], NDArray[np.int32]], None],
    report: Callable[[int, int, str], None],
) -> None:
    """Estimate every view in two passes; `keep` receives planes, costs and numbers of consistent sources."""
    threads = settings.threads or usable_cores()
    usable = [index for index, chosen in enumerate(scene.sources) if chosen]
    with ThreadPoolExecutor(threads) as pool:
        for done, index in enumerate(usable):
            report(done, 2 * len(usable), f"depth of {scene.views[index].name}")
            planes = _from_photographs(scene, index, settings, seed, pool, threads)
            np.save(scratch / f"{index}.npy", planes)
        for done, index in enumerate(usable):
            report(len(usable) + done, 2 * len(usable), f"depth of {scene.views[index].name}, with its neighbors")
            keep(index, *_with_neighbors(scene, index, settings, seed, pool, threads, scratch))


def _from_photographs(
    scene: Scene, index: int, settings: Settings, seed: int, pool: ThreadPoolExecutor, threads: int
) -> Planes:
    view, others = scene.views[index], scene.sources[index]
    planes: Planes | None = None
    for level in reversed(range(settings.levels)):
        image = gray_at(scene.gray(index), level)
        images = [gray_at(scene.gray(j), level) for j in others]
        sources = gather_sources(view, [scene.views[j] for j in others], image.shape, images)
        search = prepare_search(view, image.shape, sources, 0.0, seed + level + 8 * index)
        planes = starting_planes(view, image.shape) if planes is None else enlarged(planes, image.shape)
        sweeps = range(settings.coarse_iterations) if level else range(1, 2)
        search_planes(image, planes, sources, search, sweeps, pool, 4 * threads)
    assert planes is not None
    return planes


def _with_neighbors(
    scene: Scene, index: int, settings: Settings, seed: int, pool: ThreadPoolExecutor, threads: int, scratch: Path
) -> tuple[Planes, NDArray[np.float32], NDArray[np.int32]]:
    view, others = scene.views[index], [j for j in scene.sources[index] if (scratch / f"{j}.npy").exists()]
    image = scene.gray(index)
    sources = gather_sources(
        view, [scene.views[j] for j in others], image.shape, [scene.gray(j) for j in others],
        [np.load(scratch / f"{j}.npy") for j in others],
    )  # fmt: skip
    search = prepare_search(view, image.shape, sources, settings.consistency, seed + 8 * index)
    planes = np.load(scratch / f"{index}.npy")
    costs = search_planes(image, planes, sources, search, range(1, settings.iterations), pool, 4 * threads)
    return planes, costs, consistent_sources(planes, sources, 1.0)
