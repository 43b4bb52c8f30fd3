"""What a depth map of our own stereo costs and how right it is, on a rendered scene with exact geometry.

    python benchmarks/dense_stereo.py [--shape solid] [--size 640] [--photos 12] [--views 4] [--json FILE]

A displaced, procedurally textured solid stands on textured ground; cameras on a ring see it 20 degrees
apart. Sensor noise is added. The other shapes are those of `shapes.py`, each lit and photographed from two
rings all around, so that a dozen photographs are twice as far apart. Prints a table and one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from shapes import SHAPES

from steps.data.scene.cameras import place_cameras
from steps.data.scene.picture import take_picture

Array = NDArray[np.float64]


def solid(detail: int = 6) -> Any:
    """A sphere of radius 1 about (0, 0, 1), displaced by smooth waves."""
    import trimesh

    mesh = trimesh.creation.icosphere(subdivisions=detail)
    v = np.asarray(mesh.vertices)
    rng = np.random.default_rng(5)
    height = np.zeros(len(v))
    for frequency, amplitude in ((2.0, 0.10), (4.0, 0.06), (9.0, 0.02)):
        for direction in rng.normal(size=(4, 3)):
            height += amplitude * 0.5 * np.sin(frequency * (v @ direction) + rng.uniform(0, 6.28))
    mesh.vertices = v * (1 + height)[:, None] * [1.0, 1.0, 1.1] + [0, 0, 1.0]
    return mesh


def ground() -> Any:
    """A square of side 12 at height 0."""
    import trimesh

    corners = np.array([[-6, -6, 0], [6, -6, 0], [6, 6, 0], [-6, 6, 0]], float)
    return trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], process=False)


def texture(points: Array, seed: int = 1) -> Array:
    """Gray level 0–255 at world points [n, 3]: three octaves of noise in space."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    volume = gaussian_filter(np.random.default_rng(seed).normal(size=(64, 64, 64)), 0.8, mode="wrap")
    volume /= volume.std()
    gray = np.full(len(points), 128.0)
    for frequency, contrast in ((6.0, 22.0), (17.0, 18.0), (45.0, 14.0)):
        coordinates = np.mod(points.T * frequency, 64.0)
        gray += contrast * map_coordinates(volume, coordinates, order=1, mode="grid-wrap")
    return np.asarray(np.clip(gray, 0, 255))


class Photographed(ABC):
    """Cameras that look at an object, and what they see."""

    width: int
    height: int
    focal: float
    photos: int

    @abstractmethod
    def pose(self, index: int) -> tuple[Array, Array]:
        """R and t of a camera, x_cam = R·X + t."""

    @abstractmethod
    def cast(self, index: int, pixels: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """World points, depths and whether they are on the object, for pixels [n, 2] (center of the first at 0)."""

    @abstractmethod
    def photograph(self, index: int) -> NDArray[np.uint8]:
        """What a camera sees, gray or BGR."""

    def depth(self, index: int) -> tuple[Array, NDArray[np.bool_]]:
        """Exact depth [h, w] (0: nothing there) and which pixels show the object."""
        y, x = np.mgrid[: self.height, : self.width]
        _, depth, on_solid = self.cast(index, np.column_stack([x.ravel(), y.ravel()]).astype(float))
        return depth.reshape(x.shape), on_solid.reshape(x.shape)

    def write(self, folder: Path, sparse_points: int = 3000) -> None:
        """Write COLMAP's dense workspace: photographs, exact cameras, a few noisy sparse points."""
        for name in ("images", "sparse", "stereo"):
            (folder / name).mkdir(parents=True)
        for index in range(self.photos):
            cv2.imwrite(str(folder / "images" / f"{index:03}.png"), self.photograph(index))
        (folder / "stereo" / "fusion.cfg").write_text("".join(f"{i:03}.png\n" for i in range(self.photos)))
        camera = f"1 PINHOLE {self.width} {self.height} {self.focal} {self.focal} {self.width / 2} {self.height / 2}\n"
        (folder / "sparse" / "cameras.txt").write_text(camera)
        self._write_points(folder / "sparse", sparse_points)

    def _write_points(self, sparse: Path, count: int) -> None:
        from scipy.spatial.transform import Rotation

        rng = np.random.default_rng(3)
        per_view = count // self.photos
        points = []
        for index in range(self.photos):
            pixels = rng.uniform([0, 0], [self.width - 1, self.height - 1], (per_view, 2))
            seen, depth, _ = self.cast(index, pixels)
            points.append(seen[depth > 0])
        world = np.concatenate(points)
        noisy = world + rng.normal(0, 0.004, world.shape)
        lines, tracks = [], [""] * len(world)
        for index in range(self.photos):
            rotation, translation = self.pose(index)
            local = world @ rotation.T + translation
            pixels = local[:, :2] / local[:, 2:] * self.focal + [(self.width - 1) / 2, (self.height - 1) / 2]
            inside = ((pixels > 0) & (pixels < [self.width - 1, self.height - 1])).all(axis=1) & (local[:, 2] > 0)
            _, depth, _ = self.cast(index, pixels)
            shown = np.flatnonzero(inside & (np.abs(depth / local[:, 2] - 1) < 1e-3))
            for order, i in enumerate(shown):
                tracks[i] += f" {index + 1} {order}"
            x, y, z, w = Rotation.from_matrix(rotation).as_quat()
            pose = " ".join(f"{v:.12g}" for v in (w, x, y, z, *translation))
            observed = " ".join(f"{pixels[i, 0] + 0.5:.3f} {pixels[i, 1] + 0.5:.3f} {i + 1}" for i in shown)
            lines.append(f"{index + 1} {pose} 1 {index:03}.png\n{observed}\n")
        (sparse / "images.txt").write_text("".join(lines))
        rows = [f"{i + 1} {p[0]:.6f} {p[1]:.6f} {p[2]:.6f} 128 128 128 0.5{tracks[i]}\n" for i, p in enumerate(noisy)]
        (sparse / "points3D.txt").write_text("".join(row for row, track in zip(rows, tracks, strict=True) if track))


class Ring(Photographed):
    """Cameras on a ring that look at the solid."""

    def __init__(self, size: int, photos: int) -> None:
        import trimesh
        from trimesh.ray.ray_pyembree import RayMeshIntersector

        self.width, self.height, self.focal = size, size * 3 // 4, 1.1 * size
        self.photos = photos
        self.solid = solid()
        self._caster = RayMeshIntersector(trimesh.util.concatenate([self.solid, ground()]))

    def pose(self, index: int) -> tuple[Array, Array]:
        """R and t of a camera, x_cam = R·X + t; every other one stands higher."""
        angle = np.radians(20.0) * index
        center = np.array([4.2 * np.cos(angle), 4.2 * np.sin(angle), 1.8 + 0.8 * (index % 2)])
        forward = np.array([0, 0, 0.9]) - center
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(forward, right), forward])
        return rotation, -rotation @ center

    def cast(self, index: int, pixels: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """World points, depths and whether they are on the solid, for pixels [n, 2] (center of the first at 0)."""
        rotation, translation = self.pose(index)
        center = -rotation.T @ translation
        middle = [(self.width - 1) / 2, (self.height - 1) / 2]
        rays = np.column_stack([(pixels - middle) / self.focal, np.ones(len(pixels))])
        directions = rays @ rotation
        triangle = self._caster.intersects_first(np.broadcast_to(center, directions.shape), directions)
        mesh = self._caster.mesh
        hit = triangle >= 0
        normals, corner = mesh.face_normals[triangle], mesh.triangles[triangle, 0]
        along = ((corner - center) * normals).sum(axis=1) / (directions * normals).sum(axis=1)
        depth = np.where(hit, along, 0.0)
        return center + depth[:, None] * directions, depth, hit & (triangle < len(self.solid.faces))

    def photograph(self, index: int, samples: int = 3) -> NDArray[np.uint8]:
        """A gray photograph with `samples`² rays per pixel and sensor noise."""
        y, x = np.mgrid[: self.height * samples, : self.width * samples]
        pixels = (np.column_stack([x.ravel(), y.ravel()]) + 0.5) / samples - 0.5
        points, depth, _ = self.cast(index, pixels)
        gray = np.where(depth > 0, texture(points), 200.0)
        image = gray.reshape(self.height, samples, self.width, samples).mean(axis=(1, 3))
        image += np.random.default_rng(index).normal(0, 1.5, image.shape)
        return np.asarray(np.clip(np.rint(image), 0, 255), np.uint8)


class Shaped(Photographed):
    """A shape of `shapes.py` and the renderer's cameras around it."""

    def __init__(self, shape: str, size: int, photos: int) -> None:
        self.scene = SHAPES[shape](0)
        self.cameras = place_cameras(photos, size, np.random.default_rng([0, 1]))
        camera = self.cameras[0]
        self.width, self.height, self.focal, self.photos = camera.width, camera.height, camera.focal, photos

    def pose(self, index: int) -> tuple[Array, Array]:
        """R and t of a camera, x_cam = R·X + t."""
        return self.cameras[index].rotation, self.cameras[index].translation

    def cast(self, index: int, pixels: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """World points, depths and whether they are on the object, for pixels [n, 2]."""
        camera = self.cameras[index]
        middle = [(self.width - 1) / 2, (self.height - 1) / 2]
        rays = np.column_stack([(pixels - middle) / self.focal, np.ones(len(pixels))])
        lengths = np.linalg.norm(rays, axis=1)
        toward = (rays / lengths[:, None] @ camera.rotation).astype(np.float32)
        hit = self.scene.lit.tracer.run(
            np.tile(camera.center.astype(np.float32), (len(toward), 1)), toward, output=True
        )
        met = hit["primID"] >= 0
        depth = np.where(met, hit["tfar"] / lengths, 0.0)
        return camera.center + (depth * lengths)[:, None] * toward, depth, met & (hit["geomID"] < self.scene.parts)

    def photograph(self, index: int) -> NDArray[np.uint8]:
        """A photograph in color."""
        return take_picture(self.scene.lit, self.cameras[index], np.random.default_rng([0, 2, index]))[:, :, ::-1]


def score(depth: Array, truth: Array, where: NDArray[np.bool_]) -> dict[str, float]:
    """Shares of the pixels `where` that are measured and right, and the median error of the measured."""
    measured = where & (depth > 0)
    error = np.abs(depth[measured] / truth[measured] - 1)
    return {
        "measured_percent": 100 * measured.sum() / where.sum(),
        "within_1_percent": 100 * (error < 0.01).sum() / where.sum(),
        "within_02_percent": 100 * (error < 0.002).sum() / where.sum(),
        "median_error_percent": 100 * float(np.median(error)) if len(error) else float("nan"),
    }


def main() -> None:
    """Render, estimate, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=["solid", *SHAPES], default="solid")
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--photos", type=int, default=12)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--scene", type=Path, help="keep the rendered scene here and use it again")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    seen: Photographed = (
        Ring(arguments.size, arguments.photos)
        if arguments.shape == "solid"
        else Shaped(arguments.shape, arguments.size, arguments.photos)
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.scene or Path(temporary) / "scene"
        if not folder.exists():
            seen.write(folder)
        figures = {"shape": arguments.shape} | run(folder, seen, arguments.views)
    for name, value in figures.items():
        print(f"{name:34} {value:>12.4g}" if isinstance(value, float) else f"{name:34} {value!s:>12}", file=sys.stderr)
    document = json.dumps(figures, indent=1)
    print(document)
    if arguments.json:
        arguments.json.write_text(document)


def run(folder: Path, seen: Photographed, views: int) -> dict[str, Any]:
    """Compile on a warm-up, then measure: CPU time of all views, errors of all pixels."""
    from steps.reconstruction.dense.estimate import Effort, Estimate, Estimator, Scene
    from steps.reconstruction.dense.views import View, read_views

    known = read_views(folder / "sparse")
    raw: dict[str, Array] = {}
    kept: dict[str, Array] = {}

    def keep(view: View, estimate: Estimate) -> None:
        raw[view.name] = 1.0 / estimate.planes[:, :, 0].astype(float)
        kept[view.name] = estimate.depth().astype(float)

    def estimate_all(some: list[View], count: int) -> tuple[float, float]:
        start, wall = time.process_time(), time.perf_counter()
        with tempfile.TemporaryDirectory() as scratch:
            scene = Scene(some, folder / "images", count)
            Estimator(scene, Path(scratch), Effort(), seed=0).run(keep, lambda *_: None)
        return time.process_time() - start, time.perf_counter() - wall

    compiling, _ = estimate_all(known[:2], 1)
    cpu, wall = estimate_all(known, views)
    truth = [seen.depth(index) for index in range(seen.photos)]
    depth, on_solid = np.stack([d for d, _ in truth]), np.stack([s for _, s in truth])
    figures: dict[str, Any] = {
        "size": seen.width, "photos": seen.photos, "views": views, "cores": os.cpu_count(),
        "warm_up_cpu_seconds": compiling, "cpu_seconds": cpu, "wall_seconds": wall,
        "cpu_microseconds_per_pixel": 1e6 * cpu / depth.size,
    }  # fmt: skip
    for what, where in (("object", on_solid), ("everything", depth > 0)):
        for name, maps in (("raw", raw), ("kept", kept)):
            measured = np.stack([maps[view.name] for view in known])
            figures |= {f"{what}_{name}_{key}": value for key, value in score(measured, depth, where).items()}
    return figures


if __name__ == "__main__":
    main()
