"""How well a textured model shows photographs that had no part in its texture.

    python benchmarks/held_out.py FOLDER… [--quality medium] [--held 5] [--keep FOLDER] [--json FILE]

Each folder of photographs is reconstructed at the quality. Then one photograph after another is left out of the
texturing (exposures, choice of photographs, tones and texels are made anew without it), the model is rendered through
its camera, with the lens' distortion, at the photograph's full size, and both are compared on the pixels that the
model covers. Cameras and surface know all photographs. PSNR is given as it is, and after one gain per channel,
for the exposure of a photograph that is held out is not known. With --keep the surface is made once and the pictures are
kept beside it. Prints a table and one JSON document.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Row:
    """The figures of one photograph held out, or the mean of a set's."""

    photos: str
    held_out: str
    psnr_db: float
    leveled_psnr_db: float
    coverage_percent: float


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
    rows = [(pair.name, pair.score) for pair in pairs]
    if pairs:
        rows.append(("mean", mean_score([pair.score for pair in pairs])))
    return [Row(name, what, each.psnr_db, each.leveled_psnr_db, 100 * each.coverage) for what, each in rows], cost


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
    print(f"{'set':18} {'without':18} {'PSNR dB':>8} {'leveled':>8} {'frame %':>8}")
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
                print(f"{row.photos:18} {row.held_out:18} {figures}", flush=True)
            sets[photos.name] = {"photographs": [asdict(row) for row in rows], **cost}
    document = json.dumps(
        {"quality": arguments.quality, "limit_psnr_db": 29, "limit_coverage_percent": 90, "sets": sets}, indent=1
    )
    print(document)
    if arguments.json:
        arguments.json.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
