"""What a reconstruction costs as the photographs grow in number: peak memory and CPU seconds of each step.

    python benchmarks/scaling.py [--photos 20 50] [--megapixels 12] [--quality medium] [--json FILE] [--keep FOLDER]

Photographs of a town of textured blocks are made at full size: every face is one homography of a painted texture, so
a photograph of 12 Mpx takes a second, not a minute of ray casting, and has as much detail as a real one. Each set goes
through `kai run reconstruction` with a store of its own; the figures are what the steps say of themselves in the run's
record, so that a run whose later step failed tells what it has. Growth is the exponent e of cost ~ photos^e, fitted to
all sizes that ran. Prints a table beside the limit of 4 GB and one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

LIMIT_BYTES = 4_000_000_000
"""Every step at medium, 100 photographs of 12 Mpx."""
_TEXTURE = 2048
_FOCAL = 1.1
"""In units of the longer side."""
_FACES = ((0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7), (4, 5, 6, 7))
"""Corners of a block's sides and top; the first four stand on the ground."""
_BLOCKS = ((0.0, 0.0, 1.0, 1.0, 1.3), (-1.9, 0.3, 0.8, 1.1, 0.8), (1.7, -0.6, 0.7, 0.9, 1.0), (0.4, 1.9, 1.2, 0.6, 0.6),
           (-0.6, -1.9, 0.9, 0.7, 0.9))  # fmt: skip
"""Center, width, depth and height of each block; none overlaps another."""


def texture(rng: np.random.Generator) -> Picture:
    """Colored noise with as much contrast at every scale, like stone."""
    made = np.zeros((_TEXTURE, _TEXTURE, 3), np.float32)
    for side in (4, 16, 64, 256, 1024, 2048):
        octave = rng.standard_normal((side, side, 3 if side < 256 else 1), np.float32)
        large = octave if side == _TEXTURE else cv2.resize(octave, (_TEXTURE, _TEXTURE))
        made += large.reshape(_TEXTURE, _TEXTURE, -1)
    tone = rng.uniform(90, 160, 3).astype(np.float32)
    return np.asarray(np.clip(tone + 24 * made, 0, 255), np.uint8)


def block(x: float, y: float, width: float, depth: float, height: float) -> list[Array]:
    """The faces of a block, four corners each."""
    ground = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    corners = np.array([(x + a * width / 2, y + b * depth / 2, z) for z in (0, height) for a, b in ground])
    return [corners[list(face)] for face in _FACES]


def scene() -> list[Array]:
    """The ground, then the blocks."""
    ground = np.array([(-5, -5, 0), (5, -5, 0), (5, 5, 0), (-5, 5, 0)], float)
    return [ground, *(face for one in _BLOCKS for face in block(*one))]


def cameras(count: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Rotation and center of each camera: two rings that look at the middle."""
    found = []
    for index in range(count):
        ring = index % 2
        around = 2 * np.pi * (index + 0.2 * rng.uniform(-1, 1)) / count
        upward = np.radians((28, 50)[ring] + rng.uniform(-3, 3))
        center = 5.2 * np.array([np.cos(upward) * np.cos(around), np.cos(upward) * np.sin(around), np.sin(upward)])
        forward = np.array([0, 0, 0.4]) + rng.uniform(-0.2, 0.2, 3) - center
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        found.append((np.stack([right, np.cross(forward, right), forward]), center))
    return found


def photograph(
    faces: Sequence[Array], textures: Sequence[Picture], rotation: Array, center: Array, width: int, grain: Picture
) -> Picture:
    """The faces that look at the camera, the farthest first, each a homography of its texture; then grain."""
    height = width * 3 // 4
    calibration = np.array([[_FOCAL * width, 0, width / 2], [0, _FOCAL * width, height / 2], [0, 0, 1]])
    picture = np.full((height, width, 3), 200, np.uint8)
    corners = np.array([[0, 0], [_TEXTURE, 0], [_TEXTURE, _TEXTURE], [0, _TEXTURE]], np.float32)
    order = [0, *sorted(range(1, len(faces)), key=lambda i: -float(np.linalg.norm(faces[i].mean(0) - center)))]
    for index in order:
        face = faces[index]
        outward = np.cross(face[1] - face[0], face[3] - face[0])
        if outward @ (center - face[0]) <= 0:
            continue
        unit = np.column_stack([face[1] - face[0], face[3] - face[0], face[0]]) / [_TEXTURE, _TEXTURE, 1]
        homography = calibration @ (rotation @ (unit - np.outer(center, [0, 0, 1])))
        placed = cv2.perspectiveTransform(corners[None].astype(np.float64), homography)[0]
        low = np.clip(np.floor(placed.min(0)), 0, [width, height]).astype(int)
        high = np.clip(np.ceil(placed.max(0)) + 1, 0, [width, height]).astype(int)
        if (high <= low).any() or (rotation @ (face - center).T)[2].min() <= 0:
            low, high = np.zeros(2, int), np.array([width, height])
        moved = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1.0]]) @ homography
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        part = picture[low[1] : high[1], low[0] : high[0]]
        warped = cv2.warpPerspective(
            textures[index], moved, size, part.copy(), cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
        )
        part[:] = warped
    return np.asarray(cv2.add(picture, grain), np.uint8)


def make_photographs(folder: Path, count: int, megapixels: float) -> None:
    """`count` photographs, with the focal length in their EXIF."""
    from PIL import Image

    rng = np.random.default_rng(5)
    width = 4 * round((megapixels * 1e6 * 4 / 3) ** 0.5 / 4)
    faces = scene()
    textures = [texture(rng) for _ in faces]
    grain = rng.integers(0, 17, (width * 3 // 4, width, 3), np.uint8)
    folder.mkdir(parents=True)
    for index, (rotation, center) in enumerate(cameras(count, rng)):
        shifted = np.roll(grain, (37 * index, 101 * index), (0, 1))
        picture = photograph(faces, textures, rotation, center, width, shifted)
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0xA405] = round(36 * _FOCAL)  # FocalLengthIn35mmFilm
        Image.fromarray(picture).save(folder / f"{index:03d}.jpg", quality=92, exif=exif)


def steps_of(record: dict[str, Any]) -> dict[str, dict[str, float]]:
    """What each step said it cost, by name, from the record of a run."""
    costs: dict[str, dict[str, float]] = {}
    for node in record["status"]["nodes"].values():
        for one in (node.get("outputs") or {}).get("parameters") or []:
            if one["name"] != "metrics" or node["type"] != "Pod" or "value" not in one:
                continue
            told = json.loads(one["value"])
            cost = costs.setdefault(told["step"], {"cpu_seconds": 0.0, "peak_memory_bytes": 0})
            cost["cpu_seconds"] += told["cpu_seconds"]
            cost["peak_memory_bytes"] = max(cost["peak_memory_bytes"], told["peak_memory_bytes"])
    return costs


def run(folder: Path, count: int, megapixels: float, quality: str) -> dict[str, Any]:
    """Make and reconstruct one set."""
    photos = folder / f"photos-{count}-{megapixels:g}"
    if not photos.is_dir():
        make_photographs(photos, count, megapixels)
    out = folder / f"out-{count}-{megapixels:g}-{quality}"
    command = [sys.executable, "-m", "kai_pipelines.cli.main", "run", "reconstruction", "-a", f"photos={photos}"]
    ended = subprocess.run(
        [*command, "-p", f"quality={quality}", "-o", str(out), "--jobs", "1"],
        env={**os.environ, "KAI_STORE": str(folder / "store")},
        check=False,
    )
    record = json.loads((out / "workflow.json").read_text(encoding="utf-8"))
    return {"photos": count, "exit_code": ended.returncode, "steps": steps_of(record)}


def exponent(points: Sequence[tuple[float, float]]) -> float | None:
    """The e of y ~ x^e by least squares in logarithms; None for fewer than two points."""
    logs = np.log([(x, y) for x, y in points if y > 0])
    if len(logs) < 2:
        return None
    return float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0])


def growth(runs: Sequence[dict[str, Any]]) -> dict[str, dict[str, float | None]]:
    """Of each step the exponents of memory and CPU time."""
    names = list(dict.fromkeys(name for one in runs for name in one["steps"]))
    return {
        name: {
            kind: exponent([(one["photos"], one["steps"][name][kind]) for one in runs if name in one["steps"]])
            for kind in ("peak_memory_bytes", "cpu_seconds")
        }
        for name in names
    }


def show(runs: Sequence[dict[str, Any]], grown: dict[str, dict[str, float | None]]) -> None:
    """A table: for each step and number of photographs, GB and CPU seconds; then both exponents."""
    counts = [one["photos"] for one in runs]
    print(f"{'step':24}" + "".join(f"{f'{count} photos':>20}" for count in counts) + f"{'memory ~':>10}{'CPU ~':>8}")
    for name, exponents in grown.items():
        cells = ""
        for one in runs:
            cost = one["steps"].get(name)
            over = "!" if cost and cost["peak_memory_bytes"] > LIMIT_BYTES else " "
            text = f"{cost['peak_memory_bytes'] / 1e9:.2f} GB{over}{cost['cpu_seconds']:8.0f} s" if cost else "–"
            cells += f"{text:>20}"
        last = [f"n^{value:.2f}" if value is not None else "–" for value in exponents.values()]
        print(f"{name:24}{cells}{last[0]:>10}{last[1]:>8}")
    total = "".join(f"{sum(cost['cpu_seconds'] for cost in one['steps'].values()):18.0f} s" for one in runs)
    print(f"{'all steps, CPU':24}{total}\n! is more than the limit of {LIMIT_BYTES / 1e9:g} GB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", nargs="+", type=int, default=[20, 50])
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--quality", choices=["low", "medium", "high"], default="medium")
    parser.add_argument("--json", type=Path, help="write the JSON document to this file")
    parser.add_argument("--keep", type=Path, help="a folder for photographs and runs, which are used again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kai-scaling-") as scratch:
        folder = (options.keep or Path(scratch)).absolute()
        runs = [run(folder, count, options.megapixels, options.quality) for count in sorted(options.photos)]
    grown = growth(runs)
    show(runs, grown)
    document = json.dumps(
        {"megapixels": options.megapixels, "quality": options.quality, "limit_bytes": LIMIT_BYTES, "runs": runs,
         "growth": grown}, indent=1
    )  # fmt: skip
    print(document)
    if options.json:
        options.json.write_text(document + "\n", encoding="utf-8")
    return 0 if all(one["exit_code"] == 0 for one in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
