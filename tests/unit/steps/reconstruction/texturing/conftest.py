"""A painted globe, photographed by formula: what a texture baked from its photographs must look like is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from steps.reconstruction.meshing.ply import TriangleMesh, write_mesh
from steps.reconstruction.scene import CameraView, read_scene

Array = NDArray[np.float64]
WIDTH, HEIGHT, FOCAL, K1 = 320, 240, 400.0, 0.05
DISTANCE = 4.5
VIEWS = 14


def painted(points: Array) -> Array:
    """The globe's own color at points [n, 3] of its surface, 0-255: waves of a tenth of its radius over broad tones."""
    x, y, z = points.T
    tone = np.stack([120 + 50 * x, 130 + 40 * y, 110 + 50 * z], axis=1)
    waves = 25 * np.sin(20 * x + 5 * z) * np.cos(20 * y)
    return np.asarray(tone + waves[:, None] * [1.0, 0.8, 0.6], np.float64)


@dataclass(frozen=True)
class Globe:
    """The unit sphere around the origin, its cameras and its photographs."""

    mesh: TriangleMesh
    mesh_file: Path
    sparse: Path
    photos: Path
    views: tuple[CameraView, ...]


def photographed(view: CameraView, scale: float = 1.0) -> NDArray[np.uint8]:
    """What `view` sees of the globe on black, by intersecting its distorted rays with the sphere."""
    import pycolmap

    params = [FOCAL, WIDTH / 2, HEIGHT / 2, *view.distortion]
    camera = pycolmap.Camera(model="SIMPLE_RADIAL", width=WIDTH, height=HEIGHT, params=params)
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    rays = np.asarray(camera.cam_from_img(np.column_stack([x.ravel(), y.ravel()])))
    rays = np.column_stack([rays[:, :2], np.ones(len(rays))]) @ view.rotation
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    along = rays @ -view.center
    inside = along**2 - (view.center @ view.center - 1)
    hit = inside > 0
    points = view.center + rays[hit] * (along[hit] - np.sqrt(inside[hit]))[:, None]
    picture = np.zeros((WIDTH * HEIGHT, 3))
    picture[hit] = painted(points) * scale
    return np.rint(picture.clip(0, 255)).astype(np.uint8).reshape(HEIGHT, WIDTH, 3)


def sphere(rings: int = 40) -> TriangleMesh:
    """The unit sphere in triangles, counterclockwise from outside."""
    import trimesh

    made = trimesh.creation.uv_sphere(radius=1.0, count=[rings, 2 * rings])
    return TriangleMesh(np.asarray(made.vertices, np.float64), np.asarray(made.faces, np.int64))


@pytest.fixture(scope="session")
def globe(tmp_path_factory: pytest.TempPathFactory) -> Globe:
    folder = tmp_path_factory.mktemp("globe")
    write_sparse(folder / "sparse")
    views = read_scene(folder / "sparse").views
    (folder / "photos").mkdir()
    for view in views:
        Image.fromarray(photographed(view)).save(folder / "photos" / view.name)
    mesh = sphere()
    write_mesh(folder / "mesh.ply", mesh)
    return Globe(mesh, folder / "mesh.ply", folder / "sparse", folder / "photos", views)


def write_sparse(folder: Path) -> None:
    """Cameras all around the globe, with distortion, as COLMAP's model."""
    import pycolmap

    model = pycolmap.Reconstruction()
    camera = pycolmap.Camera(
        model="SIMPLE_RADIAL", width=WIDTH, height=HEIGHT, params=[FOCAL, WIDTH / 2, HEIGHT / 2, K1], camera_id=1
    )
    model.add_camera_with_trivial_rig(camera)
    for number in range(VIEWS):
        height = 1 - 2 * (number + 0.5) / VIEWS  # a spiral of equal areas
        turn = number * np.pi * (3 - np.sqrt(5))
        ring = np.sqrt(1 - height**2)
        center = DISTANCE * np.array([ring * np.sin(turn), height, ring * np.cos(turn)])
        rotation = toward_origin(center)
        image = pycolmap.Image(name=f"{number:02d}.png", camera_id=1, image_id=number + 1)
        pose = pycolmap.Rigid3d(pycolmap.Rotation3d(rotation), (-rotation @ center).reshape(3, 1))
        model.add_image_with_trivial_frame(image, pose)
    folder.mkdir()
    model.write(str(folder))


def toward_origin(center: Array) -> Array:
    """Rotation from the world to a level camera at `center` that looks at the origin."""
    forward = -center / np.linalg.norm(center)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])


@pytest.fixture
def paint() -> Callable[[Array], Array]:
    return painted


@pytest.fixture
def photograph() -> Callable[[CameraView, float], NDArray[np.uint8]]:
    return photographed


@pytest.fixture
def camera_at(globe: Globe) -> Callable[[Array], CameraView]:
    """The same lens at another place, looking at the globe."""

    def place(center: Array) -> CameraView:
        rotation = toward_origin(center)
        return replace(globe.views[0], rotation=rotation, translation=-rotation @ center)

    return place
