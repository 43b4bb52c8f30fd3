"""How big the report is, and what it costs, by the number of photographs.

    python benchmarks/report.py [--photos 5 20 60 200] [--faces 60000] [--texture 2048]

The photographs and the texture are noise with the spectrum of photographs (amplitude falls with frequency), which
compresses as badly as a facade does; the model is a sphere, the cameras stand on two rings. Each number of
photographs runs in a process of its own, so that its peak memory is its own. Prints a table and one JSON document.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kai_pipelines import ImageSet, PointCloud, Quality, SparseModel
from steps.reconstruction.artifacts import MatchGraph, PhotoAssessment, TexturedModel
from steps.reconstruction.finalize import finalize_reconstruction

LIMIT = 8_000_000
"""Bytes of a page that is still sent by mail."""
WIDTH, HEIGHT = 2000, 1500


@dataclass(frozen=True)
class Row:
    """The figures of one page."""

    photos: int
    faces: int
    texture: int
    page_bytes: int
    cpu_seconds: float
    peak_memory_bytes: int


def noise(random: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """A picture whose amplitudes fall with frequency, as those of photographs do, [h, w, 3]."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    falling = 1 / np.maximum(frequency, 1 / width) ** 1.1
    layers = []
    for _ in range(3):
        phases = np.exp(2j * np.pi * random.random(frequency.shape))
        layer = np.fft.irfft2(falling * phases, s=(height, width))
        layers.append(128 + 45 * layer / layer.std())
    gray = layers[0]
    colors = np.stack([gray, 0.8 * gray + 0.2 * layers[1], 0.8 * gray + 0.2 * layers[2]], axis=-1)
    return np.asarray(colors.clip(0, 255), dtype=np.uint8)


def write_model(folder: Path, random: np.random.Generator, faces: int, texture: int) -> None:
    """A sphere of radius 1 in a grid of longitude and latitude."""
    rows = max(4, round((faces / 4) ** 0.5))
    u, v = np.meshgrid(np.linspace(0, 1, 2 * rows + 1), np.linspace(0, 1, rows + 1))
    bump = 1 + 0.02 * random.normal(size=u.shape)
    ring = np.sin(np.pi * v)
    normals = np.stack([ring * np.cos(2 * np.pi * u), -np.cos(np.pi * v), -ring * np.sin(2 * np.pi * u)], axis=-1)
    index = np.arange(u.size).reshape(u.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    folder.mkdir()
    np.savez(
        folder / "model.npz",
        vertices=(normals * bump[..., None]).reshape(-1, 3).astype(np.float32),
        faces=triangles.astype(np.int32),
        uvs=np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float32),
        normals=normals.reshape(-1, 3).astype(np.float32),
    )
    Image.fromarray(noise(random, texture, texture)).save(folder / "texture.png")


def write_sparse(folder: Path, names: list[str], random: np.random.Generator) -> None:
    """Cameras on two rings around the sphere."""
    import pycolmap

    model = pycolmap.Reconstruction()
    params = [0.9 * WIDTH, WIDTH / 2, HEIGHT / 2, -0.03]
    model.add_camera_with_trivial_rig(
        pycolmap.Camera(model="SIMPLE_RADIAL", width=WIDTH, height=HEIGHT, params=params, camera_id=1)
    )
    for number, name in enumerate(names):
        angle, rise = 4 * np.pi * number / len(names), 0.3 + 1.2 * (number >= len(names) / 2)
        center = np.array([3.5 * np.sin(angle), rise, 3.5 * np.cos(angle)])
        forward = -center / np.linalg.norm(center)
        right = np.cross(forward, [0, 1, 0]) / np.linalg.norm(np.cross(forward, [0, 1, 0]))
        rotation = np.stack([right, np.cross(forward, right), forward])
        pose = pycolmap.Rigid3d(pycolmap.Rotation3d(rotation), (-rotation @ center).reshape(3, 1))
        model.add_image_with_trivial_frame(pycolmap.Image(name=name, camera_id=1, image_id=number + 1), pose)
    for point in random.normal(size=(1000 + 100 * len(names), 3)):
        color = random.integers(0, 255, 3).astype(np.uint8)
        model.add_point3D(point / np.linalg.norm(point), pycolmap.Track(), color)
    folder.mkdir()
    model.write(str(folder))


def write_inputs(folder: Path, photos: int, faces: int, texture: int) -> None:
    """Everything that `finalize_reconstruction` reads."""
    random = np.random.default_rng(photos)
    names = [f"IMG_{number:04}.jpg" for number in range(photos)]
    pairs = [
        {"a": a, "b": b, "inliers": int(1000 / (b - a))}
        for a in range(photos)
        for b in range(a + 1, min(a + 9, photos))
    ]
    (folder / "photos").mkdir()
    for name in names:
        Image.fromarray(noise(random, HEIGHT, WIDTH)).save(folder / "photos" / name, quality=92)
    write_model(folder / "model", random, faces, texture)
    write_sparse(folder / "sparse", names, random)
    (folder / "points.ply").write_bytes(b"ply\nformat ascii 1.0\nelement vertex 1\nend_header\n")
    listed = [{"name": name, "features": 8000, "registered": True} for name in names]
    (folder / "match_graph.json").write_text(json.dumps({"photos": listed, "pairs": pairs}))
    (folder / "assessment.json").write_text(json.dumps({"photos": [{"name": name} for name in names]}))


def measure(folder: Path) -> dict[str, float]:
    """Make the page of `folder` in this process, and say what it took."""
    started = time.process_time()
    report = finalize_reconstruction(
        ImageSet(folder / "photos"), PhotoAssessment(folder / "assessment.json"),
        MatchGraph(folder / "match_graph.json"), SparseModel(folder / "sparse"), PointCloud(folder / "points.ply"),
        TexturedModel(folder / "model"), quality=Quality.MEDIUM, requested=Quality.MEDIUM, steps=[],
    ).report  # fmt: skip
    return {
        "page_bytes": report.path.stat().st_size,
        "cpu_seconds": round(time.process_time() - started, 1),
        "peak_memory_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def row_of(photos: int, faces: int, texture: int) -> Row:
    """The figures of one page, made in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="kai-report-") as scratch:
        write_inputs(Path(scratch), photos, faces, texture)
        command = [sys.executable, __file__, "--folder", scratch]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return Row(photos, faces, texture, **json.loads(told))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", nargs="+", type=int, default=[5, 20, 60, 200])
    parser.add_argument("--faces", type=int, default=60_000)
    parser.add_argument("--texture", type=int, default=2048)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        print(json.dumps(measure(options.folder)))
        return 0
    rows = []
    print(f"{'photos':>7}{'triangles':>11}{'texture':>9}{'page MB':>9}{'limit MB':>10}{'CPU s':>8}{'peak MB':>9}")
    for count in options.photos:
        row = row_of(count, options.faces, options.texture)
        rows.append(row)
        sizes = f"{row.page_bytes / 1e6:9.2f}{LIMIT / 1e6:10.0f}"
        print(
            f"{row.photos:7}{row.faces:11,}{row.texture:9}{sizes}{row.cpu_seconds:8.1f}{row.peak_memory_bytes / 1e6:9.0f}"
        )
    print(json.dumps([asdict(row) for row in rows], indent=1))
    return int(any(row.page_bytes > LIMIT for row in rows))


if __name__ == "__main__":
    sys.exit(main())
