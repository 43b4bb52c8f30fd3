from __future__ import annotations

import numpy as np
import pytest
import trimesh

from kai_pipelines import Fatal
from steps.reconstruction.meshing.ply import Cloud, TriangleMesh, read_cloud, read_mesh, write_cloud, write_mesh


def triangle() -> TriangleMesh:
    return TriangleMesh(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]), np.array([[0, 1, 2], [0, 2, 3]]))


def test_another_program_reads_the_mesh(tmp_path) -> None:
    write_mesh(tmp_path / "mesh.ply", triangle())

    read = trimesh.load(tmp_path / "mesh.ply", process=False)

    np.testing.assert_array_equal(read.faces, triangle().faces)
    np.testing.assert_array_equal(read.vertices, triangle().vertices)


def test_the_mesh_of_another_program_is_read(tmp_path) -> None:
    trimesh.Trimesh(triangle().vertices, triangle().faces, process=False).export(tmp_path / "mesh.ply")

    read = read_mesh(tmp_path / "mesh.ply")

    np.testing.assert_array_equal(read.faces, triangle().faces)
    np.testing.assert_array_equal(read.vertices, triangle().vertices)


def test_points_come_back_with_their_normals_and_colors(tmp_path) -> None:
    cloud = Cloud(triangle().vertices, np.eye(4)[:, :3] + 1, np.arange(12, dtype=np.uint8).reshape(4, 3))
    write_cloud(tmp_path / "points.ply", cloud)

    read = read_cloud(tmp_path / "points.ply")

    np.testing.assert_array_equal(read.points, cloud.points)
    np.testing.assert_array_equal(read.normals, cloud.normals)
    np.testing.assert_array_equal(read.colors, cloud.colors)


def test_points_without_a_place_or_a_normal_are_left_out(tmp_path) -> None:
    points = triangle().vertices.copy()
    points[1, 0] = np.nan
    normals = np.ones((4, 3))
    normals[2] = 0
    write_cloud(tmp_path / "points.ply", Cloud(points, normals, np.zeros((4, 3), np.uint8)))

    assert len(read_cloud(tmp_path / "points.ply").points) == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no ply at all", "not a binary PLY"),
        (b"ply\nformat ascii 1.0\nelement vertex 0\nend_header\n", "not a binary PLY"),
        (b"ply\nformat binary_little_endian 1.0\nelement vertex 9\nproperty float x\nend_header\n1234", "ends within"),
        (b"ply\nformat binary_little_endian 1.0\nelement vertex 0\nproperty quaternion x\nend_header\n", "quaternion"),
        (b"ply\nformat binary_little_endian 1.0\nelement vertex 0\nproperty float x\nend_header\n", "no y, z"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path, content, why) -> None:
    (tmp_path / "points.ply").write_bytes(content)

    with pytest.raises(Fatal, match=why) as caught:
        read_cloud(tmp_path / "points.ply")

    assert caught.value.files == ("points.ply",)


def test_a_face_that_names_a_vertex_that_is_not_there_is_refused(tmp_path) -> None:
    write_mesh(tmp_path / "mesh.ply", TriangleMesh(triangle().vertices, np.array([[0, 1, 9]])))

    with pytest.raises(Fatal, match="vertex that is not there"):
        read_mesh(tmp_path / "mesh.ply")
