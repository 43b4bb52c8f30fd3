from __future__ import annotations

import numpy as np
import pytest
import trimesh

from kai_pipelines import Fatal, Mesh
from steps.reconstruction.meshing.ply import TriangleMesh, read_mesh, write_mesh
from steps.reconstruction.simplify import Simplified, simplify_mesh


def plate(cells: int = 60) -> TriangleMesh:
    """The square [0, 1]² with gentle waves, 2·cells² triangles."""
    x, y = np.meshgrid(np.linspace(0, 1, cells + 1), np.linspace(0, 1, cells + 1))
    vertices = np.column_stack([x.ravel(), y.ravel(), 0.05 * np.sin(6 * x.ravel())])
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    lower = np.column_stack([corner, corner + 1, corner + cells + 2])
    upper = np.column_stack([corner, corner + cells + 2, corner + cells + 1])
    return TriangleMesh(vertices, np.concatenate([lower, upper]))


def simplified(tmp_path, mesh: TriangleMesh, max_faces: int) -> Simplified:
    write_mesh(tmp_path / "mesh.ply", mesh)
    return simplify_mesh(Mesh(tmp_path / "mesh.ply"), max_faces)


@pytest.mark.parametrize("max_faces", [3000, 800, 100])
def test_at_most_so_many_triangles_are_left(tmp_path, max_faces) -> None:
    result = simplified(tmp_path, plate(), max_faces)

    faces = len(read_mesh(result.mesh.path).faces)
    assert 0.8 * max_faces <= faces <= max_faces
    assert result.metrics.values["faces"] == faces


def test_the_surface_and_its_border_stay_where_they_are(tmp_path) -> None:
    given = plate()

    mesh = read_mesh(simplified(tmp_path, given, 1500).mesh.path)

    height = 0.05 * np.sin(6 * mesh.vertices[:, 0])
    assert np.abs(mesh.vertices[:, 2] - height).max() < 0.005
    assert mesh.vertices.min(axis=0)[:2] == pytest.approx([0, 0], abs=1e-3)
    assert mesh.vertices.max(axis=0)[:2] == pytest.approx([1, 1], abs=1e-3)
    area = trimesh.Trimesh(given.vertices, given.faces).area
    assert trimesh.Trimesh(mesh.vertices, mesh.faces).area == pytest.approx(area, rel=0.01)


def test_no_edge_has_more_than_two_triangles(tmp_path) -> None:
    mesh = read_mesh(simplified(tmp_path, plate(), 500).mesh.path)

    edges = np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert np.unique(edges, axis=0, return_counts=True)[1].max() == 2


def test_a_mesh_that_is_small_enough_stays_as_it_is(tmp_path) -> None:
    given = plate(10)

    mesh = read_mesh(simplified(tmp_path, given, 1000).mesh.path)

    np.testing.assert_array_equal(mesh.faces, given.faces)
    np.testing.assert_array_equal(mesh.vertices, given.vertices.astype(np.float32))


def test_fewer_triangles_than_any_solid_has_are_refused(tmp_path) -> None:
    with pytest.raises(Fatal) as caught:
        simplified(tmp_path, plate(10), 3)

    assert caught.value.code == "bad-face-count"


def test_a_long_ragged_border_does_not_use_up_the_triangles(tmp_path) -> None:
    ball = trimesh.creation.icosphere(subdivisions=5)
    pierced = np.random.default_rng(0).uniform(size=len(ball.faces)) > 0.02
    given = TriangleMesh(np.asarray(ball.vertices), ball.faces[pierced].astype(np.int64))

    mesh = read_mesh(simplified(tmp_path, given, 1200).mesh.path)

    assert len(mesh.faces) <= 1200
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert np.abs(radius - 1).max() < 0.02
    assert trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).area == pytest.approx(4 * np.pi, rel=0.06)


def test_a_closed_surface_stays_closed(tmp_path) -> None:
    # Two balls that nearly touch, with a rough skin: collapses between them go wrong now and then.
    ball = trimesh.creation.icosphere(subdivisions=5)
    rough = np.asarray(ball.vertices) * (1 + 0.03 * np.random.default_rng(4).standard_normal((len(ball.vertices), 1)))
    given = TriangleMesh(rough, ball.faces.astype(np.int64))

    mesh = read_mesh(simplified(tmp_path, given, 2000).mesh.path)

    solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert len(mesh.faces) <= 2000
    assert solid.is_watertight and solid.is_winding_consistent


def test_a_small_opening_that_was_there_stays(tmp_path) -> None:
    given = plate()
    middle = given.vertices[given.faces].mean(axis=1)[:, :2]
    given = TriangleMesh(given.vertices, given.faces[np.linalg.norm(middle - 0.5, axis=1) > 0.03])

    mesh = read_mesh(simplified(tmp_path, given, 1500).mesh.path)

    assert np.linalg.norm(mesh.vertices[:, :2] - 0.5, axis=1).min() > 0.015
    corner = mesh.vertices[mesh.faces].mean(axis=1)[:, :2]
    assert np.linalg.norm(corner - 0.5, axis=1).min() > 0.015
