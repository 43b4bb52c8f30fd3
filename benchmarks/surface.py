"""How right points and surface are that come from rendered photographs alone, and what they cost.

    python benchmarks/surface.py [--shape gourd …] [--quality medium] [--photos 24] [--size 960] [--seed 0]
                                 [--keep DIR] [--json FILE]

The steps get photographs, nothing else. Their result is laid on the truth by the similarity of the camera
centers; nothing is registered afterwards. With t a share of the diagonal of the scene's object:

* precision: share of the result (points; or samples of the mesh, even by area) within t of the true surface;
* recall: share of the true surface that three cameras or more see, ground too, within t of the result;
* F: their harmonic mean.

Prints a table and one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from shapes import SHAPES, Scene

from kai_pipelines import ImageSet, Mesh, PointCloud, Quality, SparseModel
from steps.data.scene.cameras import Camera, place_cameras
from steps.data.scene.picture import take_picture
from steps.reconstruction.align import align_photos
from steps.reconstruction.alignment.scale import umeyama
from steps.reconstruction.artifacts import DenseScene, DepthMaps
from steps.reconstruction.assess import assess_photos
from steps.reconstruction.depth import estimate_depth
from steps.reconstruction.fuse import fuse_depth
from steps.reconstruction.presets import PRESETS
from steps.reconstruction.simplify import simplify_mesh
from steps.reconstruction.surface import mesh_surface
from steps.reconstruction.undistort import undistort_photos

Array = NDArray[np.float64]
SHARES = (0.01, 0.005)
"""Of the diagonal: how near is near enough."""
LEAST_CAMERAS = 3
STEEPEST = 0.2
"""Cosine between normal and ray below which a camera is not said to see a place."""
SAMPLES = 100_000
SMALL = 5_000
"""Triangles of the small version."""
REACH = {"points": (0.985, 0.96), "mesh": (0.98, None), "small": (None, None)}


@dataclass(frozen=True)
class Samples:
    """Points of a surface with the plane that each lies in."""

    points: Array
    normals: Array


def sampled(vertices: Array, faces: NDArray[np.int64], count: int, seed: int = 0) -> Samples:
    """`count` points, even by area."""
    rng = np.random.default_rng(seed)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    cross = np.cross(b - a, c - a)
    area = np.linalg.norm(cross, axis=1)
    chosen = np.searchsorted(np.cumsum(area) / area.sum(), (np.arange(count) + rng.uniform(size=count)) / count)
    chosen = np.minimum(chosen, len(faces) - 1)
    u, v = np.sqrt(rng.uniform(size=count)), rng.uniform(size=count)
    points = (1 - u)[:, None] * a[chosen] + (u * (1 - v))[:, None] * b[chosen] + (u * v)[:, None] * c[chosen]
    return Samples(points, cross[chosen] / np.maximum(area[chosen], 1e-300)[:, None])


def distances(points: Array, surface: Samples) -> Array:
    """Distance of each point to a densely sampled surface: beside a sample, to the plane it lies in."""
    from scipy.spatial import KDTree

    tree = KDTree(surface.points)
    spacing = np.median(tree.query(surface.points[:2000], k=2)[0][:, 1])
    direct, nearest = tree.query(points)
    off = np.abs(((points - surface.points[nearest]) * surface.normals[nearest]).sum(axis=1))
    aside = np.sqrt(np.maximum(direct**2 - off**2, 0))
    return np.asarray(np.where(aside < 3 * spacing, off, direct))


class Truth:
    """The exact surface of a scene, and what of it the cameras see."""

    def __init__(self, scene: Scene, cameras: Sequence[Camera]) -> None:
        patches = scene.lit.patches
        offsets = np.cumsum([0, *(patch.points.shape[0] * patch.points.shape[1] for patch in patches)])[:-1]
        vertices = np.concatenate([patch.points.reshape(-1, 3) for patch in patches]).astype(float)
        faces = np.concatenate([p.triangles() + o for p, o in zip(patches, offsets, strict=True)]).astype(np.int64)
        self.all = sampled(vertices, faces, 6 * SAMPLES, 1)
        some = sampled(vertices, faces, SAMPLES, 2)
        self.seen = some.points[_times_seen(scene, cameras, some) >= min(LEAST_CAMERAS, len(cameras))]
        self.diagonal = scene.diagonal

    def score(self, points: Array, surface: Samples | None) -> dict[str, float]:
        """Precision, recall and F at each share of the diagonal; a cloud is scored by its points, a mesh as a surface."""
        wrong = distances(points, self.all)
        if surface is None:
            from scipy.spatial import KDTree

            missing = np.asarray(KDTree(points).query(self.seen)[0])
        else:
            missing = distances(self.seen, surface)
        found: dict[str, float] = {}
        for share in SHARES:
            precision, recall = (float((d <= share * self.diagonal).mean()) for d in (wrong, missing))
            name = f"{100 * share:g}"
            f = 2 * precision * recall / max(precision + recall, 1e-12)
            found |= {f"precision_{name}": precision, f"recall_{name}": recall, f"f_{name}": f}
        return found


def _times_seen(scene: Scene, cameras: Sequence[Camera], some: Samples) -> NDArray[np.int64]:
    times = np.zeros(len(some.points), np.int64)
    for camera in cameras:
        local = (some.points - camera.center) @ camera.rotation.T
        pixel = local[:, :2] / local[:, 2:] * camera.focal + [(camera.width - 1) / 2, (camera.height - 1) / 2]
        inside = (local[:, 2] > 0) & ((pixel > 0) & (pixel < [camera.width - 1, camera.height - 1])).all(axis=1)
        toward = camera.center - some.points
        away = np.linalg.norm(toward, axis=1)
        inside &= (toward * some.normals).sum(axis=1) > STEEPEST * away
        rays = (-toward[inside] / away[inside, None]).astype(np.float32)
        origins = np.broadcast_to(camera.center.astype(np.float32), rays.shape).copy()
        first = np.asarray(scene.lit.tracer.run(origins, rays, query="DISTANCE"))
        times[np.flatnonzero(inside)[first > away[inside] - 1e-2]] += 1
    return times


class Stages:
    """Runs steps, one folder each, and keeps what they made and the CPU seconds they took."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, name: str, step: Callable[[], dict[str, Any]]) -> tuple[dict[str, Path], float]:
        """The paths of the step's artifacts: those of an earlier run, if there are any."""
        folder = self.folder / name
        if not (folder / "done.json").is_file():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            os.environ["KAI_SCRATCH"] = str(folder)
            start = _cpu()
            made = {key: str(artifact.path) for key, artifact in step().items()}
            (folder / "done.json").write_text(json.dumps({"made": made, "cpu": _cpu() - start}))
        record = json.loads((folder / "done.json").read_text())
        return {key: Path(path) for key, path in record["made"].items()}, float(record["cpu"])


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def photograph(scene: Scene, cameras: Sequence[Camera], seed: int) -> dict[str, Any]:
    """Write the photographs of a scene."""
    photos = ImageSet.new("photos")
    for index, camera in enumerate(cameras):
        picture = take_picture(scene.lit, camera, np.random.default_rng([seed, 2, index]))
        cv2.imwrite(str(photos.path / f"view-{index:03d}.jpg"), picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return {"photos": photos}


def score(shape: str, quality: Quality, photos: int, size: int, seed: int, folder: Path) -> dict[str, Any]:
    """Render, reconstruct and compare one scene."""
    import pycolmap

    from steps.reconstruction.meshing.ply import read_cloud, read_mesh

    preset = PRESETS[quality]
    scene = SHAPES[shape](seed)
    cameras = place_cameras(photos, size, np.random.default_rng([seed, 1]))
    stages, costs = Stages(folder), {}
    made, _ = stages.run("photos", lambda: photograph(scene, cameras, seed))

    def align() -> dict[str, Any]:
        assessed = assess_photos(ImageSet(made["photos"]), requested=quality)
        aligned = align_photos(assessed.photos, max_features=preset.features)
        return {"usable": assessed.photos, "sparse": aligned.sparse}

    found, costs["align"] = stages.run("align", align)
    usable, sparse = ImageSet(found["usable"]), SparseModel(found["sparse"])

    def estimate() -> dict[str, Any]:
        flat = undistort_photos(usable, sparse, max_image_size=preset.image_size)
        return {
            "scene": flat.scene,
            "depth": estimate_depth(flat.scene, views=preset.views, device="cpu").depth,
        }

    found, costs["depth"] = stages.run("depth", estimate)
    dense, depth = DenseScene(found["scene"]), DepthMaps(found["depth"])
    found, costs["fuse"] = stages.run("fuse", lambda: {"points": fuse_depth(dense, depth).points})
    points = PointCloud(found["points"])

    def mesh() -> dict[str, Any]:
        surface = mesh_surface(points, dense, depth, poisson_depth=preset.poisson_depth)
        return {"mesh": simplify_mesh(surface.mesh, max_faces=preset.faces).mesh}

    found, costs["mesh"] = stages.run("mesh", mesh)
    full = Mesh(found["mesh"])
    found, costs["simplify"] = stages.run("small", lambda: {"mesh": simplify_mesh(full, max_faces=SMALL).mesh})

    model = pycolmap.Reconstruction(sparse.path)
    placed = sorted((image for image in model.images.values() if image.has_pose), key=lambda image: image.name)
    centers = np.array([image.projection_center() for image in placed])
    known = np.array([cameras[int(Path(image.name).stem.split("-")[1])].center for image in placed])
    scale, rotation, translation = umeyama(centers, known)

    truth = Truth(scene, cameras)
    cloud = read_cloud(points.path).points
    chosen = np.random.default_rng(0).permutation(len(cloud))[: 4 * SAMPLES]
    row: dict[str, Any] = {
        "shape": shape, "quality": quality.value, "photos": photos, "size": size, "seed": seed,
        "registered": len(placed), "diagonal": scene.diagonal, "points": {"count": len(cloud)},
        "cpu_seconds": {key: round(value, 1) for key, value in costs.items()},
    }  # fmt: skip
    row["points"] |= truth.score(scale * cloud[chosen] @ rotation.T + translation, None)
    for name, path in (("mesh", full.path), ("small", found["mesh"])):
        read = read_mesh(path)
        vertices = scale * read.vertices @ rotation.T + translation
        many, few = (sampled(vertices, read.faces, count, 3) for count in (4 * SAMPLES, SAMPLES))
        row[name] = {"faces": len(read.faces)} | truth.score(few.points, many)
    return row


def show(rows: Sequence[dict[str, Any]]) -> None:
    """The table, with the means of all shapes."""
    print(
        f"{'shape':10}{'what':8}{'count':>9}{'P 1%':>8}{'R 1%':>8}{'F 1%':>8}{'P .5%':>8}{'R .5%':>8}{'F .5%':>8}   CPU s"
    )
    keys = [f"{what}_{100 * share:g}" for share in SHARES for what in ("precision", "recall", "f")]
    for row in rows:
        cost = " ".join(f"{name} {seconds:.0f}" for name, seconds in row["cpu_seconds"].items())
        for name in ("points", "mesh", "small"):
            figures = row[name]
            cells = "".join(f"{figures[key]:8.4f}" for key in keys)
            print(f"{row['shape']:10}{name:8}{figures.get('count', figures.get('faces')):9}{cells}   {cost}")
            cost = ""
    for name in ("points", "mesh", "small"):
        means = "".join(f"{np.mean([row[name][key] for row in rows]):8.4f}" for key in keys)
        print(f"{'mean':10}{name:8}{'':9}{means}")
    print("to reach: points F 1% 0.985, F .5% 0.96; mesh F 1% 0.98; small within 0.005 of mesh")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--quality", type=Quality, choices=list(Quality), default=Quality.MEDIUM)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--size", type=int, default=960, help="longer side of a photograph, pixels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="keep photographs and results here and use those that are there")
    parser.add_argument("--json", type=Path, help="write the JSON document to this file")
    options = parser.parse_args()
    rows = []
    start = time.process_time()
    with tempfile.TemporaryDirectory() as temporary:
        base = (options.keep or Path(temporary)).resolve()
        for shape in options.shape:
            folder = base / f"{shape}-{options.quality.value}-{options.photos}-{options.size}-{options.seed}"
            rows.append(score(shape, options.quality, options.photos, options.size, options.seed, folder))
            print(f"{shape}: {time.process_time() - start:.0f} CPU s so far", file=sys.stderr)
    show(rows)
    document = json.dumps(rows, indent=1)
    print(document)
    if options.json:
        options.json.write_text(document + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
