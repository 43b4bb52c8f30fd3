"""How well a textured model shows photographs that had no part in its texture.

    python benchmarks/held_out.py FOLDER… [--quality medium] [--held 5] [--keep FOLDER] [--json FILE]

Each folder of photographs is reconstructed at the quality. Then one photograph after another is left out of the
texturing (exposures, choice of photographs, tones and texels are made anew without it), the model is rendered through
its camera, with the lens' distortion, at the photograph's full size, and both are compared on the pixels that the
model covers. Cameras and surface know all photographs. PSNR is given as it is, and after one gain per channel,
for the exposure of a photograph that is held out is not known. The last columns say where the squared error sits: along the
model's borders, in what differs as a whole (what stands in front, reflections), in exposure, and in the rest. With --keep the surface is made once and the pictures are
kept beside it. Prints a table and one JSON document.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import cv2
import numpy as np

from kai_pipelines import ImageSet, Quality
from steps.reconstruction.align import align_photos
from steps.reconstruction.assess import assess_photos
from steps.reconstruction.depth import estimate_depth
from steps.reconstruction.fuse import fuse_depth
from steps.reconstruction.meshing.ply import read_mesh
from steps.reconstruction.presets import PRESETS
from steps.reconstruction.scene import read_scene
from steps.reconstruction.simplify import simplify_mesh
from steps.reconstruction.surface import mesh_surface
from steps.reconstruction.texturing.holding_out import Pair, held_out, hold_out, mean_score, write_pairs
from steps.reconstruction.texturing.painting import Painter
from steps.reconstruction.texturing.photographs import Album
from steps.reconstruction.undistort import undistort_photos

BORDER = 8
"""Pixels from where the model ends within which an error is one of its borders."""
BLOB, DIFFERENT = 25, 42.0
"""A window of so many pixels shows something else when it differs, leveled, by so many gray levels (root mean square)."""


@dataclass(frozen=True)
class Parts:
    """Where the squared error of a photograph sits: shares of all of it."""

    border: float
    """Where the model ends."""
    in_front: float
    """In places that differ as a whole: leaves in front, reflections in windows, parts that are missing."""
    exposure: float
    """What one gain per channel takes away, of what is left."""
    rest: float
    """Detail, tone and flare."""


@dataclass(frozen=True)
class Row:
    """The figures of one photograph held out, or the mean of a set's."""

    photos: str
    held_out: str
    psnr_db: float
    leveled_psnr_db: float
    coverage_percent: float
    error: Parts


def error_parts(pair: Pair) -> Parts:
    """Where the squared error of a pair sits; the gain is the median, which what stands in front does not move."""
    photo, render = pair.photo.astype(np.float64), pair.render.astype(np.float64)
    error = np.square(photo - render).mean(axis=2)
    inner = pair.compared & (cv2.distanceTransform(pair.compared.astype(np.uint8), cv2.DIST_L2, 5) > BORDER)
    if not inner.any():
        return Parts(1.0, 0.0, 0.0, 0.0)
    gain = np.median(np.maximum(photo[inner], 1) / np.maximum(render[inner], 1), axis=0)
    leveled = np.square(photo - np.clip(render * gain, 0, 255)).mean(axis=2)
    window = (BLOB, BLOB)
    around = cv2.blur(np.where(inner, leveled, 0), window) / np.maximum(
        cv2.blur(inner.astype(np.float64), window), 0.05
    )
    other = inner & (around > DIFFERENT**2)
    rest = inner & ~other
    sums = [error[pair.compared & ~inner].sum(), error[other].sum(), (error - leveled)[rest].sum(), leveled[rest].sum()]
    return Parts(*(float(each / max(sum(sums), 1e-9)) for each in sums))


def reconstruct(photos: Path, quality: Quality, folder: Path) -> None:
    """Write photos/, masks/, sparse/ and mesh.ply into `folder`."""
    row = PRESETS[quality]
    assessed = assess_photos(ImageSet(photos), requested=quality)
    aligned = align_photos(assessed.photos, assessed.masks, assessed.assessment, max_features=row.features)
    scene = undistort_photos(assessed.photos, aligned.sparse, row.image_size, assessed.masks).scene
    depth = estimate_depth(scene, views=row.views).depth
    fused = fuse_depth(scene, depth)
    surface = mesh_surface(fused.points, scene, depth, poisson_depth=row.poisson_depth)
    mesh = simplify_mesh(surface.mesh, max_faces=row.faces).mesh
    shutil.copytree(assessed.photos.path, folder / "photos")
    shutil.copytree(assessed.masks.path, folder / "masks")
    shutil.copytree(aligned.sparse.path, folder / "sparse")
    shutil.copy(mesh.path, folder / "mesh.ply")


def score(name: str, folder: Path, size: int, held: int, keep: bool) -> tuple[list[Row], dict[str, float]]:
    """Rows of the photographs held out and of their mean, and what the texture costs."""
    start = time.process_time()
    views = read_scene(folder / "sparse").views
    album = Album(folder / "photos", folder / "masks")
    painter = Painter(read_mesh(folder / "mesh.ply"), views, album, size, lambda *_: None)
    painted = painter.paint(lambda *_: None)
    cost = {"texture_cpu_seconds": time.process_time() - start, "charts_fill": painter.fill}
    model = painter.model(painted.texture)
    pairs: list[Pair] = []
    for number in held_out(len(views), held):
        longest = max(views[number].width, views[number].height)
        pairs.append(hold_out(painter, model, number, longest, lambda *_: None))
        print(f"{name} without {pairs[-1].name}: {pairs[-1].score.psnr_db:.2f} dB", file=sys.stderr)
    if keep:
        shutil.rmtree(folder / "held_out", ignore_errors=True)
        write_pairs(folder / "held_out", pairs)
    rows = [(pair.name, pair.score, error_parts(pair)) for pair in pairs]
    if pairs:
        parts = Parts(*np.mean([astuple(each) for _, _, each in rows], axis=0).tolist())
        rows.append(("mean", mean_score([pair.score for pair in pairs]), parts))
    return [Row(name, what, s.psnr_db, s.leveled_psnr_db, 100 * s.coverage, parts) for what, s, parts in rows], cost


def main() -> None:
    """Reconstruct, hold out, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--quality", type=Quality, choices=list(Quality), default=Quality.MEDIUM)
    parser.add_argument("--held", type=int, default=5, help="photographs held out, one at a time")
    parser.add_argument("--keep", type=Path, help="keep surfaces and pictures here and use them again")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sets: dict[str, object] = {}
    print(
        f"{'set':18} {'without':18} {'PSNR dB':>8} {'leveled':>8} {'frame %':>8}  border  front  expos.  rest  (% of the error)"
    )
    with tempfile.TemporaryDirectory() as temporary:
        for photos in arguments.folders:
            folder = (arguments.keep or Path(temporary)) / f"{photos.name}-{arguments.quality}"
            if not (folder / "mesh.ply").exists():
                folder.mkdir(parents=True, exist_ok=True)
                reconstruct(photos, arguments.quality, folder)
            size = PRESETS[arguments.quality].texture_size
            rows, cost = score(photos.name, folder, size, arguments.held, arguments.keep is not None)
            for row in rows:
                figures = f"{row.psnr_db:8.2f} {row.leveled_psnr_db:8.2f} {row.coverage_percent:8.1f}"
                where = " ".join(f"{100 * share:6.0f}" for share in astuple(row.error))
                print(f"{row.photos:18} {row.held_out:18} {figures}  {where}", flush=True)
            sets[photos.name] = {"photographs": [asdict(row) for row in rows], **cost}
    document = json.dumps(
        {"quality": arguments.quality, "limit_psnr_db": 29, "limit_coverage_percent": 90, "sets": sets}, indent=1
    )
    print(document)
    if arguments.json:
        arguments.json.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
