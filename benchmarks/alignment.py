"""How right the cameras are that `align_photos` finds, and what they cost.

    python benchmarks/alignment.py FOLDER… [--features 3000] [--json FILE]

Each folder holds photographs and, where the truth is known, gt_cameras.json or cameras.json: image name →
R, t, K with x_cam = R·X + t. Positions are compared after the best similarity transform and given in
percent of the cameras' span (the largest distance between two). Prints a table and one JSON document.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kai_pipelines import ImageSet
from steps.reconstruction.align import Alignment, align_photos
from steps.reconstruction.assess import assess_photos

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """The figures of one set; percent are None where the truth is not known."""

    photos: str
    features: int
    count: int
    registered: int
    reprojection_px: float
    position_error_percent: float | None
    largest_position_error_percent: float | None
    focal_error_percent: float | None
    sparse_points: int
    cpu_seconds: float


def similarity(source: Array, target: Array) -> Array:
    """`source` [n, 3] moved, turned and scaled to lie best on `target`; Umeyama, PAMI 13, 1991."""
    a, b = source - source.mean(0), target - target.mean(0)
    u, scales, vt = np.linalg.svd(b.T @ a / len(a))
    signs = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = float((scales * signs).sum() / (a**2).sum(1).mean())
    return np.asarray(scale * a @ (u @ np.diag(signs) @ vt).T + target.mean(0))


def read_truth(folder: Path) -> dict[str, Any]:
    """Cameras by file name, or nothing."""
    for name in ("gt_cameras.json", "cameras.json", "truth/cameras.json"):
        if (folder / name).is_file():
            document = json.loads((folder / name).read_text(encoding="utf-8"))
            return dict(document.get("images", document))
    return {}


def compare(result: Alignment, truth: dict[str, Any]) -> tuple[float, float, float] | tuple[None, None, None]:
    """Mean and largest position error and the mean focal error, percent."""
    import pycolmap

    if not truth:
        return None, None, None
    model = pycolmap.Reconstruction(result.sparse.path)
    found, known, focal = [], [], []
    for image in model.images.values():
        camera = truth[Path(image.name).name]
        rotation, translation = np.array(camera["R"]), np.array(camera["t"]).ravel()
        found.append(image.projection_center())
        known.append(-rotation.T @ translation)
        true = (camera["K"][0][0] + camera["K"][1][1]) / 2
        focal.append(abs(model.cameras[image.camera_id].mean_focal_length() / true - 1))
    centers = np.array(known)
    span = np.linalg.norm(centers[:, None] - centers[None], axis=2).max()
    error = 100 * np.linalg.norm(similarity(np.array(found), centers) - centers, axis=1) / span
    return float(error.mean()), float(error.max()), float(100 * np.mean(focal))


def score(folder: Path, features: int) -> Row:
    """Align one set."""
    photos = assess_photos(ImageSet(folder)).photos
    result = align_photos(photos, max_features=features)
    values = result.metrics.values
    position, largest, focal = compare(result, read_truth(folder))
    return Row(
        photos=folder.name,
        features=features,
        count=int(values["photos"]),
        registered=int(values["registered"]),
        reprojection_px=float(values["mean_reprojection_px"]),
        position_error_percent=position,
        largest_position_error_percent=largest,
        focal_error_percent=focal,
        sparse_points=int(values["sparse_points"]),
        cpu_seconds=result.metrics.cpu_seconds,
    )


def show(rows: list[Row]) -> None:
    """The table."""
    print(
        f"{'photos':18}{'features':>9}{'placed':>9}{'reproj px':>10}{'pos %':>8}{'max %':>8}{'focal %':>9}{'CPU s':>8}"
    )
    for row in rows:
        percents = (row.position_error_percent, row.largest_position_error_percent, row.focal_error_percent)
        cells = "".join(f"{'–' if p is None else f'{p:.3f}':>{w}}" for p, w in zip(percents, (8, 8, 9), strict=True))
        placed = f"{row.registered}/{row.count}"
        print(f"{row.photos:18}{row.features:9}{placed:>9}{row.reprojection_px:10.3f}{cells}{row.cpu_seconds:8.1f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--features", nargs="+", type=int, default=[3000])
    parser.add_argument("--json", type=Path, help="write the JSON document to this file")
    options = parser.parse_args()
    rows = [score(folder.resolve(), features) for folder in options.folders for features in options.features]
    show(rows)
    document = json.dumps([asdict(row) for row in rows], indent=1)
    print(document)
    if options.json:
        options.json.write_text(document + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
