"""Make the pictures of the documentation from a finished run: ``make pictures``.

python docs/pictures/make.py demo-output docs/pictures
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import trimesh

from tests.chromium import find, opened

SIDE = 480
TURNS = (0, 90, 180, 270)


def sight(middle: np.ndarray, distance: float, turn: float, rise: float, side: int) -> tuple[np.ndarray, ...]:
    """A camera's place, its axes (right, up, back) and the rays of its pixels [side · side, 3]; degrees."""
    angle, height = np.radians(turn), np.radians(rise)
    back = np.array([np.sin(angle) * np.cos(height), np.sin(height), np.cos(angle) * np.cos(height)])
    right = np.array([np.cos(angle), 0.0, -np.sin(angle)])
    up = np.cross(back, right)
    x, y = np.meshgrid(np.linspace(-1, 1, side), np.linspace(1, -1, side))
    rays = (x[..., None] * right + y[..., None] * up) * np.tan(np.radians(21)) - back
    return middle + distance * back, np.stack([right, up, back]), rays.reshape(-1, 3)


def render(mesh: trimesh.Trimesh, turn: float) -> np.ndarray:
    """The model from one side, slightly from above [SIDE, SIDE, 3] BGR, by ray casting."""
    eye, _, rays = sight(mesh.bounds.mean(axis=0), np.linalg.norm(mesh.extents) * 1.05, turn, 22, 2 * SIDE)
    face, ray, places = mesh.ray.intersects_id(
        np.tile(eye, (len(rays), 1)), rays, multiple_hits=False, return_locations=True
    )
    weights = trimesh.triangles.points_to_barycentric(mesh.triangles[face], places)
    uv = np.einsum("nk,nkd->nd", weights, mesh.visual.uv[mesh.faces[face]])
    texture = np.asarray(mesh.visual.material.baseColorTexture.convert("RGB"))
    height, width = texture.shape[:2]
    columns = np.clip(uv[:, 0] * width, 0, width - 1).astype(int)
    rows = np.clip((1 - uv[:, 1]) * height, 0, height - 1).astype(int)
    picture = np.full((len(rays), 3), 255, np.float32)
    picture[ray] = texture[rows, columns]
    wide = picture.reshape(2 * SIDE, 2 * SIDE, 3)
    return cv2.cvtColor(
        cv2.resize(wide, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8), cv2.COLOR_RGB2BGR
    )


def screenshots(report: Path, folder: Path) -> None:
    """The report in a real browser: its top, and its view with the photographs' cameras."""
    ready = "document.getElementById('model').dataset.view === 'ready'"
    with opened(report, width=1280, height=760) as page:
        page.until(ready)
        page.frames(4)
        _keep(page.picture(), folder / "report.jpg")
        page.click("[data-cameras]")
        page.frames(4)
        _keep(page.picture("#model"), folder / "report-cameras.jpg")
        page.click(".seek")
        page.until("!document.querySelector('.through').hidden")
        page.ask("(i => { i.value = 50; i.dispatchEvent(new Event('input')); })(document.querySelector('.lens input'))")
        page.frames(4)
        _keep(page.picture("#model"), folder / "report-through.jpg")


def _keep(png: bytes, path: Path) -> None:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 86])


def main() -> None:
    """Write all pictures; those of the report need a Chromium."""
    run, folder = Path(sys.argv[1]), Path(sys.argv[2])
    mesh = trimesh.load(run / "model.glb", force="mesh")
    row = np.hstack([render(mesh, turn) for turn in TURNS])
    drawn = np.flatnonzero((row < 255).any(axis=(1, 2)))
    framed = row[max(0, drawn[0] - 16) : drawn[-1] + 16]
    cv2.imwrite(str(folder / "model.jpg"), framed, [cv2.IMWRITE_JPEG_QUALITY, 88])
    if find():
        screenshots(run / "report.html", folder)
    else:
        print("no Chromium: the pictures of the report stay as they are", file=sys.stderr)
    kai = Path(sys.executable).parent / "kai"
    subprocess.run([kai, "graph", "reconstruction", "--format", "svg", "-o", folder / "reconstruction.svg"], check=True)


if __name__ == "__main__":
    main()
