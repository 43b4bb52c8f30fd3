from __future__ import annotations

import numpy as np
import pytest

from steps.reconstruction.meshing.ply import TriangleMesh
from steps.reconstruction.meshing.topology import border_edges, cleaned, seams, unpinched

TETRAHEDRON = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
CORNERS = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])


def test_what_two_triangles_share_is_a_seam() -> None:
    pairs, edges = seams(np.array([[0, 1, 2], [2, 1, 3]]))

    assert pairs.tolist() == [[0, 1]]
    assert edges.tolist() == [[1, 2]]


@pytest.mark.parametrize("flap", [[0, 1, 4], [1, 0, 4]], ids=["along", "against"])
def test_a_flap_on_an_edge_is_taken_away_and_the_rest_stays_closed(flap) -> None:
    mesh = cleaned(TriangleMesh(CORNERS, np.vstack([TETRAHEDRON, [flap]])))

    np.testing.assert_array_equal(mesh.faces, TETRAHEDRON)


def test_two_triangles_go_along_their_edge_in_opposite_directions() -> None:
    # The second is turned over: as a neighbor it would make a rim that cannot be followed.
    mesh = cleaned(TriangleMesh(CORNERS, np.array([[0, 1, 2], [0, 1, 3]])))

    assert mesh.faces.tolist() == [[0, 1, 2]]


def test_borders_that_touch_at_a_vertex_come_apart() -> None:
    bow_tie = TriangleMesh(CORNERS, np.array([[0, 1, 2], [0, 3, 4]]))

    apart = unpinched(bow_tie)

    np.testing.assert_array_equal(apart.vertices[apart.faces], bow_tie.vertices[bow_tie.faces])
    assert np.bincount(border_edges(apart.faces)[0].ravel()).max() == 2
    assert len(apart.vertices) == len(bow_tie.vertices) + 1


def test_a_closed_surface_has_no_pinch() -> None:
    solid = TriangleMesh(CORNERS[:4], TETRAHEDRON)

    assert unpinched(solid) is solid
