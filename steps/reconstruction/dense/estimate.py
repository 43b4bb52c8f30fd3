"""Depth of a scene, view by view: first from photographs alone, then with the neighbors' consent.

Views are streamed: in memory are one view, its sources and a few gray images; planes of the first pass
wait in a scratch folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kai_pipelines.errors import Fatal
from steps.reconstruction.dense.fringe import find_fringe
from steps.reconstruction.dense.patchmatch import Search, sweep
from steps.reconstruction.dense.pyramid import (
    Gray,
    Planes,
    enlarged,
    gather_sources,
    gray_at,
    prepare_search,
    starting_planes,
)
from steps.reconstruction.dense.random import stream
from steps.reconstruction.dense.sources import Sources, count_consistent
from steps.reconstruction.dense.views import View, count_shared, select_sources

CONSISTENT_WITHIN = 1.0
"""Pixels of forward-backward error up to which a source counts as seeing the same surface."""
LEAST_CONSISTENT, MOST_COST = 1, 0.9
"""What a pixel needs to be kept: so many sources that see the same surface, and no higher cost."""
BANDS_PER_THREAD = 4
"""Bands of rows per thread: rows differ in work, and small bands even that out."""
_WITH_NEIGHBORS = 15  # the random stream of the second pass; the first uses the pyramid's level


def usable_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Effort:
    """How hard to search."""

    levels: int = 3
    """Images in the pyramid, each half as large as the one before."""
    coarse_iterations: int = 4
    """Sweeps at each coarser level."""
    iterations: int = 3
    """Sweeps at full size: the first from photographs alone, the others with the neighbors' consent."""
    consistency: float = 0.1
    """Cost of one pixel of forward-backward error."""
    threads: int = field(default_factory=usable_cores)


@dataclass(frozen=True)
class Estimate:
    """What is known of one view in the end."""

    image: Gray
    planes: Planes
    costs: NDArray[np.float32]  # [h, w]
    consistent: NDArray[np.uint8]  # [h, w] sources that see the same surface

    def depth(self) -> NDArray[np.float32]:
        """Depth [h, w] of what a source agrees to and photographs do not contradict, without fringes, else 0."""
        agreed = (self.consistent >= LEAST_CONSISTENT) & (self.costs < MOST_COST)
        depth = np.where(agreed, 1.0 / np.maximum(self.planes[:, :, 0], 1e-12), 0.0).astype(np.float32)
        depth[find_fringe(self.image, depth)] = 0.0
        return depth


class Scene:
    """The views of one workspace, their sources, and their gray images, read when needed."""

    def __init__(self, views: list[View], images: Path, count: int) -> None:
        """Choose up to `count` sources for each view; `images` is the folder of the photographs."""
        self.views = views
        shared = count_shared(views)
        self.sources = [select_sources(views, shared, index, count) for index in range(len(views))]
        self.usable = [index for index, chosen in enumerate(self.sources) if chosen]
        self._folder = images
        self.gray = lru_cache(maxsize=4 * count + 4)(self._read)

    def _read(self, index: int) -> Gray:
        name = self.views[index].name
        content = np.fromfile(self._folder / name, np.uint8)  # cv2.imread knows no unicode paths on some systems
        image = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise Fatal(f"{name} cannot be read.", code="unreadable-image", files=[name])
        return np.asarray(image, np.uint8)


class Estimator:
    """Estimates the views of one scene in two passes, on several threads."""

    def __init__(self, scene: Scene, scratch: Path, effort: Effort, seed: int) -> None:
        """Planes of the first pass are kept in `scratch`."""
        self.scene, self.effort, self.seed = scene, effort, seed
        self._scratch = scratch

    def run(self, keep: Callable[[View, Estimate], None], report: Callable[[int, int, str], None]) -> None:
        """Hand each view's estimate to `keep`; `report` hears (done, total, what is being done)."""
        usable, total = self.scene.usable, 2 * len(self.scene.usable)
        with ThreadPoolExecutor(self.effort.threads) as pool:
            for done, index in enumerate(usable):
                report(done, total, f"{self.scene.views[index].name}: depth from the photographs")
                np.save(self._planes(index), self._from_photographs(index, pool))
            for done, index in enumerate(usable):
                view = self.scene.views[index]
                report(len(usable) + done, total, f"{view.name}: depth with the neighbors' consent")
                keep(view, self._with_neighbors(index, pool))

    def _planes(self, index: int) -> Path:
        return self._scratch / f"{index}.npy"

    def _from_photographs(self, index: int, pool: ThreadPoolExecutor) -> Planes:
        view, others = self.scene.views[index], self.scene.sources[index]
        planes: Planes | None = None
        for level in reversed(range(self.effort.levels)):
            image = gray_at(self.scene.gray(index), level)
            images = [gray_at(self.scene.gray(j), level) for j in others]
            sources = gather_sources(view, [self.scene.views[j] for j in others], image.shape, images)
            search = prepare_search(view, image.shape, sources, 0.0, stream(self.seed, index, level))
            planes = starting_planes(view, image.shape) if planes is None else enlarged(planes, image.shape)
            iterations = range(self.effort.coarse_iterations) if level else range(1, 2)
            self._search(image, planes, sources, search, iterations, pool)
        assert planes is not None
        return planes

    def _with_neighbors(self, index: int, pool: ThreadPoolExecutor) -> Estimate:
        view, image = self.scene.views[index], self.scene.gray(index)
        others = [j for j in self.scene.sources[index] if self._planes(j).exists()]
        images, known = [self.scene.gray(j) for j in others], [np.load(self._planes(j)) for j in others]
        sources = gather_sources(view, [self.scene.views[j] for j in others], image.shape, images, known)
        seed = stream(self.seed, index, _WITH_NEIGHBORS)
        search = prepare_search(view, image.shape, sources, self.effort.consistency, seed)
        planes = np.load(self._planes(index))
        costs = self._search(image, planes, sources, search, range(1, self.effort.iterations), pool)
        return Estimate(image, planes, costs, count_consistent(planes, sources, CONSISTENT_WITHIN))

    def _search(
        self, image: Gray, planes: Planes, sources: Sources, search: Search, iterations: range, pool: ThreadPoolExecutor
    ) -> NDArray[np.float32]:
        """Improve `planes` in place by one sweep per iteration; their costs [h, w]."""
        costs = np.empty(image.shape, np.float32)
        edges = np.linspace(0, len(image), BANDS_PER_THREAD * self.effort.threads + 1).astype(int).tolist()
        for iteration in (-1, *iterations):
            for color in (0, 1):
                bands = [
                    pool.submit(sweep, color, first, last, iteration, image, planes, costs, sources, search)
                    for first, last in pairwise(edges)
                ]
                for band in bands:
                    band.result()
        return costs
