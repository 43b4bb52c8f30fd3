"""A scene whose depth is known by formula: a textured sphere before a textured slanted wall."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from steps.reconstruction.dense.views import View

Array = NDArray[np.float64]

WALL_NORMAL, WALL_DISTANCE = np.array([0.2, -0.1, -1.0]), -6.0
SPHERE_CENTER, SPHERE_RADIUS = np.array([0.1, 0.0, 4.0]), 0.9


def texture(points: Array) -> Array:
    """Gray level of world points [n, 3]: waves in many directions, the same at every call."""
    rng = np.random.default_rng(11)
    gray = np.full(len(points), 128.0)
    for frequency in (5.0, 9.0, 16.0, 27.0):
        for direction in rng.normal(size=(4, 3)):
            gray += 14.0 * np.sin(points @ direction * frequency + rng.uniform(0, 6.28))
    return np.clip(gray, 0, 255)


@dataclass(frozen=True)
class Rendered:
    """Views in a row, side by side, with what each sees."""

    views: list[View]
    images: list[NDArray[np.uint8]]
    depths: list[Array]  # [h, w] exact

    def distances(self, points: Array) -> tuple[Array, Array]:
        """Distances of world points [n, 3] to the wall and to the sphere."""
        to_wall = np.abs(points @ WALL_NORMAL - WALL_DISTANCE) / np.linalg.norm(WALL_NORMAL)
        return to_wall, np.abs(np.linalg.norm(points - SPHERE_CENTER, axis=1) - SPHERE_RADIUS)

    def normals(self, points: Array) -> Array:
        """Unit normals [n, 3], toward the cameras, of the sphere or the wall, whichever is nearer to each point."""
        to_wall, to_sphere = self.distances(points)
        outward = points - SPHERE_CENTER
        round_ones = outward / np.linalg.norm(outward, axis=1, keepdims=True)
        return np.where((to_sphere < to_wall)[:, None], round_ones, WALL_NORMAL / np.linalg.norm(WALL_NORMAL))

    def normal_map(self, index: int) -> NDArray[np.float32]:
        """Exact normals [h, w, 3] in the camera axes of a view."""
        view, depth = self.views[index], self.depths[index]
        y, x = np.mgrid[: view.height, : view.width].astype(float)
        points = cast(view, np.column_stack([x.ravel(), y.ravel()]))[0]
        return (self.normals(points) @ view.rotation.T).reshape(*depth.shape, 3).astype(np.float32)

    def write(self, folder: Path) -> Path:
        """Write COLMAP's workspace: photographs and the model as text."""
        for name in ("images/left", "sparse", "stereo"):
            (folder / name).mkdir(parents=True)
        first, poses, tracks = self.views[0], [], {int(i): "" for i in self.views[0].point_ids}
        fx, fy, cx, cy = first.calibration
        for number, (view, image) in enumerate(zip(self.views, self.images, strict=True), 1):
            cv2.imwrite(str(folder / "images" / view.name), image)
            x, y, z, w = Rotation.from_matrix(view.rotation).as_quat()
            local = view.points @ view.rotation.T + view.translation
            at = local[:, :2] / local[:, 2:] * [fx, fy] + [cx + 0.5, cy + 0.5]
            observed = " ".join(f"{u} {v} {i}" for (u, v), i in zip(at, view.point_ids, strict=True))
            pose = " ".join(f"{value:.12g}" for value in (w, x, y, z, *view.translation))
            poses.append(f"{number} {pose} 1 {view.name}\n{observed}\n")
            for order, i in enumerate(view.point_ids):
                tracks[int(i)] += f" {number} {order}"
        camera = f"1 PINHOLE {first.width} {first.height} {fx} {fy} {cx + 0.5} {cy + 0.5}\n"
        (folder / "sparse/cameras.txt").write_text(camera)
        (folder / "sparse/images.txt").write_text("".join(poses))
        rows = zip(first.point_ids, first.points, strict=True)
        lines = (f"{i} {p[0]} {p[1]} {p[2]} 128 128 128 0.3{tracks[int(i)]}\n" for i, p in rows)
        (folder / "sparse/points3D.txt").write_text("".join(lines))
        return folder


def cast(view: View, pixels: Array) -> tuple[Array, Array]:
    """World points [n, 3] and depths [n] that `view` sees at `pixels` [n, 2]."""
    fx, fy, cx, cy = view.calibration
    rays = np.column_stack([(pixels - [cx, cy]) / [fx, fy], np.ones(len(pixels))]) @ view.rotation
    wall = (WALL_DISTANCE - view.center @ WALL_NORMAL) / (rays @ WALL_NORMAL)
    offset = view.center - SPHERE_CENTER
    a, b, c = (rays**2).sum(axis=1), rays @ offset, offset @ offset - SPHERE_RADIUS**2
    root = b**2 - a * c
    sphere = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
    depth = np.minimum(wall, sphere)
    return view.center + depth[:, None] * rays, depth


def render(width: int, height: int, count: int) -> Rendered:
    """`count` photographs, 0.35 apart, with 4 samples per pixel; the sparse points are exact."""
    views, images, depths = [], [], []
    calibration = np.array([1.1 * width, 1.1 * width, (width - 1) / 2, (height - 1) / 2])
    y, x = np.mgrid[:height, :width].astype(float)
    pixels = np.column_stack([x.ravel(), y.ravel()])
    for index in range(count):
        turn = np.radians(4.0 * (index - (count - 1) / 2))
        rotation = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
        center = np.array([0.35 * (index - (count - 1) / 2), 0.1 * (index % 2), 0.0])
        view = View(f"left/{index}.png", width, height, calibration, rotation, -rotation @ center,
                    np.zeros(0, np.int64), np.zeros((0, 3)))  # fmt: skip
        shifts = [(dx, dy) for dx in (-0.25, 0.25) for dy in (-0.25, 0.25)]
        gray = np.mean([texture(cast(view, pixels + shift)[0]) for shift in shifts], axis=0)
        views.append(view)
        images.append(np.rint(gray).astype(np.uint8).reshape(height, width))
        depths.append(cast(view, pixels)[1].reshape(height, width))
    middle = views[count // 2]
    chosen = np.random.default_rng(2).uniform([5, 5], [width - 6, height - 6], (60, 2))
    points = cast(middle, chosen)[0]
    ids = np.arange(1, len(points) + 1)
    known = [View(v.name, width, height, v.calibration, v.rotation, v.translation, ids, points) for v in views]
    return Rendered(known, images, depths)


@pytest.fixture(scope="session")
def small() -> Rendered:
    """Three views small enough for the slow reference."""
    return render(36, 28, 3)


@pytest.fixture(scope="session")
def rendered() -> Rendered:
    """Four views of 160 by 120."""
    return render(160, 120, 4)
