"""How right the cameras are that `align_photos` finds, and what they cost.

    python benchmarks/alignment.py FOLDER… [--synthetic] [--features 3000 8000] [--json FILE]
    python benchmarks/alignment.py --pairs 100 200 [--exhaustive] [--json FILE]

Each folder holds photographs and, where the truth is known, gt_cameras.json or cameras.json: image name →
R, t, K with x_cam = R·X + t. `--synthetic` adds rendered photographs with exact cameras, as they are and through
lenses that bend. Positions are compared after the best similarity transform and given in percent of the cameras'
span (the largest distance between two). `--pairs` counts, on rendered photographs in an order that says nothing,
which of the pairs with overlap are compared, and how many photographs are placed from them; `--exhaustive` compares
all pairs of the same photographs, too. Memory is the most that the process held so far. Prints a table and one JSON
document.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from kai_pipelines import ImageSet
from steps.data.render_scene import render_scene
from steps.reconstruction.align import Alignment, align_photos
from steps.reconstruction.alignment.scale import umeyama
from steps.reconstruction.assess import assess_photos
from steps.reconstruction.colmap import pycolmap

Array = NDArray[np.float64]
T = TypeVar("T")

LIMITS = {"position_error_percent": 0.06, "focal_error_percent": 0.5, "reprojection_px": 0.5}
LENSES = {"plain": (0.0, 0.0), "barrel": (-0.12, 0.0), "phone": (0.09, -0.16)}
"""Radial distortion k1, k2 of the synthetic photographs."""
OVERLAPPING = 40.0
"""Degrees between the directions of two rendered views from which they are hardly matched."""


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
    mapper: str
    scale_source: str
    cpu_seconds: float


@dataclass(frozen=True)
class PairRow:
    """How many pairs of a set are compared, and what comes of them."""

    photos: int
    compared: int
    all_pairs: int
    overlapping: int
    recall_percent: float
    """Of the overlapping pairs."""
    registered: int
    position_error_percent: float
    mapper: str
    matching_cpu_seconds: float
    exhaustive_cpu_seconds: float | None
    """Of matching all pairs, where that was asked for."""
    mapping_cpu_seconds: float
    peak_memory_mb: int


def read_truth(folder: Path) -> dict[str, Any]:
    """Cameras by file name, or nothing."""
    for name in ("gt_cameras.json", "cameras.json", "truth/cameras.json"):
        if (folder / name).is_file():
            document = json.loads((folder / name).read_text(encoding="utf-8"))
            return dict(document.get("images", document))
    return {}


def compare(result: Alignment, truth: dict[str, Any]) -> tuple[float, float, float] | tuple[None, None, None]:
    """Mean and largest position error and the mean focal error, percent."""
    if not truth:
        return None, None, None
    return measure(pycolmap.Reconstruction(result.sparse.path), truth)


def measure(model: pycolmap.Reconstruction, truth: dict[str, Any]) -> tuple[float, float, float]:
    """The same of a model whose photographs have the names of the truth."""
    found, known, focal = [], [], []
    for image in model.images.values():
        if not image.has_pose:
            continue
        camera = truth[Path(image.name).name]
        rotation, translation = np.array(camera["R"]), np.array(camera["t"]).ravel()
        found.append(image.projection_center())
        known.append(-rotation.T @ translation)
        true = (camera["K"][0][0] + camera["K"][1][1]) / 2
        focal.append(abs(model.cameras[image.camera_id].mean_focal_length() / true - 1))
    centers = np.array(known)
    span = np.linalg.norm(centers[:, None] - centers[None], axis=2).max()
    scale, turn, shift = umeyama(np.array(found), centers)
    error = 100 * np.linalg.norm(scale * np.array(found) @ turn.T + shift - centers, axis=1) / span
    return float(error.mean()), float(error.max()), float(100 * np.mean(focal))


def score(folder: Path, features: int, name: str = "") -> Row:
    """Align one set."""
    assessed = assess_photos(ImageSet(folder))
    result = align_photos(assessed.photos, assessment=assessed.assessment, max_features=features)
    values = result.metrics.values
    position, largest, focal = compare(result, read_truth(folder))
    return Row(
        photos=name or folder.name,
        features=features,
        count=int(values["photos"]),
        registered=int(values["registered"]),
        reprojection_px=float(values["mean_reprojection_px"]),
        position_error_percent=position,
        largest_position_error_percent=largest,
        focal_error_percent=focal,
        sparse_points=int(values["sparse_points"]),
        mapper=str(values["mapper"]),
        scale_source=str(values["scale_source"]),
        cpu_seconds=result.metrics.cpu_seconds,
    )


def render(views: int, size: int, folder: Path, lens: tuple[float, float] = (0.0, 0.0)) -> Path:
    """Photographs of the renderer's scene through a lens, and their cameras."""
    scene = render_scene(views=views, image_size=size)
    truth = json.loads((scene.ground_truth.path / "cameras.json").read_text(encoding="utf-8"))
    for name, camera in truth.items():
        picture = np.asarray(cv2.imread(str(scene.photos.path / name)))
        cv2.imwrite(str(folder / name), bend(picture, np.array(camera["K"]), lens), [cv2.IMWRITE_JPEG_QUALITY, 95])
    (folder / "cameras.json").write_text(json.dumps(truth), encoding="utf-8")
    return folder


def bend(picture: NDArray[Any], calibration: Array, lens: tuple[float, float]) -> NDArray[Any]:
    """The picture of a pinhole as a lens with radial distortion `lens` shows it."""
    if lens == (0.0, 0.0):
        return picture
    height, width = picture.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float64).reshape(-1, 1, 2)
    straight = cv2.undistortPoints(grid, calibration, np.array([*lens, 0.0, 0.0]), P=calibration)
    places = straight.reshape(height, width, 2).astype(np.float32)
    x, y = places[..., 0], places[..., 1]
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE))


def synthetic(features: Sequence[int]) -> list[Row]:
    """Rows of rendered photographs through each lens."""
    rows = []
    for name, lens in LENSES.items():
        with tempfile.TemporaryDirectory() as scratch:
            folder = render(16, 960, Path(scratch), lens)
            rows += [score(folder, count, f"rendered, {name}") for count in features]
    return rows


def count_pairs(sizes: Sequence[int], *, exhaustive: bool) -> list[PairRow]:
    """Rows of ever larger sets; the largest is rendered once, and the smaller ones are some of it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = render(max(sizes), 400, Path(scratch))
        truth = read_truth(folder)
        return [_count(folder, truth, size, exhaustive=exhaustive) for size in sorted(sizes)]


def _count(folder: Path, truth: dict[str, Any], size: int, *, exhaustive: bool) -> PairRow:
    from steps.reconstruction.alignment import features, mapping, pairs

    random = np.random.default_rng(size)
    some = [sorted(truth)[index] for index in np.sort(random.permutation(len(truth))[:size])]
    some = [some[index] for index in random.permutation(size)]
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        linked, database = scratch / "photos", scratch / "matches.db"
        numbered = features.link_photos(folder, some, linked)
        features.register_photos(database, linked, numbered)
        list(features.extract(database, linked, numbered, features.Effort(800)))
        everything = scratch / "everything.db"
        shutil.copyfile(database, everything)
        compared, matching = _timed(lambda: [done for done, _ in pairs.compare(database, numbered, scratch)][-1])
        tried = _tried(database, numbered)
        mapper = mapping.Mapper(database, linked, scratch, numbered, numbered, 0, lambda *_: None)
        mapped, placing = _timed(mapper.best)
        model = mapped.models[0]
        mapping.rename_photos(model, dict(zip(numbered, some, strict=True)))
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        all_pairs = None
        if exhaustive:
            chosen = list(itertools.combinations(range(size), 2))
            _, all_pairs = _timed(lambda: list(pairs.match_pairs(everything, numbered, chosen, scratch)))
    directions = np.array([np.array(truth[name]["R"])[2] for name in some])
    near = np.triu(directions @ directions.T > np.cos(np.radians(OVERLAPPING)), 1)
    overlapping = {(int(a), int(b)) for a, b in zip(*np.nonzero(near), strict=True)}
    return PairRow(
        photos=size,
        compared=compared,
        all_pairs=size * (size - 1) // 2,
        overlapping=len(overlapping),
        recall_percent=100 * len(overlapping & tried) / max(1, len(overlapping)),
        registered=model.num_reg_images(),
        position_error_percent=measure(model, truth)[0],
        mapper=mapped.mapper,
        matching_cpu_seconds=matching,
        exhaustive_cpu_seconds=all_pairs,
        mapping_cpu_seconds=placing,
        peak_memory_mb=most,
    )


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What work gives, and its CPU seconds."""
    start = time.process_time()
    return work(), round(time.process_time() - start, 1)


def _tried(database: Path, names: Sequence[str]) -> set[tuple[int, int]]:
    """The pairs that were compared, the smaller index first."""
    place = {name: index for index, name in enumerate(names)}
    with pycolmap.Database.open(database) as opened:
        index = {image.image_id: place[image.name] for image in opened.read_all_images()}
        identifiers, _ = opened.read_num_matches()
    pairs = [pycolmap.pair_id_to_image_pair(identifier) for identifier in identifiers]
    return {(min(index[a], index[b]), max(index[a], index[b])) for a, b in pairs}


def show(rows: list[Row]) -> None:
    """The table."""
    print(
        f"{'photos':18}{'features':>9}{'placed':>9}{'reproj px':>10}{'pos %':>8}{'max %':>8}{'focal %':>9}"
        f"{'mapper':>13}{'scale':>7}{'CPU s':>8}"
    )
    for row in rows:
        percents = (row.position_error_percent, row.largest_position_error_percent, row.focal_error_percent)
        cells = "".join(f"{'–' if p is None else f'{p:.3f}':>{w}}" for p, w in zip(percents, (8, 8, 9), strict=True))
        placed = f"{row.registered}/{row.count}"
        print(
            f"{row.photos:18}{row.features:9}{placed:>9}{row.reprojection_px:10.3f}{cells}"
            f"{row.mapper:>13}{row.scale_source:>7}{row.cpu_seconds:8.1f}"
        )
    told = ", ".join(f"{name} {limit:g}" for name, limit in LIMITS.items())
    print(f"{'to reach':18}all placed; at most {told}")


def show_pairs(rows: list[PairRow]) -> None:
    """The table of pairs."""
    print(
        f"{'photos':>7}{'compared':>10}{'of all':>8}{'overlapping':>13}{'found %':>9}{'placed':>8}{'pos %':>8}"
        f"{'mapper':>13}{'CPU s: matching':>17}{'all pairs':>11}{'mapping':>9}{'MB':>6}"
    )
    for row in rows:
        everything = "–" if row.exhaustive_cpu_seconds is None else f"{row.exhaustive_cpu_seconds:.1f}"
        print(
            f"{row.photos:7}{row.compared:10}{row.all_pairs:8}{row.overlapping:13}{row.recall_percent:9.1f}"
            f"{row.registered:8}{row.position_error_percent:8.3f}{row.mapper:>13}{row.matching_cpu_seconds:17.1f}"
            f"{everything:>11}{row.mapping_cpu_seconds:9.1f}{row.peak_memory_mb:6}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--synthetic", action="store_true", help="rendered photographs with exact cameras, too")
    parser.add_argument("--features", nargs="+", type=int, default=[3000])
    parser.add_argument("--pairs", nargs="+", type=int, help="numbers of photographs whose compared pairs are counted")
    parser.add_argument("--exhaustive", action="store_true", help="time the comparison of all those pairs, too")
    parser.add_argument("--json", type=Path, help="write the JSON document to this file")
    options = parser.parse_args()
    pycolmap.logging.minloglevel = pycolmap.logging.ERROR.value
    counted = count_pairs(options.pairs, exhaustive=options.exhaustive) if options.pairs else []
    rows = [score(folder.resolve(), features) for folder in options.folders for features in options.features]
    if options.synthetic:
        rows += synthetic(options.features)
    if counted:
        show_pairs(counted)
    if rows:
        show(rows)
    document = json.dumps([*map(asdict, counted), *map(asdict, rows)], indent=1)
    print(document)
    if options.json:
        options.json.write_text(document + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
