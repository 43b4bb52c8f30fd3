"""One small finished reconstruction: a textured box, seven cameras around it, photographs that show noise."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kai_pipelines import Figures, ImageSet, PointCloud, SparseModel
from steps.reconstruction.artifacts import MatchGraph, PhotoAssessment, TexturedModel
from steps.reconstruction.metrics import StepMetrics, StepWarning

WIDTH, HEIGHT, FOCAL, K1 = 96, 64, 90.0, -0.05
NAMES = [f"front/IMG_{number:04}.jpg" for number in range(1, 8)]
HOSTILE = 'x"><script>alert(1)</script>.jpg'


@dataclass(frozen=True)
class Finished:
    """The inputs of `finalize_reconstruction`."""

    photos: ImageSet
    assessment: PhotoAssessment
    match_graph: MatchGraph
    sparse: SparseModel
    points: PointCloud
    model: TexturedModel
    steps: list[StepMetrics]
    masks: ImageSet
    choice: Figures


def looking_at_origin(center: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Rotation world to camera (x right, y down, z forward) of a level camera."""
    forward = -center / np.linalg.norm(center)
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("finished")
    return Finished(
        photos=ImageSet(_photos(folder / "photos")),
        assessment=PhotoAssessment(_document(folder / "assessment.json", _assessment())),
        match_graph=MatchGraph(_document(folder / "match_graph.json", _matches())),
        sparse=SparseModel(_sparse(folder / "sparse")),
        points=PointCloud(_points(folder / "points.ply")),
        model=TexturedModel(_model(folder / "model")),
        steps=_steps(),
        masks=ImageSet(_masks(folder / "masks")),
        choice=Figures(_document(folder / "choice.json", _choice())),
    )


def _photos(folder: Path) -> Path:
    random = np.random.default_rng(5)
    for name in NAMES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)).save(path, quality=90)
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (52.0, 31.0, 12.0)  # GPS: where on earth
    Image.open(folder / NAMES[0]).save(folder / NAMES[0], exif=exif)
    return folder


def _masks(folder: Path) -> Path:
    """The left half of the first three photographs is the subject."""
    for name in NAMES[:3]:
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[:, : WIDTH // 2] = 255
        Image.fromarray(mask).save(path)
    return folder


def _choice() -> dict[str, object]:
    costs = {"low": (20.0, 800_000_000), "medium": (200.0, 2_000_000_000), "high": (1500.0, 3_500_000_000)}
    predictions = {name: {"cpu_seconds": cpu, "peak_memory_bytes": peak} for name, (cpu, peak) in costs.items()}
    return {"quality": "low", "best": "medium", "reason": "A & B <i>decide</i>.", "predictions": predictions}


def _assessment() -> dict[str, object]:
    photos: list[dict[str, object]] = [
        {"name": name, "width": WIDTH, "height": HEIGHT, "megapixels": 0.006, "sharpness": 10.0 + i, "brightness": 0.5,
         "clipped_fraction": 0.01, "contrast": 0.2, "focal_px_exif": None, "used": True, "issues": []}
        for i, name in enumerate(NAMES)
    ]  # fmt: skip
    photos.append({"name": HOSTILE, "used": False, "issues": ["unreadable"]})
    issue = {"code": "unreadable", "message": "Not a photograph: <b>text</b>.", "files": [HOSTILE]}
    remark = {"code": "ignored-files", "message": "These are no photographs.", "files": ["notes.txt"]}
    return {
        "photos": photos,
        "issues": [issue, remark],
        "requested": "auto",
        "chosen": "low",
        "reason": "A & B <i>decide</i>.",
    }


def _matches() -> dict[str, object]:
    pairs = [{"a": i, "b": i + 1, "inliers": 100 + i} for i in range(len(NAMES) - 1)]
    return {
        "photos": [{"name": name, "features": 500, "registered": True} for name in NAMES],
        "pairs": pairs,
        "components": [NAMES],
        "inliers": {name: 300 + i for i, name in enumerate(NAMES)},
        "parallax_deg": {name: 12.0 + i for i, name in enumerate(NAMES)},
        "median_parallax_deg": 14.5,
        "thickness": 0.4,
        "gaps": [{"code": "azimuth-gap", "message": "Nobody looked from the back.", "files": [NAMES[0], NAMES[6]]}],
        "unregistered": {HOSTILE: "Not a photograph."},
    }


def _document(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def _sparse(folder: Path) -> Path:
    """Cameras on an arc of 120°, points on a sphere, every observation half a pixel to the right of the truth."""
    import pycolmap

    model = pycolmap.Reconstruction()
    camera = pycolmap.Camera(
        model="SIMPLE_RADIAL", width=WIDTH, height=HEIGHT, params=[FOCAL, 48.0, 32.0, K1], camera_id=1
    )
    model.add_camera_with_trivial_rig(camera)
    random = np.random.default_rng(7)
    points = random.normal(size=(40, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    for number, (name, angle) in enumerate(zip(NAMES, np.radians(np.linspace(-60, 60, 7)), strict=True), start=1):
        center = 5 * np.array([np.sin(angle), 0.2, np.cos(angle)])
        rotation = looking_at_origin(center, np.array([0.0, 1.0, 0.0]))
        seen = np.asarray(camera.img_from_cam((points - center) @ rotation.T))
        seen[:, 0] += 0.5
        image = pycolmap.Image(name=name, camera_id=1, image_id=number)
        image.points2D = pycolmap.Point2DList([pycolmap.Point2D(spot) for spot in seen])
        pose = pycolmap.Rigid3d(pycolmap.Rotation3d(rotation), (-rotation @ center).reshape(3, 1))
        model.add_image_with_trivial_frame(image, pose)
    for index, point in enumerate(points):
        track = pycolmap.Track()
        for number in range(1, 8):
            track.add_element(number, index)
        model.add_point3D(point, track, np.array([200, 100, 50], np.uint8))
    folder.mkdir()
    model.write(str(folder))
    return folder


def _points(path: Path) -> Path:
    path.write_bytes(b"ply\nformat binary_little_endian 1.0\nelement vertex 1234\nproperty float x\nend_header\n")
    return path


def _model(folder: Path) -> Path:
    """A cube of side 1 around the origin, each side with its own corners: green on top, else blue and brown."""
    corner = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    vertices, faces, uvs, normals = [], [], [], []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            plane = np.insert(corner[:: int(sign)], axis, sign / 2, axis=1)
            if axis == 1:
                plane = plane[::-1]
            faces += [
                [len(vertices), len(vertices) + 1, len(vertices) + 2],
                [len(vertices), len(vertices) + 2, len(vertices) + 3],
            ]
            vertices += plane.tolist()
            top = axis == 1 and sign > 0
            uvs += [[0.875, 0.875]] * 4 if top else (0.7 * (corner + 0.5)).tolist()
            normals += [np.eye(3)[axis] * sign] * 4
    folder.mkdir()
    np.savez(folder / "model.npz", vertices=vertices, faces=faces, uvs=uvs, normals=normals)
    texture = np.full((32, 32, 3), (180, 90, 60), np.uint8)
    texture[:, :16] = (40, 120, 200)
    texture[:8, 24:] = (60, 170, 60)
    Image.fromarray(texture).save(folder / "texture.png")
    _held_out(folder / "held_out")
    return folder


def _held_out(folder: Path) -> None:
    """Two photographs that the texture did without: white, and a model that is gray there."""
    folder.mkdir()
    pairs = []
    for i, (name, decibels) in enumerate(((NAMES[1], 28.0), (NAMES[4], 31.0))):
        Image.new("RGB", (96, 64), (255, 255, 255)).save(folder / f"{i}-photo.jpg")
        Image.new("RGB", (96, 64), (60, 60, 60)).save(folder / f"{i}-render.jpg")
        files = {"photo": f"{i}-photo.jpg", "render": f"{i}-render.jpg"}
        pairs.append({"name": name, **files, "psnr_db": decibels, "coverage": 0.9 + 0.02 * i})
    _document(folder / "held_out.json", {"pairs": pairs})


def _steps() -> list[StepMetrics]:
    blurred = StepWarning(code="few-matches", message="Two photographs hardly match.", files=NAMES[:2])
    return [
        StepMetrics(step="assess_photos", cpu_seconds=1.5, wall_seconds=1.0, peak_memory_bytes=100_000_000,
                    warnings=[StepWarning(code="unreadable", message="Not a photograph: <b>text</b>.", files=[HOSTILE])]),
        StepMetrics(step="align_photos", cpu_seconds=20.25, wall_seconds=11.0, peak_memory_bytes=900_000_000,
                    values={"registered": 7, "photos": 7, "scale_source": "known-distance", "unit": "m"}, warnings=[blurred]),
        StepMetrics(step="fuse_depth", cpu_seconds=4.0, wall_seconds=4.0, peak_memory_bytes=300_000_000,
                    values={"dense_points": 1234, "device": "cpu"}),
        StepMetrics(step="texture_mesh", peak_memory_bytes=200_000_000,
                    values={"held_out_psnr_db": 29.5, "held_out_coverage": 0.91, "held_out_photos": 2}),
    ]  # fmt: skip
